"""The best threshold of scored pairs is exact: the same as trying every one by hand."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.lab.evaluation_thresholds import BestF1, best_f1

Pair = tuple[int, int, float]


@st.composite
def scored_records(draw: st.DrawFn) -> tuple[list[int], list[int], list[Pair]]:
    """People and sources of up to eight records, and some of their pairs, whose few scores often tie."""
    count = draw(st.integers(2, 8))
    entity = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    source = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    chosen = draw(st.lists(st.sampled_from(list(combinations(range(count), 2))), unique=True))
    flips = draw(st.lists(st.booleans(), min_size=len(chosen), max_size=len(chosen)))
    scores = draw(
        st.lists(st.sampled_from([-2.0, 0.0, 0.5, 7.0]), min_size=len(chosen), max_size=len(chosen))
    )
    pairs = [
        (b, a, score) if flip else (a, b, score)
        for (a, b), flip, score in zip(chosen, flips, scores, strict=True)
    ]
    return entity, source, pairs


def f1_of(linked: set[tuple[int, int]], true: set[tuple[int, int]]) -> float:
    return 2 * len(linked & true) / (len(linked) + len(true)) if linked or true else 1.0


def closure(count: int, linked: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Every pair that linked pairs imply, by joining until nothing changes."""
    group = list(range(count))
    for _ in range(count):
        for a, b in linked:
            group[a] = group[b] = min(group[a], group[b])
    return {(a, b) for a, b in combinations(range(count), 2) if group[a] == group[b]}


def greedy(pairs: list[Pair]) -> list[Pair]:
    """Best first, of equal ones the lowest records first, each record once."""
    taken: set[int] = set()
    kept = []
    for a, b, score in sorted(pairs, key=lambda pair: (-pair[2], min(pair[:2]), max(pair[:2]))):
        if not taken & {a, b}:
            taken |= {a, b}
            kept.append((a, b, score))
    return kept


def linked_at(pairs: list[Pair], threshold: float) -> set[tuple[int, int]]:
    return {(min(a, b), max(a, b)) for a, b, score in pairs if score >= threshold}


def thresholds(pairs: list[Pair]) -> list[float]:
    return [float("inf"), *{score for *_, score in pairs}]


def check(found: BestF1, linked: set[tuple[int, int]], true: set[tuple[int, int]], best: float) -> None:
    """What is reported is reached at the threshold that is reported, and nothing better is to be had."""
    assert found.f1 == pytest.approx(best)
    assert found.f1 == pytest.approx(f1_of(linked, true))
    assert found.precision == pytest.approx(len(linked & true) / len(linked) if linked else 1.0)
    assert found.recall == pytest.approx(len(linked & true) / len(true) if true else 1.0)


@given(scored_records())
def test_pairs_and_components_where_sources_hold_duplicates(
    made: tuple[list[int], list[int], list[Pair]],
) -> None:
    entity, _, pairs = made
    true = {(a, b) for a, b in combinations(range(len(entity)), 2) if entity[a] == entity[b]}
    found = best_f1(*columns(pairs), entity, mode="multi")
    every = {t: linked_at(pairs, t) for t in thresholds(pairs)}
    check(found.pairs, every[found.pairs.threshold], true, max(f1_of(one, true) for one in every.values()))
    closed = {t: closure(len(entity), one) for t, one in every.items()}
    assert found.components is not None
    assert found.one_to_one is None
    check(
        found.components,
        closed[found.components.threshold],
        true,
        max(f1_of(one, true) for one in closed.values()),
    )
    assert found.best.f1 == max(found.pairs.f1, found.components.f1)


@given(scored_records())
def test_pairs_and_one_to_one_across_two_sources(made: tuple[list[int], list[int], list[Pair]]) -> None:
    entity, source, pairs = made
    across = [pair for pair in pairs if source[pair[0]] != source[pair[1]]]
    true = {
        (a, b)
        for a, b in combinations(range(len(entity)), 2)
        if entity[a] == entity[b] and source[a] != source[b]
    }
    found = best_f1(*columns(pairs), entity, mode="link", source=source)
    every = {t: linked_at(across, t) for t in thresholds(across)}
    check(found.pairs, every[found.pairs.threshold], true, max(f1_of(one, true) for one in every.values()))
    single = {t: linked_at(greedy(across), t) for t in thresholds(across)}
    assert found.one_to_one is not None
    assert found.components is None
    check(
        found.one_to_one,
        single[found.one_to_one.threshold],
        true,
        max(f1_of(one, true) for one in single.values()),
    )


def columns(pairs: list[Pair]) -> tuple[list[int], list[int], list[float]]:
    return [a for a, _, _ in pairs], [b for _, b, _ in pairs], [score for *_, score in pairs]


def test_recall_counts_true_pairs_that_nobody_scored() -> None:
    found = best_f1([0], [1], [3.0], ["x", "x", "y", "y"], mode="dedupe")
    assert found.pairs.recall == 0.5
    assert found.pairs.precision == 1.0


def test_a_pair_that_occurs_twice_counts_once_with_its_higher_score() -> None:
    found = best_f1([0, 1], [1, 0], [1.0, 4.0], ["x", "x"], mode="dedupe")
    assert found.pairs == BestF1(precision=1.0, recall=1.0, f1=1.0, threshold=4.0)


@pytest.mark.parametrize(
    ("left", "right", "score", "mode"),
    [([0], [1], [float("nan")], "multi"), ([1], [1], [0.0], "multi"), ([0], [1], [0.0], "link")],
)
def test_what_cannot_be_scored_is_refused(
    left: list[int], right: list[int], score: list[float], mode: str
) -> None:
    with pytest.raises(ValueError, match="best_f1"):
        best_f1(left, right, score, [0, 1], mode=mode)  # type: ignore[arg-type]
