"""Made-up people to attack: each once, as clean as an attacker could wish, with their clear payload."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linkage.encode.identifiers import Identifiers
from linkage.lab.evaluation import labelled_identifiers
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.lab.world import World, linkage_tables, simulate

__all__ = ["Listed", "children", "one_day", "persons"]

ONE_DAY = "2010-05-17"
_LAST_YEAR = 2026


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Listed:
    """People, and for each the number of their clear payload: ``payload`` (n,), alike where it is alike.

    ``payload`` is age band, sex, ethnic group and responsible council: what stands in clear for every child
    with an episode, besides dates.
    """

    people: tuple[Identifiers, ...]
    payload: NDArray[np.int64]


def children(count: int, seed: int) -> Listed:
    """Return ``count`` children of the simulated country, as agencies without errors record them."""
    world = simulate(count + count // 8 + 100, seed, noise="none")
    clear = _payloads(world)
    found: dict[str, tuple[Identifiers, tuple[str, ...]]] = {}
    for source, sheet in linkage_tables(world).items():
        if source != "truth":
            for row in sheet.rows:
                person = world.truth.entity_of[source, row[0]]
                found.setdefault(
                    person, (labelled_identifiers(dict(zip(sheet.columns, row, strict=True))), clear[person])
                )
    return _listed([*found.values()], count, seed)


def one_day(listed: Listed) -> Listed:
    """Return the same people, all born on one day: the densest class there can be."""
    return replace(listed, people=tuple(replace(one, date_of_birth=ONE_DAY) for one in listed.people))


def persons(count: int, seed: int) -> Listed:
    """Return ``count`` people of all ages with addresses, for profiles of general data, without payload."""
    world = people_world(Population(int(count * 1.3), damage=0.0), seed)
    found: dict[str, tuple[Identifiers, tuple[str, ...]]] = {}
    for table in world.tables:
        for rec_id, one in zip(table.rec_ids, table.identifiers, strict=True):
            found.setdefault(world.person[table.name, rec_id], (one, ()))
    return _listed([*found.values()], count, seed)


def _listed(found: list[tuple[Identifiers, tuple[str, ...]]], count: int, seed: int) -> Listed:
    if len(found) < count:
        raise ValueError(f"the world holds {len(found)} people, not {count}")
    order = np.random.default_rng(seed).permutation(len(found))[:count]
    numbers: dict[tuple[str, ...], int] = {}
    chosen = [found[place] for place in order.tolist()]
    payload = [numbers.setdefault(clear, len(numbers)) for _, clear in chosen]
    return Listed(tuple(one for one, _ in chosen), np.array(payload, dtype=np.int64))


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
