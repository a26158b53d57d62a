"""Who may speak to the page: the one browser that was given the token, on this machine, from this very page.

A page on the loopback address is within reach of every website that the browser has open, and of every
program of this machine.  Hence, in this order:

1. The ``Host`` header must be the address that is served (against names that are made to lead here).
2. Everything but the style sheet and the scripts needs the cookie that the token was exchanged for, once.
3. Whatever changes something must come from a form of this page: its ``Origin``, and a token in the form.
"""

import secrets
import threading
from typing import Final

from flask import Flask, Request, Response, abort, redirect, request

__all__ = ["COOKIE", "FORM_TOKEN", "Guards", "guard_access"]

COOKIE: Final = "clew_desk"
FORM_TOKEN: Final = "form_token"  # noqa: S105 (the field's name)
_BEGIN: Final = "/begin"
_OPEN: Final = ("/assets/", "/own/")
"""Style sheet and scripts: the same for everybody, and needed to say in words that access is refused."""


class Guards:
    """The secrets of one run, all of them random and none kept anywhere else."""

    def __init__(self, host: str) -> None:
        """``host``: address and port, as the browser names them."""
        self.host = host
        self.origin = f"http://{host}"
        self.form_token = secrets.token_urlsafe(32)
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie: str | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The address to open, for as long as nobody has."""
        return f"{self.origin}{_BEGIN}?token={self._token or ''}"

    def exchange(self, token: str) -> str | None:
        """Return the cookie for the token; for a wrong one, and for the right one again, nothing."""
        with self._lock:
            if self._token is None or not _same(self._token, token):
                return None
            self._token, self._cookie = None, secrets.token_urlsafe(32)
            return self._cookie

    def is_known(self, cookie: str) -> bool:
        """Tell whether a request has the cookie."""
        return self._cookie is not None and _same(self._cookie, cookie)

    def is_of_this_page(self, asked: Request) -> bool:
        """Tell whether a form was sent by a page of ours; the form is read only if its origin is ours."""
        if not _same(self.origin, asked.headers.get("Origin", "")):
            return False
        return _same(self.form_token, asked.form.get(FORM_TOKEN, ""))


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))


def guard_access(app: Flask, guards: Guards) -> None:
    """Let nobody else in, and exchange the token."""

    @app.before_request
    def _admit() -> None:
        if not _same(guards.host, request.headers.get("Host", "")):
            abort(421)
        if request.path.startswith(_OPEN) or request.path == _BEGIN:
            return
        if not guards.is_known(request.cookies.get(COOKIE, "")):
            abort(403)
        if request.method not in ("GET", "HEAD") and not guards.is_of_this_page(request):
            abort(400)

    @app.get(_BEGIN)
    def begin() -> Response:
        if guards.is_known(request.cookies.get(COOKIE, "")):
            return _home()
        cookie = guards.exchange(request.args.get("token", ""))
        if cookie is None:
            abort(403)
        answer = _home()
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict")
        return answer

    @app.context_processor
    def _form_token() -> dict[str, str]:
        return {"form_token": guards.form_token, "form_token_name": FORM_TOKEN}


def _home() -> Response:
    answer = redirect("/", code=303)
    assert isinstance(answer, Response)  # noqa: S101 (for the type checker: this is Flask's own)
    return answer
