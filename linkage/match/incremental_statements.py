"""What people have said of records: known links, must-not-links, sources declared free of duplicates."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from linkage.errors import InputError
from linkage.match.rows import RecordId

__all__ = ["RecordPair", "Statements", "ordered"]

RecordPair = tuple[RecordId, RecordId]
"""Two records, the smaller first."""


def ordered(a: RecordId, b: RecordId) -> RecordPair:
    """Return the pair of two records.  Raises :class:`InputError` if they are one and the same."""
    if a == b:
        raise InputError("a statement names the same record twice", hint="name two different records")
    return (a, b) if a < b else (b, a)


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements that do not contradict each other.

    ``same``: known links; ``different``: must-not-links; ``duplicate_free``: names of sources in which no
    person occurs twice.  A statement about a record that is not there binds nobody until the record is there
    (again), but it counts when a contradiction is looked for: adding records can then never cause one.
    Raises :class:`InputError` where a chain of known links joins two records that must stay apart.
    """

    same: frozenset[RecordPair] = frozenset()
    different: frozenset[RecordPair] = frozenset()
    duplicate_free: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        group = _joined(self.same)
        if any(group.get(a, a) == group.get(b, b) for a, b in self.different):
            raise InputError(
                "known links join two records that a must-not-link keeps apart",
                hint="take back the must-not-link, or one of the known links between the two",
            )
        declared = [record for record in group if record.source in self.duplicate_free]
        if len({(record.source, group[record]) for record in declared}) < len(declared):
            raise InputError(
                "known links join two records of a source that is declared free of duplicates",
                hint="take back the source's declaration, or one of the known links between the two",
            )

    @classmethod
    def of(
        cls,
        same: Iterable[RecordPair] = (),
        different: Iterable[RecordPair] = (),
        duplicate_free: Iterable[str] = (),
    ) -> "Statements":
        """Gather statements whose pairs may name their records in any order."""
        return cls(
            frozenset(ordered(a, b) for a, b in same),
            frozenset(ordered(a, b) for a, b in different),
            frozenset(duplicate_free),
        )

    def with_link(self, a: RecordId, b: RecordId) -> "Statements":
        """Add a known link."""
        return replace(self, same=self.same | {ordered(a, b)})

    def with_must_not_links(self, pairs: Iterable[RecordPair]) -> "Statements":
        """Add must-not-links."""
        return replace(self, different=self.different | {ordered(a, b) for a, b in pairs})

    def without(self, a: RecordId, b: RecordId) -> "Statements":
        """Take back what was said of a pair.  Raises :class:`InputError` if nothing was."""
        pair = {ordered(a, b)}
        if not pair & (self.same | self.different):
            raise InputError(
                "nothing was said of these two records", hint="a statement is taken back as it was made"
            )
        return replace(self, same=self.same - pair, different=self.different - pair)

    def with_declaration(self, source: str, *, duplicate_free: bool) -> "Statements":
        """Set whether a source is declared free of duplicates."""
        without = self.duplicate_free - {source}
        return replace(self, duplicate_free=without | {source} if duplicate_free else without)

    def named(self, since: "Statements") -> frozenset[RecordId]:
        """Return the records of pairs of which not the same is said as in ``since``."""
        changed = (self.same ^ since.same) | (self.different ^ since.different)
        return frozenset(record for pair in changed for record in pair)


def _joined(links: Iterable[RecordPair]) -> dict[RecordId, RecordId]:
    """Return for every record of a known link the smallest record that known links join it to."""
    root: dict[RecordId, RecordId] = {}

    def find(record: RecordId) -> RecordId:
        root.setdefault(record, record)
        while root[record] != record:
            root[record] = root[root[record]]
            record = root[record]
        return record

    for a, b in links:
        low, high = sorted((find(a), find(b)))
        root[high] = low
    return {record: find(record) for record in list(root)}
