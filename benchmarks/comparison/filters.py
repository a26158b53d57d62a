"""Rows to compare: filters at random with planted copies, and simulated worlds with their true pairs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.plain_text import child_world
from benchmarks.encoding.quality import tables_of
from linkage.lab.evaluation import encode_tables, labels_of
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match.rows import RecordId, Rows, gather
from linkage.shipped_profiles import shipped_profile

__all__ = ["TrueRows", "children", "one_view", "persons", "random_filters", "rows_of", "two_sources"]

_KEY = bytes(range(32))


@dataclass(frozen=True, slots=True, eq=False)
class TrueRows:
    """Rows of a simulated world, and the pairs of rows (m, 2) that are one person's, smaller first."""

    rows: Rows
    pairs: NDArray[np.int64]
    noise_z: float


def random_filters(count: int, words: int, fill: float, seed: int) -> NDArray[np.uint64]:
    """Draw filters (count, words) that are unrelated, each place set with the probability ``fill``."""
    draws = np.random.default_rng(seed)
    filters = np.empty((count, words), dtype=np.uint64)
    threshold = np.uint8(round(256 * fill))
    for start in range(0, count, 1 << 14):
        some = filters[start : start + (1 << 14)]
        set_ = draws.integers(0, 256, (len(some), 64 * words), dtype=np.uint8) < threshold
        some[...] = np.packbits(set_, axis=1).view(np.uint64)
    return filters


def two_sources(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> Rows:
    """Return two duplicate-free sources of one view, so that only pairs across them are compared."""
    source = np.repeat(np.arange(2, dtype=np.int32), [len(left), len(right)])
    return rows_of(np.concatenate([left, right]), source)


def rows_of(filters: NDArray[np.uint64], source: NDArray[np.int32]) -> Rows:
    """Return filters (n, words) as rows of one view, of the duplicate-free sources numbered (n,)."""
    words = filters[None]
    return Rows(
        ids=(RecordId("", ""),),
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=np.ones((1, len(source)), dtype=np.bool_),
        tiers=np.zeros(len(source), dtype=np.uint8),
        record=np.arange(len(source), dtype=np.int32),
        apart=source,
        source=source,
    )


def children(count: int, seed: int, noise: str) -> TrueRows:
    """Encode a world of children under ``child-1``."""
    profile = shipped_profile("child-1")
    world = child_world(count, seed, noise)
    encoded = encode_tables(tables_of(world), profile, _KEY)
    rows = gather([table.source for table in encoded], profile)
    person = world.entity[world.places(labels_of(encoded, rows.ids))]
    return TrueRows(rows, _pairs(person[rows.record]), profile.decision.noise_z)


def persons(name: str, count: int, seed: int) -> TrueRows:
    """Encode a world of people of all ages under a profile for general data."""
    profile = shipped_profile(name)
    world = people_world(Population(count), seed)
    encoded = encode_tables(world.tables, profile, _KEY)
    rows = gather([table.source for table in encoded], profile)
    labels = [world.person[label] for label in labels_of(encoded, rows.ids)]
    person = np.unique(labels, return_inverse=True)[1]
    return TrueRows(rows, _pairs(person[rows.record]), profile.decision.noise_z)


def one_view(true: TrueRows, view: int) -> Rows:
    """Return the rows with one of their views only, and all as if they were of records of their own."""
    rows = true.rows
    return replace(
        rows,
        words=rows.words[view : view + 1],
        weights=rows.weights[view : view + 1],
        present=rows.present[view : view + 1],
    )


def _pairs(person: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(person, kind="stable")
    found = [np.zeros((0, 2), dtype=np.int64)]
    for apart in range(1, len(order)):
        same = person[order[apart:]] == person[order[:-apart]]
        if not same.any():
            break
        found.append(np.stack([order[:-apart][same], order[apart:][same]], axis=1))
    return np.sort(np.concatenate(found), axis=1)
