"""Sessions of the console, what passkeys are asked to sign, and who was shown what.

Whoever reads the database can take over no session: it holds hashes of tokens.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Connection, delete, insert, or_, select, update

from api.store import schema_console

__all__ = [
    "Challenge",
    "Session",
    "SessionKind",
    "begin_session",
    "end_session",
    "end_sessions_of",
    "forget_ended",
    "keep_challenge",
    "note_view",
    "offer_totp",
    "renew_session",
    "session_of",
    "take_challenge",
    "token_hash",
    "touch_session",
]

SessionKind = Literal["full", "setup"]

_sessions = schema_console.sessions
_challenges = schema_console.challenges
_views = schema_console.views


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session and whose it is; ``shown_at``: when the account last showed who it is."""

    token: str
    account: str
    kind: SessionKind
    begun_at: str
    seen_at: str
    shown_at: str | None
    totp: bytes | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a passkey was asked to sign, and what for."""

    purpose: str
    challenge: bytes


def token_hash(token: str) -> str:
    """Return what the database holds of a token; it has 256 random bits, so no salt is wanted."""
    return hashlib.sha256(b"clew/console-token/1\x00" + token.encode()).hexdigest()


def begin_session(connection: Connection, token: str, account: str, kind: SessionKind, *, now: str) -> None:
    """Begin a session under a token that was made for it."""
    row = {"token": token_hash(token), "account": account, "kind": kind, "begun_at": now, "seen_at": now}
    connection.execute(insert(_sessions).values(**row, shown_at=now if kind == "full" else None))


def session_of(connection: Connection, token: str) -> Session | None:
    """Return the session of a token, or None; whether it has ended is for the caller to say.

    An account that is disabled has no sessions, whatever rows there are.
    """
    accounts = schema_console.accounts
    chosen = (
        select(_sessions, accounts.c.roles)
        .join(accounts, accounts.c.name == _sessions.c.account)
        .where(_sessions.c.token == token_hash(token), accounts.c.state != "disabled")
    )
    row = connection.execute(chosen).one_or_none()
    if row is None:
        return None
    return Session(
        token=row.token,
        account=row.account,
        kind=cast("SessionKind", row.kind),
        begun_at=row.begun_at,
        seen_at=row.seen_at,
        shown_at=row.shown_at,
        totp=row.totp,
        roles=tuple(row.roles.split()),
    )


def touch_session(connection: Connection, session: Session, *, now: str) -> None:
    """Record that a session is in use."""
    connection.execute(update(_sessions).where(_sessions.c.token == session.token).values(seen_at=now))


def renew_session(connection: Connection, session: Session, token: str, *, now: str) -> None:
    """Give a session a new token once its account has shown again who it is; it ends no later for that."""
    row = {"token": token_hash(token), "shown_at": now, "seen_at": now}
    connection.execute(update(_sessions).where(_sessions.c.token == session.token).values(**row))


def offer_totp(connection: Connection, session: Session, sealed: bytes) -> None:
    """Keep the sealed secret that a set-up offers, until a code made with it comes back."""
    connection.execute(update(_sessions).where(_sessions.c.token == session.token).values(totp=sealed))


def end_session(connection: Connection, session: Session) -> None:
    """End one session."""
    connection.execute(delete(_sessions).where(_sessions.c.token == session.token))


def end_sessions_of(connection: Connection, account: str) -> None:
    """End every session of an account."""
    connection.execute(delete(_sessions).where(_sessions.c.account == account))


def forget_ended(connection: Connection, *, idle_since: str, begun_before: str, now: str) -> None:
    """Delete sessions that ended by themselves and challenges that nobody answered."""
    ended = or_(_sessions.c.seen_at <= idle_since, _sessions.c.begun_at <= begun_before)
    connection.execute(delete(_sessions).where(ended))
    connection.execute(delete(_challenges).where(_challenges.c.expires <= now))


def keep_challenge(
    connection: Connection, token: str, *, purpose: str, challenge: bytes, now: str, expires: str
) -> None:
    """Keep what a browser's passkey is to sign; an older challenge of this browser counts no more."""
    table = _challenges
    connection.execute(delete(table).where(or_(table.c.token == token_hash(token), table.c.expires <= now)))
    row = {"token": token_hash(token), "purpose": purpose, "challenge": challenge, "expires": expires}
    connection.execute(insert(table).values(**row))


def take_challenge(connection: Connection, token: str, *, now: str) -> Challenge | None:
    """Return a browser's challenge and let it count no more, or None where there is none in time."""
    table = _challenges
    taken = delete(table).where(table.c.token == token_hash(token))
    row = connection.execute(
        taken.returning(table.c.purpose, table.c.challenge, table.c.expires)
    ).one_or_none()
    return None if row is None or row.expires <= now else Challenge(row.purpose, row.challenge)


def note_view(connection: Connection, *, account: str, page: str, address: str, now: str) -> None:
    """Record that an account was shown a page."""
    connection.execute(insert(_views).values(at=now, account=account, page=page, address=address[:400]))
