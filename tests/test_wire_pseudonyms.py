"""A pseudonym that is typed wrongly is refused, never taken for another person's."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from linkage.errors import FormatError
from linkage.wire.pseudonyms import (
    ALPHABET,
    BODY_SYMBOLS,
    MAX_GENERATION,
    PREFIXES,
    Pseudonym,
    check_number,
    read_pseudonym,
    write_pseudonym,
)

PSEUDONYMS = st.builds(
    Pseudonym,
    kind=st.sampled_from(list(PREFIXES)),
    generation=st.integers(1, MAX_GENERATION),
    number=st.integers(0, len(ALPHABET) ** BODY_SYMBOLS - 1),
)
TYPED = string.digits + string.ascii_uppercase


@given(PSEUDONYMS)
def test_what_is_written_is_read(one: Pseudonym) -> None:
    assert read_pseudonym(write_pseudonym(one)) == one


@given(PSEUDONYMS, st.randoms(use_true_random=False))
def test_case_spaces_and_hyphens_make_no_difference(one: Pseudonym, chance: random.Random) -> None:
    plain = write_pseudonym(one).replace("-", "")
    spread = "".join(letter + chance.choice(("", "", " ", "-", "\u2011", " \u2013 ")) for letter in plain)
    assert (
        read_pseudonym("".join(map(chance.choice, zip(spread.upper(), spread.lower(), strict=True)))) == one
    )


@given(PSEUDONYMS)
def test_every_single_wrong_character_is_caught(one: Pseudonym) -> None:
    text = write_pseudonym(one).replace("-", "")
    for place, right in enumerate(text):
        for wrong in TYPED:
            if wrong != right:
                with pytest.raises(FormatError):
                    read_pseudonym(text[:place] + wrong + text[place + 1 :])


@given(PSEUDONYMS)
def test_every_swap_of_neighbours_is_caught(one: Pseudonym) -> None:
    text = write_pseudonym(one).replace("-", "")
    for place in range(len(text) - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if swapped != text:
            with pytest.raises(FormatError):
                read_pseudonym(swapped)


@given(PSEUDONYMS)
def test_every_swap_over_one_character_is_caught(one: Pseudonym) -> None:
    text = write_pseudonym(one).replace("-", "")
    for place in range(len(text) - 2):
        a, b, c = text[place : place + 3]
        jumped = text[:place] + c + b + a + text[place + 3 :]
        if jumped != text:
            with pytest.raises(FormatError):
                read_pseudonym(jumped)


def test_no_two_symbols_look_alike_and_none_is_a_vowel() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert not set(ALPHABET) & set("AEIOU01")
    for alike in ("8B", "5S", "2Z", "6G", "0OQD", "1IL"):
        assert len(set(alike) & set(ALPHABET)) <= 1, alike


def test_prefixes_are_no_slip_of_one_another() -> None:
    prefixes = list(PREFIXES.values())
    for one in prefixes:
        for other in prefixes:
            if one != other:
                assert sum(a != b for a, b in zip(one, other, strict=True)) >= 2
                assert sorted(one) != sorted(other)


def test_the_check_is_the_published_one_with_another_radix() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        number = chance.randrange(10 ** chance.randint(1, 20))
        published = int(mod_97_10.calc_check_digits(str(number)))
        assert check_number(number, radix=10, modulus=97) == published % 97


def test_random_text_hardly_ever_passes() -> None:
    chance = random.Random(7)
    passed = 0
    for _ in range(20_000):
        body = "".join(chance.choice(ALPHABET) for _ in range(BODY_SYMBOLS + 2))
        try:
            read_pseudonym(f"REG1{body}")
        except FormatError:
            continue
        passed += 1
    assert 10 <= passed <= 80  # one in 521


@pytest.mark.parametrize("text", ["", "REG7", "REG0-" + "2222-" * 5, "XXX1-" + "2222-" * 5, "РEG1", "é" * 24])
def test_what_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_pseudonym(text)
    assert not text or text not in str(caught.value)


def test_vectors() -> None:
    assert write_pseudonym(Pseudonym("operator", 1, 0)) == VECTORS[0]
    assert write_pseudonym(Pseudonym("research", 12, 23**18 - 1)) == VECTORS[1]


VECTORS = ("REG1-2222-2222-2222-2222-226H", "RSC12-YYYY-YYYY-YYYY-YYYY-YYMJ")
