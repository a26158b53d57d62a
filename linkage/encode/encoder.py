"""The encoder: person records in, encoding rows out.

An encoding depends on its own record, the profile and the key, and on nothing else: not on the order or
number of records, nor on how they are cut into batches.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from linkage.encode.cells import CHUNK_ROWS, Cells, together
from linkage.encode.dates import DateOrder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normalised, Normaliser
from linkage.encode.padding import Padding
from linkage.encode.reasons import NO_VIEW
from linkage.encode.remembered import Batch, Memory
from linkage.encode.secrecy import NeverWrittenOut
from linkage.encode.tokens import COMPONENTS, fields_of, tokens
from linkage.encode.view import PlainView, ViewEncoder
from linkage.errors import EpochError, InputError
from linkage.profile import EncodingProfile, Field, View
from linkage.wire.encodings import (
    COLUMNS,
    EXACT_BYTES,
    HANDLE_BYTES,
    TIER_CERTAIN,
    TIER_UNCERTAIN,
    Encodings,
)

__all__ = ["Encoder", "OnRefused", "Progress"]

Progress = Callable[[int], None]
"""Told the number of records done so far."""

OnRefused = Callable[[bytes, int, str], None]
"""Told handle, variant and reason code of a set of identifiers that is not encoded."""

_BATCH_ROWS: Final = 2048
_NAMES: Final[tuple[Field, ...]] = ("forename", "surname")


class _Rows(NamedTuple):
    """Sets of identifiers with the handles (rows, 16) and variant numbers of their records."""

    handles: NDArray[np.uint8]
    variants: NDArray[np.uint8]
    people: Sequence[Identifiers]

    def parts(self, most: int, *, whole_records: bool = False) -> Iterator["_Rows"]:
        """Cut them into parts of at most ``most`` rows, or as many as a record has that must stay whole."""
        start = 0
        while start < len(self.people):
            end = min(start + most, len(self.people))
            while whole_records and end < len(self.people) and self.variants[end]:
                end += 1
            yield _Rows(self.handles[start:end], self.variants[start:end], self.people[start:end])
            start = end

    def take(self, rows: NDArray[np.intp]) -> "_Rows":
        """Return the given rows in the given order."""
        return _Rows(self.handles[rows], self.variants[rows], [self.people[row] for row in rows.tolist()])

    def records(self) -> tuple[list[int], list[int]]:
        """Return where each record begins, and how many rows it has; a record's rows lie together."""
        new = np.ones(len(self.people), dtype=np.bool_)
        new[1:] = self.variants[1:] <= self.variants[:-1]
        new[1:] |= (self.handles[1:] != self.handles[:-1]).any(axis=1)
        firsts = np.flatnonzero(new)
        return firsts.tolist(), np.diff(firsts, append=len(self.people)).tolist()


class Encoder(NeverWrittenOut):
    """Encodes records under one profile and one epoch's keys.

    ``date_order`` and ``today``: as for :func:`linkage.encode.normalise.normalise`.  Raises
    :class:`EpochError` for keys of another profile.  Not for use by several threads at once.
    """

    def __init__(
        self,
        profile: EncodingProfile,
        keys: EncodingKeys,
        *,
        date_order: DateOrder = "dmy",
        today: datetime.date | None = None,
    ) -> None:
        if keys.profile_digest != profile.digest:
            raise EpochError("the keys were derived for another encoding profile", hint="derive them anew")
        self._profile = profile
        self._normalise = Normaliser(date_order=date_order, today=today, only=fields_of(profile))
        self._keys = keys
        self._memory = Memory(profile, keys, self._normalise)
        self._cells = Cells(profile.length)
        self._views = [
            ViewEncoder(keys.view(view.name), diffusion=diffusion, cells=self._cells)
            for view, diffusion in zip(profile.views, profile.diffusions, strict=True)
        ]
        self._plain = self._plain_views()
        self._padding = Padding(keys.padding, profile.rows) if profile.rows > 1 else None

    def encodable(self, person: Normalised) -> str | None:
        """Return why a person gives no row ("no-view"), or None if the person gives one."""
        views = (view for view in self._profile.views if person.tier in view.tiers)
        return None if any(_has_view(view, person) for view in views) else NO_VIEW

    def encode(
        self,
        records: Iterable[PersonRecord],
        *,
        progress: Progress | None = None,
        on_refused: OnRefused | None = None,
    ) -> Encodings:
        """Encode all records into one table, sorted by handle and variant.

        Handles are random, so that order says nothing about the source's.  ``on_refused`` hears of every
        variant without a view, which gets no row.  Raises :class:`InputError` if two records have one
        handle.
        """
        batches = list(self.encode_batches(records, progress=progress, on_refused=on_refused))
        return _sorted_table(batches, self._profile)

    def encode_batches(
        self,
        records: Iterable[PersonRecord],
        *,
        progress: Progress | None = None,
        on_refused: OnRefused | None = None,
        batch_rows: int = _BATCH_ROWS,
    ) -> Iterator[Encodings]:
        """Encode records in batches of at most ``batch_rows`` rows, in the records' order.

        With rows of padding a batch is larger by those, and keeps a record's rows together.  Memory does
        not grow with the number of records.  Whoever writes the batches out must put the rows in another
        order first: the source's may tell who is who.
        """
        done = 0
        records = iter(records)
        while some := list(islice(records, batch_rows)):
            for rows in _rows_of(some).parts(batch_rows, whole_records=self._padding is not None):
                table = self._encode_rows(rows)
                refused = np.flatnonzero(table.present == 0)
                if on_refused:
                    for row in refused.tolist():
                        on_refused(rows.handles[row].tobytes(), int(rows.variants[row]), NO_VIEW)
                if len(refused):
                    kept = np.flatnonzero(table.present)
                    rows, table = rows.take(kept), table.take(kept)
                yield table if self._padding is None else self._padded(rows, table, self._padding)
            done += len(some)
            if progress:
                progress(done)

    def _padded(self, rows: _Rows, table: Encodings, padding: Padding) -> Encodings:
        """Give every record among encoded rows as many as it is to have, in the order of their numbers."""
        firsts, counts = rows.records()
        places: list[int] = []
        numbers: list[int] = []
        made_up: list[tuple[int, Identifiers]] = []
        for first, count in zip(firsts, counts, strict=True):
            handle = rows.handles[first].tobytes()
            for variant, source, number in padding.rows(handle, count):
                if number:
                    places.append(len(table) + len(made_up))
                    made_up.append(
                        (first, self._with_made_up_name(rows.people[first], handle, number, padding))
                    )
                else:
                    places.append(first + source)
                numbers.append(variant)
        origins = np.array([first for first, _ in made_up], dtype=np.intp)
        added = _Rows(rows.handles[origins], rows.variants[origins], [person for _, person in made_up])
        both = Encodings.joined([table, *map(self._encode_rows, added.parts(_BATCH_ROWS))])
        both = both.take(np.array(places, dtype=np.intp))
        both.variants[:] = numbers
        return both

    def _with_made_up_name(
        self, person: Identifiers, handle: bytes, number: int, padding: Padding
    ) -> Identifiers:
        read = {
            field: self._normalise.read(field, [getattr(person, field)])[0]
            if field in self._normalise.fields
            else ""
            for field in _NAMES
        }
        forename, surname = padding.names(handle, number, *read.values())
        return replace(person, forename=forename, surname=surname)

    def _encode_rows(self, rows: _Rows) -> Encodings:
        """Encode rows; those without any view have ``present`` 0."""
        if self._memory.full:
            self._memory = Memory(self._profile, self._keys, self._normalise)
            self._plain = self._plain_views()
        batch = self._memory.batch(rows.people)
        table = _empty_table(len(rows.people), self._profile)
        table.handles[:] = rows.handles
        table.variants[:] = rows.variants
        table.exact[:] = self._memory.exact(batch)
        table.tiers[:] = np.where(batch.uncertain, TIER_UNCERTAIN, TIER_CERTAIN)
        self._make_filters(batch)
        for number, view in enumerate(self._profile.views):
            there = self._memory.present(view, batch)
            table.present[:] |= there.astype(np.uint32) << np.uint32(number)
            plain = self._plain[number]
            made = plain.rows(batch.numbers, batch.silent) if plain else self._views[number].take(len(there))
            # Rows without the view had a filter made all the same, under part of a salt: it ends here.
            made[~there] = 0
            table.bits[:, number] = made
        return table

    def _make_filters(self, batch: Batch) -> None:
        """Have the views that are not plain make all rows' filters, some rows at a time for all views."""
        memory = self._memory
        views = [
            (encoder, memory.salts(view, batch), (tuple(memory.runs(view)), view.positions))
            for view, encoder, plain in zip(self._profile.views, self._views, self._plain, strict=True)
            if not plain
        ]
        groups = dict.fromkeys(group for _, _, group in views)
        shared = dict.fromkeys(runs for every, _ in groups for runs in every)
        for start in range(0, len(batch.uncertain) if views else 0, CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            found = {runs: runs.gather(batch.layouts[runs].part(rows)) for runs in shared}
            places = {
                (every, positions): together(self._cells.parts([found[runs] for runs in every], positions))
                for every, positions in groups
            }
            for encoder, salts, group in views:
                encoder.add(salts[rows], places[group])

    def _plain_views(self) -> list[PlainView | None]:
        """Return each view that makes its rows from known values: one without salt, diffusion or shares."""
        return [
            PlainView(encoder, self._memory.empty_salt, self._memory.runs(view), self._cells)
            if not view.salt and diffusion == 1 and view.positions is UNSET
            else None
            for view, encoder, diffusion in zip(
                self._profile.views, self._views, self._profile.diffusions, strict=True
            )
        ]


def _rows_of(records: Sequence[PersonRecord]) -> _Rows:
    variants = list(map(attrgetter("variants"), records))
    counts = np.fromiter(map(len, variants), dtype=np.intp, count=len(variants))
    handles = np.frombuffer(b"".join(map(attrgetter("handle"), records)), dtype=np.uint8)
    handles = handles.reshape(-1, HANDLE_BYTES)
    numbers = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return _Rows(
        np.repeat(handles, counts, axis=0), numbers.astype(np.uint8), list(chain.from_iterable(variants))
    )


def _has_view(view: View, person: Normalised) -> bool:
    rules = [COMPONENTS[part] for part in view.salt]
    salted = all(rule.value(*(getattr(person, field) for field in rule.fields)) for rule in rules)
    return salted and any(tokens(feature, person.told(feature.field)) for feature in view.features)


def _empty_table(rows: int, profile: EncodingProfile) -> Encodings:
    return Encodings(
        handles=np.zeros((rows, HANDLE_BYTES), dtype=np.uint8),
        variants=np.zeros(rows, dtype=np.uint8),
        tiers=np.zeros(rows, dtype=np.uint8),
        present=np.zeros(rows, dtype=np.uint32),
        bits=np.zeros((rows, len(profile.views), profile.view_bytes), dtype=np.uint8),
        exact=np.zeros((rows, len(profile.exact), EXACT_BYTES), dtype=np.uint8),
    )


def _sorted_table(batches: list[Encodings], profile: EncodingProfile) -> Encodings:
    """Merge batches into one table by handle and variant, letting go of each batch as it is copied."""
    keys = np.concatenate(
        [np.empty((0, HANDLE_BYTES + 1), np.uint8)]
        + [np.concatenate([batch.handles, batch.variants[:, None]], axis=1) for batch in batches]
    )
    order = np.lexsort(keys.T[::-1])
    if (keys[order][1:] == keys[order][:-1]).all(axis=1).any():
        raise InputError("two records have the same handle", hint="give every record a handle of its own")
    target = np.empty(len(order), dtype=np.intp)
    target[order] = np.arange(len(order))
    table = _empty_table(len(order), profile)
    done = 0
    batches.reverse()
    while batches:
        batch = batches.pop()
        places = target[done : done + len(batch)]
        for column in COLUMNS:
            getattr(table, column)[places] = getattr(batch, column)
        done += len(batch)
    return table
