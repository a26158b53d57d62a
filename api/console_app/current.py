"""Who asks: the account of the present request, and what only its browser knows."""

import secrets
from dataclasses import dataclass
from typing import cast

from flask import g
from markupsafe import Markup

from api.console_app.roles import Role
from api.store.console_sessions import Session
from linkage.wire.derivation import keyed_digest

__all__ = [
    "CSRF_FIELD",
    "CSRF_HEADER",
    "SignedIn",
    "csrf_field",
    "csrf_token",
    "current",
    "is_csrf_token",
    "whoever",
]

CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that is signed in."""

    name: str
    roles: tuple[Role, ...]
    session: Session

    def has(self, *roles: Role) -> bool:
        """Say whether the account has one of the roles."""
        return bool(set(roles) & set(self.roles))


def whoever() -> SignedIn | None:
    """Return who asks, or None for somebody who is not signed in."""
    session = cast("Session | None", g.get("session"))
    if session is None or session.kind != "full":
        return None
    return SignedIn(session.account, cast("tuple[Role, ...]", session.roles), session)


def current() -> SignedIn:
    """Return who asks, in a view that only accounts may open."""
    found = whoever()
    if found is None:
        raise LookupError("nobody is signed in")
    return found


def csrf_token() -> str:
    """Return what a form must hold: it follows from the token that only this browser has."""
    return keyed_digest(g.token.encode(), b"clew/console-csrf/1").hex()


def csrf_field() -> Markup:
    """Return the hidden field of a form; every form needs it."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def is_csrf_token(given: str) -> bool:
    """Say, in constant time, whether a form came from a page that this browser was given."""
    return secrets.compare_digest(given.encode(), csrf_token().encode())
