"""Comparisons of a legacy schema: how a value is cut into tokens.

The more tokens two values share, the more alike their CLKs.  An empty value has no tokens.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from linkage.encode.legacy.faults import ValueFault

__all__ = ["Comparison", "ExactComparison", "NgramComparison", "NumericComparison"]

_WIDEST: Final = 1 << 1000
"""Distances stay below this, so that half of one is a finite floating-point number."""


class NgramComparison(Struct, tag_field="type", tag="ngram", frozen=True, forbid_unknown_fields=True):
    """All stretches of ``n`` characters, with n-1 spaces before and after the value.

    ``positional`` puts the stretch's number in front, counted from 1: ``1  s``, ``2 st``, ``3 te``, …
    """

    n: Annotated[int, Meta(ge=1, le=1024)]
    positional: bool = False

    def tokens(self, word: str) -> Sequence[str]:
        """Return the n-grams in order; one that occurs twice is there twice."""
        if not word:
            return ()
        n = self.n
        padding = " " * (n - 1)
        padded = f"{padding}{word}{padding}"
        grams = [padded[start : start + n] for start in range(len(padded) - n + 1)]
        if self.positional:
            return [f"{number} {gram}" for number, gram in enumerate(grams, start=1)]
        return grams


class ExactComparison(Struct, tag_field="type", tag="exact", frozen=True, forbid_unknown_fields=True):
    """The whole value as one token."""

    def tokens(self, word: str) -> Sequence[str]:
        """Return the value itself."""
        return (word,) if word else ()


class NumericComparison(Struct, tag_field="type", tag="numeric", frozen=True, forbid_unknown_fields=True):
    """The neighbourhood of a number: 2 * ``resolution`` + 1 points of a grid around it.

    Numbers share fewer points the further they are apart, and none beyond ``thresholdDistance``.
    ``fractional_precision``: digits after the point that count.  Source: Vatsalan and Christen,
    Privacy-preserving matching of similar patients, Journal of Biomedical Informatics 59 (2016).
    """

    threshold_distance: int | float = field(name="thresholdDistance")
    resolution: Annotated[int, Meta(ge=1, le=100_000)]
    fractional_precision: Annotated[int, Meta(ge=0, le=300)] = 0

    def __post_init__(self) -> None:
        """Refuse a distance that vanishes at this precision, or that is too large to count with."""
        if not self.threshold_distance > 0:
            raise ValueError("thresholdDistance must be above 0")
        try:
            interval = self.interval
        except (OverflowError, ValueError):
            interval = _WIDEST
        if interval >= _WIDEST:
            raise ValueError("thresholdDistance is too large at this fractional_precision")
        if interval == 0:
            raise ValueError("fractional_precision is too low for this thresholdDistance")

    @property
    def interval(self) -> int:
        """Distance between two points of the grid, in units of 1 / (2 * resolution * 10^precision)."""
        return round(self.threshold_distance * self._scale)

    def tokens(self, word: str) -> Sequence[str]:
        """Return the points around the number; raises :class:`ValueFault` if it is none."""
        if not word:
            return ()
        interval, resolution = self.interval, self.resolution
        try:
            point = self._units(word) * 2 * resolution
            residue = point % interval
            if residue:
                # A float on purpose: clkhash halves in floating point, and beyond 2^53 that decides ties.
                point += -residue if residue < interval / 2 else interval - residue
            return [str(point + step * interval) for step in range(-resolution, resolution + 1)]
        except (ValueError, OverflowError):
            raise ValueFault("is not a number that can be compared") from None

    def _units(self, word: str) -> int:
        """Return the number in units of its last digit that counts; whole numbers keep every digit."""
        try:
            return int(word, base=10) * self._scale
        except ValueError:
            number = float(word)
            return round(number * self._scale) if self.fractional_precision else int(number)

    @property
    def _scale(self) -> int:
        return int(10**self.fractional_precision)


Comparison = NgramComparison | ExactComparison | NumericComparison
