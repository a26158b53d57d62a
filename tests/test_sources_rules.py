"""Every rule flags the rows that break it, under its number, and no others."""

from pathlib import Path

import pytest

from cli.sources.extract import Extract
from cli.sources.rules import RULES
from cli.sources.shield_list import ShieldList
from cli.sources.value_uses import value_lines
from linkage.errors import InputError
from tests.support.agency_desk import child, episode, interview, spell, write_table
from tests.support.extracts import YEAR, balanced, period, read


def _flagged(extract: Extract, rule: str) -> list[tuple[str, int, str]]:
    return [(fault.table, fault.row, fault.severity) for fault in extract.log.faults if fault.rule == rule]


BREAKS = {
    "564": ({"start": "", "end": ""}, {}, "error"),
    "565": ({"type": ""}, {}, "error"),
    "567": ({"end": "04/06/2025"}, {}, "error"),
    "570": ({"start": "05/06/2062", "end": ""}, {}, "error"),
    "571": ({"end": "05/06/2062"}, {}, "error"),
    "575": ({"end": ""}, {"end": "01/09/2025"}, "warning"),
    "577": ({"end": ""}, {"end": "01/09/2025"}, "warning"),
    "578": ({}, {"start": "01/02/2025", "end": "01/05/2025"}, "warning"),
    "581": ({}, {"start": "01/07/2025"}, "warning"),
    "586": ({"start": "05/06/2001", "end": ""}, {}, "error"),
    "1004": ({"start": "31/02/2025"}, {}, "error"),
    "1005": ({"end": "soon"}, {}, "error"),
}


@pytest.mark.parametrize("rule", sorted(BREAKS, key=int))
def test_a_rule_flags_the_row_that_breaks_it_and_no_other(tmp_path: Path, rule: str) -> None:
    broken_episode, broken_spell, severity = BREAKS[rule]
    spells = [spell(1), spell(2, **broken_spell)]
    if rule == "575":  # moved on to another placement, and still looked after
        spells.append(spell(2, start="01/09/2025"))
    extract = read(
        tmp_path,
        children=[child(1), child(2)],
        care_spells=spells,
        episodes=[episode(1), episode(2, **broken_episode)],
        interviews=[interview(1)],
    )
    assert _flagged(extract, rule) == [("episodes", 3, severity)]
    assert [one.reference for one in extract.episodes] == ["EP0000001", "EP0000002"][
        : 1 + (severity == "warning")
    ]
    assert balanced(extract)
    assert {fault.rule for fault in extract.log.faults if fault.rule} == {rule}


@pytest.mark.parametrize("words", ["still missing", "Still Missing!", "ongoing", "OPEN", "not yet returned"])
def test_an_end_that_has_not_come_may_be_said_in_words(tmp_path: Path, words: str) -> None:
    tables = {"children": [child(1)], "care_spells": [spell(1)]}
    extract = read(tmp_path, episodes=[episode(1, end=words)], **tables)
    assert [one.record.end for one in extract.episodes] == [None]
    assert extract.log.errors() == []
    taken = [(one.field, one.code) for one in value_lines(extract.log.values) if one.field == "end"]
    assert taken == [("end", "open: no end")], "and what it was taken for is shown"


@pytest.mark.parametrize("words", ["missing", "see notes", "opened in error"])
def test_other_words_for_an_end_are_refused_with_what_to_do_for_a_child_still_missing(
    tmp_path: Path, words: str
) -> None:
    tables = {"children": [child(1)], "care_spells": [spell(1)]}
    (fault,) = read(tmp_path, episodes=[episode(1, end=words)], **tables).log.errors()
    assert (fault.rule, fault.problem) == ("1005", "not a date")
    assert fault.cure.startswith("leave it empty if it has not ended, as when the child is still missing")


def test_574_flags_the_later_of_two_that_overlap_or_of_which_the_earlier_is_open(tmp_path: Path) -> None:
    rows = [
        episode(1, start="01/05/2025", end="10/05/2025"),
        episode(2, child_id="CH0000001", start="09/05/2025", end="11/05/2025"),
        episode(3, child_id="CH0000001", start="11/05/2025", end=""),
        episode(4, child_id="CH0000001", start="01/06/2025", end="02/06/2025"),
        episode(5, child_id="CH0000002", start="01/05/2025", end="02/05/2025"),
    ]
    extract = read(tmp_path, children=[child(1), child(2)], care_spells=[spell(1), spell(2)], episodes=rows)
    assert _flagged(extract, "574") == [("episodes", 3, "warning"), ("episodes", 5, "warning")]
    assert len(extract.episodes) == 5


def test_576_flags_what_was_open_last_year_and_is_nowhere_this_year(tmp_path: Path) -> None:
    last_year = [
        episode(1, start="01/03/2025", end=""),
        episode(2, start="01/03/2025", end=""),  # closed this year
        episode(3, start="01/03/2025", end="02/03/2025"),
        episode(4, start="01/03/2025", end=""),  # this year's row is in quarantine, but there
        episode(5, start="01/03/2025", end=""),  # shielded
        episode(6, child_id="CH0000009", start="01/03/2025", end=""),  # the child is gone
    ]
    this_year = [
        episode(12, child_id="CH0000002", start="2025-03-01 10:00", end="2025-06-01"),
        episode(14, child_id="CH0000004", start="01/03/2025", end="nonsense"),
    ]
    numbers = range(1, 6)
    write_table(tmp_path / "last.csv", last_year)
    extract = read(
        tmp_path / "this",
        shield=ShieldList("list", {"CH0000005": 1}),
        last_year=tmp_path / "last.csv",
        children=[child(number) for number in numbers],
        care_spells=[spell(number) for number in numbers],
        episodes=this_year,
    )
    assert _flagged(extract, "576") == [("episodes", 2, "warning"), ("episodes", 7, "warning")]
    assert {fault.file for fault in extract.log.faults if fault.rule == "576"} == {"last year's last.csv"}
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "this", last_year=tmp_path)


def test_578_also_flags_an_episode_between_two_times_in_care(tmp_path: Path) -> None:
    spells = [spell(1, start="01/02/2025", end="01/05/2025"), spell(1, start="01/09/2025")]
    extract = read(tmp_path, children=[child(1)], care_spells=spells, episodes=[episode(1)])
    assert _flagged(extract, "578") == [("episodes", 2, "warning")]


def test_586_also_flags_a_date_of_birth_in_the_future(tmp_path: Path) -> None:
    children = [child(1), child(2, date_of_birth="01/02/2031")]
    extract = read(tmp_path, children=children, care_spells=[spell(1)], episodes=[episode(1)])
    assert _flagged(extract, "586") == [("children", 3, "error")]


def test_570_and_571_put_episodes_outside_the_period_aside(tmp_path: Path) -> None:
    rows = [
        episode(1, start="31/03/2026", end="02/04/2026"),
        episode(2, start="01/04/2026", end=""),
        episode(3, start="20/03/2025", end="31/03/2025"),
        episode(4, start="20/03/2025", end="01/04/2025"),
        episode(5, start="20/03/2024", end=""),
    ]
    numbers = range(1, 6)
    extract = read(
        tmp_path,
        during=YEAR,
        children=[child(number) for number in numbers],
        care_spells=[spell(number) for number in numbers],
        episodes=rows,
        interviews=[interview(2), interview(4)],
    )
    assert [one.reference for one in extract.episodes] == ["EP0000001", "EP0000004", "EP0000005"]
    assert str(extract.episodes[0].record.end) == "2026-04-02"
    assert extract.log.tallies["episodes"].outside == 2
    assert extract.log.tallies["interviews"].outside == 1
    assert extract.log.outside == {"570": [3], "571": [4]}
    assert not [fault for fault in extract.log.faults if fault.rule]
    assert balanced(extract)


def test_a_snapshot_holds_no_child_whose_care_lies_wholly_outside_it(tmp_path: Path) -> None:
    spells = [
        spell(1, start="01/01/2019", end="01/01/2020"),
        spell(2, start="01/01/2019", end="01/04/2025"),
        spell(3, start="01/01/2019", end="01/01/2020"),
    ]
    children = [child(1), child(2), child(3), child(4)]
    extract = read(tmp_path, children=children, care_spells=spells, episodes=[episode(3)])
    # The third has an episode; of the fourth the extract says nothing that would rule the child out.
    assert [one.reference for one in extract.children] == ["CH0000002", "CH0000003", "CH0000004"]
    assert extract.log.tallies["children"].outside == 1
    assert extract.log.tallies["care_spells"].outside == 2
    assert _flagged(extract, "578") == [("episodes", 2, "warning")]
    whole = read(tmp_path, during=None)
    assert len(whole.children) == 4
    assert len(whole.care_spells) == 3


def test_a_period_of_another_year_takes_other_rows(tmp_path: Path) -> None:
    extract = read(
        tmp_path, during=period("2024-04-01", "2025-03-31"), children=[child(1)], care_spells=[spell(1)],
        episodes=[episode(1), episode(2, child_id="CH0000001", start="05/06/2024", end="06/06/2024")],
    )  # fmt: skip
    assert [one.reference for one in extract.episodes] == ["EP0000002"]
    assert {one.month for one in extract.coverage} >= {"2024-04", "2025-03"}
    assert len(extract.coverage) == 12


def test_every_rule_number_that_faults_carry_is_explained(tmp_path: Path) -> None:
    assert set(BREAKS) | {"574", "576"} == set(RULES)


def test_a_time_just_after_a_summer_midnight_does_not_end_before_its_day(tmp_path: Path) -> None:
    rows = [
        episode(1, start="05/06/2025", end="05/06/2025 00:30"),
        episode(2, start="05/06/2025 23:30", end="05/06/2025"),
    ]
    extract = read(tmp_path, children=[child(1), child(2)], care_spells=[spell(1), spell(2)], episodes=rows)
    assert [str(one.record.end) for one in extract.episodes] == ["2025-06-05", "2025-06-05"]
    assert not extract.log.faults
