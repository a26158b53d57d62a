"""The encoder gives, bit for bit, what a slow and obvious second implementation gives."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encode.conformance import MADE_UP_PEOPLE
from linkage.encode.diffusion import diffusion_table, to_rows
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.profile import EncodingProfile, shipped_profiles
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


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_turning_bits_round_moves_each_to_its_place(eights: int, words: int, seed: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (8 * eights, 64 * words), dtype=np.uint8)
    turned = to_rows(np.packbits(bits, axis=1, bitorder="little"))
    assert np.array_equal(turned, np.packbits(bits.T, axis=1))
