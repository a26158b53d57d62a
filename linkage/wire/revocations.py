"""Revocations: k custodians say that an agency's card, or an epoch, counts no more."""

import hashlib
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.errors import FormatError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText, EpochName
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.moments import Moment
from linkage.wire.signing import PublicKeyText, Signature

__all__ = [
    "MAX_REASON",
    "Revocation",
    "RevokedAgency",
    "RevokedEpoch",
    "read_revocation",
]

MAX_REASON = 200


class RevokedAgency(
    Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="agency", tag_field="kind"
):
    """An agency's card: the key decides, the code says whose it is."""

    agency: AgencyCode
    signing_key: PublicKeyText


class RevokedEpoch(
    Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="epoch", tag_field="kind"
):
    """An epoch: its name, and the digest of its descriptor without signatures (``content_digest``)."""

    epoch: EpochName
    descriptor: DigestText


class Revocation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is revoked, why and since when; it counts once enough pinned custodians signed it.

    ``reason`` is for people and is shown to all parties: never anything about a child.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-revocation"] = "clew-revocation"
    version: int = 1
    subject: RevokedAgency | RevokedEpoch
    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON)]
    decided: Moment
    signatures: tuple[Signature, ...] = ()

    @property
    def subject_digest(self) -> str:
        """SHA-256, in hex, of what is revoked: kept revocations are called by it."""
        return hashlib.sha256(canonical(self.subject)).hexdigest()


def read_revocation(data: bytes) -> Revocation:
    """Read a revocation; call :func:`linkage.wire.epochs.verify_quorum` before acting on it."""
    revocation = parse(data, Revocation, limit=MAX_CARD_BYTES, exact=True)
    if not revocation.reason.isprintable() or not revocation.reason.strip():
        raise FormatError("Revocation: the reason is empty or holds characters that cannot be shown")
    if revocation.decided.precision != "minute":
        raise FormatError("Revocation: when it was decided is stated to the minute")
    return revocation
