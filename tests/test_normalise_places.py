"""Postcodes, addresses, sex and phones: one value for one thing, pseudo-values refused."""

import jellyfish
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import normalise
from linkage.encode.places import dwelling, is_uk_postcode, other_postcodes, read_postcode, read_words
from linkage.encode.soundex import soundex
from tests.oracles import encoding_oracle


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (("SW1A 1AA", "sw1a1aa", " SW1A  1AA.", "SW1A-1AA", "SW1A IAA"), "SW1A1AA"),
        (("M1 1AE", "m11ae"), "M11AE"),
        (("DN55 1PT", "DN551PT"), "DN551PT"),
        (("OX1 0AA", "OX1 OAA"), "OX10AA"),
        (("3084", " 3084"), "3084"),
        (("D02 AF30",), "D02AF30"),
    ],
)
def test_one_postcode_is_one_value(texts: tuple[str, ...], value: str) -> None:
    assert {read_postcode(text).value for text in texts} == {value}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ZZ99 3VZ", "pseudo-postcode"),
        ("zz993wz", "pseudo-postcode"),
        ("NFA", "no-fixed-abode"),
        ("No fixed abode", "no-fixed-abode"),
        ("unknown", "placeholder"),
        ("0000", "placeholder"),
        ("99999", "placeholder"),
        ("12", "not-a-postcode"),
        ("LONDON", "not-a-postcode"),
        ("SW1A1AAM11AE", "not-a-postcode"),
        ("--", "not-a-postcode"),
        ("1" * 5000, "too-long"),
    ],
)
def test_what_names_no_place_is_refused(text: str, reason: str) -> None:
    reading = read_postcode(text)
    assert (reading.value, reading.refused) == ("", reason)


def test_another_countrys_postcode_is_used_with_a_notice() -> None:
    assert read_postcode("3084").noticed == ("not-a-uk-postcode",)
    assert read_postcode("SW1A 1AA").noticed == ()


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        ("SW1A 1AA; M1 1AE", "SW1A1AA", ("M11AE",)),
        ("sw1a1aa / m1 1ae / SW1A 1AA", "SW1A1AA", ("M11AE",)),
        ("SW1A 1AA M1 1AE", "SW1A1AA", ("M11AE",)),
        ("ZZ99 3VZ, M1 1AE", "M11AE", ()),
        ("2 High Street, London SW1A 1AA", "SW1A1AA", ()),
        ("SW1A 1AA", "SW1A1AA", ()),
        ("3084", "3084", ()),
        ("ZZ99 3VZ", "", ()),
    ],
)
def test_several_postcodes_in_one_text(text: str, first: str, others: tuple[str, ...]) -> None:
    reading = read_postcode(text)
    assert (reading.value, other_postcodes(text)) == (first, others)
    assert reading.noticed == (
        ("several-postcodes",) if others else ("not-a-uk-postcode",) if text == "3084" else ()
    )


def test_a_shared_postcode_is_marked_where_there_is_one() -> None:
    assert normalise(Identifiers(postcode="SW1A 1AA", postcode_shared=True)).shared_postcode
    assert not normalise(Identifiers(postcode="SW1A 1AA")).shared_postcode
    assert not normalise(Identifiers(postcode="unknown", postcode_shared=True)).shared_postcode


@pytest.mark.parametrize(
    "code", ["SW1A1AA", "M11AE", "B338TH", "CR26XH", "DN551PT", "W1A0AX", "EC1A1BB", "GIR0AA"]
)
def test_every_form_of_a_uk_postcode_is_known(code: str) -> None:
    assert is_uk_postcode(code)
    assert not is_uk_postcode(code[:-1])
    assert not is_uk_postcode(code.lower())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("77 Kingsmill Street", "77 kingsmill street"),
        ("Flat 2, 14-16 St. John's Rd.", "flat 2 14 16 st johns rd"),
        ("  1   Château   Allée ", "1 chateau allee"),
    ],
)
def test_addresses_become_words(text: str, value: str) -> None:
    assert read_words(text).value == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [("N/K", "placeholder"), ("No Fixed Abode", "no-fixed-abode"), ("ab " * 200, "too-long")],
)
def test_addresses_that_name_no_place_are_refused(text: str, reason: str) -> None:
    assert read_words(text).refused == reason


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("77 kingsmill street", "77 K525"),
        ("flat 2 14 mill lane", "2 F430"),
        ("9a st johns wood", "9 J520"),
        ("kingsmill street", ""),
        ("77", ""),
        ("77 a", ""),
        ("", ""),
    ],
)
def test_a_dwelling_is_house_number_and_longest_word(address: str, value: str) -> None:
    assert dwelling(address) == value


@given(st.text(alphabet="abc 019hw", max_size=30))
def test_the_dwelling_agrees_with_the_oracle(text: str) -> None:
    address = read_words(text).value
    assert dwelling(address) == encoding_oracle.dwelling(address)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("robert", "R163"),
        ("rupert", "R163"),
        ("ashcraft", "A261"),
        ("tymczak", "T522"),
        ("pfister", "P236"),
        ("honeyman", "H555"),
        ("lee", "L000"),
        ("", ""),
    ],
)
def test_soundex_gives_the_published_codes(word: str, code: str) -> None:
    assert soundex(word) == code


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=20))
def test_soundex_agrees_with_two_other_implementations(word: str) -> None:
    assert soundex(word) == jellyfish.soundex(word) == encoding_oracle.soundex(word)


@pytest.mark.parametrize(
    ("text", "value"),
    [("M", "m"), ("male", "m"), ("1", "m"), (" Boy ", "m"), ("F", "f"), ("2", "f"), ("Female", "f")]
    + [(text, "") for text in ("U", "0", "9", "X", "unknown", "Not known", "")],
)
def test_sex_is_m_or_f_or_absent(text: str, value: str) -> None:
    person = normalise(Identifiers(sex=text))
    assert (person.sex, person.refusals) == (value, ())


@pytest.mark.parametrize("field", ["sex", "phone", "address", "locality", "postcode"])
@pytest.mark.parametrize("text", ["m" * 4097, "07700 900123" + " " * 4096, " " * 4097, "u" + "." * 4096])
def test_a_text_of_more_than_4096_characters_is_refused_and_not_cut(field: str, text: str) -> None:
    person = normalise(Identifiers(**{field: text}))
    assert getattr(person, field) == ""
    (refusal,) = person.refusals
    assert (refusal.field, refusal.reason) == (field, "too-long")


def test_another_sex_code_is_refused() -> None:
    (refusal,) = normalise(Identifiers(sex="7")).refusals
    assert (refusal.field, refusal.reason) == ("sex", "not-a-sex-code")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+44 (0)20 7946 0958", "02079460958"),
        ("0044 20 7946 0958", "02079460958"),
        ("020 7946 0958", "02079460958"),
        ("7946 0958", "79460958"),
        ("none", ""),
        ("0000000000", ""),
    ],
)
def test_phones_are_digits(text: str, value: str) -> None:
    person = normalise(Identifiers(phone=text))
    assert person.phone == value
    assert bool(person.refusals) == (value == "")
