"""How much work a linkage will be, before it starts: counted from what is there, nothing compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkage.match.kernel_sections import pairs_among
from linkage.match.rows import Source
from linkage.match.weighing import is_plain
from linkage.profile import EncodingProfile

__all__ = ["WorkSize", "work_size"]

_BYTES_PER_ROW: Final = 2048
"""For each row beside its bits, at most: lists of its nearest, pairs in them, their weights of evidence.

Measured: 2,300 with the bits, of 2 and of 5 million rows of ``child-1`` (docs/operations/capacity.md)."""

_BYTES_PER_PLAIN_ROW: Final = 4096
"""The same where no view is salted: everybody's lists are full."""

_FIXED_BYTES: Final = 200 * 1024 * 1024
"""What the process holds without any row: the interpreter, compiled kernels."""


@dataclass(frozen=True, slots=True)
class WorkSize:
    """The size of one linkage; ``comparisons`` is exact, ``memory`` (bytes, of the process) is estimated."""

    records: int
    rows: int
    comparisons: int
    memory: int


def work_size(sources: Sequence[Source], profile: EncodingProfile) -> WorkSize:
    """Return what linking these sources takes; its comparisons are the total that progress counts to."""
    rows = sum(len(source.encodings) for source in sources)
    records = sum(len(np.unique(source.encodings.handles, axis=0)) for source in sources)
    comparisons = 0
    for view in range(len(profile.views)):
        flag = np.uint32(1 << view)
        there = sum(int(np.count_nonzero(source.encodings.present & flag)) for source in sources)
        comparisons += pairs_among(there)
    bits = rows * len(profile.views) * profile.view_bytes
    each = _BYTES_PER_PLAIN_ROW if is_plain(profile) else _BYTES_PER_ROW
    return WorkSize(records, rows, comparisons, _FIXED_BYTES + 3 * bits + each * rows)
