"""Encoding rows as they travel: fixed-width rows of handle, variant, tier, views present, bits.

Layout (docs/spec/bundle-1.md): a header line of canonical JSON, then rows without separators.  A row is
16 bytes of handle, one of variant, one of tier, four of views present (bit v, least significant first,
little-endian), for each view in the profile's order its bits, bit 0 the most significant of byte 0, and 16
bytes for each exact token of the profile.  A view or a token that is not present is all zeros, so that every
row has the same length.
"""

import hashlib
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from linkage.errors import FormatError, LimitError
from linkage.profile import EncodingProfile, ExactKind
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText
from linkage.wire.limits import MAX_CARD_BYTES, MAX_RECORDS, MAX_VARIANTS, MAX_VIEWS

__all__ = [
    "COLUMNS",
    "EXACT_BYTES",
    "TIER_CERTAIN",
    "TIER_UNCERTAIN",
    "Encodings",
    "EncodingsHeader",
    "encodings_pieces",
    "header_line",
    "read_encodings",
    "row_bytes",
    "row_octets",
]

TIER_CERTAIN = 0
TIER_UNCERTAIN = 1
HANDLE_BYTES = 16
EXACT_BYTES = 16
_PREFIX_BYTES = HANDLE_BYTES + 1 + 1 + 4


class EncodingsHeader(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first line of an encodings part.

    ``view_bytes`` is the width of every view, ``exact`` what the exact tokens of a row are of, in order.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-encodings"] = "clew-encodings"
    version: int = 1
    agency: AgencyCode
    profile_digest: DigestText
    rows: Annotated[int, Meta(ge=0, le=MAX_RECORDS)]
    views: Annotated[int, Meta(ge=1, le=MAX_VIEWS)]
    view_bytes: Annotated[int, Meta(ge=8, le=8192, multiple_of=8)]
    exact: tuple[ExactKind, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two tokens of one number."""
        if len(set(self.exact)) != len(self.exact):
            raise ValueError("two exact tokens are of the same number")

    def fits(self, profile: EncodingProfile) -> bool:
        """Return whether rows of this shape are what a profile gives."""
        shape = len(profile.views), profile.view_bytes, profile.exact
        return (self.views, self.view_bytes, self.exact) == shape


def _no_exact() -> NDArray[np.uint8]:
    return np.zeros((0, 0, EXACT_BYTES), dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Encodings:
    """Encoding rows of one source, column by column.

    Shapes: ``handles`` (n, 16) uint8; ``variants`` (n,) uint8; ``tiers`` (n,) uint8; ``present`` (n,)
    uint32, bit v set where view v is present; ``bits`` (n, views, view_bytes) uint8, zeros where absent;
    ``exact`` (n, kinds, 16) uint8, zeros where absent, without kinds if it is not given.
    """

    handles: NDArray[np.uint8]
    variants: NDArray[np.uint8]
    tiers: NDArray[np.uint8]
    present: NDArray[np.uint32]
    bits: NDArray[np.uint8]
    exact: NDArray[np.uint8] = field(default_factory=_no_exact)

    def __post_init__(self) -> None:
        """Give as many rows of no exact tokens as there are rows, where none were given."""
        if not self.exact.size and len(self.exact) != len(self.handles):
            kinds = self.exact.shape[1]
            object.__setattr__(self, "exact", np.zeros((len(self.handles), kinds, EXACT_BYTES), np.uint8))

    def __len__(self) -> int:
        return len(self.handles)

    def handle_texts(self) -> list[str]:
        """Return the handles in their written form."""
        return [row.tobytes().hex() for row in self.handles]

    def record_digests(self, handles: Container[str]) -> dict[str, str]:
        """Return SHA-256, in hex, over all that the rows of some records hold, by handle.

        The handle is part of it, so that two records which are encoded alike do not show it.
        """
        found: dict[str, list[bytes]] = {}
        for number, handle in enumerate(self.handle_texts()):
            if handle not in handles:
                continue
            row = b"".join(getattr(self, column)[number].tobytes() for column in COLUMNS)
            found.setdefault(handle, []).append(hashlib.sha256(row).digest())
        return {
            handle: hashlib.sha256(b"clew/record/1\x00" + b"".join(sorted(rows))).hexdigest()
            for handle, rows in found.items()
        }

    def take(self, rows: NDArray[np.intp]) -> "Encodings":
        """Return the given rows in the given order."""
        return Encodings(*(getattr(self, column)[rows] for column in COLUMNS))

    @staticmethod
    def joined(parts: "Sequence[Encodings]") -> "Encodings":
        """Return the rows of at least one table, one after another; all have one shape."""
        return Encodings(*(np.concatenate([getattr(one, column) for one in parts]) for column in COLUMNS))

    def fits(self, profile: EncodingProfile) -> bool:
        """Return whether the rows have the shape that a profile gives."""
        shape = len(profile.views), profile.view_bytes, len(profile.exact), EXACT_BYTES
        return (*self.bits.shape[1:], *self.exact.shape[1:]) == shape


COLUMNS = tuple(Encodings.__dataclass_fields__)


def row_bytes(views: int, view_bytes: int, kinds: int) -> int:
    """Return how many bytes a row has."""
    return _PREFIX_BYTES + views * view_bytes + kinds * EXACT_BYTES


def _row_type(views: int, view_bytes: int, kinds: int) -> np.dtype[np.void]:
    """Return the layout of a row; its parts are the columns, in their order."""
    return np.dtype(
        [
            ("handle", np.uint8, (HANDLE_BYTES,)),
            ("variant", np.uint8),
            ("tier", np.uint8),
            ("present", "<u4"),
            ("bits", np.uint8, (views, view_bytes)),
            ("exact", np.uint8, (kinds, EXACT_BYTES)),
        ]
    )


def encodings_pieces(
    encodings: Encodings,
    *,
    agency: str,
    profile_digest: str,
    exact: tuple[ExactKind, ...] = (),
    rows_at_a_time: int = 4096,
) -> Iterator[bytes]:
    """Write an encodings part piece by piece; ``exact``: what the rows' exact tokens are of."""
    count, views, view_bytes = encodings.bits.shape
    if len(exact) != encodings.exact.shape[1]:
        raise ValueError("as many exact tokens must be named as the rows have")
    yield header_line(
        EncodingsHeader(
            agency=agency,
            profile_digest=profile_digest,
            rows=count,
            views=views,
            view_bytes=view_bytes,
            exact=exact,
        )
    )
    for start in range(0, count, rows_at_a_time):
        yield row_octets(encodings.take(np.arange(start, min(start + rows_at_a_time, count))))


def header_line(header: EncodingsHeader) -> bytes:
    """Return the first line of an encodings part."""
    return canonical(header) + b"\n"


def row_octets(part: Encodings) -> bytes:
    """Return rows as they stand in an encodings part, for those who write it without holding all of it."""
    row_type = _row_type(part.bits.shape[1], part.bits.shape[2], part.exact.shape[1])
    packed = np.zeros(len(part), dtype=row_type)
    for name, column in zip(row_type.names or (), COLUMNS, strict=True):
        packed[name] = getattr(part, column)
    return packed.tobytes()


def read_encodings(pieces: Iterable[bytes]) -> tuple[EncodingsHeader, Encodings]:
    """Read an encodings part and check every row.

    Raises :class:`FormatError` or :class:`LimitError` naming the row.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
    end = data.find(b"\n", 0, MAX_CARD_BYTES)
    if end < 0:
        raise FormatError("encodings: no header line")
    header = parse(bytes(data[:end]), EncodingsHeader, limit=MAX_CARD_BYTES)
    row_type = _row_type(header.views, header.view_bytes, len(header.exact))
    body = memoryview(data)[end + 1 :]
    if len(body) != header.rows * row_type.itemsize:
        raise FormatError(
            f"encodings: {len(body)} bytes of rows where the header promises {header.rows} rows"
        )
    rows = np.frombuffer(body, dtype=row_type)
    encodings = Encodings(*(rows[name] for name in row_type.names or ()))
    _check(encodings)
    return header, encodings


def _check(encodings: Encodings) -> None:
    views = encodings.bits.shape[1]
    if len(encodings) and int(encodings.variants.max()) >= MAX_VARIANTS:
        raise LimitError(f"encodings: more than {MAX_VARIANTS} variants of one record")
    _refuse(encodings.tiers > TIER_UNCERTAIN, "a tier that is not known")
    _refuse(
        encodings.present >> np.uint32(views) != 0 if views < 32 else encodings.present < 0,
        "a view that the profile does not have",
    )
    for view in range(views):
        absent = (encodings.present >> np.uint32(view)) & 1 == 0
        _refuse(absent & encodings.bits[:, view].any(axis=1), "bits in a view that is marked absent")
    keys = np.concatenate([encodings.handles, encodings.variants[:, None]], axis=1)
    if len(np.unique(keys, axis=0)) != len(keys):
        raise FormatError("encodings: two rows have the same handle and variant", hint="each may occur once")


def _refuse(wrong: NDArray[np.bool_], what: str) -> None:
    if wrong.any():
        raise FormatError(f"encodings: row {int(np.argmax(wrong)) + 1} has {what}")
