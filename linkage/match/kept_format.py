"""A kept comparison as bytes, and back: a line of canonical JSON, then arrays without gaps, little-endian.

In this order: weights, pairs, depths, distances, digests, names, row by row each, so that all of them lie
aligned.  What is read is checked as if a stranger had written it: a number out of place would reach beyond an
array when lists are made.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated, Any, ClassVar, Final, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from linkage.errors import FormatError
from linkage.match.kept import WHOLE, Compared, Kept
from linkage.match.kept_rows import ABSENT, DIGEST_BYTES, NAME_BYTES, RowNames
from linkage.wire.canonical import canonical, parse
from linkage.wire.epochs import DigestText
from linkage.wire.limits import MAX_MANIFEST_BYTES, MAX_VIEWS

__all__ = ["KeptHeader", "kept_pieces", "read_kept"]

_PIECE_BYTES: Final = 1 << 20
_MOST: Final = (1 << 31) - 1
_MOST_SCORE: Final = 4 * 65536**2

_Count = Annotated[int, Meta(ge=0, le=_MOST)]


class KeptHeader(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first line: under which ``terms`` what was compared, and how much of everything follows."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-kept-comparison"] = "clew-kept-comparison"
    version: int = 1
    terms: DigestText
    limit: Annotated[int, Meta(ge=0, le=_MOST_SCORE)]
    length: Annotated[int, Meta(ge=64, le=65536, multiple_of=64)]
    views: Annotated[int, Meta(ge=1, le=MAX_VIEWS)]
    nearest: Annotated[int, Meta(ge=1, le=(1 << 15) - 1)]
    sources: tuple[str, ...]
    counts: tuple[_Count, ...]
    pairs: _Count

    def __post_init__(self) -> None:
        """Refuse sources out of order, and more or fewer counts than sources."""
        if list(self.sources) != sorted(set(self.sources)) or len(self.counts) != len(self.sources):
            raise ValueError("sources are sorted, each once and with its count")
        if self.rows > _MOST:
            raise ValueError("more rows than can be numbered")

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts)

    @property
    def layout(self) -> tuple[tuple[str, int, int], ...]:
        """Type, rows and columns of every array, in order."""
        return (
            ("<i4", self.rows, self.views),
            ("<i4", self.pairs, 2),
            ("<i2", self.rows, 2),
            ("<u2" if self.length < 1 << 16 else "<i4", self.pairs, self.views),
            ("u1", self.rows, DIGEST_BYTES),
            ("u1", self.rows, NAME_BYTES),
        )

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(np.dtype(kind).itemsize * rows * columns for kind, rows, columns in self.layout)


def kept_pieces(kept: Kept) -> Iterator[bytes]:
    """Write a kept comparison piece by piece."""
    rows = kept.rows
    header = KeptHeader(
        terms=kept.terms,
        limit=kept.limit,
        length=kept.length,
        views=rows.weights.shape[1],
        nearest=kept.nearest,
        sources=rows.sources,
        counts=tuple(rows.counts.tolist()),
        pairs=len(kept.compared),
    )
    yield canonical(header) + b"\n"
    names = rows.names.view(np.uint8).reshape(-1, NAME_BYTES)
    digests = rows.digests.view(np.uint8).reshape(-1, DIGEST_BYTES)
    arrays = rows.weights, kept.compared.pairs, kept.depths, kept.compared.distances, digests, names
    for array, (kind, _, columns) in zip(arrays, header.layout, strict=True):
        at_a_time = max(_PIECE_BYTES // (columns * np.dtype(kind).itemsize), 1)
        for start in range(0, len(array), at_a_time):
            yield array[start : start + at_a_time].astype(kind).tobytes()


def read_kept(pieces: Iterable[bytes]) -> Kept:
    """Read a kept comparison and check all of it; raises :class:`FormatError` where it cannot be one."""
    rest, start = iter(pieces), b""
    while b"\n" not in start and len(start) < MAX_MANIFEST_BYTES and (piece := next(rest, b"")):
        start += piece
    line, found, start = start.partition(b"\n")
    if not found:
        raise FormatError("kept comparison: no header line", hint=_HINT)
    header = parse(line, KeptHeader, limit=MAX_MANIFEST_BYTES)
    weights, pairs, depths, distances, digests, names = _arrays(header, chain((start,), rest))
    rows = RowNames(
        sources=header.sources,
        counts=np.array(header.counts, dtype=np.int64),
        names=names.view(f"S{NAME_BYTES}").reshape(-1),
        digests=digests.view(f"V{DIGEST_BYTES}").reshape(-1),
        weights=weights,
    )
    compared = Compared(pairs, distances)
    kept = Kept(header.terms, header.limit, header.length, header.nearest, rows, compared, depths)
    _check(kept)
    return kept


_HINT = "remove it: the next linkage compares everything and keeps it anew"


def _arrays(header: KeptHeader, pieces: Iterable[bytes]) -> list[NDArray[Any]]:
    body, filled = bytearray(header.size), 0
    for piece in pieces:
        if filled + len(piece) > len(body):
            raise FormatError("kept comparison: more bytes than the header promises", hint=_HINT)
        body[filled : filled + len(piece)] = piece
        filled += len(piece)
    if filled < len(body):
        raise FormatError("kept comparison: fewer bytes than the header promises", hint=_HINT)
    found: list[NDArray[Any]] = []
    start = 0
    for kind, rows, columns in header.layout:
        array = np.frombuffer(body, dtype=kind, count=rows * columns, offset=start if rows else 0)
        found.append(array.reshape(rows, columns))
        start += array.nbytes
    return found


def _check(kept: Kept) -> None:
    rows, pairs = kept.rows, kept.compared.pairs
    left, right = pairs.T
    _refuse(_out_of_order(rows), "rows that are out of order")
    _refuse((rows.weights < ABSENT) | (rows.weights > kept.length), "a weight that no view has")
    _refuse((kept.depths < WHOLE) | (kept.depths > kept.nearest), "a list longer than it may be")
    _refuse((left < 0) | (left >= right) | (right >= len(rows)), "a pair of rows that are not there")
    _refuse(
        (left[1:] < left[:-1]) | ((left[1:] == left[:-1]) & (right[1:] <= right[:-1])),
        "pairs that are out of order",
    )
    distances = kept.compared.distances
    _refuse((distances < 0) | (distances > kept.length), "a distance that no pair has")


def _out_of_order(rows: RowNames) -> NDArray[np.bool_]:
    source = rows.source()
    return np.asarray((rows.names[1:] <= rows.names[:-1]) & (source[1:] == source[:-1]))


def _refuse(wrong: NDArray[np.bool_], what: str) -> None:
    if wrong.any():
        raise FormatError(f"kept comparison: {what}", hint=_HINT)
