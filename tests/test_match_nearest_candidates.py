"""Each row keeps its best candidates, of its own source and of all others, in lists that cannot grow."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import LimitError
from linkage.match.kernel import TileSize, candidate_pairs
from linkage.match.rows import Rows, Source, gather
from tests.oracles import match_oracle
from tests.test_match_comparison_is_exact import _as_pairs, _profile, _rows


def _with_sources(rows: Rows, seed: int, sources: int) -> Rows:
    """Give every record a source; a duplicate-free one is a source of its own."""
    of_record = np.random.default_rng(seed).integers(0, sources, len(rows.ids)).astype(np.int32)
    source = of_record[rows.record]
    return replace(rows, source=np.where(rows.apart >= 0, sources + rows.apart, source).astype(np.int32))


def _copies(count: int, words: int = 2, sources: int = 2) -> Rows:
    """Make exact copies of one row, in turn from each source."""
    rows = _rows(1, count, 1, words, records=None)
    draws = np.random.default_rng(0).integers(0, 2**63, words).astype(np.uint64)
    rows.words[...] = draws
    return replace(
        rows,
        weights=np.bitwise_count(rows.words).sum(axis=2, dtype=np.int32),
        present=np.ones((1, count), dtype=np.bool_),
        record=np.arange(count, dtype=np.int32),
        apart=np.full(count, -1, dtype=np.int32),
        source=(np.arange(count) % sources).astype(np.int32),
        ids=(),
    )


@pytest.mark.parametrize("words", [1, 2, 7, 8, 9, 14, 16, 25, 32])
def test_every_width_lists_what_the_oracle_lists(words: int) -> None:
    rows = _with_sources(_rows(words, 40, 2, words), words, 3)
    for noise_z in (2.0, 0.0, -50.0):
        found = candidate_pairs(rows, noise_z=noise_z, nearest=3)
        assert _as_pairs(found) == match_oracle.nearest(rows, noise_z, 3)


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 40),
    views=st.integers(1, 3),
    words=st.integers(1, 4),
    noise_z=st.sampled_from([-50.0, 0.0, 1.0, 3.0]),
    nearest=st.integers(1, 5),
    tile=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    threads=st.sampled_from([1, 2, 4]),
    share=st.one_of(st.none(), st.floats(0, 1)),
    stages=st.lists(st.integers(1, 4), max_size=3),
)
def test_any_rows_tiles_threads_and_stages_list_what_the_oracle_lists(
    seed: int,
    count: int,
    views: int,
    words: int,
    noise_z: float,
    nearest: int,
    tile: tuple[int, int],
    threads: int,
    share: float | None,
    stages: list[int],
) -> None:
    rows = _with_sources(_rows(seed, count, views, words), seed, 3)
    new = None if share is None else np.random.default_rng(seed).random(count) < share
    found = candidate_pairs(
        rows,
        noise_z=noise_z,
        nearest=nearest,
        new=new,
        tile=TileSize(*tile),
        threads=threads,
        stages=sorted({stage for stage in stages if stage <= words}),
    )
    assert _as_pairs(found) == match_oracle.nearest(rows, noise_z, nearest, new)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_many_rows_list_the_same_for_any_tile_and_threads(threads: int) -> None:
    rows = _with_sources(_rows(11, 900, 2, 5), 11, 3)
    expected = candidate_pairs(rows, noise_z=-50.0, nearest=4, threads=1)
    for tile in (TileSize(), TileSize(64, 200), TileSize(101, 37)):
        found = candidate_pairs(rows, noise_z=-50.0, nearest=4, tile=tile, threads=threads)
        assert (found == expected).all()


def test_lists_longer_than_the_candidates_leave_nothing_out() -> None:
    rows = _with_sources(_rows(3, 60, 2, 3), 3, 2)
    everything = candidate_pairs(rows, noise_z=1.0)
    assert _as_pairs(candidate_pairs(rows, noise_z=1.0, nearest=1000)) == _as_pairs(everything)


def test_a_batch_loses_nothing_that_comparing_everything_keeps() -> None:
    rows = _with_sources(_rows(5, 120, 2, 4), 5, 3)
    new = np.arange(120) % 4 == 0
    everything = set(_as_pairs(candidate_pairs(rows, noise_z=-50.0, nearest=2)))
    added = set(_as_pairs(candidate_pairs(rows, noise_z=-50.0, nearest=2, new=new)))
    assert {pair for pair in everything if new[list(pair)].any()} <= added


def test_of_equal_candidates_the_smallest_numbers_stay() -> None:
    found = _as_pairs(candidate_pairs(_copies(40), noise_z=0.5, nearest=1, tile=TileSize(7, 5), threads=2))
    expected = {(0, number) for number in range(1, 40)} | {(1, number) for number in range(2, 40)}
    assert set(found) == expected


def test_thousands_of_exact_copies_cost_no_more_pairs_or_memory_than_places() -> None:
    rows = _copies(20_000)
    tracemalloc.start()
    found = candidate_pairs(rows, noise_z=0.5, nearest=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) <= 2 * 3 * len(rows)
    assert peak < 64 * 2**20


def test_sources_are_known_to_gathered_rows_and_to_rows_made_by_hand() -> None:
    part = match_oracle.made_up_encodings(range(5), views=2, view_bytes=16, seed=1)
    other = match_oracle.made_up_encodings(range(3), views=2, view_bytes=16, seed=2)
    rows = gather([Source("B", other), Source("A", part, duplicate_free=True)], _profile(2, 16))
    assert rows.source.tolist() == [0] * 5 + [1] * 3
    by_hand = replace(rows, source=np.zeros(0, dtype=np.int32))
    assert by_hand.source.tolist() == rows.source.tolist()


def test_more_pairs_than_allowed_are_refused() -> None:
    with pytest.raises(LimitError, match="more than 10 pairs"):
        candidate_pairs(_copies(40), noise_z=0.5, nearest=3, max_pairs=10)


@pytest.mark.parametrize(("nearest", "miss"), [(0, 0.0), (-1, 0.0), (None, 1.0), (None, -0.1)])
def test_settings_that_mean_nothing_are_refused(nearest: int | None, miss: float) -> None:
    with pytest.raises(ValueError, match="miss is at least 0"):
        candidate_pairs(_rows(1, 4, 1, 1), noise_z=0.0, nearest=nearest, miss=miss)


def test_progress_counts_every_comparison_of_the_lists() -> None:
    rows, calls = _with_sources(_rows(3, 90, 3, 2), 3, 2), list[tuple[int, int]]()
    new: NDArray[np.bool_] = np.arange(90) < 30
    for batch in (None, new):
        calls.clear()
        candidate_pairs(
            rows,
            noise_z=3.0,
            nearest=2,
            new=batch,
            tile=TileSize(7, 11),
            progress=lambda done, total: calls.append((done, total)),
        )
        total = 0
        for there in rows.present:
            fresh = int((there & new).sum()) if batch is not None else int(there.sum())
            total += fresh * (fresh - 1) // 2 + fresh * (int(there.sum()) - fresh)
        assert calls[0] == (0, total)
        assert calls[-1] == (total, total)
        assert len(calls) > 2
