"""Every error that the agency app answers with (RFC 9457); docs/spec/submission-1.md lists the same ones.

A problem says what is wrong and what to do, in words of ours: nothing that was sent is ever repeated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from flask import Response
from sqlalchemy import Connection

from api.store import revocations
from linkage.errors import FormatError, LimitError, VersionError
from linkage.wire.canonical import canonical, parse
from linkage.wire.submission import Problem

__all__ = [
    "PROBLEMS",
    "PROBLEM_TYPE",
    "RefusedError",
    "parsed",
    "problem_headers",
    "problem_response",
    "refuse",
    "refuse_revoked_epoch",
    "refusing",
]

T = TypeVar("T")

PROBLEM_TYPE = "application/problem+json"

PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (400, "the message is not in the expected form"),
    "unknown-version": (400, "the message has a format version that this unit does not know"),
    "idempotency-key": (400, "the Idempotency-Key is missing or not in the expected form"),
    "unauthenticated": (401, "the request is not signed by an enrolled agency"),
    "manifest-signature": (401, "the manifest is not signed by the key enrolled for the agency"),
    "agency-mismatch": (403, "the manifest is another agency's"),
    "role-mismatch": (403, "the manifest states another role than the agency was enrolled with"),
    "card-revoked": (403, "custodians revoked the card that signed this request"),
    "not-found": (404, "there is no such thing for this agency"),
    "unknown-chunk": (404, "the chunk is not one of this submission's"),
    "no-results": (404, "there are no results yet"),
    "method-not-allowed": (405, "this address does not take that method"),
    "no-epoch": (409, "no epoch is in force yet"),
    "other-epoch": (409, "the bundle was made in another epoch"),
    "epoch-closed": (409, "the epoch does not take submissions now"),
    "epoch-revoked": (409, "custodians revoked the epoch in which the bundle was made"),
    "other-profile": (409, "the bundle was made under another encoding profile"),
    "other-key": (409, "the bundle was made under another epoch key"),
    "other-conformance": (409, "the bundle was made by software that encodes otherwise"),
    "sequence-behind": (409, "a later submission has been committed"),
    "sequence-used": (409, "another submission has this sequence"),
    "part-used": (409, "another submission of this agency has one of these sealed parts"),
    "registration-differs": (409, "the submission was registered with other chunks"),
    "chunks-missing": (409, "chunks are missing"),
    "ledger-behind": (409, "this unit's ledger is shorter than the checkpoint that you hold"),
    "not-open": (409, "the submission is no longer open"),
    "too-many-open": (409, "too many submissions are open"),
    "idempotency-key-in-use": (409, "a request with this Idempotency-Key is being worked on"),
    "length-required": (411, "the request does not say how long its body is"),
    "too-many-answers": (409, "the query was answered too often"),
    "too-large": (413, "larger than this unit accepts"),
    "chunk-size": (422, "the chunk does not have the size that was registered"),
    "chunk-digest": (422, "the chunk does not have the digest in its address"),
    "part-digest": (422, "the chunks do not make up the part that the manifest names"),
    "idempotency-key-reused": (422, "another request was made with this Idempotency-Key"),
    "limit-reached": (429, "the agency has used up one of its limits"),
    "too-many-at-once": (429, "the agency has too many requests under way"),
    "headers-too-large": (431, "the head of the request is larger than this unit accepts"),
    "fault": (500, "the unit met a fault"),
    "unknown-coding": (501, "the request has a transfer coding that this unit does not know"),
    "busy": (503, "the unit is busy"),
    "not-well": (503, "the unit is not well"),
    "overloaded": (503, "the unit has more requests than it can work on"),
}
"""Name, status and title; the type is ``urn:clew:problem:`` and the name."""

_RETRY_SECONDS = {429: 1, 503: 5}
"""How long to wait, in seconds, where a refusal does not say."""


class RefusedError(Exception):
    """A request is answered with a problem; ``retry_after``: seconds after which it may be made again."""

    def __init__(
        self, name: str, detail: str = "", hint: str = "", *, retry_after: int | None = None
    ) -> None:
        status, title = PROBLEMS[name]
        super().__init__(title)
        self.retry_after = retry_after or _RETRY_SECONDS.get(status)
        self.problem = Problem(
            type=f"urn:clew:problem:{name}", title=title, status=status, detail=detail, hint=hint
        )


def refuse(name: str, detail: str = "", *, hint: str = "", retry_after: int | None = None) -> NoReturn:
    """Answer with a problem; ``detail`` and ``hint`` may hold numbers and our own words only."""
    raise RefusedError(name, detail, hint, retry_after=retry_after)


@contextmanager
def refusing() -> Iterator[None]:
    """Answer content that is not in its form with a problem that says so."""
    try:
        yield
    except VersionError as error:
        refuse("unknown-version", error.message, hint=error.hint)
    except LimitError as error:
        refuse("too-large", error.message, hint=error.hint)
    except FormatError as error:
        refuse("malformed", error.message, hint=error.hint)


def parsed(body: bytes, kind: type[T], *, limit: int) -> T:
    """Return what a body holds, or answer with a problem that says what is wrong with it."""
    with refusing():
        return parse(body, kind, limit=limit)


def refuse_revoked_epoch(connection: Connection, epoch: str) -> None:
    """Refuse what was made in an epoch that custodians revoked."""
    if revocations.is_epoch_revoked(connection, epoch):
        refuse("epoch-revoked", hint="join the new epoch once its custodians have made it, and encode again")


def problem_response(error: RefusedError) -> Response:
    """Write a problem document."""
    return Response(
        canonical(error.problem),
        error.problem.status,
        headers=problem_headers(error),
        content_type=PROBLEM_TYPE,
    )


def problem_headers(error: RefusedError) -> dict[str, str]:
    """Return the headers that go with a problem, its media type left out."""
    headers = {}
    if error.problem.status == 401:
        headers["WWW-Authenticate"] = 'Signature realm="clew"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return headers
