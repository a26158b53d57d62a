"""Reading linkage schemas of clkhash, versions 1, 2 and 3.

What clkhash 0.18.3 accepts is accepted and means the same, but for a few settings that it accepts and then
fails on or skips without a word; those are refused here, each with what to do about it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final, Literal, NoReturn, TypeVar, cast

import msgspec

from linkage.encode.legacy.comparisons import Comparison, NgramComparison
from linkage.encode.legacy.keys import most_features
from linkage.encode.legacy.schema import (
    MAX_BITS,
    BlakeHash,
    DoubleHash,
    Feature,
    Hashing,
    HashKind,
    KeyDerivation,
    LegacySchema,
    MissingValue,
)
from linkage.encode.legacy.shapes import (
    ConfigShape,
    DerivationShape,
    FeatureShape,
    HashingShape1,
    HashingShape2,
    HashingShape3,
    MissingShape,
)
from linkage.encode.legacy.strategies import BitsPerFeature, BitsPerToken, Strategy
from linkage.errors import InputError
from linkage.wire.half_characters import holds_half_characters

__all__ = ["MAX_SCHEMA_BYTES", "read_schema"]

MAX_SCHEMA_BYTES: Final = 1 << 20
_MAX_INSERTIONS: Final = 1 << 16
_BLAKE_KEY_BYTES: Final = 64
_STRATEGIES: Final[Mapping[int, tuple[str, str]]] = {
    2: ("k", "numBits"),
    3: ("bitsPerToken", "bitsPerFeature"),
}
_DEFAULT_HASH: Final = BlakeHash()

Shape = TypeVar("Shape")


def read_schema(data: bytes | str) -> LegacySchema:
    """Read a linkage schema from JSON.

    Raises :class:`InputError` naming the place, what is wrong there and how to mend it.
    """
    document = _parsed(data)
    version = _version(document)
    config = _shaped("clkConfig", document.get("clkConfig"), ConfigShape)
    derivation, remarks = _derivation(config.kdf)
    listed = document.get("features")
    if not isinstance(listed, list) or not listed:
        _refuse("features", "there are none", "list every column of the file, in order")
    features = tuple(_feature(number, one, version, config) for number, one in enumerate(listed, start=1))
    schema = LegacySchema(
        version=version,
        length=config.l,
        folds_specified=config.xor_folds,
        folds_performed=config.folds_performed,
        key_derivation=derivation,
        features=features,
        remarks=remarks,
    )
    _check_lengths(schema)
    _check_keys(schema)
    return schema


def _refuse(
    place: str, problem: str, cure: str = "see docs/legacy-clkhash.md for what a schema may hold"
) -> NoReturn:
    raise InputError(f"linkage schema, {place}: {problem}", hint=cure)


def _parsed(data: bytes | str) -> dict[str, Any]:
    if len(data) > MAX_SCHEMA_BYTES:
        _refuse("the file", f"larger than {MAX_SCHEMA_BYTES} bytes", "is it a linkage schema?")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        document = json.loads(text, parse_constant=_no_constant)
        halves = holds_half_characters(document)
    except (ValueError, RecursionError):
        _refuse("the file", "not JSON", "take the schema as the linkage's coordinator sent it")
    if halves:
        _refuse("the file", "a text holds half a character", "take out \\ud800 to \\udfff that stand alone")
    if not isinstance(document, dict):
        _refuse("the file", "not a JSON object", "take the schema as the linkage's coordinator sent it")
    return cast("dict[str, Any]", document)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _version(document: Mapping[str, Any]) -> int:
    version = document.get("version")
    if isinstance(version, bool) or version not in (1, 2, 3):
        _refuse("version", "must be 1, 2 or 3", "these are the versions that clkhash 0.18.3 reads")
    return int(version)


def _shaped(place: str, value: object, shape: type[Shape]) -> Shape:
    """Turn JSON values into a shape; whatever is wrong is said about its place in the schema."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        inner = path.rstrip("`").removeprefix(".")
        _refuse(
            f"{place}.{inner}" if inner else place, problem.lower() if problem.startswith("E") else problem
        )


def _derivation(shape: DerivationShape) -> tuple[KeyDerivation, tuple[str, ...]]:
    if shape.hash not in {"SHA256", "SHA512"}:
        _refuse("clkConfig.kdf.hash", "must be SHA256 or SHA512")
    salt, info = _base64("salt", shape.salt), _base64("info", shape.info)
    remarks = tuple(
        f"clkConfig.kdf.{name} has characters outside base64, which are skipped as clkhash skips them"
        for name, text in (("salt", shape.salt), ("info", shape.info))
        if text is not None and not _is_clean_base64(text)
    )
    kind = cast("Literal['SHA256', 'SHA512']", shape.hash)
    return KeyDerivation(kind, salt, info, shape.key_size), remarks


def _base64(name: str, text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        _refuse(f"clkConfig.kdf.{name}", "not base64", "take the value as the linkage's coordinator sent it")


def _is_clean_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return False
    return True


def _feature(number: int, written: object, version: int, config: ConfigShape) -> Feature:
    place = f"feature {number}"
    if not isinstance(written, dict):
        _refuse(place, "not a JSON object")
    identifier = written.get("identifier")
    if not isinstance(identifier, str):
        _refuse(place, "has no identifier", "give the name of its column")
    place = f"{place} ({identifier[:40]})"
    ignored = written.get("ignored", False)
    if not isinstance(ignored, bool):
        _refuse(f"{place}.ignored", "must be true or false")
    if ignored:
        _check_ignored(place, written, version)
        return Feature(identifier, None)
    shape = _shaped(place, written, FeatureShape)
    return Feature(identifier, _HASHING_OF[version](f"{place}.hashing", shape, config))


def _check_ignored(place: str, written: Mapping[str, Any], version: int) -> None:
    """Versions 1 and 2 take no format or hashing beside ``ignored``; version 3 takes them and skips them."""
    known = {"identifier", "ignored", "description"} | ({"format", "hashing"} if version == 3 else set())
    if set(written) - known:
        _refuse(place, "is ignored and yet has settings", "take out either ignored or format and hashing")


def _hashing1(place: str, feature: FeatureShape, config: ConfigShape) -> Hashing | None:
    shape = _shaped(place, feature.hashing, HashingShape1)
    if config.k is None or config.hash is None:
        _refuse("clkConfig", "k and hash are missing", "version 1 needs both")
    if shape.weight == 0:
        return None
    if not 0 < shape.weight <= _MAX_INSERTIONS:
        _refuse(f"{place}.weight", "must be 0 or more, and not huge")
    bits = round(shape.weight * config.k)
    strategy = BitsPerToken(_insertions(f"{place}.weight", bits))
    comparison = NgramComparison(shape.ngram, shape.positional)
    return Hashing(feature.format, comparison, strategy, config.hash, _missing(shape.missing_value))


def _hashing2(place: str, feature: FeatureShape, config: ConfigShape) -> Hashing:  # noqa: ARG001
    shape = _shaped(place, feature.hashing, HashingShape2)
    comparison = NgramComparison(shape.ngram, shape.positional)
    return _hashing(place, feature, comparison, shape, 2)


def _hashing3(place: str, feature: FeatureShape, config: ConfigShape) -> Hashing:  # noqa: ARG001
    shape = _shaped(place, feature.hashing, HashingShape3)
    return _hashing(place, feature, shape.comparison, shape, 3)


def _hashing(
    place: str,
    feature: FeatureShape,
    comparison: Comparison,
    shape: HashingShape2 | HashingShape3,
    version: int,
) -> Hashing:
    strategy = _strategy(f"{place}.strategy", shape.strategy, version)
    kind: HashKind = shape.hash or _DEFAULT_HASH
    return Hashing(feature.format, comparison, strategy, kind, _missing(shape.missing_value))


_HASHING_OF: Final = {1: _hashing1, 2: _hashing2, 3: _hashing3}


def _strategy(place: str, written: Mapping[str, int | float], version: int) -> Strategy:
    per_token, per_feature = _STRATEGIES[version]
    if set(written) == {per_token}:
        return BitsPerToken(_insertions(f"{place}.{per_token}", written[per_token]))
    if set(written) == {per_feature}:
        return BitsPerFeature(_insertions(f"{place}.{per_feature}", written[per_feature]))
    _refuse(place, f"must have {per_token} or {per_feature}, and nothing else")


def _insertions(place: str, bits: float) -> int:
    if not 1 <= bits <= _MAX_INSERTIONS or bits != int(bits):
        _refuse(place, f"must come to a whole number from 1 to {_MAX_INSERTIONS} of bits")
    return int(bits)


def _missing(shape: MissingShape | None) -> MissingValue | None:
    if shape is None:
        return None
    replacement = shape.sentinel if shape.replace_with is None else shape.replace_with
    return MissingValue(shape.sentinel, replacement)


def _check_lengths(schema: LegacySchema) -> None:
    folds = max(schema.folds_specified, schema.folds_performed)
    length = schema.length << folds
    if length > MAX_BITS:
        _refuse("clkConfig.l", f"filters of {length} bits before folding are longer than {MAX_BITS}")
    kinds = {feature.hashing.hash for feature in schema.features if feature.hashing is not None}
    if BlakeHash() in kinds and length & (length - 1):
        _refuse("clkConfig.l", "must be a power of two for blakeHash", "1024 is usual")
    if DoubleHash(prevent_singularity=True) in kinds and length == 1:
        _refuse("clkConfig.l", "must be above 1 for prevent_singularity", "1024 is usual")


def _check_keys(schema: LegacySchema) -> None:
    hashings = [feature.hashing for feature in schema.features if feature.hashing is not None]
    if not hashings:
        _refuse("features", "every one is ignored, so that all CLKs would be empty")
    size = schema.key_derivation.key_size
    if size > _BLAKE_KEY_BYTES and any(isinstance(one.hash, BlakeHash) for one in hashings):
        _refuse("clkConfig.kdf.keySize", f"blakeHash takes keys of at most {_BLAKE_KEY_BYTES} bytes")
    most = most_features(schema.key_derivation)
    if len(schema.features) > most:
        _refuse(
            "features",
            f"{schema.key_derivation.hash} has keys of {size} bytes for at most {most} of them",
            "set clkConfig.kdf.hash to SHA512 or a smaller keySize, with everybody else",
        )
