"""Exact tokens are off unless a profile asks for them, keyed, alike for one number and nothing for none."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import msgspec
import numpy as np
import pytest

from cli.agency.inspection import Inspection
from cli.agency.telling import open_words
from cli.agency.telling import row_bytes as shown_bytes
from cli.profile.cautions import cautions
from cli.profile.comparing import differences
from cli.profile.words import explained
from linkage.encode.conformance import conformance_digest
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.profile import EncodingProfile, ExactKind
from linkage.shipped_profiles import shipped_profile, shipped_profiles
from linkage.wire.bundle import Bundle
from linkage.wire.encodings import Encodings, encodings_pieces, read_encodings, row_bytes
from linkage.wire.records import Payload
from tests.oracles import encoding_oracle

KEY = bytes(range(32))
NHS, UPN = "943 476 5919", "L825203509077"
CHILD = Identifiers("Amelia", "Hartley", "Rose", "04/07/2009", "F", "LS6 3HN", nhs_number=NHS, upn=UPN)


def _profile(*kinds: ExactKind) -> EncodingProfile:
    return msgspec.structs.replace(shipped_profile("child-1"), exact=kinds)


def _encode(profile: EncodingProfile, *people: Identifiers, key: bytes = KEY) -> Encodings:
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(key, profile))
    return encoder.encode(PersonRecord(n.to_bytes(16, "big"), (one,)) for n, one in enumerate(people))


def test_no_shipped_profile_has_any() -> None:
    assert all(not profile.exact for profile in shipped_profiles().values())
    made = _encode(shipped_profile("child-1"), CHILD)
    assert made.exact.shape == (1, 0, 16)


def test_tokens_are_what_the_page_says() -> None:
    profile = _profile("upn", "nhs_number")
    made = _encode(profile, CHILD)
    expected = [
        encoding_oracle.exact_token(profile, KEY, "upn", "L825203509077"),
        encoding_oracle.exact_token(profile, KEY, "nhs_number", "9434765919"),
    ]
    assert [token.tobytes() for token in made.exact[0]] == expected
    assert all(map(any, expected))


@pytest.mark.parametrize("written", ["", "943 476 5918", "0000000000", "not known", "12345"])
def test_a_number_that_is_absent_or_fails_its_check_gives_zeros(written: str) -> None:
    made = _encode(_profile("nhs_number"), replace(CHILD, nhs_number=written))
    assert len(made) == 1
    assert not made.exact.any()


def test_one_number_has_one_token_whatever_else_differs_and_another_another() -> None:
    profile = _profile("nhs_number")
    other = Identifiers("Olivia", "Okafor", "", "15/01/2011", "F", "M1 1AE", nhs_number="9434765919")
    twin = replace(CHILD, nhs_number="999 000 0018")
    tokens = _encode(profile, CHILD, other, twin).exact[:, 0]
    assert np.array_equal(tokens[0], tokens[1])
    assert tokens[2].any()
    assert not np.array_equal(tokens[0], tokens[2])


def test_key_kind_and_profile_all_separate_tokens() -> None:
    both, one = _profile("nhs_number", "upn"), _profile("nhs_number")
    tokens = {
        _encode(both, CHILD).exact[0, 0].tobytes(),
        _encode(one, CHILD).exact[0, 0].tobytes(),
        _encode(one, CHILD, key=bytes(32)).exact[0, 0].tobytes(),
        encoding_oracle.exact_token(one, KEY, "upn", "9434765919"),
    }
    assert len(tokens) == 4


def test_numbers_change_nothing_else_about_a_row() -> None:
    profile = _profile("nhs_number")
    made = _encode(profile, CHILD, replace(CHILD, nhs_number=""))
    assert np.array_equal(made.bits[0], made.bits[1])
    assert made.present[0] == made.present[1]


def test_they_read_back_as_written_and_stand_in_the_conformance_digest() -> None:
    profile = _profile("nhs_number", "upn")
    made = _encode(profile, CHILD, replace(CHILD, upn=""))
    pieces = encodings_pieces(
        made, agency="E09", profile_digest=profile.digest, exact=profile.exact, rows_at_a_time=1
    )
    header, read = read_encodings(pieces)
    assert header.exact == profile.exact
    assert header.fits(profile)
    assert not header.fits(_profile("upn"))
    assert np.array_equal(read.exact, made.exact)
    digests = {conformance_digest(one, KEY) for one in (profile, _profile("upn"), _profile())}
    assert len(digests) == 3


def test_the_profile_command_says_what_they_are_and_warns() -> None:
    profile = _profile("nhs_number")
    said = " ".join(" ".join(explained(profile)).split())
    assert "NHS number: a keyed token of the whole number" in said
    assert "every row carries a token of 16 bytes of the NHS number" in said
    assert "in minutes" in said
    assert [one.kind for one in cautions(profile)].count("exact-token") == 1
    assert "exact-token" not in [one.kind for one in cautions(_profile())]
    assert "comes in: NHS number" in " ".join(differences(_profile(), profile))


def test_inspect_says_in_words_what_they_are() -> None:
    profile = _profile("nhs_number", "upn")
    made = _encode(profile, CHILD, replace(CHILD, upn=""))
    inspection = Inspection(Payload(agency="E09"), made, profile.exact, ())
    bundle = cast("Bundle", SimpleNamespace(manifest=SimpleNamespace(profile_digest=profile.digest)))
    said = [" ".join(line.split()) for line in open_words(bundle, inspection)]
    assert "rows with the token of the NHS number 2" in said
    assert "rows with the token of the unique pupil number 1" in said
    size = row_bytes(len(profile.views), profile.view_bytes, 2)
    assert f"2 rows of {size:,} bytes" in " ".join(said)
    assert "finds the number of any token in minutes" in " ".join(said)
    shown = "\n".join(shown_bytes(bundle, inspection))
    assert "token of the NHS number" in shown
    assert made.exact[0, 0].tobytes().hex(" ") in shown
    without = Inspection(Payload(agency="E09"), _encode(_profile(), CHILD), (), ())
    assert "token" not in " ".join(open_words(bundle, without))
