"""What clear fields give away alone: encodings hide names, but a row that nobody else has names itself.

Sweeney, k-anonymity: a model for protecting privacy, International Journal of Uncertainty, Fuzziness and
Knowledge-Based Systems 10 (2002); Rocher, Hendrickx and de Montjoye, Estimating the success of
re-identifications in incomplete datasets, Nature Communications 10 (2019).

The attacker knows: who is in the data, everybody's clear fields from elsewhere, and the clear fields in the
data.  Nothing is encoded here that could fail.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Uniqueness", "uniqueness"]


@dataclass(frozen=True, slots=True, eq=False)
class Uniqueness:
    """``alike`` (n,): how many people, each among them, have the same clear fields as each."""

    alike: NDArray[np.int64]

    @property
    def unique(self) -> float:
        """Share of people whose clear fields nobody else has."""
        return self.below(2)

    def below(self, size: int) -> float:
        """Return the share of people who are alike with fewer than ``size``."""
        return float((self.alike < size).mean())

    @property
    def expected(self) -> float:
        """Share of people named rightly by whoever guesses among those alike."""
        return float((1.0 / self.alike).mean())


def uniqueness(numbers: NDArray[np.int64]) -> Uniqueness:
    """Count who is alike: people with one number have the same clear fields."""
    _, place, sizes = np.unique(numbers, return_inverse=True, return_counts=True)
    return Uniqueness(np.asarray(sizes[place], dtype=np.int64))
