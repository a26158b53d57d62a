"""The report joins random handles with the agency's own references, in plain words and in plain cells."""

import csv
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from cli.agency.cells import guarded
from cli.agency.class_words import class_words
from cli.agency.client import Unit
from cli.agency.crosswalk import Crosswalk, Reference
from cli.agency.data_quality import last_quality
from cli.agency.pulling import pull_report
from cli.agency.report_sheets import sheets_of
from cli.agency.reporting import Report, join_results
from cli.agency.spreadsheet import csv_files, write_csv, write_report
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from keys.identity import Identity, load_identity
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.codes import Role
from linkage.wire.results import (
    Finding,
    MissingEpisode,
    OverdueInterview,
    QualityQuestion,
    ReconciliationClass,
    Results,
)
from tests.support.agency_desk import PHRASE, Desk, clew, joined_desk, make_epoch, make_unit_keys
from tests.support.custody import CHEAP

TODAY = dt.date(2026, 3, 2)
EVIL = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "0012345", "1E10")


def _handle(number: int) -> str:
    return f"{number:032x}"


def _references(*names: str) -> dict[str, Reference]:
    """Children have even handles, and the episode of each the odd one after it."""
    found = {}
    for number, name in enumerate(names):
        child, episode = _handle(2 * number), _handle(2 * number + 1)
        found[child] = Reference("child", f"{name}-child", child, None)
        found[episode] = Reference("episode", name, episode, child)
    return found


def _results(cycle: int, *classes: str, missing: tuple[MissingEpisode, ...] = ()) -> Results:
    findings = tuple(
        Finding(episode=_handle(2 * number + 1), reconciliation_class=name)
        for number, name in enumerate(classes)
        if name
    )
    return Results(agency="E09", cycle=cycle, findings=findings, missing=missing)


LACKED = MissingEpisode(
    child=_handle(0),
    reconciliation_class="POLICE_ONLY_CLA",
    month="2025-06",
    contact="P01",
    query="Q-0123456789",
)


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("name", get_args(ReconciliationClass))
def test_every_class_has_plain_words_for_either_side(role: Role, name: ReconciliationClass) -> None:
    words = class_words(name, role)
    assert words.meaning.endswith(".")
    assert words.action.endswith(".")
    assert 0 <= words.order <= 9


def test_open_closed_conflicts_come_first_and_what_agrees_last() -> None:
    references = _references("E1", "E2", "E3")
    report = join_results(
        _results(1, "MATCHED", "COUNCIL_ONLY_M", "OPEN_CLOSED_CONFLICT"), references, role="council"
    )
    assert [line.episode for line in report.episodes] == ["E3", "E2", "E1"]
    assert [line.child for line in report.episodes] == ["E3-child", "E2-child", "E1-child"]
    assert report.episodes[0].action.startswith("Today")


def test_changes_since_the_last_report_are_named() -> None:
    references = _references("E1", "E2", "E3")
    before = _results(1, "MATCHED", "COUNCIL_ONLY_M")
    now = _results(2, "MATCHED", "MATCHED", "COUNCIL_ONLY_A")
    report = join_results(now, references, role="council", previous=before)
    assert {line.episode: line.change for line in report.episodes} == {
        "E1": "",
        "E2": "was COUNCIL_ONLY_M",
        "E3": "new",
    }
    assert (report.previous_cycle, report.changed) == (1, 2)
    assert join_results(now, references, role="council").changed == 0


def test_handles_that_the_crosswalk_lacks_are_counted() -> None:
    report = join_results(
        _results(1, "MATCHED", "MATCHED", missing=(LACKED,)), _references("E1"), role="council"
    )
    assert (len(report.episodes), len(report.missing), report.unknown) == (1, 1, 1)
    assert (report.missing[0].child, report.missing[0].query) == ("E1-child", "Q-0123456789")


OTHER_LACKED = MissingEpisode(
    child=_handle(2),
    reconciliation_class="OUT_OF_AREA_UNSEEN",
    month="2025-07",
    contact="P01",
    query="Q-00000000CC",
)


def _report(*names: str) -> Report:
    results = _results(3, *["OPEN_CLOSED_CONFLICT"] * len(names), missing=(LACKED,) if names else ())
    return join_results(results, _references(*names), role="council")


def _cells(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


TITLES = [
    "Episodes",
    "Missing from your records",
    "Return interviews overdue",
    "Changes",
    "Questions",
    "Your data",
]
SUFFIXES = ["", "-missing", "-interviews", "-changes", "-questions", "-data"]


def _full_report() -> Report:
    before = _results(2, "COUNCIL_ONLY_M", "MATCHED", "MATCHED", missing=(LACKED,))
    now = Results(
        agency="E09",
        cycle=3,
        findings=(
            Finding(episode=_handle(1), reconciliation_class="MATCHED"),
            Finding(
                episode=_handle(3), reconciliation_class="MATCHED_START_CONFLICT", differs=("start", "type")
            ),
            Finding(episode=_handle(7), reconciliation_class="OPEN_CLOSED_CONFLICT", differs=("open",)),
        ),
        missing=(OTHER_LACKED,),
        overdue=(OverdueInterview(episode=_handle(1)), OverdueInterview(query=OTHER_LACKED.query)),
        questions=(
            QualityQuestion(kind="date-of-birth", children=(_handle(0),), query="Q-00000000AA"),
            QualityQuestion(kind="same-child", children=(_handle(0), _handle(2)), query="Q-00000000BB"),
        ),
    )
    report = join_results(now, _references("E1", "E2", "E3", "E4"), role="council", previous=before)
    details = {
        "tables": {"episodes": {"read": 9, "kept": 7, "quarantined": 2, "outside": 0}},
        "faults": [["error", "episodes", "MIS_END", "567", "ends before it starts", "correct one", 2]],
    }
    line = {"action": "encode", "period": "2025-04-01..2026-03-31", "at": "", "details": json.dumps(details)}
    return replace(report, quality=last_quality([line]))


def test_every_sheet_of_the_workbook_agrees_with_its_csv(tmp_path: Path) -> None:
    report = _full_report()
    written = write_report(tmp_path / "new" / "report.xlsx", report)
    assert [path.name for path in written[1:]] == [f"report{suffix}.csv" for suffix in SUFFIXES]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in written)
    book = openpyxl.load_workbook(written[0])
    assert book.sheetnames == ["Summary", *TITLES]
    for title, file in zip(TITLES, written[1:], strict=True):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = list(csv.reader(stream))
        assert rows, title
        shown = [[value or "" for value in row] for row in _cells(book[title])]
        assert len(shown[0]) == len(header)
        assert shown[-len(rows) :] == rows


def test_the_summary_answers_what_is_wrong_what_to_do_and_what_has_changed(tmp_path: Path) -> None:
    workbook, *_ = write_report(tmp_path / "report.xlsx", _full_report())
    rows = [row[:2] for row in _cells(openpyxl.load_workbook(workbook)["Summary"]) if row[0]]
    told = dict(rows)
    asked = ["Which of mine are wrong?", "What do I do?", "What has changed?"]
    assert [name for name, _ in rows if name in asked] == asked
    assert {name: told[name] for name in told if isinstance(told[name], int)} == {
        "Your episodes in this report": 3,
        "of these, with something to look at": 2,
        "Missing from your records": 1,
        "Return interviews overdue": 2,
        "To look at today": 1,
        "To look at soon": 2,
        "Questions about your own records": 2,
        "Was wrong and is now right": 2,
        "New": 2,
        "Changed otherwise": 1,
        "No longer in your snapshots": 1,
        "OPEN_CLOSED_CONFLICT": 1,
        "MATCHED_START_CONFLICT": 1,
        "MATCHED": 1,
    }


def test_changes_say_what_was_wrong_and_is_now_right_what_is_new_and_what_is_gone() -> None:
    changes = {(one.what, one.episode or one.query): (one.was, one.now) for one in _full_report().changes}
    lacked = "missing from your records: 2025-"
    assert changes == {
        ("now right", "E1"): ("COUNCIL_ONLY_M", "MATCHED"),
        ("changed", "E2"): ("MATCHED", "MATCHED_START_CONFLICT (start, type)"),
        ("no longer yours", "E3"): ("MATCHED", ""),
        ("new", "E4"): ("", "OPEN_CLOSED_CONFLICT (open)"),
        ("now right", LACKED.query): (f"{lacked}06", ""),
        ("new", OTHER_LACKED.query): ("", f"{lacked}07"),
    }


def test_an_overdue_interview_stands_under_the_agencys_own_references() -> None:
    lines = [(one.child, one.episode, one.query) for one in _full_report().overdue]
    assert lines == [("E1-child", "E1", ""), ("E2-child", "", OTHER_LACKED.query)]


def test_a_question_names_own_records_and_how_to_answer(tmp_path: Path) -> None:
    written = write_report(tmp_path / "report.xlsx", _full_report())
    with (tmp_path / "report-questions.csv").open(encoding="utf-8-sig", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert (first["child_reference"], first["other_reference"]) == ("E1-child", "")
    assert (second["child_reference"], second["other_reference"]) == ("E1-child", "E2-child")
    assert second["answer"] == "clew agency answer Q-00000000BB --as same-child or not-same-child"
    assert (tmp_path / "report-questions.csv") in written


def test_a_force_has_no_list_of_return_interviews(tmp_path: Path) -> None:
    report = replace(_report("E1"), role="police")
    assert [sheet.title for sheet in sheets_of(report)] == [one for one in TITLES if "interview" not in one]


def test_an_empty_report_is_a_workbook_too(tmp_path: Path) -> None:
    written = write_report(tmp_path / "report.xlsx", _report())
    assert openpyxl.load_workbook(written[0]).sheetnames[0] == "Summary"


@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_is_taken_for_a_formula_or_a_number(tmp_path: Path, evil: str) -> None:
    workbook, episodes, *_ = write_report(tmp_path / "report.xlsx", _report(evil))
    book = openpyxl.load_workbook(workbook)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells if cell.column > 2 or cell.parent.title != "Summary"} == {"s"}
    assert book["Episodes"]["A2"].value.strip() == evil.strip()
    with episodes.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["episode_reference"] == guarded(evil)
    assert not row["episode_reference"].startswith(("=", "+", "-", "@", "\t"))


@given(st.text(max_size=20))
def test_guarded_text_never_begins_like_a_formula_and_can_be_read_back(text: str) -> None:
    shown = guarded(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert shown.removeprefix("'") == text or shown == text


def test_csv_files_lie_beside_the_workbook() -> None:
    found = [path for path, _ in csv_files(Path("a/b.c.xlsx"), _report())]
    assert found == [Path(f"a/b.c{suffix}.csv") for suffix in SUFFIXES]


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file is a file and no folder") as refused:
        write_csv(tmp_path / "file" / "x.csv", ("a",), [])
    assert refused.value.hint


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    return joined_desk(tmp_path_factory.mktemp("report") / "desk", make_epoch(unit.card), unit.card)


@pytest.fixture
def identity(desk: Desk) -> Identity:
    return load_identity(desk.workspace / "identity.json", PHRASE, floor=CHEAP)


class Answering(Unit):
    """A unit that answers with given results."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def results(self) -> tuple[Results, bytes]:
        return self._results, canonical(self._results)


def test_results_are_kept_by_cycle_and_compared_with_the_one_before(desk: Desk, identity: Identity) -> None:
    workspace = Workspace(desk.workspace)
    with Store(workspace.database_file) as store:
        crosswalk = Crosswalk(store, identity)
        child = crosswalk.ticket("child", "C1", b"x").handle
        episode = crosswalk.ticket("episode", "E1", b"x", parent=child).handle
        with store.transaction():
            crosswalk.save()

    def results(cycle: int, name: ReconciliationClass) -> Results:
        finding = Finding(episode=episode, reconciliation_class=name)
        return Results(agency="E09", cycle=cycle, findings=(finding,))

    first = pull_report(workspace, identity, Answering(results(1, "COUNCIL_ONLY_M")), today=TODAY)
    again = pull_report(workspace, identity, Answering(results(1, "COUNCIL_ONLY_M")), today=TODAY)
    third = pull_report(workspace, identity, Answering(results(3, "MATCHED")), today=TODAY)
    assert (first.previous_cycle, again.previous_cycle, third.previous_cycle) == (None, None, 1)
    assert (third.episodes[0].change, third.episodes[0].child) == ("was COUNCIL_ONLY_M", "C1")
    assert sorted(path.name for path in (workspace.path / "results").iterdir()) == [
        "cycle-000001.json",
        "cycle-000003.json",
    ]
    with Store(workspace.database_file) as store:
        assert [one["action"] for one in store.journal()] == ["report"] * 3


def test_the_summary_says_whose_report_it_is_and_of_when(
    desk: Desk, identity: Identity, tmp_path: Path
) -> None:
    workspace = Workspace(desk.workspace)
    with Store(workspace.database_file) as store, store.transaction():
        for number, period in enumerate(("2024-04-01..2025-03-31", "2025-04-01..2026-03-31")):
            store.write_journal(JournalEntry("encode", period, number, f"{number:064x}"))
        store.write_journal(JournalEntry("submit", None, 1, f"{1:064x}"))
    report = pull_report(workspace, identity, Answering(Results(agency="E09", cycle=5)), today=TODAY)
    workbook, *_ = write_report(tmp_path / "report.xlsx", report)
    rows = [tuple(row[:2]) for row in _cells(openpyxl.load_workbook(workbook)["Summary"])]
    assert ("Agency", "Agency E09 (E09)") in rows
    assert ("Date of this report", "2026-03-02") in rows
    assert [value for name, value in rows if name == "Period submitted"] == ["2025-04-01 to 2026-03-31"]


def test_another_agencys_results_are_refused(desk: Desk, identity: Identity) -> None:
    results = Results(agency="E10", cycle=9)
    with pytest.raises(VerificationError, match="another agency's"):
        pull_report(Workspace(desk.workspace), identity, Answering(results), today=TODAY)
    assert not (desk.workspace / "results" / "cycle-000009.json").exists()


def test_a_report_must_be_named_as_a_workbook(desk: Desk) -> None:
    outcome = desk.run("report", "--url", "https://unit.example", "--output", desk.path / "report.csv")
    assert outcome.code == 1
    assert "report.csv: not the name of a workbook" in outcome.err


def test_commands_that_need_a_workspace_say_so(tmp_path: Path) -> None:
    outcome = clew(
        "agency", "status", "--url", "https://unit.example", "--workspace", tmp_path, "--passphrase-file", "x"
    )
    assert outcome.code == 1
    assert "there is no workspace here" in outcome.err
