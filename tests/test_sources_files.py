"""CSV files are read as they really are, every row accounted for, or refused with a message that helps."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources.files import Table, header_key, read_table
from cli.sources.masking import masked
from linkage.errors import InputError

HEADER = ("child_id", "forename", "surname")
NAMES = ("José", "Zoë", "O’Brien", "Nuñez")


def _read(path: Path, **settings: str) -> Table:
    return read_table(path, wanted=HEADER, **settings)


def _bytes(encoding: str, delimiter: str = ",", title: str = "") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(HEADER)
    for number, name in enumerate(NAMES):
        writer.writerow((f"C{number}", name, f"{name}, junior; the {number}th"))
    return (title + text.getvalue()).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes(_bytes(encoding, delimiter))
    table = _read(file)
    assert table.header == HEADER
    assert [row.cells[1] for row in table.rows] == list(NAMES)
    assert [row.number for row in table.rows] == [2, 3, 4, 5]
    assert not table.misfits


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_of_every_system_are_read(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes(ending.join(["child_id,forename,surname", "1,Ada,Lee", "2,Bo,May"]).encode())
    assert [row.cells for row in _read(file).rows] == [("1", "Ada", "Lee"), ("2", "Bo", "May")]


def test_title_rows_and_blank_rows_do_not_move_the_row_numbers(tmp_path: Path) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes(b"Children looked after,,\n\nchild_id,forename,surname\n\n1,Ada,Lee\n,,\n2,Bo,May\n")
    assert [(row.number, row.cells[0]) for row in _read(file).rows] == [(5, "1"), (7, "2")]


def test_a_cell_over_two_lines_is_one_row(tmp_path: Path) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes(b'child_id,forename,surname\n1,"Ada\nMay",Lee\n2,Bo,May\n')
    assert [row.number for row in _read(file).rows] == [2, 3]


def test_rows_of_another_width_are_misfits_and_blank_cells_at_the_end_are_not(tmp_path: Path) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes(b"child_id,forename,surname,,\n1,Ada,Lee,,\n2,Bo,May,,more\n3,Cy\n4,Di,Ray\n")
    table = _read(file)
    assert [row.number for row in table.rows] == [2, 5]
    assert [row.number for row in table.misfits] == [3, 4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest of a workbook", "Excel workbook"),
        (b"child_id,forename,surname\n1,\x81\x8d,x\n", "not text in UTF-8 or Windows-1252"),
        (b"child_id\x00,forename\n", "not text"),
        (b"", "no header row"),
        (b"\n\n", "no header row"),
        (b'child_id,forename,surname\n1,Ada,Lee\n2,"Bo,May\n3,Cy,Ray\n', "row 3: a quotation mark"),
        (b'child_id,forename,surname\n1,"Ada"x,Lee\n', "row 2: a quotation mark"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        _read(file)
    assert said in str(refused.value)
    assert refused.value.hint
    assert "Ada" not in str(refused.value)


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: no such file") as refused:
        _read(tmp_path / "gone.csv")
    assert str(tmp_path) not in str(refused.value)


def test_a_stated_encoding_and_delimiter_are_used(tmp_path: Path) -> None:
    file = tmp_path / "children.csv"
    file.write_bytes("child_id;forename;surname\n1;Zoë;a,b,c,d,e\n".encode("cp1252"))
    table = _read(file, encoding="cp1252", delimiter=";")
    assert table.rows[0].cells == ("1", "Zoë", "a,b,c,d,e")
    with pytest.raises(InputError, match="not text in ascii"):
        _read(file, encoding="ascii")


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=8),
            min_size=3,
            max_size=3,
        )
    )
)
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    file = tmp_path_factory.mktemp("rows") / "children.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    table = _read(file, delimiter=",")
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(table.rows) + len(table.misfits) == len(filled)


@pytest.mark.parametrize("name", ["Date of Birth", "date_of_birth", " DATE  OF-BIRTH ", "Date.of.birth"])
def test_headers_are_compared_without_case_and_punctuation(name: str) -> None:
    assert header_key(name) == "date_of_birth"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("31/02/2010", "99/99/9999"),
        ("Smith", "S••••"),
        ("SW1A 1AA", "S•9• 9••"),
        ("Ólafur", "••••••"),
        ("王", "•"),
        ("", ""),
        ("a\x1b[31mb", "a·[99••"),
        ("x" * 40, "x" + "•" * 23 + "…"),
    ],
)
def test_masking_leaves_a_shape(text: str, shape: str) -> None:
    assert masked(text) == shape


@given(st.text(min_size=3, max_size=30))
def test_masking_shows_at_most_one_letter_and_no_digit(text: str) -> None:
    shape = masked(text)
    assert sum(character.isalpha() for character in shape) <= 1
    assert all(character == "9" for character in shape if character.isnumeric())
