"""Verifying a whole ledger: its tree, its statements, and that what they cover is what they say.

:func:`audit` needs nothing but what was exported and the checkpoints that others hold.  The steps are those
of docs/spec/ledger-1.md, section 6.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.errors import ClewError
from linkage.register.ledger_tree import Nodes, grown, leaf_hash, root
from linkage.wire.audits import AuditEntry
from linkage.wire.checkpoints import Checkpoint
from linkage.wire.ledger import ABOUT_RECORDS, Cover, Statement, leaf_bytes, opened

__all__ = ["Audit", "Finding", "audit", "tree_of"]

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the ledger says; ``where``: an entry, a row, a file or a checkpoint.

    ``place``: of what the ledger covers, the kind and the key.
    """

    where: str
    what: str
    place: Place | None = None


@dataclass(slots=True)
class Audit:
    """What an audit found; without findings everything is as the ledger says."""

    size: int
    root: bytes = b""
    kinds: Counter[str] = field(default_factory=Counter)
    certified: int = 0
    withheld: int = 0
    compared: int = 0
    witnesses: int = 0
    findings: list[Finding] = field(default_factory=list)

    def find(self, where: str, what: str, *, place: Place | None = None) -> None:
        """Note a finding."""
        self.findings.append(Finding(where, what, place))


def audit(
    entries: Sequence[AuditEntry],
    states: Iterable[Cover],
    *,
    checkpoint: Checkpoint,
    outside: Iterable[Checkpoint] = (),
) -> Audit:
    """Compare entries with each other, with checkpoints, and with what rows and files are now."""
    found = Audit(len(entries), kinds=Counter(one.leaf.kind.value for one in entries))
    for number, one in enumerate(entries):
        if one.index != number:
            found.find(f"entry {number}", f"entry {one.index} stands in its place")
    nodes = tree_of(entries)
    found.root = root(len(entries), nodes)
    if (checkpoint.size, checkpoint.root) != (len(entries), found.root):
        found.find(f"checkpoint of {checkpoint.size}", "the entries are not those that the unit signed")
    for point in outside:
        found.witnesses += 1
        _compare_witness(found, point, nodes)
    said = _statements(found, entries)
    _check_erasures(found, entries, said)
    _compare_states(found, said, states)
    return found


def tree_of(entries: Iterable[AuditEntry]) -> Nodes:
    """Return the tree of entries, computed from their leaves alone."""
    held: dict[tuple[int, int], bytes] = {}

    def nodes(level: int, index: int) -> bytes:
        return held[level, index]

    for size, one in enumerate(entries):
        digest = leaf_hash(leaf_bytes(one.leaf))
        held.update({(level, at): node for level, at, node in grown(size, digest, nodes)})
    return nodes


def _compare_witness(found: Audit, point: Checkpoint, nodes: Nodes) -> None:
    where = f"checkpoint of {point.size} held elsewhere"
    if point.size > found.size:
        found.find(
            where, f"the ledger has {found.size} entries: it was cut short, or an old backup came back"
        )
    elif root(point.size, nodes) != point.root:
        found.find(where, "the ledger's history is another one")


def _statements(found: Audit, entries: Iterable[AuditEntry]) -> dict[int, Statement]:
    """Open every statement that is there, by the entry's place."""
    said = {}
    for number, one in enumerate(entries):
        if one.salt is None or one.statement is None:
            continue
        try:
            said[number] = opened(one.leaf, one.salt, one.statement)
        except ClewError as error:
            found.find(f"entry {number}", error.message)
    return said


def _check_erasures(found: Audit, entries: Sequence[AuditEntry], said: Mapping[int, Statement]) -> None:
    """Tell statements whose erasure a later entry certifies from those that were deleted."""
    certified = {
        (named.index, named.commitment): number
        for number, statement in said.items()
        for named in statement.erased
    }
    for number, one in enumerate(entries):
        by = certified.get((number, one.leaf.commitment), -1)
        if by > number and one.leaf.kind in ABOUT_RECORDS:
            found.certified += 1
            if one.statement is not None or one.salt is not None:
                found.find(
                    f"entry {number}", f"entry {by} certifies that it was erased, and it is still there"
                )
        elif one.withheld and one.leaf.kind in ABOUT_RECORDS:
            found.withheld += 1
        elif one.statement is None or one.salt is None:
            found.find(
                f"entry {number}", "its statement is gone, and no later entry certifies that it was erased"
            )


def _compare_states(found: Audit, said: Mapping[int, Statement], states: Iterable[Cover]) -> None:
    """Compare what the newest statement about each row and file says with what it is now."""
    expected: dict[Place, str] = {}
    for number in sorted(said):
        for cover in said[number].covers:
            if cover.digest is None:
                expected.pop((cover.what, cover.key), None)
            else:
                expected[cover.what, cover.key] = cover.digest
    present: dict[Place, str | None] = {}
    for one in states:
        if (one.what, one.key) in present:
            found.find(f"{one.what} {one.key}", "is listed twice")
        present[one.what, one.key] = one.digest
    found.compared = len(expected.keys() | present.keys())
    for place in sorted(expected.keys() | present.keys()):
        if what := _difference(expected.get(place), present.get(place)):
            found.find(" ".join(place), what, place=place)


def _difference(expected: str | None, present: str | None) -> str | None:
    if expected is None:
        return "is there, and no entry says so: it was added"
    if present is None:
        return "is gone, and no entry says so: it was deleted"
    return None if expected == present else "is not what the ledger says: it was changed or rolled back"
