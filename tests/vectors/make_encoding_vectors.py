"""Writes encoding-1.json: run ``python -m tests.vectors.make_encoding_vectors`` after a deliberate change.

The people are made up; the key is in the file.  A second implementation starts from "normalised" and compares
views by SHA-256, or bit by bit where "bits" are given.
"""

import hashlib
import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

from linkage.encode.conformance import MADE_UP_PEOPLE, conformance_digest
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normalised, normalise
from linkage.encode.tables import tables_digest
from linkage.profile import EncodingProfile, Feature, View, shipped_profiles
from linkage.wire.encodings import Encodings

FILE = Path(__file__).with_name("encoding-1.json")
EPOCH_KEY = bytes(range(32))
BITS_IN_FULL = 6
PROVENANCE = (
    "Made by tests/vectors/make_encoding_vectors.py with linkage.encode of profile format 1, normaliser 1, "
    "anyascii 0.3.3; made-up people, epoch key 00 01 .. 1f, date order dmy, no today; rows with bits in full "
    "also agree with tests/oracles/encoding_oracle.py."
)

_FORENAMES = (
    "Aisha", "Bartosz", "Chloe", "Dmitri", "Efua", "Fionn", "Grace", "Haruki", "Imogen", "Jürgen", "Khadija",
    "Łucja", "Mbali", "Niamh", "Oluwaseun", "Padraig", "Quang", "Rhys", "Siân", "Tariq", "Ulla", "Wren",
)  # fmt: skip
_SURNAMES = (
    "Abdullahi", "Baker-Shaw", "Crânganu", "D'Souza", "El Amrani", "Fitzgerald", "Grzybowski", "Hội", "Iqbal",
    "Jones", "Kovačević", "Lewis", "Mac Lean", "Nkemelu", "O'Neill", "Papadópoulos", "van Dijk", "Yılmaz",
)  # fmt: skip
_STREETS = ("Acacia Avenue", "Station Road", "The Green", "Queen's Terrace", "Bryn Celyn", "Wharf Lane")

EXAMPLE_PROFILE = EncodingProfile(
    name="worked-example",
    length=64,
    diffusion=2,
    views=(
        View(
            name="y",
            salt=("year",),
            features=(Feature(field="forename", kind="bigrams", label="g", k=2),),
        ),
    ),
)
EXAMPLE_PERSON = Identifiers(forename="Jo", date_of_birth="04/07/2009")


def people() -> list[Identifiers]:
    """Return at least 64 sets of identifiers: those of the conformance digest, then drawn ones."""
    draw = random.Random(1)
    drawn = [
        Identifiers(
            forename=draw.choice(_FORENAMES),
            surname=draw.choice(_SURNAMES),
            middle_name=draw.choice(("", *_FORENAMES)),
            date_of_birth=f"{draw.randint(1, 28):02}/{draw.randint(1, 12):02}/{draw.randint(2005, 2024)}",
            sex=draw.choice("MFU"),
            postcode=f"{draw.choice('BELMNSW')}{draw.randint(1, 28)} {draw.randint(1, 9)}AQ",
            address=f"{draw.randint(1, 200)} {draw.choice(_STREETS)}",
            locality=draw.choice(("Bangor", "Corby", "Leith", "Omagh")),
        )
        for _ in range(44)
    ]
    return [*MADE_UP_PEOPLE, *drawn]


def values(person: Normalised) -> dict[str, str]:
    """Return the values that a person has, by field."""
    every = asdict(person)
    return {field: value for field, value in every.items() if isinstance(value, str) and value}


def encode(profile: EncodingProfile, persons: list[Identifiers]) -> Encodings:
    """Encode each person under a handle that is the person's number."""
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(EPOCH_KEY, profile))
    return encoder.encode(
        PersonRecord(number.to_bytes(16, "big"), (person,)) for number, person in enumerate(persons)
    )


def rows(profile: EncodingProfile, encodings: Encodings) -> list[dict[str, Any]]:
    """Describe each row: the person's number, tier, and each view it has."""
    return [_row(profile, encodings, number) for number in range(len(encodings))]


def _row(profile: EncodingProfile, encodings: Encodings, number: int) -> dict[str, Any]:
    views = {
        view.name: encodings.bits[number, place].tobytes()
        for place, view in enumerate(profile.views)
        if encodings.present[number] >> place & 1
    }
    row: dict[str, Any] = {
        "person": int.from_bytes(encodings.handles[number].tobytes(), "big"),
        "tier": int(encodings.tiers[number]),
        "sha256": {name: hashlib.sha256(bits).hexdigest() for name, bits in views.items()},
    }
    if number < BITS_IN_FULL:
        row["bits"] = {name: bits.hex() for name, bits in views.items()}
    return row


def build() -> dict[str, Any]:
    """Return the content of the vectors file."""
    everyone = people()
    return {
        "provenance": PROVENANCE,
        "epoch_key": EPOCH_KEY.hex(),
        "tables_digest": tables_digest(),
        "people": [_person(identifiers) for identifiers in everyone],
        "profiles": [
            {
                "name": profile.name,
                "digest": profile.digest,
                "conformance_digest": conformance_digest(profile, EPOCH_KEY),
                "rows": rows(profile, encode(profile, everyone)),
            }
            for profile in (*shipped_profiles().values(), EXAMPLE_PROFILE)
        ],
    }


def _person(identifiers: Identifiers) -> dict[str, Any]:
    person = normalise(identifiers)
    return {
        "identifiers": {name: value for name, value in asdict(identifiers).items() if value},
        "normalised": {name: value for name, value in values(person).items() if name != "tier"},
        "tier": person.tier,
        "refusals": {refusal.field: refusal.reason for refusal in person.refusals},
        "notices": [[notice.field, notice.reason] for notice in person.notices],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(build(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
