"""The work of an audit, cut into units: one attack, or part of one, under one seed.

A unit depends on nothing but the target, its own fields, the sizes and the people, so that units may run in
any order and in any process, and what one found may be kept and need not be found again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from linkage.encode.identifiers import Identifiers
from linkage.lab.attacks.columns import column_measures
from linkage.lab.attacks.dictionary import looked_up, nearest
from linkage.lab.attacks.graph import graph_attack
from linkage.lab.attacks.known_pairs import METHODS, guess, known_pair_scores
from linkage.lab.attacks.targets import Target
from linkage.lab.audit_report import Side, Sizes, Unit, Value
from linkage.lab.crowds import Listed, children, crowd_of, one_day, persons

__all__ = ["KNOWN", "units_of", "values_of"]

KNOWN: Final = (20, 100, 500, 1500)
_PARTIAL: Final = 0.3

People = Sequence[Identifiers] | None


def units_of(sizes: Sizes, seeds: Sequence[int], people: People) -> Iterator[Unit]:
    """Yield every unit of an audit but the control experiments'."""
    room = sizes.people if people is None else min(sizes.people, len(people))
    for seed in seeds:
        yield Unit(attack="dictionary", seed=seed)
        for count in KNOWN:
            if 2 * count <= room:
                yield Unit(attack="known-pairs", seed=seed, part=str(count))
        for part in ("whole-overlap", "partial-overlap", "dense-class"):
            yield Unit(attack="graph", seed=seed, part=part)
        yield Unit(attack="columns", seed=seed)


def values_of(target: Target, unit: Unit, sizes: Sizes, people: People) -> tuple[Value, ...]:
    """Run one unit."""
    return tuple(_RUNS[unit.attack](target, unit, sizes, people))


def _crowd(target: Target, sizes: Sizes, unit: Unit, people: People) -> Listed:
    if people is not None:
        return crowd_of(people, sizes.people, unit.seed)
    return _made_up(target.general, sizes.people, 50 + unit.seed)


@lru_cache(maxsize=2)
def _made_up(general: bool, count: int, seed: int) -> Listed:  # noqa: FBT001 - only called here
    return persons(count, seed) if general else children(count, seed)


def _key(unit: Unit) -> bytes:
    return np.random.default_rng(unit.seed).bytes(32)


def _sides(listed: Listed) -> Iterator[tuple[Side, np.ndarray | None]]:
    """Yield what else the attacker may know; nothing of people whose clear fields are all alike."""
    yield "none", None
    if listed.payload.any():
        yield "payload", listed.payload
        yield "appeal", listed.appealed


def _dictionary(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed = _crowd(target, sizes, unit, people)
    held = target.encode(listed.people, _key(unit))
    found = looked_up(held, target.encode(listed.people, _key(unit)))
    yield Value(
        measure="dictionary-right-key", method="look-up", value=found.share, trials=max(found.unique, 1)
    )
    wrong = target.encode(listed.people, np.random.default_rng((unit.seed, 1)).bytes(32))
    missed = looked_up(held, wrong)
    yield Value(
        measure="dictionary-wrong-key", method="look-up", value=missed.share, trials=max(missed.unique, 1)
    )
    for side, numbers in _sides(listed):
        yield Value(
            measure="dictionary-wrong-key",
            method="nearest",
            side=side,
            value=nearest(held, wrong, np.random.default_rng(unit.seed), numbers),
            trials=len(listed),
            chance=_chance(numbers, len(listed)),
        )


def _chance(numbers: np.ndarray | None, count: int) -> float:
    """Return the share that whoever knows the clear fields alone guesses rightly."""
    return (1 if numbers is None else len(np.unique(numbers))) / count


def _known_pairs(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed, count = _crowd(target, sizes, unit, people), int(unit.part)
    views, encoded = target.knowledge(listed.people), target.encode(listed.people, _key(unit))
    known = np.random.default_rng(unit.seed).choice(len(listed), count, replace=False)
    others = np.setdiff1d(np.arange(len(listed)), known)
    for method in METHODS:
        scores = known_pair_scores(views, encoded, known, others, others, method=method)
        for side, numbers in _sides(listed):
            inside = None if numbers is None else numbers[others]
            guesses = guess(scores.copy(), inside, np.random.default_rng(unit.seed))
            chance = _chance(inside, len(others))
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
                    chance=chance,
                )


def _graph(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    count = sizes.dense if unit.part == "dense-class" else sizes.graph
    crowd = _crowd(target, sizes, unit, people)
    common = round(_PARTIAL * count) if unit.part == "partial-overlap" else count
    count = min(count, len(crowd) if common == count else len(crowd) // 2)
    common = min(common, count)
    listed = crowd.first(2 * count - common)
    if unit.part == "dense-class":
        listed = one_day(listed)
    views, encoded = target.knowledge(listed.people), target.encode(listed.people, _key(unit))
    rng = np.random.default_rng(unit.seed)
    observed = rng.permutation(np.arange(count - common, 2 * count - common))
    yield Value(
        measure=f"graph-{unit.part}",
        method="Frank-Wolfe",
        value=graph_attack(views, encoded, np.arange(count), observed),
        trials=common,
        chance=1 / count,
    )


def _columns(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed = _crowd(target, sizes, unit, people)
    found = column_measures(target.knowledge(listed.people), target.encode(listed.people, _key(unit)))
    yield Value(measure="bit-frequency-sd", value=found.frequency_sd)
    yield Value(measure="popcount-correlation", value=found.popcount_correlation)
    yield Value(measure="unique-encodings", value=found.unique, trials=len(listed))


_RUNS: Final[Mapping[str, Callable[[Target, Unit, Sizes, People], Iterator[Value]]]] = {
    "dictionary": _dictionary,
    "known-pairs": _known_pairs,
    "graph": _graph,
    "columns": _columns,
}
