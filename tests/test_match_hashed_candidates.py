"""Hashed candidates: a subset at the very scores, the promised share of it, and never silently."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.lab.evaluation import encode_tables
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match.candidates import Candidates
from linkage.match.engine import LocalEngine, distinct_pairs
from linkage.match.hashing import HashedEngine, Hashing, HashPlan, HashReport, new_rows
from linkage.match.hashing_blocks import BlockSize, blocks_of
from linkage.match.hashing_draws import BITS, FIRSTS, Hash, chances
from linkage.match.hashing_planning import Planned, plan_hashing
from linkage.match.hashing_running import found_in, run_hashing
from linkage.match.hashing_samples import Sample, compare_sample
from linkage.match.hashing_tuning import Tables, cover_limit, options
from linkage.match.kernel import candidate_pairs, noise_limit
from linkage.match.kernel_lists import empty_lists
from linkage.match.linkage import comparison_for, link
from linkage.match.plan import Comparison, plan_tiles
from linkage.match.rows import RecordId, Rows, Source, gather
from linkage.shipped_profiles import shipped_profile, shipped_profiles
from tests.oracles import hashing_oracle
from tests.test_match_comparison_is_exact import _profile, _rows
from tests.test_match_nearest_candidates import _with_sources

_DIGEST = "made-up"
_SIZES = (BlockSize(), BlockSize(large=2, tile=3, batch=1), BlockSize(large=4, tile=64, batch=7))


def _planned(rows: Rows, tables: Tables, limit: int, new: NDArray[np.bool_] | None = None) -> Planned:
    """Return a plan of given tables that promises next to nothing, tuned to nothing."""
    none = Candidates.of(rows, np.zeros((0, 2), np.int64))
    views = len(rows.words)
    sample = Sample(0, 0, none, np.zeros((0, views), np.bool_), np.zeros(0, np.bool_))
    plan = HashPlan(_DIGEST, (), 0.0, "limit", tables, 0.0, 0, 0, 1, 0, 0, 0, ())
    order = np.arange(0, dtype=np.int64)
    return Planned(plan, _profile(views, rows.length // 8), limit, new, order, sample, (), 0.0)


def _hashed(
    rows: Rows,
    tables: Tables,
    limit: int,
    nearest: int,
    *,
    new: NDArray[np.bool_] | None = None,
    threads: int = 1,
    size: BlockSize | None = None,
) -> tuple[set[tuple[int, int]], HashReport]:
    lists = empty_lists(len(rows), nearest)
    with ThreadPoolExecutor(threads) as pool:
        report = run_hashing(rows, _planned(rows, tables, limit, new), lists, pool, threads, size=size)
    return {(a, b) for a, b in distinct_pairs(lists).tolist()}, report


_TABLES = st.lists(
    st.tuples(
        st.builds(Hash, st.integers(0, 1), st.sampled_from([BITS, FIRSTS]), st.integers(1, 4)),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one[0],
)


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 40),
    words=st.integers(1, 3),
    tables=_TABLES,
    noise_z=st.sampled_from([-50.0, 0.0, 1.0, 3.0]),
    nearest=st.integers(1, 4),
    threads=st.sampled_from([1, 2]),
    size=st.sampled_from(_SIZES),
    share=st.one_of(st.none(), st.floats(0, 1)),
)
def test_what_is_found_and_counted_is_what_the_oracle_finds_and_counts(
    seed: int,
    count: int,
    words: int,
    tables: list[tuple[Hash, int]],
    noise_z: float,
    nearest: int,
    threads: int,
    size: BlockSize,
    share: float | None,
) -> None:
    rows = _with_sources(_rows(seed, count, 2, words), seed, 3)
    limit = min(noise_limit(rows.length, noise_z), 4 * rows.length**2)
    new = None if share is None else np.random.default_rng(seed).random(count) < share
    fresh = None if new is None else set(np.flatnonzero(new).tolist())
    found, report = _hashed(rows, tuple(tables), limit, nearest, new=new, threads=threads, size=size)
    expected = hashing_oracle.found(rows, tables, _DIGEST, limit, fresh)
    assert found == hashing_oracle.nearest(rows, expected, nearest)
    met = [
        hashing_oracle.met(rows, one, _DIGEST, table, fresh) for one, many in tables for table in range(many)
    ]
    assert report.comparisons == sum(map(len, met))
    together = sorted(
        len(block)
        for one, many in tables
        for table in range(many)
        for block in hashing_oracle.blocks(rows, one, _DIGEST, table)
        if len(block) > 1 and (fresh is None or block & fresh)
    )[::-1]
    assert list(report.largest) == together[:10]


@given(seed=st.integers(0, 2**32), tables=_TABLES)
def test_what_is_found_is_part_of_what_comparing_everything_finds(
    seed: int, tables: list[tuple[Hash, int]]
) -> None:
    rows = _with_sources(_rows(seed, 40, 2, 2), seed, 3)
    limit = noise_limit(rows.length, 0.5)
    exhaustive = {(a, b) for a, b in candidate_pairs(rows, noise_z=0.5, nearest=40).tolist()}
    found, _ = _hashed(rows, tuple(tables), limit, nearest=40)
    assert found <= exhaustive
    # Of short lists: what comparing everything keeps and hashing meets, hashing keeps as well.
    short = {(a, b) for a, b in candidate_pairs(rows, noise_z=0.5, nearest=2).tolist()}
    assert short & found <= _hashed(rows, tuple(tables), limit, nearest=2)[0]


def test_with_enough_tables_nothing_is_missed() -> None:
    rows = _with_sources(_rows(7, 200, 2, 2), 7, 3)
    tables = tuple((Hash(view, BITS, 2), 60) for view in (0, 1))
    for nearest in (3, 200):
        expected = candidate_pairs(rows, noise_z=1.0, nearest=nearest).tolist()
        found, _ = _hashed(rows, tables, noise_limit(rows.length, 1.0), nearest, threads=2)
        assert found == {(a, b) for a, b in expected}


def _pairs_at(distance: int, weight: int, length: int, count: int) -> Rows:
    """Make pairs of rows, each at one distance, with as many bits set in either."""
    draws = np.random.default_rng(3)
    bits = np.zeros((2 * count, length), dtype=np.uint8)
    for pair in range(count):
        order = draws.permutation(length)
        common, other = (
            order[: weight - distance // 2],
            order[weight - distance // 2 : weight + distance // 2],
        )
        bits[2 * pair, common] = bits[2 * pair + 1, common] = 1
        bits[2 * pair, other[::2]] = bits[2 * pair + 1, other[1::2]] = 1
    words = np.packbits(bits, axis=1).view(np.uint64)[None]
    return Rows(
        ids=tuple(RecordId("A", f"{number:05}") for number in range(2 * count)),
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=np.ones((1, 2 * count), dtype=np.bool_),
        tiers=np.zeros(2 * count, dtype=np.uint8),
        record=np.arange(2 * count, dtype=np.int32),
        apart=np.full(2 * count, -1, dtype=np.int32),
    )


@pytest.mark.parametrize(("family", "size"), [(BITS, 8), (FIRSTS, 2)])
def test_pairs_meet_as_often_as_is_said(family: str, size: int) -> None:
    rows = _pairs_at(distance=20, weight=40, length=256, count=300)
    hashed = Hash(0, family, size)  # type: ignore[arg-type]
    said = float(chances(hashed, *(np.array([one]) for one in (20, 40, 40)), 256)[0])
    numbers = np.arange(len(rows), dtype=np.int32)
    met = 0
    for table in range(40):
        blocks = blocks_of(rows, numbers, None, hashed, _DIGEST, table)
        code = np.zeros(len(rows), dtype=np.int64)
        code[:] = -1 - np.arange(len(rows))
        for block, (begin, end) in enumerate(zip(blocks.begins, blocks.ends, strict=True)):
            code[blocks.order[begin:end]] = block
        met += int((code[::2] == code[1::2]).sum())
    assert met / 12_000 == pytest.approx(said, abs=0.03)


def test_pairs_that_just_count_are_found_as_often_as_promised() -> None:
    length, weight, noise_z = 256, 60, 5.0
    limit = noise_limit(length, noise_z)
    distance = (limit - 1 - (length - 2 * weight) ** 2) // (2 * length) // 2 * 2
    rows = _pairs_at(distance, weight, length, count=400)
    with ThreadPoolExecutor(1) as pool:
        sample = compare_sample(rows, np.arange(40), shipped_profile("clk-plain"), limit, pool, 1)
    for promised in (0.8, 0.95):
        tables = cover_limit(rows, options(rows, None, sample, _DIGEST), limit, promised, 1e18)
        assert tables is not None
        found, _ = _hashed(rows, tables, limit, nearest=1000)
        share = sum((2 * pair, 2 * pair + 1) in found for pair in range(400)) / 400
        assert share > promised - 0.06
        assert share < 1.0  # neither is everything compared
    assert cover_limit(rows, options(rows, None, sample, _DIGEST), limit, 0.95, 1.0) is None


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_diffused_profiles_are_refused_with_the_reason(name: str) -> None:
    profile = shipped_profile(name)
    if set(profile.diffusions) == {1}:
        HashedEngine(profile)
        return
    with pytest.raises(
        InputError, match=rf"cannot be hashed under {name}: its view .* is diffused"
    ) as refused:
        HashedEngine(profile)
    assert "compare exhaustively" in refused.value.hint


def test_one_diffused_view_is_enough_to_refuse() -> None:
    profile = _profile(2, 8)
    HashedEngine(profile)
    first, second = profile.views
    mixed = structs.replace(profile, views=(first, structs.replace(second, diffusion=3)))
    with pytest.raises(InputError, match="its view v1 is diffused"):
        HashedEngine(mixed)


@pytest.mark.parametrize("completeness", [0.0, 0.49, 0.99999, 1.0, float("nan")])
def test_promises_that_nobody_can_check_are_refused(completeness: float) -> None:
    with pytest.raises(InputError, match=r"a share from 0\.5 to 0\.9999"):
        Hashing(completeness)


_KEY = bytes(range(32))


def _sources(name: str, homes: int) -> tuple[list[Source], dict[RecordId, str]]:
    made = people_world(Population(homes), 5)
    encoded = encode_tables(made.tables, shipped_profile(name), _KEY)
    person = {
        RecordId(table.source.name, handle): made.person[table.source.name, rec_id]
        for table in encoded
        for handle, rec_id in table.rec_ids.items()
    }
    return [table.source for table in encoded], person


def _f1(records: tuple[RecordId, ...], clusters: NDArray[np.int64], person: dict[RecordId, str]) -> float:
    true = np.unique([person[one] for one in records], return_inverse=True)[1]
    both = np.unique(np.stack([clusters, true]), axis=1, return_counts=True)[1]
    right, found, there = (
        int((sizes * (sizes - 1)).sum()) for sizes in (both, np.bincount(clusters), np.bincount(true))
    )
    return 2 * right / (found + there)


@pytest.mark.parametrize("name", ["person-1-open", "clk-plain"])
def test_a_made_up_world_is_linked_as_well_as_is_promised(name: str) -> None:
    profile = shipped_profile(name)
    sources, person = _sources(name, 600)
    told: list[HashPlan | HashReport] = []
    kept: list[NDArray[np.int64]] = []
    engine = HashedEngine(
        profile, Hashing(0.95, always=True), LocalEngine(1), planned=told.append, done=told.append
    )
    full, hashed = link(sources, profile, threads=1), link(sources, profile, engine=engine)
    plan, report = told
    assert isinstance(plan, HashPlan)
    assert isinstance(report, HashReport)
    assert plan.hashes
    assert not report.exhaustive
    assert report.kept
    assert report.measured.low >= 0.95
    assert plan.expected >= 0.95
    assert sorted(plan.largest, reverse=True) == list(plan.largest)
    assert len(plan.largest) == 10
    scores = [_f1(one.records, one.clusters, person) for one in (full, hashed)]
    assert scores[1] > scores[0] - 0.05  # as much as the promise allows
    lines = "\n".join([*plan.lines(), *report.lines()])
    assert f"{plan.largest[0]:,}" in lines
    assert f"promised {plan.completeness:g}" in lines
    rows = gather(sources[::-1], profile)
    for threads in (1, 2):
        engine = HashedEngine(profile, engine.hashing, LocalEngine(threads), done=told.append)
        found = engine.candidates(rows, plan_tiles(rows), comparison_for(profile, len(rows)))
        assert told[-1] == report
        kept.append(found.pairs)
    assert np.array_equal(kept[0], kept[1])


def test_what_is_said_to_be_measured_is_what_was_found() -> None:
    profile = shipped_profile("person-1-open")
    rows = gather(_sources(profile.name, 600)[0], profile)
    comparison = comparison_for(profile, len(rows))
    exhaustive = int(plan_tiles(rows).comparisons(rows).sum())
    lists = empty_lists(len(rows), comparison.nearest)
    with ThreadPoolExecutor(1) as pool:
        made = plan_hashing(rows, None, comparison, profile, Hashing(0.95, always=True), exhaustive, pool, 1)
        # Of so few rows hashing costs more than it saves, and nobody who does not insist gets it.
        asked = plan_hashing(rows, None, comparison, profile, Hashing(0.95), exhaustive, pool, 1).plan
        assert not asked.hashes
        assert "cost" in asked.lines()[0]
        # Tables that cannot keep the promise: more of them are added, and it is checked on other records.
        poor = replace(made, plan=replace(made.plan, tables=((Hash(0, BITS, 32), 1),)))
        report = run_hashing(rows, poor, lists, pool, 1)
        assert report.rounds > 1
        assert sum(count for _, count in report.tables) > 1
        assert report.kept
        begin = made.plan.sampled + (report.rounds - 1) * made.plan.to_check
        checked = made.order[begin : begin + made.plan.to_check]
        assert not set(checked.tolist()) & set(made.order[: made.plan.sampled].tolist())
        sample = compare_sample(rows, checked, profile, made.limit, pool, 1)
        # Without means to add any, everything is to be compared, and the report says so.
        helpless = replace(poor, affordable=0.0)
        failed = run_hashing(rows, helpless, empty_lists(len(rows), 30), pool, 1)
    assert report.checked == int(sample.likely.sum())
    assert failed.exhaustive
    assert failed.measured.low < 0.95
    assert "did not keep its promise" in failed.lines()[0]
    # Likely pairs of samples are known, and none of them is left out in the end.
    assert found_in(lists, rows, sample.pairs.pairs[sample.likely]).all()


def test_a_sample_is_compared_as_everything_would_be() -> None:
    profile = shipped_profile("person-1-open")
    rows = gather(_sources(profile.name, 200)[0], profile)
    limit = noise_limit(rows.length, 5.0)
    chosen = np.arange(0, len(rows.ids), 9)
    with ThreadPoolExecutor(2) as pool:
        sample = compare_sample(rows, chosen, profile, limit, pool, 2)
    pairs = {(a, b) for a, b in candidate_pairs(rows, noise_z=5.0, nearest=12).tolist()}
    mine = {(a, b) for a, b in candidate_pairs(rows, noise_z=5.0).tolist() if {a, b} & set(chosen.tolist())}
    found = {(a, b) for a, b in sample.pairs.pairs.tolist()}
    assert found <= pairs
    assert found <= mine
    assert len(mine) > 100
    assert len(found) > 0.9 * len(mine & pairs)  # but for pairs that are in the other row's list alone
    assert sample.speaks.any(axis=1).all()


@pytest.mark.parametrize("name", ["person-1-open", "clk-plain"])
def test_few_records_are_compared_exhaustively_and_the_report_says_why(name: str) -> None:
    profile = shipped_profile(name)
    sources, _ = _sources(name, 60)
    told: list[HashPlan | HashReport] = []
    engine = HashedEngine(profile, Hashing(), LocalEngine(1), planned=told.append, done=told.append)
    hashed, full = link(sources, profile, engine=engine), link(sources, profile, threads=1)
    assert (hashed.pairs.score == full.pairs.score).all()
    assert (hashed.clusters == full.clusters).all()
    plan, report = told
    assert isinstance(plan, HashPlan)
    assert isinstance(report, HashReport)
    assert plan.reason
    assert plan.reason in plan.lines()[0]
    assert report.exhaustive
    assert report.kept


def _with_placeholders(rows: Rows, share: float) -> Rows:
    """Let some rows have two thirds of their bits from one filter, as shared placeholders would."""
    draws = np.random.default_rng(2)
    words = rows.words.copy()
    alike = draws.random(len(rows)) < share
    words[:, alike, : 2 * words.shape[2] // 3] = words[:, :1, : 2 * words.shape[2] // 3]
    return replace(rows, words=words, weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32))


def test_skewed_blocks_are_tiled_and_never_shortened() -> None:
    draws = np.random.default_rng(1)
    words = np.packbits(draws.random((1, 4000, 384)) < 0.15, axis=2).view(np.uint64)
    rows = Rows(
        ids=tuple(RecordId("A", f"{number:05}") for number in range(4000)),
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=np.ones((1, 4000), dtype=np.bool_),
        tiers=np.zeros(4000, dtype=np.uint8),
        record=np.arange(4000, dtype=np.int32),
        apart=np.full(4000, -1, dtype=np.int32),
    )
    skewed = _with_placeholders(rows, 0.05)
    tables = ((Hash(0, BITS, 12), 6), (Hash(0, FIRSTS, 3), 6))
    limit = noise_limit(rows.length, 2.0)
    plain, _ = _hashed(rows, tables, limit, nearest=5)
    results = [
        _hashed(skewed, tables, limit, nearest=5, size=size, threads=threads)
        for size, threads in (
            (BlockSize(), 1),
            (BlockSize(large=16, tile=32), 2),
            (BlockSize(large=10**6), 1),
        )
    ]
    assert results[0] == results[1] == results[2]
    found, report = results[0]
    assert report.largest[0] > 100
    assert len(report.largest) == 10
    alike = np.flatnonzero((skewed.words[0, :, :4] == skewed.words[0, 0, :4]).all(axis=1))
    assert len(alike) > 150
    # Every one of them finds as many of the others as its list holds.
    counts = np.bincount(np.array(sorted(found)).ravel(), minlength=4000)
    assert (counts[alike] >= 5).mean() > 0.9
    assert len(plain) < len(found)


def test_increments_hash_pairs_with_a_new_row_alone() -> None:
    rows = _with_sources(_rows(4, 300, 2, 2), 4, 3)
    new = np.arange(300) % 10 == 3
    assert new_rows(rows, plan_tiles(rows, strip_rows=64)) is None
    found = new_rows(rows, plan_tiles(rows, new=new, strip_rows=7))
    assert found is not None
    assert (found == new).all()
    whole = plan_tiles(rows, strip_rows=64)
    with pytest.raises(ValueError, match="whole plans"):
        new_rows(rows, replace(whole, places=whole.places[1:]))
    tables = tuple((Hash(view, BITS, 2), 60) for view in (0, 1))
    expected = candidate_pairs(rows, noise_z=1.0, nearest=300, new=new).tolist()
    assert _hashed(rows, tables, noise_limit(rows.length, 1.0), 300, new=new)[0] == {
        (a, b) for a, b in expected
    }


def test_nothing_to_compare_is_no_error() -> None:
    profile = shipped_profile("clk-plain")
    rows = gather([], profile)
    told: list[HashReport] = []
    engine = HashedEngine(profile, local=LocalEngine(1), done=told.append)
    assert len(engine.candidates(rows, plan_tiles(rows), Comparison(0.0, 30))) == 0
    assert told[0].exhaustive
