"""NHS numbers and pupil numbers are read with their checks; a wrong one is not used, its row is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import normalise
from linkage.encode.numbers import read_nhs_number, read_upn

_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
DIGITS = "0123456789"


def _nhs_check_digit(nine: str) -> int:
    """The check of the NHS data dictionary: weights 10 to 2, 11 less the remainder, 11 counting as 0."""
    return (11 - sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11) % 11


def _upn_check_letter(twelve: str) -> str:
    return _UPN_LETTERS[sum(int(digit) * (place + 2) for place, digit in enumerate(twelve)) % 23]


@pytest.mark.parametrize(
    "text", ["9434765870", "943 476 5870", "943-476-5870", " 9434765870.0 ", "９４３４７６５８７０"]
)
def test_an_nhs_number_is_ten_digits_however_it_is_written(text: str) -> None:
    assert read_nhs_number(text).value == "9434765870"


@given(st.text(alphabet=DIGITS, min_size=9, max_size=9), st.integers(0, 9))
def test_the_check_digit_decides_on_an_nhs_number(nine: str, last: int) -> None:
    reading = read_nhs_number(f"{nine}{last}")
    if len(set(f"{nine}{last}")) == 1:
        assert reading.refused == "placeholder"
    elif last == _nhs_check_digit(nine):
        assert (reading.value, reading.refused) == (f"{nine}{last}", "")
    else:
        assert (reading.value, reading.refused) == ("", "wrong-check-digit")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("943476587", "not-an-nhs-number"),
        ("94347658701", "not-an-nhs-number"),
        ("9.43477E+09", "not-an-nhs-number"),
        ("A801200005001", "not-an-nhs-number"),
        ("1111111111", "placeholder"),
        ("0000000000", "placeholder"),
        ("0", "placeholder"),
        ("not known", "placeholder"),
        ("n/k", "placeholder"),
        ("???", "placeholder"),
        ("9" * 5000, "too-long"),
    ],
)
def test_what_is_no_nhs_number_is_refused(text: str, reason: str) -> None:
    reading = read_nhs_number(text)
    assert (reading.value, reading.refused) == ("", reason)


@pytest.mark.parametrize("text", ["B801200005001", "b801200005001", "B 8012 0000 5001", "B-801-2000-05-001"])
def test_a_pupil_number_is_thirteen_characters_however_it_is_written(text: str) -> None:
    assert read_upn(text).value == "B801200005001"


@given(st.text(alphabet=DIGITS, min_size=12, max_size=12), st.sampled_from(_UPN_LETTERS))
def test_the_check_letter_decides_on_a_pupil_number(twelve: str, letter: str) -> None:
    reading = read_upn(letter + twelve)
    right = letter == _upn_check_letter(twelve)
    assert reading.refused == ("" if right else "wrong-check-letter")
    assert reading.value == (letter + twelve if right else "")


def test_a_pupil_of_a_new_authority_has_a_number_too() -> None:
    assert read_upn("R838200005001").value == "R838200005001"


def test_a_temporary_pupil_number_is_used_with_a_notice() -> None:
    reading = read_upn("M80120000500A")
    assert (reading.value, reading.noticed) == ("M80120000500A", ("temporary-upn",))


@pytest.mark.parametrize("text", ["UN1", "UN2", "UN3", "UN4", "UN5", "UN6", "UN7", "un 7", "", "  "])
def test_the_returns_codes_for_no_pupil_number_are_absent_values(text: str) -> None:
    person = normalise(Identifiers(upn=text))
    assert (person.upn, person.refusals, person.notices) == ("", (), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("S801200005001", "not-a-upn"),
        ("8801200005001", "not-a-upn"),
        ("B80120000500", "not-a-upn"),
        ("B8012000050011", "not-a-upn"),
        ("unknown", "placeholder"),
        ("B" * 5000, "too-long"),
    ],
)
def test_what_is_no_pupil_number_is_refused(text: str, reason: str) -> None:
    reading = read_upn(text)
    assert (reading.value, reading.refused) == ("", reason)


def test_numbers_reach_the_record_and_their_faults_name_the_field() -> None:
    person = normalise(Identifiers(nhs_number="943 476 5870", upn="A801200005001"))
    assert (person.nhs_number, person.upn) == ("9434765870", "")
    (refusal,) = person.refusals
    assert (refusal.field, refusal.reason) == ("upn", "wrong-check-letter")
