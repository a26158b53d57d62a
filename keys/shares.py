"""Shares of the epoch key: any k of n custodians together have it, fewer know nothing (docs/spec/keys-v1.md).

SLIP-39 by its reference implementation: 33 words, with a checksum that catches a slip of the pen.  The
passphrase of SLIP-39 is not used: each share lies under its custodian's own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from cryptography.hazmat.primitives.constant_time import bytes_eq
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic import Share as Mnemonic
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from keys.digests import labelled_digest
from keys.epoch_key import EpochKey
from keys.share_slips import exchanged_places, wrong_place
from linkage.errors import FormatError, InputError, VerificationError

__all__ = [
    "MOST_SHARES",
    "SHARE_WORDS",
    "Share",
    "combine",
    "read_share",
    "read_word",
    "share_digest",
    "split",
]

SHARE_WORDS: Final = 33
"""Of a share of 32 bytes."""
MOST_SHARES: Final = 16
_FEWEST_NEEDED: Final = 2
_VALUE_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Share:
    """One custodian's share: its words, its place among the shares, and how many of them give the key.

    The representation shows no word, and it refuses to be pickled.
    """

    words: tuple[str, ...]
    index: int
    threshold: int
    family: int
    """Equal in all shares of one splitting, and in those of others only by chance (15 bits)."""

    def __repr__(self) -> str:
        return f"Share({self.index + 1}, any {self.threshold} give the key)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a share cannot be pickled")

    @property
    def text(self) -> str:
        """The words, joined by single spaces: what is sealed, and what a digest is made of."""
        return " ".join(self.words)


def split(epoch_key: EpochKey, *, threshold: int, count: int) -> tuple[Share, ...]:
    """Split a key anew into ``count`` shares of which any ``threshold`` give it back.

    Every splitting draws other shares from the operating system, and shares of two do not go together.
    Raises :class:`ValueError` for a threshold below 2 or above the count, or more than 16 shares.
    """
    if not _FEWEST_NEEDED <= threshold <= count <= MOST_SHARES:
        raise ValueError("a key is split into 2 to 16 shares of which at least 2 are needed")
    (mnemonics,) = generate_mnemonics(1, [(threshold, count)], epoch_key.to_bytes(), iteration_exponent=0)
    return tuple(map(read_share, mnemonics))


def read_share(text: str) -> Share:
    """Read a share's words, however they are spaced and cased; each word may be its first four letters.

    Raises :class:`FormatError`, which says which word is wrong, which two have changed places or how many
    there are, and shows no word.
    """
    words = tuple(read_word(word, place=place) for place, word in enumerate(text.split(), start=1))
    if len(words) != SHARE_WORDS:
        raise FormatError(
            f"a share has {SHARE_WORDS} words, these are {len(words)}", hint="type every word of the sheet"
        )
    found = _decoded(" ".join(words))
    if found is None:
        # Not within an except block: what the library says of the words holds some of them.
        raise FormatError(
            "the words are not those of a share: a word is wrong, or two have changed places",
            hint=f"compare {_suspect(words)} with the sheet",
        )
    if not _is_of_an_epoch_key(found):
        raise FormatError("a share of something else than an epoch key", hint="use the sheet of this epoch")
    return Share(words, found.index, found.member_threshold, found.identifier)


def read_word(word: str, *, place: int) -> str:
    """Return the word of the list that a word is, or begins as: no two begin with the same four letters.

    Raises :class:`FormatError`, which names the place, from 1, and not the word.
    """
    lower = word.lower()
    if lower in WORD_INDEX_MAP:
        return lower
    found = [known for known in WORD_INDEX_MAP if len(lower) >= 4 and known.startswith(lower)]
    if len(found) != 1:
        raise FormatError(f"word {place} is none of the list", hint="compare it with the sheet")
    return str(found[0])


def combine(shares: Sequence[Share]) -> EpochKey:
    """Return the key that shares give together; compare its check value with the epoch descriptor's.

    Where there are more than needed, every one must go with the others.  Raises :class:`InputError` for
    too few, and :class:`VerificationError` for shares that do not go together, which says which.
    """
    distinct = _distinct(shares)
    needed = distinct[0].threshold
    if len(distinct) < needed:
        given = "1 share is" if len(distinct) == 1 else f"{len(distinct)} shares are"
        raise InputError(f"{given} given, {needed} are needed", hint="ask another custodian")
    chosen, surplus = distinct[:needed], distinct[needed:]
    key = _recovered(chosen)
    others = [_recovered([*chosen[1:], one]) for one in surplus]
    if key is None or any(other is None or not bytes_eq(key, other) for other in others):
        raise VerificationError(
            "the shares do not go together: one of them is false",
            hint="check each with `clew keys share check`",
        )
    return EpochKey(key)


def share_digest(share: Share, *, ceremony: bytes, custodian: str) -> str:
    """Return the digest by which a share is known as a custodian's in a ceremony (32 bytes in hex).

    It tells nothing of the share, which nobody can guess.  ``ceremony``: its id; ``custodian``: the public
    signing key.
    """
    content = hashlib.sha256(share.text.encode()).digest()
    return labelled_digest("clew/share/1", ceremony, bytes.fromhex(custodian), content).hex()


def _suspect(words: Sequence[str]) -> str:
    wrong = wrong_place(words)
    if wrong is not None:
        return f"word {wrong}"
    exchanged = exchanged_places(words)
    if exchanged is not None:
        return f"words {exchanged[0]} and {exchanged[1]}"
    return "each word, and their order,"


def _decoded(text: str) -> Mnemonic | None:
    try:
        return Mnemonic.from_mnemonic(text)
    except MnemonicError:
        return None


def _is_of_an_epoch_key(found: Mnemonic) -> bool:
    """Say whether a share is of the only form that :func:`split` makes.

    Of one that a single share gives, or that takes 2^15 times the work, nobody here knows the origin.
    """
    form = (found.group_index, found.group_threshold, found.group_count, found.iteration_exponent)
    return (
        form == (0, 1, 1, 0)
        and found.extendable
        and found.member_threshold >= _FEWEST_NEEDED
        and len(found.value) == _VALUE_BYTES
    )


def _distinct(shares: Sequence[Share]) -> list[Share]:
    """Return every share once; all are of one splitting, and no two say that they are the same one."""
    if not shares:
        raise InputError("no share is given", hint="give the shares of as many custodians as the epoch needs")
    found: dict[int, Share] = {}
    for share in shares:
        if (share.family, share.threshold) != (shares[0].family, shares[0].threshold):
            raise VerificationError(
                f"share {share.index + 1} belongs to another splitting than share {shares[0].index + 1}",
                hint="use shares of one epoch",
            )
        if found.setdefault(share.index, share) != share:
            raise VerificationError(
                f"two different shares say that they are number {share.index + 1}",
                hint="check each with `clew keys share check`",
            )
    return list(found.values())


def _recovered(shares: Sequence[Share]) -> bytes | None:
    try:
        return bytes(combine_mnemonics([share.text for share in shares]))
    except MnemonicError:
        return None
