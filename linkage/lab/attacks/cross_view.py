"""The views of one child: whether two of them, taken apart, show that they are of the same child.

Views are salted differently and encoded under keys of their own, so that what is learned of one says nothing
of another.  Whoever holds two views without knowing which rows belong together compares bits, and how many
are set; if views were made alike, each known pair would count in all of them at once (Franke, Sehili, Rohde
and Rahm, Evaluation of hardening techniques for privacy-preserving record linkage, EDBT 2021, on weights).

The attacker knows: the encodings only.  The pair of views that shows most is chosen on half of the people and
measured on the other half, for the worst of many pairs looks worse than it is.
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded
from linkage.lab.attacks.ranking import Ranking, ranking

__all__ = ["CROSS_METHODS", "CrossMethod", "across_views"]

CrossMethod = Literal["agreement", "weights"]
CROSS_METHODS: Final[tuple[CrossMethod, ...]] = ("agreement", "weights")

_LEAST_ROWS: Final = 40


def across_views(encoded: Encoded, rng: np.random.Generator, method: CrossMethod) -> Ranking | None:
    """Tell two views of one child from views of two children; None where no two views have enough rows."""
    order = rng.permutation(len(encoded))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    found: list[tuple[float, tuple[int, int]]] = []
    for pair in combinations(range(encoded.present.shape[1]), 2):
        ranked = [_ranked(encoded, pair, half, method) for half in halves]
        if None not in ranked:
            found.append((ranked[0].area, pair))  # type: ignore[union-attr]
    return _ranked(encoded, max(found)[1], halves[1], method) if found else None


def _ranked(
    encoded: Encoded, pair: tuple[int, int], people: NDArray[np.intp], method: CrossMethod
) -> Ranking | None:
    rows = people[encoded.present[people][:, pair].all(axis=1)]
    if len(rows) < _LEAST_ROWS:
        return None
    here, there = (encoded.signs(view, rows) for view in pair)
    strangers = np.roll(there, 1, axis=0)
    alike = _ALIKE[method]
    return ranking(alike(here, there), alike(here, strangers))


def _agreement(here: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray((here * there).mean(axis=1), dtype=np.float64)


def _weights(here: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how little the numbers of bits set differ, each measured by its own view's spread."""
    return -np.abs(_standard(here) - _standard(there))


def _standard(signs: NDArray[np.float32]) -> NDArray[np.float64]:
    mean = signs.mean(axis=1, dtype=np.float64)
    return np.asarray((mean - mean.mean()) / (mean.std() or 1.0))


_ALIKE: Final[
    Mapping[CrossMethod, Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float64]]]
] = {"agreement": _agreement, "weights": _weights}
