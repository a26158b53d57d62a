"""Refusing encodings that no agency's records can give: the same bits again and again."""

import numpy as np

from linkage.errors import FormatError
from linkage.wire.encodings import Encodings

__all__ = ["MOST_ALIKE", "refuse_repeats"]

MOST_ALIKE = 100
"""Rows of one submission that may have equal bits in one view: namesakes born on one day, or one child
entered twice, are a handful.  A few thousand equal rows would be compared and clustered pair by pair, and
one agency could keep the linking worker busy for all."""


def refuse_repeats(encodings: Encodings) -> None:
    """Raise :class:`FormatError` if more than :data:`MOST_ALIKE` rows agree in every bit of a view."""
    for view in range(encodings.bits.shape[1]):
        present = (encodings.present >> np.uint32(view)) & 1 == 1
        filters = np.ascontiguousarray(encodings.bits[present, view])
        if len(filters) <= MOST_ALIKE:
            continue
        whole = filters.view(np.dtype((np.void, filters.shape[1]))).ravel()
        if int(np.unique(whole, return_counts=True)[1].max()) > MOST_ALIKE:
            raise FormatError(f"encodings: more than {MOST_ALIKE} rows have the same bits in one view")
