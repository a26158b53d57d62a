"""Answers kept under idempotency keys, until they expire."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from api.store import schema

__all__ = ["KeptAnswer", "find_answer", "keep_answer"]

_table = schema.answers


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


def keep_answer(
    connection: Connection, agency: str, key: str, answer: KeptAnswer, *, now: str, expires: str
) -> None:
    """Keep an answer; raises ``IntegrityError`` if one is kept under this key already."""
    connection.execute(delete(_table).where(_table.c.expires < now))
    connection.execute(
        insert(_table).values(
            agency=agency,
            idempotency_key=key,
            request=answer.request,
            status=answer.status,
            media_type=answer.media_type,
            body=answer.body,
            expires=expires,
        )
    )
