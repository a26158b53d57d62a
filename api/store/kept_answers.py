"""Answers kept under idempotency keys, until they expire."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, tuple_

from api.store import schema
from api.store.database import insert_new

__all__ = ["KeptAnswer", "find_answer", "forget_expired", "keep_answer"]

_table = schema.kept_answers


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a request was answered; without a status the address gives the same answer by itself."""

    request: str
    status: int | None = None
    media_type: str | None = None
    body: str | None = None


def find_answer(connection: Connection, agency: str, key: str, *, now: str) -> KeptAnswer | None:
    """Return the answer kept under an agency's key, or None."""
    chosen = select(_table).where(
        _table.c.agency == agency, _table.c.idempotency_key == key, _table.c.expires >= now
    )
    row = connection.execute(chosen).one_or_none()
    return None if row is None else KeptAnswer(row.request, row.status, row.media_type, row.body)


def forget_expired(connection: Connection, *, now: str) -> None:
    """Forget the answers of anybody that need be kept no longer."""
    expired = select(_table.c.agency, _table.c.idempotency_key).where(_table.c.expires < now)
    # Requests that come at once would otherwise wait for each other's deletion of the same rows.
    going = tuple_(_table.c.agency, _table.c.idempotency_key).in_(expired.with_for_update(skip_locked=True))
    connection.execute(delete(_table).where(going))


def keep_answer(
    connection: Connection, agency: str, key: str, answer: KeptAnswer, *, now: str, expires: str
) -> bool:
    """Keep an answer; returns False if one is kept under this key already.  What has expired goes."""
    forget_expired(connection, now=now)
    values = {
        "agency": agency,
        "idempotency_key": key,
        "request": answer.request,
        "status": answer.status,
        "media_type": answer.media_type,
        "body": answer.body,
        "expires": expires,
    }
    return insert_new(connection, _table, values)
