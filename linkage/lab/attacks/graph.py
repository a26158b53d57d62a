"""Seedless graph matching: no pair is known, only a list of people who are likely to be among the encodings.

Everybody's similarities to everybody make a graph, once worked out from the list and once measured on the
encodings; lining the two graphs up names the encodings (Vidanage, Christen, Ranbaduge and Schnell 2020).
People who resemble nobody are not in either graph, and are guessed by nothing.

Each view is a layer of its own: the sum over views of ||A_v - P B_v P'||² is minimised over permutations P by
the Frank-Wolfe method (Vogelstein et al., Fast approximate quadratic programming for graph matching, 2015),
from a start at which people are paired whose similarities to all others look alike when sorted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge

__all__ = ["MOST_NODES", "graph_attack"]

MOST_NODES: Final = 1500
"""Nodes of a graph at most: of more people the best connected ones, and the others count as not found."""

_SPEAKS: Final = 4.0
_NEAREST: Final = 60
_STEPS: Final = 25
_SMALLEST_STEP: Final = 1e-4
_NOBODY: Final = -1
_FORBIDDEN: Final = np.float32(-1e6)

Layers = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """The people (or encodings) with a neighbour, their layers of similarities, views and clear fields."""

    nodes: NDArray[np.intp]
    layers: Layers
    present: NDArray[np.bool_]
    side: NDArray[np.int64]


def graph_attack(
    views: Sequence[ViewKnowledge],
    encoded: Encoded,
    listed: NDArray[np.intp],
    observed: NDArray[np.intp],
    side: NDArray[np.int64] | None = None,
) -> float:
    """Return the share of the people both ``listed`` and ``observed`` whose encodings the attack names.

    ``listed``: the people whom the attacker's list holds; ``observed``: whose encodings the attacker
    holds, in an order that tells nothing.  ``side``: as for known pairs, of everybody.
    """
    side = np.zeros(len(encoded), dtype=np.int64) if side is None else side
    expected = [_expected(view, listed) for view in views]
    people = _graph(expected, views, _views_of(views, listed), side[listed])
    measured = [_measured(encoded, number, observed) for number in range(len(views))]
    seen = _graph(measured, views, encoded.present[observed], side[observed])
    size = max(len(people.nodes), len(seen.nodes))
    both = np.intersect1d(listed, observed)
    if not size or not len(both):
        return 0.0
    chosen = _match(_padded(people, size), _padded(seen, size))
    rows = np.arange(len(people.nodes))
    named = chosen[rows] < len(seen.nodes)
    guessed = observed[seen.nodes[chosen[rows[named]]]]
    return float((guessed == listed[people.nodes[named]]).sum() / len(both))


def _expected(view: ViewKnowledge, listed: NDArray[np.intp]) -> NDArray[np.float32]:
    layer = view.covariance(listed, listed).astype(np.float32)
    np.fill_diagonal(layer, 0.0)
    return layer


def _measured(encoded: Encoded, number: int, observed: NDArray[np.intp]) -> NDArray[np.float32]:
    signs = encoded.signs(number, observed)
    mean = signs.mean(axis=1)
    layer = signs @ signs.T / np.float32(signs.shape[1]) - mean[:, None] * mean[None, :]
    there = encoded.present[observed, number]
    layer[~there] = 0.0
    layer[:, ~there] = 0.0
    np.fill_diagonal(layer, 0.0)
    return np.asarray(layer, dtype=np.float32)


def _views_of(views: Sequence[ViewKnowledge], people: NDArray[np.intp]) -> NDArray[np.bool_]:
    return np.stack([view.salt[people] >= 0 for view in views], axis=1)


def _graph(
    layers: Layers,
    views: Sequence[ViewKnowledge],
    present: NDArray[np.bool_],
    side: NDArray[np.int64],
) -> _Graph:
    """Keep all members, or of too many those that resemble others most beyond noise."""
    nodes = np.arange(len(present))
    if len(present) > MOST_NODES:
        strength = np.zeros(len(present), dtype=np.float32)
        for layer, view in zip(layers, views, strict=True):
            strength += np.maximum(layer - np.float32(_SPEAKS / np.sqrt(view.length)), 0).sum(axis=1)
        nodes = np.sort(np.argsort(-strength, kind="stable")[:MOST_NODES])
    return _Graph(nodes, [layer[np.ix_(nodes, nodes)] for layer in layers], present[nodes], side[nodes])


def _padded(graph: _Graph, size: int) -> _Graph:
    missing = size - len(graph.nodes)
    layers = [np.pad(layer, ((0, missing), (0, missing))) for layer in graph.layers]
    present = np.pad(graph.present, ((0, missing), (0, 0)))
    return _Graph(graph.nodes, layers, present, np.pad(graph.side, (0, missing), constant_values=_NOBODY))


def _match(people: _Graph, seen: _Graph) -> NDArray[np.intp]:
    """Return for each person the encoding's place that the best permutation gives."""
    possible = _same_views(people.present, seen.present) & (people.side[:, None] == seen.side[None, :])
    unlike = np.where(possible, np.float32(0), _FORBIDDEN)
    plan = _permutation(_profile_likeness(people.layers, seen.layers) + unlike)
    plan = np.float32(0.5) * (plan + np.float32(1 / len(plan)))
    for _ in range(_STEPS):
        gradient = _pull(people.layers, plan, seen.layers)
        towards = _permutation(gradient + unlike) - plan
        step = _best_step(people.layers, seen.layers, gradient, towards)
        plan = plan + np.float32(step) * towards
        if step < _SMALLEST_STEP:
            break
    return _assign(plan + unlike)


def _same_views(people: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where an encoding has exactly the views that a person has; the padding's have none."""
    differing = people.astype(np.float32) @ (~seen).T.astype(np.float32)
    differing += (~people).astype(np.float32) @ seen.T.astype(np.float32)
    return np.asarray(differing == 0)


def _profile_likeness(people: Layers, seen: Layers) -> NDArray[np.float32]:
    here, there = _sorted_profiles(people), _sorted_profiles(seen)
    distance = (here**2).sum(axis=1)[:, None] + (there**2).sum(axis=1)[None, :] - 2 * here @ there.T
    return np.asarray(-distance, dtype=np.float32)


def _sorted_profiles(layers: Layers) -> NDArray[np.float32]:
    return np.concatenate([np.sort(layer, axis=1)[:, -_NEAREST:] for layer in layers], axis=1)


def _pull(people: Layers, plan: NDArray[np.float32], seen: Layers) -> NDArray[np.float32]:
    total = np.zeros_like(plan)
    for here, there in zip(people, seen, strict=True):
        total += here @ plan @ there
    return total


def _best_step(
    people: Layers, seen: Layers, gradient: NDArray[np.float32], towards: NDArray[np.float32]
) -> float:
    """Return how far to go: the objective along the way is a parabola."""
    bend = float((_pull(people, towards, seen) * towards).sum())
    slope = 2.0 * float((gradient * towards).sum())
    return 1.0 if bend >= 0 else min(1.0, -slope / (2.0 * bend))


def _assign(gain: NDArray[np.float32]) -> NDArray[np.intp]:
    return np.asarray(linear_sum_assignment(gain, maximize=True)[1], dtype=np.intp)


def _permutation(gain: NDArray[np.float32]) -> NDArray[np.float32]:
    plan = np.zeros_like(gain)
    plan[np.arange(len(gain)), _assign(gain)] = 1.0
    return plan
