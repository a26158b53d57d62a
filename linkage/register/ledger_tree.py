"""The ledger's Merkle tree (RFC 6962, section 2): roots, proofs, and what verifies them.

A tree is read through the hashes of its complete subtrees: ``nodes(level, index)`` is the hash of the leaves
from ``index * 2**level`` to ``(index + 1) * 2**level``, the last one left out.  Those never change once they
are there, so a tree of n leaves grows by one leaf with O(log n) new hashes and any old root can be told.
"""

import hashlib
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives import constant_time

from linkage.errors import VerificationError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Nodes",
    "consistency_proof",
    "grown",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32

Nodes = Callable[[int, int], bytes]
"""Level and index of a complete subtree to its hash; level 0 holds the hashes of leaves."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

_HINT = "keep both, and ask whoever keeps the ledger what happened"


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(size: int, leaf: bytes, nodes: Nodes) -> list[tuple[int, int, bytes]]:
    """Return level, index and hash of every subtree that is complete once a leaf's hash follows ``size``."""
    level, index, digest = 0, size, leaf
    added = [(level, index, digest)]
    while index & 1:
        digest = node_hash(nodes(level, index - 1), digest)
        level, index = level + 1, index >> 1
        added.append((level, index, digest))
    return added


def root(size: int, nodes: Nodes) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return _span(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the audit path of a leaf in the tree of the first ``size`` leaves (section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_span(middle, end, nodes))
            end = middle
        else:
            path.append(_span(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency_proof(old: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the first ``old`` leaves are still the first of ``size`` (section 2.1.2)."""
    if not 0 <= old <= size:
        raise ValueError("the old tree is larger than the new one")
    if old in (0, size):
        return []
    start, end, path = 0, size, list[bytes]()
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_span(middle, end, nodes))
            end = middle
        else:
            path.append(_span(start, middle, nodes))
            start = middle
    if start:
        path.append(_span(start, end, nodes))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check that a leaf's hash is in a tree at its place (RFC 9162, section 2.1.3.2).

    Raises :class:`VerificationError`.
    """
    if not 0 <= index < size:
        raise _refused("the proof of inclusion speaks of a leaf beyond the tree")
    place, last, digest = index, size - 1, leaf
    for one in proof:
        if last == 0:
            raise _refused("the proof of inclusion is too long")
        if place & 1 or place == last:
            digest = node_hash(one, digest)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            digest = node_hash(digest, one)
        place, last = place >> 1, last >> 1
    if last or not constant_time.bytes_eq(digest, expected):
        raise _refused("the proof of inclusion does not lead to the checkpoint's root")


def verify_consistency(old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a tree goes on from an older one and changed nothing (RFC 9162, section 2.1.4.2).

    Raises :class:`VerificationError`.
    """
    if not 0 <= old <= size:
        raise _refused("the ledger is shorter than it was")
    if old in (0, size):
        before = EMPTY_ROOT if old == 0 else new_root
        if proof or not constant_time.bytes_eq(old_root, before):
            raise _refused("the ledger's history is another one than it was")
        return
    path = list(proof)
    if not old & (old - 1):  # a complete tree: its root is not repeated in the proof
        path.insert(0, old_root)
    if not path:
        raise _refused("the proof of consistency is too short")
    first, second = _roots_of(path, old, size)
    if not (constant_time.bytes_eq(first, old_root) and constant_time.bytes_eq(second, new_root)):
        raise _refused("the ledger's history is another one than it was")


def _roots_of(path: Sequence[bytes], old: int, size: int) -> tuple[bytes, bytes]:
    """Return the old and the new root that a proof of consistency leads to."""
    first = second = path[0]
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    for one in path[1:]:
        if last == 0:
            raise _refused("the proof of consistency is too long")
        if place & 1 or place == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, one)
        place, last = place >> 1, last >> 1
    if last:
        raise _refused("the proof of consistency is too short")
    return first, second


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _span(start: int, end: int, nodes: Nodes) -> bytes:
    """Return the hash of the leaves from ``start`` to ``end``, where a subtree of RFC 6962 begins."""
    count = end - start
    if not count & (count - 1):
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(_span(start, middle, nodes), _span(middle, end, nodes))


def _refused(message: str) -> VerificationError:
    return VerificationError(message, hint=_HINT)
