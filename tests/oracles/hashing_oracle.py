"""A slow, obvious second implementation of hashed candidates: sets of rows, bit by bit, pair by pair."""

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from linkage.match.hashing_draws import Hash
from linkage.match.rows import Rows

Pair = tuple[int, int]


def places(digest: str, what: str, length: int) -> list[int]:
    """Return all places of a filter in the order that a purpose draws."""
    stream = hashlib.shake_256(b"clew/hashing/1\0" + digest.encode() + b"\0" + what.encode())
    data = stream.digest(8 * length)
    return sorted(range(length), key=lambda one: (int.from_bytes(data[8 * one : 8 * one + 8], "little"), one))


def blocks(rows: Rows, hashed: Hash, digest: str, table: int) -> list[set[int]]:
    """Return the rows that share a code, for every code."""
    what = f"{hashed.view}\0{hashed.family}\0{hashed.size}\0{table}\0"
    count = 1 if hashed.family == "bits" else hashed.size
    orders = [places(digest, f"{what}{number}", rows.length) for number in range(count)]
    bits = np.unpackbits(rows.words[hashed.view].view(np.uint8), axis=1, bitorder="little")
    found: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for row in np.flatnonzero(rows.present[hashed.view]).tolist():
        if hashed.family == "bits":
            code = tuple(int(bits[row, place]) for place in orders[0][: hashed.size])
        else:
            code = tuple(
                next((at for at, place in enumerate(order) if bits[row, place]), -1) for order in orders
            )
        found[code].add(row)
    return list(found.values())


def met(rows: Rows, hashed: Hash, digest: str, table: int, new: set[int] | None = None) -> list[Pair]:
    """Return the pairs of rows that one table sets against each other."""
    pairs = (
        pair
        for block in blocks(rows, hashed, digest, table)
        for pair in itertools.combinations(sorted(block), 2)
    )
    return [pair for pair in pairs if new is None or new & set(pair)]


def score(rows: Rows, view: int, pair: Pair) -> int:
    """Return 2L·h + ua·ub of two rows in one view."""
    a, b = pair
    distance = int(np.bitwise_count(rows.words[view, a] ^ rows.words[view, b]).sum())
    ua, ub = (rows.length - 2 * int(rows.weights[view, one]) for one in pair)
    return 2 * rows.length * distance + ua * ub


def may_meet(rows: Rows, pair: Pair) -> bool:
    a, b = pair
    return bool(rows.record[a] != rows.record[b] and not rows.apart[a] == rows.apart[b] >= 0)


def best_score(rows: Rows, pair: Pair) -> int:
    """Return the smallest score in a view that both rows have."""
    both = [view for view in range(len(rows.words)) if rows.present[view, list(pair)].all()]
    return min(score(rows, view, pair) for view in both)


def found(
    rows: Rows, tables: Iterable[tuple[Hash, int]], digest: str, limit: int, new: set[int] | None = None
) -> set[Pair]:
    """Return every pair that meets in a table of a view that speaks."""
    return {
        pair
        for hashed, count in tables
        for table in range(count)
        for pair in met(rows, hashed, digest, table, new)
        if may_meet(rows, pair) and score(rows, hashed.view, pair) < limit
    }


def nearest(rows: Rows, pairs: Iterable[Pair], count: int) -> set[Pair]:
    """Return those of the pairs that are among the best of one of their rows, own source and others apart."""
    lists: dict[tuple[int, bool], list[tuple[int, int]]] = defaultdict(list)
    for a, b in pairs:
        for row, other in ((a, b), (b, a)):
            lists[row, bool(rows.source[a] == rows.source[b])].append((best_score(rows, (a, b)), other))
    return {
        (min(row, other), max(row, other))
        for (row, _), others in lists.items()
        for _, other in sorted(others)[:count]
    }
