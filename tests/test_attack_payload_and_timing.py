"""Clear fields alone, and when batches come and how long they are: what is there to be told is told."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.lab.attacks.payload import uniqueness
from linkage.lab.attacks.timing import RHYTHMS, Arrival, arrivals, crowd_sizes, told_from_sizes

MONDAY = dt.date(2026, 1, 5)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_people_alike_are_counted_as_one_by_one(numbers: list[int]) -> None:
    found = uniqueness(np.array(numbers, dtype=np.int64))
    assert found.alike.tolist() == [numbers.count(one) for one in numbers]
    assert found.expected == pytest.approx(len(set(numbers)) / len(numbers))
    assert found.unique == sum(numbers.count(one) == 1 for one in numbers) / len(numbers)
    assert found.below(10**6) == 1.0


def new(agency: str, child: str, day: int) -> Arrival:
    return Arrival(agency, child, MONDAY + dt.timedelta(days=day), b"{}")


def test_a_batch_is_as_large_a_crowd_as_its_children() -> None:
    found = [new("A", "x", 0), new("A", "x", 0), new("A", "y", 3), new("B", "z", 3), new("A", "z", 8)]
    assert crowd_sizes(found, "daily").tolist() == [1, 1, 1, 1, 1]
    assert crowd_sizes(found, "weekly").tolist() == [2, 2, 2, 1, 1]
    assert crowd_sizes(found, "monthly").tolist() == [3, 3, 3, 1, 3]


def test_rarer_batches_hide_children_in_larger_crowds() -> None:
    found = arrivals(300, 1)
    assert found == arrivals(300, 1)
    named = [float((1 / crowd_sizes(found, rhythm)).mean()) for rhythm in RHYTHMS]
    assert named[0] > named[1] > named[2]


def test_lengths_tell_the_number_of_equal_records_and_little_of_unequal_ones() -> None:
    even = [new("A", f"{day} {one}", day) for day in range(60) for one in range(1 + day % 9)]
    assert told_from_sizes(even, "daily", 700).children == 1.0
    rng = np.random.default_rng(1)
    odd = [
        Arrival("A", f"{day} {one}", MONDAY + dt.timedelta(days=day), rng.bytes(int(rng.integers(20_000))))
        for day in range(60)
        for one in range(1 + day % 9)
    ]
    assert told_from_sizes(odd, "daily", 1).children < 0.7
