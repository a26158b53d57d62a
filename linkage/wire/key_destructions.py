"""The certificate of destroyed audience keys: under them nobody can make or open a pseudonym any more."""

from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.moments import Moment
from linkage.wire.pseudonyms import MAX_GENERATION, AudienceKind
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "AudienceName",
    "DestroyedKey",
    "KeyDestruction",
    "read_key_destruction",
    "sign_key_destruction",
]

AudienceName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,30}\Z")]


class DestroyedKey(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One key: its generation, a value that only this key has, when it was made and destroyed."""

    generation: Annotated[int, Meta(ge=0, le=MAX_GENERATION)]
    check_value: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    made: Moment
    destroyed: Moment


class KeyDestruction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Keys of one audience that the linkage unit destroyed; ``retired``: it gets no pseudonyms any more."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-key-destruction"] = "clew-key-destruction"
    version: int = 1
    audience: AudienceName
    kind: AudienceKind
    retired: bool
    keys: Annotated[tuple[DestroyedKey, ...], Meta(min_length=1, max_length=MAX_GENERATION + 1)]
    signature: Signature | None = None


def sign_key_destruction(document: KeyDestruction, key: Ed25519PrivateKey) -> KeyDestruction:
    """Return the certificate signed by the linkage unit."""
    return structs.replace(document, signature=sign(key, _unsigned(document), domain=document.format))


def read_key_destruction(data: bytes, *, signing_key: str) -> KeyDestruction:
    """Read a certificate and check the signature of the linkage unit whose key the caller trusts.

    Raises :class:`linkage.errors.ClewError`.
    """
    document = parse(data, KeyDestruction, limit=MAX_MANIFEST_BYTES, exact=True)
    if document.signature is None or document.signature.key != signing_key:
        raise VerificationError(
            "the certificate is not signed by this linkage unit",
            hint="give the card of the unit that wrote it, and compare its fingerprint",
        )
    verify(document.signature, _unsigned(document), domain=document.format)
    return document


def _unsigned(document: KeyDestruction) -> bytes:
    return canonical(structs.replace(document, signature=None))
