"""A proposed mapping reads the source that it was proposed for, and shows nothing but headings and shapes."""

import datetime as dt
from pathlib import Path

import pytest

from cli.sources.extract import Extract
from cli.sources.headings import HEADINGS
from cli.sources.mapping import choose_mapping, column_names, parse_mapping
from cli.sources.mapping_text import mapping_text
from cli.sources.proposing import propose, tables_in
from cli.sources.tables import header_key
from linkage.errors import InputError
from tests.support.agency_desk import (
    Desk,
    Outcome,
    clew,
    joined_desk,
    make_epoch,
    make_unit_keys,
    write_table,
)
from tests.support.extracts import read
from tests.support.made_sources import ROWS, Sheet, Source, made, write

_SHIPPED = {"council": "council-csv", "police": "police-csv", "ssda903": "ssda903"}
_OTHER_WORDS = {
    "child_id": "Person ID", "forename": "First Name", "surname": "Family Name", "date_of_birth": "D.O.B.",
    "sex": "Gender", "ethnicity": "Ethnic Origin", "uasc": "UASC", "episode_id": "Incident Ref",
    "type": "Episode Type", "start": "Date From", "end": "Date To", "legal_status": "Legal Status",
    "placement_type": "Type of Placement", "report_ref": "Report No", "child_ref": "Nominal",
    "last_seen": "Last Seen Date", "found": "Found Date", "risk_highest": "Risk Level",
}  # fmt: skip


def _source(kind: str, seed: int = 4) -> Source:
    source = made(kind, seed)  # type: ignore[arg-type]
    for sheet in source.sheets.values():
        sheet.header = [_OTHER_WORDS.get(name, name) for name in sheet.header]
    return source


def _proposed(folder: Path) -> str:
    return mapping_text(propose(tables_in(folder)), name="mine", role=None)


def _spans(extract: Extract) -> list[tuple[object, ...]]:
    return [
        (one.reference, one.child, one.record.kind, one.record.start, one.record.end)
        for one in extract.episodes
    ]


@pytest.mark.parametrize("form", ["csv", "books", "book"])
@pytest.mark.parametrize("kind", sorted(_SHIPPED))
def test_a_proposal_reads_what_the_shipped_mapping_reads(tmp_path: Path, kind: str, form: str) -> None:
    role = "police" if kind == "police" else "council"
    plain = made(kind, 4)  # type: ignore[arg-type]
    right = read(write(plain, tmp_path / "plain"), _SHIPPED[kind], role=role, areas=("E09",))
    source = _source(kind)
    source.form = form
    for sheet in source.sheets.values():
        sheet.above = [["Export of the system"], []]
    folder = write(source, tmp_path / "other")
    found = read(folder, _proposed(folder), role=role, areas=("E09",))
    assert len(found.children) == ROWS
    assert [one.variants for one in found.children] == [one.variants for one in right.children]
    assert _spans(found) == _spans(right)
    assert len(found.care_spells) == len(right.care_spells)


def test_each_column_has_its_own_date_order(tmp_path: Path) -> None:
    source = _source("council")
    source.sheets["episodes"].layout = {"Date From": "%m/%d/%Y", "Date To": "%m/%d/%Y"}
    folder = write(source, tmp_path)
    text = _proposed(folder)
    assert text.count('date_order = "mdy"') == 2
    assert 'date_order = "dmy"' in text
    assert len(read(folder, text).episodes) == ROWS


def test_a_column_in_both_orders_is_refused_with_a_row_of_each(tmp_path: Path) -> None:
    source = _source("council")
    rows = source.sheets["episodes"].rows
    at = source.sheets["episodes"].column("Date From")
    rows[0][at], rows[1][at] = "13/06/2025", "06/13/2025"
    for number, row in enumerate(rows[2:], 2):
        row[at] = f"{number % 9 + 1:02}/06/2025"
    with pytest.raises(InputError, match=r"episodes\.csv, Date From: row 2 has the day .* row 3 the month"):
        _proposed(write(source, tmp_path))


def test_values_speak_where_headings_do_not(tmp_path: Path) -> None:
    source = _source("council")
    people = source.sheets["children"]
    people.header += ["Field 1", "Field 2", "Field 3", "Notes"]
    for row in people.rows:
        row += ["943 476 5919", "EB1 1QZ", "B801200005001", "see file"]
    gone = source.sheets["episodes"]
    gone.header[gone.column("Episode Type")] = "Field 9"
    folder = write(source, tmp_path)
    mapping = parse_mapping(_proposed(folder))
    identifiers = mapping.children.identifiers
    assert (identifiers["nhs_number"], identifiers["postcode"], identifiers["upn"]) == (
        "Field 1", "Field 2", "Field 3",
    )  # fmt: skip
    assert mapping.episodes is not None
    assert mapping.episodes.fields["kind"] == "Field 9"
    assert "Notes" not in _proposed(folder)


def test_a_heading_that_its_values_contradict_is_not_believed(tmp_path: Path) -> None:
    source = _source("council")
    people = source.sheets["children"]
    at = people.column("D.O.B.")
    for row in people.rows:
        row[at] = "not a date at all"
    with pytest.raises(KeyError):
        parse_mapping(_proposed(write(source, tmp_path))).children.identifiers["date_of_birth"]
    assert "a date of birth in children.csv" in propose(tables_in(tmp_path)).missing()


def test_other_names_interviews_and_coverage_are_found(tmp_path: Path) -> None:
    source = _source("council")
    people = source.sheets["children"]
    people.header += ["Known As", "Aliases", "Previous Surname"]
    for row in people.rows:
        row += ["Bea", "Other Name", "Former"]
    episodes = source.sheets["episodes"]
    source.sheets["rhi"] = Sheet(
        ["Incident Ref", "Offered", "Interview Date", "Reasons"],
        [[row[0], "Y", dt.date(2026, 2, 20), "school"] for row in episodes.rows],
    )
    source.sheets["calendar"] = Sheet(["Council", "Month"], [["E09", "2025-06"]])
    folder = write(source, tmp_path)
    extract = read(folder, _proposed(folder))
    forenames = {one.forename for one in extract.children[0].variants}
    assert {"Bea", "Other"} <= forenames
    assert any(one.surname == "Former" for one in extract.children[0].variants)
    assert len(extract.interviews) == ROWS
    assert [one.month for one in extract.coverage] == ["2025-06"]


def _log_and_list(folder: Path) -> Path:
    """An ordinary team's two sheets: a log of missing episodes, and a list with a row for each placement."""
    placements = [(number, start) for number in range(1, 7) for start in ("01/04/2025", "01/09/2025")]
    write_table(
        folder / "LAC.csv",
        [
            {
                "Mosaic No.": f"M{number:05d}", "First name": f"Ada{'abcdefg'[number]}", "Surname": "Lee",
                "DOB": f"{number:02d}/03/2011", "Gender": "F", "Legal status": "C2", "Placement type": "U6",
                "Start date": start, "End date": "01/09/2025" if start < "01/05" else "",
            }
            for number, start in placements
        ],
    )  # fmt: skip
    kinds = ("Missing", "Missing", "Missing", "Missing", "Absent - whereabouts known", "Missing")
    write_table(
        folder / "Missing log.csv",
        [
            {
                "Ref": f"L{number}", "Mosaic No.": f"M{number:05d}", "Date went missing": "05/06/2025",
                "Date returned": "07/06/2025" if number > 1 else "still missing", "Status": kind,
                "Where from": "placement",
            }
            for number, kind in enumerate(kinds, 1)
        ],
    )  # fmt: skip
    return folder


def test_an_ordinary_log_and_a_list_of_placements_are_found(tmp_path: Path) -> None:
    folder = _log_and_list(tmp_path)
    extract = read(folder, _proposed(folder))
    assert (len(extract.children), len(extract.care_spells), len(extract.episodes)) == (6, 12, 6)
    assert extract.log.errors() == []
    assert extract.log.tallies["children"].read == 6
    assert [one.record.end is None for one in extract.episodes] == [True, *[False] * 5]
    assert [one.record.kind for one in extract.episodes].count("away") == 1
    assert {one.record.missing_from for one in extract.episodes} == {"care"}


def test_care_spells_of_their_own_come_before_those_beside_the_children(tmp_path: Path) -> None:
    source = _source("council")
    people = source.sheets["children"]
    people.header += ["Placement start", "Placement", "Legal status", "Placement provider"]
    for row in people.rows:
        row += ["01/01/2025", "U6", "C2", "PR1"]
    found = propose(tables_in(write(source, tmp_path))).sections["care_spells"]
    assert found.seen.file == "care_spells.csv"


_LACKS = (
    "for care spells it lacks the legal status or the type of placement; for episodes it lacks the end (a "
    "date) and the type, the risk, or the episode's own reference"
)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("Child ID", "Start"), _LACKS),
        (("Colour", "Price"), "too few of its headings are known"),
        (("Child ID", "Forename", "Surname"), "another table was taken for children"),
    ],
)  # fmt: skip
def test_it_is_said_why_a_table_was_taken_for_nothing(
    tmp_path: Path, columns: tuple[str, ...], said: str
) -> None:
    folder = write(_source("council"), tmp_path)
    write_table(folder / "other.csv", [dict.fromkeys(columns, "01/02/2025")])
    assert f"other.csv: 1 rows, taken for nothing: {said}" in _propose(folder).out


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    return joined_desk(tmp_path_factory.mktemp("proposes") / "desk", make_epoch(unit.card), unit.card)


def _propose(folder: Path, *more: str | Path) -> Outcome:
    return clew("agency", "mapping", "propose", folder, *more)


def test_the_command_shows_shapes_and_saves_what_check_then_uses(desk: Desk, tmp_path: Path) -> None:
    source = _source("council")
    source.sheets["children"].header.append("Ward")
    for row in source.sheets["children"].rows:
        row.append("Northward")
    folder = write(source, tmp_path / "source")
    before = (desk.workspace / "mapping.toml").exists()
    shown = _propose(folder)
    assert shown.code == 0, shown.err
    assert "nothing was written" in shown.err
    assert (desk.workspace / "mapping.toml").exists() == before
    assert "Person ID children key 999999999999 100 % filled" in " ".join(shown.out.split())
    assert "Ward not used N•••••••• 100 % filled" in " ".join(shown.out.split())
    cells = {str(cell) for sheet in source.sheets.values() for row in sheet.rows for cell in row}
    assert not [cell for cell in cells if len(cell) > 4 and cell in shown.out]
    saved = _propose(folder, "--save", "--workspace", desk.workspace, "--name", "ours")
    assert saved.code == 0, saved.err
    outcome = desk.run("check", folder, secret=False)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[1].split() == ["children", "24", "24", "0", "0", "0"]
    mapping = parse_mapping((desk.workspace / "mapping.toml").read_text(encoding="utf-8"))
    assert (mapping.name, mapping.role) == ("ours", "council")


def test_a_shipped_mapping_that_would_do_is_named(tmp_path: Path) -> None:
    folder = write(made("ssda903", 4), tmp_path / "source")
    assert "--mapping ssda903 may do" in _propose(folder).err
    other = write(_source("council"), tmp_path / "other")
    assert "may do" not in _propose(other).err


def test_an_output_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    folder, output = write(_source("council"), tmp_path / "source"), tmp_path / "mine.toml"
    assert _propose(folder, "--output", output).code == 0
    text = output.read_text(encoding="utf-8")
    assert parse_mapping(text).name == "proposed"
    again = _propose(folder, "--output", output)
    assert again.code == 1
    assert "is there already" in again.err
    assert _propose(folder, "--output", output, "--overwrite").code == 0
    assert _propose(folder, "--save").code == 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no table in it"),
        ({"a.csv": [{"x": "1", "y": "Smith"}]}, "a table of children"),
        ({"a.csv": [{"Person ID": "1", "Surname": "Lee", "First Name": "Ada"}]}, "a date of birth in a.csv"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(
    tmp_path: Path, files: dict[str, list[dict[str, str]]], said: str
) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    for name, rows in files.items():
        write_table(folder / name, rows)
    outcome = _propose(folder, "--output", tmp_path / "mine.toml")
    assert outcome.code == 1
    assert said in outcome.err
    assert "hint:" in outcome.err
    assert "Smith" not in outcome.out + outcome.err
    assert not (tmp_path / "mine.toml").exists()


def test_xml_is_left_to_the_mapping_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "return.xml").write_text("<Message/>")
    outcome = _propose(tmp_path / "return.xml")
    assert outcome.code == 1
    assert "ssda903" in outcome.err


def test_the_headings_of_the_shipped_mappings_are_known() -> None:
    known = {word for headings in HEADINGS.values() for words in headings.values() for word in words}
    for name in ("council-csv", "police-csv", "ssd", "ssda903"):
        mapping = parse_mapping(choose_mapping(name))
        assert mapping.episodes is not None
        for spec in (*mapping.children.identifiers.values(), *mapping.episodes.fields.values()):
            names = [header_key(one.rpartition(":")[2]) for one in column_names(spec)]
            assert not names or set(names) & known, (name, names)
