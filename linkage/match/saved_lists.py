"""Lists of the best as bytes and back, so that a comparison that was interrupted can go on.

Layout, version 1: a line of canonical JSON, then for every 65,536 rows, in their order, the counts (rows, 2)
as uint8 and the keys that there are, row by row, as 64-bit integers, little-endian.  Nothing in it says whose
a row is.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from linkage.errors import FormatError
from linkage.match.compiled import compiled
from linkage.match.kernel_lists import NearestLists
from linkage.wire.canonical import canonical, parse
from linkage.wire.epochs import DigestText
from linkage.wire.pieces import Pieces

__all__ = ["MOST_NEAREST", "SavedLists", "lists_pieces", "read_lists"]

MOST_NEAREST: Final = 255
"""Longer lists are not saved."""

_ROWS_AT_A_TIME: Final = 1 << 16
_MAX_HEADER: Final = 1024


class SavedLists(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first line: which plan, by its digest, how many of its tiles are in the lists, and their shape."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-comparison-journal"] = "clew-comparison-journal"
    version: int = 1
    plan: DigestText
    tiles: Annotated[int, Meta(ge=0)]
    rows: Annotated[int, Meta(ge=0)]
    nearest: Annotated[int, Meta(ge=1, le=MOST_NEAREST)]


def lists_pieces(lists: NearestLists, plan: str, tiles: int) -> Iterator[bytes]:
    """Yield lists as bytes; ``plan``: its digest; ``tiles``: how many of it are in them."""
    rows, _, nearest = lists.keys.shape
    yield canonical(SavedLists(plan=plan, tiles=tiles, rows=rows, nearest=nearest)) + b"\n"
    for start in range(0, rows, _ROWS_AT_A_TIME):
        counts = lists.counts[start : start + _ROWS_AT_A_TIME]
        yield counts.astype(np.uint8).tobytes()
        yield _listed(lists.keys, counts, start).astype("<i8", copy=False).tobytes()


def read_lists(pieces: Iterable[bytes], lists: NearestLists, plan: str) -> int | None:
    """Fill lists with what was saved of a plan; return how many tiles are in them, None for another plan.

    Raises :class:`FormatError` for anything else than such bytes; lists are then in disorder.
    """
    stream = Pieces(pieces)
    header = parse(stream.line(_MAX_HEADER), SavedLists, limit=_MAX_HEADER)
    if header.plan != plan or (header.rows, header.nearest) != (lists.keys.shape[0], lists.keys.shape[2]):
        return None
    for start in range(0, header.rows, _ROWS_AT_A_TIME):
        rows = min(_ROWS_AT_A_TIME, header.rows - start)
        counts = np.frombuffer(_exactly(stream, 2 * rows), np.uint8).reshape(rows, 2)
        if counts.max(initial=0) > header.nearest:
            raise FormatError("comparison journal: a list is longer than lists are")
        lists.counts[start : start + rows] = counts
        keys = np.frombuffer(_exactly(stream, 8 * int(counts.sum(dtype=np.int64))), "<i8")
        _fill(lists.keys, lists.counts[start : start + rows], start, keys.astype(np.int64))
    if stream.take(1):
        raise FormatError("comparison journal: it goes on after its last list")
    return header.tiles


def _exactly(stream: Pieces, size: int) -> bytes:
    taken = stream.take(size)
    if len(taken) < size:
        raise FormatError("comparison journal: it ends too early")
    return taken


@compiled
def _listed(keys: NDArray[np.int64], counts: NDArray[np.int32], start: int) -> NDArray[np.int64]:
    found = np.empty(counts.sum(), dtype=np.int64)
    place = 0
    for row in range(len(counts)):
        for kind in range(2):
            for at in range(counts[row, kind]):
                found[place] = keys[start + row, kind, at]
                place += 1
    return found


@compiled
def _fill(keys: NDArray[np.int64], counts: NDArray[np.int32], start: int, listed: NDArray[np.int64]) -> None:
    place = 0
    for row in range(len(counts)):
        for kind in range(2):
            for at in range(counts[row, kind]):
                keys[start + row, kind, at] = listed[place]
                place += 1
