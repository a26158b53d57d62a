"""Approvers, requests to open a pseudonym, and what agencies were shown of them and said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_, update

from api.clock import day_of
from api.store.persons import RecordKey
from api.store.schema_audiences import approvers, reidentification_notices, reidentifications
from linkage.wire.cards import CustodianCard
from linkage.wire.reidentification import Reidentification, RequestAnswerCode, read_reidentification

__all__ = [
    "Approver",
    "Notice",
    "Request",
    "add_approver",
    "add_notices",
    "add_request",
    "all_approvers",
    "all_requests",
    "answer_notices",
    "find_request",
    "forget",
    "mark_shown",
    "notices",
    "of_agency",
    "remove_approver",
    "requested_since",
    "set_request",
]

_ROWS = 500


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody whose signature counts on a request."""

    signing_key: str
    name: str
    fingerprint: str
    removed: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands; an approved one is ``expired`` once its time is over."""

    document: Reidentification
    person: str
    state: str
    requested_at: str
    expires_at: str
    decided_at: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What one agency was shown of an approved request, and what it said; several handles are one notice."""

    number: str
    agency: str
    handles: tuple[str, ...]
    shown_at: str | None
    answer: RequestAnswerCode | None
    answered_at: str | None


def all_approvers(connection: Connection) -> list[Approver]:
    """Return every approver by name, removed ones too."""
    rows = connection.execute(select(approvers).order_by(approvers.c.name))
    return [Approver(row.signing_key, row.name, row.fingerprint, row.removed_at is not None) for row in rows]


def add_approver(
    connection: Connection, card: CustodianCard, *, text: str, fingerprint: str, now: str
) -> None:
    """Enrol an approver."""
    values = {"signing_key": card.signing_key, "name": card.name, "card": text}
    connection.execute(insert(approvers).values(**values, fingerprint=fingerprint, enrolled_at=now))


def remove_approver(connection: Connection, signing_key: str, *, now: str) -> None:
    """Let an approver's signature count no more."""
    where = approvers.c.signing_key == signing_key
    connection.execute(update(approvers).where(where).values(removed_at=now))


def add_request(
    connection: Connection, document: Reidentification, *, text: str, person: str, now: str, expires: str
) -> None:
    """Record a request that nobody has approved yet."""
    connection.execute(
        insert(reidentifications).values(
            number=document.number,
            audience=document.audience,
            person=person,
            document=text,
            state="requested",
            requested_at=now,
            expires_at=expires,
        )
    )


def find_request(connection: Connection, number: str) -> Request | None:
    """Return a request, or None."""
    table = reidentifications
    row = connection.execute(select(table).where(table.c.number == number)).one_or_none()
    return None if row is None else _request(row)


def all_requests(connection: Connection) -> list[Request]:
    """Return every request, the newest first."""
    table = reidentifications
    rows = connection.execute(select(table).order_by(table.c.requested_at.desc(), table.c.number))
    return [_request(row) for row in rows]


def _request(row: Row[Any]) -> Request:
    document = read_reidentification(row.document.encode())
    return Request(document, row.person, row.state, row.requested_at, row.expires_at, row.decided_at)


def requested_since(connection: Connection, moment: str) -> int:
    """Count the requests filed since a moment, whatever became of them."""
    table = reidentifications
    query = select(func.count()).select_from(table).where(table.c.requested_at >= moment)
    return int(connection.scalar(query) or 0)


def set_request(connection: Connection, number: str, **values: object) -> None:
    """Change a request's columns."""
    table = reidentifications
    connection.execute(update(table).where(table.c.number == number).values(**values))


def add_notices(connection: Connection, number: str, owners: Sequence[RecordKey]) -> None:
    """Let the owning agencies see an approved request, each with its own handles."""
    rows = [{"number": number, "agency": agency, "handle": handle} for agency, handle in owners]
    if rows:
        connection.execute(insert(reidentification_notices), rows)


def notices(connection: Connection, number: str) -> list[Notice]:
    """Return what became of a request at each owning agency."""
    table = reidentification_notices
    rows = connection.execute(
        select(table).where(table.c.number == number).order_by(table.c.agency, table.c.handle)
    ).all()
    return [
        Notice(
            number,
            agency,
            tuple(row.handle for row in rows if row.agency == agency),
            first.shown_at,
            cast("RequestAnswerCode | None", first.answer),
            first.answered_at,
        )
        for agency, first in {row.agency: row for row in reversed(rows)}.items()
    ]


def of_agency(connection: Connection, agency: str, *, now: str) -> list[Notice]:
    """Return the approved requests that wait for an agency's answer: neither expired nor withdrawn."""
    table, asked = reidentification_notices, reidentifications
    query = (
        select(table.c.number)
        .join(asked, asked.c.number == table.c.number)
        .where(
            table.c.agency == agency,
            table.c.answer.is_(None),
            asked.c.state == "approved",
            asked.c.expires_at > now,
        )
        .distinct()
        .order_by(table.c.number)
    )
    numbers = list(connection.scalars(query))
    return [one for number in numbers for one in notices(connection, number) if one.agency == agency]


def mark_shown(connection: Connection, number: str, agency: str, *, now: str) -> None:
    """Record when an agency first saw a request."""
    table = reidentification_notices
    where = (table.c.number == number, table.c.agency == agency, table.c.shown_at.is_(None))
    connection.execute(update(table).where(*where).values(shown_at=day_of(now)))


def answer_notices(
    connection: Connection, number: str, agency: str, answer: RequestAnswerCode, *, now: str
) -> None:
    """Record what an agency said."""
    table = reidentification_notices
    where = (table.c.number == number, table.c.agency == agency)
    connection.execute(update(table).where(*where).values(answer=answer, answered_at=day_of(now)))


def forget(connection: Connection, keys: Collection[RecordKey]) -> None:
    """Erase the notices about these child records."""
    table, ordered = reidentification_notices, sorted(keys)
    for start in range(0, len(ordered), _ROWS):
        some = tuple_(table.c.agency, table.c.handle).in_(ordered[start : start + _ROWS])
        connection.execute(delete(table).where(some))
