"""Any k shares give the epoch key, fewer give nothing, a slip of the pen is found; no word is shown."""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import pickle
import random
import re
import string
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic import Share as Mnemonic
from shamir_mnemonic.cipher import decrypt, encrypt
from shamir_mnemonic.wordlist import WORDLIST

from keys.epoch_key import EpochKey
from keys.share_slips import exchanged_places, wrong_place
from keys.shares import MOST_SHARES, SHARE_WORDS, Share, combine, read_share, share_digest, split
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from tests.oracles import keys_oracle

SOURCE = Path(__file__).parent.parent / "keys" / "shares.py"
VECTORS = json.loads((Path(__file__).parent / "vectors" / "slip39-256.json").read_bytes())
CASES = {case["title"].split(".")[0]: case for case in VECTORS["cases"]}
KEY = EpochKey(bytes(range(32)))
KEYS = st.binary(min_size=32, max_size=32).map(EpochKey)


@pytest.fixture(scope="module")
def shares() -> tuple[Share, ...]:
    return split(KEY, threshold=3, count=5)


def _everything_said(error: BaseException) -> Iterator[str]:
    """Yield all that an error and those it came from could put into a log, local values apart."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.args), *map(repr, vars(seen).values()))
        seen = seen.__cause__ or seen.__context__
    yield re.sub(r'File "[^"]*"', "", "".join(traceback.format_exception(error)))


def _refused(kind: type[ClewError], action: Callable[[Any], object], given_: object) -> str:
    """Check that an action fails with this error, which shows no word of what it was given."""
    with pytest.raises(kind) as caught:
        action(given_)
    assert type(caught.value) is kind
    said = {word for text in _everything_said(caught.value) for word in _words(text)}
    # A traceback also shows lines of the code, which has words in common with the list; so may the folders
    # it lies in, which are left out.
    code = {word for path in (SOURCE, Path(__file__)) for word in _words(path.read_text(encoding="utf-8"))}
    shown = given_ if isinstance(given_, str) else " ".join(share.text for share in given_)  # type: ignore[attr-defined]
    assert {*_words(shown)} & {*WORDLIST} & (said - code) == set()
    return str(caught.value)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def test_all_ten_threes_of_five_give_the_key_and_no_pair_does(shares: tuple[Share, ...]) -> None:
    threes = list(itertools.combinations(shares, 3))
    pairs = list(itertools.combinations(shares, 2))
    assert (len(threes), len(pairs)) == (10, 10)
    assert all(combine(three).matches(KEY.check_value()) for three in threes)
    for pair in pairs:
        said = _refused(InputError, combine, pair)
        assert "2 shares are given, 3 are needed" in said
    for one in shares:
        assert "1 share is given, 3 are needed" in _refused(InputError, combine, [one])


def test_more_than_needed_give_it_too_in_any_order(shares: tuple[Share, ...]) -> None:
    for given_ones in (shares, shares[::-1], shares[1:], (*shares[:3], shares[0])):
        assert combine(given_ones).to_bytes() == KEY.to_bytes()


def test_the_same_share_twice_is_one_share(shares: tuple[Share, ...]) -> None:
    same = (shares[0], shares[1], shares[1], read_share(shares[0].text))
    assert "2 shares are given, 3 are needed" in _refused(InputError, combine, same)
    _refused(InputError, combine, [])


@given(KEYS, st.data())
@settings(max_examples=25)
def test_any_threshold_of_any_count(key: EpochKey, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, MOST_SHARES))
    threshold = data.draw(st.integers(2, count))
    made = split(key, threshold=threshold, count=count)
    assert [(one.index, one.threshold, len(one.words)) for one in made] == [
        (place, threshold, SHARE_WORDS) for place in range(count)
    ]
    chosen = data.draw(st.permutations(made))[:threshold]
    assert combine(chosen).to_bytes() == key.to_bytes()
    with pytest.raises(InputError, match=f"{threshold} are needed"):
        combine(chosen[:-1])


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (1, 3), (0, 3), (4, 3), (2, 17), (17, 17), (-1, 2)])
def test_a_splitting_that_protects_nothing_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(ValueError):
        split(KEY, threshold=threshold, count=count)


def test_every_splitting_is_drawn_anew() -> None:
    values = {Mnemonic.from_mnemonic(split(KEY, threshold=2, count=2)[0].text).value for _ in range(50)}
    assert len(values) == 50
    assert KEY.to_bytes() not in values


def test_every_single_wrong_word_is_found(shares: tuple[Share, ...]) -> None:
    draw = random.Random(1)
    for place in range(SHARE_WORDS):
        for _ in range(4):
            words = list(shares[0].words)
            words[place] = draw.choice([word for word in WORDLIST if word != words[place]])
            said = _refused(FormatError, read_share, " ".join(words))
            assert f"compare word {place + 1} with the sheet" in said


def test_a_word_that_is_none_is_named_by_its_position_only(shares: tuple[Share, ...]) -> None:
    for place in range(SHARE_WORDS):
        for other in ("xyzzy", "aca", "academics", "acade\N{COMBINING ACUTE ACCENT}mic", "1", "—"):
            words = list(shares[0].words)
            words[place] = other
            said = _refused(FormatError, read_share, " ".join(words))
            assert f"word {place + 1} is none of the list" in said
            assert other not in said or other == "1"


def test_any_two_words_that_changed_places_are_found(shares: tuple[Share, ...]) -> None:
    for one, other in itertools.combinations(range(SHARE_WORDS), 2):
        words = list(shares[0].words)
        words[one], words[other] = words[other], words[one]
        if tuple(words) != shares[0].words:
            with pytest.raises(FormatError, match=f"compare words {one + 1} and {other + 1} with"):
                read_share(" ".join(words))


def test_of_several_wrong_words_no_place_is_named(shares: tuple[Share, ...]) -> None:
    draw = random.Random(2)
    for count in (2, 3, 5, 33):
        words = list(shares[0].words)
        for place in draw.sample(range(SHARE_WORDS), count):
            words[place] = draw.choice([word for word in WORDLIST if word != words[place]])
        said = _refused(FormatError, read_share, " ".join(words))
        assert "compare each word, and their order, with the sheet" in said


def test_a_missing_or_further_word_is_counted(shares: tuple[Share, ...]) -> None:
    words = shares[0].words
    for place in range(SHARE_WORDS):
        text = " ".join(words[:place] + words[place + 1 :])
        said = _refused(FormatError, read_share, text)
        assert "a share has 33 words, these are 32" in said
    for text, count in (("", 0), (" \n", 0), (f"{shares[0].text} {words[0]}", 34)):
        assert f"these are {count}" in _refused(FormatError, read_share, text)
    twice = f"{shares[0].text}\n{shares[0].text}"
    assert "these are 66" in _refused(FormatError, read_share, twice)


@given(st.data())
def test_how_words_are_spaced_cased_and_shortened_is_no_matter(data: st.DataObject) -> None:
    share = read_share(CASES["45"]["mnemonics"][0])
    spaces = st.sampled_from([" ", "  ", "\t", "\n", "\r\n", "\N{NO-BREAK SPACE}"])
    typed = []
    for word in share.words:
        kept = word[: data.draw(st.integers(4, len(word)))]
        typed.append(data.draw(st.sampled_from([kept, kept.upper(), kept.title()])) + data.draw(spaces))
    found = read_share(data.draw(spaces) + "".join(typed))
    assert found == share
    assert share_digest(found, ceremony=bytes(32), custodian="ab" * 32) == share_digest(
        share, ceremony=bytes(32), custodian="ab" * 32
    )


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDLIST), max_size=40).map(" ".join)))
def test_whatever_is_typed_gives_a_format_error_or_a_share(text: str) -> None:
    with contextlib.suppress(FormatError):
        assert len(read_share(text).words) == SHARE_WORDS


def test_a_share_of_another_splitting_does_not_go_with_the_others(shares: tuple[Share, ...]) -> None:
    other = split(KEY, threshold=3, count=5)
    while other[0].family == shares[0].family:  # one time in 32,768
        other = split(KEY, threshold=3, count=5)
    mixed = (shares[0], shares[1], other[2])
    said = _refused(VerificationError, combine, mixed)
    assert "share 3 belongs to another splitting than share 1" in said
    _refused(VerificationError, combine, (shares[0], other[0]))


def test_a_share_of_another_threshold_does_not_go_with_the_others(shares: tuple[Share, ...]) -> None:
    changed = dataclasses.replace(shares[2], threshold=2)
    for mixed in ((shares[0], shares[1], changed), (changed, shares[0])):
        assert "another splitting" in _refused(VerificationError, combine, mixed)


def _false(share: Share, *, index: int | None = None) -> Share:
    """Return a share with a right checksum, of the same splitting by its head, that nobody was given."""
    known = Mnemonic.from_mnemonic(share.text)
    value = bytes([known.value[0] ^ 1]) + known.value[1:]
    made = dataclasses.replace(known, value=value, index=share.index if index is None else index)
    return read_share(made.mnemonic())


def test_two_different_shares_of_one_number_are_refused(shares: tuple[Share, ...]) -> None:
    twice = (shares[0], shares[1], _false(shares[1]))
    said = _refused(VerificationError, combine, twice)
    assert "two different shares say that they are number 2" in said


def test_a_false_share_among_those_needed_is_found(shares: tuple[Share, ...]) -> None:
    for place in range(3):
        given_ones = [*shares[:3]]
        given_ones[place] = _false(shares[place])
        said = _refused(VerificationError, combine, given_ones)
        assert "one of them is false" in said


@pytest.mark.parametrize("place", range(5))
def test_a_false_share_beyond_those_needed_is_found_too(shares: tuple[Share, ...], place: int) -> None:
    given_ones = [*shares]
    given_ones[place] = _false(shares[place])
    _refused(VerificationError, combine, given_ones)


FOREIGN = {
    "a key that one share gives": generate_mnemonics(1, [(1, 1)], bytes(32), iteration_exponent=0)[0][0],
    "not extendable": generate_mnemonics(1, [(2, 2)], bytes(32), extendable=False, iteration_exponent=0)[0][
        0
    ],
    "costly to combine": generate_mnemonics(1, [(2, 2)], bytes(32), iteration_exponent=1)[0][0],
    "one group of two": generate_mnemonics(1, [(2, 2), (2, 2)], bytes(32), iteration_exponent=0)[0][0],
    "two groups": generate_mnemonics(2, [(2, 2), (2, 2)], bytes(32), iteration_exponent=0)[0][0],
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_share_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="a share of something else than an epoch key"):
        read_share(FOREIGN[name])


def test_a_share_of_a_key_of_another_length_has_another_count_of_words() -> None:
    (short,) = generate_mnemonics(1, [(2, 2)], bytes(16), iteration_exponent=0)
    with pytest.raises(FormatError, match="these are 20"):
        read_share(short[0])


def test_nothing_of_a_share_is_in_a_representation(shares: tuple[Share, ...]) -> None:
    for text in (repr(shares[0]), str(shares[0]), f"{shares[0]}", repr(shares), f"{shares[0]!r:>80}"):
        assert not {*shares[0].words} & {*re.findall(r"[a-z]+", text)} - {"any", "give", "the", "key"}
    with pytest.raises(TypeError):
        pickle.dumps(shares[0])


def _corrupted(text: str, draw: random.Random) -> str:
    """Return the text with one to three of the slips that people and machines make."""
    for _ in range(draw.randint(1, 3)):
        words, place = text.split(" "), draw.randrange(len(text))
        slip = draw.randrange(7)
        if slip == 0:
            text = text[:place] + draw.choice(string.ascii_letters) + text[place + 1 :]
        elif slip == 1:
            text = text[:place] + text[place + 1 :]
        elif slip == 2:
            text = text[:place] + draw.choice(string.printable) + text[place:]
        elif slip == 3:
            words[draw.randrange(len(words))] = draw.choice(WORDLIST)
            text = " ".join(words)
        elif slip == 4:
            draw.shuffle(words)
            text = " ".join(words)
        elif slip == 5:
            text = text[:place]
        else:
            text = text.replace(draw.choice(words), draw.choice(words))
        if not text:
            return ""
    return text


def test_two_thousand_corruptions_are_refused_or_foreign(shares: tuple[Share, ...]) -> None:
    draw = random.Random(39)
    known = share_digest(shares[0], ceremony=bytes(32), custodian="ab" * 32)
    refused = same = 0
    for _ in range(2000):
        text = _corrupted(shares[0].text, draw)
        try:
            found = read_share(text)
        except FormatError:
            refused += 1
            continue
        if share_digest(found, ceremony=bytes(32), custodian="ab" * 32) == known:
            # Only what stands for the same words: shorter, in capitals, spaced otherwise.
            assert all(
                word.startswith(typed.lower())
                for word, typed in zip(shares[0].words, text.split(), strict=True)
            )
            same += 1
    assert refused + same == 2000
    assert refused > 1800


def test_the_digest_is_that_of_the_oracle_and_of_one_holder_in_one_ceremony(
    shares: tuple[Share, ...],
) -> None:
    ceremony, custodian = b"\x07" * 32, "ab" * 32
    digest = share_digest(shares[0], ceremony=ceremony, custodian=custodian)
    content = bytes.fromhex(custodian) + hashlib.sha256(shares[0].text.encode()).digest()
    assert digest == keys_oracle.labelled("clew/share/1", ceremony + content).hex()
    others = {
        share_digest(shares[1], ceremony=ceremony, custodian=custodian),
        share_digest(shares[0], ceremony=bytes(32), custodian=custodian),
        share_digest(shares[0], ceremony=ceremony, custodian="cd" * 32),
    }
    assert len(others | {digest}) == 4


def _parts(number: str) -> tuple[list[str], bytes]:
    return CASES[number]["mnemonics"], bytes.fromhex(CASES[number]["secret"])


@pytest.mark.parametrize("number", CASES)
def test_the_library_gives_what_was_published(number: str) -> None:
    mnemonics, secret = _parts(number)
    if secret:
        assert combine_mnemonics(mnemonics, VECTORS["passphrase"].encode()) == secret
    else:
        with pytest.raises(MnemonicError):
            combine_mnemonics(mnemonics, VECTORS["passphrase"].encode())


def test_ours_gives_what_was_published_where_the_form_is_ours() -> None:
    # Published with a passphrase, which ours never has: what both decrypt is compared.
    mnemonics, secret = _parts("45")
    head = Mnemonic.from_mnemonic(mnemonics[0])
    parameters = (head.iteration_exponent, head.identifier, head.extendable)
    found = combine([read_share(text) for text in mnemonics]).to_bytes()
    split_value = encrypt(found, b"", *parameters)
    assert decrypt(split_value, VECTORS["passphrase"].encode(), *parameters) == secret
    said = _refused(InputError, combine, [read_share(mnemonics[0])])
    assert "2 are needed" in said


@pytest.mark.parametrize("number", sorted({*CASES} - {"45"}))
def test_ours_refuses_what_was_published_in_another_form(number: str) -> None:
    for text in _parts(number)[0]:
        with pytest.raises(FormatError):
            read_share(text)


def test_nothing_is_wrong_with_the_words_of_a_share(shares: tuple[Share, ...]) -> None:
    for share in shares:
        assert wrong_place(share.words) is None
        assert exchanged_places(share.words) is None
