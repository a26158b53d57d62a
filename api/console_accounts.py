"""Accounts of the console: invited by a one-time code, disabled, reset; what an operator's command does."""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable

from sqlalchemy import Connection

from api.clock import stamp
from api.separation import require_apart
from api.store import accounts, console_sessions
from api.store.accounts import Account
from linkage.errors import InputError

__all__ = [
    "CODE_HOURS",
    "bind_account",
    "code_hash",
    "disable_account",
    "invite_account",
    "reset_account",
    "unbind_account",
]

CODE_HOURS = 72
"""How long a one-time code counts."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,62}[a-z0-9]")
_SUBJECT = re.compile(r"[!-~]{1,255}")
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
    require_apart(connection, name, tuple(sorted(given)))
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
    """Take every credential from an account, end its sessions, and return a new one-time code.

    Raises :class:`InputError` for one whose duties must be apart from somebody's by now.
    """
    require_apart(connection, name, _require(connection, name).roles)
    code = _new_code()
    accounts.drop_credentials(
        connection, name, code=code_hash(code), code_expires=_expires(now), now=stamp(now)
    )
    console_sessions.end_sessions_of(connection, name)
    return code


def bind_account(connection: Connection, name: str, issuer: str, subject: str, *, now: dt.datetime) -> None:
    """Let an account be opened by whom a sign-on knows as a subject, and end the account's sessions.

    Nothing that a sign-on says makes an account or gives it a role.  Raises :class:`InputError`.
    """
    if not issuer:
        raise InputError(
            "there is no sign-on that an account could be bound to",
            hint="name it under [console.oidc] in unit.toml; docs/operations/console.md says how",
        )
    if _SUBJECT.fullmatch(subject) is None:
        raise InputError(
            "SUBJECT: not what a sign-on calls somebody",
            hint="1 to 255 letters, digits and signs without a space, as its directory shows it",
        )
    if _require(connection, name).state == "disabled":
        raise InputError(
            "NAME: the account is disabled", hint="`clew register account reset` would invite it anew"
        )
    if not accounts.bind_sign_on(connection, name, issuer=issuer, subject=subject, now=stamp(now)):
        raise InputError(
            "SUBJECT: another account is bound to it", hint="`clew register account list` lists them"
        )
    console_sessions.end_sessions_of(connection, name)


def unbind_account(connection: Connection, name: str, *, now: dt.datetime) -> None:
    """Let no sign-on open an account any more, and end its sessions; raises :class:`InputError`."""
    _require(connection, name)
    if not accounts.unbind_sign_on(connection, name, now=stamp(now)):
        raise InputError("NAME: no sign-on opens this account", hint="nothing was changed")
    console_sessions.end_sessions_of(connection, name)


def disable_account(connection: Connection, name: str, *, now: dt.datetime) -> None:
    """Let an account sign in no more, and end its sessions; what it did stays on record."""
    _require(connection, name)
    accounts.drop_credentials(connection, name, code=None, code_expires=None, now=stamp(now))
    console_sessions.end_sessions_of(connection, name)


def _require(connection: Connection, name: str) -> Account:
    account = accounts.account_by_name(connection, name)
    if account is None:
        raise InputError("NAME: there is no such account", hint="`clew register account list` lists them")
    return account


def _new_code() -> str:
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def code_hash(code: str) -> str:
    """Return what the database holds of a one-time code, however it was typed."""
    typed = re.sub(r"[^0-9a-z]", "", code.lower()).translate(str.maketrans("oil", "011"))
    return hashlib.sha256(b"clew/console-code/1\x00" + typed.encode()).hexdigest()


def _expires(now: dt.datetime) -> str:
    return stamp(now + dt.timedelta(hours=CODE_HOURS))
