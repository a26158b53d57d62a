"""The legacy encoder: rows in, CLKs out, bit for bit as clkhash makes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from linkage.encode.legacy.faults import ValueFault
from linkage.encode.legacy.filters import FeatureFilters
from linkage.encode.legacy.folding import folded
from linkage.encode.legacy.keys import LegacyKeys
from linkage.encode.legacy.profile import LegacyProfile
from linkage.errors import InputError

__all__ = ["LegacyEncoder", "Mask", "Progress", "Row"]

Row = Sequence[str] | Mapping[str, str]
"""The values of one record: in the schema's order, or by column name."""

Progress = Callable[[int], None]
"""Told the number of rows done so far."""

Mask = Callable[[str], str]
"""Turns a value into what may be shown of it."""

_BATCH_ROWS: Final = 4096


class LegacyEncoder:
    """Encodes rows under one legacy profile and one secret; what it makes is weak.

    ``secret``: text (hashed as UTF-8) or bytes; never empty.  ``mask``: how much of a refused value an error
    shows; without one it shows nothing.  ``first_row``: the number that errors give the first row.  Not for
    use by several threads at once.
    """

    def __init__(
        self,
        profile: LegacyProfile,
        secret: bytes | str,
        *,
        mask: Mask | None = None,
        first_row: int = 1,
    ) -> None:
        schema = profile.schema
        keys = LegacyKeys(secret, schema.key_derivation, len(schema.features))
        self._profile, self._mask, self._first_row = profile, mask, first_row
        self._columns = schema.columns
        self._filters: dict[int, FeatureFilters] = {
            number: FeatureFilters(feature.hashing, keys.pair(number), profile)
            for number, feature in enumerate(schema.features)
            if feature.hashing is not None
        }

    def encode(self, rows: Iterable[Row], *, progress: Progress | None = None) -> NDArray[np.uint8]:
        """Encode all rows, in their order.

        Returns (n, bytes) uint8, bit 0 the most significant of byte 0.  Raises :class:`InputError` naming
        row and column of a value that the schema does not take.
        """
        batches = list(self.encode_batches(rows, progress=progress))
        return np.concatenate([np.empty((0, self._profile.row_bytes), np.uint8), *batches])

    def encode_batches(
        self, rows: Iterable[Row], *, progress: Progress | None = None, batch_rows: int = _BATCH_ROWS
    ) -> Iterator[NDArray[np.uint8]]:
        """Encode rows in batches of at most ``batch_rows``; memory does not grow with their number."""
        done, rows = 0, iter(rows)
        while batch := list(islice(rows, batch_rows)):
            yield self._encode_batch(batch, done + self._first_row)
            done += len(batch)
            if progress:
                progress(done)

    def _encode_batch(self, rows: Sequence[Row], first: int) -> NDArray[np.uint8]:
        values = [self._values(row, first + offset) for offset, row in enumerate(rows)]
        columns = list(zip(*values, strict=True))
        made = self._made(columns)
        if made is None:
            # Not within an except block: what Python says of a bad value holds the value itself.
            self._refuse(values, first)
        return self._packed([reduce(or_, parts) for parts in zip(*made, strict=True)])

    def _made(self, columns: Sequence[Sequence[str]]) -> list[list[int]] | None:
        """Return the filters of each column's values, or None if the schema does not take one of them."""
        try:
            return [
                list(map(filters.__getitem__, columns[place])) for place, filters in self._filters.items()
            ]
        except (ValueFault, TypeError):  # looking up what cannot be hashed is a TypeError
            return None

    def _values(self, row: Row, number: int) -> Sequence[str]:
        if not isinstance(row, (list, tuple)) and isinstance(row, Mapping):
            try:
                return [
                    row[name] if place in self._filters else "" for place, name in enumerate(self._columns)
                ]
            except KeyError:
                missing = next(
                    name for p, name in enumerate(self._columns) if p in self._filters and name not in row
                )
                raise InputError(
                    f"row {number}: has no column {missing}", hint="give every column of the linkage schema"
                ) from None
        if isinstance(row, str) or len(row) != len(self._columns):
            raise InputError(
                f"row {number}: has {len(row)} values, the linkage schema {len(self._columns)} features",
                hint="is a separator missing or too many, or the row blank?",
            )
        return row

    def _packed(self, filters: Sequence[int]) -> NDArray[np.uint8]:
        profile = self._profile
        width = profile.row_bytes
        if profile.folds:
            filters = [folded(bits, profile.hashed_length, profile.folds) for bits in filters]
        spare = 8 * width - profile.length
        if spare:
            filters = [bits << spare for bits in filters]
        data = b"".join([bits.to_bytes(width, "big") for bits in filters])
        return np.frombuffer(data, dtype=np.uint8).reshape(-1, width)

    def _refuse(self, values: Sequence[Sequence[str]], first: int) -> NoReturn:
        """Raise for the first value of a batch that the schema does not take, and count the others."""
        found = [
            (number, place, fault)
            for number, row in enumerate(values, start=first)
            for place in self._filters
            if (fault := self._fault(place, row[place])) is not None
        ]
        number, place, fault = found[0]
        value = values[number - first][place]
        shown = f" (reads {self._mask(value)})" if self._mask and isinstance(value, str) and value else ""
        last = first + len(values) - 1
        more = f"; so do not {len(found) - 1:,} more values up to row {last:,}" if len(found) > 1 else ""
        raise InputError(
            f"row {number}, column {self._columns[place]}: the value {fault.reason}{shown}{more}",
            hint="mend it at its source; the linkage schema says what the column may hold",
        )

    def _fault(self, place: int, value: object) -> ValueFault | None:
        if not isinstance(value, str):
            return ValueFault("is not text")
        try:
            self._filters[place][value]
        except ValueFault as fault:
            return fault
        return None

    def __repr__(self) -> str:
        return f"<LegacyEncoder of {self._profile.name}, weak>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out")
