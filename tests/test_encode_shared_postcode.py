"""A postcode that many children share salts views as ever, and gives no tokens in any."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.profile import EncodingProfile, Feature, View
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings
from tests.oracles import encoding_oracle

KEY = bytes(range(32))
CHILD = Identifiers("Amelia", "Hartley", "Rose", "04/07/2009", "F", "LS6 3HN", "1 Mill Road", "Leeds")
SHARED = replace(CHILD, postcode_shared=True)
FIELDS = (
    "forename",
    "surname",
    "middle_name",
    "year",
    "month",
    "day",
    "sex",
    "postcode",
    "address",
    "locality",
)


def _encode(profile: EncodingProfile, *people: Identifiers) -> Encodings:
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
    return encoder.encode(PersonRecord(n.to_bytes(16, "big"), (one,)) for n, one in enumerate(people))


@pytest.mark.parametrize("name", ["child-1", "child-1-recall", "person-1", "person-1-open", "clk-plain"])
def test_rows_are_what_the_page_says(name: str) -> None:
    profile = shipped_profile(name)
    people = [SHARED, CHILD, replace(SHARED, postcode="nonsense"), replace(SHARED, date_of_birth="2009")]
    made = _encode(profile, *people)
    for row, one in enumerate(people):
        person = normalise(one)
        values = {field: getattr(person, field) for field in FIELDS}
        values["shared_postcode"] = "yes" if person.shared_postcode else ""
        expected = encoding_oracle.encode_row(profile, KEY, values, person.tier)
        absent = bytes(profile.view_bytes)
        assert [bits.tobytes() for bits in made.bits[row]] == [view or absent for view in expected]


def test_views_stay_and_only_the_postcode_stops_speaking() -> None:
    profile = shipped_profile("child-1")
    shared, own, without = (_encode(profile, one) for one in (SHARED, CHILD, replace(CHILD, postcode="")))
    by_postcode = [view.name for view in profile.views].index("f-p")
    assert shared.present[0] == own.present[0]
    for view in range(len(profile.views)):
        if view == by_postcode:
            assert np.array_equal(shared.bits[0, view], own.bits[0, view]), (
                "its salt is the postcode, its tokens not"
            )
        else:
            assert np.array_equal(shared.bits[0, view], without.bits[0, view])
            assert not np.array_equal(shared.bits[0, view], own.bits[0, view])


def test_the_mark_without_a_postcode_changes_nothing() -> None:
    profile = shipped_profile("child-1")
    bare = replace(CHILD, postcode="")
    made = _encode(profile, bare, replace(bare, postcode_shared=True))
    assert np.array_equal(made.bits[0], made.bits[1])


def test_a_view_of_nothing_but_a_shared_postcode_is_not_there() -> None:
    only = View(
        name="p",
        salt=("postcode",),
        features=(Feature(field="postcode", kind="prefixes", label="pc", k=4, prefixes=(2, 0)),),
    )
    base = shipped_profile("child-1")
    profile = msgspec.structs.replace(base, views=(*base.views, only))
    made = _encode(profile, CHILD, SHARED)
    assert [int(flags) >> len(base.views) & 1 for flags in made.present] == [1, 0]
    alone = msgspec.structs.replace(base, views=(only,))
    encoder = Encoder(alone, EncodingKeys.from_epoch_key(KEY, alone))
    assert encoder.encodable(normalise(CHILD)) is None
    assert encoder.encodable(normalise(SHARED)) == "no-view"


def test_marked_and_unmarked_rows_in_one_batch_do_not_touch_each_other() -> None:
    profile = shipped_profile("clk-plain")
    mixed = _encode(profile, CHILD, SHARED, CHILD)
    assert np.array_equal(mixed.bits[0], mixed.bits[2])
    assert np.array_equal(mixed.bits[1], _encode(profile, SHARED).bits[0])
