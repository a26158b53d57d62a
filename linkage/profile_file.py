"""Reading an encoding profile that somebody wrote: what is wrong with it, where, and how to mend it.

What a profile file says is no secret, so unlike elsewhere messages may repeat a name that stands in it.
"""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, NoReturn

import msgspec

from linkage.errors import LimitError, ProfileError, VersionError
from linkage.profile import EncodingProfile, Feature, View
from linkage.profile_schema import place_in_schema
from linkage.wire.half_characters import holds_half_characters

__all__ = ["MAX_PROFILE_BYTES", "read_profile"]

MAX_PROFILE_BYTES: Final = 64 * 1024
_GUIDE: Final = "docs/profiles.md shows a profile line by line"
_STEP: Final = re.compile(r"\.?([A-Za-z_]+)|\[(\d+|\.\.\.)\]")
_TYPE: Final = re.compile(r"`(\w+)(?: \| null)?`")
_TYPE_WORDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "an object",
    "str": "a text",
}
_OWN_RULES: Final = {
    "two views have the same name": "give every view a name of its own",
    "two exact tokens are of the same number": "name each kind of number once, or none",
    "a threshold is set for a view that the profile does not have": "name one of its views, or leave it out",
}
_QUOTED: Final = re.compile(r"`([^`]*)`|'([^']*)'")


def read_profile(octets: bytes) -> EncodingProfile:
    """Read a profile from JSON in UTF-8, laid out at will.

    Refuses what the published schema refuses, names used twice, and thresholds of views that are not there.
    Raises :class:`ProfileError`, :class:`VersionError` or :class:`LimitError`.
    """
    if len(octets) > MAX_PROFILE_BYTES:
        raise LimitError(
            f"an encoding profile has at most {MAX_PROFILE_BYTES} bytes, this has {len(octets)}", hint=_GUIDE
        )
    value = _parsed(octets)
    if not isinstance(value, dict):
        raise ProfileError("not an encoding profile: a JSON object is wanted", hint=_GUIDE)
    _check_kind(value)
    try:
        profile = msgspec.convert(value, EncodingProfile)
    except msgspec.ValidationError as error:
        _refuse(value, error)
    for path, what, hint in _beyond_types(profile):
        raise ProfileError(f"{_place(value, path)}{what}", hint=hint)
    return profile


def _parsed(octets: bytes) -> Any:
    try:
        value = json.loads(
            octets.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_constant=_no_number,
        )
        halves = holds_half_characters(value)
    except UnicodeDecodeError:
        raise ProfileError("not UTF-8 text", hint="save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ProfileError(
            f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}",
            hint="a comma too many or too few, or a quotation mark missing, is the usual cause",
        ) from None
    except (RecursionError, ValueError):  # nested beyond reason, or a number of thousands of digits
        raise ProfileError("not a JSON text that can be read", hint=_GUIDE) from None
    if halves:
        raise ProfileError(
            "a text holds half a character",
            hint="look for \\ud800 to \\udfff that stand alone, and take them out",
        )
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ProfileError(f'"{_plain(twice)}" stands twice in one object', hint="leave one of the two")
    return found


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number  # in JSON 64.0 is a whole number


def _no_number(text: str) -> NoReturn:
    raise ProfileError(f"{text} is not a number in JSON", hint="write a number")


def _check_kind(value: dict[str, Any]) -> None:
    kind, version = value.get("format", "clew-profile"), value.get("version", EncodingProfile.VERSION)
    if kind != "clew-profile":
        raise ProfileError(
            "not an encoding profile: its format is another one",
            hint='a profile has "format": "clew-profile"',
        )
    if isinstance(version, int) and not isinstance(version, bool) and version != EncodingProfile.VERSION:
        raise VersionError(
            f"format version {version}, this release reads version {EncodingProfile.VERSION}",
            hint="use a release of clew that knows this version",
        )


def _refuse(value: dict[str, Any], error: msgspec.ValidationError) -> NoReturn:
    what, _, path = str(error).partition(" - at ")
    path = path.strip("`").removeprefix("$")
    steps = tuple(name for name, _index in _STEP.findall(path))
    found = place_in_schema(steps)
    place = _place(value, path)
    raise ProfileError(f"{place}{_what(what)}", hint=_hint(what, found)) from None


def _place(value: dict[str, Any], path: str) -> str:
    """Say where: the path, and the name of the view that it leads through."""
    if not path:
        return ""
    named = re.match(r"\.views\[(\d+)\]", path)
    view = value["views"][int(named[1])] if named else None
    name = view.get("name") if isinstance(view, dict) else None
    inside = f' (view "{_plain(name)}")' if isinstance(name, str) else ""
    return f"{path.lstrip('.')}{inside}: "


def _what(what: str) -> str:
    name = _plain(_quoted(what))
    if "unknown field" in what:
        return f'"{name}" is not a part of a profile'
    if "missing required field" in what:
        return f'"{name}" is missing'
    if "Invalid enum value" in what:
        return f'"{name}" is not one of those allowed' if name else "a value that is not allowed"
    if "matching regex" in what:
        return "not written as a name"
    return _TYPE.sub(lambda found: _TYPE_WORDS.get(found[1], found[0]), what)


def _hint(what: str, found: Any) -> str:
    name, parts = _quoted(what), found.get("properties", {})
    if what in _OWN_RULES:
        return _OWN_RULES[what]
    if "unknown field" in what:
        return _nearest(name, sorted(parts))
    if "missing required field" in what:
        return str(parts.get(name, {}).get("description", _GUIDE))
    if "enum" in found:
        return _nearest(name, [str(one) for one in found["enum"]])
    return str(found.get("description", _GUIDE))


def _quoted(what: str) -> str:
    quoted = _QUOTED.search(what)
    return (quoted[1] or quoted[2] or "") if quoted else ""


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    meant = f'did you mean "{close[0]}"? ' if close else ""
    return f"{meant}there are: {', '.join(known)}"


def _plain(text: str) -> str:
    return "".join(character for character in text[:64] if character.isprintable())


def _beyond_types(profile: EncodingProfile) -> Iterator[tuple[str, str, str]]:
    """Find what the types allow and no profile may have: path, what is wrong, how to mend it."""
    for number, view in enumerate(profile.views):
        yield from _of_view(f".views[{number}]", view)


def _of_view(path: str, view: View) -> Iterator[tuple[str, str, str]]:
    if len(set(view.salt)) != len(view.salt):
        yield f"{path}.salt", "a part of the salt stands twice", "leave one of the two"
    if not view.tiers or len(set(view.tiers)) != len(view.tiers):
        yield f"{path}.tiers", "a tier is missing or stands twice", 'name "certain", "uncertain" or both'
    for number, feature in enumerate(view.features):
        yield from _of_feature(f"{path}.features[{number}]", feature)


def _of_feature(path: str, feature: Feature) -> Iterator[tuple[str, str, str]]:
    if feature.kind == "prefixes" and not feature.prefixes:
        yield path, "no prefixes are listed", "list at least one length; 0 stands for the whole value"
    if feature.kind != "prefixes" and feature.prefixes:
        yield path, "prefixes are listed for another kind of token", 'leave them out, or choose "prefixes"'
    if len(set(feature.prefixes)) != len(feature.prefixes):
        yield f"{path}.prefixes", "a length stands twice", "leave one of the two"
