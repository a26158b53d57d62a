"""The work of an audit, cut into units: one attack, or part of one, under one seed.

A unit depends on nothing but the target, its own fields, the sizes and the people, so that units may run in
any order and in any process, and what one found may be kept and need not be found again.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from linkage.audited.measures import KNOWN
from linkage.audited.report import AttackName, Sizes
from linkage.lab.attacks.columns import column_measures
from linkage.lab.attacks.dictionary import looked_up, nearest
from linkage.lab.attacks.entropy import column_pairs
from linkage.lab.attacks.graph import graph_attack
from linkage.lab.attacks.known_pairs import METHODS, guess, known_pair_scores
from linkage.lab.attacks.targets import Target
from linkage.lab.audit_crowds import People, chance, crowd, key, room, sides
from linkage.lab.audit_results import Unit, Value
from linkage.lab.audit_units_beside import BESIDE, beside_units
from linkage.lab.crowds import one_day

__all__ = ["units_of", "values_of"]

_PARTIAL: Final = 0.3


def units_of(sizes: Sizes, seeds: Sequence[int], people: People) -> Iterator[Unit]:
    """Yield every unit of an audit but the control experiments'."""
    for seed in seeds:
        yield Unit(attack="dictionary", seed=seed)
        for count in KNOWN:
            if 2 * count <= room(sizes, people):
                yield Unit(attack="known-pairs", seed=seed, part=str(count))
        for part in ("whole-overlap", "partial-overlap", "dense-class"):
            yield Unit(attack="graph", seed=seed, part=part)
        yield Unit(attack="columns", seed=seed)
        yield from beside_units(room(sizes, people), seed)


def values_of(target: Target, unit: Unit, sizes: Sizes, people: People) -> tuple[Value, ...]:
    """Run one unit; what comes out as no number cannot be told, and has no value."""
    return tuple(_told(value) for value in _RUNS[unit.attack](target, unit, sizes, people))


def _told(value: Value) -> Value:
    whole = value.value is None or math.isfinite(value.value)
    return value if whole else replace(value, value=None)


def _dictionary(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed = crowd(target, sizes, unit, people)
    held = target.encode(listed.people, key(unit))
    found = looked_up(held, target.encode(listed.people, key(unit)))
    yield Value(
        measure="dictionary-right-key", method="look-up", value=found.share, trials=max(found.unique, 1)
    )
    wrong = target.encode(listed.people, np.random.default_rng((unit.seed, 1)).bytes(32))
    missed = looked_up(held, wrong)
    yield Value(
        measure="dictionary-wrong-key", method="look-up", value=missed.share, trials=max(missed.unique, 1)
    )
    for side, numbers in sides(listed):
        yield Value(
            measure="dictionary-wrong-key",
            method="nearest",
            side=side,
            value=nearest(held, wrong, np.random.default_rng(unit.seed), numbers),
            trials=len(listed),
            chance=chance(numbers, len(listed)),
        )


def _known_pairs(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed, count = crowd(target, sizes, unit, people), int(unit.part)
    views, encoded = target.knowledge(listed.people), target.encode(listed.people, key(unit))
    known = np.random.default_rng(unit.seed).choice(len(listed), count, replace=False)
    others = np.setdiff1d(np.arange(len(listed)), known)
    for method in METHODS:
        scores = known_pair_scores(views, encoded, known, others, others, method=method)
        for side, numbers in sides(listed):
            inside = None if numbers is None else numbers[others]
            guesses = guess(scores.copy(), inside, np.random.default_rng(unit.seed), odds=method == "kriging")
            lucky = chance(inside, len(others))
            for measure, share, trials in (
                ("known-pairs", guesses.reidentified, len(others)),
                ("most-confident", guesses.most_confident, guesses.most_confident_count),
            ):
                yield Value(
                    measure=f"{measure}-{count}",
                    method=method,
                    side=side,
                    value=share,
                    trials=trials,
                    chance=lucky,
                )


def _graph(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    count = sizes.dense if unit.part == "dense-class" else sizes.graph
    drawn = crowd(target, sizes, unit, people)
    common = round(_PARTIAL * count) if unit.part == "partial-overlap" else count
    count = min(count, len(drawn) if common == count else len(drawn) // 2)
    common = min(common, count)
    listed = drawn.first(2 * count - common)
    if unit.part == "dense-class":
        listed = one_day(listed)
    views, encoded = target.knowledge(listed.people), target.encode(listed.people, key(unit))
    observed = np.random.default_rng(unit.seed).permutation(np.arange(count - common, 2 * count - common))
    for side, numbers in sides(listed):
        yield Value(
            measure=f"graph-{unit.part}",
            method="Frank-Wolfe",
            side=side,
            value=graph_attack(views, encoded, np.arange(count), observed, numbers),
            trials=common,
            chance=chance(None if numbers is None else numbers[:count], count),
        )


def _columns(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed = crowd(target, sizes, unit, people)
    encoded = target.encode(listed.people, key(unit))
    found = column_measures(target.knowledge(listed.people), encoded)
    yield Value(measure="bit-frequency-sd", value=found.frequency_sd)
    yield Value(measure="popcount-correlation", value=found.popcount_correlation)
    yield Value(measure="unique-encodings", value=found.unique, trials=len(listed))
    try:
        pairs = column_pairs(encoded)
    except ValueError:  # no view has rows enough
        entropy = together = None
    else:
        entropy, together = pairs.entropy, pairs.together
    yield Value(measure="column-entropy", value=entropy)
    yield Value(measure="columns-together", value=together)


_RUNS: Final[Mapping[AttackName, Callable[[Target, Unit, Sizes, People], Iterator[Value]]]] = {
    "dictionary": _dictionary,
    "known-pairs": _known_pairs,
    "graph": _graph,
    "columns": _columns,
    **BESIDE,
}
