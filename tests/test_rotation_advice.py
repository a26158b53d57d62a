"""When to rotate follows from the appeals counted and from what was measured, and from nothing else."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.register.rotation_advice import KnownPoint, advise, appeal_rate, capacity, month_of
from linkage.register.statistics.intervals import poisson_interval


def _curve(*values: float, greens: tuple[float, ...] = (0.01, 0.02, 0.10)) -> list[KnownPoint]:
    return [
        KnownPoint(pairs, value, value * 0.8, min(value * 1.2, 1.0), green)
        for pairs, value, green in zip((20, 100, 500), values, greens, strict=True)
    ]


GREEN = _curve(0.001, 0.003, 0.01)
CROSSES = _curve(0.001, 0.015, 0.30)


def test_what_stays_green_bears_what_was_measured_and_no_more() -> None:
    found = capacity({"share": GREEN}, "high")
    assert (found.pairs, found.why) == (500, "measured")


def test_where_a_curve_leaves_its_limit_is_found_on_the_line_between() -> None:
    found = capacity({"share": CROSSES}, "value")
    # 0.005 below at 100 pairs, 0.20 above at 500: a straight line crosses at 100 + 400 x 5/205.
    assert (found.pairs, found.why) == (pytest.approx(100 + 400 * 5 / 205), "limit")
    assert (
        capacity({"share": CROSSES}, "high").pairs < found.pairs < capacity({"share": CROSSES}, "low").pairs
    )


def test_a_curve_that_is_never_green_bears_less_than_its_first_number() -> None:
    assert capacity({"share": _curve(0.02, 0.3, 0.9)}, "value").pairs == pytest.approx(10)


def test_the_first_of_several_attacks_to_pass_its_limit_decides() -> None:
    surest = [KnownPoint(100, 0.2, 0.1, 0.3, 0.10)]
    found = capacity({"share": GREEN, "surest": surest}, "value")
    assert (found.pairs, found.why, found.curve) == (pytest.approx(50), "limit", "surest")
    with pytest.raises(ValueError, match="no attack"):
        capacity({}, "value")


def test_what_one_attack_was_measured_of_farther_says_nothing_of_another() -> None:
    still = [KnownPoint(100, 0.02, 0.01, 0.03, 0.10)]  # green as far as it was measured
    found = capacity({"share": GREEN, "surest": still}, "high")
    assert (found.pairs, found.why, found.curve) == (100, "measured", "surest")


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_capacity_agrees_with_looking_at_every_pair(values: list[float]) -> None:
    curve = _curve(*sorted(values))
    found = capacity({"share": curve}, "value").pairs

    def over(pairs: int) -> bool:
        known = [(0, 0.0, 0.01), *((one.pairs, one.value, one.green) for one in curve)]
        (a, low, green), (b, high, limit) = next(pair for pair in pairwise(known) if pairs <= pair[1][0])
        part = (pairs - a) / (b - a)
        return low + part * (high - low) > green + part * (limit - green)

    first = next((pairs for pairs in range(1, 501) if over(pairs)), None)
    assert found == 500 if first is None else math.floor(found) in {first - 1, first}


def test_the_rate_is_of_the_months_counted_or_else_of_the_estimate() -> None:
    assert appeal_rate({}, None) is None
    counted = appeal_rate({"2026-01": 3, "2026-06": 9}, None)
    assert counted is not None
    low, high = poisson_interval(12)
    assert (counted.value, counted.low, counted.high) == pytest.approx((2.0, low / 6, high / 6))
    assert counted.basis == "recorded"
    few = appeal_rate({"2026-05": 3, "2026-06": 9}, 24)
    assert few is not None
    assert (few.value, few.basis) == (2.0, "estimated")
    none = appeal_rate({"2026-01": 0, "2026-04": 0}, None)
    assert none is not None
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high > 0


def test_the_month_is_where_the_pairs_known_and_to_come_fill_what_is_left() -> None:
    months = {f"2026-{number:02d}": 10 for number in range(1, 11)}
    said = advise({"share": CROSSES}, months, None, opened="2026-04", now="2026-10")
    assert said is not None
    assert said.pairs == 70
    left = capacity({"share": CROSSES}, "high").pairs - 70
    assert said.margin == pytest.approx(left)
    assert said.by == month_of(2026 * 12 + 9 + int(left // 10))
    assert said.earliest is not None
    assert said.latest is not None
    assert said.earliest <= said.by <= said.latest


def test_months_of_the_epoch_without_a_count_count_as_many_as_usual() -> None:
    months = {"2026-01": 10, "2026-02": 10, "2026-03": 10}
    said = advise({"share": GREEN}, months, None, opened="2026-01", now="2026-06")
    assert said is not None
    assert said.pairs == 60
    before = advise({"share": GREEN}, months, None, opened="2026-04", now="2026-06")
    assert before is not None
    assert before.pairs == 30


def test_what_is_full_is_to_be_rotated_now_and_nothing_never() -> None:
    now = advise(
        {"share": GREEN},
        {"2026-01": 400, "2026-02": 200, "2026-03": 0},
        None,
        opened="2026-01",
        now="2026-03",
    )
    assert now is not None
    assert (now.by, now.margin) == ("2026-03", 0.0)
    never = advise({"share": GREEN}, {"2026-01": 0, "2026-03": 0}, None, opened="2026-01", now="2026-03")
    assert never is not None
    assert (never.by, never.latest) == (None, None)
    assert advise({"share": GREEN}, {}, None, opened="2026-01", now="2026-03") is None
