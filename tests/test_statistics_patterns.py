"""Hotspots and breaks are found where they are, seldom where they are not, and only in released figures."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from linkage.register.areas import AreaDirectory
from linkage.register.coverage import CoverageCalendar
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.snapshots import AgencyRecords
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.intervals import (
    chi_square_tenth,
    negative_binomial_tail,
    pettitt_chance,
    poisson_interval,
    poisson_tail,
)
from linkage.register.statistics.patterns import find_breaks, find_hotspots, pettitt
from linkage.register.statistics.periods import Period, read_period
from linkage.register.statistics.trees import areas, times
from linkage.wire.records import Coverage, Payload
from tests.support.statistics_worlds import DIRECTORY

THREE_YEARS = read_period("2023-04-01..2026-03-31")


@given(st.integers(0, 400), st.floats(0.01, 400))
def test_poisson_tails_are_scipys(count: int, mean: float) -> None:
    assert poisson_tail(count, mean) == pytest.approx(stats.poisson.sf(count - 1, mean), rel=1e-6, abs=1e-12)


@given(st.integers(0, 300), st.floats(0.1, 200), st.floats(1.01, 8))
def test_negative_binomial_tails_are_scipys(count: int, mean: float, over: float) -> None:
    expected = stats.nbinom.sf(count - 1, mean / (over - 1), 1 / over)
    found = negative_binomial_tail(count, mean, mean * over)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-11)


@given(st.integers(0, 500), st.sampled_from([0.9, 0.95, 0.999]))
def test_intervals_are_garwoods(count: int, confidence: float) -> None:
    tail = (1 - confidence) / 2
    low = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(1 - tail, 2 * count + 2) / 2
    assert poisson_interval(count, confidence) == pytest.approx((low, high), rel=1e-6)


def test_chi_squares_tenth_is_scipys() -> None:
    for freedom in (6, 7, 10, 34, 200):
        assert chi_square_tenth(freedom) == pytest.approx(stats.chi2.ppf(0.1, freedom), rel=0.01)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=20))
def test_pettitts_statistic_is_its_definition(counts: list[int]) -> None:
    def sign(number: int) -> int:
        return (number > 0) - (number < 0)

    slow = {
        split: abs(sum(sign(a - b) for a in counts[:split] for b in counts[split:]))
        for split in range(1, len(counts))
    }
    place, largest = pettitt(counts)
    assert largest == max(slow.values()) == slow[place]


def test_pettitts_approximation_is_cautious() -> None:
    draws = random.Random(4)
    held = 0
    for _ in range(400):
        _, largest = pettitt(draws.sample(range(1000), 24))
        held += pettitt_chance(largest, 24) <= 0.05
    assert held / 400 < 0.06


def _coverage(period: Period, without: tuple[tuple[str, str], ...] = ()) -> AreaMonths:
    records = {}
    for code, role, own in (
        ("E01", "council", ["E01"]),
        ("E02", "council", ["E02"]),
        ("E04", "council", ["E04"]),
        ("P01", "police", ["E01", "E02", "E04"]),
    ):
        rows = tuple(
            Coverage(area=area, month=month)
            for area in own
            for month in period.months
            if (code, month) not in without
        )
        payload = Payload(agency=code, coverage=rows)
        records[code] = AgencyRecords(code, role, payload)  # type: ignore[arg-type]
    return AreaMonths(CoverageCalendar(records), DIRECTORY, period)


def _table(series: dict[str, Sequence[int]], period: Period = THREE_YEARS) -> ReleasedTable:
    """Councils' months, rounded to 10, and 1 to 5 hidden."""
    area, time = (
        areas("area", "Council", DIRECTORY, series, "council").dimension,
        times(period, months=True).dimension,
    )
    cells = {}
    for one in area.codes:
        for when in time.codes:
            months = [n for n, month in enumerate(period.months) if _under(time, month, when)]
            total = sum(series.get(code, [0] * 99)[n] for code in _below(area, one) for n in months)
            hidden = 0 < total <= 5
            near = 10 * ((total + 5) // 10)
            cells[when, one] = ReleasedCell("c", None) if hidden else ReleasedCell(str(near), near)
    return ReleasedTable(
        number="T13b", title="by month", measure="incidents", dimensions=(time, area), cells=cells
    )


def _under(time, month: str, code: str) -> bool:
    while month != code and month in time.parents:
        month = time.parents[month]
    return month == code


def _below(area, code: str) -> list[str]:
    return [code, *(one for part in area.parts(code) for one in _below(area, part))]


def _plain(seed: int, mean: int = 60) -> dict[str, list[int]]:
    draws = random.Random(seed)
    return {code: [draws.randint(mean - 12, mean + 12) for _ in range(36)] for code in ("E01", "E02", "E04")}


def test_a_hotspot_is_found_with_its_interval() -> None:
    series = _plain(1)
    series["E02"][20] = 190
    found = find_hotspots(_table(series), _coverage(THREE_YEARS), rounding=10)
    spots = {(one.area, one.time) for one in found}
    assert ("E02", THREE_YEARS.months[20]) in spots
    assert all(one.area in {"E02", "R02", "C01"} for one in found)
    (month,) = [one for one in found if (one.area, one.time) == ("E02", THREE_YEARS.months[20])]
    assert (month.count, 50 < month.expected < 70) == (190, True)
    assert month.low < 185 < 195 < month.high
    assert month.chance <= 0.05


@pytest.mark.parametrize("draw", [stats.poisson(60), stats.nbinom(20, 0.25)], ids=["chance", "spread"])
def test_without_a_hotspot_tables_seldom_show_one(draw) -> None:
    shown = 0
    for seed in range(10):
        drawn = draw.rvs(size=(3, 36), random_state=seed)
        series = {code: list(map(int, row)) for code, row in zip(("E01", "E02", "E04"), drawn, strict=True)}
        shown += bool(find_hotspots(_table(series), _coverage(THREE_YEARS), rounding=10))
    assert shown <= 1


def test_months_that_were_not_submitted_whole_are_compared_with_nothing() -> None:
    series = _plain(1)
    series["E02"][20] = 190
    gap = (("E02", THREE_YEARS.months[20]),)
    assert find_hotspots(_table(series), _coverage(THREE_YEARS, gap), rounding=10) == []


def test_a_break_is_found_and_dated() -> None:
    series = _plain(2)
    series["E01"] = [one + (45 if n >= 22 else 0) for n, one in enumerate(series["E01"])]
    found = {one.area: one for one in find_breaks(_table(series), _coverage(THREE_YEARS))}
    assert "E01" in found
    assert "E02" not in found
    assert found["E01"].time == THREE_YEARS.months[22]
    assert found["E01"].after - found["E01"].before > 35


def test_a_year_that_is_too_short_or_hidden_shows_no_break() -> None:
    year = read_period("2025-04-01..2026-02-28")
    rising = {"E01": list(range(10, 240, 20))[: len(year.months)]}
    assert find_breaks(_table(rising, year), _coverage(year)) == []
    hidden = {"E01": [3] * 36}
    found = find_breaks(_table(hidden), _coverage(THREE_YEARS))
    assert [one for one in found if one.area == "E01"] == []


def test_an_empty_directory_has_no_patterns() -> None:
    empty = AreaDirectory()
    coverage = AreaMonths(CoverageCalendar({}), empty, THREE_YEARS)
    area = areas("area", "Council", empty, (), "council").dimension
    time = times(THREE_YEARS, months=True).dimension
    cells = {(when, one): ReleasedCell("0", 0) for one in area.codes for when in time.codes}
    table = ReleasedTable(number="T13b", title="t", measure="incidents", dimensions=(time, area), cells=cells)
    assert (find_hotspots(table, coverage, rounding=10), find_breaks(table, coverage)) == ([], [])
