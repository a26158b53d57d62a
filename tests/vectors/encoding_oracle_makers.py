"""What the slow, obvious oracle makes of a vector's input, where it knows the kind of vector."""

import hashlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from linkage.encode.tokens import fields_of
from linkage.profile import EncodingProfile, Feature
from tests.oracles import encoding_oracle as oracle
from tests.vectors.encoding_makers import EPOCH_KEY, Maker, Vector, row_vector

__all__ = ["oracle_makers"]

_Set = tuple[int, oracle.Values, str, list[bytes | None]]
"""A row's number, its values, its tier and its views."""


def oracle_makers(vectors: Mapping[str, Any]) -> dict[str, Maker]:
    """Return for each kind of vector that the oracle knows what makes it; people's values are given."""
    profiles = [msgspec.convert(vector["profile"], EncodingProfile) for vector in vectors["profiles"]]
    by_name = {profile.name: profile for profile in profiles}

    def rows(vector: Vector) -> Vector:
        people = [vectors["people"][number] for number in vector["people"]]
        made = _rows(by_name[vector["profile"]], bytes.fromhex(vector["handle"]), people)
        return {"rows": [row_vector(octets) for octets in made]}

    return {
        "tokens": _tokens,
        "components": lambda vector: {"value": oracle.component(vector["component"], vector["values"])},
        "salt_blocks": _salt_block,
        "token_blocks": _token_block,
        "positions": _positions,
        "diffusion": _diffusion,
        "rows": rows,
    }


def _rows(profile: EncodingProfile, handle: bytes, people: list[Vector]) -> Iterator[bytes]:
    """Yield the octets of a record's rows, those of padding included."""
    encoded: list[_Set] = []
    for number, person in enumerate(people):
        values = _values(profile, person)
        views = oracle.encode_row(profile, EPOCH_KEY, values, person["tier"])
        if any(views):
            encoded.append((number, values, person["tier"], views))
    if profile.rows > 1 and encoded:
        encoded = _padded(profile, handle, encoded)
    for number, row_values, tier, views in encoded:
        present = sum(1 << place for place, octets in enumerate(views) if octets is not None)
        filters = [octets or bytes(profile.length // 8) for octets in views]
        exact = [oracle.exact_token(profile, EPOCH_KEY, kind, row_values[kind]) for kind in profile.exact]
        head = handle + struct.pack("<BBI", number, tier == "uncertain", present)
        yield b"".join((head, *filters, *exact))


def _padded(profile: EncodingProfile, handle: bytes, encoded: list[_Set]) -> list[_Set]:
    tiers = {id(values): tier for _, values, tier, _ in encoded}
    padded = oracle.padded_sets(profile, EPOCH_KEY, handle, [values for _, values, _, _ in encoded])
    rows: list[_Set] = []
    for number, values in enumerate(padded):
        tier = tiers.get(id(values), encoded[0][2])  # a made-up set has the tier of the first
        rows.append((number, values, tier, oracle.encode_row(profile, EPOCH_KEY, values, tier)))
    return rows


def _values(profile: EncodingProfile, person: Vector) -> dict[str, str]:
    """Return the values of the fields that a profile uses, "" for absent ones."""
    used = {field: value for field, value in person["values"].items() if field in fields_of(profile)}
    absent = dict.fromkeys(("forename", "surname", *profile.exact), "")
    return {**absent, **used, "shared_postcode": "x" * person["shared_postcode"]}


def _tokens(vector: Vector) -> Vector:
    feature = msgspec.convert(vector["feature"], Feature)
    return {"tokens": sorted(oracle.tokens(feature, {feature.field: vector["value"]}))}


def _salt_block(vector: Vector) -> Vector:
    components = [(name, value) for name, value in vector["components"]]
    return {"block": oracle.salt_block({"salt": bytes.fromhex(vector["key"])}, components).hex()}


def _token_block(vector: Vector) -> Vector:
    keys = {"token": bytes.fromhex(vector["key"])}
    return {"block": oracle.token_block(keys, vector["label"], vector["token"]).hex()}


def _positions(vector: Vector) -> Vector:
    keys = {"position": bytes.fromhex(vector["key"])}
    block = bytes.fromhex(vector["block"])
    return {"positions": oracle.token_positions(keys, bytes(16), block, vector["k"], vector["length"])}


def _diffusion(vector: Vector) -> Vector:
    table = oracle.diffusion_inputs(vector["length"], vector["inputs"], bytes.fromhex(vector["key"]))
    octets = b"".join(struct.pack("<I", place) for chosen in table for place in chosen)
    return {"first": table[:2], "sha256": hashlib.sha256(octets).hexdigest()}
