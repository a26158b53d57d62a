"""What may be true and seldom is, is warned of and sent: placeholder dates of birth, improbable durations."""

import datetime as dt
from pathlib import Path

import pytest

from cli.sources.doubts import birthday
from tests.support.agency_desk import child, episode, spell
from tests.support.extracts import balanced, read

PROBLEMS = {
    "first of January": "the first of January, which often stands for a day that is not known",
    "15th": "the 15th of a month, for an unaccompanied child: it may stand for an unknown day",
    "first": "the first of a month, for an unaccompanied child: it may stand for an unknown day",
}


@pytest.mark.parametrize(
    ("born", "uasc", "stated", "said"),
    [
        ("01/01/2010", "N", "", "first of January"),
        ("01/01/2010", "Y", "", "first of January"),
        ("01/01/2010", "Y", "Y", ""),
        ("15/06/2010", "N", "", ""),
        ("15/06/2010", "Y", "", "15th"),
        ("01/06/2010", "Y", "", "first"),
        ("16/06/2010", "Y", "", ""),
    ],
)
def test_dates_of_birth_that_may_stand_for_an_unknown_day(
    tmp_path: Path, born: str, uasc: str, stated: str, said: str
) -> None:
    row = child(1, date_of_birth=born, uasc=uasc, date_of_birth_estimated=stated)
    extract = read(tmp_path, children=[row], care_spells=[spell(1)], episodes=[episode(1)])
    assert [one.problem for one in extract.log.faults] == ([PROBLEMS[said]] if said else [])
    assert len(extract.children) == 1


@pytest.mark.parametrize(("on_the_15th", "warned"), [(7, True), (6, False)])
def test_a_day_that_too_many_share_is_said_once(tmp_path: Path, on_the_15th: int, warned: bool) -> None:
    days = [15] * on_the_15th + [2 + number % 12 for number in range(41 - on_the_15th)]
    rows = [child(number, date_of_birth=f"2010-06-{day:02}") for number, day in enumerate(days, 1)]
    extract = read(tmp_path, children=rows, care_spells=[spell(1)], episodes=[episode(1)])
    assert [one.row for one in extract.log.faults] == ([2] if warned else [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "05/06/2025 18:00", "end": "05/06/2025 18:00"}, "it lasted no time at all"),
        ({"start": "05/06/2025", "end": "05/06/2025"}, ""),
        ({"start": "05/06/2025", "end": "06/06/2026"}, "it lasted for more than a year"),
        ({"start": "05/06/2025", "end": "05/06/2026"}, ""),
        ({"start": "05/06/2025", "end": ""}, "open for more than a year"),
        ({"start": "05/02/2026", "end": ""}, ""),
    ],
)
def test_durations_that_nobody_means(tmp_path: Path, change: dict[str, str], said: str) -> None:
    extract = read(tmp_path, children=[child(1)], care_spells=[spell(1)], episodes=[episode(1, **change)])
    assert [one.problem for one in extract.log.warnings()] == ([said] if said else [])
    assert len(extract.episodes) == 1
    assert balanced(extract)


def test_an_episode_ends_at_the_eighteenth_birthday_at_the_latest(tmp_path: Path) -> None:
    rows = {
        "children": [child(1, date_of_birth="05/06/2008")],
        "care_spells": [spell(1)],
        "episodes": [episode(1, start="01/05/2026", end="")],
    }
    assert [one.problem for one in read(tmp_path, during=None, **rows).log.faults] == [
        "still open, though the child is 18 by now"
    ]
    assert birthday(dt.date(2008, 2, 29), 18) == dt.date(2026, 3, 1)
    assert birthday(dt.date(2008, 2, 29), 8) == dt.date(2016, 2, 29)


@pytest.mark.parametrize("name", ["Unknown", "Baby", "Test", "TBC", "n/k", "Unborn Child"])
def test_names_that_are_none_are_warned_of(tmp_path: Path, name: str) -> None:
    rows = [child(1, forename=name)]
    extract = read(tmp_path, children=rows, care_spells=[spell(1)], episodes=[episode(1)])
    assert any(one.column == "forename" for one in extract.log.warnings())
    assert not extract.log.errors()
