"""What is wrong with a value in ``unit.toml``, in words: the setting, what was found, what is allowed.

Text that was found is never repeated: a password may have been put in the wrong place.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, inspect

from linkage.errors import InputError

__all__ = ["not_toml", "wrong_value"]

_HINT = "the file that `clew register init` writes and docs/operations/settings.md explain every setting"
_TOML_HINT = "text stands within quotation marks, true and false in small letters, one setting on a line"
_PLACE = re.compile(r"(.*?)(?: - at `\$\.?([^`]*)`)?", re.DOTALL)
_FIELD = re.compile(r"Object (contains unknown|missing required) field `(.*)`", re.DOTALL)
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def not_toml(name: str, data: bytes, error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> InputError:
    """Return the error for a file that is no TOML, with line and column."""
    if isinstance(error, UnicodeDecodeError):
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return InputError(
            f"{name}: not valid TOML at line {line}, column {column}: not UTF-8 text", hint="save it as UTF-8"
        )
    found = _SYNTAX.fullmatch(str(error))
    if found is None:
        return InputError(f"{name}: not valid TOML", hint=_TOML_HINT)
    reason = found[1][:1].lower() + found[1][1:]
    place = f"line {found[2]}, column {found[3]}" if found[2] else "its end"
    return InputError(f"{name}: not valid TOML at {place}: {reason}", hint=_TOML_HINT)


def wrong_value(
    name: str, value: Mapping[str, Any], kind: type[Struct], error: msgspec.ValidationError
) -> InputError:
    """Return the error for a value that a setting does not take, or a setting that there is not."""
    place = _PLACE.fullmatch(str(error))
    said, path = (place[1], place[2] or "") if place else (str(error), "")
    names = [one for one in re.sub(r"\[.*", "", path).split(".") if one]
    field = _FIELD.fullmatch(said)
    if field is not None:
        return _wrong_name(name, names, field[2], kind, unknown=field[1] == "contains unknown")
    taken, found = _taken(inspect.type_info(kind), names), _found(value, names)
    if isinstance(taken, inspect.StructType) and isinstance(found, Mapping):
        return InputError(f"{name}: {said}", hint=_HINT)  # our own words, of two settings together
    return InputError(
        f"{name}: {_setting(names)}: {_what_is(found, taken)} stands there; allowed is {_allowed(taken)}",
        hint=_HINT,
    )


def _wrong_name(name: str, names: list[str], field: str, kind: type[Struct], *, unknown: bool) -> InputError:
    if not unknown:
        return InputError(f"{name}: {_setting([*names, field])}: is missing", hint=_HINT)
    section = _taken(inspect.type_info(kind), names)
    known = [one.encode_name for one in section.fields] if isinstance(section, inspect.StructType) else []
    near = difflib.get_close_matches(field, known, n=1)
    meant = f"is {near[0]} meant? " if near else ""
    return InputError(f"{name}: {_setting([*names, field])}: there is no such setting", hint=meant + _HINT)


def _setting(names: list[str]) -> str:
    """Return a setting's name as documents write it: ``[service] threads``."""
    if len(names) < 2:
        return names[0] if names else "the whole"
    return f"[{'.'.join(names[:-1])}] {names[-1]}"


def _taken(kind: inspect.Type, names: list[str]) -> inspect.Type:
    """Return what type a setting has."""
    for name in names:
        fields = kind.fields if isinstance(kind, inspect.StructType) else ()
        kind = next((one.type for one in fields if one.encode_name == name), inspect.AnyType())
    return kind


def _found(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _what_is(value: Any, taken: inspect.Type) -> str:
    """Say what stands in the file: a number as it is, and of text only that it is text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        if isinstance(taken, inspect.StrType):
            return f"text of {len(value):,} characters"
        return "text"
    if isinstance(value, list):
        return "a list" if not isinstance(taken, inspect.VarTupleType) else "a list with something else in it"
    return "a section" if isinstance(value, Mapping) else "a date or a time"


def _allowed(taken: inspect.Type) -> str:
    """Say what a setting takes."""
    if isinstance(taken, inspect.BoolType):
        return "true or false"
    if isinstance(taken, inspect.IntType | inspect.FloatType):
        return _numbers(taken)
    if isinstance(taken, inspect.LiteralType):
        return " or ".join(f'"{one}"' for one in taken.values)
    if isinstance(taken, inspect.VarTupleType):
        return f"a list, each entry {_allowed(taken.item_type)}"
    if isinstance(taken, inspect.StrType):
        most = f" of {taken.min_length or 0:,} to {taken.max_length:,} characters" if taken.max_length else ""
        return f"text within quotation marks{most}"
    return "a section of settings"


def _numbers(taken: inspect.IntType | inspect.FloatType) -> str:
    kind = "a whole number" if isinstance(taken, inspect.IntType) else "a number"
    if taken.gt is not None:
        return f"{kind} above {taken.gt:g} and up to {taken.le or 0:.0f}"
    if taken.ge is None or taken.le is None:
        return kind
    return f"{kind} from {taken.ge:.0f} to {taken.le:.0f}"
