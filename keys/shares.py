"""Shares of the epoch key: any k of n custodians together have it, fewer know nothing (docs/spec/keys-1.md).

SLIP-39 by its reference implementation: 33 words, with a checksum that catches a slip of the pen.  The
passphrase of SLIP-39 is not used: each share lies under its custodian's own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic import Share as Mnemonic
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from keys.digests import labelled_digest
from keys.epoch_key import EpochKey
from linkage.errors import FormatError, InputError, VerificationError

__all__ = ["MOST_SHARES", "SHARE_WORDS", "Share", "combine", "read_share", "share_digest", "split"]

SHARE_WORDS: Final = 33
"""Of a share of 32 bytes."""
MOST_SHARES: Final = 16
_VALUE_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Share:
    """One custodian's share: its words, its place among the shares, and how many of them give the key.

    The representation shows no word.
    """

    words: tuple[str, ...]
    index: int
    threshold: int
    family: int
    """Equal in all shares of one splitting, and in those of others only by chance (15 bits)."""

    def __repr__(self) -> str:
        return f"Share({self.index + 1}, any {self.threshold} give the key)"

    @property
    def text(self) -> str:
        """The words, joined by single spaces: what is sealed, and what a digest is made of."""
        return " ".join(self.words)


def split(epoch_key: EpochKey, *, threshold: int, count: int) -> tuple[Share, ...]:
    """Split a key anew into ``count`` shares of which any ``threshold`` give it back.

    Every splitting draws other shares from the operating system, and shares of two do not go together.
    Raises :class:`ValueError` for a threshold below 2 or above the count, or more than 16 shares.
    """
    if not 2 <= threshold <= count <= MOST_SHARES:
        raise ValueError("a key is split into 2 to 16 shares of which at least 2 are needed")
    (mnemonics,) = generate_mnemonics(1, [(threshold, count)], epoch_key.to_bytes(), iteration_exponent=0)
    return tuple(map(read_share, mnemonics))


def read_share(text: str) -> Share:
    """Read a share's words, however they are spaced and cased; each word may be its first four letters.

    Raises :class:`FormatError`, which says which word is none or how many there are, and shows no word.
    """
    words = tuple(_whole(word, place) for place, word in enumerate(text.split(), start=1))
    if len(words) != SHARE_WORDS:
        raise FormatError(
            f"a share has {SHARE_WORDS} words, these are {len(words)}", hint="type every word of the sheet"
        )
    try:
        found = Mnemonic.from_mnemonic(" ".join(words))
    except MnemonicError:
        raise FormatError(
            "the words are not those of a share: a word is wrong, or two have changed places",
            hint="compare each word with the sheet, and their order",
        ) from None
    if (found.group_threshold, found.group_count, len(found.value)) != (1, 1, _VALUE_BYTES):
        raise FormatError("a share of something else than an epoch key", hint="use the sheet of this epoch")
    return Share(words, found.index, found.member_threshold, found.identifier)


def combine(shares: Sequence[Share]) -> EpochKey:
    """Return the key that shares give together; compare its check value with the epoch descriptor's.

    Raises :class:`InputError` for too few, and :class:`VerificationError` for shares that do not go
    together, which says which.
    """
    distinct = {share.index: share for share in shares}
    first = next(iter(distinct.values()), None)
    if first is None:
        raise InputError("no share is given", hint="give the shares of as many custodians as the epoch needs")
    for share in shares:
        if (share.family, share.threshold) != (first.family, first.threshold):
            raise VerificationError(
                f"share {share.index + 1} belongs to another splitting than share {first.index + 1}",
                hint="use shares of one epoch",
            )
        if share != distinct[share.index]:
            raise VerificationError(
                f"two different shares say that they are number {share.index + 1}",
                hint="check each with `clew keys share check`",
            )
    if len(distinct) < first.threshold:
        raise InputError(
            f"{len(distinct)} shares are given, {first.threshold} are needed",
            hint="ask another custodian",
        )
    chosen = [share.text for share in list(distinct.values())[: first.threshold]]
    try:
        return EpochKey(combine_mnemonics(chosen))
    except MnemonicError:
        raise VerificationError(
            "the shares do not go together: one of them is false",
            hint="check each with `clew keys share check`",
        ) from None


def share_digest(share: Share, *, ceremony: bytes, custodian: str) -> str:
    """Return the digest by which a share is known as a custodian's in a ceremony (32 bytes in hex).

    It tells nothing of the share, which nobody can guess.  ``ceremony``: its id; ``custodian``: the public
    signing key.
    """
    content = hashlib.sha256(share.text.encode()).digest()
    return labelled_digest("clew/share/1", ceremony, bytes.fromhex(custodian), content).hex()


def _whole(word: str, place: int) -> str:
    """Return the word of the list that a word is, or begins as: no two begin with the same four letters."""
    lower = word.lower()
    if lower in WORD_INDEX_MAP:
        return lower
    found = [known for known in WORD_INDEX_MAP if len(lower) >= 4 and known.startswith(lower)]
    if len(found) != 1:
        raise FormatError(f"word {place} is none of the list", hint="compare it with the sheet")
    return str(found[0])
