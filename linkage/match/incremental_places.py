"""Where records stand: their numbers before and after a change, and statements as numbers."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.incremental_statements import RecordPair, Statements
from linkage.match.rows import RecordId

__all__ = ["Bound", "Renumbered", "place_of", "places_of", "range_of"]


def place_of(records: Sequence[RecordId], record: RecordId) -> int | None:
    """Return where a record stands among sorted records, or None."""
    place = bisect_left(records, record)
    return place if place < len(records) and records[place] == record else None


def places_of(records: Sequence[RecordId], wanted: Iterable[RecordId]) -> NDArray[np.int64]:
    """Return where records stand.  Raises :class:`InputError` for one that is not there."""
    found = [place_of(records, record) for record in wanted]
    if None in found:
        raise InputError("a record that is named is not there", hint="add the record first")
    return np.array(found, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Renumbered:
    """Sorted records after some have gone and fresh ones have come.

    ``place`` (n before,): the new number of every record, -1 for those gone; ``fresh`` (n,) bool.
    """

    records: tuple[RecordId, ...]
    place: NDArray[np.int64]
    fresh: NDArray[np.bool_]

    @classmethod
    def of(
        cls, before: tuple[RecordId, ...], gone: Sequence[RecordId], fresh: Sequence[RecordId]
    ) -> "Renumbered":
        """Take out and put in, both sorted; a record in both comes back as a fresh one."""
        if not gone and not fresh:
            return cls(before, np.arange(len(before)), np.zeros(len(before), dtype=np.bool_))
        if not before and not gone:
            return cls(tuple(fresh), np.arange(0), np.ones(len(fresh), dtype=np.bool_))
        stays = np.ones(len(before), dtype=np.bool_)
        stays[places_of(before, gone)] = False
        kept = tuple(compress(before, stays.tolist())) if gone else before
        cuts = [bisect_left(kept, record) for record in fresh]
        records: list[RecordId] = []
        start = 0
        for record, cut in zip(fresh, cuts, strict=True):
            records += kept[start:cut]
            records.append(record)
            start = cut
        records += kept[start:]
        moved = np.arange(len(kept)) + np.searchsorted(cuts, np.arange(len(kept)), side="right")
        place = np.full(len(before), -1, dtype=np.int64)
        place[stays] = moved
        is_fresh = np.ones(len(records), dtype=np.bool_)
        is_fresh[moved] = False
        return cls(tuple(records), place, is_fresh)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Statements about the records that are there.

    ``same`` and ``different`` (any, 2): known links and must-not-links; ``apart`` (n,) int32: the number of
    a record's source if that is declared free of duplicates, else -1.
    """

    same: NDArray[np.int64]
    different: NDArray[np.int64]
    apart: NDArray[np.int32]

    @classmethod
    def of(cls, records: tuple[RecordId, ...], statements: Statements) -> "Bound":
        """Number the records that statements name; statements about others are passed over."""
        apart = np.full(len(records), -1, dtype=np.int32)
        for number, source in enumerate(sorted(statements.duplicate_free)):
            apart[range_of(records, source)] = number
        return cls(_numbered(records, statements.same), _numbered(records, statements.different), apart)


def range_of(records: tuple[RecordId, ...], source: str) -> slice:
    """Return where the records of a source stand among sorted records."""
    name = itemgetter(0)
    return slice(bisect_left(records, source, key=name), bisect_right(records, source, key=name))


def _numbered(records: tuple[RecordId, ...], pairs: Iterable[RecordPair]) -> NDArray[np.int64]:
    numbers = ((place_of(records, a), place_of(records, b)) for a, b in pairs)
    there = sorted((a, b) for a, b in numbers if a is not None and b is not None)
    return np.array(there, dtype=np.int64).reshape(-1, 2)
