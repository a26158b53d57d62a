"""The sequential test on the first words misses no more than it says, and the same pairs everywhere."""

from dataclasses import replace
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import hypergeom

from linkage.match.kernel import TileSize, candidate_pairs, noise_limit
from linkage.match.kernel_sequential import EXACT, choose_test, prefix_limit
from linkage.match.rows import RecordId, Rows
from tests.test_match_comparison_is_exact import _as_pairs, _rows


@given(
    words=st.integers(1, 5),
    bits=st.integers(1, 320),
    distance=st.integers(0, 320),
    miss=st.floats(1e-9, 0.9),
)
def test_the_limit_is_the_smallest_that_keeps_the_bound(
    words: int, bits: int, distance: int, miss: float
) -> None:
    length = 64 * words
    bits, distance = min(bits, length), min(distance, length)
    limit = prefix_limit(length, bits, distance, miss)

    def exceeds(count: int) -> int:
        return sum(
            comb(distance, more) * comb(length - distance, bits - more)
            for more in range(count + 1, min(bits, distance) + 1)
        )

    numerator, denominator = miss.as_integer_ratio()
    allowed = comb(length, bits) * numerator
    assert exceeds(limit) * denominator <= allowed
    assert limit == 0 or exceeds(limit - 1) * denominator > allowed


def test_the_limit_agrees_with_scipy_and_grows_with_the_distance() -> None:
    limits = [prefix_limit(896, 448, distance, 1e-4) for distance in range(897)]
    assert limits == sorted(limits)
    assert limits[373] == int(hypergeom(896, 373, 448).isf(1e-4))
    assert prefix_limit(896, 448, 373, 0.0) == 373  # never to be exceeded


def _pairs_at_the_limit(count: int, words: int, noise_z: float, seed: int) -> Rows:
    """Make pairs of filters, half full, that differ in exactly as many places as just speak."""
    draws = np.random.default_rng(seed)
    length = 64 * words
    half = np.arange(length) < length // 2
    bits = np.zeros((2 * count, length), dtype=np.bool_)
    distance = (noise_limit(length, noise_z) - 1) // (2 * length) // 2 * 2
    for pair in range(count):
        one = draws.permutation(half)
        other = one.copy()
        for value in (True, False):  # as many bits set as cleared: both rows stay half full
            other[draws.choice(np.flatnonzero(one == value), distance // 2, replace=False)] ^= True
        bits[2 * pair], bits[2 * pair + 1] = one, other
    packed = np.packbits(bits, axis=1).view(np.uint64)[None]
    return Rows(
        ids=tuple(RecordId("A", str(number)) for number in range(2 * count)),
        words=packed,
        weights=np.bitwise_count(packed).sum(axis=2, dtype=np.int32),
        present=np.ones((1, 2 * count), dtype=np.bool_),
        tiers=np.zeros(2 * count, dtype=np.uint8),
        record=np.arange(2 * count, dtype=np.int32),
        apart=np.full(2 * count, -1, dtype=np.int32),
    )


def _kept(rows: Rows, noise_z: float, miss: float, **settings: object) -> NDArray[np.int64]:
    found = candidate_pairs(rows, noise_z=noise_z, miss=miss, **settings)  # type: ignore[arg-type]
    return found[(found[:, 0] % 2 == 0) & (found[:, 1] == found[:, 0] + 1)]


@pytest.mark.parametrize(("words", "noise_z"), [(14, 6.5), (14, 8.0), (16, 6.5), (32, 7.0)])
@pytest.mark.parametrize("miss", [0.01, 0.1, 0.3])
def test_pairs_at_the_limit_are_missed_no_more_often_than_stated(
    words: int, noise_z: float, miss: float
) -> None:
    count = 2000
    rows = _pairs_at_the_limit(count, words, noise_z, seed=words)
    assert choose_test(64 * words, rows.weights[0], noise_limit(64 * words, noise_z), miss).words
    assert len(_kept(rows, noise_z, 0.0)) == count
    missed = 1 - len(_kept(rows, noise_z, miss)) / count
    spread = (miss * (1 - miss) / count) ** 0.5
    assert missed <= miss + 4 * spread
    assert missed > 0  # the bound is used, not idle: the places that differ are drawn evenly here


def test_nothing_is_kept_that_the_exact_comparison_drops() -> None:
    rows = _rows(9, 200, 2, 14, tiers=1)
    exact = set(_as_pairs(candidate_pairs(rows, noise_z=3.0)))
    for miss in (1e-6, 0.01, 0.5):
        assert set(_as_pairs(candidate_pairs(rows, noise_z=3.0, miss=miss))) <= exact


@given(
    seed=st.integers(0, 2**32),
    tile=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    threads=st.sampled_from([1, 2, 4]),
    nearest=st.one_of(st.none(), st.integers(1, 3)),
)
def test_the_same_pairs_are_missed_for_any_tiles_threads_and_order(
    seed: int, tile: tuple[int, int], threads: int, nearest: int | None
) -> None:
    rows = _pairs_at_the_limit(60, 14, 6.5, seed=seed)
    rows = replace(rows, source=(np.arange(len(rows)) % 3).astype(np.int32))
    settings = {"noise_z": 6.5, "miss": 0.3, "nearest": nearest}
    expected = _as_pairs(candidate_pairs(rows, **settings, threads=1))  # type: ignore[arg-type]
    found = candidate_pairs(rows, **settings, tile=TileSize(*tile), threads=threads)  # type: ignore[arg-type]
    assert _as_pairs(found) == expected
    order = np.random.default_rng(seed).permutation(len(rows))
    mixed = replace(
        rows,
        words=np.ascontiguousarray(rows.words[:, order]),
        weights=np.ascontiguousarray(rows.weights[:, order]),
        record=rows.record[order],
        source=rows.source[order],
    )
    if nearest is None:
        again = np.sort(order[candidate_pairs(mixed, **settings)], axis=1)  # type: ignore[arg-type]
        assert sorted(_as_pairs(again)) == expected


def test_no_test_is_made_where_none_would_save_time() -> None:
    half = np.full(100, 448, dtype=np.int32)
    assert choose_test(896, half, noise_limit(896, 1.0), 1e-4) is EXACT
    assert choose_test(64, half // 14, noise_limit(64, 5.0), 1e-4) is EXACT
    assert choose_test(896, half[:1], noise_limit(896, 6.5), 1e-4) is EXACT
    test = choose_test(896, half, noise_limit(896, 6.5), 1e-4)
    assert 1 <= test.words < 14
    assert choose_test(896, half, noise_limit(896, 6.5), 0.1).words < test.words
