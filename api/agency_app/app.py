"""The Flask app: deny by default, limits before reading, one line of log per request."""

import atexit
import contextlib
import logging
import time
from pathlib import Path

from flask import Flask, Request, Response, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api.agency_app import answers
from api.agency_app.auth import Asked, Authenticator
from api.agency_app.problems import RefusedError, problem_response, refuse
from api.agency_app.quotas import UnderWay
from api.agency_app.routes import (
    BODY_LIMITS,
    QUERIES,
    DigestConverter,
    QueryConverter,
    RequestConverter,
    SizeConverter,
    add_routes,
)
from api.agency_app.service import Service, open_service
from api.logs import access_fields, fault_words, start_logging
from api.metrics import ServiceMetrics, serve_metrics
from api.unsafe_settings import address
from linkage.errors import InputError

__all__ = ["create_app", "load_app"]

_MOST_PROCESSES = 16
_UNSIGNED = frozenset({"healthz", "readyz"})

_access = logging.getLogger("clew.access")
_faults = logging.getLogger("clew.faults")


def create_app(service: Service, metrics: ServiceMetrics | None = None) -> Flask:
    """Build the app on an opened service; ``metrics`` counts its requests."""
    counted = metrics or ServiceMetrics()
    app = Flask("clew-agency-app", static_folder=None, template_folder=None)
    app.url_map.merge_slashes = False  # a redirect would answer a request that nobody has authenticated
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.url_map.converters["digest"] = DigestConverter
    app.url_map.converters["query"] = QueryConverter
    app.url_map.converters["request"] = RequestConverter
    app.url_map.converters["size"] = SizeConverter
    under_way = UnderWay(service.settings.limits.in_flight)
    authenticator = Authenticator(
        service.database,
        service.settings.service.hosts,
        service.clock,
        limits=service.settings.limits,
        budgets=service.settings.budgets,
        under_way=under_way,
    )

    @app.before_request
    def _guard() -> Response | None:
        g.began, g.agency, g.signer, g.body = time.monotonic(), None, None, b""
        # Runs before the address is looked at: an unknown one is denied like any other.
        if request.endpoint in _UNSIGNED:
            return None
        _admit(authenticator, request)
        return answers.begin(service, under_way, g.agency.code, request, g.body)

    @app.after_request
    def _finish(response: Response) -> Response:
        answers.finish(response)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        _log_access(response, counted)
        return response

    @app.teardown_request
    def _leave(_error: BaseException | None) -> None:
        answers.end()
        signer = g.pop("signer", None)
        if signer is not None:
            under_way.leave(signer)

    _add_error_handlers(app)
    add_routes(app, service)
    return app


def load_app(data: str) -> Flask:
    """Build the app from a data folder, for a server that loads it by name.

    It logs and answers Prometheus as the settings say.
    """
    service = open_service(Path(data))
    start_logging(service.settings.log.form)
    metrics = ServiceMetrics()
    metrics.watch_unit(
        service.database,
        service.folder.root,
        service.folder.heartbeats,
        service.clock,
        service.settings.batches.link,
    )
    found = address(service.settings.metrics.service)
    if found is not None:
        _serve_metrics(metrics, *found)
    return create_app(service, metrics)


def _serve_metrics(metrics: ServiceMetrics, host: str, port: int) -> None:
    """Answer Prometheus on the first free port from the one set on: each process has its own."""
    kept = contextlib.ExitStack()
    for number in range(port, min(port + _MOST_PROCESSES, 65536)):
        try:
            kept.enter_context(serve_metrics(metrics.registry, host, number))
        except InputError as error:
            fault = error.message
        else:
            atexit.register(kept.close)
            return
    _faults.warning("%s", fault)


def _admit(authenticator: Authenticator, incoming: Request) -> None:
    """Authenticate the headers, then check the size, then read the body, then check its digest."""
    limit = BODY_LIMITS.get(incoming.endpoint or "", 0)
    size = incoming.content_length or 0
    asked = Asked(size=min(size, limit), query=QUERIES.get(incoming.endpoint or ""))
    signed = authenticator.authenticate(incoming, asked, _remember_signer)
    g.agency = signed.agency
    if incoming.content_length is None and "Transfer-Encoding" in incoming.headers:
        refuse("length-required")  # the bytes of a day are counted before they are read
    if size > limit:
        refuse("too-large", f"this address takes at most {limit} bytes")
    body = incoming.stream.read(limit + 1)
    if len(body) > limit:
        refuse("too-large", f"this address takes at most {limit} bytes")
    signed.check_body(body)
    g.body = body


def _remember_signer(key: str) -> None:
    g.signer = key


def _log_access(response: Response, metrics: ServiceMetrics) -> None:
    """Log and count method, route template, status, agency and time: never an address, a header or a body."""
    template = request.url_rule.rule if request.url_rule is not None else "-"
    agency = g.agency.code if g.get("agency") is not None else "-"
    spent = time.monotonic() - g.began if "began" in g else 0.0
    method = request.method if request.method in {"GET", "POST", "PUT", "HEAD"} else "-"
    status = response.status_code
    fields = access_fields(
        method=method, template=template, status=status, agency=agency, ms=round(spent * 1000)
    )
    _access.info("%s %s %d %s %.0fms", method, template, status, agency, spent * 1000, extra=fields)
    metrics.observe(method, template, status, spent, len(g.get("body", b"")))


def _add_error_handlers(app: Flask) -> None:
    @app.errorhandler(RefusedError)
    def _refused(error: RefusedError) -> Response:
        return problem_response(error)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if isinstance(error, MethodNotAllowed):
            response = problem_response(RefusedError("method-not-allowed"))
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            return response
        return problem_response(RefusedError("not-found" if isinstance(error, NotFound) else "malformed"))

    @app.errorhandler(OperationalError)
    def _busy(error: OperationalError) -> Response:
        _log_fault(error)
        return problem_response(RefusedError("busy", hint="try again in a few seconds"))

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> Response:
        _log_fault(error)
        return problem_response(RefusedError("fault", hint="tell the operator; nothing was kept"))


def _log_fault(error: Exception) -> None:
    """Log where a fault happened and of what kind, not its message: that may hold what was sent."""
    _faults.error("%s", fault_words(error))
