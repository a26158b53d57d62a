"""Which rows a finished comparison held, so that a later one can tell which of them still stand as they were.

A row is the same as before if its source, its record's handle, its place among the record's rows and a digest
of all that is compared are: what stands under the same name with other bits is another row.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.rows import Rows

__all__ = ["ABSENT", "DIGEST_BYTES", "NAME_BYTES", "RowNames", "names_of"]

NAME_BYTES: Final = 17
"""Bytes of a row's name within its source: its record's handle, and its place among the record's rows."""

DIGEST_BYTES: Final = 16
"""128 bits: rows that somebody makes up to have one digest take 2^64 attempts, and harm themselves alone."""

ABSENT: Final = -1
"""Stands for the weight of a view that a row does not have."""

_PERSON: Final = b"clew/kept-row/1"
_ROWS_AT_A_TIME: Final = 1 << 14


@dataclass(frozen=True, slots=True, eq=False)
class RowNames:
    """Rows in the order of their numbers, which is that of their sources and names.

    ``sources``: sorted, each with ``counts`` (sources,) int64 of its rows.  ``names`` (n,) ``S17``;
    ``digests`` (n,) ``V16``; ``weights`` (n, views) int32: bits set in each view, :data:`ABSENT` where a row
    lacks it.
    """

    sources: tuple[str, ...]
    counts: NDArray[np.int64]
    names: NDArray[np.bytes_]
    digests: NDArray[np.void]
    weights: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, which: NDArray[np.bool_]) -> "RowNames":
        """Return some of the rows (n,), and no source without any."""
        counts = np.bincount(self.source()[which], minlength=len(self.sources))
        sources = tuple(one for one, count in zip(self.sources, counts.tolist(), strict=True) if count)
        return RowNames(
            sources, counts[counts > 0], self.names[which], self.digests[which], self.weights[which]
        )

    def source(self) -> NDArray[np.int32]:
        """Return the number of each row's source (n,)."""
        return np.repeat(np.arange(len(self.sources), dtype=np.int32), self.counts)

    def of_records(self, source: str, handles: Collection[str] | None) -> NDArray[np.bool_]:
        """Tell which rows (n,) are of some records of a source, by handle, or of any of it for None."""
        found = np.zeros(len(self), dtype=np.bool_)
        if (rows := _ranges(self).get(source)) is not None:
            texts = [name.ljust(NAME_BYTES, b"\0")[:-1].hex() for name in self.names[rows].tolist()]
            found[rows] = [handles is None or text in handles for text in texts]
        return found

    def numbers_in(self, now: "RowNames") -> NDArray[np.int32]:
        """Return what number each row (n,) has among other rows; -1 if it is gone or no longer what it was.

        Both are in the same order, so that rows which stay keep theirs among each other.
        """
        found = np.full(len(self), -1, dtype=np.int32)
        for source, rows in _ranges(self).items():
            if (others := _ranges(now).get(source)) is None or others.start == others.stop:
                continue
            names = now.names[others]
            at = np.minimum(np.searchsorted(names, self.names[rows]), len(names) - 1)
            same = (names[at] == self.names[rows]) & (now.digests[others][at] == self.digests[rows])
            found[rows][same] = (others.start + at[same]).astype(np.int32)
        return found


def _ranges(names: RowNames) -> dict[str, slice]:
    counts = names.counts.tolist()
    ends = accumulate(counts)
    return {one: slice(end - rows, end) for one, end, rows in zip(names.sources, ends, counts, strict=True)}


def names_of(rows: Rows) -> RowNames:
    """Name the rows at hand.  Raises :class:`ValueError` for rows that are not in the order of records."""
    records = rows.record
    if (np.diff(records) < 0).any() or (np.diff(rows.source) < 0).any():
        raise ValueError("rows are in the order of their sources and records")
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = records[1:] != records[:-1]
    starts = np.flatnonzero(first)
    place = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    handles = np.frombuffer(bytes.fromhex("".join(one.handle for one in rows.ids)), dtype=np.uint8)
    names = np.empty((len(rows), NAME_BYTES), dtype=np.uint8)
    names[:, :-1] = handles.reshape(-1, NAME_BYTES - 1)[records]
    names[:, -1] = place
    _, begins, counts = np.unique(rows.source, return_index=True, return_counts=True)
    return RowNames(
        sources=tuple(rows.ids[record].source for record in records[begins].tolist()),
        counts=counts.astype(np.int64),
        names=names.view(f"S{NAME_BYTES}").reshape(-1),
        digests=_digests(rows),
        weights=np.where(rows.present, rows.weights, np.int32(ABSENT)).T.astype(np.int32),
    )


def _digests(rows: Rows) -> NDArray[np.void]:
    """Return a digest (n,) of what is compared of each row: its bits in every view that it has."""
    views, count, words = rows.words.shape
    width = 8 * views * (words + 1)
    found = bytearray()
    for start in range(0, count, _ROWS_AT_A_TIME):
        some = slice(start, start + _ROWS_AT_A_TIME)
        part = np.empty((len(rows.present[0, some]), views, words + 1), dtype="<u8")
        part[:, :, 0] = rows.present[:, some].T
        part[:, :, 1:] = rows.words[:, some].transpose(1, 0, 2)
        octets = part.tobytes()
        for at in range(0, len(octets), width):
            row = octets[at : at + width]
            found += hashlib.blake2b(row, digest_size=DIGEST_BYTES, person=_PERSON).digest()
    return np.frombuffer(bytes(found), dtype=f"V{DIGEST_BYTES}")
