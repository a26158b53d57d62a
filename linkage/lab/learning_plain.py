"""Learning how pairs under a plain filter stand among their neighbours, from made-up worlds.

The worlds of :mod:`linkage.lab.learning` and some more, for nothing but the worlds can teach how households
differ from persons with many careless records: agencies with several records of everybody, one source alone,
sources that share few people.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.lab.evaluation import encode_tables, labels_of
from linkage.lab.learning import (
    NOISES,
    POPULATIONS,
    LabelledWorld,
    children_world,
    fit_kinds,
    people_world,
)
from linkage.lab.people import Population
from linkage.match.experience import WEIGHING_Z, Experience
from linkage.match.kernel import candidate_pairs
from linkage.match.linkage import NEAREST
from linkage.match.plain import PLAIN_KINDS, agreeing, plain_features
from linkage.match.rows import gather
from linkage.match.similarity import similarities
from linkage.profile import EncodingProfile

__all__ = ["MORE_POPULATIONS", "learn_plain", "plain_source", "plain_worlds"]

MORE_POPULATIONS: Final[Mapping[str, Population]] = {
    "agencies": Population(
        600, sources=5, coverage=0.5, copies=(0.4, 0.3, 0.2, 0.1), damage=1.5, twins=0.1, namesakes=0.05
    ),
    "ten noisy records": Population(
        160,
        sources=4,
        coverage=0.9,
        copies=(0.1, 0.3, 0.3, 0.3),
        damage=2.5,
        with_sex=False,
        coarse_postcodes=True,
    ),
    "ten noisy records, no families": Population(
        400,
        sources=4,
        coverage=0.9,
        copies=(0.1, 0.3, 0.3, 0.3),
        damage=2.5,
        families=False,
        with_sex=False,
        coarse_postcodes=True,
    ),
    "one source, families": Population(1000, sources=1, coverage=0.9, copies=(0.5, 0.3, 0.1, 0.1)),
    "three sources": Population(1500, sources=3, coverage=0.5),
    "few shared": Population(1500, sources=2, coverage=0.2, twins=0.1),
}
CHILDREN: Final = 3000

_PAIRS_OF_A_WORLD: Final = 9000.0
_MOST_OF_A_KIND: Final = 4000
_RAREST: Final = 0.001


def plain_worlds(seed: int) -> Iterator[LabelledWorld]:
    """Make up every world that is learned from."""
    for number, population in enumerate([*POPULATIONS.values(), *MORE_POPULATIONS.values()]):
        yield people_world(population, seed + number)
    for number, noise in enumerate(NOISES):
        yield children_world(CHILDREN, seed + number, noise)


def learn_plain(profile: EncodingProfile, examples: Iterable[LabelledWorld], key: bytes) -> Experience:
    """Learn how pairs stand among their neighbours under a plain profile; ``key``: 32 throw-away bytes.

    Of each kind of pair, evenly chosen ones stand for all of a world; every world counts the same.
    """
    features, kinds, counts = zip(*(_pairs(profile, example, key) for example in examples), strict=True)
    kind, count = np.concatenate(kinds), np.concatenate(counts)
    shares = np.bincount(kind, weights=count, minlength=3) / count.sum()
    return Experience(
        PLAIN_KINDS,
        np.maximum(shares, _RAREST),
        fit_kinds(np.concatenate(features), kind, count, len(shares)),
    )


def _pairs(
    profile: EncodingProfile, example: LabelledWorld, key: bytes
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return features, kinds (one person, one home, chance) and counts of the pairs that are learned from."""
    encoded = encode_tables(example.tables, profile, key)
    rows = gather([table.source for table in encoded], profile)
    pairs = candidate_pairs(rows, noise_z=0.0, nearest=NEAREST)
    dice = similarities(rows, pairs, diffusions=profile.diffusions, noise_z=WEIGHING_Z).dice[:, 0]
    records = np.sort(rows.record[pairs].astype(np.int64), axis=1)
    order = np.lexsort((records[:, 1], records[:, 0]))
    dice, (left, right) = dice[order], records[order].T
    weights = np.zeros(len(rows.ids))
    weights[rows.record] = rows.weights[0]
    kept, found = agreeing(dice, weights, rows.length, left, right)
    left, right = left[kept], right[kept]
    labels = labels_of(encoded, rows.ids)
    person = np.unique([example.person[label] for label in labels], return_inverse=True)[1]
    home = np.unique([example.home[label] for label in labels], return_inverse=True)[1]
    kind = np.where(person[left] == person[right], 0, np.where(home[left] == home[right], 1, 2))
    chosen, counts = _chosen(kind)
    return plain_features(found[chosen]), kind[chosen].astype(np.int64), counts


def _chosen(kind: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Choose pairs of every kind evenly, and return how many each stands for, scaled to a world's."""
    chosen, counts = [], []
    for one in range(3):
        all_of_it = np.flatnonzero(kind == one)
        few = all_of_it[:: max(1, -(-len(all_of_it) // _MOST_OF_A_KIND))]
        chosen.append(few)
        counts.append(np.full(len(few), len(all_of_it) / max(len(few), 1)))
    count = np.concatenate(counts)
    return np.concatenate(chosen), count * (_PAIRS_OF_A_WORLD / max(float(count.sum()), 1.0))


def plain_source(experience: Experience) -> str:
    """Write what was learned as the module that ships it."""
    lines = [
        '"""Written by ``python -m benchmarks.learn_experience``: learn again instead of editing."""',
        "",
        f"SHARES: tuple[float, ...] = {_numbers(experience.shares)}",
        "",
        "WEIGHTS: tuple[tuple[float, ...], ...] = (",
    ]
    for kind, weights in zip(PLAIN_KINDS, experience.weights, strict=True):
        lines += [f"    # {kind}", "    ("]
        lines += [f"        {round(float(weight), 4)!r}," for weight in weights]
        lines += ["    ),"]
    return "\n".join([*lines, ")", ""])


def _numbers(values: NDArray[np.float64]) -> str:
    return f"({', '.join(repr(round(float(value), 4)) for value in values)})"
