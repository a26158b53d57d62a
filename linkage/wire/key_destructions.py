"""The certificate of destroyed audience keys: under them nobody can make or open a pseudonym any more."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.moments import Moment
from linkage.wire.pseudonyms import MAX_GENERATION, AudienceKind
from linkage.wire.signing import Signature

__all__ = [
    "AudienceName",
    "DestroyedKey",
    "KeyDestruction",
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
    MAX_BYTES: ClassVar[int] = MAX_MANIFEST_BYTES
    format: Literal["clew-key-destruction"] = "clew-key-destruction"
    version: int = 1
    audience: AudienceName
    kind: AudienceKind
    retired: bool
    keys: Annotated[tuple[DestroyedKey, ...], Meta(min_length=1, max_length=MAX_GENERATION + 1)]
    signature: Signature | None = None
