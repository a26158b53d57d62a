"""How close the register comes, without the truth, to the recall of linkage among children in care, by group.

``python -m benchmarks.group_estimates`` prints JSON (docs/governance/linkage-quality.md).  Every seed is a
made-up world, encoded and linked as a register would; persons and payload then go to the estimator of
:mod:`linkage.register.group_quality` as the register worker has them, and what it finds through disclosure
control by the strictest rules that ship, as console and pack show it.  *Before disclosure control* stands
beside it what the exact test, by lot, finds of the same records.  *Nothing differs*: what is said of
children is dealt by lot.  *Something differs*: the records of one group are worse than others'.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from api.disclosing import POLICY
from benchmarks.made_up_register import made_up_register
from linkage.differences import Comparison, GroupColumn, Outcome, compare_groups
from linkage.lab.burdens import read_burden
from linkage.lab.evaluation import encode_tables, link_tables
from linkage.lab.world import World, simulate
from linkage.lab.world_tables import labelled_tables
from linkage.register.child_facts import ETHNICITY, ChildFacts, RecordKey, facts_of
from linkage.register.coverage import CoverageCalendar
from linkage.register.group_disclosure import told_rows
from linkage.register.group_quality import (
    ALL,
    IN_CARE,
    LIST_KINDS,
    NOT_KNOWN,
    QualityRow,
    in_care_quality,
    in_care_units,
)
from linkage.register.group_told import ToldRow
from linkage.register.snapshots import standing_records
from linkage.shares import wilson_interval
from linkage.shipped_profiles import shipped_profile

__all__ = ["Held", "dealt", "held_world", "true_recall"]

_KEY = bytes(range(32))
_BURDENS = ("ethnicity=black misspelt=0.4 missing=0.4", "sex=F misspelt=0.3 missing=0.3")
_GROUPS = {"ethnicity=black": ("ethnicity", "black"), "sex=F": ("sex", "female")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="child-1")
    parser.add_argument("--children", type=int, default=4000)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--burdened", type=int, default=20)
    asked = parser.parse_args()
    plain = [_plain(simulate(asked.children, seed), asked.profile, seed) for seed in range(asked.seeds)]
    summary: dict[str, Any] = {
        "asked": vars(asked),
        "an interval is told": _share([float("held" in one) for one in plain]),
        "it holds the true recall": _share([one["held"] for one in plain if "held" in one]),
        "estimate less truth": float(np.mean([one["error"] for one in plain])),
        "width": float(np.mean([one["width"] for one in plain if "width" in one])),
        "nothing differs": _share([one["claimed"] for one in plain]),
        "nothing differs, before disclosure control": _share([one["exact"] for one in plain]),
        "something differs": {
            text: _found_shares(
                [_finds(text, seed, asked.children, asked.profile) for seed in range(asked.burdened)]
            )
            for text in _BURDENS
        },
    }
    print(json.dumps(summary, indent=2))


@dataclass(frozen=True, slots=True)
class Held:
    """A register after a linkage: what is said of children, the persons that it made, and who is who."""

    facts: Mapping[RecordKey, ChildFacts]
    calendar: CoverageCalendar
    person_of: Mapping[RecordKey, str]
    true_person_of: Mapping[RecordKey, str]

    def in_care(self) -> list[QualityRow]:
        """Estimate recall of children in care, as the register worker does."""
        return in_care_quality(self.facts, self.person_of, self.calendar)

    def told(self) -> list[ToldRow]:
        """Return what of that passes disclosure control."""
        return told_rows(self.in_care(), POLICY)

    def compared(self) -> Comparison:
        """Compare every group with all others by what nobody is told: exactly, and record by record."""
        units = in_care_units(self.facts, self.person_of, self.calendar)
        place = np.unique([one.person for one in units], return_inverse=True)[1]
        failed = np.bincount(place, [one.failed for one in units]).astype(np.float64)
        outcome = Outcome(IN_CARE, np.bincount(place).astype(np.float64), failed, np.arange(len(failed)))
        columns = [GroupColumn(ALL, ALL, np.ones(len(failed), dtype=np.bool_))]
        for kind in LIST_KINDS:
            said = np.array([one.said.get(kind, NOT_KNOWN) for one in units])
            columns += [
                GroupColumn(kind, name, np.bincount(place, said == name) > 0)
                for name in np.unique(said).tolist()
            ]
        return compare_groups([outcome], columns)


def held_world(world: World, profile: str) -> Held:
    """Encode and link a world, and hand persons and payload to the register's side."""
    chosen, tables = shipped_profile(profile), labelled_tables(world)
    linked = link_tables(encode_tables(tables, chosen, _KEY), "multi", chosen)
    made = made_up_register(world)
    standing = standing_records(made.records)
    persons = {(label[0], made.handle_of[label]): f"{cluster}" for label, cluster in linked.clusters.items()}
    return Held(facts_of(standing), CoverageCalendar(standing), persons, made.person_of)


def true_recall(held: Held) -> float:
    """Return the share of forces' child records, of children of whom a council has one, linked with such."""
    council: dict[str, set[str]] = {}
    for key, one in held.facts.items():
        if one.role == "council":
            council.setdefault(held.true_person_of[key], set()).add(held.person_of[key])
    found = [
        held.person_of[key] in council[held.true_person_of[key]]
        for key, one in held.facts.items()
        if one.role == "police" and held.true_person_of[key] in council
    ]
    return sum(found) / len(found)


def dealt(held: Held, world: World, *, seed: int) -> Held:
    """Deal ethnicities among households, and sexes and ages among children, by lot.

    Councils stay who they are: all of them err alike.
    """
    lot = np.random.default_rng([seed, 1])
    keys = sorted(key for key, one in held.facts.items() if one.role == "police")
    homes = [world.truth.household_of[held.true_person_of[key]] for key in keys]
    first = dict(zip(reversed(homes), reversed(keys), strict=True))
    names = sorted(first)
    of_home = dict(zip(names, (first[names[at]] for at in lot.permutation(len(names))), strict=True))
    facts = dict(held.facts)
    for key, home, other in zip(keys, homes, lot.permutation(len(keys)).tolist(), strict=True):
        said = held.facts[keys[other]].said | {ETHNICITY: held.facts[of_home[home]].said[ETHNICITY]}
        facts[key] = replace(held.facts[key], said=said)
    return replace(held, facts=facts)


def _plain(world: World, profile: str, seed: int) -> dict[str, float]:
    held = held_world(world, profile)
    row = next(one for one in held.told() if one.kind == ALL)
    if next(one.counted for one in held.in_care() if one.kind == ALL) is None:
        raise SystemExit(f"seed {seed}: nothing can be estimated: {row.why}")
    exact, truth = held.compared().groups[0].share.value, true_recall(held)
    by_lot = dealt(held, world, seed=seed)
    claimed = [one.group for one in by_lot.told() if one.claimed]
    said = {"seed": seed, "true": truth, "told": row.share, "low": row.low, "claimed": claimed}
    print(json.dumps(said), file=sys.stderr, flush=True)
    told = {"error": exact - truth, "claimed": bool(claimed), "exact": bool(by_lot.compared().claimed)}
    if row.low is None or row.high is None:  # suppressed, so that no group's count can be worked out
        return told
    return told | {"held": row.low <= truth <= row.high, "width": row.high - row.low}


def _finds(text: str, seed: int, children: int, profile: str) -> tuple[bool, bool]:
    """Tell whether the spoilt group is found after disclosure control, and before."""
    held = held_world(simulate(children, seed, burdens=[read_burden(text)]), profile)
    group = _GROUPS[text.split()[0]]
    found = any(
        (one.kind, one.group) == group and (one.difference or 0) < 0 for one in held.told() if one.claimed
    )
    exactly = any(
        (one.kind, one.name) == group and one.difference is not None and one.difference.value < 0
        for one in held.compared().claimed
    )
    said = {"seed": seed, "burden": text, "found": found, "before disclosure control": exactly}
    print(json.dumps(said), file=sys.stderr, flush=True)
    return found, exactly


def _found_shares(found: Sequence[tuple[bool, bool]]) -> dict[str, dict[str, float]]:
    return {
        "told": _share([told for told, _ in found]),
        "before disclosure control": _share([exactly for _, exactly in found]),
    }


def _share(which: Sequence[float]) -> dict[str, float]:
    part = sum(map(bool, which))
    one = wilson_interval(part, len(which))
    return {"part": part, "whole": len(which), "share": one.value, "low": one.low, "high": one.high}


if __name__ == "__main__":
    main()
