"""What this release makes of a vector's input: each function returns the rest of a vector of its kind.

The generator writes what they return; the check compares it with what stands in the file.
"""

import datetime
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

import msgspec
import numpy as np

from linkage.encode.conformance import conformance_digest
from linkage.encode.diffusion import diffusion_table
from linkage.encode.encoder import Encoder
from linkage.encode.framing import KeyedBlocks
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.latin import fold
from linkage.encode.nicknames import canonical_forenames
from linkage.encode.normalise import Normalised, normalise
from linkage.encode.positions import BLOCK, PositionHash
from linkage.encode.runs import TokenBlocks
from linkage.encode.salts import empty_salt
from linkage.encode.tables import tables_digest
from linkage.encode.tokens import COMPONENTS, tokens
from linkage.encode.variants import variants_of
from linkage.profile import EncodingProfile, Feature
from linkage.wire.derivation import derive
from linkage.wire.encodings import row_octets

__all__ = ["EPOCH_KEY", "KINDS", "ROWS_IN_FULL", "Maker", "Vector", "makers", "row_vector"]

Vector = dict[str, Any]
Maker = Callable[[Vector], Vector]

EPOCH_KEY: Final = bytes(range(32))
ROWS_IN_FULL: Final = 160
"""Octets of the longest row that is given in full; of longer ones the beginning and SHA-256 are."""
_BEGINNING: Final = 48


def makers(vectors: Mapping[str, Any]) -> dict[str, Maker]:
    """Return for each kind of vector what makes it from its input; rows need the file's people."""
    profiles = (msgspec.convert(vector["profile"], EncodingProfile) for vector in vectors["profiles"])
    encoders = {profile.name: _encoder(profile) for profile in profiles}

    def rows(vector: Vector) -> Vector:
        sets = tuple(Identifiers(**vectors["people"][number]["identifiers"]) for number in vector["people"])
        record = PersonRecord(bytes.fromhex(vector["handle"]), sets)
        made = encoders[vector["profile"]].encode([record])
        return {"rows": [row_vector(row_octets(made.take(np.array([row])))) for row in range(len(made))]}

    return {**KINDS, "rows": rows}


def row_vector(octets: bytes) -> Vector:
    """Return a row as it stands in a vector."""
    if len(octets) <= ROWS_IN_FULL:
        return {"hex": octets.hex()}
    digest = hashlib.sha256(octets).hexdigest()
    return {"octets": len(octets), "first": octets[:_BEGINNING].hex(), "sha256": digest}


def _encoder(profile: EncodingProfile) -> Encoder:
    return Encoder(profile, EncodingKeys.from_epoch_key(EPOCH_KEY, profile))


def _normalised(vector: Vector) -> Vector:
    today = datetime.date.fromisoformat(vector["today"]) if "today" in vector else None
    person = normalise(
        Identifiers(**vector["identifiers"]), date_order=vector.get("date_order", "dmy"), today=today
    )
    notices: dict[str, list[str]] = {}
    for notice in person.notices:
        notices.setdefault(notice.field, []).append(notice.reason)
    return {
        "tier": person.tier,
        "values": _values(person),
        "refusals": {refusal.field: refusal.reason for refusal in person.refusals},
        "notices": notices,
        "shared_postcode": person.shared_postcode,
    }


def _values(person: Normalised) -> dict[str, str]:
    every = asdict(person)
    return {name: part for name, part in every.items() if isinstance(part, str) and part and name != "tier"}


def _variants(vector: Vector) -> Vector:
    return {"sets": [_values(normalise(one)) for one in variants_of(Identifiers(**vector["identifiers"]))]}


def _tokens(vector: Vector) -> Vector:
    return {"tokens": sorted(tokens(msgspec.convert(vector["feature"], Feature), vector["value"]))}


def _component(vector: Vector) -> Vector:
    rule = COMPONENTS[vector["component"]]
    return {"value": rule.value(*(vector["values"].get(field, "") for field in rule.fields))}


def _profile(vector: Vector) -> Vector:
    profile = msgspec.convert(vector["profile"], EncodingProfile)
    return {"digest": profile.digest, "conformance_digest": conformance_digest(profile, EPOCH_KEY)}


def _salt_block(vector: Vector) -> Vector:
    key = bytes.fromhex(vector["key"])
    block = np.frombuffer(empty_salt(key).tobytes(), dtype=np.uint8).copy()
    for component, value in vector["components"]:
        block ^= np.frombuffer(KeyedBlocks(key, "salt", component).of([value]), dtype=np.uint8)
    return {"block": block.tobytes().hex()}


def _positions(vector: Vector) -> Vector:
    blocks = np.frombuffer(bytes.fromhex(vector["block"]), dtype=BLOCK)
    found = PositionHash(bytes.fromhex(vector["key"]), length=vector["length"])(blocks, vector["k"])
    return {"positions": found[0].tolist()}


def _diffusion(vector: Vector) -> Vector:
    key = bytes.fromhex(vector["key"])
    table = diffusion_table(key, length=vector["length"], inputs=vector["inputs"])
    return {"first": table[:2].tolist(), "sha256": hashlib.sha256(table.astype("<u4").tobytes()).hexdigest()}


def _foldings(vector: Vector) -> Vector:
    digest = hashlib.sha256()
    for point in range(int(vector["first"], 16), int(vector["last"], 16) + 1):
        digest.update(f"{point:x} {fold(chr(point))}\n".encode("ascii"))
    return {"sha256": digest.hexdigest()}


KINDS: Final[Mapping[str, Maker]] = {
    "people": _normalised,
    "normalisation": _normalised,
    "variants": _variants,
    "foldings": _foldings,
    "tables": lambda _: {"digest": tables_digest()},
    "formal_names": lambda vector: {"names": list(canonical_forenames(vector["forename"]))},
    "tokens": _tokens,
    "components": _component,
    "profiles": _profile,
    "derivations": lambda vector: {"key": derive(EPOCH_KEY, vector["label"]).hex()},
    "salt_blocks": _salt_block,
    "token_blocks": lambda vector: {
        "block": TokenBlocks(bytes.fromhex(vector["key"])).under(vector["label"])[vector["token"]].hex()
    },
    "positions": _positions,
    "diffusion": _diffusion,
}
