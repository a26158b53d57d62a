"""Canonical JSON (RFC 8785) and strict parsing, so that equal content has equal bytes everywhere."""

from typing import Any, TypeVar

import msgspec
import rfc8785

from linkage.errors import FormatError, LimitError, VersionError
from linkage.wire.moments import Moment

__all__ = ["canonical", "decoder", "explain", "from_builtins", "parse", "to_builtins"]

T = TypeVar("T")


def to_builtins(value: object) -> Any:
    """Turn one of our frozen types into plain JSON values."""
    return msgspec.to_builtins(value, enc_hook=_encode_hook)


def from_builtins(value: object, kind: type[T]) -> T:
    """Turn plain JSON values into a frozen type, or raise :class:`FormatError`."""
    try:
        return msgspec.convert(value, kind, dec_hook=_decode_hook)
    except msgspec.ValidationError as error:
        raise FormatError(f"{_called(kind)}: {explain(error)}") from None


def decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    """Return a reader for many small JSON texts of one type, some of which hold moments.

    It raises ``msgspec.ValidationError`` (see :func:`explain`) and ``msgspec.DecodeError``.
    """
    return msgspec.json.Decoder(kind, dec_hook=_decode_hook)


def canonical(value: object) -> bytes:
    """Return the RFC 8785 form of a frozen type or of plain JSON values."""
    return rfc8785.dumps(to_builtins(value))


def parse(data: bytes, kind: type[T], *, limit: int, exact: bool = False) -> T:
    """Parse JSON bytes into a frozen type.

    A type may say that it ``READS`` older versions than the one that it writes.
    ``limit`` is the largest size accepted, in bytes.  With ``exact`` the bytes must already be in
    canonical form, as whatever is signed must be: two readers that disagree about a duplicate key or a
    number would otherwise disagree about what was signed.
    Raises :class:`LimitError`, :class:`VersionError` or :class:`FormatError`.
    """
    if len(data) > limit:
        raise LimitError(f"{_called(kind)}: {len(data)} bytes, at most {limit} are accepted")
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FormatError(f"{_called(kind)}: not valid JSON", hint="the file may be cut short") from None
    _check_kind(value, kind)
    result = from_builtins(_checked_version(value, kind), kind)
    if exact and not _is_canonical(result, data):
        raise FormatError(f"{_called(kind)}: not in canonical form (RFC 8785)")
    return result


_FORMATS = {
    "clew-agency-card": "an agency's card",
    "clew-audit": "an export of a unit's ledger",
    "clew-bundle": "a bundle's manifest",
    "clew-ceremony": "the terms of a ceremony",
    "clew-commitment": "a commitment",
    "clew-checkpoint": "a checkpoint of a unit's ledger",
    "clew-contribution": "a contribution",
    "clew-custodian-card": "a custodian's card",
    "clew-custody-log": "an exported custody log",
    "clew-destruction": "the certificate of a destroyed epoch",
    "clew-epoch": "an epoch descriptor",
    "clew-key-destruction": "the certificate of destroyed audience keys",
    "clew-handed-share": "a share handed over to a session",
    "clew-ledger-card": "the card of a unit's ledger",
    "clew-protected": "a private file under a passphrase, which must not be passed on",
    "clew-receipt": "a receipt",
    "clew-reidentification": "a request to open a pseudonym",
    "clew-revocation": "a revocation",
    "clew-session": "a session",
    "clew-share": "a custodian's sealed share",
    "clew-succession": "a succession of custodians",
    "clew-unit-card": "the linkage unit's card",
    "clew-wrapped-key": "a wrapped key",
}


def _check_kind(value: object, kind: type[Any]) -> None:
    """Tell somebody who gave the wrong file which one it is, and which is wanted."""
    found = value.get("format") if isinstance(value, dict) else None
    expected = _format_of(kind)
    if isinstance(found, str) and found in _FORMATS and expected in _FORMATS and found != expected:
        raise FormatError(
            f"this is {_FORMATS[found]}; {_FORMATS[expected]} is wanted", hint="give that file here"
        )


_found_formats: dict[object, str] = {}


def _format_of(kind: type[Any]) -> str:
    """Return the ``format`` of a type, looked up once: looking took a tenth of every request's time."""
    if kind not in _found_formats:
        wanted = msgspec.inspect.type_info(kind)
        field = next((f for f in getattr(wanted, "fields", ()) if f.name == "format"), None)
        _found_formats[kind] = "" if field is None else str(field.default)
    return _found_formats[kind]


def _called(kind: type[Any]) -> str:
    """Return what documents call a format; a record within one has only the name of its type."""
    words = _FORMATS.get(_format_of(kind))
    if words is None:
        return getattr(kind, "__name__", "record")  # a union of types has none
    return words.partition(",")[0].removeprefix("a ").removeprefix("an ").removeprefix("the ")


def _is_canonical(value: object, data: bytes) -> bool:
    try:
        return canonical(value) == data
    except rfc8785.CanonicalizationError:  # a number beyond what canonical JSON can write
        return False


def _checked_version(value: object, kind: type[Any]) -> object:
    known = getattr(kind, "VERSION", None)
    if known is None:
        return value
    found = value.get("version") if isinstance(value, dict) else None
    if not isinstance(found, int):
        raise VersionError(f"{_called(kind)}: format version missing", hint="check that it is the right file")
    reads = getattr(kind, "READS", (known,))
    if found not in reads:
        raise VersionError(
            f"{_called(kind)}: format version {found}, this release reads version {known}",
            hint="use a release of clew that knows this version",
        )
    return value


def explain(error: msgspec.ValidationError) -> str:
    """Say where a value is wrong and how, but never a value or a field name that the sender chose."""
    what, _, path = str(error).partition(" - at ")
    where = f" at {path}" if path else ""
    if "unknown field" in what:
        return f"a field that is not part of the format{where}"
    if "Invalid enum value" in what or "Invalid value" in what:
        return f"a value that is not one of those allowed{where}"
    if "matching regex" in what:
        return f"a value not in the expected form{where}"
    return f"{what}{where}"


def _encode_hook(value: object) -> object:
    if isinstance(value, Moment):
        return str(value)
    raise NotImplementedError(f"no JSON form for {type(value).__name__}")


def _decode_hook(kind: type[Any], value: object) -> object:
    if kind is Moment:
        if not isinstance(value, str):
            raise ValueError("a moment is written as text")
        return Moment.parse(value)
    raise NotImplementedError(f"no reader for {kind.__name__}")
