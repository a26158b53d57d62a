"""How the three versions of a schema write a feature down.

Shapes forbid keys they do not know wherever one that is skipped could have been meant to change a bit.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from linkage.encode.legacy.comparisons import Comparison
from linkage.encode.legacy.formats import Format
from linkage.encode.legacy.schema import HashKind

__all__ = [
    "ConfigShape",
    "DerivationShape",
    "FeatureShape",
    "HashingShape1",
    "HashingShape2",
    "HashingShape3",
    "MissingShape",
]

_Ngram = Annotated[int, Meta(ge=1, le=1024)]
_Folds = Annotated[int, Meta(ge=0, le=16)]
Number = int | float


class DerivationShape(Struct, frozen=True, rename="camel", tag_field="type", tag="HKDF"):
    """``kdf`` of every version."""

    hash: str = "SHA256"
    salt: str | None = None
    info: str | None = None
    key_size: Annotated[int, Meta(ge=1, le=8192)] = 64


class ConfigShape(Struct, frozen=True, rename="camel"):
    """``clkConfig`` of every version; ``k`` and ``hash`` are of version 1 only."""

    l: Annotated[int, Meta(ge=1)]  # noqa: E741 - the schema's own name
    kdf: DerivationShape
    xor_folds: _Folds = 0
    folds_performed: _Folds = field(default=0, name="xor_folds")
    k: Annotated[int, Meta(ge=1)] | None = None
    hash: HashKind | None = None


class FeatureShape(Struct, frozen=True):
    """A feature of every version; ``hashing`` differs and is read by version."""

    identifier: str
    format: Format
    hashing: dict[str, Any]


class MissingShape(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """``missingValue`` of every version."""

    sentinel: str
    replace_with: str | None = None


class HashingShape1(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """``hashing`` of version 1: a weight times the schema's k."""

    ngram: _Ngram
    positional: bool = False
    weight: Number = 1
    missing_value: MissingShape | None = None


class HashingShape2(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """``hashing`` of version 2: n-grams, ``k`` or ``numBits``."""

    ngram: _Ngram
    strategy: dict[str, Number]
    positional: bool = False
    hash: HashKind | None = None
    missing_value: MissingShape | None = None


class HashingShape3(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """``hashing`` of version 3: any comparison, ``bitsPerToken`` or ``bitsPerFeature``."""

    comparison: Comparison
    strategy: dict[str, Number]
    hash: HashKind | None = None
    missing_value: MissingShape | None = None
