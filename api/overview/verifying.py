"""Verifying the whole ledger for somebody who looks on: in stretches, so that it shows how far it is.

A stretch is a complete subtree: its leaves are hashed again from their rows, their statements are opened,
and what comes out must be the hash that is kept for the subtree.  When all are done, the tree above them is
hashed from the stretches alone, and must end in the root against which every proof is given.  Nothing is
remembered between the stretches but what the page itself shows, and nothing is written.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from api.overview.history import State, entry_rows, leaf_of, state_of
from api.store import ledger, schema
from linkage.register.ledger_tree import Nodes, leaf_hash, node_hash, root
from linkage.wire.ledger import leaf_bytes

__all__ = ["LEVEL", "STATES", "Verification", "WholeCheck", "begin", "conclude", "verify_stretch"]

LEVEL = 10
"""A stretch has two to the power of this many entries."""

STATES: tuple[State, ...] = ("opened", "withheld", "erased", "not as committed")

_nodes = schema.ledger_nodes


@dataclass(frozen=True, slots=True)
class Verification:
    """How far it is: ``done`` of the first ``size`` entries; ``broken``: stretches not as they are kept."""

    size: int
    done: int
    broken: int
    states: Mapping[State, int]

    @property
    def finished(self) -> bool:
        """Say whether no entry is left."""
        return self.done == self.size

    @property
    def percent(self) -> int:
        """Return how much is done."""
        return 100 * self.done // self.size if self.size else 100


@dataclass(frozen=True, slots=True)
class WholeCheck:
    """What came of it; ``same``: the leaves make the root that proofs are given against."""

    size: int
    root: str
    same: bool
    states: Mapping[State, int]


def begin(connection: Connection) -> Verification:
    """Begin with the ledger as large as it is now; what is added meanwhile is for the next time."""
    return Verification(ledger.size_of(connection), 0, 0, {})


def verify_stretch(connection: Connection, so_far: Verification) -> Verification:
    """Hash and open the next stretch, or what is left at the end."""
    end = min(so_far.done + 2**LEVEL, so_far.size)
    hashes, states = _hashed(connection, so_far.done, end)
    broken = len(hashes) != end - so_far.done
    if not broken and len(hashes) == 2**LEVEL:
        found = root(len(hashes), _within(hashes))
        broken = found.hex() != _kept(connection, LEVEL, so_far.done >> LEVEL)
    total = Counter(so_far.states)
    total.update(states)
    return replace(so_far, done=end, broken=so_far.broken + broken, states=dict(total))


def conclude(connection: Connection, finished: Verification) -> WholeCheck:
    """Hash the tree above the stretches, with what is left at its end, and compare the root."""
    size, whole = finished.size, finished.size >> LEVEL << LEVEL
    rest, _ = _hashed(connection, whole, size)
    query = select(_nodes.c.position, _nodes.c.hash).where(
        _nodes.c.level == LEVEL, _nodes.c.position < whole >> LEVEL
    )
    stretches = {row.position: bytes.fromhex(row.hash) for row in connection.execute(query)}
    complete = len(stretches) == whole >> LEVEL and len(rest) == size - whole
    if finished.broken or not complete:
        return WholeCheck(size, "", same=False, states=finished.states)
    known = {(LEVEL, place): one for place, one in stretches.items()}
    known.update({(0, whole + place): one for place, one in enumerate(rest)})
    found = root(size, _above(known))
    same = size <= ledger.size_of(connection) and ledger.root_of(connection, size) == found
    return WholeCheck(size, found.hex(), same, finished.states)


def _hashed(connection: Connection, start: int, end: int) -> tuple[list[bytes], Counter[State]]:
    """Return the hashes of leaves as their rows are, up to the first that is missing, and their states."""
    entries = schema.ledger_entries
    query = entry_rows().where(entries.c.entry >= start, entries.c.entry < end).order_by(entries.c.entry)
    hashes: list[bytes] = []
    states: Counter[State] = Counter()
    row: Row[Any]
    for row in connection.execute(query):
        try:
            found = leaf_hash(leaf_bytes(leaf_of(row)))
        except ValueError:  # a kind that no release ever wrote
            break
        if row.entry != start + len(hashes):
            break
        hashes.append(found)
        states[state_of(row)] += 1
    return hashes, states


def _kept(connection: Connection, level: int, position: int) -> str | None:
    where = (_nodes.c.level == level, _nodes.c.position == position)
    return connection.scalar(select(_nodes.c.hash).where(*where))


def _within(hashes: list[bytes]) -> Nodes:
    return _above({(0, place): one for place, one in enumerate(hashes)})


def _above(known: dict[tuple[int, int], bytes]) -> Nodes:
    """Return the hashes of subtrees that follow from the known ones below them."""

    def node(level: int, position: int) -> bytes:
        found = known.get((level, position))
        if found is None:
            found = node_hash(node(level - 1, 2 * position), node(level - 1, 2 * position + 1))
            known[level, position] = found
        return found

    return node
