"""However early the comparison looks at distances, exactly the same pairs are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.kernel import TileSize, candidate_pairs
from linkage.match.kernel_block import LANES, ROWS_AT_ONCE
from linkage.match.kernel_stages import choose_ends
from tests.oracles import match_oracle
from tests.test_match_comparison_is_exact import _as_pairs, _rows


@pytest.mark.parametrize("words", [*range(1, 17), 21, 25, 32])
def test_every_number_of_words_keeps_what_the_oracle_keeps(words: int) -> None:
    rows = _rows(words, 40, 2, words)
    expected = match_oracle.candidates(rows, 3.0)
    for first in range(1, words + 1):
        assert _as_pairs(candidate_pairs(rows, noise_z=3.0, stages=(first,))) == expected
        for second in {min(first + 1, words), words} - {first}:
            assert _as_pairs(candidate_pairs(rows, noise_z=3.0, stages=(first, second))) == expected


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 60),
    words=st.integers(1, 32),
    noise_z=st.integers(-8, 32).map(lambda quarters: quarters / 4),
    stages=st.sets(st.integers(1, 32), max_size=4),
    tile=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    threads=st.sampled_from([1, 2, 4]),
)
def test_any_stages_tiles_and_threads_keep_what_the_oracle_keeps(
    seed: int,
    count: int,
    words: int,
    noise_z: float,
    stages: set[int],
    tile: tuple[int, int],
    threads: int,
) -> None:
    rows = _rows(seed, count, 1, words)
    found = candidate_pairs(
        rows,
        noise_z=noise_z,
        stages=sorted(stage for stage in stages if stage <= words),
        tile=TileSize(*tile),
        threads=threads,
    )
    assert _as_pairs(found) == match_oracle.candidates(rows, noise_z)


def _choose(fill: float, bound: int, words: int = 16) -> list[int]:
    draws = np.random.default_rng(1)

    def filters(count: int) -> np.ndarray:
        return np.packbits(draws.random((count, 64 * words)) < fill, axis=1).view(np.uint64)

    rows = filters(32 * ROWS_AT_ONCE)
    columns = np.ascontiguousarray(filters(64 * LANES).reshape(-1, LANES, words).transpose(0, 2, 1))
    none = np.zeros((0, LANES), dtype=np.int64)
    bounds = np.full(len(rows), bound, dtype=np.int64)
    chosen: list[int] = choose_ends(rows, columns, bounds, none).tolist()
    assert chosen == choose_ends(rows, columns, bounds, none).tolist()
    return chosen


def test_words_are_chosen_from_the_data_and_the_bound() -> None:
    assert _choose(0.5, 500) == [16]  # nothing can be abandoned: all words at once
    assert _choose(0.5, 460) == [16]  # only the last words tell: looking earlier costs more than it saves
    tight, tighter = _choose(0.5, 200), _choose(0.5, 60)
    assert tighter[0] < tight[0] < 12
    assert _choose(0.1, 60)[0] > tighter[0]  # sparse filters differ in fewer places


@pytest.mark.parametrize("stages", [(0,), (3, 3), (3, 2), (5,), (-1, 4)])
def test_words_that_are_not_there_or_do_not_rise_are_refused(stages: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="stages are numbers of words"):
        candidate_pairs(_rows(1, 10, 1, 4), noise_z=3.0, stages=stages)


def test_one_word_leaves_nothing_to_choose() -> None:
    assert _choose(0.5, 10, words=1) == [1]
