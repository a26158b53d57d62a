"""The addresses of ``/v1``: each parses, calls one thing, and answers with a type of linkage.wire."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, Response, g
from werkzeug.routing import BaseConverter

from api.agency_app.admission import MAX_REGISTRATION_BYTES, admit
from api.agency_app.committing import commit, own_submission, put_chunk
from api.agency_app.problems import refuse
from api.agency_app.service import Service
from api.store import agencies, results, submissions
from api.store.agencies import Agency
from api.store.submissions import Submission
from linkage.wire.canonical import canonical
from linkage.wire.limits import MAX_CHUNK_BYTES
from linkage.wire.submission import AgencyStatus, SubmissionStatus

__all__ = ["BODY_LIMITS", "DigestConverter", "SizeConverter", "add_routes"]

_LISTED_SUBMISSIONS = 100

_faults = logging.getLogger("clew.faults")

BODY_LIMITS: Mapping[str, int] = {"register": MAX_REGISTRATION_BYTES, "put_chunk": MAX_CHUNK_BYTES}
"""Largest body by endpoint; the others take none."""


class DigestConverter(BaseConverter):
    """A SHA-256 in lower-case hex; anything else is no address of ours."""

    regex = "[0-9a-f]{64}"


class SizeConverter(BaseConverter):
    """How many entries a ledger had."""

    regex = "0|[1-9][0-9]{0,15}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


@dataclass(frozen=True, slots=True)
class _Handlers:
    service: Service

    def register(self) -> Response:
        submission, new = admit(self.service, _agency(), _body())
        return _json(canonical(self._status_of(submission)), 201 if new else 200)

    def put_chunk(self, submission: str, sha256: str) -> Response:
        put_chunk(self.service, _agency().code, submission, sha256, _body())
        return Response(status=204)

    def show(self, submission: str) -> Response:
        found = own_submission(self.service, _agency().code, submission)
        return _json(canonical(self._status_of(found)))

    def commit(self, submission: str) -> Response:
        return _json(commit(self.service, _agency().code, submission))

    def status(self) -> Response:
        code = _agency().code
        with self.service.database.read() as connection:
            agency = agencies.agency_by_code(connection, code)
            epoch = agencies.current_epoch(connection)
            cycle = results.latest_reconciled(connection)
            latest = submissions.of_agency(connection, code, limit=_LISTED_SUBMISSIONS)
        if agency is None or epoch is None:
            refuse("no-epoch", hint="ask the operator when the epoch will be adopted")
        status = AgencyStatus(
            agency=code,
            epoch=epoch.epoch,
            sequence=agency.sequence,
            cycle=cycle,
            submissions=tuple(_status(one) for one in latest),
        )
        return _json(canonical(status))

    def results(self) -> Response:
        with self.service.database.read() as connection:
            number = results.latest_reconciled(connection)
            body = results.results_of(connection, number, _agency().code)
        if body is None:
            refuse("no-results", hint="results come with the next cycle that the operator closes")
        return _json(body.encode())

    def checkpoint(self) -> Response:
        return self.consistency(0)

    def consistency(self, since: int) -> Response:
        with self.service.database.read() as connection:
            answer = self.service.signer.answer(connection, since)
        if answer is None:
            _faults.error(
                "an agency holds a checkpoint of %d entries, which this ledger does not have", since
            )
            refuse("ledger-behind", hint="tell the other agencies and the operator; keep your checkpoint")
        return _json(canonical(answer))

    def healthz(self) -> Response:
        with self.service.database.read() as connection:
            results.latest_reconciled(connection)
        return _json(b'{"status":"ok"}')

    def _status_of(self, submission: Submission) -> SubmissionStatus:
        missing: tuple[str, ...] = ()
        if submission.state == "open":
            with self.service.database.read() as connection:
                missing = submissions.missing_chunks(connection, submission.id)
        return _status(submission, missing)


def _status(submission: Submission, missing: tuple[str, ...] = ()) -> SubmissionStatus:
    return SubmissionStatus(
        submission=submission.id,
        state=submission.state,
        missing=missing,
        reason=submission.reason,
        linked=submission.linked,
    )


def add_routes(app: Flask, service: Service) -> None:
    """Add every address; a test enumerates them and expects 401 without a signature from each but one."""
    handlers = _Handlers(service)
    one = "/v1/submissions/<digest:submission>"
    table: tuple[tuple[str, str, str, Callable[..., Response]], ...] = (
        ("POST", "/v1/submissions", "register", handlers.register),
        ("GET", one, "show", handlers.show),
        ("PUT", f"{one}/chunks/<digest:sha256>", "put_chunk", handlers.put_chunk),
        ("POST", f"{one}/commit", "commit", handlers.commit),
        ("GET", "/v1/status", "status", handlers.status),
        ("GET", "/v1/results", "results", handlers.results),
        ("GET", "/v1/checkpoint", "checkpoint", handlers.checkpoint),
        (
            "GET",
            "/v1/checkpoint/consistency/<size:size>",
            "consistency",
            handlers.consistency,
        ),
        ("GET", "/healthz", "healthz", handlers.healthz),
    )
    for method, rule, name, handler in table:
        app.add_url_rule(rule, name, handler, methods=[method], provide_automatic_options=False)


def _agency() -> Agency:
    agency = g.agency
    if not isinstance(agency, Agency):
        raise TypeError("a handler ran without an authenticated agency")
    return agency


def _body() -> bytes:
    body = g.body
    if not isinstance(body, bytes):
        raise TypeError("a handler ran without a checked body")
    return body


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, content_type="application/json")
