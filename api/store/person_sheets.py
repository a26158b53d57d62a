"""Rows of the sheets that workers prepare of single persons, and of what a linkage leaves to explain with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from api.store import schema
from api.store.database import number_of
from api.store.persons import RecordKey
from api.store.schema_persons import (
    link_explanations,
    person_sheet_records,
    person_sheets,
    wanted_questions,
)

__all__ = [
    "Explanations",
    "Sheet",
    "add_sheet",
    "any_expired",
    "begin_again",
    "count_sheets",
    "explained_epoch",
    "explanations",
    "fill_sheet",
    "forget_epoch",
    "forget_expired",
    "forget_records",
    "keep_explanations",
    "members_of",
    "records_of",
    "sheet_of",
    "waiting_sheets",
]

_AT_ONCE = 400

Part = Literal["evidence", "timeline"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as it stands; ``evidence`` and ``timeline`` are None while they are being prepared."""

    id: int
    person: str
    asked_by: str
    asked_at: str
    expires_at: str
    run: int | None
    evidence: str | None
    timeline: str | None


@dataclass(frozen=True, slots=True)
class Explanations:
    """How a linkage weighed pairs, sealed by the linking worker."""

    run: int
    epoch: str
    sealed: bytes


def members_of(connection: Connection, person: str) -> list[RecordKey]:
    """Return the records that are a person now, in order."""
    table = schema.memberships
    query = select(table.c.agency, table.c.handle).where(table.c.person == person)
    return [(row.agency, row.handle) for row in connection.execute(query.order_by(*query.selected_columns))]


def add_sheet(connection: Connection, person: str, *, by: str, now: str, expires: str) -> None:
    """Ask for a sheet of a person as it is now; one that stands already is made anew."""
    connection.execute(delete(person_sheets).where(person_sheets.c.person == person))
    values = {"person": person, "asked_by": by, "asked_at": now, "expires_at": expires}
    number = number_of(connection.execute(insert(person_sheets).values(**values)))
    _name_records(connection, number, person)


def _name_records(connection: Connection, sheet: int, person: str) -> None:
    rows = [
        {"sheet": sheet, "agency": agency, "handle": handle}
        for agency, handle in members_of(connection, person)
    ]
    if rows:
        connection.execute(insert(person_sheet_records), rows)


def sheet_of(connection: Connection, person: str, *, now: str) -> Sheet | None:
    """Return the sheet of a person, unless its time is over."""
    where = (person_sheets.c.person == person, person_sheets.c.expires_at > now)
    row = connection.execute(select(person_sheets).where(*where)).one_or_none()
    return None if row is None else _sheet(row)


def waiting_sheets(connection: Connection, part: Part, *, now: str) -> list[Sheet]:
    """Return the sheets that lack a part, the one asked for first first."""
    table = person_sheets
    query = select(table).where(table.c[part].is_(None), table.c.expires_at > now)
    return [_sheet(row) for row in connection.execute(query.order_by(table.c.id))]


def _sheet(row: Row[Any]) -> Sheet:
    return Sheet(**row._mapping)


def count_sheets(connection: Connection) -> int:
    """Count the sheets that there are."""
    return int(connection.scalar(select(func.count()).select_from(person_sheets)) or 0)


def records_of(connection: Connection, sheet: int) -> list[RecordKey]:
    """Return the records that a sheet speaks of, in order."""
    table = person_sheet_records
    query = select(table).where(table.c.sheet == sheet).order_by(table.c.agency, table.c.handle)
    return [(row.agency, row.handle) for row in connection.execute(query)]


def fill_sheet(
    connection: Connection, sheet: Sheet, part: Part, text: str, *, run: int | None = None
) -> None:
    """Keep a part of a sheet, unless the sheet is gone or was asked for anew since."""
    values: dict[str, object] = {part: text} | ({} if run is None else {"run": run})
    where = (person_sheets.c.id == sheet.id, person_sheets.c.asked_at == sheet.asked_at)
    connection.execute(update(person_sheets).where(*where).values(**values))


def any_expired(connection: Connection, *, now: str) -> bool:
    """Say whether there is a sheet whose time is over."""
    return (
        connection.scalar(select(person_sheets.c.id).where(person_sheets.c.expires_at <= now).limit(1))
        is not None
    )


def forget_expired(connection: Connection, *, now: str) -> int:
    """Erase the sheets whose time is over; returns how many went."""
    return connection.execute(delete(person_sheets).where(person_sheets.c.expires_at <= now)).rowcount


def begin_again(connection: Connection, *, now: str) -> bool:
    """Empty every sheet after a linkage, for persons may have changed; says if there is any to fill again."""
    forget_expired(connection, now=now)
    for row in connection.execute(select(person_sheets.c.id, person_sheets.c.person)).all():
        connection.execute(delete(person_sheet_records).where(person_sheet_records.c.sheet == row.id))
        _name_records(connection, row.id, row.person)
    values: dict[str, object] = {"run": None, "evidence": None, "timeline": None}
    return connection.execute(update(person_sheets).values(**values)).rowcount > 0


def keep_explanations(connection: Connection, run: int, epoch: str, sealed: bytes | None) -> None:
    """Let what a linkage left to explain with stand alone; None: it left nothing."""
    connection.execute(delete(link_explanations))
    if sealed is not None:
        connection.execute(insert(link_explanations).values(run=run, epoch=epoch, sealed=sealed))


def explanations(connection: Connection) -> Explanations | None:
    """Return what the last linkage left to explain with, or None."""
    row = connection.execute(select(link_explanations)).one_or_none()
    return None if row is None else Explanations(row.run, row.epoch, row.sealed)


def explained_epoch(connection: Connection) -> str | None:
    """Return the epoch of what the last linkage left to explain with, or None if it left nothing."""
    return connection.scalar(select(link_explanations.c.epoch))


def forget_records(connection: Connection, targets: Mapping[str, Collection[str] | None]) -> int:
    """Erase every sheet that names one of some records, by agency (None: all of its); returns how many.

    With them goes what people want asked about these records.
    What the last linkage left goes too, for it was learned from their pairs; the next one leaves it anew.
    """
    named = person_sheet_records
    gone: set[int] = set()
    for agency, handles in targets.items():
        for some in _some(handles):
            where = named.c.agency == agency
            about = wanted_questions.c.agency == agency
            if some is not None:
                where &= named.c.handle.in_(some)
                about &= or_(wanted_questions.c.handle.in_(some), wanted_questions.c.other.in_(some))
            gone |= set(connection.scalars(select(named.c.sheet).where(where)))
            connection.execute(delete(wanted_questions).where(about))
    for number in sorted(gone):
        connection.execute(delete(person_sheets).where(person_sheets.c.id == number))
    connection.execute(delete(link_explanations))
    return len(gone)


def _some(handles: Collection[str] | None) -> Sequence[list[str] | None]:
    if handles is None:
        return [None]
    ordered = sorted(handles)
    return [ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE)]


def forget_epoch(connection: Connection, epoch: str) -> None:
    """Erase what was learned in an epoch that is destroyed, and every sheet."""
    connection.execute(delete(link_explanations).where(link_explanations.c.epoch == epoch))
    connection.execute(delete(person_sheets))
