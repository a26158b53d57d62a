"""Children on the shield list are left out before anything is encoded, counted, and shown nowhere."""

import json
import sqlite3
from pathlib import Path

import pytest
import xlsxwriter

from cli.sources.columns import SPOILT
from cli.sources.shield_list import ShieldList, read_shield_list
from linkage.errors import InputError
from tests.support.agency_desk import (
    Desk,
    child,
    episode,
    interview,
    joined_desk,
    make_epoch,
    make_unit_keys,
    report,
    spell,
    write_council,
)
from tests.support.extracts import balanced, read


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    unit = make_unit_keys()
    return joined_desk(tmp_path / "desk", make_epoch(unit.card), unit.card)


def _list(folder: Path, *references: str) -> Path:
    path = folder / "shield.txt"
    path.write_text("\n".join(references) + "\n")
    return path


def test_a_shielded_child_is_left_out_with_all_its_rows_and_every_row_is_counted(tmp_path: Path) -> None:
    numbers = range(1, 5)
    shield = ShieldList("list", {"CH0000002": 1, "CH0000009": 2})
    extract = read(
        tmp_path,
        shield=shield,
        children=[child(number) for number in numbers] + [child(5, date_of_birth="nonsense", child_id="")],
        care_spells=[spell(number) for number in numbers],
        episodes=[episode(number) for number in numbers] + [episode(6, child_id="CH0000002", start="x")],
        interviews=[interview(number) for number in numbers],
    )
    assert [one.reference for one in extract.children] == ["CH0000001", "CH0000003", "CH0000004"]
    held = {one.child for one in (*extract.care_spells, *extract.episodes)}
    assert held == {"CH0000001", "CH0000003", "CH0000004"}
    assert len(extract.interviews) == 3
    shielded = {name: tally.shielded for name, tally in extract.log.tallies.items()}
    assert shielded == {"children": 1, "care_spells": 1, "episodes": 2, "interviews": 1}
    assert balanced(extract)
    assert extract.shield_rows_unknown == (2,)
    # Nothing of the child is judged, so that nothing of it stands in a fix list.
    assert all(fault.reference != "CH0000002" for fault in extract.log.faults)


def test_children_out_of_a_table_of_reports_are_shielded_too(tmp_path: Path) -> None:
    rows = [report(1), report(2, child_ref="NM0000001"), report(3)]
    shield = ShieldList("list", {"NM0000001": 1})
    extract = read(tmp_path, "police-csv", role="police", areas=("E09",), shield=shield, episodes=rows)
    assert [one.reference for one in extract.episodes] == ["RP0000003"]
    assert extract.log.tallies["episodes"].shielded == 2
    assert balanced(extract)


@pytest.mark.parametrize("written", ["ch0000002", "00CH0000002", "CH0000002.0"])
def test_a_reference_that_almost_names_a_child_is_refused(tmp_path: Path, written: str) -> None:
    rows = {"children": [child(1), child(2)], "care_spells": [spell(1)], "episodes": [episode(1)]}
    with pytest.raises(InputError, match="list: row 7: almost the reference of a child") as refused:
        read(tmp_path, shield=ShieldList("list", {written: 7}), **rows)
    assert written not in str(refused.value)


def _workbook(path: Path, *rows: tuple[str, ...]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


@pytest.mark.parametrize(
    "content",
    [b"A1\nB2\n", b"\xef\xbb\xbfchild_id\r\nA1\r\n\r\nB2\r\nA1\r\n", b"name,Person ID,why\nx,A1,\ny,B2,z\n"],
)
def test_a_list_is_text_or_a_table_with_a_column_of_references(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "shield.csv"
    file.write_bytes(content)
    assert set(read_shield_list(file, "Person ID").references) == {"A1", "B2"}


def test_a_list_may_be_a_workbook(tmp_path: Path) -> None:
    file = _workbook(tmp_path / "shield.xlsx", ("Shielded", ""), ("Reference", "Since"), ("A1", "x"))
    assert read_shield_list(file, "id").references == {"A1": 3}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no reference in it"),
        (b"a,b\nA1,x\n", "row 1: more than one cell"),
        (b"A1\n1.2E+10\n", f"row 2: {SPOILT[0]}"),
    ],
)
def test_a_list_that_cannot_be_trusted_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "shield.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_shield_list(file, "id")
    assert said in str(refused.value)
    assert "A1" not in str(refused.value)


def test_the_commands_leave_shielded_children_out_and_ask_for_the_list_again(
    desk: Desk, tmp_path: Path
) -> None:
    source = write_council(tmp_path / "source", 25)
    shield = _list(tmp_path, "CH0000002", "CH0000777")
    first = desk.encode(source, "council-csv", "--shield-list", shield)
    assert first.code == 0, first.err
    assert "24 children" in first.out
    assert "(row 2 of the list)" in first.err
    assert "CH0000" not in first.out + first.err
    again = desk.encode(source, "council-csv")
    assert again.code == 1
    assert "--no-shield-list" in again.err
    dummies = desk.run("dummies", "on", source)
    assert dummies.code == 1
    assert "a shield list" in dummies.err
    both = desk.encode(source, "council-csv", "--shield-list", shield, "--no-shield-list")
    assert "one of them at a time" in both.err
    assert desk.encode(source, "council-csv", "--no-shield-list").code == 0
    assert desk.encode(source, "council-csv").code == 0


def test_nothing_of_a_shielded_child_is_in_bundle_workspace_or_fix_list(desk: Desk, tmp_path: Path) -> None:
    source = write_council(tmp_path / "source", 3)
    shield, fixes = _list(tmp_path, "CH0000002"), tmp_path / "fixes.csv"
    desk.encode(source, "council-csv", "--shield-list", shield, "--fixes", fixes)
    files = [path for path in desk.path.rglob("*") if path.is_file()]
    assert not [path for path in (*files, fixes) if b"CH0000002" in path.read_bytes()]
    with sqlite3.connect(desk.workspace / "workspace.db") as db:
        ((details,),) = db.execute("SELECT details FROM journal WHERE action = 'encode'").fetchall()
        ((records,),) = db.execute("SELECT count(*) FROM records WHERE kind = 'child'").fetchall()
    assert records == 2
    assert json.loads(details)["tables"]["children"]["shielded"] == 1


def test_a_list_is_not_written_over(desk: Desk, tmp_path: Path) -> None:
    source, shield = write_council(tmp_path / "source", 2), _list(tmp_path, "CH0000002")
    outcome = desk.check(source, "council-csv", "--shield-list", shield, "--fixes", shield)
    assert outcome.code == 1
    assert "would write over it" in outcome.err
