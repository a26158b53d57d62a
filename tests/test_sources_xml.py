"""The return as XML gives what its CSV files give, and nothing in an XML file makes a parser do more."""

from pathlib import Path

import pytest

from cli.sources.extract import Extract
from cli.sources.mapping import choose_mapping
from linkage.errors import ClewError, InputError
from tests.support.agency_desk import write_table
from tests.support.extracts import balanced, read

NAMES = [
    {"CHILD": "101", "FORENAME": "Ada", "SURNAME": "Lee"},
    {"CHILD": "102", "FORENAME": "Bo", "SURNAME": "May"},
]
FIRST = """<HEADER><CHILDID>101</CHILDID><SEX>2</SEX><DOB>27/03/2010</DOB><ETHNIC>WROM</ETHNIC><UPN>UN1</UPN>
 <UASC>0</UASC>
 <AMISSING><MISSING>A</MISSING><MIS_START>14/08/2025</MIS_START><MIS_END>25/08/2025</MIS_END></AMISSING>
 <AMISSING><MISSING>M</MISSING><MIS_START>14/10/2025</MIS_START><MIS_END/></AMISSING></HEADER>"""
PLACED = """<EPISODE><DECOM>15/02/2024</DECOM><LS>C2</LS><PL>U1</PL><PLACE_PROVIDER>PR1</PLACE_PROVIDER>
 </EPISODE>"""
SECOND = """<HEADER><CHILDID>102</CHILDID><SEX>1</SEX><DOB>09/09/2011</DOB><ETHNIC>REFU</ETHNIC>
 <UASC>1</UASC><DUC>09/09/2029</DUC></HEADER>"""
NESTED = f"<Message>\n<CHILD>{FIRST}{PLACED}</CHILD>\n<CHILD>{SECOND}</CHILD></Message>"
FLAT = f"<Message>{FIRST}{PLACED}{SECOND}</Message>"
GROUPED = (
    f'<?xml version="1.0" encoding="utf-8"?><r:Return xmlns:r="urn:x"><r:LookedAfter>'
    f"<r:CHILD><EPISODES>{PLACED}</EPISODES>{FIRST}</r:CHILD><r:CHILD>{SECOND}</r:CHILD>"
    "</r:LookedAfter></r:Return>"
)


def _read(folder: Path, xml: str | bytes, mapping: str = "ssda903") -> Extract:
    write_table(folder / "names.csv", NAMES)
    (folder / "return.xml").write_bytes(xml.encode() if isinstance(xml, str) else xml)
    return read(folder, mapping)


def _csv(folder: Path) -> Extract:
    header = [
        {"CHILD": "101", "SEX": "2", "DOB": "27/03/2010", "ETHNIC": "WROM", "UPN": "UN1"},
        {"CHILD": "102", "SEX": "1", "DOB": "09/09/2011", "ETHNIC": "REFU", "UPN": ""},
    ]
    placed = {"CHILD": "101", "DECOM": "15/02/2024", "LS": "C2", "PLACE": "U1", "PLACE_PROVIDER": "PR1"}
    missing = [
        {"CHILD": "101", "MISSING": "A", "MIS_START": "14/08/2025", "MIS_END": "25/08/2025"},
        {"CHILD": "101", "MISSING": "M", "MIS_START": "14/10/2025", "MIS_END": ""},
    ]
    return read(
        folder, "ssda903", names=NAMES, header=header, episodes=[placed | {"DEC": ""}], missing=missing,
        uasc=[{"CHILD": "102"}],
    )  # fmt: skip


@pytest.mark.parametrize("xml", [NESTED, FLAT, GROUPED], ids=["nested", "flat", "grouped"])
def test_every_variant_gives_what_the_csv_files_give(tmp_path: Path, xml: str) -> None:
    plain, extract = _csv(tmp_path / "csv"), _read(tmp_path / "xml", xml)
    assert [one.record for one in extract.children] == [one.record for one in plain.children]
    assert [one.variants for one in extract.children] == [one.variants for one in plain.children]
    for name in ("care_spells", "episodes"):
        mine, theirs = getattr(extract, name), getattr(plain, name)
        assert [(one.reference, one.record) for one in mine] == [(o.reference, o.record) for o in theirs]
    assert extract.children[1].record.flags == ("uasc",)
    assert balanced(extract)


def test_rows_are_numbered_by_the_line_on_which_they_begin(tmp_path: Path) -> None:
    broken = NESTED.replace("<MIS_START>14/10/2025</MIS_START>", "<MIS_START>31/11/2025</MIS_START>")
    (fault,) = _read(tmp_path, broken).log.errors()
    assert (fault.file, fault.row, fault.rule) == ("return.xml#missing", 5, "1004")


def test_rows_of_a_child_without_an_identifier_go_to_nobody_else(tmp_path: Path) -> None:
    nameless = FIRST.replace("<CHILDID>101</CHILDID>", "")
    extract = _read(tmp_path, f"<M>{SECOND}{nameless}{PLACED}</M>")
    assert not extract.care_spells
    assert not extract.episodes
    assert [one.problem for one in extract.log.errors()] == ["no reference"] * 4
    assert balanced(extract)


def test_tags_of_another_system_are_a_matter_of_the_mapping(tmp_path: Path) -> None:
    other = NESTED.replace("AMISSING", "MISSINGSPELL").replace("MIS_START", "START")
    mapping = choose_mapping("ssda903").replace('elements = ["AMISSING"]', 'elements = ["MISSINGSPELL"]')
    mapping = mapping.replace("rename = { CHILDID", 'rename = { START = "MIS_START", CHILDID')
    assert len(_read(tmp_path, other, mapping).episodes) == 2


BOMB = "<!DOCTYPE m [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><Message>&b;</Message>"


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (BOMB, "row 1: the XML declares a document type"),
        ("<!DOCTYPE m SYSTEM 'file:///etc/passwd'><Message/>", "declares a document type"),
        (NESTED[: len(NESTED) // 2], "not well-formed XML"),
        ("<Message>&nbsp;</Message>", "not well-formed XML"),
        ("<a>" * 100, "nested too deep"),
        ('<?xml version="1.0" encoding="cTF-8"?><Message/>', "row 1: the XML declares an encoding"),
        (NESTED.replace("AMISSING", "MISSINGSPELL"), "row 4: MISSINGSPELL holds MISSING and MIS_END"),
        ("<Message><x>1</x></Message>", "without any element HEADER"),
        (NESTED.replace("<SEX>2</SEX>", "<SEX>2</SEX><SEX>1</SEX>"), "row 2: SEX stands twice in one HEADER"),
        (NESTED.replace("WROM", "W" * 300_000), "holds more than 65536 characters"),
    ],
)
def test_what_is_no_return_is_refused_with_its_line(tmp_path: Path, xml: str, said: str) -> None:
    with pytest.raises(ClewError, match=said) as refused:
        _read(tmp_path, xml)
    assert refused.value.hint
    assert "101" not in str(refused.value)


def test_a_return_needs_names_and_only_one_return_may_lie_there(tmp_path: Path) -> None:
    (tmp_path / "return.xml").write_text(NESTED)
    with pytest.raises(InputError, match=r"there is no file names\.csv"):
        read(tmp_path, "ssda903")
    (tmp_path / "older.xml").write_text(NESTED)
    with pytest.raises(InputError, match=r"older\.xml and return\.xml: each may be"):
        read(tmp_path, "ssda903")


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "iso-8859-1"])
def test_every_encoding_that_is_declared_is_read(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{NESTED.replace("UN1", "é")}'
    assert len(_read(tmp_path, text.encode(encoding)).children) == 2
