"""The console's Flask app: its own cookie and host name, deny by default, nothing of a request in a log."""

import logging
import time
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, g, render_template, request
from jinja2 import PackageLoader
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from api.console_app import ending, setting_up, sign_in, sign_on
from api.console_app.current import csrf_field, csrf_token, whoever
from api.console_app.guarding import FROM_ELSEWHERE, OLD_FORM, OTHER_ROLE, add_guard, asked_for
from api.console_app.roles import ROLE_WORDS, anybody
from api.console_app.sections import SECTIONS, shown_to
from api.console_app.service import ConsoleService, open_console
from api.console_app.times import add_filters
from api.console_app.typed import PlainNumber
from api.logs import access_fields, fault_words, start_logging
from linkage.errors import ClewError
from pages.assets import asset_pages
from pages.policy import guard
from pages.templating import use_templates

__all__ = ["create_console", "load_console"]

_MAX_FORM_BYTES = 256 * 1024

_access = logging.getLogger("clew.access")
_faults = logging.getLogger("clew.faults")


def create_console(service: ConsoleService, *, served: bool = True) -> Flask:
    """Build the console on an opened service; raises :class:`pages.assets.MissingAssetsError`.

    Without ``served`` it is built to be looked at alone, and needs no assets.
    """
    app = Flask("clew-console", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=_MAX_FORM_BYTES, MAX_FORM_MEMORY_SIZE=_MAX_FORM_BYTES)
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.url_map.converters = {**app.url_map.converters, "int": PlainNumber}
    if service.own.behind_tls_proxy:
        # The last address that the proxy itself wrote; what a client wrote before it counts for nothing.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=0, x_host=0)  # type: ignore[method-assign]
    use_templates(app, PackageLoader("api.console_app"))
    add_guard(app, service)
    guard(app)
    app.register_blueprint(asset_pages(None if served else {}))
    anybody(app.view_functions["assets.asset"])
    sign_in.add_pages(app, service)
    setting_up.add_pages(app, service)
    ending.add_pages(app, service)
    if service.own.oidc.is_set:
        sign_on.add_pages(app, service)
    for section in SECTIONS:
        section.add_pages(app, service)
    add_filters(app)
    _add_words(app, service)
    _add_errors(app)
    app.after_request(_log_access)
    return app


def load_console(data: str) -> Flask:
    """Build the console from a data folder, for a server that loads it by name."""
    service = open_console(Path(data))
    start_logging(service.settings.log.form)
    return create_console(service)


def _add_words(app: Flask, service: ConsoleService) -> None:
    """Give every template what the frame of a page shows."""

    @app.context_processor
    def _words() -> dict[str, object]:
        asking = whoever()
        return {
            "service_name": "Clew console",
            "unit_name": service.settings.name,
            "home_address": "/",
            "phase_text": "This is a new service. Nothing here names a child.",
            "asking": asking,
            "ends": ending.ends_of(service, asking.session) if asking is not None else None,
            # A page on the way to another repeats no address that somebody else may have written.
            "come_back": asked_for() if asking is not None and "next" not in request.args else "/",
            "role_words": ROLE_WORDS,
            "sections": shown_to(asking.roles) if asking is not None else [],
            "here": request.path,
            "csrf_field": csrf_field,
            "csrf_token": csrf_token,
        }


def _log_access(response: Response) -> Response:
    """Log method, route template, status and time: never an address, a header, a body or an account."""
    template = request.url_rule.rule if request.url_rule is not None else "-"
    spent = round((time.monotonic() - g.began) * 1000) if "began" in g else 0
    method = request.method if request.method in {"GET", "POST", "HEAD"} else "-"
    fields = access_fields(method=method, template=template, status=response.status_code, ms=spent)
    _access.info("%s %s %d %dms", method, template, response.status_code, spent, extra=fields)
    return response


_WORDS = {
    400: ("This form could not be read", "Go back, and send it again."),
    403: (
        "You cannot open this page",
        "It is not for your account as it is now. Go to the first page.",
    ),
    404: ("Page not found", "If you typed the address, check that it is right."),
    405: ("This page cannot be used so", "Go back, and use the button on the page."),
    409: ("This cannot be done now", "Somebody else was quicker, or it was done before."),
    413: ("That was too large", "Send less at a time."),
    421: ("This is not the console’s name", "Use the name that your unit’s operator gave you."),
    429: ("Too many attempts", "Wait a quarter of an hour, and try again. A passkey works at once."),
    500: ("Sorry, something went wrong", "Nothing was changed. Tell the unit’s operator when it happened."),
    503: ("The register is busy", "Nothing was changed. Try again in a few seconds."),
}


_REFUSED = {
    OTHER_ROLE: ("You cannot open this page", "Ask the unit’s operator if you should have it."),
    OLD_FORM: (
        "This form counts no more",
        "Nothing was changed. Go back, load the page again and send it anew.",
    ),
    FROM_ELSEWHERE: (
        "This form does not count",
        "Nothing was changed. Use the form on the console’s own page.",
    ),
}
"""Title and what to do, by why the guard refused."""


def _add_errors(app: Flask) -> None:
    @app.errorhandler(Forbidden)
    def _refused(error: Forbidden) -> tuple[str, int]:
        known = _REFUSED.get(error.description or "")
        if known is None:
            return _page(403)
        title, text = known
        return render_template("console/error.html", title=title, said=error.description, text=text), 403

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> tuple[str, int]:
        return _page(error.code or 500)

    @app.errorhandler(OperationalError)
    def _busy(error: OperationalError) -> tuple[str, int]:
        _faults.error("%s", fault_words(error))
        return _page(503)

    @app.errorhandler(ClewError)
    def _ours(error: ClewError) -> tuple[str, int]:
        return _page(409, error.message, error.hint)

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> tuple[str, int]:
        # Its kind and place, not its message: that may hold what was sent.
        _faults.error("%s", fault_words(error))
        return _page(500)


def _page(status: int, said: str | None = None, hint: str | None = None) -> tuple[str, int]:
    title, text = _WORDS.get(status, (HTTPStatus(status).phrase, ""))
    return render_template("console/error.html", title=title, said=said, text=hint or text), status
