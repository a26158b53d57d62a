"""Asking the owning agency to open a pseudonym: the request that two approvers sign, and what agencies see.

The linkage unit knows handles and never a reference.  Only the agency whose handle it is can open it, with
its crosswalk, on its own machine; what it finds there is passed on outside the unit or not at all.
"""

from typing import Annotated, ClassVar, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import FormatError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode, HandleText
from linkage.wire.key_destructions import AudienceName
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.moments import Moment
from linkage.wire.signing import PublicKeyText, Signature, sign, verify

__all__ = [
    "APPROVALS",
    "MAX_REASON",
    "OwnRequest",
    "Reidentification",
    "RequestAnswer",
    "RequestAnswerCode",
    "RequestText",
    "Requests",
    "add_approval",
    "approvals",
    "read_reidentification",
    "request_bytes",
]

APPROVALS: Final = 2
"""Different enrolled approvers who must have signed."""

MAX_REASON: Final = 200
RequestText = Annotated[str, Meta(pattern=r"^R-[0-9A-F]{10}\Z")]
ReasonText = Annotated[str, Meta(min_length=1, max_length=MAX_REASON)]

RequestAnswerCode = Literal["passed-on", "refused", "unknown-record"]
"""``passed-on``: to whoever may know it, outside the unit; ``unknown-record``: not in the crosswalk."""


class Reidentification(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request to open one pseudonym of one audience; ``unit``: the key of the unit that it is filed with.

    ``reason`` is shown to approvers, agencies and reviewers: never anything about a child.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-reidentification"] = "clew-reidentification"
    version: int = 1
    unit: PublicKeyText
    number: RequestText
    audience: AudienceName
    pseudonym: Annotated[str, Meta(pattern=r"^[A-Z0-9-]{10,40}\Z")]
    reason: ReasonText
    requested: Moment
    expires: Moment
    signatures: Annotated[tuple[Signature, ...], Meta(max_length=16)] = ()


class OwnRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an agency sees: a request about its own handle, and why."""

    number: RequestText
    handle: HandleText
    reason: ReasonText
    expires: Moment


class Requests(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer to ``GET /v1/requests``: approved requests that wait for this agency."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-requests"] = "clew-requests"
    version: int = 1
    agency: AgencyCode
    requests: tuple[OwnRequest, ...] = ()


class RequestAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of ``PUT /v1/requests/{number}``: a code, and never what was found."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-request-answer"] = "clew-request-answer"
    version: int = 1
    number: RequestText
    answer: RequestAnswerCode


def request_bytes(request: Reidentification) -> bytes:
    """Return the bytes that approvers sign: the canonical form without signatures."""
    return canonical(structs.replace(request, signatures=()))


def add_approval(request: Reidentification, key: Ed25519PrivateKey) -> Reidentification:
    """Return the request with one more signature; signing twice changes nothing."""
    added = sign(key, request_bytes(request), domain=request.format)
    others = [one for one in request.signatures if one.key != added.key]
    ordered = sorted([*others, added], key=lambda one: one.key)
    return structs.replace(request, signatures=tuple(ordered))


def approvals(request: Reidentification) -> frozenset[str]:
    """Return the keys that signed, each once; raises :class:`linkage.errors.VerificationError`.

    Whether they are approvers' keys is for the caller to say.
    """
    for signature in request.signatures:
        verify(signature, request_bytes(request), domain=request.format)
    return frozenset(one.key for one in request.signatures)


def read_reidentification(data: bytes) -> Reidentification:
    """Read a request; call :func:`approvals` before believing any signature on it."""
    request = parse(data, Reidentification, limit=MAX_CARD_BYTES, exact=True)
    if not request.reason.isprintable() or not request.reason.strip():
        raise FormatError("Reidentification: the reason is empty or holds characters that cannot be shown")
    return request
