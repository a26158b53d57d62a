"""Results told apart by group: whom a linkage serves well, and whom it fails.

A group is a set of records.  What is said of a *person* (sex, age, origin of the name) puts all records of a
person into a group as soon as one of them says so; what is said of a *record* (a field that is missing,
noise) puts that record there.  A pair is in a group if one of its records is; "nothing missing" and a pair
of sources ask it of both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from linkage.encode.normalise import Normaliser
from linkage.lab.evaluation_counts import numbered, pairs_within
from linkage.lab.evaluation_intervals import Share, share
from linkage.lab.evaluation_linked import Label, LinkedTables, Table
from linkage.lab.evaluation_scores import PairScores

__all__ = ["OF_PERSONS", "OF_RECORDS", "Group", "GroupScores", "groups_of", "score_groups"]

OF_PERSONS = ("name_origin", "ethnicity", "uasc", "age_band", "council")
"""Columns of labelled data that say something of persons, besides identifiers."""

OF_RECORDS = ("noise",)
"""Columns of labelled data that say something of records."""

_SOURCES, _MANY_SOURCES = "sources", 5
_MOST_GROUPS, _MOST_BANDS = 60, 20
_YEARS, _MANY_YEARS, _LONG = 5, 10, 40
_SEXES = {"f": "female", "m": "male"}
_FIELDS = ("forename", "surname", "date_of_birth", "sex", "address", "locality", "postcode", "phone")


@dataclass(frozen=True, slots=True)
class Group:
    """Some records by a property that they share; ``both``: a pair belongs if both its records do."""

    kind: str
    name: str
    records: frozenset[Label]
    both: bool = False


@dataclass(frozen=True, slots=True)
class GroupScores:
    """How a linkage fares with the pairs of one group, each share with Wilson's interval."""

    kind: str
    name: str
    pairs: PairScores
    precision: Share
    recall: Share


def groups_of(
    tables: Sequence[Table], truth: Mapping[Label, str], *, most: int = _MOST_GROUPS
) -> list[Group]:
    """Return the groups that labelled data tell apart: sources, sex, years of birth, missing fields, columns.

    Of a column with more than ``most`` values the largest groups stand by themselves and the rest as one,
    whose name says how many they are.  What puts all records into one group is passed over.
    """
    said = [
        *_sources(tables),
        *_of_identifiers(tables, truth),
        *_missing(tables),
        *_of_columns(tables, truth, most),
    ]
    kinds = [group.kind for group in said]
    return [group for group in said if kinds.count(group.kind) > 1]


@dataclass(frozen=True, slots=True, eq=False)
class _Partitions:
    """The labelled records by place, their sources, and how truth, linkage and both at once part them."""

    place: Mapping[Label, int]
    source: NDArray[np.int64]
    parts: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def score_groups(
    linked: LinkedTables, truth: Mapping[Label, str], groups: Iterable[Group]
) -> list[GroupScores]:
    """Score a finished linkage group by group; groups in which no pair is true or found are left out."""
    labels = [label for label in linked.clusters if label in truth]
    true = numbered([truth[label] for label in labels])
    found = numbered([linked.clusters[label] for label in labels])
    records = _Partitions(
        place={label: place for place, label in enumerate(labels)},
        source=numbered([label[0] for label in labels]),
        parts=(true, found, found * (int(true.max(initial=0)) + 1) + true),
    )
    scored = (_score_group(group, records, across=linked.mode == "link") for group in groups)
    return [one for one in scored if one.pairs.true or one.pairs.found]


def _score_group(group: Group, records: _Partitions, *, across: bool) -> GroupScores:
    inside = np.zeros(len(records.source), dtype=np.bool_)
    inside[[records.place[label] for label in group.records if label in records.place]] = True
    if group.kind == _SOURCES:  # within one source, or from one to the other
        across = across or len({label[0] for label in group.records}) > 1
    pairs = PairScores(
        *(
            _touching(part, records.source if across else None, inside, both=group.both)
            for part in records.parts
        )
    )
    return GroupScores(
        group.kind, group.name, pairs, share(pairs.correct, pairs.found), share(pairs.correct, pairs.true)
    )


def _touching(
    part: NDArray[np.int64], source: NDArray[np.int64] | None, inside: NDArray[np.bool_], *, both: bool
) -> int:
    """Count the pairs of a partition with ``both`` records inside, or with either."""
    counted = inside if both else ~inside
    count = pairs_within(part[counted], None if source is None else source[counted])
    return count if both else pairs_within(part, source) - count


def _sources(tables: Sequence[Table]) -> Iterator[Group]:
    """Tell pairs apart by both their sources; of many sources, by either."""
    if len(tables) > _MANY_SOURCES:
        yield from _of_records(
            "source", {(table.name, rec_id): table.name for table in tables for rec_id in table.rec_ids}
        )
        return
    for one, other in combinations_with_replacement(sorted(tables, key=lambda table: table.name), 2):
        records = frozenset((table.name, rec_id) for table in (one, other) for rec_id in table.rec_ids)
        yield Group(_SOURCES, " × ".join((one.name, other.name)), records, both=True)


def _of_identifiers(tables: Sequence[Table], truth: Mapping[Label, str]) -> Iterator[Group]:
    sexes: dict[Label, str] = {}
    years: dict[Label, int] = {}
    normalise = Normaliser()
    for table in tables:
        for rec_id, identifiers in zip(table.rec_ids, table.identifiers, strict=True):
            values = normalise(identifiers)
            sexes[table.name, rec_id] = _SEXES.get(values.sex, "other") if values.sex else "not recorded"
            if values.year:
                years[table.name, rec_id] = int(values.year)
    if set(sexes.values()) != {"not recorded"}:
        yield from _of_persons("sex", sexes, truth)
    born = dict.fromkeys(sexes, "not known") | _bands(years)
    if years:
        yield from _of_persons("year of birth", born, truth)


def _bands(years: Mapping[Label, int]) -> dict[Label, str]:
    """Put years of birth into bands of five, or of ten or more where they reach far."""
    span = max(years.values(), default=0) - min(years.values(), default=0)
    width = _YEARS if span <= _LONG else _MANY_YEARS
    while span // width >= _MOST_BANDS - 2:
        width *= 2
    return {
        label: f"{year - year % width} to {year - year % width + width - 1}" for label, year in years.items()
    }


def _missing(tables: Sequence[Table]) -> Iterator[Group]:
    """Tell records apart by the fields they lack, of those that any record has."""
    rows = {
        (table.name, rec_id): identifiers
        for table in tables
        for rec_id, identifiers in zip(table.rec_ids, table.identifiers, strict=True)
    }
    used = [name for name in _FIELDS if any(getattr(one, name) for one in rows.values())]
    complete = frozenset(label for label, one in rows.items() if all(getattr(one, name) for name in used))
    yield Group("missing", "nothing", complete, both=True)
    for name in used:
        lacking = frozenset(label for label, one in rows.items() if not getattr(one, name))
        if lacking:
            yield Group("missing", name.replace("_", " "), lacking)


def _of_columns(tables: Sequence[Table], truth: Mapping[Label, str], most: int) -> Iterator[Group]:
    for column in (*OF_PERSONS, *OF_RECORDS):
        values = {
            (table.name, rec_id): value or "not recorded"
            for table in tables
            for rec_id, value in zip(table.rec_ids, table.groups.get(column, ()), strict=False)
        }
        if not any(table.groups.get(column) for table in tables):
            continue
        values = _gathered(values, most)
        kind = column.replace("_", " ")
        yield from _of_persons(kind, values, truth) if column in OF_PERSONS else _of_records(kind, values)


def _gathered(values: dict[Label, str], most: int) -> dict[Label, str]:
    """Put the smallest groups of a column into one where there are too many; a tie goes by name."""
    sizes = Counter(values.values())
    if len(sizes) <= most:
        return values
    small = sorted(sizes, key=lambda name: (-sizes[name], name))[most - 1 :]
    rest = dict.fromkeys(small, f"{len(small)} others together")
    return {label: rest.get(value, value) for label, value in values.items()}


def _of_records(kind: str, values: Mapping[Label, str]) -> Iterator[Group]:
    members: dict[str, set[Label]] = {}
    for label, value in values.items():
        members.setdefault(value, set()).add(label)
    for value in sorted(members):
        yield Group(kind, value, frozenset(members[value]))


def _of_persons(kind: str, values: Mapping[Label, str], truth: Mapping[Label, str]) -> Iterator[Group]:
    """Put all records of a person into every group that one of them falls in."""
    records: dict[str, list[Label]] = {}
    for label, person in truth.items():
        records.setdefault(person, []).append(label)
    for group in _of_records(kind, values):
        persons = {truth[label] for label in group.records if label in truth}
        yield Group(kind, group.name, frozenset(label for person in persons for label in records[person]))
