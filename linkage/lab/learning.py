"""Learning what pairs look like, from made-up worlds whose truth is known by construction.

The worlds differ on purpose in whatever may differ between data sets: families or none, twins and namesakes,
two to five sources, one to four records of a person in each, little to heavy damage, with and without sex,
address and middle name, and children in care with the errors of their agencies.  Every world counts the
same, whatever its size.  Profiles for children's registers look at every view and learn from more worlds of
children; those and worlds of people then count the same, and are told apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from linkage.lab.evaluation import Table, encode_tables, labelled_identifiers, labels_of
from linkage.lab.people import Population, draw_people
from linkage.lab.world import simulate
from linkage.lab.world_tables import labelled_tables
from linkage.match.experience import (
    HOME,
    PERSON,
    SURROUNDINGS,
    WEIGHING_Z,
    Experience,
    evidence,
    grounds,
    kinds,
)
from linkage.match.kernel import candidate_pairs
from linkage.match.rows import gather
from linkage.match.similarity import Similarities, similarities
from linkage.profile import EncodingProfile

__all__ = [
    "LabelledWorld",
    "children_world",
    "experience_source",
    "fit_kinds",
    "labelled_identifiers",
    "learn",
    "looks_at_every_view",
    "people_world",
    "worlds",
]

POPULATIONS: Mapping[str, Population] = {
    "two clean sources": Population(1200, damage=0.5),
    "five sources": Population(450, sources=5, coverage=0.5, copies=(0.85, 0.1, 0.05)),
    "two sources, coarse postcodes": Population(1500, coarse_postcodes=True),
    "many records each": Population(
        110, sources=4, coverage=0.8, copies=(0.1, 0.2, 0.4, 0.3), damage=2.0, with_sex=False
    ),
    "no families": Population(3000, damage=2.0, families=False, with_sex=False, coarse_postcodes=True),
    "one source, no families": Population(
        900,
        sources=1,
        coverage=0.9,
        copies=(0.3, 0.3, 0.2, 0.2),
        damage=2.5,
        families=False,
        with_sex=False,
        coarse_postcodes=True,
    ),
    "twins and namesakes": Population(450, sources=3, twins=0.2, namesakes=0.05, with_middle=True),
    "no addresses": Population(900, sources=3, with_address=False, with_middle=True),
    "rough": Population(900, copies=(0.9, 0.1), damage=3.0),
}
CHILDREN = 9000
NOISES = ("none", "usual", "heavy")
MORE_CHILDREN = (3000, 9000, 9000, 20000)

_PENALTY = 1.0
_STEPS, _SETTLED = 100, 1e-8
_PAIRS_OF_A_WORLD = 3000.0
_PAIRS_OF_SURROUNDINGS = 24000.0
_RAREST = 0.001
_RAREST_OF_EVERY_VIEW = 0.002
"""Rarer kinds are left out: what few pairs say of a kind fits pairs of any kind."""
_SURELY_NOT_NOISE = 6.2
"""Standard deviations; among 10^8 comparisons of unrelated views not one in thirty gets here."""


@dataclass(frozen=True, slots=True, repr=False)
class LabelledWorld:
    """Sources; for every (source, rec_id) the person and that person's home; whom the world is made of."""

    tables: tuple[Table, ...]
    person: Mapping[tuple[str, str], str]
    home: Mapping[tuple[str, str], str]
    among: str = "people"


def looks_at_every_view(profile: EncodingProfile) -> bool:
    """Say whether a profile is for children's registers, whose worlds are known well enough for detail."""
    return profile.name.startswith("child-")


def worlds(profile: EncodingProfile, seed: int) -> Iterator[LabelledWorld]:
    """Make up every world that is learned from for a profile."""
    for number, population in enumerate(POPULATIONS.values()):
        yield people_world(population, seed + number)
    sizes = (CHILDREN, *MORE_CHILDREN) if looks_at_every_view(profile) else (CHILDREN,)
    for number, (children, noise) in enumerate(product(sizes, NOISES)):
        yield children_world(children, seed + number, noise)


def people_world(population: Population, seed: int) -> LabelledWorld:
    """Make up people in their homes."""
    people = draw_people(population, seed)
    tables, person = [], {}
    for source, rows in people.sources.items():
        rec_ids = tuple(f"{number}" for number in range(len(rows)))
        tables.append(Table(source, rec_ids, tuple(identifiers for _, identifiers in rows)))
        person.update({(source, rec_id): row[0] for rec_id, row in zip(rec_ids, rows, strict=True)})
    return LabelledWorld(
        tuple(tables), person, {record: people.home_of[entity] for record, entity in person.items()}
    )


def children_world(children: int, seed: int, noise: str) -> LabelledWorld:
    """Make up children in and out of care, as councils and police hold them."""
    world = simulate(children, seed, noise=noise)
    tables = labelled_tables(world)
    person = world.truth.entity_of
    home = {record: world.truth.household_of[entity] for record, entity in person.items()}
    return LabelledWorld(tables, person, home, "children")


def learn(profile: EncodingProfile, examples: Iterable[LabelledWorld], key: bytes) -> Experience:
    """Learn what pairs look like under a profile; ``key``: 32 throw-away bytes.

    A multinomial logistic regression with a ridge, by Newton's method.
    """
    every_view = looks_at_every_view(profile)
    found, known, among = [], [], []
    for example in examples:
        features, kind = _pairs(profile, example, key, every_view=every_view)
        found.append(features)
        known.append(kind)
        among.append(example.among)
    counted = _counts(among, every_view=every_view)
    counts = [
        np.full(len(kind), count / max(len(kind), 1)) for kind, count in zip(known, counted, strict=True)
    ]
    names = np.array(kinds(profile, every_view=every_view))
    features, kind, count = np.concatenate(found), np.concatenate(known), np.concatenate(counts)
    shares = np.bincount(kind, weights=count, minlength=len(names)) / count.sum()
    kept = shares >= (_RAREST_OF_EVERY_VIEW if every_view else 0.0)
    there = kept[kind]
    number, names, shares = np.cumsum(kept) - 1, names[kept], shares[kept] / shares[kept].sum()
    weights = fit_kinds(features[there], number[kind[there]], count[there], len(names))
    return Experience(tuple(names.tolist()), np.maximum(shares, _RAREST), weights, every_view)


def _counts(among: Sequence[str], *, every_view: bool) -> list[float]:
    """Return for every world as how many pairs it counts."""
    if not every_view:
        return [_PAIRS_OF_A_WORLD] * len(among)
    worlds_of = Counter(among)
    return [_PAIRS_OF_SURROUNDINGS / worlds_of[where] for where in among]


def _pairs(
    profile: EncodingProfile, example: LabelledWorld, key: bytes, *, every_view: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the features and the kinds of all pairs that a linkage of this world would weigh."""
    encoded = encode_tables(example.tables, profile, key)
    rows = gather([table.source for table in encoded], profile)
    pairs = candidate_pairs(rows, noise_z=profile.decision.noise_z)
    found = similarities(rows, pairs, diffusions=profile.diffusions, noise_z=WEIGHING_Z)
    records = labels_of(encoded, rows.ids)
    left, right = rows.record[pairs[:, 0]], rows.record[pairs[:, 1]]
    person = np.unique([example.person[record] for record in records], return_inverse=True)[1]
    home = np.unique([example.home[record] for record in records], return_inverse=True)[1]
    same = np.asarray(person[left] == person[right])
    near = np.asarray(home[left] == home[right])
    if not every_view:
        return evidence(found), _kinds(profile, found, same, near)
    sure = similarities(rows, pairs, diffusions=profile.diffusions, noise_z=_SURELY_NOT_NOISE)
    kind = _kinds_of_every_view(profile, found, same, near, np.asarray(sure.active.any(axis=1)))
    first = SURROUNDINGS.index(example.among) * len(kinds(profile, every_view=True)) // len(SURROUNDINGS)
    return evidence(found, every_view=True), kind + first


def _kinds(
    profile: EncodingProfile, found: Similarities, same: NDArray[np.bool_], near: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the kinds (m,) of pairs of one person (``same``), of one home (``near``), and by chance."""
    names = kinds(profile)
    by_view = np.array([names.index(f"chance of {ground}") for ground in grounds(profile)])
    chance = by_view[found.dice.argmax(axis=1)]
    kind = np.where(same, names.index(PERSON), np.where(near, names.index(HOME), chance))
    return np.asarray(kind, dtype=np.int64)


def _kinds_of_every_view(
    profile: EncodingProfile,
    found: Similarities,
    same: NDArray[np.bool_],
    near: NDArray[np.bool_],
    sure: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return the kinds (m,) in one kind of world; ``sure`` (m,): a view agrees more than noise ever does."""
    birth = np.array([ground == "birth" for ground in grounds(profile)])
    everywhere = (found.active | found.missing).all(axis=1)
    born_alike = found.active[:, birth].any(axis=1)
    noise = (found.active.sum(axis=1) == 1) & ~sure
    other = np.where(noise, 4, _kinds(profile, found, same & False, near) + 3)
    kind = np.where(same, np.where(everywhere, 0, np.where(born_alike, 1, 2)), np.where(near, 3, other))
    return np.asarray(kind, dtype=np.int64)


def fit_kinds(
    features: NDArray[np.float64], kind: NDArray[np.int64], counts: NDArray[np.float64], known: int
) -> NDArray[np.float64]:
    """Fit weights (known, features + 1) for as many kinds as are ``known``; the last kind's are zero."""
    middle, spread = features.mean(axis=0), features.std(axis=0) + 0.05
    design = np.concatenate([(features - middle) / spread, np.ones((len(features), 1))], axis=1)
    free = known - 1
    target = (kind[:, None] == np.arange(free)).astype(np.float64)
    width = design.shape[1]
    penalty = np.tile(np.r_[np.full(width - 1, _PENALTY), 0.0], free)
    weights = np.zeros(free * width)
    for _ in range(_STEPS):
        chances = _chances(design @ weights.reshape(free, width).T)
        gradient = ((chances - target) * counts[:, None]).T @ design
        step = np.linalg.solve(
            _curvature(design, chances, counts) + np.diag(penalty + 1e-9),
            gradient.ravel() + penalty * weights,
        )
        weights = weights - step * min(1.0, 5.0 / np.abs(step).max())
        if np.abs(step).max() < _SETTLED:
            break
    fitted = weights.reshape(free, width)
    plain = fitted[:, :-1] / spread
    return np.concatenate([np.c_[plain, fitted[:, -1] - plain @ middle], np.zeros((1, width))], axis=0)


def _chances(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    top = np.maximum(scores.max(axis=1, keepdims=True), 0.0)
    raised = np.exp(scores - top)
    return np.asarray(raised / (raised.sum(axis=1, keepdims=True) + np.exp(-top)))


def _curvature(
    design: NDArray[np.float64], chances: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    free, width = chances.shape[1], design.shape[1]
    blocks = np.empty((free, width, free, width))
    for a in range(free):
        for b in range(a, free):
            weight = counts * chances[:, a] * ((a == b) - chances[:, b])
            blocks[a, :, b] = blocks[b, :, a] = design.T @ (design * weight[:, None])
    return blocks.reshape(free * width, free * width)


def experience_source(learned: Iterable[tuple[EncodingProfile, Experience]]) -> str:
    """Write experiences, each with its profile, as the module that ships them."""
    lines = [
        '"""Written by ``python -m benchmarks.learn_experience``: learn again instead of editing."""',
        "",
        "Learned = tuple[bool, tuple[str, ...], tuple[float, ...], tuple[tuple[float, ...], ...]]",
        "",
        "EXPERIENCES: dict[str, Learned] = {",
    ]
    for profile, experience in learned:
        lines += [
            f"    # {profile.name}",
            f'    "{profile.digest}": (',
            f"        {experience.every_view},",
            "        (",
            *(f'            "{kind}",' for kind in experience.kinds),
            "        ),",
            "        (",
            *(f"            {_number(share)}," for share in experience.shares),
            "        ),",
            "        (",
        ]
        for kind, weights in zip(experience.kinds, experience.weights, strict=True):
            lines += [f"            # {kind}", "            ("]
            lines += [f"                {_number(weight)}," for weight in weights]
            lines += ["            ),"]
        lines += ["        ),", "    ),"]
    return "\n".join([*lines, "}", ""])


def _number(value: float) -> str:
    return repr(round(float(value), 4))
