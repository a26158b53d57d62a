"""The encoder: person records in, encoding rows out.

An encoding depends on its own record, the profile and the key, and on nothing else: not on the order or
number of records, nor on how they are cut into batches.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.encode.dates import DateOrder
from linkage.encode.framing import length_prefixed
from linkage.encode.identifiers import PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normalised, Normaliser
from linkage.encode.reasons import NO_VIEW
from linkage.encode.tokens import COMPONENTS, fields_of, tokens
from linkage.encode.view import ViewEncoder
from linkage.encode.vocabulary import Occurrences, Vocabulary
from linkage.errors import EpochError, InputError
from linkage.profile import Component, EncodingProfile, Feature, Tier, View
from linkage.wire.encodings import HANDLE_BYTES, TIER_CERTAIN, TIER_UNCERTAIN, Encodings

__all__ = ["Encoder", "OnRefused", "Progress"]

Progress = Callable[[int], None]
"""Told the number of records done so far."""

OnRefused = Callable[[bytes, int, str], None]
"""Told handle, variant and reason code of a set of identifiers that is not encoded."""

_BATCH_ROWS: Final = 1024  # a view's table of bytes then fits a processor's cache
_TIERS: Final[dict[Tier, int]] = {"certain": TIER_CERTAIN, "uncertain": TIER_UNCERTAIN}


class _Row(NamedTuple):
    handle: bytes
    variant: int
    person: Normalised


class Encoder:
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
        self._vocabularies: dict[tuple[str, tuple[int, ...]], Vocabulary] = {}
        self._views: dict[Tier, dict[int, ViewEncoder]] = {
            tier: {
                number: ViewEncoder(keys.view(tier, view.name), profile)
                for number, view in enumerate(profile.views)
                if tier in view.tiers
            }
            for tier in _TIERS
        }

    def encodable(self, person: Normalised) -> str | None:
        """Return why a person gives no row ("no-view"), or None if the person gives one."""
        views = (self._profile.views[number] for number in self._views[person.tier])
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

        Memory does not grow with the number of records.  Whoever writes the batches out must put the rows
        in another order first: the source's may tell who is who.
        """
        done = 0

        def counted() -> Iterator[_Row]:
            nonlocal done
            for record in records:
                done += 1
                for variant, identifiers in enumerate(record.variants):
                    yield _Row(record.handle, variant, self._normalise(identifiers))

        rows = counted()
        while batch := list(islice(rows, batch_rows)):
            table = self._encode_rows(batch)
            refused = np.flatnonzero(table.present == 0)
            if on_refused:
                for row in refused.tolist():
                    on_refused(batch[row].handle, batch[row].variant, NO_VIEW)
            yield table.take(np.flatnonzero(table.present)) if len(refused) else table
            if progress:
                progress(done)

    def _encode_rows(self, rows: Sequence[_Row]) -> Encodings:
        """Encode rows; those without any view have ``present`` 0."""
        self._keep_vocabularies_small()
        table = _empty_table(len(rows), self._profile)
        table.handles[:] = np.frombuffer(b"".join(row.handle for row in rows), dtype=np.uint8).reshape(-1, 16)
        table.variants[:] = [row.variant for row in rows]
        table.tiers[:] = [_TIERS[row.person.tier] for row in rows]
        for tier, number in _TIERS.items():
            chosen = np.flatnonzero(table.tiers == number)
            if len(chosen):
                self._encode_tier(tier, [rows[row].person for row in chosen.tolist()], chosen, table)
        return table

    def _encode_tier(
        self, tier: Tier, people: Sequence[Normalised], chosen: NDArray[np.intp], table: Encodings
    ) -> None:
        """Encode the people of one tier into the rows ``chosen`` of the table."""
        batch = _Batch(self._profile, people, self._vocabulary)
        for number, encoder in self._views[tier].items():
            view = self._profile.views[number]
            present = batch.present(view)
            if len(present):
                bits = encoder.encode(batch.salts(view, present), batch.occurrences(view, present))
                table.bits[chosen[present], number] = bits
                table.present[chosen[present]] |= np.uint32(1 << number)

    def _vocabulary(self, feature: Feature) -> Vocabulary:
        cut = feature.kind, feature.prefixes
        if cut not in self._vocabularies:
            self._vocabularies[cut] = Vocabulary(feature)
        return self._vocabularies[cut]

    def _keep_vocabularies_small(self) -> None:
        if any(vocabulary.full for vocabulary in self._vocabularies.values()):
            self._vocabularies.clear()
            for views in self._views.values():
                for encoder in views.values():
                    encoder.forget_tokens()


class _Batch:
    """The salt components and tokens of some people, each made once for all views."""

    def __init__(
        self,
        profile: EncodingProfile,
        people: Sequence[Normalised],
        vocabulary: Callable[[Feature], Vocabulary],
    ) -> None:
        self._size = len(people)
        columns = {field: list(map(attrgetter(field), people)) for field in fields_of(profile)}
        self._components = {
            component: _framed(component, *(columns[field] for field in COMPONENTS[component].fields))
            for component in dict.fromkeys(part for view in profile.views for part in view.salt)
        }
        features = dict.fromkeys(feature for view in profile.views for feature in view.features)
        cuts: dict[tuple[str, str, tuple[int, ...]], Occurrences] = {}
        self._occurrences: dict[Feature, Occurrences] = {}
        for feature in features:
            cut = feature.field, feature.kind, feature.prefixes
            if cut not in cuts:
                cuts[cut] = vocabulary(feature).occurrences(columns[feature.field])
            self._occurrences[feature] = cuts[cut]

    def present(self, view: View) -> NDArray[np.intp]:
        """Return the rows that have the view: every salt component, and at least one token."""
        filled = np.zeros(self._size, dtype=np.bool_)
        for feature in view.features:
            filled[self._occurrences[feature].rows] = True
        for part in view.salt:
            filled &= np.fromiter(map(bool, self._components[part]), dtype=np.bool_, count=self._size)
        return np.flatnonzero(filled)

    def salts(self, view: View, rows: NDArray[np.intp]) -> list[bytes]:
        """Return the rows' component names and values, length-prefixed."""
        every = list(map(b"".join, zip(*(self._components[part] for part in view.salt), strict=True)))
        return [every[row] for row in rows.tolist()]

    def occurrences(self, view: View, rows: NDArray[np.intp]) -> dict[Feature, Occurrences]:
        """Return the tokens of the rows, by feature."""
        if len(rows) == self._size:
            return {feature: self._occurrences[feature] for feature in view.features}
        place = np.full(self._size, -1, dtype=np.intp)
        place[rows] = np.arange(len(rows))
        return {feature: self._occurrences[feature].of_rows(place) for feature in view.features}


def _framed(component: Component, *columns: Sequence[str]) -> list[bytes]:
    """Return a component's name and value, length-prefixed, for each row; b"" where it has no value."""
    rows = list(zip(*columns, strict=True))
    values = {row: COMPONENTS[component].value(*row) for row in set(rows)}
    name = length_prefixed(component)
    framed = {value: name + length_prefixed(value) if value else b"" for value in set(values.values())}
    return [framed[values[row]] for row in rows]


def _has_view(view: View, person: Normalised) -> bool:
    rules = [COMPONENTS[part] for part in view.salt]
    salted = all(rule.value(*(getattr(person, field) for field in rule.fields)) for rule in rules)
    return salted and any(tokens(feature, getattr(person, feature.field)) for feature in view.features)


def _empty_table(rows: int, profile: EncodingProfile) -> Encodings:
    return Encodings(
        handles=np.zeros((rows, HANDLE_BYTES), dtype=np.uint8),
        variants=np.zeros(rows, dtype=np.uint8),
        tiers=np.zeros(rows, dtype=np.uint8),
        present=np.zeros(rows, dtype=np.uint32),
        bits=np.zeros((rows, len(profile.views), profile.view_bytes), dtype=np.uint8),
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
        for column in ("handles", "variants", "tiers", "present", "bits"):
            getattr(table, column)[places] = getattr(batch, column)
        done += len(batch)
    return table
