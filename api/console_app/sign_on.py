"""Signing in by a department's own sign-on: there and back (OpenID Connect, authorization code, PKCE).

The console's cookie is never sent with a request that another site began, and the way back is one.  So the
address that the sign-on sends a browser back to does nothing: it is a page that goes on by itself to an
address of the console, and that request has the cookie.  What goes there and must come back (state, nonce,
the code's verifier) follows from the browser's token and a random seed; the database holds the seed alone.

Every way out but the right one is the same page: it says neither what was wrong nor whether there is such an
account.
"""

import datetime as dt
import logging
import secrets
from base64 import urlsafe_b64encode
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec
from authlib.common.urls import add_params_to_uri
from flask import Flask, abort, g, redirect, render_template, request
from msgspec import Struct
from werkzeug.wrappers import Response

from api.clock import stamp
from api.console_app.attempts import admit
from api.console_app.current import current, whoever
from api.console_app.guarding import local_address
from api.console_app.roles import anybody, signed_in
from api.console_app.service import ConsoleService
from api.console_app.sign_in import shown_again, signed_in_by
from api.console_app.sign_on_provider import Provider, RefusedError, SignOnError, UnreachableError
from api.console_app.sign_on_tokens import SKEW_SECONDS, Shown, UnknownKeyError, shown_by
from api.secret_files import read_sign_on_secret
from api.store import accounts, console_sessions
from linkage.wire.derivation import keyed_digest

__all__ = ["add_pages"]

_MINUTES = 10  # a person may have to look for a telephone
_PURPOSE = "sign-on"
_TAKEN = ("code", "state", "iss", "error")
_MAX_TAKEN = 4096
_MAX_NEXT = 1000

_faults = logging.getLogger("clew.faults")

Answer = Response | tuple[str, int]


class _Way(Struct, frozen=True, kw_only=True):
    """One way there and back: ``again`` for somebody who is signed in and shows it once more."""

    seed: str
    begun: int
    next: str
    again: bool

    def text(self, use: Literal["state", "nonce", "verifier"]) -> str:
        """Return what only the browser that began this way, and the console, can know: 256 bits."""
        said = f"clew/console-sign-on/1/{use}\x00{self.seed}"
        digest = keyed_digest(g.token.encode(), said.encode())
        return urlsafe_b64encode(digest).decode().rstrip("=")


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages of the sign-on; raises :class:`linkage.errors.InputError` without its secret."""
    own = service.own.oidc
    secret = read_sign_on_secret(service.folder.root / own.client_secret_file)
    provider = Provider(own, secret, clock=service.clock, at_once=max(1, service.own.threads // 2))
    _add_there(app, service, provider)
    _add_back(app, service, provider)
    if own.sign_out:
        _add_out(app, service, provider)


def _add_there(app: Flask, service: ConsoleService, provider: Provider) -> None:
    # Both are links, not forms: a form's policy holds for where its answer sends a browser, too.
    @app.get("/sign-on")
    @anybody
    def sign_on() -> Answer:
        if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            return redirect("/sign-in", 303)  # nobody else begins this for somebody
        return _sent_there(service, provider, again=False)

    @app.get("/confirm/sign-on")
    @signed_in()
    def confirm_by_sign_on() -> Answer:
        return _sent_there(service, provider, again=True)


def _sent_there(service: ConsoleService, provider: Provider, *, again: bool) -> Answer:
    admit(service)
    now = service.clock()
    way = _Way(
        seed=secrets.token_hex(32),
        begun=int(now.timestamp()),
        next=local_address(request.args.get("next", "/")[:_MAX_NEXT]),
        again=again,
    )
    try:
        address = provider.address_to_show(
            redirect=_way_back(service),
            state=way.text("state"),
            nonce=way.text("nonce"),
            verifier=way.text("verifier"),
            again=again,
        )
    except SignOnError as error:
        return _refused(error, way)
    expires = stamp(now + dt.timedelta(minutes=_MINUTES))
    with service.database.write() as connection:
        console_sessions.keep_challenge(
            connection,
            g.token,
            purpose=_PURPOSE,
            challenge=msgspec.json.encode(way),
            now=stamp(now),
            expires=expires,
        )
    return redirect(address, 303)


def _way_back(service: ConsoleService) -> str:
    """Return the one address that the sign-on may send a browser back to."""
    return f"{_origin(service)}/sign-on/back"


def _origin(service: ConsoleService) -> str:
    return f"{'https' if service.own.behind_tls_proxy else 'http'}://{request.host.lower()}"


def _add_back(app: Flask, service: ConsoleService, provider: Provider) -> None:
    @app.get("/sign-on/back")
    @anybody
    def sign_on_back() -> str:
        g.token = None  # the cookie that was not sent is there, and stays as it is
        return render_template("console/going_on.html", on=f"/sign-on/done?{urlencode(_given())}")

    @app.get("/sign-on/done")
    @anybody
    def sign_on_done() -> Answer:
        admit(service)
        way = _taken(service)
        try:
            shown = _shown(service, provider, way, _given())
            return _known_again(service, shown, way) if way.again else _known(service, shown, way)
        except SignOnError as error:
            return _refused(error, way)


def _given() -> dict[str, str]:
    """Return what the sign-on sent with a browser; what is there twice is not there."""
    found = {name: request.args.getlist(name) for name in _TAKEN}
    return {name: one[0][:_MAX_TAKEN] for name, one in found.items() if len(one) == 1}


def _taken(service: ConsoleService) -> _Way:
    """Return the way that this browser began, once, or one that leads nowhere."""
    with service.database.write() as connection:
        found = console_sessions.take_challenge(connection, g.token, now=service.now())
    if found is None or found.purpose != _PURPOSE:
        return _Way(seed=secrets.token_hex(32), begun=0, next="/", again=False)
    return msgspec.json.decode(found.challenge, type=_Way)


def _shown(service: ConsoleService, provider: Provider, way: _Way, given: dict[str, str]) -> Shown:
    """Return whom the sign-on shows, by the code that came back; raises :class:`SignOnError`."""
    if not secrets.compare_digest(given.get("state", "").encode(), way.text("state").encode()):
        raise RefusedError("the state is not what this browser was sent with")
    named, expected = given.get("iss"), provider.metadata()
    if named is None and expected.authorization_response_iss_parameter_supported:
        raise RefusedError("the answer names no issuer")
    if named is not None and named != expected.issuer:
        raise RefusedError("the answer names another issuer")
    code = given.get("code")
    if not code or "error" in given:
        raise RefusedError("the sign-on gave no code")
    tokens = provider.exchange(code, redirect=_way_back(service), verifier=way.text("verifier"))
    checked: dict[str, Any] = {
        "settings": provider.settings,
        "nonce": way.text("nonce"),
        "now": service.clock(),
    }
    try:
        return shown_by(tokens, provider.keys(), **checked)
    except UnknownKeyError:
        return shown_by(tokens, provider.keys(anew=True), **checked)


def _known(service: ConsoleService, shown: Shown, way: _Way) -> Answer:
    """Sign in whoever was shown, if an account is bound to just that person."""
    with service.database.read() as connection:
        account = accounts.account_by_sign_on(connection, service.own.oidc.issuer, shown.subject)
    if account is None or account.state != "active":
        raise RefusedError("no account is bound to who was shown")
    signed_in_by(service, account, "sign-on", shown=_was_just_shown(shown, way))
    return redirect(way.next, 303)


def _known_again(service: ConsoleService, shown: Shown, way: _Way) -> Answer:
    """Let the session go on, if the sign-on says that the same person was asked anew."""
    if whoever() is None:
        return redirect("/sign-in?ended=1", 303)
    with service.database.read() as connection:
        account = accounts.account_by_sign_on(connection, service.own.oidc.issuer, shown.subject)
    if account is None or account.state != "active" or account.name != current().name:
        raise RefusedError("who was shown is not who is signed in")
    if not _was_just_shown(shown, way):
        raise RefusedError("the sign-on does not say that it asked anew")
    shown_again(service)
    return redirect(way.next, 303)


def _was_just_shown(shown: Shown, way: _Way) -> bool:
    return shown.at is not None and shown.at >= way.begun - SKEW_SECONDS


def _refused(error: SignOnError, way: _Way) -> tuple[str, int]:
    _faults.warning("the sign-on let nobody in: %s", error.reason)
    silent = isinstance(error, UnreachableError)
    known = way.again and whoever() is not None
    on = f"{'/confirm' if known else '/sign-in'}?next={quote(way.next, safe='/')}"
    return render_template("console/sign_on_refused.html", silent=silent, on=on), 503 if silent else 403


def _add_out(app: Flask, service: ConsoleService, provider: Provider) -> None:
    @app.get("/sign-on/out")
    @anybody
    def sign_on_out() -> Response:
        if g.session is not None:
            return redirect("/account", 303)  # the console's own session ends first, by its own button
        try:
            address = provider.metadata().end_session_endpoint
        except SignOnError:
            abort(503)
        if address is None:
            abort(404)
        told = {
            "client_id": provider.settings.client_id,
            "post_logout_redirect_uri": f"{_origin(service)}/sign-in",
        }
        return redirect(add_params_to_uri(address, list(told.items())), 303)
