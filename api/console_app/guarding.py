"""What every request passes before any page: host name, session, role, form token.  Deny by default."""

import datetime as dt
import re
import secrets
import time
from dataclasses import replace
from urllib.parse import quote

from flask import Flask, Request, abort, current_app, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from api.clock import stamp
from api.config import ConsoleSettings
from api.console_app.current import CSRF_FIELD, CSRF_HEADER, is_csrf_token, whoever
from api.console_app.roles import Rule, rule_of
from api.console_app.service import ConsoleService
from api.console_app.typed import check_text
from api.store import console_sessions
from api.store.console_sessions import Session
from api.unsafe_settings import is_loopback

__all__ = [
    "FROM_ELSEWHERE",
    "OLD_FORM",
    "OTHER_ROLE",
    "add_guard",
    "asked_for",
    "change_token",
    "cookie_name",
    "local_address",
    "new_token",
]

OTHER_ROLE = "It is for another role than yours."
OLD_FORM = "The form was too old: it lay open for longer than the session, or you signed in again since."
FROM_ELSEWHERE = "The form was sent from a page of another site."
"""Why something is refused with 403; the page says which it was."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TOUCH_SECONDS = 30
_SKEW_SECONDS = 60  # between the clocks of machines that share a database


def cookie_name(settings: ConsoleSettings) -> str:
    """Return the name of the cookie; with TLS it is one that no other host and no plain page can set."""
    return "__Host-clew-console" if settings.behind_tls_proxy else "clew-console"


def new_token() -> str:
    """Make a token: 256 random bits."""
    return secrets.token_urlsafe(32)


def change_token() -> str:
    """Give the browser a new token from this answer on, and return it; the old one counts for nothing."""
    g.token = new_token()
    return str(g.token)


def local_address(text: str) -> str:
    """Return a path of the console itself, to which somebody may be sent on; the first page for any other."""
    plain = re.fullmatch(r"/(?![/\\])[!-~]*", text) is not None and "\\" not in text
    return text if plain else "/"


def add_guard(app: Flask, service: ConsoleService) -> None:
    """Let no request by that the rules do not let by."""
    name = cookie_name(service.own)

    @app.before_request
    def _guard() -> Response | None:
        g.began, g.token, g.session, g.ended = time.monotonic(), None, None, False
        if not _is_our_name(request, service.own):
            abort(421)
        rule = rule_of(app.view_functions.get(request.endpoint or ""))
        if request.endpoint == "assets.asset":
            return None
        check_text(request)
        if _is_led_here(request, name):
            return make_response(
                render_template("console/going_on.html", on=local_address(request.full_path.rstrip("?")))
            )
        sent = request.cookies.get(name, "")
        g.token = sent if _TOKEN.fullmatch(sent) else new_token()
        by_itself = rule is not None and rule.by_itself
        g.session = _live_session(service, g.token, used=not by_itself) if g.token == sent else None
        sent_on = _judge(service, rule)
        if sent_on is None and request.method not in _SAFE:
            _check_form(request)
        return sent_on

    @app.after_request
    def _remember(response: Response) -> Response:
        if g.get("token") is not None and request.cookies.get(name) != g.token:
            secure = service.own.behind_tls_proxy
            response.set_cookie(name, g.token, path="/", secure=secure, httponly=True, samesite="Strict")
        if service.own.behind_tls_proxy:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def _is_our_name(incoming: Request, settings: ConsoleSettings) -> bool:
    """Say whether a request is for the console's own name: a page of another one could be pointed here."""
    host = incoming.host.lower()
    if settings.host:
        return host == settings.host.lower()
    bare = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    return is_loopback(bare.strip("[]"))


def _is_led_here(incoming: Request, cookie: str) -> bool:
    """Say whether a page of another site led a browser here, for which it holds back a strict cookie.

    Whoever is signed in would be given another one, and so be signed out.  What the sign-on sends back goes
    on to a place of its own.
    """
    elsewhere = incoming.headers.get("Sec-Fetch-Site") == "cross-site"
    return (
        elsewhere
        and incoming.method == "GET"
        and cookie not in incoming.cookies
        and incoming.endpoint not in {"sign_on_back", "sign_on"}
    )


def _live_session(service: ConsoleService, token: str, *, used: bool) -> Session | None:
    """Return the session of a token unless it has ended; one that is in use says so twice a minute."""
    with service.database.read() as connection:
        session = console_sessions.session_of(connection, token)
    if session is None:
        return None
    now, own = service.clock(), service.own
    idle_since = stamp(now - dt.timedelta(minutes=own.idle_minutes))
    begun_before = stamp(now - dt.timedelta(hours=own.hours))
    ahead = _ahead(now)
    if session.seen_at <= idle_since or session.begun_at <= begun_before or session.seen_at > ahead:
        with service.database.write() as connection:
            console_sessions.forget_ended(
                connection, idle_since=idle_since, begun_before=begun_before, ahead=ahead, now=stamp(now)
            )
        g.ended = True
        change_token()
        return None
    if used and session.seen_at <= stamp(now - dt.timedelta(seconds=_TOUCH_SECONDS)):
        with service.database.write() as connection:
            console_sessions.touch_session(connection, session, now=stamp(now))
        return replace(session, seen_at=stamp(now))
    return session


def _check_form(incoming: Request) -> None:
    """Refuse what another site's page could have sent."""
    if incoming.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403, description=FROM_ELSEWHERE)
    given = incoming.headers.get(CSRF_HEADER) or incoming.form.get(CSRF_FIELD, "")
    if not is_csrf_token(given):
        abort(403, description=OLD_FORM)


def _judge(service: ConsoleService, rule: Rule | None) -> Response | None:
    """Let a request by, send it to a page that comes first, or refuse it."""
    if rule is not None and rule.who == "anybody":
        return None
    if g.session is None:
        return redirect(f"/sign-in?next={asked_for()}" + ("&ended=1" if g.ended else ""), 303)
    asking = whoever()
    if asking is None:
        return None if rule is not None and rule.who == "setup" else redirect("/set-up", 303)
    if request.endpoint is None:
        return None  # the address, or the method, is none that there is: Flask says so
    if rule is None or (rule.who == "account" and not asking.has(*rule.roles)):
        abort(403, description=OTHER_ROLE)
    if rule.step_up and not _shown_lately(service, asking.session):
        return redirect(f"/confirm?next={asked_for()}", 303)
    if rule.logged:
        _note(service, asking.name)
    return None


def asked_for() -> str:
    """Return the page to go on with, as a query's value; what a form sent is not kept."""
    return quote(request.full_path.rstrip("?") if request.method == "GET" else _page_of_form(), safe="/")


def _page_of_form() -> str:
    """Return the page that has the form: it has the form's address, or is the first one."""
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except (HTTPException, RequestRedirect):
        return "/"
    return request.path


def _shown_lately(service: ConsoleService, session: Session) -> bool:
    now, shown_at = service.clock(), session.shown_at
    since = stamp(now - dt.timedelta(minutes=service.own.confirm_minutes))
    return shown_at is not None and since < shown_at <= _ahead(now)


def _ahead(now: dt.datetime) -> str:
    """Return the moment after which nothing was, but for a clock that was put back since."""
    return stamp(now + dt.timedelta(seconds=_SKEW_SECONDS))


def _note(service: ConsoleService, account: str) -> None:
    """Record a view before it is given: what cannot be recorded is not shown."""
    page = (request.endpoint or "")[:64]
    with service.database.write() as connection:
        console_sessions.note_view(
            connection, account=account, page=page, address=request.full_path.rstrip("?"), now=service.now()
        )
