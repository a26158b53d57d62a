"""Which records of an older epoch's snapshots still count, and which are quarantined.

While epochs overlap, a snapshot of the older one speaks for what was not encoded again.  Once the older one
is closed it speaks only for records that were: of a period that its agency has not submitted again.  Where
the agency has submitted a period again, the newer snapshot alone speaks for what was encoded again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import Connection

from api.store import agencies, epochs, persons
from api.store.results import HeldSnapshot
from linkage.wire.records import Payload

__all__ = ["Quarantine", "only_children", "read_quarantine", "without_children", "without_records"]


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What stands: the epoch in force, epochs that were closed, which children were encoded again or not."""

    epoch: str
    closed: frozenset[str]
    encoded_again: Mapping[str, AbstractSet[str]]
    left: Mapping[str, AbstractSet[str]]

    def apply(self, held: HeldSnapshot, payload: Payload, others: Sequence[HeldSnapshot]) -> Payload:
        """Return what a snapshot still says, beside the other snapshots of the same linkage."""
        if held.epoch == self.epoch:
            return payload
        fresh = self.encoded_again.get(held.agency, frozenset())
        again = any(
            (one.agency, one.period, one.epoch) == (held.agency, held.period, self.epoch) for one in others
        )
        if held.epoch in self.closed:
            return Payload(agency=payload.agency) if again else only_children(payload, fresh)
        return only_children(payload, self.left.get(held.agency, frozenset())) if again else payload


def read_quarantine(connection: Connection) -> Quarantine:
    """Return what stands now."""
    current = agencies.current_epoch(connection)
    name = "" if current is None else current.epoch
    encoded: dict[str, set[str]] = defaultdict(set)
    left: dict[str, set[str]] = defaultdict(set)
    for one in persons.members(connection):
        (encoded if one.epoch == name else left)[one.agency].add(one.handle)
    return Quarantine(
        epoch=name,
        closed=frozenset(one.name for one in epochs.all_epochs(connection) if one.closed_at is not None),
        encoded_again=encoded,
        left=left,
    )


def only_children(payload: Payload, handles: Collection[str]) -> Payload:
    """Return the records about some children; without any, not even the coverage, which would be untrue."""
    episodes = tuple(one for one in payload.episodes if one.child in handles)
    kept = {one.handle for one in episodes}
    children = tuple(one for one in payload.children if one.handle in handles)
    return Payload(
        agency=payload.agency,
        children=children,
        care_spells=tuple(one for one in payload.care_spells if one.child in handles),
        episodes=episodes,
        interviews=tuple(one for one in payload.interviews if one.episode in kept),
        coverage=payload.coverage if children else (),
    )


def without_children(payload: Payload, handles: Collection[str]) -> Payload:
    """Return the records about all children but some."""
    return only_children(payload, {one.handle for one in payload.children}.difference(handles))


def without_records(payload: Payload, handles: Collection[str]) -> Payload:
    """Return what is left without some children, episodes or care spells, and all that hangs on them."""
    if not handles:
        return payload
    episodes = tuple(
        one for one in payload.episodes if one.handle not in handles and one.child not in handles
    )
    kept = {one.handle for one in episodes}
    return Payload(
        agency=payload.agency,
        children=tuple(one for one in payload.children if one.handle not in handles),
        care_spells=tuple(
            one for one in payload.care_spells if one.handle not in handles and one.child not in handles
        ),
        episodes=episodes,
        interviews=tuple(one for one in payload.interviews if one.episode in kept),
        coverage=payload.coverage,
    )
