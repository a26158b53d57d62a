"""How much an attacker without the key learns of encodings, over several populations and keys."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from linkage.lab.attacks.columns import column_measures
from linkage.lab.attacks.graph import graph_attack
from linkage.lab.attacks.knowledge import encode_people, knowledge
from linkage.lab.attacks.known_pairs import Method, known_pair_attack
from linkage.lab.crowds import Listed, children, one_day, persons
from linkage.profile import EncodingProfile

__all__ = ["KNOWN", "Sizes", "privacy"]

KNOWN = (20, 100, 500)
PARTIAL_OVERLAP = 0.3
_ATTACKS: dict[str, Method] = {"": "kriging", "-ridge": "ridge", "-with-payload": "kriging"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many people are attacked, in all, by graph matching, and of one day."""

    people: int = 5000
    graph: int = 800
    dense: int = 800


def privacy(profile: EncodingProfile, seed: int, sizes: Sizes) -> dict[str, float]:
    """Measure one population under one key; shares are between 0 and 1."""
    general = profile.name.startswith("person")
    draw: Callable[[int, int], Listed] = persons if general else children
    key = np.random.default_rng(seed).bytes(32)
    found = dict(_pairs_and_columns(profile, draw(sizes.people, 50 + seed), key, seed))
    crowd = draw(max(2 * sizes.graph, sizes.dense), 80 + seed)
    found |= dict(_graphs(profile, crowd, key, sizes, seed))
    return found


def _pairs_and_columns(
    profile: EncodingProfile, listed: Listed, key: bytes, seed: int
) -> Iterator[tuple[str, float]]:
    views, encoded = knowledge(profile, listed.people), encode_people(profile, listed.people, key)
    for count in KNOWN:
        known = np.random.default_rng(seed).choice(len(encoded), count, replace=False)
        for suffix, options in _ATTACKS.items():
            if suffix and count == KNOWN[0]:
                continue
            side = listed.payload if suffix == "-with-payload" else None
            guesses = known_pair_attack(
                views, encoded, known, rng=np.random.default_rng(seed), method=options, side=side
            )
            yield f"known-pairs-{count}{suffix}", guesses.reidentified
            yield f"most-confident-{count}{suffix}", guesses.most_confident
    yield "payload-alone", len(np.unique(listed.payload)) / len(encoded)
    columns = column_measures(views, encoded)
    yield "bit-frequency-sd", columns.frequency_sd
    yield "popcount-correlation", columns.popcount_correlation
    yield "unique-encodings", columns.unique


def _graphs(
    profile: EncodingProfile, crowd: Listed, key: bytes, sizes: Sizes, seed: int
) -> Iterator[tuple[str, float]]:
    rng = np.random.default_rng(seed)
    for name, listed in (("", crowd), ("-dense-class", one_day(crowd))):
        views, encoded = knowledge(profile, listed.people), encode_people(profile, listed.people, key)
        count = sizes.dense if name else sizes.graph
        whole = np.arange(count)
        yield f"graph{name or '-whole-overlap'}", graph_attack(views, encoded, whole, rng.permutation(whole))
        if not name:
            common = round(PARTIAL_OVERLAP * count)
            listed_people = np.arange(count)
            others = np.arange(count - common, 2 * count - common)
            yield (
                "graph-partial-overlap",
                graph_attack(views, encoded, listed_people, rng.permutation(others)),
            )
