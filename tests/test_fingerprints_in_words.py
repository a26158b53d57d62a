"""A fingerprint is read out in hex digits or in words, and nothing but itself passes for it."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST

from linkage.wire.cards import card_fingerprint
from linkage.wire.fingerprints import FINGERPRINT_WORDS, fingerprint_words, in_words, same_fingerprint
from linkage.wire.signing import fingerprint
from tests.support.agency_desk import Desk, make_epoch, make_unit_keys
from tests.support.custody_world import Stages, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]  # the fixture

SPEC = Path(__file__).parent.parent / "docs/spec/keys-v1.md"
FINGERPRINTS = st.binary(max_size=64).map(fingerprint)
WAYS = st.tuples(st.sampled_from([" ", "-", "  ", "\n", " \u2013 "]), st.integers(0, 2**16 - 1))


def _written(words: tuple[str, ...], between: str, how: int) -> str:
    """Write each word in capitals or not, whole or cut down, as the bits of ``how`` say."""
    chance = random.Random(how)
    cut = [word[: chance.choice([4, 5, 99])] for word in words]
    return between.join(chance.choice([str.upper, str.title, str.lower])(word) for word in cut)


@given(FINGERPRINTS, WAYS)
def test_a_fingerprint_passes_in_every_way_of_writing_it(printed: str, way: tuple[str, int]) -> None:
    words = fingerprint_words(printed)
    assert len(words) == FINGERPRINT_WORDS
    assert set(words) <= set(WORDLIST)
    assert same_fingerprint(_written(words, *way), printed)
    digits = printed.replace(" ", "")
    for given_text in (printed, digits, digits.upper(), printed.replace(" ", "-"), f" {printed}\n"):
        assert same_fingerprint(given_text, printed)
    assert fingerprint_words(digits) == words


@given(FINGERPRINTS, st.integers(0, FINGERPRINT_WORDS - 1), st.sampled_from(WORDLIST), WAYS)
def test_a_single_changed_word_never_passes(
    printed: str, place: int, other: str, way: tuple[str, int]
) -> None:
    words = fingerprint_words(printed)
    changed = (*words[:place], other, *words[place + 1 :])
    assert same_fingerprint(_written(changed, *way), printed) == (other == words[place])


@given(FINGERPRINTS, st.integers(0, FINGERPRINT_WORDS - 2))
def test_words_out_of_order_left_out_or_added_never_pass(printed: str, place: int) -> None:
    words = list(fingerprint_words(printed))
    swapped = [*words[:place], words[place + 1], words[place], *words[place + 2 :]]
    assert same_fingerprint(" ".join(swapped), printed) == (words[place] == words[place + 1])
    assert not same_fingerprint(" ".join(words[:place] + words[place + 1 :]), printed)
    assert not same_fingerprint(" ".join([*words, words[place]]), printed)
    assert not same_fingerprint("".join(words), printed)


@given(FINGERPRINTS, st.integers(0, 39), st.sampled_from("0123456789abcdef"))
def test_a_single_changed_digit_never_passes(printed: str, place: int, other: str) -> None:
    digits = printed.replace(" ", "")
    changed = digits[:place] + other + digits[place + 1 :]
    assert same_fingerprint(changed, printed) == (changed == digits)
    assert not same_fingerprint(digits[:place], printed)
    assert not same_fingerprint(digits + other, printed)


@given(FINGERPRINTS, st.text(max_size=200))
def test_whatever_else_is_typed_is_not_the_same_and_never_fails(printed: str, text: str) -> None:
    assert not same_fingerprint(text, printed)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_word_cut_down_further_is_no_word(cut: int) -> None:
    printed = fingerprint(b"card")
    words = fingerprint_words(printed)
    assert not same_fingerprint(" ".join(word[:cut] for word in words), printed)
    assert not same_fingerprint(" ".join([words[0] + "x", *words[1:]]), printed)
    assert not same_fingerprint(" ".join([words[0][:4] + "x", *words[1:]]), printed)


@pytest.mark.parametrize("wrong", ["", "00", "g" * 40, "A" * 40, "0" * 41])
def test_only_a_fingerprint_has_words(wrong: str) -> None:
    with pytest.raises(ValueError, match="40 hex digits"):
        fingerprint_words(wrong)


def test_the_vector_of_the_specification() -> None:
    text = SPEC.read_text(encoding="utf-8")
    printed = fingerprint(b"")
    assert f"| fingerprint | `{printed}` |" in text
    assert f"| in words | `{in_words(printed)}` |" in text
    assert in_words("0" * 40) == " ".join([WORDLIST[0]] * 16)
    assert in_words("f" * 40) == " ".join([WORDLIST[1023]] * 16)
    assert fingerprint_words("0" * 39 + "1")[-1] == WORDLIST[1]
    assert fingerprint_words("0040" + "0" * 36)[0] == WORDLIST[1]


def test_an_agency_sees_words_beside_the_digits_that_scripts_read(tmp_path: Path) -> None:
    unit = make_unit_keys()
    epoch = make_epoch(unit.card)
    desk = Desk(tmp_path / "desk", "E09", "council")
    made, joined = desk.init(epoch), desk.join(epoch, unit.card)
    own = card_fingerprint(desk.card())
    assert (made.out, joined.out) == (f"{own}\n", f"{card_fingerprint(unit.card)}\n")
    assert f"in words: {in_words(own)}\n" in made.err
    assert f"in words: {in_words(card_fingerprint(unit.card))}\n" in joined.err
    for member in epoch.members:
        assert f"in words: {in_words(card_fingerprint(member.card))}\n" in made.err


def test_custodians_read_out_words_and_take_them(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    opened = next(one for one in stages.outputs if one.err.startswith("ceremony "))
    digits = opened.out.strip()
    words = in_words(digits)
    assert f"in words: {words}\n" in opened.err
    wrong = " ".join(["academic", *words.split()[1:]])
    if not same_fingerprint(wrong, digits):
        refused(world.step("commit", "asha", "--fingerprint", wrong), "not that of this ceremony")
    assert world.step("commit", "asha", "--fingerprint", words.upper().replace(" ", "-")).code == 0
