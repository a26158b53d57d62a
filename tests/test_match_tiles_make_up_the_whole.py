"""A comparison cut into tiles, by whomever and in whatever pieces, keeps what one comparison keeps."""

import contextlib
import itertools
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import FormatError
from linkage.match.candidates import Candidates, pair_distances, pair_scores, reduced
from linkage.match.engine import LocalEngine, tile_candidates
from linkage.match.kernel import candidate_pairs
from linkage.match.kernel_lists import NearestLists, empty_lists
from linkage.match.plan import MOST_BY_NOISE, Comparison, plan_tiles, quiet_z
from linkage.match.rows import RecordId, Rows
from linkage.match.saved_lists import lists_pieces, read_lists

KEPT = Comparison(noise_z=0.3, nearest=3)


def _rows(seed: int, count: int, *, copies: bool = False) -> Rows:
    """Return rows of three sources, one of them free of duplicates; some lack a view, some are alike."""
    draws = np.random.default_rng(seed)
    words = draws.integers(0, 2**64, (2, count, 1), dtype=np.uint64)
    alike = draws.integers(0, count, count) if copies else np.arange(count)
    words = words[:, alike] ^ (draws.integers(0, 2, (2, count, 1), dtype=np.uint64) << np.uint64(5))
    source = np.sort(draws.integers(0, 3, count)).astype(np.int32)
    return Rows(
        ids=tuple(RecordId("abc"[one], f"{place:04}") for place, one in enumerate(source)),
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=draws.random((2, count)) < 0.9,
        tiers=np.zeros(count, np.uint8),
        record=np.arange(count, dtype=np.int32),
        apart=np.where(source == 1, np.int32(1), np.int32(-1)),
        source=source,
    )


def _same(one: Candidates, other: Candidates) -> bool:
    return np.array_equal(one.pairs, other.pairs) and np.array_equal(one.distances, other.distances)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000), count=st.integers(2, 60), strip=st.integers(1, 70), copies=st.booleans())
def test_any_size_of_strips_keeps_the_same_pairs(seed: int, count: int, strip: int, copies: bool) -> None:
    rows = _rows(seed, count, copies=copies)
    plan = plan_tiles(rows, strip_rows=strip)
    found = LocalEngine(1).candidates(rows, plan, KEPT)
    whole = candidate_pairs(rows, noise_z=KEPT.noise_z, nearest=KEPT.nearest, threads=1)
    assert np.array_equal(found.pairs, whole)
    assert np.array_equal(found.distances, pair_distances(rows, whole))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000), count=st.integers(2, 60), strip=st.integers(3, 40), copies=st.booleans())
def test_tiles_compared_apart_and_reduced_are_the_whole(
    seed: int, count: int, strip: int, copies: bool
) -> None:
    rows = _rows(seed, count, copies=copies)
    plan = plan_tiles(rows, strip_rows=strip)
    parts = [Candidates.of(rows, np.zeros((0, 2), np.int64))]
    for left, right in reversed(list(plan.tiles())):
        numbers = np.unique(np.concatenate([plan.strips[left], plan.strips[right]]))
        alone = rows.take(numbers)  # as a worker has it that holds nothing else
        places = [np.searchsorted(numbers, plan.strips[one]).astype(np.int32) for one in (left, right)]
        found = tile_candidates(alone, places[0], None if left == right else places[1], KEPT)
        parts.append(Candidates(numbers[found.pairs].astype(np.int64), found.distances))
    whole = LocalEngine(1).candidates(rows, plan_tiles(rows), KEPT)
    assert _same(reduced(rows, Candidates.joined(parts), KEPT.nearest), whole)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000), count=st.integers(2, 60), share=st.floats(0, 1), strip=st.integers(3, 40))
def test_what_was_there_and_what_is_new_are_the_whole(
    seed: int, count: int, share: float, strip: int
) -> None:
    rows = _rows(seed, count, copies=True)
    new = np.random.default_rng(seed).random(count) < share
    old = np.flatnonzero(~new)
    before = LocalEngine(1).candidates(rows.take(old), plan_tiles(rows.take(old)), KEPT)
    before = Candidates(old[before.pairs].reshape(-1, 2), before.distances)
    added = LocalEngine(1).candidates(rows, plan_tiles(rows, new=new, strip_rows=strip), KEPT)
    whole = LocalEngine(1).candidates(rows, plan_tiles(rows), KEPT)
    assert _same(reduced(rows, Candidates.joined([before, added]), KEPT.nearest), whole)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), count=st.integers(0, 40), share=st.floats(0, 1), strip=st.integers(1, 50))
def test_every_pair_is_in_one_tile_and_counted(seed: int, count: int, share: float, strip: int) -> None:
    rows = _rows(seed, max(count, 1)).take(np.arange(count, dtype=np.int32))
    new = np.random.default_rng(seed).random(count) < share
    plan = plan_tiles(rows, new=new, strip_rows=strip)
    met = [set[tuple[int, int]]() for _ in plan.tiles()]
    for pairs, (left, right) in zip(met, plan.tiles(), strict=True):
        for a, b in itertools.product(plan.strips[left].tolist(), plan.strips[right].tolist()):
            if left != right or a < b:
                pairs.add((min(a, b), max(a, b)))
    wanted = {(a, b) for a, b in itertools.combinations(range(count), 2) if new[a] or new[b]}
    assert sum(len(pairs) for pairs in met) == len(wanted)
    assert set[tuple[int, int]]().union(*met) == wanted
    for pairs, counted in zip(met, plan.comparisons(rows), strict=True):
        assert counted == sum(int((rows.present[:, a] & rows.present[:, b]).sum()) for a, b in pairs)


def test_scores_are_those_of_the_best_view_in_common() -> None:
    rows = _rows(4, 30)
    pairs = np.array(list(itertools.combinations(range(30), 2)), dtype=np.int64)
    found = pair_scores(rows, Candidates.of(rows, pairs))
    for (a, b), score in zip(pairs.tolist(), found.tolist(), strict=True):
        expected = [4 * 64 * 64]
        for view in range(2):
            if rows.present[view, a] and rows.present[view, b]:
                distance = int(np.bitwise_count(rows.words[view, a] ^ rows.words[view, b]).sum())
                u = [64 - 2 * int(rows.weights[view, one]) for one in (a, b)]
                expected.append(128 * distance + u[0] * u[1])
        assert score == min(expected)


class _Stopped(Exception):  # noqa: N818 - it is no error
    pass


class _Kept:
    """Keeps what is saved, as bytes."""

    def __init__(self) -> None:
        self.saved: list[bytes] = []
        self.began = list[int]()

    def resume(self, digest: str, lists: NearestLists) -> int:
        self.began.append((read_lists(self.saved, lists, digest) if self.saved else None) or 0)
        return self.began[-1]

    def due(self) -> bool:
        return False

    def save(self, digest: str, tiles: int, lists: NearestLists) -> None:
        self.saved = list(lists_pieces(lists, digest, tiles))


@pytest.mark.parametrize("steps", [5, 7, 20])
def test_a_comparison_that_is_stopped_anywhere_goes_on_where_it_was(steps: int) -> None:
    rows = _rows(7, 50, copies=True)
    plan = plan_tiles(rows, strip_rows=12)
    journal, told = _Kept(), list[tuple[int, int]]()
    engine = LocalEngine(2, journal)
    counted = itertools.count(1)

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if next(counted) % steps == 0:
            raise _Stopped

    found = None
    for _ in range(1000):
        with contextlib.suppress(_Stopped):
            found = engine.candidates(rows, plan, KEPT, progress)
            break
    assert found is not None
    assert len(journal.began) > 1
    assert journal.began == sorted(journal.began)
    assert _same(found, LocalEngine(1).candidates(rows, plan, KEPT))
    assert told[-1] == (plan.comparisons(rows).sum(),) * 2


class _Killed(_Kept):
    """Saves after every so many tiles, and not at the end: a killed process does not."""

    def __init__(self, every: int) -> None:
        super().__init__()
        self._asked, self._every, self.alive = 0, every, True

    def due(self) -> bool:
        self._asked += 1
        return self._asked % self._every == 0

    def save(self, digest: str, tiles: int, lists: NearestLists) -> None:
        if self.alive:
            super().save(digest, tiles, lists)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_comparison_that_is_killed_goes_on_from_what_was_saved(every: int) -> None:
    rows = _rows(7, 50, copies=True)
    plan = plan_tiles(rows, strip_rows=12)
    journal = _Killed(every)
    half, total = plan.comparisons(rows).sum() // 2, plan.comparisons(rows).sum()

    def progress(done: int, _: int) -> None:
        if half < done < total:
            journal.alive = False
            raise _Stopped

    with pytest.raises(_Stopped):
        LocalEngine(2, journal).candidates(rows, plan, KEPT, progress)
    found = LocalEngine(2, journal).candidates(rows, plan, KEPT)
    assert 0 < journal.began[1] < len(plan)
    assert journal.began[1] % every == 0
    assert _same(found, LocalEngine(1).candidates(rows, plan, KEPT))


def test_what_was_saved_of_another_plan_is_not_taken_up() -> None:
    rows, journal = _rows(7, 50), _Kept()
    LocalEngine(1, journal).candidates(rows, plan_tiles(rows, strip_rows=12), KEPT)
    other = plan_tiles(rows, strip_rows=13)
    assert _same(
        LocalEngine(1, journal).candidates(rows, other, KEPT), LocalEngine(1).candidates(rows, other, KEPT)
    )
    assert journal.began == [0, 0]


@settings(deadline=None)
@given(st.data())
def test_a_damaged_journal_is_refused(data: st.DataObject) -> None:
    rows, journal = _rows(7, 50), _Kept()
    plan = plan_tiles(rows, strip_rows=12)
    LocalEngine(1, journal).candidates(rows, plan, KEPT)
    whole = b"".join(journal.saved)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for damaged in (whole[:cut], whole + b"x"):
        with pytest.raises(FormatError):
            read_lists([damaged], empty_lists(len(rows), KEPT.nearest), plan.digest(rows, KEPT))


def test_a_plan_is_named_by_what_it_compares() -> None:
    rows = _rows(1, 20)
    plan = plan_tiles(rows, strip_rows=6)
    other = _rows(1, 20)
    other.words[0, 3, 0] ^= np.uint64(1)
    digests = [
        plan.digest(rows, KEPT),
        plan.digest(other, KEPT),
        plan.digest(rows, Comparison(noise_z=0.3, nearest=4)),
        plan_tiles(rows, strip_rows=7).digest(rows, KEPT),
        plan_tiles(rows, new=np.arange(20) < 6, strip_rows=6).digest(rows, KEPT),
    ]
    assert len(set(digests)) == len(digests)
    assert plan.digest(_rows(1, 20), KEPT) == digests[0]


@given(views=st.integers(1, 8), rows=st.integers(0, 10**9), z=st.floats(3.0, 8.0))
def test_noise_brings_no_more_than_a_few_pairs_for_a_row(views: int, rows: int, z: float) -> None:
    found = quiet_z(z, views, rows)
    tail = NormalDist().cdf(-found)
    assert found >= round(z, 6)
    assert views * rows / 2 * tail <= MOST_BY_NOISE * (1 + 1e-4)
    if found > round(z, 6):
        assert views * rows / 2 * NormalDist().cdf(-(found - 0.1)) > MOST_BY_NOISE * (1 - 1e-4)


def test_a_nations_rows_are_compared_at_the_profiles_own_limit() -> None:
    assert [quiet_z(5.0, 6, rows) for rows in (0, 2_000_000, 6_900_000, 20_000_000, 100_000_000)] == [
        5.0,
        5.0,
        5.0,
        5.2,
        5.5,
    ]
