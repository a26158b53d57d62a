"""Every error that the agency app answers with (RFC 9457); docs/spec/submission-1.md lists the same ones.

A problem says what is wrong and what to do, in words of ours: nothing that was sent is ever repeated.
"""

from typing import Any, NoReturn

from flask import Response
from sqlalchemy import Connection

from api.store import revocations
from linkage.wire.canonical import canonical
from linkage.wire.submission import Problem

__all__ = ["PROBLEMS", "RefusedError", "problem_response", "refuse", "refuse_revoked_epoch"]

PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (400, "the message is not in the expected form"),
    "unknown-version": (400, "the message has a format version that this unit does not know"),
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
    "too-large": (413, "larger than this unit accepts"),
    "chunk-size": (422, "the chunk does not have the size that was registered"),
    "chunk-digest": (422, "the chunk does not have the digest in its address"),
    "part-digest": (422, "the chunks do not make up the part that the manifest names"),
    "fault": (500, "the unit met a fault"),
    "busy": (503, "the unit is busy"),
}
"""Name, status and title; the type is ``urn:clew:problem:`` and the name."""

_RETRY_SECONDS = "5"


class RefusedError(Exception):
    """A request is answered with a problem."""

    def __init__(self, name: str, detail: str, hint: str) -> None:
        status, title = PROBLEMS[name]
        super().__init__(title)
        self.problem = Problem(
            type=f"urn:clew:problem:{name}", title=title, status=status, detail=detail, hint=hint
        )


def refuse(name: str, detail: str = "", *, hint: str = "") -> NoReturn:
    """Answer with a problem; ``detail`` and ``hint`` may hold numbers and our own words only."""
    raise RefusedError(name, detail, hint)


def refuse_revoked_epoch(connection: Connection, epoch: str) -> None:
    """Refuse what was made in an epoch that custodians revoked."""
    if revocations.is_epoch_revoked(connection, epoch):
        refuse("epoch-revoked", hint="join the new epoch once its custodians have made it, and encode again")


def problem_response(problem: Problem) -> Response:
    """Write a problem document."""
    headers: dict[str, Any] = {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Signature realm="clew"'
    if problem.status == 503:
        headers["Retry-After"] = _RETRY_SECONDS
    return Response(
        canonical(problem), problem.status, headers=headers, content_type="application/problem+json"
    )
