"""Strategies of a legacy schema: how often each token is inserted into the filter."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BitsPerFeature", "BitsPerToken", "Strategy"]


@dataclass(frozen=True, slots=True)
class BitsPerToken:
    """Every token equally often: long values set more bits, so that fill tells lengths."""

    bits: int

    def insertions(self, tokens: int) -> Sequence[int]:
        """Return how often each of so many tokens is inserted."""
        return (self.bits,) * tokens


@dataclass(frozen=True, slots=True)
class BitsPerFeature:
    """One number of insertions for the whole value, spread over its tokens."""

    bits: int

    def insertions(self, tokens: int) -> Sequence[int]:
        """Return how often each of so many tokens is inserted: what does not divide goes to the first."""
        if not tokens:
            return ()
        share, rest = divmod(self.bits, tokens)
        return (share + 1,) * rest + (share,) * (tokens - rest)


Strategy = BitsPerToken | BitsPerFeature
