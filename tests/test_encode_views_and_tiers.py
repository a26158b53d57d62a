"""A view is there only if its whole salt is; uncertain births stand apart; no row is without a view."""

import dataclasses
import datetime

import numpy as np
import pytest

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.errors import InputError
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import TIER_CERTAIN, TIER_UNCERTAIN, Encodings, encodings_pieces, read_encodings

KEY = bytes(range(32))
PROFILE = shipped_profile("child-1")
WHOLE = Identifiers("Amelia", "Hartley", "Rose", "04/07/2009", "F", "LS6 3HN")
NAMES = [view.name for view in PROFILE.views]


def encode(*people: Identifiers) -> Encodings:
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    return encoder.encode(PersonRecord(bytes((n,)) * 16, (person,)) for n, person in enumerate(people))


def views(person: Identifiers) -> set[str]:
    return {
        name for present in encode(person).present for place, name in enumerate(NAMES) if present >> place & 1
    }


@pytest.mark.parametrize(
    ("change", "there"),
    [
        ({}, {"y-e-sf", "y-m-i", "y-d-i", "y-n", "e-n", "f-p"}),
        ({"postcode": ""}, {"y-e-sf", "y-m-i", "y-d-i", "y-n", "e-n"}),
        ({"postcode": "ZZ99 3VZ"}, {"y-e-sf", "y-m-i", "y-d-i", "y-n", "e-n"}),
        ({"surname": ""}, {"y-e-sf", "f-p"}),
        ({"forename": "Baby"}, set()),
        ({"date_of_birth": ""}, {"f-p"}),
        ({"date_of_birth": "31/02/2009"}, {"y-m-i", "y-n", "f-p"}),
        ({"date_of_birth": "01/01/2009"}, {"y-n", "f-p"}),
        ({"birth_uncertain": True}, {"y-n", "f-p"}),
    ],
)
def test_a_view_exists_if_its_whole_salt_does(change: dict[str, str], there: set[str]) -> None:
    assert views(dataclasses.replace(WHOLE, **change)) == there


def test_an_absent_view_is_all_zeros_and_a_present_one_is_not() -> None:
    encodings = encode(WHOLE, dataclasses.replace(WHOLE, surname=""))
    for present, bits in zip(encodings.present, encodings.bits, strict=True):
        for place in range(len(NAMES)):
            assert bits[place].any() == bool(present >> place & 1)


def test_a_view_without_any_token_is_absent() -> None:
    profile = shipped_profile("person-1")
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))

    def present(**values: str) -> list[int]:
        person = Identifiers(date_of_birth="04/07/2009", **values)
        return encoder.encode([PersonRecord(bytes(16), (person,))]).present.tolist()

    assert present(locality="Dover") == [0b11]
    assert present(sex="F") == []


def test_an_uncertain_birth_has_its_own_tier_and_shares_the_views_that_do_not_rest_on_it() -> None:
    certain, missing, uncertain = encode(
        WHOLE,
        dataclasses.replace(WHOLE, date_of_birth=""),
        dataclasses.replace(WHOLE, date_of_birth="", birth_uncertain=True),
    ).bits[:, NAMES.index("f-p")]
    tiers = encode(WHOLE, dataclasses.replace(WHOLE, birth_uncertain=True)).tiers
    assert tiers.tolist() == [TIER_CERTAIN, TIER_UNCERTAIN]
    assert _disagreement(certain, missing) < 0.45  # one tier: the names speak
    assert np.array_equal(missing, uncertain)  # the tier marks the row, and changes no bit


def test_an_uncertain_birth_keeps_what_is_true_of_it() -> None:
    same_year = [
        dataclasses.replace(WHOLE, date_of_birth=text) for text in ("01/01/2009", "2009", "1 Jan 2009")
    ]
    encodings = encode(*same_year, dataclasses.replace(WHOLE, date_of_birth="2010"))
    assert np.array_equal(encodings.bits[0], encodings.bits[1])
    assert np.array_equal(encodings.bits[0], encodings.bits[2])
    assert not np.array_equal(encodings.bits[0], encodings.bits[3])


def test_variants_are_rows_of_their_own() -> None:
    alias = dataclasses.replace(WHOLE, forename="Milly")
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    encodings = encoder.encode([PersonRecord(bytes(16), (WHOLE, alias))])
    assert encodings.variants.tolist() == [0, 1]
    assert np.array_equal(encodings.bits[0], encode(WHOLE).bits[0])
    assert np.array_equal(encodings.bits[1], encode(alias).bits[0])


def test_identifiers_without_a_view_are_reported_and_not_encoded() -> None:
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    empty = Identifiers("unknown", sex="F")
    refused: list[tuple[bytes, int, str]] = []
    encodings = encoder.encode(
        [PersonRecord(b"b" * 16, (empty, WHOLE)), PersonRecord(b"a" * 16, (empty,))],
        on_refused=lambda handle, variant, reason: refused.append((handle, variant, reason)),
    )
    assert encodings.variants.tolist() == [1]
    assert refused == [(b"b" * 16, 0, "no-view"), (b"a" * 16, 0, "no-view")]


@pytest.mark.parametrize(
    "person",
    [
        WHOLE,
        Identifiers(),
        Identifiers(date_of_birth="04/07/2009"),
        Identifiers("Jo", postcode="LS6 3HN", birth_uncertain=True),
        Identifiers("Jo", birth_uncertain=True),
        Identifiers(surname="Hartley", date_of_birth="2009"),
    ],
)
def test_encodable_foretells_what_encode_does(person: Identifiers) -> None:
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    reason = encoder.encodable(normalise(person))
    assert reason in (None, "no-view")
    assert (reason is None) == (len(encode(person)) == 1)


def test_rows_are_sorted_by_handle_whatever_the_order_of_records() -> None:
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    handles = [bytes((b, a)) * 8 for a, b in [(3, 1), (1, 2), (2, 0), (0, 1)]]
    encodings = encoder.encode(PersonRecord(handle, (WHOLE,)) for handle in handles)
    assert [handle.tobytes() for handle in encodings.handles] == sorted(handles)


def test_two_records_with_one_handle_are_refused() -> None:
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    with pytest.raises(InputError, match="same handle"):
        encoder.encode([PersonRecord(bytes(16), (WHOLE,))] * 2)


def test_no_records_give_an_empty_table() -> None:
    encodings = encode()
    assert encodings.bits.shape == (0, len(PROFILE.views), PROFILE.view_bytes)


def test_progress_counts_records() -> None:
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))
    told: list[int] = []
    records = [PersonRecord(bytes((n,)) * 16, (WHOLE, WHOLE)) for n in range(5)]
    batches = list(encoder.encode_batches(records, batch_rows=5, progress=told.append))
    assert [len(batch) for batch in batches] == [5, 5]
    assert told == [5]


def test_a_date_after_today_gives_no_view_of_it() -> None:
    keys = EncodingKeys.from_epoch_key(KEY, PROFILE)
    records = [PersonRecord(bytes(16), (WHOLE,))]
    early = Encoder(PROFILE, keys, today=datetime.date(2009, 7, 3)).encode(records)
    assert early.present.tolist() == [1 << NAMES.index("f-p")]
    late = Encoder(PROFILE, keys, today=datetime.date(2009, 7, 4)).encode(records)
    assert late.present.tolist() == [0b111111]


def test_the_rows_travel() -> None:
    encodings = encode(WHOLE, Identifiers("Jo", postcode="LS6 3HN", birth_uncertain=True))
    pieces = encodings_pieces(encodings, agency="E08", profile_digest=PROFILE.digest)
    header, read = read_encodings(pieces)
    assert (header.rows, header.views, header.view_bytes) == (2, 6, 112)
    assert np.array_equal(read.bits, encodings.bits)


def _disagreement(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.unpackbits(left ^ right).mean())
