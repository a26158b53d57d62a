"""The threat model speaks of every party, alone and with any one other, and names tests that there are."""

import re

import pytest

from tests.support.texts import ROOT, paths_named, section, table_rows

TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
PAIRS = section(TEXT, "Any two of them together")
ALONE = table_rows(section(TEXT, "What one of them can do alone"), "")
MATRIX = table_rows(PAIRS, "")
LETTERS = {row[0].split("**")[1]: row for row in table_rows(PAIRS, "letter")}

_DEMANDED = (
    "custodian",
    "operator",
    "agency",
    "data officer",
    "publisher",
    "approver",
    "reviewer",
    "console account",
    "database administrator",
    "linking worker's account",
    "register worker's account",
    "thief",
    "network",
    "appeals",
    "supplier",
)


def _cell(one: int, other: int) -> str:
    low, high = sorted((one, other))
    return MATRIX[low - 1][high]


def test_it_begins_with_the_worst_that_can_happen() -> None:
    first = TEXT.split("\n\n")[1]
    assert "agency insider with the epoch key" in first.replace("\n", " ")
    assert "dictionary attack" in first.replace("\n", " ")


def test_every_party_has_a_row_with_nothing_left_open() -> None:
    assert [row[0] for row in ALONE] == [str(number) for number in range(1, len(_DEMANDED) + 1)]
    for row, demanded in zip(ALONE, _DEMANDED, strict=True):
        assert demanded in row[1], row[1]
        assert len(row) == 8
        assert all(row[2:6]), row
        assert any(paths_named(row[7])), row[1]


def test_every_two_have_a_cell_and_every_letter_is_explained() -> None:
    count = len(ALONE)
    assert len(MATRIX) == count
    for number, row in enumerate(MATRIX, start=1):
        assert row[0].split()[0] == str(number)
        assert len(row) == count + 1
        assert not any(row[1:number]), f"row {number}: a pair stands twice"
        for cell in row[number:]:
            assert cell == "·" or set(cell.split()) <= set(LETTERS), (number, cell)
    used = {letter for row in MATRIX for cell in row[1:] for letter in cell.split()} - {"·"}
    assert used == set(LETTERS)


@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_each_outcome_says_what_limits_it_how_it_is_noticed_and_what_shows_it(letter: str) -> None:
    row = LETTERS[letter]
    assert len(row) == 5
    assert all(row)
    named = [path for path in paths_named(row[4]) if path.startswith("tests/")]
    assert named, letter


def test_whoever_has_the_key_and_whoever_has_encodings_make_the_dictionary() -> None:
    key, encodings = {3, 4}, {2, 10, 12}
    for number in range(1, len(ALONE) + 1):
        for other in range(number, len(ALONE) + 1):
            both = (number in key and other in encodings) or (number in encodings and other in key)
            assert ("D" in _cell(number, other).split()) == both, (number, other)


def test_only_a_pair_of_whom_one_reads_encodings_and_one_payload_has_known_pairs() -> None:
    assert "P" in _cell(10, 11).split()
    assert "A" in _cell(11, 14).split()


def test_where_nothing_notices_it_is_said() -> None:
    assert "nothing in Clew" in LETTERS["D"][3]
    assert len(re.findall(r"\*\*[^*]*\b(?:nowhere|no trace|none|is not)\b[^*]*\*\*", TEXT)) >= 6
