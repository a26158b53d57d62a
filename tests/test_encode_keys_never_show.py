"""There is no encoding without a key, and neither keys nor identifiers show, travel or outlive their use."""

import copy
import inspect
import pickle

import pytest

from linkage.encode.encoder import Encoder
from linkage.encode.framing import KeyedHash
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.errors import EpochError, InputError
from linkage.profile import EncodingProfile, shipped_profile, shipped_profiles

KEY = bytes(range(32))
PROFILE = shipped_profile("child-1")
KEYS = EncodingKeys.from_epoch_key(KEY, PROFILE)


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(EpochError, match="32 bytes"):
        EncodingKeys.from_epoch_key(bytes(length), PROFILE)


def test_no_key_has_a_default() -> None:
    for function in (
        Encoder.__init__,
        EncodingKeys.__init__,
        EncodingKeys.from_epoch_key,
        KeyedHash.__init__,
    ):
        for name, parameter in inspect.signature(function).parameters.items():
            if "key" in name:
                assert parameter.default is inspect.Parameter.empty


def test_keys_of_another_profile_are_refused() -> None:
    with pytest.raises(EpochError, match="another encoding profile"):
        Encoder(shipped_profile("person-1"), KEYS)


def _renamed(profile: EncodingProfile, *, length: int) -> EncodingProfile:
    return EncodingProfile(
        name=profile.name,
        length=length,
        diffusion=profile.diffusion,
        views=profile.views,
        decision=profile.decision,
    )


def test_every_use_view_tier_and_profile_has_a_key_of_its_own() -> None:
    profiles = [*shipped_profiles().values(), _renamed(PROFILE, length=1536)]
    keys = [
        getattr(EncodingKeys.from_epoch_key(KEY, profile).view(tier, view.name), use)
        for profile in profiles
        for view in profile.views
        for tier in view.tiers
        for use in ("salt", "token", "position", "diffusion")
    ]
    assert len(set(keys)) == len(keys) >= 100
    assert {len(key) for key in keys} == {32}


def test_printed_forms_show_nothing() -> None:
    person = Identifiers("Marguerite", "Quillfeather", date_of_birth="04/07/2009", postcode="SW1A 1AA")
    view = KEYS.view("certain", "y-e")
    shown = [
        person,
        PersonRecord(b"0123456789abcdef", (person,)),
        normalise(person),
        normalise(Identifiers("unknown", date_of_birth="31/02/2009")),
        KEYS,
        view,
        KeyedHash(view.salt, "salt"),
        Encoder(PROFILE, KEYS),
    ]
    text = " ".join(form(thing) for thing in shown for form in (repr, str, "{}".format)).lower()
    for secret in (
        "marg",
        "quill",
        "2009",
        "sw1a",
        "0123456789abcdef",
        view.salt.hex(),
        repr(view.salt)[2:10],
    ):
        assert secret not in text


@pytest.mark.parametrize("secret", [KEYS, KEYS.view("certain", "y-e")])
def test_keys_cannot_be_pickled_or_copied(secret: object) -> None:
    with pytest.raises(TypeError, match="not written out"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="not written out"):
        copy.deepcopy(secret)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_handle_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InputError, match="16 bytes"):
        PersonRecord(bytes(length), (Identifiers("Jo"),))


@pytest.mark.parametrize("count", [0, 17])
def test_a_record_without_or_with_too_many_variants_is_refused(count: int) -> None:
    with pytest.raises(InputError, match="1 to 16"):
        PersonRecord(bytes(16), (Identifiers("Jo"),) * count)
