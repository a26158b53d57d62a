"""The encoder gives, bit for bit, what a slow and obvious second implementation gives."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.encode.conformance import MADE_UP_PEOPLE
from linkage.encode.diffusion import Diffusion, diffusion_table
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.encode.positions import BLOCK, PositionHash
from linkage.encode.view import CHUNK_ROWS
from linkage.profile import EncodingProfile, Feature, View
from linkage.shipped_profiles import shipped_profiles
from linkage.wire.encodings import TIER_UNCERTAIN
from tests.oracles import encoding_oracle
from tests.vectors.make_encoding_vectors import EXAMPLE_PROFILE

KEY = bytes(range(32))
PROFILES = (*shipped_profiles().values(), EXAMPLE_PROFILE)
NAME = st.text(alphabet="abcdehw 'é", max_size=12)
PEOPLE = st.builds(
    Identifiers,
    forename=NAME,
    surname=NAME,
    middle_name=NAME,
    date_of_birth=st.sampled_from(["", "04/07/2009", "15/08/2008", "01/01/2010", "2011", "03/2012", "age 9"]),
    sex=st.sampled_from(["", "M", "F", "U"]),
    postcode=st.sampled_from(["", "SW1A 1AA", "3084", "A1B"]),
    address=st.sampled_from(["", "77 Kingsmill Street", "Flat 2, 9 Mill Lane", "The Grange"]),
    locality=NAME,
    birth_uncertain=st.booleans(),
)


def agree(profile: EncodingProfile, people: list[Identifiers]) -> None:
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
    encodings = encoder.encode(
        PersonRecord(number.to_bytes(16, "big"), (person,)) for number, person in enumerate(people)
    )
    found = {int(handle[-1]): row for row, handle in enumerate(encodings.handles)}
    for number, identifiers in enumerate(people):
        person = normalise(identifiers)
        views = encoding_oracle.encode_row(profile, KEY, asdict(person), person.tier)
        assert (number in found) == any(views)
        if number in found:
            row = found[number]
            present = [bool(encodings.present[row] >> view & 1) for view in range(len(views))]
            assert present == [view is not None for view in views]
            absent = bytes(profile.view_bytes)
            assert [bits.tobytes() for bits in encodings.bits[row]] == [view or absent for view in views]
            assert (encodings.tiers[row] == TIER_UNCERTAIN) == (person.tier == "uncertain")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@settings(max_examples=10)
@given(people=st.lists(PEOPLE, min_size=1, max_size=4))
def test_random_records_agree(profile: EncodingProfile, people: list[Identifiers]) -> None:
    agree(profile, people)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_made_up_people_agree(profile: EncodingProfile) -> None:
    agree(profile, list(MADE_UP_PEOPLE))


@pytest.mark.parametrize(("length", "inputs"), [(64, 2), (192, 16), (1344, 5)])
def test_diffusion_tables_agree_and_hold_distinct_inputs(length: int, inputs: int) -> None:
    table = diffusion_table(KEY, length=length, inputs=inputs)
    assert table.tolist() == encoding_oracle.diffusion_inputs(length, inputs, KEY)
    assert all(len(set(row)) == inputs for row in table.tolist())


def one_view(**changes: object) -> EncodingProfile:
    """Return a profile of one view: salted by the year, undiffused, unless changed."""
    names = tuple(Feature(field=field, kind="bigrams", label="n", k=4) for field in ("forename", "surname"))
    settings: dict[str, Any] = {
        "name": "one",
        "salt": ("year",),
        "features": names,
        "diffusion": 1,
        **changes,
    }
    length = settings.pop("length", 64)
    return EncodingProfile(name="one-view", length=length, diffusion=4, views=(View(**settings),))


SHAPES = {
    "undiffused": one_view(),
    "diffused": one_view(diffusion=3),
    "unsalted": one_view(salt=()),
    "unsalted, diffused": one_view(salt=(), diffusion=2),
    "a component named twice": one_view(salt=("year", "year")),
    "pairs and single parts": one_view(
        salt=("month-day", "initials", "names-phonetic", "surname-phonetic"), length=192
    ),
    "sex, dwelling": one_view(salt=("sex", "dwelling"), diffusion=16),
    "one k from one to nine": one_view(
        features=tuple(
            Feature(field=field, kind="bigrams", label=field.replace("_", "-"), k=k)
            for k, field in enumerate(
                (
                    "forename",
                    "surname",
                    "middle_name",
                    "year",
                    "month",
                    "sex",
                    "postcode",
                    "address",
                    "locality",
                ),
                1,
            )
        ),
        length=1088,
        diffusion=2,
    ),
    "one label with two k": one_view(
        features=(
            Feature(field="forename", kind="bigrams", label="n", k=3),
            Feature(field="surname", kind="bigrams", label="n", k=6),
            Feature(field="postcode", kind="prefixes", label="pc", k=5, prefixes=(1, 0, 9)),
        ),
        salt=("forename-initial",),
        tiers=("certain", "uncertain"),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=10)
@given(people=st.lists(PEOPLE, min_size=1, max_size=6))
def test_views_of_every_shape_agree(shape: str, people: list[Identifiers]) -> None:
    agree(SHAPES[shape], people)


@pytest.mark.parametrize("shape", SHAPES)
def test_more_rows_than_are_made_at_a_time_agree(shape: str) -> None:
    people = [*MADE_UP_PEOPLE] * (CHUNK_ROWS // 2)
    profile = SHAPES[shape]
    persons = [normalise(person) for person in MADE_UP_PEOPLE]
    expected = [encoding_oracle.encode_row(profile, KEY, asdict(one), one.tier)[0] for one in persons]
    made = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile)).encode(
        PersonRecord(number.to_bytes(16, "big"), (person,)) for number, person in enumerate(people)
    )
    assert len(made)
    for handle, bits in zip(made.handles, made.bits, strict=True):
        number = int.from_bytes(handle.tobytes(), "big")
        assert bits.tobytes() == expected[number % len(MADE_UP_PEOPLE)]


GREAT = 64_320
BLOCKS = np.random.default_rng(3).integers(0, 256, (600, 16), dtype=np.uint8)


@pytest.mark.parametrize("length", [64, 1600, 65_536 - 64, 3_000_000_000, (1 << 31) + 64])
@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 9, 32])
def test_positions_agree_even_where_words_are_skipped(length: int, count: int) -> None:
    # The last two lengths are no profile's: they make a third and a half of all words be passed over.
    found = PositionHash(KEY, length=length)(BLOCKS.reshape(-1).view(BLOCK), count)
    assert found.shape == (len(BLOCKS), count)
    keys = {"position": KEY}
    expected = [
        encoding_oracle.token_positions(keys, bytes(16), block.tobytes(), count, length) for block in BLOCKS
    ]
    assert found.tolist() == expected


def test_a_profile_of_great_length_skips_words_and_agrees() -> None:
    length = GREAT  # of its words about one in 70,000 is passed over: a dozen of the 800,000 here
    blocks = np.random.default_rng(4).integers(0, 256, (200_000, 16), dtype=np.uint8)
    found = PositionHash(KEY, length=length)(blocks.reshape(-1).view(BLOCK), 4)
    naive = _first_words(blocks)
    skipped = np.flatnonzero((naive >= (1 << 32) // length * length).any(axis=1))
    assert len(skipped) > 0
    for row in skipped.tolist():
        block = blocks[row].tobytes()
        expected = encoding_oracle.token_positions({"position": KEY}, bytes(16), block, 4, length)
        assert found[row].tolist() == expected
    kept = np.delete(np.arange(len(blocks)), skipped)
    assert np.array_equal(found[kept], naive[kept] % length)


def _first_words(blocks: NDArray[np.uint8]) -> NDArray[np.uint32]:
    encryptor = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor()
    return np.frombuffer(encryptor.update(blocks.tobytes()), dtype="<u4").reshape(-1, 4)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_diffusing_many_records_at_once_agrees(eights: int, words: int, inputs: int, seed: int) -> None:
    length = 64 * eights
    bits = np.random.default_rng(seed).integers(0, 2, (64 * words, length), dtype=np.uint8)
    octets = np.packbits(bits.reshape(-1, 8, length), axis=1, bitorder="little")[:, 0]
    diffused = Diffusion(KEY, length=length, inputs=inputs)(np.ascontiguousarray(octets))
    chosen = np.array(encoding_oracle.diffusion_inputs(length, inputs, KEY))
    assert np.array_equal(diffused, np.packbits(bits[:, chosen].sum(axis=2) % 2, axis=1))
