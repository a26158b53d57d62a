"""The JSON Schema of encoding profiles, made from the types and a description of every part.

Editors complete and check a custom profile by it.  docs/spec/profile-1.schema.json is what this makes.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from linkage.profile import EncodingProfile

__all__ = ["place_in_schema", "profile_schema"]

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "EncodingProfile": {
        "": "A frozen, versioned encoding profile: everything that decides which bits an encoding has. "
        "Its digest covers all of it but the decision settings. Two rules go beyond this schema: no"
        " two views have one name, and thresholds are set only for views that the profile has.",
        "format": "What kind of file this is.",
        "version": "Version of the format.",
        "name": "What people call the profile: lower-case letters, digits and hyphens, a letter first, at "
        "most 64. The digest and not the name says which profile it is.",
        "normaliser": "Version of the rules by which values are made alike before they are encoded "
        "(encoding-1.md, section 2).",
        "length": "Bits of every view, a multiple of 64. Multiples of 512 fill the registers in which records"
        " are compared.",
        "diffusion": "How many input bits each output bit is the XOR of, 1 to 16; 1 is none and makes a "
        "profile weak (encoding-1.md, section 7).",
        "views": "One to 32 filters of a record, each under its own keys, in the order of their bits.",
        "rows": "Rows that every record has at least, 1 to 16: records with fewer names are filled up, so "
        "that their number does not tell who has another name; 1 is no padding (encoding-1.md, section 12).",
        "exact": "Numbers of which a row carries a keyed token. None unless you must: whoever has the "
        "epoch's key inverts them all in minutes (encoding-1.md, section 11).",
        "decision": "How similarities become links where nothing was learned; changes no bit.",
    },
    "View": {
        "": "One filter of a record, salted by some of its values; a record has it only if it has every"
        " one of them.",
        "name": "Unique in the profile: lower-case letters, digits and hyphens, a letter first, at most 32.",
        "salt": "The values that salt the view, at most four, none twice. None at all makes a profile weak "
        "(encoding-1.md, section 4).",
        "features": "One to 32 kinds of tokens that the view holds.",
        "tiers": "Which records carry the view: those with a certain date of birth, those with an uncertain "
        "one, or both.",
        "diffusion": "The view's own diffusion where it differs from the profile's.",
        "positions": "How many positions all tokens of a row share out among themselves, each in proportion "
        "to its k, 1 to 65,536, so that the number of bits set does not tell how many tokens there are. "
        "Without it every token has its k, and long names set more bits than short ones (encoding-1.md, "
        "section 6).",
    },
    "Feature": {
        "": "Tokens of one field. Features under one label set equal bits for equal tokens.",
        "field": "The field whose value is cut.",
        "kind": "bigrams: adjacent pairs of characters of each padded word; prefixes: the beginnings listed"
        " under prefixes; initial: the first character; whole: the value; canonical: the formal names that it"
        " may stand for (encoding-1.md, section 3).",
        "label": "What keeps tokens apart: lower-case letters, digits and hyphens, a letter first, at most "
        "16.",
        "k": "How many bits each token sets, 1 to 32; where the view has positions, how much of them each"
        " token has beside the others.",
        "prefixes": "Lengths of the beginnings, 0 for the whole value; only with the kind prefixes, and then "
        "at least one.",
    },
    "Decision": {
        "": "How similarities become links, until a linkage calibrates itself.",
        "noise_z": "A view speaks only if it agrees by this many standard deviations more than unrelated "
        "records do, 0 to 20.",
        "thresholds": "By a view's name, the estimated Dice coefficient from 0 to 1 at which it links.",
    },
}

_DISTINCT: Final = (
    ("EncodingProfile", "exact"),
    ("View", "salt"),
    ("View", "tiers"),
    ("Feature", "prefixes"),
)


def profile_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) as plain JSON values, the caller's own."""
    made = msgspec.json.schema(EncodingProfile)
    definitions = made["$defs"]
    for kind, texts in _TEXTS.items():
        _describe(definitions[kind], texts)
    for kind, name in _DISTINCT:
        definitions[kind]["properties"][name]["uniqueItems"] = True
    definitions["View"]["properties"]["tiers"]["minItems"] = 1
    definitions["EncodingProfile"]["properties"]["version"]["const"] = EncodingProfile.VERSION
    definitions["Feature"] |= {
        "if": {"properties": {"kind": {"const": "prefixes"}}},
        "then": {"properties": {"prefixes": {"minItems": 1}}, "required": ["prefixes"]},
        "else": {"properties": {"prefixes": {"maxItems": 0}}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Clew encoding profile, version 1",
        "$ref": made["$ref"],
        "$defs": definitions,
    }


def _describe(definition: dict[str, Any], texts: Mapping[str, str]) -> None:
    definition["description"] = texts[""]
    for name, part in definition["properties"].items():
        if name in texts:
            part["description"] = texts[name]
        if "pattern" in part:
            # In a schema the end of text is "$"; "\Z" would stand for the letter there.
            part["pattern"] = part["pattern"].replace("\\Z", "$")


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return profile_schema()


def place_in_schema(steps: tuple[str, ...]) -> Mapping[str, Any]:
    """Return what the schema says about a place: names of properties, and "" for any item of a list.

    A place that the schema does not know gives what it says about the nearest place around it.
    """
    schema = _schema()
    node: Mapping[str, Any] = schema["$defs"]["EncodingProfile"]
    for step in steps:
        inner = node.get("properties", {}).get(step) if step else node.get("items")
        if inner is None:
            break
        node = schema["$defs"][inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
    return node
