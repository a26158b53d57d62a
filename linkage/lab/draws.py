"""A stream of random choices that is the same on every machine."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain, pairwise
from typing import Generic, Self, TypeVar

import numpy as np

__all__ = ["Draws", "Weighted"]

T = TypeVar("T")
_BLOCK = 1 << 14


class Weighted(Generic[T]):
    """Items together with the cumulated weights by which they are drawn."""

    __slots__ = ("cumulated", "items")

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        chosen = [(item, weight) for item, weight in pairs if weight > 0]
        self.items: tuple[T, ...] = tuple(item for item, _ in chosen)
        self.cumulated: list[float] = list(accumulate(weight for _, weight in chosen))

    @classmethod
    def long_tailed(cls, items: Sequence[T]) -> Self:
        """Weigh items by 1 / (rank + 8), as names are in every country (Zipf and Mandelbrot's law)."""
        return cls((item, 1.0 / (rank + 8)) for rank, item in enumerate(items, start=1))


class Draws:
    """Random choices from one seed and one named stream.

    Every choice rests on ``Generator.random`` alone, the one method whose stream numpy has never changed
    for PCG64, and on plain arithmetic: so a world is the same in every process, platform and release.
    Doubles are drawn in blocks, which is some thirty times faster than one call each.
    """

    def __init__(self, seed: int, stream: str) -> None:
        entropy = np.random.SeedSequence([seed, *stream.encode("ascii")])
        self._generator = np.random.Generator(np.random.PCG64(entropy))
        # One iterator over all blocks, for the simulator draws a hundred times a child.
        self.uniform: Callable[[], float] = chain.from_iterable(iter(self._next_block, None)).__next__
        """The next number in [0, 1)."""

    def _next_block(self) -> list[float]:
        block: list[float] = self._generator.random(_BLOCK).tolist()
        return block

    def chance(self, probability: float) -> bool:
        """True with this probability; always uses one draw, so that streams stay in step across rates."""
        return self.uniform() < probability

    def below(self, bound: int) -> int:
        """A whole number from 0 up to, not including, ``bound``."""
        return int(self.uniform() * bound)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included; ``low`` where the range is empty."""
        return low + self.below(max(1, high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[self.below(len(items))]

    def weighted(self, choice: Weighted[T]) -> T:
        """One of the items, by weight."""
        point = self.uniform() * choice.cumulated[-1]
        return choice.items[min(bisect_right(choice.cumulated, point), len(choice.items) - 1)]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in random order (Fisher and Yates)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def quantile(self, table: Sequence[tuple[float, float]]) -> float:
        """A value from a distribution given by (cumulated share, value) points, linear between them."""
        point = self.uniform()
        for (low, at_low), (high, at_high) in pairwise(table):
            if point < high:
                return at_low + (at_high - at_low) * (point - low) / (high - low)
        return table[-1][1]
