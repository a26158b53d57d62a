"""Crowds to attack: people, each once and as clean as an attacker could wish, with their clear payload."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linkage.encode.identifiers import Identifiers
from linkage.errors import InputError
from linkage.lab.evaluation import labelled_identifiers
from linkage.lab.learning import people_world
from linkage.lab.payloads import records_of
from linkage.lab.people import Population
from linkage.lab.world import World, linkage_tables, simulate

__all__ = ["Listed", "children", "crowd_of", "one_day", "persons"]

ONE_DAY = "2010-05-17"
_LAST_YEAR = 2026
_EPISODE = "episode "


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Listed:
    """People, and for each the number of their clear payload: (n,), alike where it is alike.

    ``payload`` is age band, sex, ethnic group and responsible council: what stands in clear for every child
    with an episode.  ``appealed`` is these and the day on which the child's first episode began, as a public
    appeal tells it; ``dated`` is these and the dates of all care spells and episodes.
    """

    people: tuple[Identifiers, ...]
    payload: NDArray[np.int64]
    appealed: NDArray[np.int64]
    dated: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.people)

    def first(self, count: int) -> "Listed":
        """Return the first people only."""
        return Listed(self.people[:count], self.payload[:count], self.appealed[:count], self.dated[:count])


def children(count: int, seed: int) -> Listed:
    """Return ``count`` children of the simulated country, as agencies without errors record them."""
    world = simulate(count + count // 8 + 100, seed, noise="none")
    clear, dates = _payloads(world), _dates(world)
    found: dict[str, _Found] = {}
    for source, sheet in linkage_tables(world).items():
        if source != "truth":
            for row in sheet.rows:
                person = world.truth.entity_of[source, row[0]]
                identifiers = labelled_identifiers(dict(zip(sheet.columns, row, strict=True)))
                found.setdefault(person, (identifiers, clear[person], dates.get(person, ())))
    return _listed([*found.values()], count, seed)


def one_day(listed: Listed) -> Listed:
    """Return the same people, all born on one day: the densest class there can be."""
    return replace(listed, people=tuple(replace(one, date_of_birth=ONE_DAY) for one in listed.people))


def persons(count: int, seed: int) -> Listed:
    """Return ``count`` people of all ages with addresses, for profiles of general data, without payload."""
    world = people_world(Population(int(count * 1.3), damage=0.0), seed)
    found: dict[str, _Found] = {}
    for table in world.tables:
        for rec_id, one in zip(table.rec_ids, table.identifiers, strict=True):
            found.setdefault(world.person[table.name, rec_id], (one, (), ()))
    return _listed([*found.values()], count, seed)


def crowd_of(people: Sequence[Identifiers], count: int, seed: int) -> Listed:
    """Return at most ``count`` of people of one's own, drawn by the seed, without payload."""
    return _listed([(one, (), ()) for one in people], min(count, len(people)), seed)


_Found = tuple[Identifiers, tuple[str, ...], tuple[str, ...]]


def _listed(found: list[_Found], count: int, seed: int) -> Listed:
    if len(found) < count:
        raise InputError(f"the crowd to attack holds {len(found)} people, not {count}")
    order = np.random.default_rng(seed).permutation(len(found))[:count]
    chosen = [found[place] for place in order.tolist()]
    payload = _numbered([clear for _, clear, _ in chosen])
    appealed = _numbered([(*clear, *_first_episode(dates)) for _, clear, dates in chosen])
    dated = _numbered([(*clear, *dates) for _, clear, dates in chosen])
    return Listed(tuple(one for one, _, _ in chosen), payload, appealed, dated)


def _first_episode(dates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one[: len(_EPISODE) + len("2026-03-31")] for one in dates if one.startswith(_EPISODE))[:1]


def _numbered(facts: Sequence[tuple[str, ...]]) -> NDArray[np.int64]:
    numbers: dict[tuple[str, ...], int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in facts], dtype=np.int64)


def _payloads(world: World) -> dict[str, tuple[str, ...]]:
    """Return each person's clear fields as the first agency that holds the child writes them."""
    found: dict[str, tuple[str, ...]] = {}
    for extract in world.extracts:
        council = extract.agency.role == "council"
        sheet = extract.tables["children" if council else "episodes"]
        reference = "child_id" if council else "child_ref"
        for row in (dict(zip(sheet.columns, line, strict=True)) for line in sheet.rows):
            person = world.truth.entity_of[extract.agency.code, row[reference]]
            year = row["date_of_birth"][-4:] if council else row["date_of_birth"][:4]
            band = sum(_LAST_YEAR - int(year) >= first for first in (5, 10, 16)) if year.isdigit() else 9
            clear = (f"{band}", row["sex"], row["ethnicity"][:1], row["responsible_council"])
            found.setdefault(person, clear)
    return found


def _dates(world: World) -> dict[str, tuple[str, ...]]:
    """Return each person's days of care spells and episodes in the payload of the first agency with any."""
    received = records_of(world)
    found: dict[str, tuple[str, ...]] = {}
    for records in received.records:
        days: dict[str, list[str]] = {}
        for spell in records.payload.care_spells:
            days.setdefault(spell.child, []).append(f"spell {spell.start} {spell.end}")
        for episode in records.payload.episodes:
            days.setdefault(episode.child, []).append(f"{_EPISODE}{episode.start} {episode.end}")
        for handle, some in days.items():
            found.setdefault(received.person_of[records.agency, handle], tuple(sorted(some)))
    return found
