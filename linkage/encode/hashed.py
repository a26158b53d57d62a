"""Keyed hashes of what was met, each made once, and given for many at a time."""

from collections.abc import Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from linkage.encode.framing import KeyedBlocks
from linkage.encode.positions import BLOCK, Blocks
from linkage.encode.secrecy import NeverWrittenOut
from linkage.encode.tokens import CHARACTER_BITS
from linkage.encode.vocabulary import Growing

__all__ = ["Hashed", "HashedTokens"]

_BIGRAMS: Final = 1 << 2 * CHARACTER_BITS
_UNMET: Final = -1

K = TypeVar("K", bound=Hashable)


class Hashed(NeverWrittenOut, Generic[K]):
    """The blocks of things, hashed when they are first asked for."""

    __slots__ = ("_blocks", "_hash", "_number")

    def __init__(self, hashing: Callable[[Sequence[K]], bytes]) -> None:
        """``hashing``: gives the blocks of several things, one after another."""
        self._hash = hashing
        self._number: dict[K, int] = {}
        self._blocks = Growing(BLOCK)

    def __len__(self) -> int:
        """Return how many were met."""
        return len(self._number)

    def __getitem__(self, thing: K) -> bytes:
        """Return the block of one thing."""
        return self.of([thing]).tobytes()

    def of(self, things: Sequence[K]) -> Blocks:
        """Return the block of each thing."""
        numbers = self._numbers(things)
        return self._blocks.array.take(numbers)

    def _numbers(self, things: Sequence[K]) -> NDArray[np.intp]:
        new = list(set(things).difference(self._number))
        if new:
            self._number.update(zip(new, range(len(self), len(self) + len(new)), strict=True))
            self._blocks.add(np.frombuffer(self._hash(new), dtype=BLOCK))
        return np.fromiter(map(self._number.__getitem__, things), dtype=np.intp, count=len(things))


class HashedTokens(Hashed[str]):
    """The keyed hashes T of tokens under one label."""

    __slots__ = ("_of_bigram",)

    def __init__(self, key: bytes, label: str) -> None:
        super().__init__(KeyedBlocks(key, "token", label).of)
        self._of_bigram: NDArray[np.int32] | None = None

    def of_bigrams(self, codes: NDArray[np.int16]) -> Blocks:
        """Return the block of each bigram, given as its two characters in one number."""
        if self._of_bigram is None:
            self._of_bigram = np.full(_BIGRAMS, _UNMET, dtype=np.int32)
        numbers = self._of_bigram.take(codes)
        if len(numbers) and numbers.min() == _UNMET:
            unmet = np.unique(codes[numbers == _UNMET])
            ends = zip(*(half.tolist() for half in np.divmod(unmet, 1 << CHARACTER_BITS)), strict=True)
            self._of_bigram[unmet] = self._numbers([chr(first) + chr(second) for first, second in ends])
            numbers = self._of_bigram.take(codes)
        return self._blocks.array.take(numbers)
