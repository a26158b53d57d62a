"""Workbooks are read as their CSV export would be, every row accounted for, or refused with a cure."""

import csv
import datetime as dt
import io
import random
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from cli.sources import sheet_parts
from cli.sources.files import Table, read_table
from cli.sources.mapping import choose_mapping
from cli.sources.workbooks import Workbook
from linkage.errors import ClewError, InputError, LimitError
from tests.support.agency_desk import child, episode, report, spell
from tests.support.extracts import balanced, read

HEADER = ("child_id", "forename", "surname", "born")
Rows = Sequence[Sequence[object]]


def _workbook(path: Path, sheets: Mapping[str, Rows], *, title: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        time = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if title:
                sheet.merge_range(0, 0, 0, 3, title)
            for number, row in enumerate(rows, start=2 if title else 0):
                for column, value in enumerate(row):
                    if isinstance(value, dt.datetime):
                        sheet.write_datetime(number, column, value, time)
                    elif isinstance(value, dt.date):
                        sheet.write_datetime(number, column, value, day)
                    else:
                        sheet.write(number, column, value)
    return path


def _table(path: Path, **settings: str) -> Table:
    return read_table(path, wanted=HEADER, **settings)


def _rows_of(rows: Sequence[Mapping[str, str]]) -> Rows:
    return [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]


def test_cells_are_the_text_that_a_csv_export_would_have(tmp_path: Path) -> None:
    born = dt.date(2010, 5, 6)
    rows = [
        HEADER,
        (1234567, "Ada", "Lee", born),
        (1234567.5, True, "a\nb", dt.datetime(2010, 5, 6, 17, 40)),
        (123456789012345678, "  Bo ", "", 40304),
    ]
    table = _table(_workbook(tmp_path / "children.xlsx", {"Sheet1": rows}))
    assert [row.cells for row in table.rows] == [
        ("1234567", "Ada", "Lee", "2010-05-06"),
        ("1234567.5", "TRUE", "a\nb", "2010-05-06 17:40:00"),
        ("1.234567890123457e+17", "Bo", "", "40304"),
    ]


def test_rows_count_as_in_the_spreadsheet_under_merged_titles_and_over_blanks(tmp_path: Path) -> None:
    rows = [HEADER, (1, "Ada", "Lee", ""), ("", "", "", ""), (2, "Bo", "May", ""), (3, "Cy", "Ray", "", "x")]
    table = _table(_workbook(tmp_path / "c.xlsx", {"Data": rows}, title="Children looked after"))
    assert table.header == HEADER
    assert [(row.number, row.cells[0]) for row in table.rows] == [(4, "1"), (6, "2")]
    assert [row.number for row in table.misfits] == [7]


def test_formulas_give_what_they_came_to_and_errors_are_not_blank(tmp_path: Path) -> None:
    file = tmp_path / "c.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_formula(1, 0, "=100+1", None, 101)
        sheet.write_formula(1, 1, '="A"&"da"', None, "Ada")
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
    assert _table(file).rows[0].cells == ("101", "Ada", "#ERROR", "")


def test_the_sheet_whose_header_fits_is_read_wherever_it_stands(tmp_path: Path) -> None:
    sheets = {
        "Notes": [("Exported on", "6 May"), ("by", "the system")],
        "Lists": [("surname", "x")],
        "Children": [HEADER, (1, "Ada", "Lee", "")],
    }
    file = _workbook(tmp_path / "c.xlsx", sheets)
    assert _table(file).file == "c.xlsx#Children"
    assert _table(file, sheet="lists").header == ("surname", "x")
    with pytest.raises(InputError, match="no sheet called 'Kids'"):
        _table(file, sheet="Kids")


def _council(folder: Path) -> dict[str, Rows]:
    return {
        "Readme": [("This is an export.",)],
        "episodes": _rows_of([episode(1), episode(2)]),
        "Children looked after": _rows_of([child(1), child(2)]),
        "Placements": _rows_of([spell(1), spell(2)]),
    }


def test_one_workbook_serves_a_mapping_of_several_files(tmp_path: Path) -> None:
    plain = read(
        tmp_path / "csv",
        children=[child(1), child(2)],
        care_spells=[spell(1), spell(2)],
        episodes=[episode(1), episode(2)],
    )
    file = _workbook(tmp_path / "book" / "everything.xlsx", _council(tmp_path))
    for source in (file, file.parent):
        extract = read(source, "council-csv")
        assert [one.record for one in extract.episodes] == [one.record for one in plain.episodes]
        assert [one.variants for one in extract.children] == [one.variants for one in plain.children]
        assert len(extract.care_spells) == 2
        assert "interviews" not in extract.log.tallies
        assert balanced(extract)


def test_a_workbook_without_a_table_says_which(tmp_path: Path) -> None:
    sheets = _council(tmp_path)
    del sheets["Placements"]
    file = _workbook(tmp_path / "everything.xlsx", sheets)
    with pytest.raises(InputError, match=r"care_spells|no column called") as refused:
        read(file, "council-csv")
    assert refused.value.hint


def test_each_table_may_be_a_workbook_of_its_own_and_a_mapping_may_name_the_sheet(tmp_path: Path) -> None:
    rows = [report(1), report(2)]
    other = [report(3)]
    sheets = {"Old": _rows_of(other), "New": _rows_of(rows)}
    _workbook(tmp_path / "Episodes.XLSX", sheets)
    extract = read(tmp_path, "police-csv", role="police", areas=("E09",))
    assert [one.reference for one in extract.episodes] == ["RP0000003"]  # both fit: the first
    named = choose_mapping("police-csv").replace('"episodes.csv"', '"episodes.xlsx#New"')
    extract = read(tmp_path, named, role="police", areas=("E09",))
    assert [one.reference for one in extract.episodes] == ["RP0000001", "RP0000002"]


def test_several_files_that_may_be_meant_are_refused(tmp_path: Path) -> None:
    for name in ("episodes.xlsx", "episodes.txt"):
        _workbook(tmp_path / name, {"A": _rows_of([report(1)])})
    with pytest.raises(InputError, match=r"episodes\.txt and episodes\.xlsx: each may be episodes\.csv"):
        read(tmp_path, "police-csv", role="police")


def test_a_reference_that_lost_its_zeros_is_refused_with_the_cause(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        children=[child(1, child_id="00123")],
        care_spells=[spell(1, child_id="00123")],
        episodes=[episode(1, child_id="123")],
    )
    (fault,) = extract.log.errors()
    assert "took zeros off" in fault.cure


def _plain(folder: Path) -> bytes:
    return _workbook(folder / "plain.xlsx", {"A": [HEADER, (1, "Ada", "Lee", "")]}).read_bytes()


def _damage(data: bytes, how: str) -> bytes:
    if how == "cut":
        return data[: len(data) // 2]
    if how == "flipped":
        return data[:200] + bytes(255 - byte for byte in data[200:900]) + data[900:]
    if how == "empty archive":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("mimetype", "nothing")
        return stream.getvalue()
    raise AssertionError(how)


@pytest.mark.parametrize("how", ["cut", "flipped", "empty archive"])
def test_a_damaged_workbook_is_refused(tmp_path: Path, how: str) -> None:
    file = tmp_path / "children.xlsx"
    file.write_bytes(_damage(_plain(tmp_path), how))
    with pytest.raises(InputError, match="damaged Excel workbook"):
        _table(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><body><table><tr><td>child_id</td></tr></table>", "web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html><table>", "web page"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML spreadsheet"),
        (b"<Message/>", "XML, not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "before 2007"),
    ],
)
def test_what_calls_itself_a_workbook_and_is_none_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "children.xls"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        _table(file)


def _repacked(data: bytes, part: str, change: bytes, into: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(change, into) if name == part else content)
    return stream.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_whatever_is_damaged_is_refused_or_read_and_nothing_else_happens(
    tmp_path: Path, soak: bool, packed: bool
) -> None:
    """Bytes changed anywhere in the archive, or in its parts before they are packed again."""
    plain, chance, refused = _plain(tmp_path), random.Random(7), 0
    for _ in range(3000 if soak else 60):
        data = _noisy(plain, chance) if packed else _noisy_parts(plain, chance)
        refused += not _read_through(data)
    assert refused


def _read_through(data: bytes) -> bool:
    try:
        book = Workbook("children.xlsx", data)
        for sheet in book.sheets:
            book.rows(sheet)
    except ClewError:
        return False
    return True


def _noisy(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 20)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _noisy_parts(data: bytes, chance: random.Random) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, _noisy(content, chance) if chance.random() < 0.3 else content)
    return stream.getvalue()


def test_a_workbook_that_counts_from_1904_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "children.xlsx"
    with xlsxwriter.Workbook(file, {"date_1904": True}) as book:
        book.add_worksheet().write_row(0, 0, HEADER)
    with pytest.raises(InputError, match="counts its days from 1904"):
        _table(file)


def test_a_cell_in_the_last_corner_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "children.xlsx"
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    file.write_bytes(_repacked(_plain(tmp_path), "xl/worksheets/sheet1.xml", b"</sheetData>", stray))
    with pytest.raises(LimitError, match="row 1,048,576"):
        _table(file)
    formatted = b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    file.write_bytes(_repacked(_plain(tmp_path), "xl/worksheets/sheet1.xml", b"</sheetData>", formatted))
    assert len(_table(file).rows) == 1


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_parts, "MAX_UNPACKED_BYTES", 2_000)
    file = tmp_path / "children.xlsx"
    file.write_bytes(_plain(tmp_path))
    with pytest.raises(LimitError, match="unpacked it has"):
        _table(file)


def test_a_csv_that_was_cut_is_refused_or_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "children.csv"
    file.write_text("child_id,forename,surname,born\n1,Ada,Lee,\n2,Bo")
    with pytest.raises(InputError, match="row 3: the file ends in the middle of this row"):
        _table(file)
    rows = [child(1), child(2)]
    read(tmp_path / "whole", children=rows, care_spells=[spell(1)], episodes=[episode(1)])
    whole = tmp_path / "whole" / "children.csv"
    whole.write_text(whole.read_text().rstrip("\n"))
    extract = read(tmp_path / "whole")
    assert [(one.row, one.severity) for one in extract.log.faults] == [(3, "warning")]
    with whole.open(newline="") as stream:
        assert len(list(csv.reader(stream))) == 3
