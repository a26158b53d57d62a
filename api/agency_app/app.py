"""The Flask app: deny by default, limits before reading, one line of log per request."""

import logging
import time
import traceback
from pathlib import Path

from flask import Flask, Request, Response, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api.agency_app.auth import Authenticator
from api.agency_app.problems import RefusedError, problem_response, refuse
from api.agency_app.routes import BODY_LIMITS, DigestConverter, SizeConverter, add_routes
from api.agency_app.service import Service, open_service

__all__ = ["create_app", "load_app"]

_UNSIGNED = frozenset({"healthz"})

_access = logging.getLogger("clew.access")
_faults = logging.getLogger("clew.faults")


def create_app(service: Service) -> Flask:
    """Build the app on an opened service."""
    app = Flask("clew-agency-app", static_folder=None, template_folder=None)
    app.url_map.merge_slashes = False  # a redirect would answer a request that nobody has authenticated
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.url_map.converters["digest"] = DigestConverter
    app.url_map.converters["size"] = SizeConverter
    authenticator = Authenticator(service.database, service.settings.service.hosts, service.clock)

    @app.before_request
    def _guard() -> None:
        g.began, g.agency, g.body = time.monotonic(), None, b""
        # Runs before the address is looked at: an unknown one is denied like any other.
        if request.endpoint not in _UNSIGNED:
            _admit(authenticator, request)

    @app.after_request
    def _finish(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        _log_access(response)
        return response

    _add_error_handlers(app)
    add_routes(app, service)
    return app


def load_app(data: str) -> Flask:
    """Build the app from a data folder, for a server that loads it by name."""
    return create_app(open_service(Path(data)))


def _admit(authenticator: Authenticator, incoming: Request) -> None:
    """Authenticate the headers, then check the size, then read the body, then check its digest."""
    signed = authenticator.authenticate(incoming)
    g.agency = signed.agency
    limit = BODY_LIMITS.get(incoming.endpoint or "", 0)
    if (incoming.content_length or 0) > limit:
        refuse("too-large", f"this address takes at most {limit} bytes")
    body = incoming.stream.read(limit + 1)
    if len(body) > limit:
        refuse("too-large", f"this address takes at most {limit} bytes")
    signed.check_body(body)
    g.body = body


def _log_access(response: Response) -> None:
    """Log method, route template, status, agency and time: never an address, a header or a body."""
    template = request.url_rule.rule if request.url_rule is not None else "-"
    agency = g.agency.code if g.get("agency") is not None else "-"
    spent = (time.monotonic() - g.began) * 1000 if "began" in g else 0.0
    method = request.method if request.method in {"GET", "POST", "PUT", "HEAD"} else "-"
    _access.info("%s %s %d %s %.0fms", method, template, response.status_code, agency, spent)


def _add_error_handlers(app: Flask) -> None:
    @app.errorhandler(RefusedError)
    def _refused(error: RefusedError) -> Response:
        return problem_response(error.problem)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if isinstance(error, MethodNotAllowed):
            return problem_response(RefusedError("method-not-allowed", "", "").problem)
        if isinstance(error, NotFound):
            return problem_response(RefusedError("not-found", "", "").problem)
        return problem_response(RefusedError("malformed", "", "").problem)

    @app.errorhandler(OperationalError)
    def _busy(error: OperationalError) -> Response:
        _log_fault(error)
        return problem_response(RefusedError("busy", "", "try again in a few seconds").problem)

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> Response:
        _log_fault(error)
        return problem_response(RefusedError("fault", "", "tell the operator; nothing was kept").problem)


def _log_fault(error: Exception) -> None:
    """Log where a fault happened and of what kind, not its message: that may hold what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:]]
    _faults.error("%s at %s", type(error).__name__, " > ".join(places))
