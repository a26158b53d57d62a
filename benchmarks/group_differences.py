"""How often a report by group claims a difference where there is none, and how often it finds one there is.

``python -m benchmarks.group_differences`` prints JSON (docs/governance/linkage-quality.md).  Every seed is a
made-up world of its own, encoded and linked as a register would.

*Nothing differs*: to each household falls by lot the ethnicity, origin, council and status of some household,
and to each child the sex, age, sources and missing fields of some child.  So groups have the sizes and
mixtures that they have, and no group can fare otherwise than another but by chance, though the linkage errs
as it does.
*Something differs*: the records of one group are worse than others' (:mod:`linkage.lab.burdens`).
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.differences import Comparison, GroupColumn, compare_groups
from linkage.lab.burdens import Burden, read_burden
from linkage.lab.evaluation import encode_tables, link_tables
from linkage.lab.evaluation_differences import CountedPersons, count_persons, person_groups
from linkage.lab.world import World, simulate
from linkage.lab.world_tables import labelled_tables
from linkage.shares import wilson_interval
from linkage.shipped_profiles import shipped_profile

__all__ = ["OF_HOUSEHOLDS", "by_lot", "counted_world", "found_burden"]

_KEY = bytes(range(32))
OF_HOUSEHOLDS = ("ethnicity", "name origin", "uasc", "council")
"""Kinds of groups that all children of a household share."""

BURDENS = (
    "ethnicity=black misspelt=0.3 missing=0.3",
    "uasc=yes misspelt=0.3 missing=0.3",
    "agency=E06009001 misspelt=0.3 missing=0.3",
)
_KIND_OF = {"agency": "source", "name_origin": "name origin", "age_band": "age band"}
_SEXES = {"F": "female", "M": "male"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="child-1")
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=100, help="worlds in which nothing differs")
    parser.add_argument("--lots", type=int, default=3, help="how often labels are dealt in each of them")
    parser.add_argument("--burdened", type=int, default=20, help="worlds with each burden")
    parser.add_argument("--burden", action="append", help="instead of the three that are tried")
    asked = parser.parse_args()
    _Measured(asked.profile, asked.children).run(
        asked.seeds, asked.lots, asked.burdened, tuple(asked.burden or BURDENS)
    )


class _Measured:
    def __init__(self, profile: str, children: int) -> None:
        self._profile = profile
        self._children = children

    def run(self, seeds: int, lots: int, burdened: int, burdens: Sequence[str]) -> None:
        claims = [list(self._claims(seed, lots)) for seed in range(seeds)]
        first = sum(one[0] for one in claims)
        summary: dict[str, Any] = {
            "profile": self._profile,
            "children": self._children,
            "nothing differs": _share(first, seeds) if seeds else None,
            "nothing differs, all lots": _share(sum(map(sum, claims)), seeds * lots) if seeds else None,
            "something differs": {
                text: _share(sum(self._finds(text, seed) for seed in range(burdened)), burdened)
                for text in burdens
                if burdened
            },
        }
        print(json.dumps(summary, indent=2))

    def _claims(self, seed: int, lots: int) -> Iterator[bool]:
        world = simulate(self._children, seed)
        counted, columns = counted_world(world, self._profile)
        for number in range(lots):
            found = compare_groups(counted.outcomes, by_lot(counted, columns, world, seed=[seed, number]))
            said = [f"{one.outcome} {one.kind} {one.name} {one.chance}" for one in found.claimed]
            _note({"seed": seed, "lot": number, "claimed": said})
            yield bool(said)

    def _finds(self, text: str, seed: int) -> bool:
        burden = read_burden(text)
        world = simulate(self._children, seed, burdens=[burden])
        counted, columns = counted_world(world, self._profile)
        found = compare_groups(counted.outcomes, columns)
        claimed = found_burden(found, burden)
        _note({"seed": seed, "burden": text, "found": claimed})
        return claimed


def counted_world(world: World, profile: str) -> tuple[CountedPersons, list[GroupColumn]]:
    """Encode and link a world and count how its persons fare, with the groups that they fall into."""
    chosen, tables = shipped_profile(profile), labelled_tables(world)
    linked = link_tables(encode_tables(tables, chosen, _KEY), "multi", chosen)
    truth = world.truth.entity_of
    counted = count_persons(linked.clusters, truth)
    return counted, counted.columns(person_groups(tables, truth))


def by_lot(
    counted: CountedPersons, columns: Sequence[GroupColumn], world: World, *, seed: Sequence[int]
) -> list[GroupColumn]:
    """Deal the labels of households among households, and those of children among children."""
    lot = np.random.default_rng(list(seed))
    of_child = lot.permutation(len(counted.names))
    of_household = _households(counted.names, world.truth.household_of, lot)
    return [
        replace(one, inside=one.inside[of_household if one.kind in OF_HOUSEHOLDS else of_child])
        for one in columns
    ]


def _households(
    names: Sequence[str], household_of: Mapping[str, str], lot: np.random.Generator
) -> NDArray[np.int64]:
    """Give every child of a household the place of one child of another, the same for all of them."""
    homes = list(dict.fromkeys(household_of[name] for name in names))
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        first.setdefault(household_of[name], place)
    dealt = dict(zip(homes, (first[homes[at]] for at in lot.permutation(len(homes))), strict=True))
    return np.array([dealt[household_of[name]] for name in names], dtype=np.int64)


def found_burden(found: Comparison, burden: Burden) -> bool:
    """Say whether a comparison claims that the group which bears a burden is linked worse than others."""
    kind = _KIND_OF.get(burden.kind, burden.kind)
    name = _SEXES.get(burden.group, burden.group)
    return any(
        (one.outcome, one.kind, one.name) == ("recall", kind, name)
        and one.difference is not None
        and one.difference.value < 0
        for one in found.claimed
    )


def _share(part: int, whole: int) -> dict[str, float]:
    one = wilson_interval(part, whole)
    return {"part": part, "whole": whole, "share": one.value, "low": one.low, "high": one.high}


def _note(said: Mapping[str, object]) -> None:
    """Tell on standard error how far it is, one line of JSON each."""
    print(json.dumps(said), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
