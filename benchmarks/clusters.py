"""Clustering at scale: ``python -m benchmarks.clusters``; :func:`measure` gives the same as plain dicts.

Every size runs in a process of its own, so that its peak memory is its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import cluster, warm_up
from linkage.match.clustering_components import connected_components
from linkage.match.clustering_doubts import narrow_merges, refused_merges, rival_links
from linkage.match.clustering_weakest import weakest_links
from linkage.match.incremental import Clusters, WeighedPairs
from linkage.match.persons import assign_persons
from linkage.match.rows import RecordId

SIZES = (10_000, 100_000, 1_000_000)
BATCH = 100
HUGE = 20_000
"""Records of the set in one huge component, by which the quicker way is compared with the exact one."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """Records of people, sorted, and the pairs that a linkage would have kept: about two a record."""

    person: Numbers
    left: Numbers
    right: Numbers
    weights: NDArray[np.float64]

    def records(self) -> tuple[RecordId, ...]:
        draws = np.random.default_rng(5)
        handles = draws.integers(0, 256, (len(self.person), 16), dtype=np.uint8)
        sources = draws.integers(0, 40, len(self.person)).tolist()
        return tuple(
            sorted(
                RecordId(f"agency-{source:02}", handle.tobytes().hex())
                for source, handle in zip(sources, handles, strict=True)
            )
        )


def made_up_world(size: int, *, kept: float = 2.0, noise: tuple[float, float] = (-5.0, 2.2)) -> World:
    """Draw people with 1, 2, 3 … records (half, a quarter, …), pairs of theirs, and pairs of strangers.

    One pair in twenty of one person's was not kept.  ``kept``: pairs per record in all; ``noise``: mean and
    deviation of the log odds of strangers.
    """
    draws = np.random.default_rng(0)
    person = draws.permutation(np.repeat(np.arange(size), draws.geometric(0.5, size))[:size])
    order = np.argsort(person, kind="stable")
    own = [
        np.stack([order[:-gap], order[gap:]])[:, person[order[:-gap]] == person[order[gap:]]]
        for gap in range(1, 30)
    ]
    true = np.concatenate(own, axis=1)
    true = true[:, draws.random(true.shape[1]) < 0.95]
    strangers = draws.integers(0, size, (2, max(0, int(kept * size) - true.shape[1])))
    strangers = strangers[:, person[strangers[0]] != person[strangers[1]]]
    weights = np.concatenate([draws.normal(5, 2.5, true.shape[1]), draws.normal(*noise, strangers.shape[1])])
    both = np.sort(np.concatenate([true, strangers], axis=1), axis=0)
    _, first = np.unique(both[0] * size + both[1], return_index=True)
    return World(person, both[0, first], both[1, first], weights[first])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_size(size: int) -> dict[str, float]:
    """Measure one size in this process."""
    warm_up()  # compiled before anything is timed
    world = made_up_world(size)
    before = _peak_mib()
    seconds, labels = _timed(lambda: cluster(size, world.left, world.right, world.weights))
    figures = {
        "records": size,
        "pairs": len(world.left),
        "cluster_seconds": seconds,
        "records_per_second": size / seconds,
        "peak_mib_before": before,
        "peak_mib": _peak_mib(),
        "largest_person": int(np.bincount(world.person).max()),
        "largest_component": _largest_component(size, world),
        "largest_cluster": int(np.bincount(labels).max()),
    }
    return figures | _measure_changes(world)


def _largest_component(size: int, world: World) -> int:
    positive = world.weights > 0
    roots = connected_components(size, world.left[positive], world.right[positive])
    return int(np.bincount(roots).max())


def _measure_changes(world: World) -> dict[str, float]:
    records = world.records()
    pairs = WeighedPairs(records, world.left, world.right, world.weights)
    at_once, full = _timed(lambda: Clusters.at_once(records, pairs))
    chosen = np.random.default_rng(7).choice(len(records), BATCH, replace=False)
    is_batch = np.zeros(len(records), dtype=np.bool_)
    is_batch[chosen] = True
    batch = [records[one] for one in chosen.tolist()]
    own = is_batch[world.left] | is_batch[world.right]
    own_pairs = WeighedPairs(records, world.left[own], world.right[own], world.weights[own])
    withdraw, before = _timed(lambda: full.withdraw(batch))
    add, after = _timed(lambda: before.add(batch, own_pairs))
    apart, _ = _timed(lambda: full.keep_apart([(batch[0], batch[1])]))
    doubts, _ = _timed(lambda: (rival_links(full), narrow_merges(full), refused_merges(full)))
    weakest, _ = _timed(lambda: weakest_links(full, batch[0]))
    return {
        "at_once_seconds": at_once,
        "withdraw_100_seconds": withdraw,
        "add_100_seconds": add,
        "must_not_link_seconds": apart,
        "batch_withdrawn_and_added_is_as_before": float(after == full),
        "doubts_seconds": doubts,
        "weakest_seconds": weakest,
        **_measure_persons(before, full),
    }


def _measure_persons(before: Clusters, full: Clusters) -> dict[str, float]:
    numbers = count()
    groups, grown = (list(map(frozenset, state.groups())) for state in (before, full))

    def new() -> str:
        return f"{next(numbers):032x}"

    first, persons = _timed(lambda: assign_persons(groups, {}, new_person=new))
    again, later = _timed(
        lambda: assign_persons(grown, persons.persons, new_person=new, history=[persons.events])
    )
    back = assign_persons(groups, later.persons, new_person=new, history=[persons.events, later.events])
    return {
        "persons_first_seconds": first,
        "persons_again_seconds": again,
        "persons_as_before_after_withdrawing": float(back.persons == persons.persons),
        "peak_mib_with_persons": _peak_mib(),
    }


def measure_huge(size: int = HUGE) -> dict[str, float]:
    """Compare dissolving only near clusters with the exact way, in a set that is one huge component."""
    world = made_up_world(size, kept=4.0, noise=(-1.0, 2.5))
    records = world.records()
    arrives = np.random.default_rng(3).integers(0, 20, size)
    arrives[np.random.default_rng(4).random(size) < 0.5] = 0
    latest = np.maximum(arrives[world.left], arrives[world.right])
    states = {"exact": Clusters(), "quick": Clusters()}
    seconds = dict.fromkeys(states, 0.0)
    for number in range(20):
        batch = [records[one] for one in np.flatnonzero(arrives == number).tolist()]
        own = latest == number
        pairs = WeighedPairs(records, world.left[own], world.right[own], world.weights[own])
        for name, largest in (("exact", None), ("quick", 1000)):
            took, states[name] = _timed(
                lambda name=name, batch=batch, pairs=pairs, largest=largest: states[name].add(
                    batch, pairs, largest=largest
                )
            )
            seconds[name] += took
    exact, quick = (states[name].labels for name in states)
    return {
        "huge_records": size,
        "huge_component": _largest_component(size, world),
        "huge_largest_cluster": int(np.bincount(exact).max()),
        "huge_exact_seconds": seconds["exact"],
        "huge_quick_seconds": seconds["quick"],
        "huge_agreement": _agreement(exact, quick),
    }


def _agreement(one: Numbers, other: Numbers) -> float:
    """Return how many records (share) have the same others in their cluster both ways."""
    _, together = np.unique(np.stack([one, other]), axis=1, return_inverse=True)
    shared = np.bincount(together)[together]
    same = (shared == np.bincount(one)[one]) & (shared == np.bincount(other)[other])
    return float(same.mean())


def measure(sizes: Sequence[int] = SIZES) -> list[dict[str, float]]:
    """Measure every size in a process of its own, then the huge component."""
    tasks = [str(size) for size in sizes] + ["huge"]
    return [
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.clusters", task],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for task in tasks
    ]


def main(arguments: Sequence[str]) -> None:
    """Without arguments measure everything; with a number that size, with ``huge`` the huge component."""
    if not arguments:
        print(json.dumps(measure(), indent=2))
    elif arguments[0] == "huge":
        print(json.dumps(measure_huge()))
    else:
        print(json.dumps(measure_size(int(arguments[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
