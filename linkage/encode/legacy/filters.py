"""Filters of one feature's values, made once for each value.

The caches live and die with one encoder and are looked up by value or token only: no key or secret is ever
part of what they are looked up by.
"""

from functools import reduce
from operator import or_
from typing import Final, NoReturn, TypeVar

from linkage.encode.legacy.faults import ValueFault
from linkage.encode.legacy.formats import encoded
from linkage.encode.legacy.hashing import positions_of
from linkage.encode.legacy.profile import LegacyProfile
from linkage.encode.legacy.schema import Hashing

__all__ = ["FeatureFilters"]

Key = TypeVar("Key")

_CACHE_BYTES: Final = 32 << 20
_ENTRY_BYTES: Final = 200
"""What an entry costs beside its filter, roughly: text, number and place in the table."""


class _Filters(dict[Key, int]):
    """A cache that makes what is not there, is emptied when full, shows nothing and is never written out."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._most = max(1024, _CACHE_BYTES // (length // 8 + _ENTRY_BYTES))

    def _keep(self, key: Key, bits: int) -> int:
        if len(self) >= self._most:
            self.clear()
        self[key] = bits
        return bits

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out")


class _TokenFilters(_Filters[tuple[str, int]]):
    """Token and number of insertions to filter."""

    def __init__(self, hashing: Hashing, keys: tuple[bytes, bytes], length: int) -> None:
        super().__init__(length)
        self._encoding = hashing.format.encoding
        self._length = length
        self._positions = positions_of(hashing.hash, keys, length)

    def __missing__(self, inserted: tuple[str, int]) -> int:
        token, count = inserted
        width = -(-self._length // 8)
        filled = bytearray(width)
        for position in self._positions(encoded(token, self._encoding), count):
            filled[position >> 3] |= 0x80 >> (position & 7)
        return self._keep(inserted, int.from_bytes(filled, "big") >> (8 * width - self._length))


class FeatureFilters(_Filters[str]):
    """Value to filter, as a number of ``hashed_length`` bits of which bit 0 is the most significant.

    Looking up a value that is not there makes its filter; it raises ``ValueFault`` for one that the schema
    does not take.  At most about 64 MiB are kept.
    """

    def __init__(self, hashing: Hashing, keys: tuple[bytes, bytes], profile: LegacyProfile) -> None:
        super().__init__(profile.hashed_length)
        self._hashing = hashing
        self._tokens = _TokenFilters(hashing, keys, profile.hashed_length)

    def __missing__(self, value: str) -> int:
        if not isinstance(value, str):
            raise ValueFault("is not text")
        hashing = self._hashing
        tokens = hashing.comparison.tokens(hashing.text(value))
        inserted = zip(tokens, hashing.strategy.insertions(len(tokens)), strict=True)
        return self._keep(value, reduce(or_, map(self._tokens.__getitem__, inserted), 0))
