"""Pseudonyms of persons, different for every audience and every generation of its key.

A person's own identifier is random and never leaves.  What an audience sees is an HMAC of it under that
audience's own random key, so that two audiences cannot join what they hold, and neither can anybody who has
one of the keys.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from linkage.errors import InputError
from linkage.wire.derivation import derive, keyed_digest
from linkage.wire.pseudonyms import (
    ALPHABET,
    BODY_SYMBOLS,
    AudienceKind,
    Pseudonym,
    read_pseudonym,
    write_pseudonym,
)

__all__ = ["GENERATION_0", "Pseudonymiser", "generation_of", "translated"]

GENERATION_0: Final = 0
"""What older releases wrote for the operator: ``P-`` and 16 letters and digits, without a check."""

_OLD_PREFIX = "P-"
_OLD_BYTES = 10


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonymiser:
    """One generation of one audience's key, which makes that audience's pseudonyms."""

    audience: str
    kind: AudienceKind
    generation: int
    key: bytes

    def __repr__(self) -> str:
        return f"Pseudonymiser({self.audience!r}, generation={self.generation})"

    def of(self, person: str) -> str:
        """Return a person's pseudonym (``person``: 32 hex digits)."""
        return next(self.of_many((person,)))

    def of_many(self, persons: Iterable[str]) -> Iterator[str]:
        """Return the pseudonyms of persons in their order; the key is derived once."""
        if self.generation == GENERATION_0:
            key = derive(self.key, "unit/pseudonym/operator")
        else:
            key = derive(self.key, f"unit/pseudonym/{self.audience}/{self.generation}")
        for person in persons:
            yield self._written(keyed_digest(key, bytes.fromhex(person)))

    def _written(self, digest: bytes) -> str:
        if self.generation == GENERATION_0:
            return _OLD_PREFIX + base64.b32encode(digest[:_OLD_BYTES]).decode()
        # 256 bits over 81: no number is likelier than another by more than 2^-174.
        number = int.from_bytes(digest, "big") % len(ALPHABET) ** BODY_SYMBOLS
        return write_pseudonym(Pseudonym(self.kind, self.generation, number))

    def check_value(self) -> str:
        """Return what tells this key from any other and says nothing about it."""
        label = f"unit/audience-key-check/{self.audience}/{self.generation}"
        return derive(self.key, label, 16).hex()

    def normal(self, text: str) -> str:
        """Return a pseudonym as this key writes it, however it was typed.

        Raises :class:`linkage.errors.ClewError` for one that fails its check or is another audience's kind.
        """
        if self.generation == GENERATION_0:
            return _OLD_PREFIX + "".join(text.upper().split()).removeprefix(_OLD_PREFIX)
        found = read_pseudonym(text)
        if found.kind != self.kind:
            raise InputError(
                f"a pseudonym of an audience of kind {found.kind}: {self.audience} is of kind {self.kind}",
                hint="name the audience that it came from with --audience",
            )
        return write_pseudonym(found)


def generation_of(text: str) -> int:
    """Return the generation that a pseudonym says it is of; raises :class:`linkage.errors.FormatError`."""
    plain = "".join(text.upper().split())
    if plain.startswith(_OLD_PREFIX) and len(plain) == len(_OLD_PREFIX) + _OLD_BYTES * 8 // 5:
        return GENERATION_0
    return read_pseudonym(text).generation


def translated(persons: Iterable[str], old: Pseudonymiser, new: Pseudonymiser) -> Mapping[str, str]:
    """Return the new pseudonym of every person by the old one."""
    return {old.of(one): new.of(one) for one in persons}
