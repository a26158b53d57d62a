"""Control experiments: encodings that an attack must break, and some that it must not.

An attack that finds nothing where there is everything to find, or something where there is nothing, is
broken, and then its silence about a profile means nothing.  Controls attack profiles of their own, so that
they do not hang on the profile under audit; the key holder's dictionary attacks that one too.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from linkage.audited.expected import EXPECTED
from linkage.audited.report import AttackName, Control, Sizes
from linkage.lab.attacks.columns import column_measures
from linkage.lab.attacks.dictionary import looked_up
from linkage.lab.attacks.entropy import column_pairs
from linkage.lab.attacks.graph import graph_attack
from linkage.lab.attacks.known_pairs import METHODS, known_pair_attack
from linkage.lab.attacks.targets import Target
from linkage.lab.audit_controls_beside import (
    BESIDE_CONTROLS,
    KEY,
    KNOWN,
    SEED,
    Found,
    plain_clk,
)
from linkage.lab.audit_results import Unit, UnitResult, Value
from linkage.lab.crowds import Listed, children

__all__ = ["control_units", "controls_from", "run_control"]

_ATTACKS: Final[tuple[AttackName, ...]] = (
    "dictionary",
    "known-pairs",
    "graph",
    "columns",
    *BESIDE_CONTROLS,
)


def control_units() -> Iterator[Unit]:
    """Yield the control experiments' units."""
    for attack in _ATTACKS:
        yield Unit(attack=attack, seed=SEED, control=True)


def run_control(target: Target, unit: Unit, sizes: Sizes) -> tuple[Value, ...]:
    """Run the control experiments of one attack."""
    found = _RUNS[unit.attack](target, _people(sizes.controls))
    return tuple(Value(measure=name, value=value) for name, value in found)


def controls_from(results: Mapping[Unit, UnitResult]) -> Iterator[Control]:
    """Yield what every control experiment came to; one that did not run failed."""
    found = {
        value.measure: value.value
        for unit, result in results.items()
        if unit.control
        for value in result.values
    }
    for name, expected in EXPECTED.items():
        yield expected.of(found.get(name))


@lru_cache(maxsize=1)
def _people(count: int) -> Listed:
    return children(count, SEED)


def _dictionary(target: Target, crowd: Listed) -> Found:
    general = target
    held = general.encode(crowd.people, KEY)
    yield "dictionary-own-key", looked_up(held, general.encode(crowd.people, KEY)).share
    yield "dictionary-wrong-key", looked_up(held, general.encode(crowd.people, KEY[::-1])).share


def _known_pairs(_target: Target, crowd: Listed) -> Found:
    plain, rng = plain_clk(), np.random.default_rng(SEED)
    views, encoded = plain.knowledge(crowd.people), plain.encode(crowd.people, KEY)
    known = rng.choice(len(crowd), KNOWN, replace=False)
    for method in METHODS:
        guesses = known_pair_attack(views, encoded, known, rng=rng, method=method)
        yield f"known-pairs-{method}", guesses.reidentified
    strangers = encoded.take(rng.permutation(len(crowd)))
    yield (
        "known-pairs-strangers",
        known_pair_attack(views, strangers, known, rng=rng).reidentified,
    )


def _graph(_target: Target, crowd: Listed) -> Found:
    plain, half = plain_clk(), len(crowd) // 2
    views, encoded = plain.knowledge(crowd.people), plain.encode(crowd.people, KEY)
    listed, rng = np.arange(half), np.random.default_rng(SEED)
    yield "graph-plain", graph_attack(views, encoded, listed, rng.permutation(listed))
    yield "graph-strangers", graph_attack(views, encoded, listed, half + rng.permutation(listed))


def _columns(_target: Target, crowd: Listed) -> Found:
    plain = plain_clk()
    encoded = plain.encode(crowd.people, KEY)
    found = column_measures(plain.knowledge(crowd.people), encoded)
    yield "columns-frequency", found.frequency_sd
    yield "columns-together", column_pairs(encoded).together
    yield "columns-popcount", found.popcount_correlation


_RUNS: Final[Mapping[AttackName, Callable[[Target, Listed], Found]]] = {
    "dictionary": _dictionary,
    "known-pairs": _known_pairs,
    "graph": _graph,
    "columns": _columns,
    **BESIDE_CONTROLS,
}
