"""Normalisation takes any Unicode text, never raises, and changes nothing that is already normal."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.conformance import MADE_UP_PEOPLE
from linkage.encode.identifiers import Identifiers
from linkage.encode.latin import fold, repair_mojibake
from linkage.encode.normalise import Normalised, Normaliser, normalise

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
            "baby",
            "of",
            "1",
            "'",
        ]
    ),
    max_size=6,
).map(" ".join)
DATES = st.from_regex(r"[0-3]?[0-9][-/. ][0-3]?[0-9][-/. ](19|20)?[0-9]{2}", fullmatch=True)
TEXT = MESS | WORDS
PEOPLE = st.builds(
    Identifiers,
    forename=TEXT,
    surname=TEXT,
    middle_name=TEXT,
    date_of_birth=TEXT | DATES,
    sex=TEXT,
    postcode=TEXT | st.text(alphabet="SWAMZ0192OI ", max_size=9),
    address=TEXT,
    locality=TEXT,
    phone=TEXT | st.text(alphabet="+04()123 ", max_size=18),
    birth_uncertain=st.booleans(),
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
    assert person.tier in ("certain", "uncertain")


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
