"""Sessions of the console, what passkeys are asked to sign, and who was shown what.

Whoever reads the database can take over no session: it holds hashes of tokens.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Connection, and_, delete, insert, inspect, or_, select, update

from api.store import schema_console

__all__ = [
    "Challenge",
    "Session",
    "SessionKind",
    "begin_session",
    "end_all",
    "end_session",
    "end_sessions_of",
    "forget_ended",
    "go_on_alone",
    "has_challenge",
    "has_tables",
    "is_kept",
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


def begin_session(
    connection: Connection, token: str, account: str, kind: SessionKind, *, now: str, shown: bool = True
) -> None:
    """Begin a session under a token that was made for it.

    ``shown``: whether the account has shown at this moment who it is, and not some time ago elsewhere.
    """
    row = {"token": token_hash(token), "account": account, "kind": kind, "begun_at": now, "seen_at": now}
    connection.execute(insert(_sessions).values(**row, shown_at=now if kind == "full" and shown else None))


def session_of(connection: Connection, token: str) -> Session | None:
    """Return the session of a token, or None; whether it has ended is for the caller to say.

    An account that is disabled has no sessions, and one that waits for its one-time code none but those
    that began with it, whatever rows there are.
    """
    accounts = schema_console.accounts
    fits = or_(
        and_(_sessions.c.kind == "full", accounts.c.state == "active"),
        and_(_sessions.c.kind == "setup", accounts.c.state == "invited"),
    )
    chosen = (
        select(_sessions, accounts.c.roles)
        .join(accounts, accounts.c.name == _sessions.c.account)
        .where(_sessions.c.token == token_hash(token), fits)
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


def is_kept(connection: Connection, session: Session) -> bool:
    """Say whether a session that was found a while ago is still there."""
    same = select(_sessions.c.account).where(_sessions.c.token == session.token)
    return connection.scalar(same) is not None


def touch_session(connection: Connection, session: Session, *, now: str) -> None:
    """Record that a session is in use."""
    connection.execute(update(_sessions).where(_sessions.c.token == session.token).values(seen_at=now))


def renew_session(connection: Connection, session: Session, token: str, *, now: str) -> None:
    """Give a session a new token once its account has shown again who it is; it ends no later for that."""
    row = {"token": token_hash(token), "shown_at": now, "seen_at": now}
    connection.execute(update(_sessions).where(_sessions.c.token == session.token).values(**row))


def go_on_alone(connection: Connection, session: Session, token: str) -> None:
    """Give a session a new token and end every other one of its account; what it offered counts no more."""
    others = (_sessions.c.account == session.account, _sessions.c.token != session.token)
    connection.execute(delete(_sessions).where(*others))
    mine = update(_sessions).where(_sessions.c.token == session.token)
    connection.execute(mine.values(token=token_hash(token), totp=None))


def offer_totp(connection: Connection, session: Session, sealed: bytes) -> None:
    """Keep the sealed secret that a set-up offers, until a code made with it comes back."""
    connection.execute(update(_sessions).where(_sessions.c.token == session.token).values(totp=sealed))


def end_session(connection: Connection, session: Session) -> None:
    """End one session."""
    connection.execute(delete(_sessions).where(_sessions.c.token == session.token))


def end_sessions_of(connection: Connection, account: str) -> None:
    """End every session of an account."""
    connection.execute(delete(_sessions).where(_sessions.c.account == account))


def has_tables(connection: Connection) -> bool:
    """Say whether a database is of a release that has a console."""
    return all(inspect(connection).has_table(table.name) for table in (_sessions, _challenges))


def end_all(connection: Connection) -> None:
    """End every session, and let no challenge count any more."""
    for table in (_sessions, _challenges):
        connection.execute(delete(table))


def forget_ended(connection: Connection, *, idle_since: str, begun_before: str, ahead: str, now: str) -> None:
    """Delete sessions that ended by themselves and challenges that nobody answered.

    ``ahead``: what was seen after that was seen by a clock that has been put back since.
    """
    ended = or_(
        _sessions.c.seen_at <= idle_since, _sessions.c.begun_at <= begun_before, _sessions.c.seen_at > ahead
    )
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


def has_challenge(connection: Connection, token: str) -> bool:
    """Say whether a browser was asked to sign something."""
    mine = select(_challenges.c.token).where(_challenges.c.token == token_hash(token))
    return connection.scalar(mine) is not None


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
