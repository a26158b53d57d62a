"""A date that may be two days is never guessed: the column shows its order, or the row or file is refused."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources.date_orders import may_be_either, weigh
from cli.sources.mapping import choose_mapping
from linkage.errors import InputError
from tests.support.agency_desk import child, episode, spell
from tests.support.extracts import balanced, read

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31))


def _council(folder: Path, starts: list[str], mapping: str = "council-csv", **changes: str) -> object:
    numbers = range(1, len(starts) + 1)
    return read(
        folder,
        mapping,
        children=[child(number, **changes) for number in numbers],
        care_spells=[spell(number) for number in numbers],
        episodes=[episode(number, start=start, end="") for number, start in enumerate(starts, 1)],
    )


@given(st.lists(DAYS, min_size=1, max_size=30))
def test_a_column_in_one_order_is_known_or_says_nothing_and_never_conflicts(days: list[dt.date]) -> None:
    for order, layout in (("dmy", "%d/%m/%Y"), ("mdy", "%m-%d-%y 10:30")):
        evidence = weigh((row, day.strftime(layout)) for row, day in enumerate(days, 2))
        shown = any(day.day > 12 for day in days)
        assert not evidence.conflicts
        assert evidence.order == (order if shown else None)
        assert evidence.either == sum(day.day <= 12 and day.day != day.month for day in days)


@pytest.mark.parametrize("text", ["2025-06-05", "5 June 2025", "45000", "05/05/2025", "", "32/01/2025", "x"])
def test_what_cannot_be_misread_is_no_evidence(text: str) -> None:
    assert not may_be_either(text)
    assert weigh([(1, text)]).order is None


def test_a_column_in_the_other_order_is_refused_with_row_and_cure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"episodes\.csv, start: .* \(row 3 shows it\)") as refused:
        _council(tmp_path, ["05/06/2025", "05/13/2025"])
    assert 'date_order = "mdy"' in refused.value.hint
    with pytest.raises(InputError, match=r"children\.csv, date_of_birth"):
        _council(tmp_path, ["05/06/2025", "13/05/2025"], date_of_birth="05/13/2010")


def test_the_cure_works_for_one_column_or_for_all(tmp_path: Path) -> None:
    text = choose_mapping("council-csv")
    one = text.replace('start = "start"\nend = "end"\nmissing_from', 'start = '
        '{ column = "start", date_order = "mdy" }\nend = "end"\nmissing_from')  # fmt: skip
    extract = _council(tmp_path, ["05/06/2025", "05/13/2025"], one)
    assert [str(row.record.start) for row in extract.episodes] == ["2025-05-06", "2025-05-13"]
    every = text.replace('date_order = "dmy"', 'date_order = "mdy"')
    extract = read(
        tmp_path / "all",
        every,
        children=[child(1, date_of_birth="05/13/2010")],
        care_spells=[spell(1, start="02/13/2024")],
        episodes=[episode(1, start="05/06/2025", end="05/13/2025")],
    )
    assert str(extract.episodes[0].record.start) == "2025-05-06"
    assert extract.care_spells[0].reference == "CH0000001 / 2024-02-13"


def test_in_a_column_of_both_orders_only_dates_of_two_readings_and_wrong_ones_are_lost(
    tmp_path: Path,
) -> None:
    starts = ["13/05/2025", "05/14/2025", "05/06/2025", "06/06/2025", "2025-06-05"]
    extract = _council(tmp_path, starts)
    assert [one.reference for one in extract.episodes] == ["EP0000001", "EP0000004", "EP0000005"]
    faults = {one.row: one for one in extract.log.errors()}
    assert set(faults) == {3, 4}
    assert all(one.column == "start" and one.rule == "1004" for one in faults.values())
    assert "both orders" in faults[4].problem
    assert "99/99/9999" in {one.found for one in faults.values()}
    assert balanced(extract)


def test_one_slip_among_many_dates_does_not_put_the_others_in_doubt(tmp_path: Path) -> None:
    starts = ["05/06/2025", *["13/06/2025"] * 60, "06/13/2025"]
    extract = _council(tmp_path, starts)
    assert [one.row for one in extract.log.errors()] == [len(starts) + 1]
    assert len(extract.episodes) == len(starts) - 1


def test_dates_of_birth_of_two_readings_in_a_mixed_column_are_refused(tmp_path: Path) -> None:
    births = ["13/05/2010", "05/14/2010", "05/06/2010"]
    rows = [child(number, date_of_birth=born) for number, born in enumerate(births, 1)]
    extract = read(tmp_path, children=rows, care_spells=[spell(1)], episodes=[episode(1)])
    assert [one.row for one in extract.log.errors()] == [4]
    assert len(extract.children) == 2
