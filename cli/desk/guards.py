"""Who may speak to the page: the one browser that was given the token, on this machine, from this very page.

A page on the loopback address is within reach of every website that the browser has open, and of every
program of this machine.  Hence, in this order:

1. The ``Host`` header must be the address that is served (against names that are made to lead here).
2. Everything but the style sheet and the scripts needs the cookie that the token was exchanged for, once;
   where the system tells whose a connection is, only by the account that the page runs under.
3. The cookie is for a folder with a random name, and every page lies in it.  Cookies know no ports: without
   the folder, another account of a shared machine could serve a page from another port and be sent it.
4. Whatever changes something must come from a form of this page: its ``Origin``, and a token in the form.
"""

import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from flask import Flask, Request, Response, abort, redirect, request

from cli.desk.peers import is_own_connection

__all__ = ["COOKIE", "FORM_TOKEN", "Guards", "guard_access"]

_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

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
        self.folder = f"/{secrets.token_urlsafe(16)}"
        self.form_token = secrets.token_urlsafe(32)
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie: str | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The address to open, for as long as nobody has."""
        return f"{self.origin}{self.folder}{_BEGIN}?token={self._token or ''}"

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
    app.wsgi_app = _in_folder(app.wsgi_app, guards.folder)  # type: ignore[assignment,method-assign]

    @app.before_request
    def _admit() -> None:
        if not _same(guards.host, request.headers.get("Host", "")):
            abort(421)
        if request.script_root or not request.path.startswith(_OPEN):
            _require_access(guards)

    @app.get(_BEGIN)
    def begin() -> Response:
        if guards.is_known(request.cookies.get(COOKIE, "")):
            return _home(guards)
        cookie = guards.exchange(request.args.get("token", ""))
        if cookie is None:
            abort(403)
        answer = _home(guards)
        answer.set_cookie(COOKIE, cookie, path=guards.folder, httponly=True, samesite="Strict")
        return answer

    @app.context_processor
    def _form_token() -> dict[str, str]:
        return {"at": request.script_root, "form_token": guards.form_token, "form_token_name": FORM_TOKEN}


def _require_access(guards: Guards) -> None:
    """Refuse what lies outside of the folder, who is not known, and what no form of ours sent."""
    if not request.script_root or not is_own_connection(request.environ, guards.host):
        abort(403)
    if request.path == _BEGIN:
        return
    if not guards.is_known(request.cookies.get(COOKIE, "")):
        abort(403)
    if request.method not in ("GET", "HEAD") and not guards.is_of_this_page(request):
        abort(400)


def _home(guards: Guards) -> Response:
    answer = redirect(f"{guards.folder}/", code=303)
    assert isinstance(answer, Response)  # noqa: S101 (for the type checker: this is Flask's own)
    return answer


def _in_folder(inner: _Wsgi, folder: str) -> _Wsgi:
    """Mount an app in a folder; what is asked outside of it arrives with an empty ``SCRIPT_NAME``."""

    def mounted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        head, slash, rest = environ.get("PATH_INFO", "")[1:].partition("/")
        if slash and _same(folder, f"/{head}"):
            environ = environ | {"SCRIPT_NAME": folder, "PATH_INFO": f"/{rest}"}
        return inner(environ, start_response)

    return mounted
