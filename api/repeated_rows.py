"""Refusing encodings that no agency's records can give: the same bits again and again."""

import numpy as np
from numpy.typing import NDArray

from linkage.errors import FormatError
from linkage.wire.encodings import Encodings

__all__ = ["MOST_ALIKE", "refuse_repeats"]

MOST_ALIKE = 100
"""Rows of one submission that may have equal bits in one view: namesakes born on one day, or one child
entered twice, are a handful.  A few thousand equal rows would be compared and clustered pair by pair, and
one agency could keep the linking worker busy for all."""


def refuse_repeats(encodings: Encodings) -> None:
    """Raise :class:`FormatError` if too many rows agree in every bit of a view, or in an exact token.

    Too many are more than :data:`MOST_ALIKE`.
    """
    for view in range(encodings.bits.shape[1]):
        present = (encodings.present >> np.uint32(view)) & 1 == 1
        if _most_alike(encodings.bits[present, view]) > MOST_ALIKE:
            raise FormatError(f"encodings: more than {MOST_ALIKE} rows have the same bits in one view")
    for kind in range(encodings.exact.shape[1]):
        present = encodings.exact[:, kind].any(axis=1)
        if _most_alike(encodings.exact[present, kind]) > MOST_ALIKE:
            raise FormatError(f"encodings: more than {MOST_ALIKE} rows have the same exact token")


def _most_alike(octets: NDArray[np.uint8]) -> int:
    if len(octets) <= MOST_ALIKE:
        return len(octets)
    whole = np.ascontiguousarray(octets).view(np.dtype((np.void, octets.shape[1]))).ravel()
    return int(np.unique(whole, return_counts=True)[1].max())
