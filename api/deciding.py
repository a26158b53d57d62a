"""Decisions about two records: joined or kept apart, without contradiction, beside what was carried over."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from api.clock import stamp
from api.store import jobs, known_links, ledger
from api.store.known_links import KnownLink
from api.store.persons import Carried, RecordKey
from linkage.errors import InputError
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["agreeing_persons", "decide", "undo"]

_LIST = "see `clew register link list --data DIR`"


def decide(
    connection: Connection,
    one: RecordKey,
    other: RecordKey,
    *,
    same: bool,
    reason: str,
    now: dt.datetime,
    relink: bool = True,
) -> tuple[int, bool]:
    """Keep the decision that two records are one person, or never one; returns its number, and if it is new.

    ``relink``: a linkage is queued that goes by it, unless the one at hand does.

    Raises :class:`InputError` for a record that was never linked, or if it contradicts decisions that stand.
    """
    if one == other:
        raise InputError("the two records are one and the same", hint="name two records")
    for record in (one, other):
        if not known_links.is_known_record(connection, record):
            raise InputError(
                "a record was never in the register",
                hint="write AGENCY:HANDLE as `clew register persons` writes them; it may have been erased",
            )
    left, right = sorted((one, other))
    standing = known_links.all_links(connection)
    for known in standing:
        if (known.left, known.right) == (left, right) and known.same == same:
            return known.id, False
    _refuse_contradiction(standing, left, right, same=same)
    number = known_links.add(connection, left, right, same=same, reason=reason, now=stamp(now))
    facts: dict[str, Fact] = {"decision": number, "same": same, "step": "decided"}
    ledger.append(connection, EntryKind.RECORDS_NAMED, facts, now=stamp(now), records=[left, right])
    _cover(connection, number, now)
    if relink:
        jobs.queue_link_at_once(connection, now=now)
    return number, True


def _refuse_contradiction(
    standing: Sequence[KnownLink], left: RecordKey, right: RecordKey, *, same: bool
) -> None:
    groups = _Groups((known.left, known.right) for known in standing if known.same)
    if not same:
        if groups.of(left) == groups.of(right):
            path = _path([one for one in standing if one.same], left, right)
            numbers = _numbers(path)
            raise InputError(
                f"decision {numbers} says that these two records are one person",
                hint=f"undo it first, or one of several; {_LIST}",
            )
        return
    ends = {groups.of(left), groups.of(right)}
    for known in standing:
        if not known.same and {groups.of(known.left), groups.of(known.right)} == ends:
            raise InputError(
                f"decision {known.id} keeps records of these two apart", hint=f"undo it first; {_LIST}"
            )


def _path(joins: Sequence[KnownLink], left: RecordKey, right: RecordKey) -> list[int]:
    """Return the numbers of decisions that lead from one record to the other."""
    ways: dict[RecordKey, list[int]] = {left: []}
    waiting = [left]
    while waiting and right not in ways:
        here = waiting.pop(0)
        for known in joins:
            if here in (known.left, known.right):
                there = known.right if here == known.left else known.left
                if there not in ways:
                    ways[there] = [*ways[here], known.id]
                    waiting.append(there)
    return ways.get(right, [])


def _numbers(path: Sequence[int]) -> str:
    return " with ".join(map(str, path))


def undo(connection: Connection, number: int, *, now: dt.datetime) -> None:
    """Take a decision back; raises :class:`InputError` if there is no such."""
    if not known_links.remove(connection, number):
        raise InputError(f"there is no decision {number}", hint=_LIST)
    _cover(connection, number, now)
    jobs.queue_link_at_once(connection, now=now)


def _cover(connection: Connection, number: int, now: dt.datetime) -> None:
    """Let the ledger say what the row of a decision is now, in an entry that outlives the records."""
    rows = {"known_links": [str(number)]}
    ledger.append(connection, EntryKind.MUST_NOT_LINK, {"decision": number}, now=stamp(now), rows=rows)


def agreeing_persons(
    carried: Mapping[RecordKey, Carried], known: Sequence[KnownLink]
) -> dict[RecordKey, str]:
    """Return the person that every record brought into the epoch, where no decision speaks against it.

    Persons that a decision joins count as one.  Of two records that are kept apart and brought the same
    person, neither is held to it, nor is what was decided to be one person with either.
    """
    persons = {key: one.person for key, one in carried.items()}
    joins = [(one.left, one.right) for one in known if one.same]
    together = _Groups(joins)
    apart = [(one.left, one.right) for one in known if not one.same]
    loose: set[RecordKey] = set()
    groups = _whole(joins, persons)
    for left, right in apart:
        if groups.of(left) == groups.of(right):
            loose |= {together.of(left), together.of(right)}
    kept = {key: person for key, person in persons.items() if together.of(key) not in loose}
    groups = _whole(joins, kept)
    return {key: str(groups.of(("", person))) for key, person in kept.items()}


def _whole(joins: Iterable[tuple[RecordKey, RecordKey]], persons: Mapping[RecordKey, str]) -> "_Groups":
    """Group records by decisions and by the persons that they brought; a person stands as ("", person)."""
    brought = ((key, ("", person)) for key, person in sorted(persons.items()))
    return _Groups((*joins, *brought))


class _Groups:
    """Records that hang together, each group named by one of them."""

    def __init__(self, pairs: Iterable[tuple[RecordKey, RecordKey]]) -> None:
        self._parent: dict[RecordKey, RecordKey] = {}
        for left, right in pairs:
            ends = sorted((self.of(left), self.of(right)))
            self._parent[ends[1]] = ends[0]

    def of(self, record: RecordKey) -> RecordKey:
        """Return the name of a record's group."""
        while (parent := self._parent.get(record, record)) != record:
            self._parent[record] = record = self._parent.get(parent, parent)
        return record
