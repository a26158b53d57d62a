"""Finding a person by a pseudonym: an index that one process makes beside its pages, and adds to.

A pseudonym is a keyed digest, so the only way back is to make everybody's.  That takes seconds for a whole
register: a thread does it in small pieces, rests between them so that no page waits for it, and whoever
searches meanwhile is told how far it is.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from api.pseudonyms import Pseudonymiser
from api.store import schema
from api.store.database import Database

__all__ = ["Indexed", "PseudonymIndex"]

_persons, _runs = schema.persons, schema.link_runs

_ROWS = 2000
_AT_ONCE, _REST_SECONDS = 40, 0.001
"""So many pseudonyms take about a millisecond: no page waits longer than that for its turn."""

_WAIT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Indexed:
    """How many persons the index has, of how many; ``whole``: it has everybody."""

    done: int
    total: int
    whole: bool


class PseudonymIndex:
    """Persons by the operator's pseudonyms, as the key in use writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._work: threading.Thread | None = None
        self._key = ""
        self._persons: dict[str, str] = {}
        self._upto: int | None = None

    def prepare(self, connection: Connection, audience: Pseudonymiser) -> Indexed:
        """Begin to make the index, or to add who came since, unless that goes on; say how far it is."""
        newest = connection.scalar(select(func.max(_runs.c.id))) or 0
        with self._lock:
            if self._key != audience.check_value():
                self._key, self._persons, self._upto, self._work = audience.check_value(), {}, None, None
            going = self._work is not None and self._work.is_alive()
            if not going and self._upto != newest:
                self._work = threading.Thread(
                    target=self._make, args=(audience, newest), name="pseudonyms", daemon=True
                )
                self._work.start()
            work = self._work
        if work is not None:
            work.join(_WAIT_SECONDS)  # a small register is done by then
        whole = self._upto == newest
        total = len(self._persons) if whole else connection.scalar(select(func.count()).select_from(_persons))
        return Indexed(len(self._persons), total or 0, whole)

    def find(self, wanted: str) -> str | None:
        """Return the person of a pseudonym as its key writes it, among those in the index."""
        return self._persons.get(wanted)

    def _make(self, audience: Pseudonymiser, newest: int) -> None:
        """Add everybody, or who came since the last time, and say only then that it is whole."""
        with self._lock:
            key, persons, upto = self._key, self._persons, self._upto
        try:
            for some in self._all() if upto is None else self._since(upto):
                for start in range(0, len(some), _AT_ONCE):
                    part = some[start : start + _AT_ONCE]
                    persons.update(zip(audience.of_many(part), part, strict=True))
                    time.sleep(_REST_SECONDS)
                    if self._key != key:
                        return
        except SQLAlchemyError:
            return  # whoever searches next begins again where it matters
        with self._lock:
            if self._key == key:
                self._upto = newest

    def _all(self) -> Iterator[list[str]]:
        last = ""
        while some := self._read(select(_persons.c.id).where(_persons.c.id > last).order_by(_persons.c.id)):
            yield some
            last = some[-1]

    def _since(self, run: int) -> Iterator[list[str]]:
        new, last = _persons.c.created_run > run, ""
        query = select(_persons.c.id).where(new).order_by(_persons.c.id)
        while some := self._read(query.where(_persons.c.id > last)):
            yield some
            last = some[-1]

    def _read(self, query: Select[tuple[str]]) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(query.limit(_ROWS)))
