"""Encoding rows of all sources in one place, laid out for comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.errors import FormatError, InputError
from linkage.profile import EncodingProfile
from linkage.wire.encodings import EXACT_BYTES, Encodings

__all__ = ["RecordId", "Rows", "Source", "gather"]


class RecordId(NamedTuple):
    """A record everywhere: the source (agency) that sent it and its handle in hex."""

    source: str
    handle: str


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The encodings of one source; ``duplicate_free`` if it declares that no person occurs in it twice."""

    name: str
    encodings: Encodings
    duplicate_free: bool = False


def _no_source() -> NDArray[np.int32]:
    return np.zeros(0, dtype=np.int32)


def _no_exact() -> NDArray[np.uint64]:
    return np.zeros((0, 0, 2), dtype=np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of all sources, and the records they belong to.

    ``ids``: the records, sorted, so that a record's number does not depend on the order of anything.
    Shapes: ``words`` (views, n, words) uint64; ``weights`` (views, n) int32, bits set after diffusion;
    ``present`` (views, n) bool; ``tiers`` (n,) uint8; ``record`` (n,) int32, index into ``ids``;
    ``apart`` (n,) int32: rows with the same number of 0 or more come from one duplicate-free source and
    are never compared, -1 elsewhere; ``exact`` (kinds, n, 2) uint64: the exact tokens, zero where absent;
    ``source`` (n,) int32: the same number for rows of one source, whether free of duplicates or not.
    """

    ids: tuple[RecordId, ...]
    words: NDArray[np.uint64]
    weights: NDArray[np.int32]
    present: NDArray[np.bool_]
    tiers: NDArray[np.uint8]
    record: NDArray[np.int32]
    apart: NDArray[np.int32]
    exact: NDArray[np.uint64] = field(default_factory=_no_exact)
    source: NDArray[np.int32] = field(default_factory=_no_source)

    def __post_init__(self) -> None:
        if len(self.source) != len(self.tiers):
            names = np.array([record.source for record in self.ids])
            numbers = np.unique(names, return_inverse=True)[1].astype(np.int32)
            object.__setattr__(self, "source", numbers[self.record])

    def __len__(self) -> int:
        return len(self.tiers)

    @property
    def length(self) -> int:
        """Bits of a view."""
        return int(self.words.shape[2]) * 64

    def take(self, numbers: NDArray[np.int32] | NDArray[np.intp]) -> "Rows":
        """Return some rows, each with the record, the source and the declaration that it had."""
        return Rows(
            ids=self.ids,
            words=np.take(self.words, numbers, axis=1),  # whose rows lie side by side again
            weights=np.take(self.weights, numbers, axis=1),
            present=np.take(self.present, numbers, axis=1),
            tiers=self.tiers[numbers],
            record=self.record[numbers],
            apart=self.apart[numbers],
            exact=np.take(self.exact, numbers, axis=1) if len(self.exact) else self.exact,
            source=self.source[numbers],
        )

    def within_sources_too(self) -> "Rows":
        """Return the same rows without any declaration, so that rows of one source are compared as well."""
        return replace(self, apart=np.full_like(self.apart, -1))

    def record_sources(self) -> NDArray[np.int32]:
        """Return ``source`` per record instead of per row."""
        return self._by_record(self.source)

    def record_apart(self) -> NDArray[np.int32]:
        """Return ``apart`` per record instead of per row."""
        return self._by_record(self.apart)

    def _by_record(self, by_row: NDArray[np.int32]) -> NDArray[np.int32]:
        by_record = np.full(len(self.ids), -1, dtype=np.int32)
        by_record[self.record] = by_row
        return by_record


def gather(sources: Sequence[Source], profile: EncodingProfile) -> Rows:
    """Lay out the rows of all sources for comparison, by source, handle and variant.

    A row's number, which decides between equals, then depends on no order in which rows were given.
    Raises :class:`InputError` for a source named twice and :class:`FormatError` for encodings that do not
    have the profile's shape.
    """
    names = [source.name for source in sources]
    if len(set(names)) != len(names):
        raise InputError("two sources have the same name", hint="give every source once, under its own name")
    for source in sources:
        _check_shape(source, profile)
    ordered = [_in_order(source) for source in sorted(sources, key=lambda source: source.name)]
    ids, record = _number_records(ordered)
    words = _words([source.encodings for source in ordered], profile)
    return Rows(
        ids=ids,
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=_presence([source.encodings for source in ordered], len(profile.views)),
        tiers=np.concatenate([np.zeros(0, np.uint8), *(source.encodings.tiers for source in ordered)]),
        record=record,
        apart=_apart(ordered),
        exact=_exact([source.encodings for source in ordered], profile),
        source=np.repeat(
            np.arange(len(ordered), dtype=np.int32), [len(source.encodings) for source in ordered]
        ),
    )


def _check_shape(source: Source, profile: EncodingProfile) -> None:
    if not source.encodings.fits(profile):
        views, width = source.encodings.bits.shape[1:]
        raise FormatError(
            f"encodings of {source.name}: {_shape(views, width, source.encodings.exact.shape[1])}, where "
            f"{profile.name} has {_shape(len(profile.views), profile.view_bytes, len(profile.exact))}",
            hint="all sources must be encoded under the profile of the linkage",
        )


def _in_order(source: Source) -> Source:
    """Return a source with its rows sorted by handle and variant; nothing is copied if they are."""
    rows = source.encodings
    handle = np.ascontiguousarray(rows.handles).view(">u8").reshape(len(rows), 2)
    order = np.lexsort((rows.variants, handle[:, 1], handle[:, 0]))
    if (order[1:] > order[:-1]).all():
        return source
    return replace(source, encodings=rows.take(order))


def _shape(views: int, width: int, exact: int) -> str:
    tokens = f" and {exact} exact tokens" if exact else ""
    return f"{views} views of {width} bytes{tokens}"


def _number_records(ordered: Sequence[Source]) -> tuple[tuple[RecordId, ...], NDArray[np.int32]]:
    """Number the records of sources whose rows are in the order of their handles."""
    ids: list[RecordId] = []
    numbers = [np.zeros(0, dtype=np.int32)]
    for source in ordered:
        handles = source.encodings.handles
        first = np.ones(len(handles), dtype=np.bool_)
        first[1:] = (handles[1:] != handles[:-1]).any(axis=1)
        numbers.append((len(ids) - 1 + np.cumsum(first)).astype(np.int32))
        text, width = handles[first].tobytes().hex(), 2 * handles.shape[1]
        texts = (text[start : start + width] for start in range(0, len(text), width))
        ids.extend(RecordId(source.name, handle) for handle in texts)
    return tuple(ids), np.concatenate(numbers)


def _words(parts: Sequence[Encodings], profile: EncodingProfile) -> NDArray[np.uint64]:
    """Copy the bits view by view: one view's rows then lie side by side, and aligned to words."""
    total = sum(len(part) for part in parts)
    words = np.zeros((len(profile.views), total, profile.view_bytes // 8), dtype=np.uint64)
    start = 0
    for part in parts:
        as_bytes = words[:, start : start + len(part)].view(np.uint8)
        as_bytes[...] = part.bits.transpose(1, 0, 2)
        start += len(part)
    return words


def _presence(parts: Sequence[Encodings], views: int) -> NDArray[np.bool_]:
    flags = np.concatenate([np.zeros(0, np.uint32), *(part.present for part in parts)])
    shifts = np.arange(views, dtype=np.uint32)[:, None]
    present: NDArray[np.bool_] = (flags[None, :] >> shifts) & np.uint32(1) == 1
    return present


def _apart(ordered: Sequence[Source]) -> NDArray[np.int32]:
    parts = [np.zeros(0, dtype=np.int32)]
    for number, source in enumerate(ordered):
        value = number if source.duplicate_free else -1
        parts.append(np.full(len(source.encodings), value, dtype=np.int32))
    return np.concatenate(parts)


def _exact(parts: Sequence[Encodings], profile: EncodingProfile) -> NDArray[np.uint64]:
    tokens = [np.zeros((0, len(profile.exact), EXACT_BYTES), np.uint8), *(part.exact for part in parts)]
    by_kind = np.ascontiguousarray(np.concatenate(tokens).transpose(1, 0, 2))
    return by_kind.view(np.uint64)
