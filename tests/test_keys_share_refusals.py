"""What is refused of shares, and the words in which it is said: all of them, to the letter."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from shamir_mnemonic import generate_mnemonics
from shamir_mnemonic.share import Share as Mnemonic

from keys.epoch_key import EpochKey
from keys.shares import MOST_SHARES, SHARE_WORDS, Share, combine, read_share, split
from linkage.errors import FormatError, InputError, VerificationError
from tests.support.refusals import told

KEY = EpochKey(bytes(range(32)))
SHARES = split(KEY, threshold=2, count=3)
OTHERS = split(KEY, threshold=2, count=3)
CHECK = "check each with `clew keys share check`"


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (4, 3), (2, MOST_SHARES + 1), (0, 0)])
def test_a_key_is_split_into_as_many_as_make_sense(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match="a key is split") as caught:
        split(KEY, threshold=threshold, count=count)
    assert str(caught.value) == "a key is split into 2 to 16 shares of which at least 2 are needed"


@pytest.mark.parametrize(("threshold", "count"), [(2, 2), (3, 3), (2, MOST_SHARES)])
def test_the_ends_of_what_makes_sense(threshold: int, count: int) -> None:
    shares = split(KEY, threshold=threshold, count=count)
    assert len(shares) == count
    assert combine(shares[-threshold:]).to_bytes() == KEY.to_bytes()


def test_a_word_of_none_or_of_several() -> None:
    words = list(SHARES[0].words)
    for place, wrong in ((1, "zzzz"), (7, words[6][:3]), (33, "")):
        changed = " ".join([*words[: place - 1], wrong or "x", *words[place:]])
        assert told(lambda text=changed: read_share(text), FormatError) == (  # type: ignore[misc]
            f"word {place} is none of the list",
            "compare it with the sheet",
        )


def test_four_letters_are_enough_and_case_and_spaces_are_nothing() -> None:
    assert read_share("  ".join(word[:4].upper() for word in SHARES[0].words)) == SHARES[0]


@pytest.mark.parametrize("count", [0, 1, SHARE_WORDS - 1, SHARE_WORDS + 1])
def test_a_number_of_words_that_is_not_a_share_s(count: int) -> None:
    words = (*SHARES[0].words, "academic")[:count]
    assert told(lambda: read_share(" ".join(words)), FormatError) == (
        f"a share has {SHARE_WORDS} words, these are {count}",
        "type every word of the sheet",
    )


def test_a_wrong_word_and_words_that_changed_places() -> None:
    said = "the words are not those of a share: a word is wrong, or two have changed places"
    words = list(SHARES[0].words)
    wrong = [*words[:9], "academic" if words[9] != "academic" else "acid", *words[10:]]
    assert told(lambda: read_share(" ".join(wrong)), FormatError) == (said, "compare word 10 with the sheet")
    first = next(n for n in range(4, 32) if words[n] != words[n + 1])
    words[first], words[first + 1] = words[first + 1], words[first]
    assert told(lambda: read_share(" ".join(words)), FormatError) == (
        said,
        f"compare words {first + 1} and {first + 2} with the sheet",
    )
    jumbled = " ".join(SHARES[0].words[::-1])
    assert told(lambda: read_share(jumbled), FormatError) == (
        said,
        "compare each word, and their order, with the sheet",
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: generate_mnemonics(1, [(1, 1)], bytes(32), iteration_exponent=0),
        lambda: generate_mnemonics(1, [(2, 3)], bytes(32), iteration_exponent=1),
        lambda: generate_mnemonics(1, [(2, 3)], bytes(32), iteration_exponent=0, extendable=False),
        lambda: generate_mnemonics(2, [(2, 3), (2, 3)], bytes(32), iteration_exponent=0),
    ],
)
def test_a_share_of_a_wallet(make: Callable[[], list[list[str]]]) -> None:
    for mnemonic in (one for group in make() for one in group):
        assert told(lambda text=mnemonic: read_share(text), FormatError) == (  # type: ignore[misc]
            "a share of something else than an epoch key",
            "use the sheet of this epoch",
        )


def test_too_few_shares() -> None:
    assert told(lambda: combine(()), InputError) == (
        "no share is given",
        "give the shares of as many custodians as the epoch needs",
    )
    assert told(lambda: combine(SHARES[:1]), InputError) == (
        "1 share is given, 2 are needed",
        "ask another custodian",
    )
    assert told(lambda: combine((SHARES[0], SHARES[0])), InputError)[0] == "1 share is given, 2 are needed"
    three = split(KEY, threshold=3, count=3)
    assert told(lambda: combine(three[:2]), InputError)[0] == "2 shares are given, 3 are needed"


def test_shares_of_two_splittings() -> None:
    assert told(lambda: combine((SHARES[0], OTHERS[2])), VerificationError) == (
        "share 3 belongs to another splitting than share 1",
        "use shares of one epoch",
    )
    changed = replace(SHARES[1], threshold=3)
    assert told(lambda: combine((SHARES[0], changed)), VerificationError)[0] == (
        "share 2 belongs to another splitting than share 1"
    )


def _forged(share: Share) -> Share:
    """Return a share that says it is one of a splitting, with a value that is not."""
    found = Mnemonic.from_mnemonic(share.text)
    value = bytes([found.value[0] ^ 1]) + found.value[1:]
    return read_share(replace(found, value=value).mnemonic())


def test_a_false_share() -> None:
    false = _forged(SHARES[1])
    words = ("the shares do not go together: one of them is false", CHECK)
    assert told(lambda: combine((SHARES[0], false)), VerificationError) == words
    assert told(lambda: combine((SHARES[0], SHARES[2], false)), VerificationError) == words
    assert told(lambda: combine((SHARES[1], false)), VerificationError) == (
        "two different shares say that they are number 2",
        CHECK,
    )
    assert combine(SHARES).to_bytes() == KEY.to_bytes()
