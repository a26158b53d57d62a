"""Accounts of the console: invited by a one-time code, disabled, reset; what an operator's command does."""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable

from sqlalchemy import Connection

from api.clock import stamp
from api.store import accounts, console_sessions
from linkage.errors import InputError

__all__ = ["CODE_HOURS", "code_hash", "disable_account", "invite_account", "reset_account"]

CODE_HOURS = 72
"""How long a one-time code counts."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,62}[a-z0-9]")
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none is taken for another
_GROUPS, _GROUP = 5, 4


def invite_account(connection: Connection, name: str, roles: Iterable[str], *, now: dt.datetime) -> str:
    """Add an account and return its one-time code, of 100 random bits; raises :class:`InputError`."""
    given = set(roles)
    if _NAME.fullmatch(name) is None:
        raise InputError(
            "NAME: not a name of an account",
            hint="3 to 64 small letters, digits, dots and dashes, beginning with a letter: j.smith",
        )
    if {"operator", "publisher"} <= given:
        raise InputError(
            "--role: no account is operator and publisher",
            hint="a release needs somebody who does not run the unit: make two accounts for two people",
        )
    if accounts.account_by_name(connection, name) is not None:
        raise InputError(
            "NAME: there is such an account", hint="`clew register account reset` invites it anew"
        )
    code = _new_code()
    accounts.add_account(
        connection,
        name=name,
        roles=given,
        handle=secrets.token_hex(32),
        code=code_hash(code),
        code_expires=_expires(now),
        now=stamp(now),
    )
    return code


def reset_account(connection: Connection, name: str, *, now: dt.datetime) -> str:
    """Take every credential from an account, end its sessions, and return a new one-time code."""
    _require(connection, name)
    code = _new_code()
    accounts.drop_credentials(
        connection, name, code=code_hash(code), code_expires=_expires(now), now=stamp(now)
    )
    console_sessions.end_sessions_of(connection, name)
    return code


def disable_account(connection: Connection, name: str, *, now: dt.datetime) -> None:
    """Let an account sign in no more, and end its sessions; what it did stays on record."""
    _require(connection, name)
    accounts.drop_credentials(connection, name, code=None, code_expires=None, now=stamp(now))
    console_sessions.end_sessions_of(connection, name)


def _require(connection: Connection, name: str) -> None:
    if accounts.account_by_name(connection, name) is None:
        raise InputError("NAME: there is no such account", hint="`clew register account list` lists them")


def _new_code() -> str:
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def code_hash(code: str) -> str:
    """Return what the database holds of a one-time code, however it was typed."""
    typed = re.sub(r"[^0-9a-z]", "", code.lower()).translate(str.maketrans("oil", "011"))
    return hashlib.sha256(b"clew/console-code/1\x00" + typed.encode()).hexdigest()


def _expires(now: dt.datetime) -> str:
    return stamp(now + dt.timedelta(hours=CODE_HOURS))
