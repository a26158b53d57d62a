"""Made-up registers: people with families and twins, their records, and weights such as linkage gives."""

from dataclasses import dataclass

import numpy as np

from linkage.match.incremental import WeighedPairs
from linkage.match.rows import RecordId


@dataclass(frozen=True, slots=True)
class Simulated:
    """Records with the person of each, and the pairs that a linkage would have kept."""

    person: dict[RecordId, int]
    weights: dict[tuple[RecordId, RecordId], float]

    def pairs(self, old: set[RecordId], new: set[RecordId]) -> WeighedPairs:
        """Return the pairs with a new record among the old and new ones."""
        there = old | new
        return WeighedPairs.of(
            (a, b, weight)
            for (a, b), weight in self.weights.items()
            if a in there and b in there and (a in new or b in new)
        )


def simulate(
    seed: int,
    *,
    people: int = 60,
    sources: int = 4,
    mean: float = 4.0,
    spread: float = 2.5,
    twins: float = -0.5,
    family: float = -2.0,
    noise: int = 60,
    repeats: float = 0.3,
) -> Simulated:
    """Draw who is recorded where, once or more, and how pairs of records weigh.

    People come in families of four, of whom the first two are twins.  ``mean`` and ``spread``: weights of
    pairs of one person; ``twins`` and ``family``: mean weights of pairs of twins and of siblings; ``noise``:
    pairs of strangers with weights around 0; ``repeats``: chance of each further record in a source.
    """
    draws = np.random.default_rng(seed)
    person: dict[RecordId, int] = {}
    for one in range(people):
        for source in range(sources):
            count = int(draws.random() < 0.6) * int(draws.geometric(1 - repeats))
            for _ in range(count):
                person[RecordId(f"S{source}", draws.bytes(16).hex())] = one
    records = sorted(person)
    weights: dict[tuple[RecordId, RecordId], float] = {}
    for place, a in enumerate(records):
        for b in records[place + 1 :]:
            if person[a] // 4 == person[b] // 4:
                centre = _centre(person[a] % 4, person[b] % 4, mean, twins, family)
                weights[(a, b)] = float(draws.normal(centre, spread))
    for _ in range(noise):
        a, b = sorted(draws.choice(len(records), 2, replace=False).tolist())
        weights.setdefault((records[a], records[b]), float(draws.normal(0.0, 3.0)))
    return Simulated(person, {pair: weight for pair, weight in weights.items() if weight > -8})


def _centre(one: int, other: int, mean: float, twins: float, family: float) -> float:
    if one == other:
        return mean
    return twins if {one, other} == {0, 1} else family
