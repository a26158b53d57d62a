"""Hashes of filters: which places of a filter each table reads, and how likely two filters then meet.

Two families, of which either is better somewhere (Indyk and Motwani, STOC 1998; Broder, SEQUENCES 1997):

- ``bits``: ``size`` places, and the bits that stand there.  Two filters of L bits that differ in h places
  meet
  with the probability C(L - h, size) / C(L, size).
- ``firsts``: in each of ``size`` orders of all places, the first at which a bit is set.  Two filters that
  have
  J of the bits set in either in common meet with the probability J to the power of ``size``.  Where few bits
  are set this tells more: that neither filter has a bit somewhere says little.

Both hold for *every* pair of filters, whatever is in them, over the drawing of places.  That is keyless and
has no randomness of its own: SHAKE-256 of ``clew/hashing/1``, the profile's digest, view, family, size, the
table's number among those and the order's number within the table, each behind a zero byte, is read as L
little-endian numbers of 64 bits; places go in the order of their numbers.  The same profile has the same
tables everywhere.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_256
from math import lgamma
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "FIRSTS", "Family", "Hash", "chances", "drawn", "drawn_order", "orders_of"]

Family = Literal["bits", "firsts"]
BITS: Final[Family] = "bits"
FIRSTS: Final[Family] = "firsts"

_LABEL: Final = b"clew/hashing/1"


@dataclass(frozen=True, slots=True, order=True)
class Hash:
    """One way of hashing one view: the ``family``, and its ``size`` in bits or in orders."""

    view: int
    family: Family
    size: int


def drawn(digest: str, what: str, count: int) -> NDArray[np.uint64]:
    """Return ``count`` numbers of 64 bits that follow from a profile's digest and a purpose alone."""
    seed = b"\x00".join([_LABEL, digest.encode(), what.encode()])
    return np.frombuffer(shake_256(seed).digest(8 * count), dtype="<u8").astype(np.uint64)


def drawn_order(digest: str, what: str, count: int) -> NDArray[np.int64]:
    """Return the numbers below ``count`` in the order of what is drawn for each."""
    return np.argsort(drawn(digest, what, count), kind="stable").astype(np.int64)


def orders_of(digest: str, hashed: Hash, table: int, length: int) -> NDArray[np.int32]:
    """Return the places that a table reads: (1, size) of bits, or (size, length) as they are read."""
    what = f"{hashed.view}\x00{hashed.family}\x00{hashed.size}\x00{table}"
    if hashed.family == BITS:
        return drawn_order(digest, f"{what}\x000", length)[None, : hashed.size].astype(np.int32)
    orders = [drawn_order(digest, f"{what}\x00{one}", length) for one in range(hashed.size)]
    return np.stack(orders).astype(np.int32)


def chances(
    hashed: Hash,
    distances: NDArray[np.int64],
    weights_a: NDArray[np.int64],
    weights_b: NDArray[np.int64],
    length: int,
) -> NDArray[np.float64]:
    """Return how likely pairs (m,) meet in one table, by their distances and the bits set in either."""
    if hashed.family == BITS:
        return _chances_of_bits(hashed.size, length)[distances]
    either = weights_a + weights_b + distances
    common = weights_a + weights_b - distances
    share = np.divide(common, either, out=np.ones(len(distances)), where=either > 0)
    return np.asarray(share**hashed.size)


@lru_cache(maxsize=256)
def _chances_of_bits(size: int, length: int) -> NDArray[np.float64]:
    """Return C(L - h, size) / C(L, size) for every distance h."""
    same = length - np.arange(length + 1)
    found = np.zeros(length + 1)
    logs = np.array([lgamma(one + 1.0) for one in range(length + 1)])
    fits = same >= size
    found[fits] = np.exp(logs[same[fits]] - logs[same[fits] - size] - logs[length] + logs[length - size])
    return np.minimum(found, 1.0)
