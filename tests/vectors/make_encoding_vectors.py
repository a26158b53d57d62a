"""Writes encoding-1.json, its tables and the specification's worked example, after a deliberate change.

Run ``python -m tests.vectors.make_encoding_vectors``.  It gives the same files every time.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any, Final, get_args

from msgspec import to_builtins

from linkage.encode import tables
from linkage.encode.conformance import MADE_UP_PEOPLE
from linkage.encode.identifiers import Identifiers
from linkage.encode.latin import fold, repair_mojibake
from linkage.encode.nicknames import canonical_forenames, nicknames_digest
from linkage.encode.normalise import normalise
from linkage.encode.tables import tables_digest
from linkage.encode.unicode14 import assigned_only
from linkage.encode.variants import variants_of
from linkage.profile import Component, EncodingProfile
from tests.oracles import encoding_oracle as oracle
from tests.vectors import encoding_cases as cases
from tests.vectors.encoding_cases import people
from tests.vectors.encoding_makers import EPOCH_KEY, ROWS_IN_FULL, Vector, makers
from tests.vectors.encoding_profiles import EXAMPLE_PROFILE, SKIPPING_PROFILE, vector_profiles
from tests.vectors.worked_example import EXAMPLE_HEADING, EXAMPLE_PERSON, worked_example

__all__ = [
    "EXAMPLE_HEADING",
    "EXAMPLE_PERSON",
    "EXAMPLE_PROFILE",
    "FILE",
    "SPECIFICATION",
    "files",
    "filled_in",
    "folding",
    "people",
    "word_tables",
    "worked_example",
]

FILE: Final = Path(__file__).with_name("encoding-1.json")
SPECIFICATION: Final = Path(__file__).parents[2].joinpath("docs", "spec", "encoding-1.md")
PROVENANCE: Final = {
    "what": "Vectors of docs/spec/encoding-1.md, normaliser 1: each is an input and what must be made of it.",
    "made_by": "python -m tests.vectors.make_encoding_vectors, from encoding_cases.py, encoding_profiles.py",
    "people": "All made up for this file: nothing in it is taken from a record of anybody.",
    "licence": "Apache-2.0, as all of the repository. folding-1.json has transliterations by anyascii 0.3.3 "
    "(ISC), tables-1.json formal names by nicknames 1.0.1 (Apache-2.0), both only of what occurs here.",
    "check": "node tests/vectors/encoding.mjs tests/vectors/encoding-1.json; "
    "python -m tests.vectors.check_encoding_vectors; scripts/check-pythons",
    "reading": "Dates are day first and no today is given unless a vector says otherwise. A "
    "row is one of section 8, in hex in full, or its length, its "
    "beginning and its SHA-256. Numbers of people count from 0. The SHA-256 of a diffusion table is over its "
    "input bits in order, each as four little-endian octets; that of foldings over a line of code point, "
    "space and folded character for every code point from first to last.",
}
_SHIPPED_ROWS: Final = 44
_PAGE: Final = 0x1000
_LETTERS_END: Final = 0x34000  # beyond it there are no letters but those of private use
_TODAY: Final = "2025-01-31"
_KEYS: Final = (bytes(32), bytes(range(32, 64)), b"\xff" * 32)


def files() -> dict[Path, str]:
    """Return the text of every file of vectors."""
    vectors = _vectors()
    return {
        FILE: _text({"provenance": PROVENANCE, **vectors}),
        FILE.with_name("folding-1.json"): _text(folding(vectors)),
        FILE.with_name("tables-1.json"): _text(word_tables(vectors)),
    }


def _vectors() -> dict[str, Any]:
    return filled_in(
        {
            "epoch_key": EPOCH_KEY.hex(),
            "tables_digest": tables_digest(),
            "conformance": {"people": len(MADE_UP_PEOPLE), "today": _TODAY},
            "rows_in_full": ROWS_IN_FULL,
            "people": [{"identifiers": _given(person)} for person in (*people(), _skipped_person())],
            "normalisation": cases.normalisation_inputs(),
            "variants": cases.variant_inputs(),
            "foldings": [
                {"first": f"{first:04x}", "last": f"{first + _PAGE - 1:04x}"}
                for first in range(0, _LETTERS_END, _PAGE)
            ],
            "tables": [{}],
            "formal_names": [{"forename": name} for name in cases.FORMAL_NAMES],
            "tokens": list(_token_inputs()),
            "components": list(_component_inputs()),
            "profiles": [{"profile": to_builtins(profile)} for profile in vector_profiles()],
            "derivations": [{"label": label} for profile in vector_profiles() for label in _labels(profile)],
            "salt_blocks": list(_salt_inputs()),
            "token_blocks": list(_token_block_inputs()),
            "positions": list(_position_inputs()),
            "diffusion": list(_diffusion_inputs()),
            "rows": list(_row_inputs()),
        }
    )


def filled_in(vectors: Mapping[str, Any]) -> dict[str, Any]:
    """Return vectors of which only the inputs are given with what this release makes of them."""
    known = makers(vectors)
    return {
        name: [{**vector, **known[name](vector)} for vector in part] if name in known else part
        for name, part in vectors.items()
    }


def _given(person: Identifiers) -> dict[str, Any]:
    return {name: value for name, value in asdict(person).items() if value}


def _token_inputs() -> Iterator[Vector]:
    values = {
        "forename": ("jo", "anna", "annanna", "a", "katherine", "bill", "mohammed", "zzyzx", "aaa"),
        "address": ("1 mill road", "12a grove 12a", "x", "9a st johns wood"),
        "postcode": ("LS63HN", "M11AE", "GIR0AA", "308", "SW1A1AA"),
        "year": ("2009",),
        "phone": ("07700900123",),
    }
    prefixes = {"prefixes": (2, 3, 0), "bigrams": (), "initial": (), "whole": ()}
    for field, texts in values.items():
        kinds = {**prefixes, "canonical": ()} if field == "forename" else prefixes
        for (kind, lengths), text in product(kinds.items(), texts):
            yield {"feature": _feature(field, kind, lengths), "value": text}
    for lengths in ((0,), (1, 1), (32,), (6, 7, 8), (0, 5)):
        yield {"feature": _feature("postcode", "prefixes", lengths), "value": "LS63HN"}
    yield {"feature": _feature("surname", "bigrams", ()), "value": ""}


def _feature(field: str, kind: str, prefixes: tuple[int, ...]) -> Vector:
    return {"field": field, "kind": kind, "label": "t", "k": 1, "prefixes": list(prefixes)}


def _component_inputs() -> Iterator[Vector]:
    full = {
        "forename": "ashcraft", "surname": "tymczak", "year": "2009", "month": "07", "day": "04", "sex": "f",
        "postcode": "LS63HN", "address": "flat 2 77b kingsmill street st3et",
    }  # fmt: skip
    swapped = {
        **full,
        "forename": "tymczak",
        "surname": "ashcraft",
        "month": "04",
        "day": "07",
        "address": "12",
    }
    for component in get_args(Component):
        for values in (full, swapped, {}):
            yield {"component": component, "values": values}
        for missing in ("forename", "surname", "month", "day"):
            if missing in _fields_of(component):
                yield {
                    "component": component,
                    "values": {name: full[name] for name in full if name != missing},
                }
    for name in (
        "robert",
        "rupert",
        "pfister",
        "honeyman",
        "lloyd",
        "jackson",
        "hwa",
        "whwb",
        "aeiouy",
        "bfpv",
        "h",
    ):
        yield {"component": "forename-phonetic", "values": {"forename": name}}
    for address in (
        "mill road 7",
        "a 1",
        "ab 1",
        "1a b2 c3dd 4ee",
        "mill mull 3",
        "x1y 2z",
        "12 34 aa bbb ccc",
    ):
        yield {"component": "dwelling", "values": {"address": address}}


def _fields_of(component: str) -> tuple[str, ...]:
    pairs = {"month-day": ("month", "day")}
    both = ("forename", "surname")
    return pairs.get(component, both if component in ("initials", "names-phonetic") else ())


def _labels(profile: EncodingProfile) -> Iterator[str]:
    digest = profile.digest
    yield from (f"salt/{digest}", f"token/{digest}")
    for view in profile.views[:3]:
        yield from (f"position/{digest}/{view.name}", f"diffusion/{digest}/{view.name}")


def _salt_inputs() -> Iterator[Vector]:
    lists: tuple[list[tuple[str, str]], ...] = (
        [],
        [("year", "2009")],
        [("month-day", "04 07")],
        [("year", "2009"), ("month-day", "04 07")],
        [("month-day", "04 07"), ("year", "2009")],
        [("year", "2009"), ("month", "07"), ("initials", "a t")],
        [("forename-initial", "a"), ("postcode", "LS63HN")],
        [("names-phonetic", "A261 T522"), ("dwelling", "77 K525"), ("sex", "f"), ("day", "04")],
    )
    for key, components in product(_KEYS, lists):
        yield {"key": key.hex(), "components": [list(component) for component in components]}


def _token_block_inputs() -> Iterator[Vector]:
    some = (
        ("g", "_j"),
        ("g", "o_"),
        ("n", "_j"),
        ("pc", "LS"),
        ("pc", "LS63HN"),
        ("y", "2009"),
        ("l" * 16, "a" * 256),
    )
    for key, (label, token) in product(_KEYS, some):
        yield {"key": key.hex(), "label": label, "token": token}


def _position_inputs() -> Iterator[Vector]:
    blocks = (bytes(16), b"\xff" * 16, bytes(range(16)))
    # The greatest of these leave a large part of 2^32 over, so that numbers are skipped all the time.
    lengths = (64, 192, 1024, 1344, 1600, 65_472, 65_536, 2**31 + 64, 3 * 2**30, 2**32 - 64)
    for length, k in product(lengths, (1, 4, 5, 32)):
        for block in blocks if length > 65_536 else blocks[2:]:
            yield {"key": _KEYS[1].hex(), "block": block.hex(), "k": k, "length": length}


def _diffusion_inputs() -> Iterator[Vector]:
    for length, inputs in (
        (64, 1),
        (64, 2),
        (64, 16),
        (192, 3),
        (1024, 8),
        (1344, 5),
        (1600, 8),
        (65_472, 2),
    ):
        for key in _KEYS[:2]:
            yield {"key": key.hex(), "length": length, "inputs": inputs}


def _row_inputs() -> Iterator[Vector]:
    everyone = len(people())
    for number, profile in enumerate(vector_profiles()):
        if profile in (EXAMPLE_PROFILE, SKIPPING_PROFILE):
            yield _row_input(profile, [0])
            continue
        # The conformance people and the odd ones for all, and others of the drawn ones for each profile.
        drawn = [
            len(MADE_UP_PEOPLE) + (7 * number + place) % 44 for place in range(_SHIPPED_ROWS - everyone + 44)
        ]
        chosen = sorted({*range(len(MADE_UP_PEOPLE)), *drawn, *range(len(MADE_UP_PEOPLE) + 44, everyone)})
        yield from (_row_input(profile, [person]) for person in chosen)
        yield _row_input(profile, [drawn[0], everyone - 1, drawn[1], drawn[0]])  # the second has no view
        yield _row_input(profile, list(range(16)))
    yield _row_input(SKIPPING_PROFILE, [everyone])


def _row_input(profile: EncodingProfile, chosen: list[int]) -> Vector:
    handle = bytes(15) + bytes(chosen[:1]) if len(chosen) == 1 else bytes(reversed(range(240, 256)))
    return {"profile": profile.name, "handle": handle.hex(), "people": chosen}


def _skipped_person() -> Identifiers:
    """Return the first of some made-up people of whose numbers under the skipping profile one is skipped."""
    (view,) = SKIPPING_PROFILE.views
    keys = oracle.view_keys(EPOCH_KEY, SKIPPING_PROFILE.digest, view.name)
    (feature,) = view.features
    largest = 2**32 - 2**32 % SKIPPING_PROFILE.length
    name = "abcdefghijklmnopqrstuvwxyz" * 4
    blocks = [
        oracle.token_block(keys, feature.label, token) for token in oracle.tokens(feature, {"forename": name})
    ]
    for year, month, day in product(range(1990, 2020), range(1, 13), range(2, 28)):
        parts = {"year": f"{year}", "month": f"{month:02}", "day": f"{day:02}"}
        salt = oracle.salt_block(keys, list(parts.items()))
        words = (word for block in blocks for word in _words(keys["position"], salt, block, feature.k))
        if max(words) >= largest:
            return Identifiers(forename=name, date_of_birth=f"{day:02}/{month:02}/{year}")
    raise ValueError("nobody is skipped: choose another profile")


def _words(key: bytes, salt: bytes, token: bytes, k: int) -> Iterator[int]:
    for counter in range(k // 4):
        number = int.from_bytes(token, "little") ^ int.from_bytes(salt, "little") ^ counter
        block = oracle.aes(key, number.to_bytes(16, "little"))
        yield from (int.from_bytes(block[start : start + 4], "little") for start in (0, 4, 8, 12))


def folding(vectors: Mapping[str, Any]) -> dict[str, Any]:
    """Return how each character folds that occurs in vectors or on the way to their values."""
    texts = [text for one in _identifiers(vectors) for text in one.values() if isinstance(text, str)]
    texts += [repair_mojibake(text) for text in texts]
    written = _beyond_ascii(texts)
    given = {character for character in written if assigned_only(character) == character}
    decomposed = sorted(_beyond_ascii(unicodedata.normalize("NFKD", text) for text in given))
    folded = {
        character: character.casefold() for character in decomposed if character.casefold() != character
    }
    last = _beyond_ascii(unicodedata.normalize("NFKD", text) for text in (*decomposed, *folded.values()))
    occurring = sorted({*given, *decomposed, *last})
    letters = sorted(character for character in last if unicodedata.category(character)[0] in "LMN")
    return {
        "provenance": "How the characters fold that occur in encoding-1.json: made with it.",
        "unicode": "14.0",
        "characters": "".join(occurring),
        "unassigned": "".join(sorted(written - given)),
        "combining": "".join(character for character in occurring if unicodedata.combining(character)),
        "case_folding": folded,
        "transliteration": {one: fold(one) for one in letters if re.fullmatch("[a-z0-9]+", fold(one))},
    }


def word_tables(vectors: Mapping[str, Any]) -> dict[str, Any]:
    """Return the word tables of the normaliser, and the formal names of the forenames that vectors meet."""
    sets = [Identifiers(**one) for one in _identifiers(vectors)]
    met = {normalise(one).forename for written in sets for one in variants_of(written)}
    met |= {vector["forename"] for vector in vectors.get("formal_names", ())}
    met |= {
        vector["value"] for vector in vectors.get("tokens", ()) if vector["feature"]["kind"] == "canonical"
    }
    return {
        "provenance": "Word tables of normaliser 1, formal names of forenames of encoding-1.json.",
        "formal_names": {name: list(canonical_forenames(name)) for name in sorted(met - {""})},
        "words": _words_of_tables(),
    }


def _words_of_tables() -> dict[str, Any]:
    """Return what the digest of the tables covers: the tables, and digests of folding and nicknames."""
    named = {
        name.lower().replace("_", "-"): getattr(tables, name) for name in tables.__all__ if name.isupper()
    }
    words = {name: sorted(table) if isinstance(table, frozenset) else table for name, table in named.items()}
    return {**words, "folding": tables._folding_digest(), "nicknames": nicknames_digest()}


def _identifiers(vectors: Mapping[str, Any]) -> Iterator[Vector]:
    for kind in ("people", "normalisation", "variants"):
        yield from (vector["identifiers"] for vector in vectors.get(kind, ()))


def _beyond_ascii(texts: Iterable[str]) -> set[str]:
    return {character for text in texts for character in text if not character.isascii()}


def _text(content: Mapping[str, Any]) -> str:
    """Return JSON with a line for each vector, invisible characters escaped."""
    parts = [f" {_compact(name)}: {_laid_out(part)}" for name, part in content.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _laid_out(part: Any) -> str:
    if isinstance(part, list):
        return "[\n" + ",\n".join(f"  {_compact(item)}" for item in part) + "\n ]"
    if isinstance(part, dict):
        return (
            "{\n"
            + ",\n".join(f"  {_compact(name)}: {_compact(item)}" for name, item in part.items())
            + "\n }"
        )
    return _compact(part)


def _compact(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(character if _is_visible(character) else json.dumps(character)[1:-1] for character in text)


def _is_visible(character: str) -> bool:
    # By Unicode 14.0, so that every release of Python writes the same file.
    visible = assigned_only(character) == character and unicodedata.category(character)[0] not in "CZ"
    return character.isascii() or visible


def main() -> None:
    """Write the vectors, their tables and the worked example."""
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")
    before, _, after = SPECIFICATION.read_text(encoding="utf-8").partition(EXAMPLE_HEADING)
    _, heading, after = after.partition("\n## ")
    example = EXAMPLE_HEADING + worked_example()
    SPECIFICATION.write_text(before + example + heading + after, encoding="utf-8")


if __name__ == "__main__":
    main()
