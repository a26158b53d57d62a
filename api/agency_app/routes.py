"""The addresses of ``/v1``: each parses, calls one thing, and answers with a type of linkage.wire."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from flask import Flask, Response, g
from werkzeug.routing import BaseConverter

from api.agency_app.admission import MAX_REGISTRATION_BYTES, admit
from api.agency_app.answering import keep_answer
from api.agency_app.committing import commit, own_submission, put_chunk
from api.agency_app.health import Health
from api.agency_app.problems import refuse
from api.agency_app.records import MAX_RECORD_REQUEST_BYTES, STATUS_OF, change_records, erasure_status
from api.agency_app.requests import answer_request, own_requests
from api.agency_app.service import Service
from api.agency_app.statuses import full_status, short_status
from api.budgets import BudgetName
from api.store import agencies, results, submissions, urgent
from api.store.agencies import Agency
from api.store.submissions import Submission
from linkage.wire.answers import MAX_ANSWER_BYTES
from linkage.wire.canonical import canonical
from linkage.wire.limits import MAX_CHUNK_BYTES
from linkage.wire.moments import Moment
from linkage.wire.record_requests import RecordAction
from linkage.wire.submission import AgencyStatus, SubmissionStatus
from linkage.wire.urgent import OpenClosedConflict, UrgentConflicts

__all__ = [
    "BODY_LIMITS",
    "OPENAPI",
    "QUERIES",
    "DigestConverter",
    "QueryConverter",
    "RequestConverter",
    "SizeConverter",
    "add_routes",
]

_LISTED_SUBMISSIONS = 100

_faults = logging.getLogger("clew.faults")

BODY_LIMITS: Mapping[str, int] = {
    "register": MAX_REGISTRATION_BYTES,
    "put_chunk": MAX_CHUNK_BYTES,
    **{f"{action}_records": MAX_RECORD_REQUEST_BYTES for action in get_args(RecordAction)},
    "put_answer": MAX_ANSWER_BYTES,
    "put_request": MAX_ANSWER_BYTES,
}
"""Largest body by endpoint; the others take none."""

QUERIES: Mapping[str, BudgetName] = {
    "put_answer": "answers",
    "put_request": "openings",
    "requests": "openings",
    "results": "results",
    "urgent": "urgent",
}
"""Endpoints that tell something about children: each call counts as one query of the day, and as one use of
the budget named here."""

OPENAPI = Path(__file__).with_name("openapi.json")
"""The document that says what every address takes and answers; tests hold it and the code together."""


class DigestConverter(BaseConverter):
    """A SHA-256 in lower-case hex; anything else is no address of ours."""

    regex = "[0-9a-f]{64}"


class QueryConverter(BaseConverter):
    """A query number; anything else is no address of ours."""

    regex = "Q-[0-9A-F]{10}"


class RequestConverter(BaseConverter):
    """The number of a request to open a handle; anything else is no address of ours."""

    regex = "R-[0-9A-F]{10}"


class SizeConverter(BaseConverter):
    """How many entries a ledger had."""

    regex = "0|[1-9][0-9]{0,15}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


@dataclass(frozen=True, slots=True)
class _Handlers:
    service: Service
    health: Health

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
            submissions=tuple(short_status(one) for one in latest),
        )
        return _json(canonical(status))

    def results(self) -> Response:
        with self.service.database.read() as connection:
            number = results.latest_reconciled(connection)
            body = results.results_of(connection, number, _agency().code)
        if body is None:
            refuse("no-results", hint="results come with the next cycle that the operator closes")
        return _json(body.encode())

    def urgent(self) -> Response:
        code = _agency().code
        with self.service.database.read() as connection:
            cycle = results.latest_reconciled(connection)
            told = urgent.told_to(connection, code)
        conflicts = tuple(
            OpenClosedConflict(
                episode=one.episode,
                contact=one.contact,
                query=one.query,
                told=Moment.parse(one.told_at[:10]),
            )
            for one in told
            if one.told_at is not None
        )
        return _json(canonical(UrgentConflicts(agency=code, cycle=cycle, conflicts=conflicts)))

    def withdraw_records(self) -> Response:
        return self._change("withdraw")

    def erase_records(self) -> Response:
        return self._change("erase")

    def shield_records(self) -> Response:
        return self._change("shield")

    def unshield_records(self) -> Response:
        return self._change("unshield")

    def _change(self, action: RecordAction) -> Response:
        answer = change_records(self.service, _agency().code, action, _body())
        return _json(canonical(answer), STATUS_OF.get(action, 200))

    def show_erasure(self, erasure: str) -> Response:
        return _json(canonical(erasure_status(self.service, _agency().code, erasure)))

    def put_answer(self, query: str) -> Response:
        return _json(canonical(keep_answer(self.service, _agency().code, query, _body())))

    def requests(self) -> Response:
        return _json(canonical(own_requests(self.service, _agency().code)))

    def put_request(self, number: str) -> Response:
        return _json(canonical(answer_request(self.service, _agency().code, number, _body())))

    def checkpoint(self) -> Response:
        return self.consistency(0)

    def consistency(self, size: int) -> Response:
        with self.service.database.read() as connection:
            answer = self.service.signer.answer(connection, size)
        if answer is None:
            _faults.error("an agency asks from %d entries on, and the ledger has fewer", size)
            refuse("ledger-behind", hint="tell the other agencies and the operator; keep your checkpoint")
        return _json(canonical(answer))

    def healthz(self) -> Response:
        return _said(good=self.health.is_ok())

    def readyz(self) -> Response:
        return _said(good=self.health.is_ready())

    def openapi(self) -> Response:
        return _json(OPENAPI.read_bytes())

    def _status_of(self, submission: Submission) -> SubmissionStatus:
        with self.service.database.read() as connection:
            return full_status(connection, submission)


def add_routes(app: Flask, service: Service) -> None:
    """Add every address; a test enumerates them and expects 401 without a signature from each but two."""
    health = Health(
        service.database,
        [folder.folder for folder in service.intake.values()],
        service.folder.heartbeats,
        free_bytes=service.settings.disk.free_bytes,
        clock=service.clock,
    )
    handlers = _Handlers(service, health)
    one = "/v1/submissions/<digest:submission>"
    table: tuple[tuple[str, str, str, Callable[..., Response]], ...] = (
        ("POST", "/v1/submissions", "register", handlers.register),
        ("GET", one, "show", handlers.show),
        ("PUT", f"{one}/chunks/<digest:sha256>", "put_chunk", handlers.put_chunk),
        ("POST", f"{one}/commit", "commit", handlers.commit),
        ("GET", "/v1/status", "status", handlers.status),
        ("GET", "/v1/results", "results", handlers.results),
        ("GET", "/v1/urgent", "urgent", handlers.urgent),
        ("POST", "/v1/records/withdraw", "withdraw_records", handlers.withdraw_records),
        ("POST", "/v1/records/erase", "erase_records", handlers.erase_records),
        ("POST", "/v1/records/shield", "shield_records", handlers.shield_records),
        ("POST", "/v1/records/unshield", "unshield_records", handlers.unshield_records),
        ("GET", "/v1/erasures/<digest:erasure>", "show_erasure", handlers.show_erasure),
        ("PUT", "/v1/answers/<query:query>", "put_answer", handlers.put_answer),
        ("GET", "/v1/requests", "requests", handlers.requests),
        ("PUT", "/v1/requests/<request:number>", "put_request", handlers.put_request),
        ("GET", "/v1/checkpoint", "checkpoint", handlers.checkpoint),
        ("GET", "/v1/checkpoint/consistency/<size:size>", "consistency", handlers.consistency),
        ("GET", "/v1/openapi.json", "openapi", handlers.openapi),
        ("GET", "/healthz", "healthz", handlers.healthz),
        ("GET", "/readyz", "readyz", handlers.readyz),
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


def _said(*, good: bool) -> Response:
    """Answer anybody who asks how the unit is, with that and nothing else."""
    if not good:
        refuse("not-well", hint="tell the operator, whose log says why")
    return _json(b'{"status":"ok"}')
