"""Any k shares give the key, fewer give nothing, and a wrong share, word or number of words is named."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import Share as Mnemonic
from shamir_mnemonic.wordlist import WORDLIST

from keys.epoch_key import EpochKey
from keys.sealed_shares import open_share, recover, require_listed, seal_share
from keys.shares import MOST_SHARES, SHARE_WORDS, Share, combine, read_share, split
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import SealedShare, read_sealed_share
from tests.support.custody import flip, hold

KEY = EpochKey(bytes(range(32)))
FIVE = split(KEY, threshold=3, count=5)
HELD = hold()
NO_WORDS = ("zzzz", "aca", "academicc", "é", "1")


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.integers(2, 5), st.integers(0, 3), st.randoms())
def test_any_k_of_n_shares_in_any_order_give_the_key(
    material: bytes, threshold: int, more: int, random: object
) -> None:
    shares = list(split(EpochKey(material), threshold=threshold, count=threshold + more))
    random.shuffle(shares)  # type: ignore[attr-defined]
    assert combine(shares[:threshold]).to_bytes() == material
    assert combine(shares).to_bytes() == material
    with pytest.raises(InputError, match=f"given, {threshold} are needed"):
        combine(shares[: threshold - 1])


@pytest.mark.parametrize("some", list(itertools.combinations(range(5), 3)))
def test_every_three_of_five_give_the_key(some: tuple[int, ...]) -> None:
    assert combine([FIVE[index] for index in some]).to_bytes() == KEY.to_bytes()


@pytest.mark.parametrize("some", list(itertools.combinations(range(5), 2)))
def test_attack_two_shares_that_say_two_are_enough_give_nothing(some: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="2 shares are given, 3 are needed"):
        combine([FIVE[index] for index in some])
    with pytest.raises(VerificationError, match="do not go together"):
        combine([_with(FIVE[index], member_threshold=2) for index in some])


def _with(share: Share, **changes: object) -> Share:
    """Return the share with other figures in its head and a checksum that fits them."""
    found = Mnemonic.from_mnemonic(share.text)
    return read_share(replace(found, **changes).mnemonic())  # type: ignore[type-var]


def test_the_same_share_twice_counts_once() -> None:
    with pytest.raises(InputError, match="2 shares are given, 3 are needed"):
        combine([FIVE[0], FIVE[1], FIVE[0]])
    with pytest.raises(InputError, match="no share is given"):
        combine([])


def test_splitting_twice_gives_shares_that_do_not_go_together() -> None:
    again = split(KEY, threshold=3, count=5)
    while again[0].family == FIVE[0].family:
        again = split(KEY, threshold=3, count=5)
    with pytest.raises(VerificationError, match="share 2 belongs to another splitting than share 1"):
        combine([FIVE[0], again[1], FIVE[2]])


def test_a_share_of_another_splitting_in_disguise_is_not_combined() -> None:
    other = split(EpochKey(b"\x01" * 32), threshold=3, count=5)
    disguised = _with(other[1], identifier=FIVE[0].family)
    with pytest.raises(VerificationError, match="do not go together: one of them is false"):
        combine([FIVE[0], disguised, FIVE[2]])
    with pytest.raises(VerificationError, match="two different shares say that they are number 2"):
        combine([FIVE[0], disguised, FIVE[1]])


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (0, 2), (3, 2), (2, MOST_SHARES + 1), (1, 1)])
def test_a_splitting_that_keeps_nothing_apart_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        split(KEY, threshold=threshold, count=count)


def test_sixteen_of_sixteen() -> None:
    assert combine(split(KEY, threshold=16, count=16)).to_bytes() == KEY.to_bytes()


# Words


@given(st.sampled_from(FIVE), st.booleans(), st.booleans(), st.sampled_from([" ", "  ", "\n", "\t", "\r\n"]))
def test_words_are_read_however_they_are_written(share: Share, upper: bool, short: bool, gap: str) -> None:
    words = [word[:4] if short else word for word in share.words]
    text = gap.join(words)
    assert read_share(text.upper() if upper else text) == share
    assert len(share.words) == SHARE_WORDS


@given(st.sampled_from(FIVE), st.integers(0, SHARE_WORDS - 1), st.sampled_from(WORDLIST))
def test_another_word_of_the_list_is_noticed(share: Share, place: int, word: str) -> None:
    words = list(share.words)
    if words[place] != word:
        words[place] = word
        with pytest.raises(FormatError, match="a word is wrong, or two have changed places"):
            read_share(" ".join(words))


@given(st.sampled_from(FIVE), st.integers(0, SHARE_WORDS - 2))
def test_two_words_that_changed_places_are_noticed(share: Share, place: int) -> None:
    words = list(share.words)
    words[place], words[place + 1] = words[place + 1], words[place]
    if tuple(words) != share.words:
        with pytest.raises(FormatError, match="two have changed places"):
            read_share(" ".join(words))


@given(
    st.sampled_from(FIVE),
    st.integers(0, SHARE_WORDS - 1),
    st.sampled_from(NO_WORDS),
)
def test_a_word_of_no_list_is_named_by_its_place_and_never_shown(share: Share, place: int, word: str) -> None:
    words = list(share.words)
    words[place] = word
    with pytest.raises(FormatError) as caught:
        read_share(" ".join(words))
    assert caught.value.message == f"word {place + 1} is none of the list"


@pytest.mark.parametrize("count", [0, 1, 20, 32, 34])
def test_too_few_and_too_many_words_are_counted(count: int) -> None:
    words = (FIVE[0].words * 2)[:count]
    with pytest.raises(FormatError, match=f"a share has 33 words, these are {count}"):
        read_share(" ".join(words))


@given(st.text(max_size=300))
def test_any_text_is_a_share_or_an_error_of_ours(text: str) -> None:
    with pytest.raises(FormatError):
        read_share(text)


def test_a_share_of_a_secret_in_groups_is_no_share_of_an_epoch_key() -> None:
    with pytest.raises(FormatError, match="something else than an epoch key"):
        _with(FIVE[0], group_threshold=2, group_count=2)


def test_a_share_shows_no_word() -> None:
    for text in (repr(FIVE[0]), str(FIVE), f"{FIVE[1]}"):
        assert not any(word in text.split() for share in FIVE for word in share.words)
    assert repr(FIVE[0]) == "Share(1, any 3 give the key)"


# Sealed shares


def _sealed(name: str) -> SealedShare:
    return HELD.closing.shares[HELD.of(name).identity.public_key]


@settings(max_examples=60)
@given(st.integers(min_value=0), st.sampled_from(["Asha", "Ben", "Carol"]))
def test_a_flipped_bit_of_a_sealed_share_is_refused(bit: int, name: str) -> None:
    data, descriptor = flip(canonical(_sealed(name)), bit), HELD.closing.descriptor
    with pytest.raises(ClewError):
        open_share(read_sealed_share(data), HELD.of(name).identity, descriptor)


@given(st.integers(0, len(canonical(_sealed("Asha"))) - 1))
def test_a_sealed_share_cut_short_is_refused(length: int) -> None:
    with pytest.raises(ClewError):
        read_sealed_share(canonical(_sealed("Asha"))[:length])


def test_a_sealed_share_opens_for_its_holder_and_descriptor_only() -> None:
    descriptor, other = HELD.closing.descriptor, hold(HELD.parties)
    asha, ben = HELD.of("Asha").identity, HELD.of("Ben").identity
    attempts = [(_sealed("Asha"), ben, descriptor), (_sealed("Ben"), asha, descriptor)]
    attempts += [(_sealed("Asha"), asha, other.closing.descriptor)]
    for sealed, identity, against in attempts:
        with pytest.raises(VerificationError) as caught:
            open_share(sealed, identity, against)
        assert caught.value.message == "the share does not open for this identity in this epoch"


def test_a_share_is_listed_at_its_own_place_and_in_its_own_ceremony() -> None:
    descriptor, other = HELD.closing.descriptor, hold(HELD.parties)
    for one in HELD.parties:
        share = HELD.share(one.card.name)
        assert require_listed(share, descriptor, [HELD.terms.id]) == one.identity.public_key
        assert require_listed(share, descriptor, [other.terms.id, HELD.terms.id]) == one.identity.public_key
        for wrong, ceremonies in (
            (descriptor, [other.terms.id]),
            (descriptor, []),
            (other.closing.descriptor, [HELD.terms.id]),
        ):
            with pytest.raises(VerificationError, match="not one of those that the epoch descriptor lists"):
                require_listed(share, wrong, ceremonies)
    beyond = split(HELD.key, threshold=2, count=5)[4]
    with pytest.raises(VerificationError, match="not one of those"):
        require_listed(beyond, descriptor, [HELD.terms.id])


def test_shares_of_another_epoch_together_give_a_key_that_is_not_this_ones() -> None:
    other = hold(HELD.parties)
    with pytest.raises(VerificationError, match="another key than the epoch descriptor states"):
        recover([other.share("Asha"), other.share("Ben")], HELD.closing.descriptor)


def test_sealing_a_share_twice_gives_two_ciphertexts_of_one_length() -> None:
    asha, descriptor = HELD.of("Asha"), HELD.closing.descriptor
    again = seal_share(HELD.share("Asha"), descriptor, holder=asha.card)
    assert again.ciphertext != _sealed("Asha").ciphertext
    assert len(again.ciphertext) == len(_sealed("Ben").ciphertext)
    assert open_share(again, asha.identity, descriptor) == HELD.share("Asha")
