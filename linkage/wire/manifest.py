"""The manifest: what a bundle is, in canonical form; it is the manifest that is signed."""

import hashlib
from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct

from linkage.errors import VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode, Role
from linkage.wire.epochs import CheckValueText, DigestText, EpochName
from linkage.wire.limits import MAX_CARD_BYTES, MAX_MANIFEST_BYTES, MAX_PART_BYTES, MAX_RECORDS
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "PART_NAMES",
    "Counts",
    "Manifest",
    "Part",
    "Period",
    "manifest_id",
    "part_context",
    "read_manifest",
    "read_signature",
    "sign_manifest",
    "verify_manifest",
]

PartName = Literal["encodings", "payload"]
PART_NAMES: tuple[PartName, ...] = ("encodings", "payload")

_DOMAIN = "clew-bundle"

Count = Annotated[int, Meta(ge=0, le=MAX_RECORDS)]
Size = Annotated[int, Meta(ge=0, le=MAX_PART_BYTES)]


class Period(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The days, both included, that a snapshot covers; dates only."""

    start: Moment
    end: Moment

    def __post_init__(self) -> None:
        """Refuse times of day and an end before the start."""
        if {self.start.precision, self.end.precision} != {"day"}:
            raise ValueError("a period is given in days")
        if self.end.at < self.start.at:
            raise ValueError("a period may not end before it starts")


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One part of a bundle: digest and size of what was written, and of the seal around it."""

    name: PartName
    sha256: DigestText
    size: Size
    sealed_sha256: DigestText
    sealed_size: Size


class Counts(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Number of records of each kind.

    ``rows`` counts encoding rows, variants included.  ``dummies`` says how many of the children are made up,
    and is left out where none are.
    """

    rows: Count
    children: Count
    care_spells: Count
    episodes: Count
    interviews: Count
    coverage: Count
    dummies: Count = 0


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a bundle is: a snapshot of one agency and period, made under one epoch.

    ``sequence`` grows with every bundle an agency writes.  Of two snapshots of the same period the one
    with the higher sequence stands, and a record absent from it is withdrawn.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-bundle"] = "clew-bundle"
    version: int = 1
    agency: AgencyCode
    role: Role
    period: Period
    sequence: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    epoch: EpochName
    profile_digest: DigestText
    key_check_value: CheckValueText
    conformance: DigestText
    counts: Counts
    parts: Annotated[tuple[Part, ...], Meta(min_length=2, max_length=2)]
    created: Moment

    def __post_init__(self) -> None:
        """Refuse parts other than encodings and payload in this order."""
        if tuple(part.name for part in self.parts) != PART_NAMES:
            raise ValueError("the parts are encodings and payload, in this order")

    def part(self, name: str) -> Part:
        """Return one part's entry."""
        return next(part for part in self.parts if part.name == name)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest that must be in canonical form; it says nothing yet about who signed it."""
    return parse(data, Manifest, limit=MAX_MANIFEST_BYTES, exact=True)


def manifest_id(data: bytes) -> str:
    """Return the identifier of a submission: SHA-256 of the manifest's bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def read_signature(data: bytes) -> Signature:
    """Read the signature that travels beside a manifest."""
    return parse(data, Signature, limit=MAX_CARD_BYTES)


def sign_manifest(data: bytes, key: Ed25519PrivateKey) -> bytes:
    """Sign a manifest's bytes and return the signature in canonical form."""
    return canonical(sign(key, data, domain=_DOMAIN))


def verify_manifest(data: bytes, signature: Signature, *, signing_key: str) -> None:
    """Check that a manifest is signed by the key enrolled for its agency."""
    if signature.key != signing_key:
        raise VerificationError(
            "the manifest is signed by a key that is not enrolled for this agency",
            hint="enrol the agency's present card, or encode again with the enrolled identity",
        )
    verify(signature, data, domain=_DOMAIN)


def part_context(agency: str, epoch: str, name: str, *, period: Period, sequence: int) -> bytes:
    """Return the context that binds a sealed part to its name and to one snapshot.

    Without period and sequence a sealed part could be sent again under another manifest of its agency.
    """
    texts = ("clew/part/1", agency, epoch, name, str(period.start), str(period.end), str(sequence))
    return b"\x00".join(text.encode("ascii") for text in texts)
