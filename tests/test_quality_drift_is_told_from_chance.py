"""An agency whose records link as they used to is left in peace; one whose records do not is named."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.match.linkage import Linkage, Pairs, RecordId
from linkage.match.quality_drift import AgencyFigures, agency_figures, compare_with_history


def test_figures_are_those_of_counting_by_hand() -> None:
    ids = tuple(RecordId(source, f"{n:032x}") for source in ("A", "B") for n in range(3))
    ends = np.array([[0, 0, 1, 3], [1, 3, 4, 4]])
    clusters = np.array([0, 0, 1, 0, 2, 3])
    pairs = Pairs(*ends, np.array([4.0, 8.0, -2.0, 1.0]), np.array([True, True, False, False]))
    first, second = agency_figures(Linkage(ids, pairs, clusters))
    assert first == AgencyFigures("A", 3, 2, 1, 2, 6.0, 2.0)
    assert second == AgencyFigures("B", 3, 1, 1, 1, 8.0, 0.0)


def test_no_records_no_figures() -> None:
    none = np.zeros(0, np.int64)
    assert agency_figures(Linkage((), Pairs(none, none, np.zeros(0), np.zeros(0, bool)), none)) == ()


def drawn(random: np.random.Generator, agency: str, *, rate: float = 0.6, odds: float = 7.0) -> AgencyFigures:
    records = int(random.integers(300, 900))
    linked = int(random.binomial(records, rate))
    weights = random.normal(odds, 3.0, max(linked, 1))
    return AgencyFigures(
        agency,
        records,
        linked,
        int(random.binomial(records - linked, 0.2)),
        linked,
        float(weights.mean()),
        float(weights.std()),
    )


def test_agencies_that_did_not_change_are_rarely_named() -> None:
    random = np.random.default_rng(5)
    alarms = 0
    for _ in range(200):
        history = {name: [drawn(random, name) for _ in range(6)] for name in "ABC"}
        alarms += any(m.moved for m in compare_with_history([drawn(random, n) for n in "ABC"], history))
    assert alarms <= 24  # 5 % of 200, and what estimating the spread from six runs adds


@pytest.mark.parametrize(
    ("change", "figure"),
    [({"rate": 0.45}, "link rate"), ({"odds": 5.5}, "mean log odds of links")],
)
def test_an_agency_that_changed_is_named_with_what_moved(change: dict[str, float], figure: str) -> None:
    random = np.random.default_rng(9)
    history = {name: [drawn(random, name) for _ in range(6)] for name in "ABC"}
    now = [drawn(random, "A"), drawn(random, "B", **change), drawn(random, "C")]
    movements = compare_with_history(now, history)
    assert (movements[0].agency, movements[0].figure) == ("B", figure)
    assert movements[0].moved
    assert movements[0].z < -3
    assert not any(one.moved for one in movements if one.agency != "B")


def test_runs_that_always_differed_widely_are_no_alarm() -> None:
    def run(linked: int) -> AgencyFigures:
        return AgencyFigures("A", 1000, linked, 50, linked, 6.0, 2.0)

    steady = compare_with_history([run(560)], {"A": [run(500)] * 6})
    restless = compare_with_history(
        [run(560)], {"A": [run(number) for number in (400, 600, 450, 550, 430, 570)]}
    )
    assert next(one for one in steady if one.figure == "link rate").moved
    assert not next(one for one in restless if one.figure == "link rate").moved


def test_an_agency_without_history_is_passed_over() -> None:
    now = drawn(np.random.default_rng(1), "new")
    assert compare_with_history([now], {}) == ()
    assert compare_with_history([now], {"new": []}) == ()
    nothing = AgencyFigures("new", 0, 0, 0, 0, 0.0, 0.0)
    assert compare_with_history([now], {"new": [nothing]}) == ()
    assert compare_with_history([nothing], {"new": [now]}) == ()


figures = st.builds(
    lambda records, linked, alone, odds, spread: AgencyFigures(
        "A", records, min(linked, records), min(alone, records), linked, odds, spread
    ),
    *[st.integers(0, 500)] * 3,
    st.floats(-5, 20),
    st.floats(0, 5),
)


@settings(max_examples=50)
@given(figures, st.lists(figures, max_size=5), st.randoms(use_true_random=False))
def test_p_is_a_chance_and_the_order_of_runs_does_not_matter(
    now: AgencyFigures, earlier: list[AgencyFigures], random: object
) -> None:
    found = compare_with_history([now], {"A": earlier})
    assert all(0 <= one.p <= 1 and np.isfinite(one.z) for one in found)
    assert [one.p for one in found] == sorted(one.p for one in found)
    shuffled = list(earlier)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = compare_with_history([now], {"A": shuffled})
    assert [one.z for one in again] == pytest.approx([one.z for one in found], abs=1e-6)
    stranger = dataclasses.replace(now, agency="B")
    assert compare_with_history([now, stranger], {"A": earlier}) == found
