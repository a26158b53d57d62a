"""The history of persons in columns: every event of every linkage, to be found by what it names.

As objects the events of millions of persons take gigabytes, and a linkage asks about a few of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, select

from api.store import schema
from api.store.persons import RecordKey
from linkage.match.person_events import EventKind, PersonEvent

__all__ = ["PersonHistory"]

_ROWS_AT_A_TIME: Final = 1 << 16
_NOBODY: Final = -1


class PersonHistory:
    """The events of earlier linkages as :class:`linkage.match.persons_changed.Past`, numbered in their order.

    ``untouched``: records of which nothing is said.  Of records that were erased events say nothing either.
    """

    def __init__(self, connection: Connection, *, untouched: Collection[RecordKey] = frozenset()) -> None:
        self._names: list[str] = []
        self._number: dict[str, int] = {}
        self._codes: dict[str, int] = {}
        self._untouched = frozenset(untouched)
        ids = self._read_events(connection)
        self._read_records(connection, ids)

    def __len__(self) -> int:
        return len(self._person)

    def _read_events(self, connection: Connection) -> NDArray[np.int64]:
        table = schema.person_events
        query = select(table.c.id, table.c.run, table.c.kind, table.c.person, table.c.other)
        ids, runs, persons, others = ([np.zeros(0, dtype=np.int64)] for _ in range(4))
        self._kinds: list[str] = []
        for rows in _pieces(connection, query.order_by(table.c.run, table.c.id)):
            columns = list(zip(*rows, strict=True))
            ids.append(np.array(columns[0], dtype=np.int64))
            runs.append(np.array(columns[1], dtype=np.int64))
            self._kinds.extend(_shared(kind) for kind in columns[2])
            persons.append(self._numbers(columns[3]))
            others.append(self._numbers(columns[4]))
        self._run, self._person, self._other = (np.concatenate(one) for one in (runs, persons, others))
        return np.concatenate(ids)

    def _numbers(self, names: Collection[str | None]) -> NDArray[np.int64]:
        """Number persons in the order in which they are met."""
        found = np.empty(len(names), dtype=np.int64)
        for place, name in enumerate(names):
            number = _NOBODY if name is None else self._number.setdefault(name, len(self._names))
            if number == len(self._names) and name is not None:
                self._names.append(name)
            found[place] = number
        return found

    def _read_records(self, connection: Connection, ids: NDArray[np.int64]) -> None:
        """Read which records events name, in the order of records within each event."""
        table = schema.person_event_records
        query = select(table.c.event, table.c.agency, table.c.handle)
        events, agencies = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
        handles: list[NDArray[np.bytes_]] = [np.zeros(0, dtype="S32")]
        for rows in _pieces(connection, query):
            event, agency, handle = zip(*rows, strict=True)
            events.append(np.array(event, dtype=np.int64))
            agencies.append(
                np.array([self._codes.setdefault(one, len(self._codes)) for one in agency], dtype=np.int32)
            )
            handles.append(np.array(handle, dtype="S32"))
        order = np.argsort(ids)
        place = order[np.searchsorted(ids, np.concatenate(events), sorter=order)]
        agency_of, handle_of = np.concatenate(agencies), np.concatenate(handles)
        codes = np.array([*self._codes, ""])
        rank = np.argsort(np.argsort(codes[:-1]))
        sorted_ = np.lexsort((handle_of, rank[agency_of] if len(rank) else agency_of, place))
        self._event, self._agency, self._handle = place[sorted_], agency_of[sorted_], handle_of[sorted_]
        self._starts = np.searchsorted(self._event, np.arange(len(ids) + 1))
        self._code = list(self._codes)

    def naming(self, records: Collection[RecordKey]) -> set[int]:
        """Return the events that name some of the records."""
        wanted = frozenset(records) - self._untouched
        handles = np.unique(np.array([handle for _, handle in wanted], dtype="S32"))
        if not len(handles):
            return set()
        at = np.minimum(np.searchsorted(handles, self._handle), len(handles) - 1)
        found = np.flatnonzero(handles[at] == self._handle).tolist()
        return {int(self._event[place]) for place in found if self._record(place) in wanted}

    def about(self, persons: Collection[str]) -> set[int]:
        """Return the events of some of the persons, or in which one is the other."""
        asked = np.zeros(len(self._names) + 1, dtype=np.bool_)  # the last is nobody, who is never asked for
        asked[[self._number[one] for one in persons if one in self._number]] = True
        return set(np.flatnonzero(asked[self._person] | asked[self._other]).tolist())

    def persons(self, events: Collection[int]) -> set[str]:
        """Return the persons of some events, and the others in them."""
        which = np.fromiter(events, dtype=np.int64, count=len(events))
        numbers = np.union1d(self._person[which], self._other[which])
        return {self._names[one] for one in numbers.tolist() if one != _NOBODY}

    def records(self, events: Collection[int]) -> set[RecordKey]:
        """Return the records that some events name."""
        return {record for event in events for record in self._records(event)}

    def history(self, events: Collection[int] | None) -> list[list[PersonEvent]]:
        """Return some events, or all, linkage by linkage, oldest first, each linkage's in their order."""
        runs: dict[int, list[PersonEvent]] = defaultdict(list)
        for event in range(len(self)) if events is None else sorted(events):
            runs[int(self._run[event])].append(self._event_of(event))
        return list(runs.values())

    def _event_of(self, event: int) -> PersonEvent:
        other = int(self._other[event])
        return PersonEvent(
            cast("EventKind", self._kinds[event]),
            self._names[int(self._person[event])],
            "" if other == _NOBODY else self._names[other],
            tuple(self._records(event)),
        )

    def _records(self, event: int) -> list[RecordKey]:
        places = range(int(self._starts[event]), int(self._starts[event + 1]))
        found = [self._record(place) for place in places]
        return [one for one in found if one not in self._untouched] if self._untouched else found

    def _record(self, place: int) -> RecordKey:
        return self._code[int(self._agency[place])], self._handle[place].decode()


_KINDS: Final[dict[str, str]] = {}


def _shared(kind: str) -> str:
    return _KINDS.setdefault(kind, kind)


def _pieces(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    """Yield the rows of a query some at a time, never none."""
    yield from connection.execute(query.execution_options(yield_per=_ROWS_AT_A_TIME)).partitions()
