"""Normalisation takes any Unicode text, never raises, and changes nothing that is already normal."""

import re
import string
import sys
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.conformance import MADE_UP_PEOPLE
from linkage.encode.dates import parse_date
from linkage.encode.identifiers import Identifiers
from linkage.encode.latin import fold, is_blank, repair_mojibake
from linkage.encode.names import other_names
from linkage.encode.normalise import Normalised, Normaliser, normalise
from linkage.encode.places import other_postcodes
from linkage.encode.unicode14 import assigned_only

MESS = st.text(alphabet=st.characters(codec=None)) | st.text(
    alphabet="aáàÃ©Â'’`-–/()\"“ .,0123456789mrdxknb\u0301\u200b\u00a0éǰßﬁ½", max_size=24
)
WORDS = st.lists(
    st.sampled_from(
        [
            "mr",
            "Dr",
            "aka",
            "known as",
            "née",
            "Kate",
            "x",
            "n/k",
            "(",
            ")",
            '"',
            "jr",
            "III",
            "2nd",
            "s/o",
            "/",
            ";",
            "was",
            "baby",
            "of",
            "1",
            "'",
        ]
    ),
    max_size=6,
).map(" ".join)
DATES = st.from_regex(r"[0-3]?[0-9][-/. ][0-3]?[0-9][-/. ](19|20)?[0-9]{2}", fullmatch=True)
NUMBERS = st.text(alphabet="0123456789ABUNX -.", max_size=16) | st.sampled_from(
    ["943 476 5870", "9434765871", "1111111111", "B801200005001", "A801200005001", "M80120000500A", "UN3"]
)
POSTCODES = st.lists(st.sampled_from(["SW1A 1AA", "m1 1ae", "ZZ99 3VZ", ";", "/", "and", "NFA"]), max_size=5)
TEXT = MESS | WORDS
PEOPLE = st.builds(
    Identifiers,
    forename=TEXT,
    surname=TEXT,
    middle_name=TEXT,
    date_of_birth=TEXT | DATES,
    sex=TEXT,
    postcode=TEXT | st.text(alphabet="SWAMZ0192OI ", max_size=9) | POSTCODES.map(" ".join),
    address=TEXT,
    locality=TEXT,
    phone=TEXT | st.text(alphabet="+04()123 ", max_size=18),
    birth_uncertain=st.booleans(),
    nhs_number=TEXT | NUMBERS,
    upn=TEXT | NUMBERS,
    postcode_shared=st.booleans(),
)


def _values(person: Normalised) -> tuple[str, ...]:
    names = [name for name in Normalised.__dataclass_fields__ if name not in ("refusals", "notices")]
    return tuple(getattr(person, name) for name in names)


@given(PEOPLE)
def test_normalising_twice_is_normalising_once(identifiers: Identifiers) -> None:
    person = normalise(identifiers)
    again = normalise(person.identifiers())
    assert _values(again) == _values(person)
    assert again.refusals == ()


def test_the_made_up_people_are_stable_too() -> None:
    for identifiers in MADE_UP_PEOPLE:
        person = normalise(identifiers)
        assert _values(normalise(person.identifiers())) == _values(person)


@given(PEOPLE)
def test_values_keep_to_their_alphabets(identifiers: Identifiers) -> None:
    person = normalise(identifiers)
    letters = re.compile("[a-z]{0,256}")
    assert all(letters.fullmatch(name) for name in (person.forename, person.surname, person.middle_name))
    assert re.fullmatch("((19|20)[0-9]{2})?", person.year)
    assert re.fullmatch("(0[1-9]|1[0-2])?", person.month)
    assert re.fullmatch("([0-2][0-9]|3[01])?", person.day)
    assert person.sex in ("", "m", "f")
    assert re.fullmatch("([A-Z0-9]{3,10})?", person.postcode)
    assert re.fullmatch("([a-z0-9]+( [a-z0-9]+)*)?", person.address)
    assert re.fullmatch("([0-9]{7,15})?", person.phone)
    assert re.fullmatch("([0-9]{10})?", person.nhs_number)
    assert re.fullmatch("([A-Z][0-9]{11}[A-Z0-9])?", person.upn)
    assert not person.shared_postcode or person.postcode
    assert person.tier in ("certain", "uncertain")


@given(PEOPLE)
def test_every_refusal_has_a_reason_and_a_cure_and_none_holds_the_value(identifiers: Identifiers) -> None:
    marked = replace(
        identifiers,
        **{
            field.name: f"{getattr(identifiers, field.name)} qzjxv 98765"
            for field in fields(Identifiers)
            if field.type is str and getattr(identifiers, field.name)
        },
    )
    for person in (normalise(identifiers), normalise(marked)):
        for one in (*person.refusals, *person.notices):
            assert one.field in {field.name for field in fields(Identifiers)}
            assert re.fullmatch("[a-z]+(-[a-z]+)*", one.reason)
            assert len(one.hint.split()) > 3
            assert not re.search("(?i)qzjxv|98765", repr(one))
        assert not re.search("(?i)qzjxv|98765", repr(person))


@given(MESS)
def test_folding_is_total_idempotent_and_ascii(text: str) -> None:
    folded = fold(text)
    assert set(folded) <= set(string.ascii_lowercase + string.digits + "'-/()\" ")
    assert fold(folded) == folded
    assert folded == folded.strip()


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF, exclude_characters=" ")), st.integers(1, 2))
def test_mojibake_is_undone_as_often_as_it_happened(name: str, times: int) -> None:
    once = repair_mojibake(name)
    damaged = once
    for _ in range(times):
        damaged = _damage(damaged)
    assert repair_mojibake(damaged) == once


def _damage(text: str) -> str:
    octets = text.encode("utf-8")
    return "".join(
        bytes((octet,)).decode("latin-1" if octet in b"\x81\x8d\x8f\x90\x9d" else "cp1252")
        for octet in octets
    )


@given(st.lists(PEOPLE, max_size=5))
def test_a_normaliser_that_remembers_gives_what_a_new_one_gives(people: list[Identifiers]) -> None:
    normaliser = Normaliser()
    assert [normaliser(person) for person in people * 2] == [normalise(person) for person in people * 2]


def test_reading_only_some_fields_leaves_the_others_empty() -> None:
    person = Normaliser(only={"forename"})(Identifiers(forename="Jo", surname="Bloggs", sex="F"))
    assert (person.forename, person.surname, person.sex) == ("jo", "", "")


LATER = ["\u0cf3", "\U00011f04", "\U0001e4d0", "\U000323af", "\u1c89", "\U0002ebf0"]
"""Assigned after Unicode 14.0: signs and letters of several scripts, a Chinese character."""


@pytest.mark.parametrize("later", LATER)
def test_no_python_knows_more_characters_than_another(later: str) -> None:
    """Unicode 14.0 is Python 3.11's: what a later one assigns must read as if a space stood there."""
    texts = [field.name for field in fields(Identifiers) if field.type is str]
    for text in ("Ann{}Lee", "SW1A1AA{}M11AE", "04/07/{}2009", "943476{}5919", "m{}"):
        written, spaced = (
            normalise(replace(Identifiers(), **dict.fromkeys(texts, text.format(between))))
            for between in (later, " ")
        )
        assert written == spaced
    assert fold(f"Ann{later}Lee") == "ann lee"
    assert parse_date(f"0{later}4/07/2009", "dmy") == parse_date("0 4/07/2009", "dmy")
    assert other_names(f"Ann{later}aka{later}Nan") == other_names("Ann aka Nan") == ("nan",)
    assert other_postcodes(f"SW1A1AA{later}M11AE") == ("M11AE",)


def test_unassigned_is_what_the_oldest_python_does_not_know() -> None:
    for point in range(sys.maxunicode + 1):
        left_out = assigned_only(chr(point)) == " " != chr(point)
        unassigned = unicodedata.category(chr(point)) == "Cn"
        # A later Unicode assigns more, and unassigns nothing.
        assert left_out == unassigned if unicodedata.unidata_version == "14.0.0" else left_out >= unassigned


def test_blank_is_the_same_for_every_python() -> None:
    assert all(is_blank(chr(point)) == chr(point).isspace() for point in range(sys.maxunicode + 1))


@given(MESS, st.sampled_from(["{}aka{}", "{}m㏪{}b㏪", "annaâšªaka{}âšª{}", "{} {}"]))
def test_a_text_mentions_the_same_names_and_postcodes_as_its_folded_form(text: str, form: str) -> None:
    """What may be looked at more quickly must not be what folding changes."""
    text = form.format(text, text)
    assert other_names(text) == other_names(f" {text} ")
    assert other_postcodes(text) == other_postcodes(f"{text}          ")
