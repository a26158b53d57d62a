"""The snapshot: an extract under handles instead of references, ready to encode and to write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import structs

from cli.agency.crosswalk import Crosswalk, Ticket
from cli.agency.dummies import Dummy
from cli.sources.children import ChildFacts
from cli.sources.extract import Extract
from linkage.encode.identifiers import PersonRecord
from linkage.wire.canonical import canonical
from linkage.wire.records import CareSpell, Child, Episode, Payload, ReturnInterview

__all__ = ["Changes", "Snapshot", "make_snapshot"]


@dataclass(slots=True)
class Changes:
    """How a snapshot differs from what was sent before."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0

    def count(self, ticket: Ticket) -> None:
        """Count one record."""
        self.new += ticket.fresh
        self.changed += ticket.changed
        self.unchanged += not (ticket.fresh or ticket.changed)


@dataclass(slots=True, repr=False)
class Snapshot:
    """A payload, the persons whose identifiers are to be encoded, and its handles but those of dummies."""

    payload: Payload
    persons: list[PersonRecord]
    handles: frozenset[str]
    changes: Changes = field(default_factory=Changes)


def make_snapshot(
    extract: Extract, crosswalk: Crosswalk, *, agency: str, dummies: Sequence[Dummy] = ()
) -> Snapshot:
    """Give every record its handle and version, and put dummies among the children.

    ``handles`` and ``changes`` are of the agency's own records only.  Without any child there are no
    dummies either: such a snapshot is there to withdraw everything.

    Records are sorted by handle: handles are random, so that neither the order of the extract nor the time
    of a child's first record shows.
    """
    numbering = _Numbering(crosswalk)
    children = numbering.children(extract)
    cover = dummies if children else ()
    payload = Payload(
        agency=agency,
        children=tuple(sorted([*children, *(one.record() for one in cover)], key=lambda one: one.handle)),
        care_spells=tuple(sorted(numbering.care_spells(extract), key=lambda one: one.handle)),
        episodes=tuple(sorted(numbering.episodes(extract), key=lambda one: one.handle)),
        interviews=tuple(sorted(numbering.interviews(extract), key=lambda one: one.episode)),
        coverage=extract.coverage,
    )
    persons = [
        PersonRecord(bytes.fromhex(record.handle), child.variants)
        for child, record in zip(extract.children, children, strict=True)
    ]
    persons += [one.person() for one in cover]
    return Snapshot(payload, persons, _handles(payload), numbering.changes)


class _Numbering:
    """Asks the crosswalk for one record after another; children come first, their records point to them."""

    def __init__(self, crosswalk: Crosswalk) -> None:
        self._crosswalk = crosswalk
        self._children: dict[str, str] = {}
        self._episodes: dict[str, str] = {}
        self.changes = Changes()

    def _ticket(self, kind: str, reference: str, content: bytes, parent: str | None = None) -> Ticket:
        ticket = self._crosswalk.ticket(kind, reference, content, parent=parent)
        self.changes.count(ticket)
        return ticket

    def children(self, extract: Extract) -> list[Child]:
        """Number children, in the extract's order."""
        numbered = []
        for child in extract.children:
            ticket = self._ticket("child", child.reference, _content(child))
            self._children[child.reference] = ticket.handle
            numbered.append(structs.replace(child.record, handle=ticket.handle, version=ticket.version))
        return numbered

    def care_spells(self, extract: Extract) -> Iterator[CareSpell]:
        """Number care spells."""
        for spell in extract.care_spells:
            child = self._children[spell.child]
            ticket = self._ticket("care-spell", spell.reference, canonical(spell.record), child)
            yield structs.replace(spell.record, handle=ticket.handle, child=child, version=ticket.version)

    def episodes(self, extract: Extract) -> Iterator[Episode]:
        """Number episodes."""
        for episode in extract.episodes:
            child = self._children[episode.child]
            ticket = self._ticket("episode", episode.reference, canonical(episode.record), child)
            self._episodes[episode.reference] = ticket.handle
            yield structs.replace(episode.record, handle=ticket.handle, child=child, version=ticket.version)

    def interviews(self, extract: Extract) -> Iterator[ReturnInterview]:
        """Number return interviews, which travel under their episode's handle."""
        for interview in extract.interviews:
            episode = self._episodes[interview.episode]
            content = canonical(interview.record)
            ticket = self._ticket("return-interview", interview.episode, content, episode)
            yield structs.replace(interview.record, episode=episode, version=ticket.version)


def _content(child: ChildFacts) -> bytes:
    """Return all that a child's version stands for: what travels in clear, and what is encoded."""
    identifiers = [[getattr(one, name) for name in one.__slots__] for one in child.variants]
    return canonical(child.record) + b"\x00" + msgspec.json.encode(identifiers)


def _handles(payload: Payload) -> frozenset[str]:
    groups = (payload.children, payload.care_spells, payload.episodes)
    dummies = {child.handle for child in payload.children if child.dummy}
    return frozenset(record.handle for group in groups for record in group) - dummies
