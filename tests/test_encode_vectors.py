"""The published vectors and the specification's worked example are what the encoder gives."""

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.encode.tables import tables_digest
from linkage.profile import shipped_profiles
from tests.oracles import encoding_oracle
from tests.vectors.make_encoding_vectors import EXAMPLE_PERSON, EXAMPLE_PROFILE, FILE, build

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SPECIFICATION = (
    Path(__file__).parents[1].joinpath("docs", "spec", "encoding-1.md").read_text(encoding="utf-8")
)
KEY = bytes.fromhex(VECTORS["epoch_key"])
PROFILES = {profile.name: profile for profile in (*shipped_profiles().values(), EXAMPLE_PROFILE)}


def test_the_file_covers_every_shipped_profile() -> None:
    assert VECTORS["provenance"]
    assert len(VECTORS["people"]) >= 64
    assert [made["name"] for made in VECTORS["profiles"]] == list(PROFILES)
    assert all(len(made["rows"]) >= 60 for made in VECTORS["profiles"] if made["name"] in shipped_profiles())


def test_the_file_is_what_its_script_makes() -> None:
    assert build() == VECTORS


@pytest.mark.parametrize("person", VECTORS["people"])
def test_people_normalise_as_published(person: dict[str, Any]) -> None:
    made = normalise(Identifiers(**person["identifiers"]))
    values = asdict(made)
    for field in ("tier", "refusals", "notices"):
        del values[field]
    assert {field: value for field, value in values.items() if value} == person["normalised"]
    assert made.tier == person["tier"]
    assert {refusal.field: refusal.reason for refusal in made.refusals} == person["refusals"]
    assert [[notice.field, notice.reason] for notice in made.notices] == person["notices"]


@pytest.mark.parametrize("made", VECTORS["profiles"], ids=lambda made: made["name"])
def test_rows_encode_as_published(made: dict[str, Any]) -> None:
    profile = PROFILES[made["name"]]
    assert profile.digest == made["digest"]
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
    for row in made["rows"]:
        person = Identifiers(**VECTORS["people"][row["person"]]["identifiers"])
        encodings = encoder.encode([PersonRecord(bytes(16), (person,))])
        found = {
            view.name: encodings.bits[0, place].tobytes()
            for place, view in enumerate(profile.views)
            if encodings.present[0] >> place & 1
        }
        assert {name: hashlib.sha256(bits).hexdigest() for name, bits in found.items()} == row["sha256"]
        assert encodings.tiers[0] == row["tier"]


@pytest.mark.parametrize("made", VECTORS["profiles"], ids=lambda made: made["name"])
def test_the_oracle_agrees_with_every_row(made: dict[str, Any]) -> None:
    profile = PROFILES[made["name"]]
    for row in made["rows"]:
        person = VECTORS["people"][row["person"]]
        octets = encoding_oracle.encode_row(profile, KEY, person["normalised"], person["tier"])
        found = {
            view.name: bits for view, bits in zip(profile.views, octets, strict=True) if bits is not None
        }
        assert {name: hashlib.sha256(bits).hexdigest() for name, bits in found.items()} == row["sha256"]
        if "bits" in row:
            assert {name: bits.hex() for name, bits in found.items()} == row["bits"]


def test_the_tables_are_those_of_version_1() -> None:
    # Another digest means that encodings change: that is a new normaliser version, not a new vectors file.
    assert tables_digest() == "7f34a5935c6fd1d5cbdbec1567fedcb59bf2adbda9df0e4e8054fbf11b893b27"


def test_the_worked_example_of_the_specification_is_true() -> None:
    (view,) = EXAMPLE_PROFILE.views
    values = {"forename": "jo", "year": "2009", "month": "07", "day": "04"}
    stated = re.sub(r"[ `]", "", SPECIFICATION.split("## 10 Worked example")[1])
    keys = encoding_oracle.view_keys(KEY, EXAMPLE_PROFILE.digest, view.name)
    salt = encoding_oracle.salt_block(keys, [("year", "2009")])
    expected = [EXAMPLE_PROFILE.digest, KEY.hex(), salt.hex(), *(key.hex() for key in keys.values())]
    for token in ("_j", "jo", "o_"):
        block = encoding_oracle.token_block(keys, "g", token)
        first, second = encoding_oracle.token_positions(keys, salt, block, 2, 64)
        expected += [
            f"|{token}|{block.hex()}|{bytes(a ^ b for a, b in zip(salt, block, strict=True)).hex()}|"
        ]
        expected += [f"|{first},{second}|"]
    bits = encoding_oracle.filter_bits(EXAMPLE_PROFILE, view, keys, values)
    assert bits is not None
    expected.append("bits" + ",".join(str(place) for place, bit in enumerate(bits) if bit))
    encoder = Encoder(EXAMPLE_PROFILE, EncodingKeys.from_epoch_key(KEY, EXAMPLE_PROFILE))
    encodings = encoder.encode([PersonRecord(bytes(16), (EXAMPLE_PERSON,))])
    expected.append(encodings.bits.tobytes().hex())
    assert [text for text in expected if text not in stated] == []
