"""``clew agency check`` says what is wrong, where and what to do, and writes nothing but the fix list."""

import csv
from pathlib import Path

import pytest

from cli.agency.fixlist import FIX_COLUMNS
from cli.sources.mapping import choose_mapping
from tests.support.agency_desk import (
    PERIOD,
    Desk,
    child,
    episode,
    joined_desk,
    make_epoch,
    make_unit_keys,
    write_council,
    write_table,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    return joined_desk(tmp_path_factory.mktemp("check") / "desk", make_epoch(unit.card), unit.card)


def _broken(folder: Path) -> Path:
    children = [child(number) for number in range(1, 7)]
    children[1] |= {"date_of_birth": "32/02/2010"}
    children[2] |= {"date_of_birth": "30/13/2011"}
    children[3] |= {"ethnicity": "Martian"}
    episodes = [episode(number) for number in range(1, 7)]
    episodes[4] |= {"end": "01/06/2025"}
    return write_council(folder, 6, children=children, episodes=episodes)


def test_the_summary_counts_rows_and_groups_faults(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.check(_broken(tmp_path), "council-csv", "--period", PERIOD)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["table", "read", "good", "quarantined", "shielded", "outside"]
    assert lines[1].split() == ["children", "6", "4", "2", "0", "0"]
    assert lines[3].split() == ["episodes", "6", "3", "3", "0", "0"]
    said = " ".join(outcome.out.split())
    assert "2 children.csv, date_of_birth: no such day in the calendar (row 3, 4)" in said
    assert "1 episodes.csv, end: rule 567: ends before it starts (row 6)" in said
    assert "its child is in quarantine (another row of children.csv) (row 3, 4)" in said
    assert "warnings: these rows are used (1)" in said
    assert "1 children, ethnicity" in said
    assert "--fixes FILE" in outcome.err


def test_nothing_but_the_fix_list_and_the_mapping_is_written(desk: Desk, tmp_path: Path) -> None:
    source = _broken(tmp_path / "source")
    desk.check(source, "council-csv")
    before = {path: path.read_bytes() for path in desk.path.rglob("*") if path.is_file()}
    fixes = tmp_path / "fixes.csv"
    assert desk.check(source, "council-csv", "--fixes", fixes).code == 0
    assert {path: path.read_bytes() for path in desk.path.rglob("*") if path.is_file()} == before
    with fixes.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == FIX_COLUMNS
    severities = [row["severity"] for row in rows]
    assert severities == sorted(severities)
    assert all(row["problem"] and row["what_to_do"] and row["row"] for row in rows)
    rule = next(row for row in rows if row["rule"] == "567")
    assert (rule["file"], rule["row"], rule["column"], rule["your_reference"]) == (
        "episodes.csv",
        "6",
        "end",
        "EP0000005",
    )
    assert rule["found"] == "99/99/9999"


def test_a_fix_list_never_takes_the_place_of_what_is_read(desk: Desk, tmp_path: Path) -> None:
    source = _broken(tmp_path / "source")
    mapping = tmp_path / "own.toml"
    mapping.write_text(choose_mapping("council-csv"))
    before = {path: path.read_bytes() for path in (mapping, *source.iterdir())}
    for fixes in (source / "children.csv", source / "interviews.csv", mapping):
        outcome = desk.check(source, mapping, "--fixes", fixes)
        assert outcome.code == 1
        assert f"{fixes.name}: this command reads that file, and would write over it" in outcome.err
    assert {path: path.read_bytes() for path in before} == before
    for _ in range(2):  # beside the extract there is room for it, and it may be written anew
        assert desk.check(source, mapping, "--fixes", source / "fixes.csv").code == 0


def test_a_fix_list_is_no_way_in_for_formulas(desk: Desk, tmp_path: Path) -> None:
    rows = [child(1), child(2, child_id="=cmd|' /C calc'!A0", date_of_birth="-x")]
    source = write_council(tmp_path / "source", 1, children=rows)
    fixes = tmp_path / "fixes.csv"
    assert desk.check(source, "council-csv", "--fixes", fixes).code == 0
    with fixes.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["your_reference"].startswith("'=")
    assert row["found"] == "'-x"


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: (folder / "children.csv").unlink(), "there is no file children.csv"),
        (lambda folder: (folder / "children.csv").write_bytes(b"\x00\x01"), "children.csv: not text"),
        (lambda folder: (folder / "children.csv").write_text("a,b\n1,2\n"), "no column called 'child_id'"),
        (lambda folder: (folder / "episodes.csv").write_text('a,"b\n'), "a quotation mark is not closed"),
    ],
)
def test_structural_trouble_stops_with_where_and_what_to_do(
    desk: Desk, tmp_path: Path, break_it: object, said: str
) -> None:
    source = write_council(tmp_path / "source", 2)
    break_it(source)  # type: ignore[operator]
    outcome = desk.check(source, "council-csv")
    assert outcome.code == 1
    assert said in outcome.err
    assert "hint:" in outcome.err
    assert outcome.out == ""
    assert str(tmp_path) not in outcome.err


def test_semicolons_byte_order_marks_and_windows_characters_are_nothing_to_mend(
    desk: Desk, tmp_path: Path
) -> None:
    for name, rows in (
        ("children", [child(1, surname="Müller–O’Brien"), child(2)]),
        ("care_spells", [{"child_id": "CH0000001", "start": "01/02/2024", "end": ""}]),
        ("episodes", [episode(1)]),
    ):
        write_table(tmp_path / f"{name}.csv", rows, encoding="cp1252", delimiter=";")
    outcome = desk.check(tmp_path, "council-csv")
    assert outcome.code == 0
    assert "errors" not in outcome.out
    assert "warnings" not in outcome.out


def test_an_extract_in_a_synced_folder_is_no_place_for_a_fix_list(desk: Desk, tmp_path: Path) -> None:
    source = write_council(tmp_path / "source", 1)
    outcome = desk.check(source, "council-csv", "--fixes", tmp_path / "OneDrive - Council" / "fixes.csv")
    assert "copied elsewhere by OneDrive" in outcome.err


def test_a_number_that_fails_its_check_is_told_and_rejects_no_row(desk: Desk, tmp_path: Path) -> None:
    children = [
        child(number) | {"upn": "B801200005001", "nhs_number": "943 476 5870"} for number in range(1, 5)
    ]
    children[1] |= {"upn": "A801200005001"}
    children[2] |= {"nhs_number": "9434765871"}
    children[3] |= {"upn": "UN3", "nhs_number": ""}
    outcome = desk.check(write_council(tmp_path, 4, children=children), "council-csv")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[1].split() == ["children", "4", "4", "0", "0", "0"]
    said = " ".join(outcome.out.split())
    assert "warnings: these rows are used (2)" in said
    assert "upn: a unique pupil number with a wrong check letter; it is not used (row 3)" in said
    assert "nhs_number: an NHS number with a wrong check digit; it is not used (row 4)" in said
    assert "9434765871" not in outcome.out + outcome.err
