"""Slow, obvious second implementations of comparison and clustering, and a tiny encoder to feed them."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from linkage.match.rows import Rows
from linkage.wire.encodings import Encodings


def speaks(bits_a: NDArray[np.uint8], bits_b: NDArray[np.uint8], noise_z: float) -> bool:
    """One view of two rows, as 0/1 bits: does agreement exceed noise?  In exact fractions."""
    return residual(bits_a, bits_b) > Fraction(noise_z / len(bits_a) ** 0.5)


def residual(bits_a: NDArray[np.uint8], bits_b: NDArray[np.uint8]) -> Fraction:
    """Agreement of one view of two rows beyond what their fill explains."""
    length = len(bits_a)
    agreement = 1 - Fraction(2 * int((bits_a != bits_b).sum()), length)
    expected = (1 - Fraction(2 * int(bits_a.sum()), length)) * (1 - Fraction(2 * int(bits_b.sum()), length))
    return agreement - expected


def candidates(rows: Rows, noise_z: float, new: NDArray[np.bool_] | None = None) -> list[tuple[int, int]]:
    """Compare every pair of rows in every view."""
    kept = []
    bits = np.unpackbits(rows.words.view(np.uint8), axis=2)
    for a in range(len(rows)):
        for b in range(a + 1, len(rows)):
            if rows.record[a] == rows.record[b]:
                continue
            if rows.apart[a] == rows.apart[b] >= 0:
                continue
            if new is not None and not (new[a] or new[b]):
                continue
            both = [view for view in range(len(bits)) if rows.present[view, a] and rows.present[view, b]]
            if any(speaks(bits[view, a], bits[view, b], noise_z) for view in both):
                kept.append((a, b))
    return kept


def nearest(
    rows: Rows, noise_z: float, count: int, new: NDArray[np.bool_] | None = None
) -> list[tuple[int, int]]:
    """Sort all others of every row, of its own source and of all other sources, and take the best of each."""
    bits = np.unpackbits(rows.words.view(np.uint8), axis=2)
    lists: dict[tuple[int, bool], list[tuple[Fraction, int]]] = {}
    for a, b in candidates(rows, noise_z, new):
        both = [view for view in range(len(bits)) if rows.present[view, a] and rows.present[view, b]]
        best = min(-residual(bits[view, a], bits[view, b]) for view in both)
        for row, other in ((a, b), (b, a)):
            lists.setdefault((row, bool(rows.source[a] == rows.source[b])), []).append((best, other))
    kept = {
        frozenset((row, other)) for (row, _), found in lists.items() for _, other in sorted(found)[:count]
    }
    return sorted((min(pair), max(pair)) for pair in kept)


def _any_pair(a: set[int], b: set[int], pairs: set[frozenset[int]]) -> bool:
    return any(frozenset((x, y)) in pairs for x in a for y in b)


def average_link(
    count: int,
    weights: dict[tuple[int, int], Fraction],
    absent: Fraction,
    apart: Sequence[int],
    same: Iterable[tuple[int, int]],
    different: Iterable[tuple[int, int]],
) -> list[int]:
    """Merge the best allowed pair of clusters while its mean over all pairs of records is positive."""
    clusters = [{record} for record in range(count)]
    enemies = {frozenset(pair) for pair in different}
    enemies |= {frozenset((x, y)) for x in range(count) for y in range(x) if apart[x] == apart[y] >= 0}

    def mean(a: set[int], b: set[int]) -> Fraction:
        total = sum(weights.get((min(x, y), max(x, y)), absent) for x in a for y in b)
        return Fraction(total) / (len(a) * len(b))

    def merge(a: set[int], b: set[int]) -> None:
        clusters.remove(b)
        a |= b

    def links() -> list[tuple[Fraction, int, int, set[int], set[int]]]:
        return [
            (-mean(a, b), min(a), min(b), a, b)
            for a in clusters
            for b in clusters
            if min(a) < min(b) and not _any_pair(a, b, enemies) and mean(a, b) > 0
        ]

    for x, y in sorted(same):
        a, b = (next(members for members in clusters if record in members) for record in (x, y))
        if a is not b:
            merge(a, b)
    while found := links():
        merge(*min(found, key=lambda link: link[:3])[3:])
    labels = [0] * count
    for members in clusters:
        for record in members:
            labels[record] = min(members)
    return labels


def made_up_encodings(
    people: Sequence[int],
    *,
    views: int,
    view_bytes: int,
    seed: int,
    noise: float = 0.1,
    fill: float = 0.3,
    diffusion: int = 1,
) -> Encodings:
    """Encode each number in ``people``: equal numbers have equal filters but for noise.

    Before diffusion every bit is set with probability ``fill``, and a share ``noise`` of the set bits is
    drawn afresh for every record.  Handles are random, and rise.
    """
    length = 8 * view_bytes
    draws = np.random.default_rng(seed)
    handles = draws.integers(0, 256, (len(people), 16), dtype=np.uint8)
    handles = handles[np.lexsort(handles.T[::-1])]
    wiring = [
        np.random.default_rng((view, 7)).integers(0, length, (diffusion, length)) for view in range(views)
    ]
    bits = np.zeros((len(people), views, view_bytes), dtype=np.uint8)
    for row, person in enumerate(people):
        for view in range(views):
            own = np.random.default_rng((person, view)).random(length) < fill
            fresh = draws.random(length) < fill
            plain = np.where(draws.random(length) < noise, fresh, own)
            diffused = np.bitwise_xor.reduce(plain[wiring[view]], axis=0) if diffusion > 1 else plain
            bits[row, view] = np.packbits(diffused)
    return Encodings(
        handles=handles,
        variants=np.zeros(len(people), np.uint8),
        tiers=np.zeros(len(people), np.uint8),
        present=np.full(len(people), (1 << views) - 1, np.uint32),
        bits=bits,
    )
