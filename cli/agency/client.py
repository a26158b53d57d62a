"""The linkage unit over HTTP: signed requests (RFC 9421), retried where that is harmless, never redirected.

Every request of the protocol may be sent again (docs/spec/submission-1.md), so a lost connection costs only
time.  Each attempt is signed anew, for a nonce is used once; all attempts at one request have one
Idempotency-Key.
"""

import ipaddress
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from cli.agency.unreachable import unreachable
from keys.identity import Identity
from linkage.errors import ClewError, EpochError, FormatError, InputError, LimitError, VerificationError
from linkage.wire.answers import QueryAnswer
from linkage.wire.canonical import canonical, parse
from linkage.wire.checkpoints import CheckpointAnswer
from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.record_requests import ErasureStatus, RecordAction, RecordAnswer, RecordRequest
from linkage.wire.reidentification import RequestAnswer, Requests
from linkage.wire.results import Results
from linkage.wire.submission import AgencyStatus, Problem, Registration, SubmissionStatus
from linkage.wire.urgent import UrgentConflicts

__all__ = ["NotThereError", "Unit", "checked_url"]

T = TypeVar("T")

_MAX_ANSWER_BYTES = 256 * 1024 * 1024
_MAX_STATUS_BYTES = 1024 * 1024
_ATTEMPTS = 6
_LONGEST_WAIT = 30.0
_LONGEST_ASKED = 120.0
"""Beyond this the unit asks for more than a command should wait: a limit of the day was reached."""
_RETRIED = frozenset({429, 502, 503, 504})
_IN_USE = "idempotency-key-in-use"
_EPOCH_PROBLEMS = frozenset(
    {"other-epoch", "epoch-closed", "other-profile", "other-key", "other-conformance"}
)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class NotThereError(ClewError):
    """The linkage unit has no such address, or no such thing for this agency."""


def checked_url(text: str) -> httpx.URL:
    """Return the unit's base address; raises :class:`InputError` unless it is HTTPS, or on this machine."""
    try:
        parts = urlsplit(text)
        url = httpx.URL(text)
        host = parts.hostname
    except (ValueError, httpx.InvalidURL):
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
        raise InputError(
            "the address of the linkage unit is not one", hint="write it as https://host or https://host:port"
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise InputError(
            "the address of the linkage unit is not HTTPS",
            hint="use https://; only a unit on this very machine is spoken to without it",
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Unit:
    """One linkage unit, spoken to as one agency."""

    def __init__(
        self,
        url: str,
        identity: Identity,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``transport`` and ``sleep`` stand in for the network and the clock in tests."""
        base = checked_url(url)
        resolver = MappingKeyResolver(public_keys={}, private_keys={identity.public_key: identity.signing})
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
        self._key = identity.public_key
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=base,
            timeout=_TIMEOUT,
            transport=transport,
            # A signature covers the authority: a request moved elsewhere would be another's.
            follow_redirects=False,
            # No proxy stands between two processes of one machine.
            trust_env=not _is_loopback(base.host),
        )

    def __enter__(self) -> "Unit":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def register(self, registration: Registration) -> SubmissionStatus:
        """Announce a submission; the answer says which chunks are missing."""
        body = canonical(registration)
        return self._ask("POST", "/v1/submissions", SubmissionStatus, body=body)

    def put_chunk(self, submission: str, sha256: str, content: bytes) -> None:
        """Send one chunk."""
        path = f"/v1/submissions/{submission}/chunks/{sha256}"
        self._send("PUT", path, content, kind="application/octet-stream")

    def submission(self, submission: str) -> SubmissionStatus:
        """Ask where a submission stands."""
        return self._ask("GET", f"/v1/submissions/{submission}", SubmissionStatus)

    def commit(self, submission: str) -> bytes:
        """Commit a submission; returns the receipt's bytes, which the caller verifies."""
        return self._send("POST", f"/v1/submissions/{submission}/commit", b"", limit=MAX_MANIFEST_BYTES)

    def status(self) -> AgencyStatus:
        """Ask what the unit holds of this agency."""
        return self._ask("GET", "/v1/status", AgencyStatus)

    def results(self) -> tuple[Results, bytes]:
        """Pull the results of the latest cycle, also as the bytes that came."""
        data = self._send("GET", "/v1/results", b"", limit=_MAX_ANSWER_BYTES)
        return parse(data, Results, limit=_MAX_ANSWER_BYTES), data

    def urgent(self) -> UrgentConflicts:
        """Ask which of the agency's episodes one side holds as open and the other as closed."""
        return self._ask("GET", "/v1/urgent", UrgentConflicts)

    def change_records(self, action: RecordAction, request: RecordRequest) -> RecordAnswer:
        """Ask for something about single records."""
        return self._ask("POST", f"/v1/records/{action}", RecordAnswer, body=canonical(request))

    def erasure(self, erasure: str) -> ErasureStatus:
        """Ask how far an erasure is."""
        return self._ask("GET", f"/v1/erasures/{erasure}", ErasureStatus)

    def answer(self, answer: QueryAnswer) -> QueryAnswer:
        """Answer a query of this agency's results; returns what the unit keeps."""
        return self._ask("PUT", f"/v1/answers/{answer.query}", QueryAnswer, body=canonical(answer))

    def requests(self) -> Requests:
        """Ask which approved requests wait for this agency."""
        return self._ask("GET", "/v1/requests", Requests)

    def answer_request(self, answer: RequestAnswer) -> RequestAnswer:
        """Say what came of a request; returns what the unit keeps."""
        return self._ask("PUT", f"/v1/requests/{answer.number}", RequestAnswer, body=canonical(answer))

    def checkpoint(self, since: int) -> CheckpointAnswer | None:
        """Ask for the ledger's newest checkpoint, with proof that it goes on from one of size ``since``.

        Returns None from a unit of a release without a ledger.
        """
        try:
            return self._ask("GET", f"/v1/checkpoint/consistency/{since}", CheckpointAnswer)
        except NotThereError:
            return None

    def _ask(self, method: str, path: str, kind: type[T], *, body: bytes = b"") -> T:
        data = self._send(method, path, body, limit=_MAX_STATUS_BYTES)
        return parse(data, kind, limit=_MAX_STATUS_BYTES)

    def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        kind: str = "application/json",
        limit: int = _MAX_STATUS_BYTES,
    ) -> bytes:
        """Send a request until it is answered; raises one of our errors with the unit's own words."""
        key = None if method == "GET" else secrets.token_urlsafe(24)
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                status, headers, data = self._once(self._request(method, path, body, kind, key), limit)
            except httpx.TransportError as error:
                if last or isinstance(error, httpx.UnsupportedProtocol):
                    raise unreachable(error, self._http.base_url) from None
                self._sleep(_wait(attempt))
                continue
            if 200 <= status < 300:
                return data
            asked = headers.get("retry-after", "")
            again = status in _RETRIED or (status == 409 and _problem_name(data) == _IN_USE)
            if last or not again or _is_too_long(asked):
                raise _refused(status, data)
            self._sleep(_wait(attempt, asked))
        raise AssertionError("the loop ends with an answer or an error")

    def _request(self, method: str, path: str, body: bytes, kind: str, key: str | None) -> httpx.Request:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        covered: tuple[str, ...] = COVERED_COMPONENTS
        if body:
            headers["Content-Type"] = kind
        if key is not None:
            headers["Idempotency-Key"] = f'"{key}"'
            covered = (*covered, KEY_COMPONENT)
        request = self._http.build_request(method, path, content=body, headers=headers)
        self._signer.sign(
            request,
            key_id=self._key,
            label=SIGNATURE_LABEL,
            tag=SIGNATURE_TAG,
            nonce=secrets.token_urlsafe(24),
            covered_component_ids=covered,
            body=body,
        )
        return request

    def _once(self, request: httpx.Request, limit: int) -> tuple[int, Mapping[str, str], bytes]:
        response = self._http.send(request, stream=True)
        try:
            data = bytearray()
            for piece in response.iter_raw():
                data += piece
                if len(data) > limit:
                    raise LimitError(f"the linkage unit's answer is larger than {limit} bytes")
            return response.status_code, response.headers, bytes(data)
        finally:
            response.close()


def _wait(attempt: int, asked: str = "") -> float:
    """Return how long to wait, in seconds: twice as long each time, or as long as the unit asks."""
    if asked.isascii() and asked.isdecimal():
        return float(asked)
    return min(0.5 * 2.0**attempt, _LONGEST_WAIT)


def _is_too_long(asked: str) -> bool:
    return asked.isascii() and asked.isdecimal() and float(asked) > _LONGEST_ASKED


def _refused(status: int, data: bytes) -> ClewError:
    """Turn a problem document into an error of ours; whatever else came is not repeated."""
    problem = _problem(data)
    if problem is None:
        return ClewError(
            f"the linkage unit answered with status {status} and without an explanation",
            hint="check the address: something else may be listening there",
        )
    name = _name_of(problem)
    words = _plain(problem.title) + (f" ({_plain(problem.detail)})" if problem.detail else "")
    kind: type[ClewError] = ClewError
    if name in _EPOCH_PROBLEMS:
        kind = EpochError
    elif status in (401, 403) or name == "ledger-behind":
        kind = VerificationError
    elif name == "not-found":
        kind = NotThereError
    return kind(f"the linkage unit refused: {words}", hint=_plain(problem.hint))


def _problem(data: bytes) -> Problem | None:
    try:
        return parse(data, Problem, limit=MAX_MANIFEST_BYTES)
    except (FormatError, LimitError):
        return None


def _problem_name(data: bytes) -> str:
    problem = _problem(data)
    return "" if problem is None else _name_of(problem)


def _name_of(problem: Problem) -> str:
    return problem.type.removeprefix("urn:clew:problem:")


def _plain(text: str) -> str:
    """Return text without characters that could command a terminal, and not endlessly long."""
    return "".join(character if character.isprintable() else " " for character in text)[:500]
