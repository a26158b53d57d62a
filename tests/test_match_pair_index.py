"""Pairs are found by their records as if all had been looked at."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.pair_index import PairIndex
from linkage.match.quality_groups import RecordGroup, quality_of_groups
from tests.support.scored_worlds import scored_world

_RECORDS = 12
_record = st.integers(0, _RECORDS - 1)


@given(st.lists(st.tuples(_record, _record), max_size=40), st.lists(_record, unique=True))
def test_what_is_found_is_what_names_some_of_them(pairs: list[tuple[int, int]], asked: list[int]) -> None:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    found = PairIndex.of(ends[:, 0], ends[:, 1], _RECORDS).naming(np.array(asked, dtype=np.int64))
    assert found.tolist() == [place for place, pair in enumerate(pairs) if set(pair) & set(asked)]


@given(st.integers(0, 200), st.sets(st.integers(0, 30), min_size=1, max_size=6))
def test_a_small_group_has_the_figures_that_it_has_among_all_pairs(seed: int, some: set[int]) -> None:
    linkage = scored_world(seed, persons=25, most=3, clarity=3.5).linkage
    small = np.isin(np.arange(len(linkage.records)), sorted(some))
    alike = RecordGroup("some", "sought", small, np.ones_like(small))
    looked_up, sought = quality_of_groups(linkage, [RecordGroup("some", "looked up", small), alike])
    assert (looked_up.links, looked_up.possible) == (sought.links, sought.possible)
    assert looked_up.precision == sought.precision
