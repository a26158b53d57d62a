"""How records stand among their neighbours tells one person from one home, where similarity cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.match.neighbours import FEATURES, chance_corrected, surroundings

_READ = 12


def _slowly(
    similarity: dict[tuple[int, int], float], levels: list[float], pair: tuple[int, int]
) -> list[float]:
    """Say the same as :func:`surroundings` of one pair's neighbours, word by word."""
    own = similarity[pair]

    def alike(a: int, b: int) -> float:
        return similarity.get((min(a, b), max(a, b)), min(levels[a], levels[b]))

    rivals, largest, means, closer = [], [], [], []
    bridge = min(levels[pair[0]], levels[pair[1]])
    for this, that in (pair, pair[::-1]):
        known = [other for ends in similarity if this in ends for other in ends if other != this]
        thirds = sorted((one for one in known if one != that), key=lambda one: (-alike(this, one), one))
        thirds = thirds[:_READ]
        near = np.array([alike(this, third) for third in thirds])
        far = np.array([alike(that, third) for third in thirds])
        share = np.maximum(near - levels[this], 0.0)
        rivals.append(max([levels[this], *near[:1].tolist()]))
        largest.append(max([0.0, *(near - far).tolist()]))
        means.append(float((share * (near - far)).sum()) / max(float(share.sum()), 1e-6))
        closer.append(float(np.log1p((near > own).sum())))
        bridge = max([bridge, *np.minimum(near, far).tolist()])
    return [
        own - max(rivals), own - min(rivals), min(largest), max(largest), min(means), max(means),
        own - bridge, min(closer), max(closer),
    ]  # fmt: skip


def _level(similarity: dict[tuple[int, int], float], record: int, floor: float) -> float:
    others = sorted((value for ends, value in similarity.items() if record in ends), reverse=True)[20:32]
    return float(np.mean(others)) if others else floor


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_surroundings_are_what_a_reader_would_count(data: st.DataObject) -> None:
    people = data.draw(st.integers(3, 30))
    ends = st.tuples(st.integers(0, people - 1), st.integers(0, people - 1)).map(sorted).map(tuple)
    drawn = data.draw(st.lists(ends.filter(lambda one: one[0] < one[1]), min_size=1, unique=True))
    values = data.draw(st.lists(st.integers(1, 16), min_size=len(drawn), max_size=len(drawn)))
    value = np.array(values) / 16
    left, right = (np.array([one[side] for one in drawn], dtype=np.int64) for side in (0, 1))
    found = surroundings(value, value, np.full(people, 300.0), left, right)
    assert found.shape == (len(drawn), len(FEATURES))
    similarity = {(int(a), int(b)): float(v) for a, b, v in zip(left, right, value, strict=True)}
    floor = float(np.quantile(value, 0.05))
    levels = [_level(similarity, record, floor) for record in range(people)]
    for place, pair in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        assert found[place, 4:] == pytest.approx(_slowly(similarity, levels, pair), abs=2e-6)
        assert found[place, 3] == pytest.approx((levels[pair[0]] + levels[pair[1]]) / 2, abs=2e-6)


def _bits(random: np.random.Generator, rows: int, fill: float) -> NDArray[np.bool_]:
    return random.random((rows, 4096)) < fill


def test_unrelated_filters_agree_by_chance_and_a_part_is_contained() -> None:
    random = np.random.default_rng(1)
    full = _bits(random, 20, 0.4)
    part = full & _bits(random, 20, 0.7)
    strangers = np.roll(full, 1, axis=0)
    for other, agreement, contained in ((strangers, 0.0, 0.0), (full, 1.0, 1.0), (part, 0.71, 1.0)):
        first, second = full.sum(axis=1).astype(float), other.sum(axis=1).astype(float)
        dice = 2 * (full & other).sum(axis=1) / (first + second)
        beyond, inside = chance_corrected(dice, first, second, 4096)
        assert beyond.mean() == pytest.approx(agreement, abs=0.03)
        assert inside.mean() == pytest.approx(contained, abs=0.03)


def test_empty_filters_agree_on_nothing() -> None:
    nothing = np.zeros(2)
    for found in chance_corrected(nothing, nothing, nothing, 1024):
        assert found.tolist() == [0.0, 0.0]


def test_pairs_in_another_order_or_turned_are_described_alike() -> None:
    random = np.random.default_rng(2)
    pairs = np.unique(np.sort(random.integers(0, 40, (400, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    value, weights = random.random(len(pairs)), random.integers(200, 400, 40).astype(float)
    found = surroundings(value, value, weights, pairs[:, 0], pairs[:, 1])
    order = random.permutation(len(pairs))
    again = surroundings(value[order], value[order], weights, pairs[order, 1], pairs[order, 0])
    assert np.array_equal(again, found[order])


def test_two_siblings_with_two_records_each_are_told_apart() -> None:
    """All four records are alike, but each is most like the other of its own person."""
    left, right = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    value = np.array([0.8, 0.6, 0.6, 0.6, 0.6, 0.8])
    found = surroundings(value, value, np.full(4, 300.0), left, right)
    person, home = found[[0, 5]], found[1:5]
    lead, difference = (
        FEATURES.index("smaller lead over the best rival"),
        FEATURES.index("larger mean difference to neighbours"),
    )
    assert (person[:, lead] > 0.1).all()
    assert (home[:, lead] < -0.1).all()
    assert person[:, difference].max() < home[:, difference].min()
