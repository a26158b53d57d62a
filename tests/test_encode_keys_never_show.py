"""There is no encoding without a key, and neither keys nor identifiers show, travel or outlive their use."""

import copy
import gc
import inspect
import pickle
from functools import partial
from typing import Any

import pytest

from linkage.encode.cmac import Cmac
from linkage.encode.conformance import conformance_digest
from linkage.encode.diffusion import Diffusion, diffusion_table
from linkage.encode.encoder import Encoder
from linkage.encode.framing import KeyedBlocks, KeyedHash
from linkage.encode.hashed import Hashed
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys, ViewKeys
from linkage.encode.normalise import normalise
from linkage.encode.positions import PositionHash
from linkage.encode.remembered import Memory
from linkage.encode.runs import TokenBlocks
from linkage.encode.salts import empty_salt, salt_components
from linkage.encode.view import ViewEncoder
from linkage.errors import EpochError, InputError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile, shipped_profiles

KEY = bytes(range(32))
PROFILE = shipped_profile("child-1")
KEYS = EncodingKeys.from_epoch_key(KEY, PROFILE)


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(EpochError, match="32 bytes"):
        EncodingKeys.from_epoch_key(bytes(length), PROFILE)


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33), bytearray(32), "0" * 32, [0] * 32, None])
def test_anything_but_keys_of_32_bytes_is_refused_wherever_keys_are_given(wrong: Any) -> None:
    view = KEYS.view("y-e-sf")
    good: dict[str, Any] = {"salt": KEY, "token": KEY, "padding": KEY, "exact": {}, "views": {"y": view}}
    for make in (
        lambda: EncodingKeys.from_epoch_key(wrong, PROFILE),
        lambda: ViewKeys(position=wrong, diffusion=KEY),
        lambda: ViewKeys(position=KEY, diffusion=wrong),
        *(partial(EncodingKeys, "digest", **{**good, name: wrong}) for name in ("salt", "token", "padding")),
        partial(EncodingKeys, "digest", **{**good, "exact": {"upn": wrong}}),
    ):
        with pytest.raises(EpochError, match="32 bytes"):
            make()


def test_no_key_has_a_default() -> None:
    for function in (
        Encoder.__init__,
        EncodingKeys.__init__,
        EncodingKeys.from_epoch_key,
        ViewKeys.__init__,
        Cmac.__init__,
        KeyedBlocks.__init__,
        KeyedHash.__init__,
        ViewEncoder.__init__,
        PositionHash.__init__,
        Diffusion.__init__,
        TokenBlocks.__init__,
        Memory.__init__,
        conformance_digest,
        diffusion_table,
        empty_salt,
        salt_components,
    ):
        parameters = inspect.signature(function).parameters
        named = [name for name in parameters if "key" in name or name in {"salt", "token", "position"}]
        assert named, function
        for name in named:
            assert parameters[name].default is inspect.Parameter.empty


def test_nothing_encodes_without_a_key() -> None:
    for attempt in (
        lambda: Encoder(PROFILE),  # type: ignore[call-arg]
        lambda: EncodingKeys.from_epoch_key(profile=PROFILE),  # type: ignore[call-arg]
        lambda: conformance_digest(PROFILE),  # type: ignore[call-arg]
        lambda: KeyedHash(),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            attempt()
    for no_key in (None, b"", "0" * 32):
        with pytest.raises((EpochError, TypeError)):
            EncodingKeys.from_epoch_key(no_key, PROFILE)  # type: ignore[arg-type]


def test_every_bit_depends_on_the_key() -> None:
    person = Identifiers("Marguerite", "Quillfeather", date_of_birth="04/07/2009", postcode="SW1A 1AA")
    for profile in shipped_profiles().values():
        first, second = (
            Encoder(profile, EncodingKeys.from_epoch_key(key, profile)).encode(
                [PersonRecord(bytes(16), (person,))]
            )
            for key in (KEY, bytes([1, *KEY[1:]]))
        )
        assert (first.present == second.present).all()
        for view in range(len(profile.views)):
            if first.present[0] >> view & 1:
                assert (first.bits[0, view] != second.bits[0, view]).any()


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


def test_every_use_view_and_profile_has_a_key_of_its_own() -> None:
    profiles = [*shipped_profiles().values(), _renamed(PROFILE, length=1536)]
    made = [(profile, EncodingKeys.from_epoch_key(KEY, profile)) for profile in profiles]
    keys = [key for _, encoding in made for key in (encoding.salt, encoding.token)]
    for profile, encoding in made:
        for view in profile.views:
            keys += [encoding.view(view.name).position, encoding.view(view.name).diffusion]
    assert len(set(keys)) == len(keys) >= 40
    assert {len(key) for key in keys} == {32}


def test_printed_forms_show_nothing() -> None:
    person = Identifiers("Marguerite", "Quillfeather", date_of_birth="04/07/2009", postcode="SW1A 1AA")
    view = KEYS.view("y-e-sf")
    used = Encoder(PROFILE, KEYS)
    used.encode([PersonRecord(b"0123456789abcdef", (person,))])
    memory = used._memory
    shown = [
        person,
        PersonRecord(b"0123456789abcdef", (person,)),
        normalise(person),
        normalise(Identifiers("unknown", date_of_birth="31/02/2009")),
        KEYS,
        view,
        KeyedBlocks(KEYS.salt, "salt"),
        KeyedHash(KEYS.salt, "salt"),
        Cmac(KEYS.salt),
        used,
        memory,
        memory._births,
        *memory._columns.values(),
        *memory._components.values(),
        *memory._runs,
        TokenBlocks(KEYS.token),
        TokenBlocks(KEYS.token).under("n"),
        PositionHash(view.position, length=64),
        Diffusion(view.diffusion, length=64, inputs=2),
    ]
    text = " ".join(form(thing) for thing in shown for form in (repr, str, "{}".format)).lower()
    for secret in (
        "marg",
        "quill",
        "2009",
        "sw1a",
        "0123456789abcdef",
        *(key.hex() for key in (KEYS.salt, KEYS.token, view.position, view.diffusion)),
        *(repr(key)[2:10] for key in (KEYS.salt, KEYS.token, view.position, view.diffusion)),
    ):
        assert secret not in text


@pytest.mark.parametrize("secret", [KEYS, KEYS.view("y-e-sf")])
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


def test_nothing_that_holds_keys_or_values_can_be_pickled() -> None:
    used = Encoder(PROFILE, KEYS)
    person = Identifiers("Marguerite", "Quillfeather", date_of_birth="04/07/2009", postcode="SW1A 1AA")
    used.encode([PersonRecord(bytes(16), (person,))])
    memory = used._memory
    holders = (used, memory, used._views[0], memory._births, *memory._runs)
    for thing in (
        *holders,
        KeyedHash(KEYS.salt),
        KeyedBlocks(KEYS.salt),
        Cmac(KEYS.salt),
        TokenBlocks(KEYS.token),
    ):
        for write in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="not written out"):
                write(thing)


def test_what_is_remembered_is_keyed_by_values_and_never_by_keys() -> None:
    used = Encoder(PROFILE, KEYS)
    person = Identifiers("Marguerite", "Quillfeather", date_of_birth="04/07/2009", postcode="SW1A 1AA")
    used.encode([PersonRecord(bytes(16), (person,))])
    secrets = {KEY, KEYS.salt, KEYS.token}
    for view in PROFILE.views:
        secrets |= {KEYS.view(view.name).position, KEYS.view(view.name).diffusion}
    memory = used._memory
    texts = [key for column in memory._columns.values() for key in column._of_text]
    assert "Marguerite" in texts
    remembered = [thing for thing in gc.get_objects() if isinstance(thing, Hashed)]
    keys = [*texts, *memory._births._of_text, *(key for thing in remembered for key in thing._number)]
    assert "_m" in keys
    assert all(isinstance(key, (str, tuple, int)) for key in keys)
    assert not secrets & {part for key in keys if isinstance(key, tuple) for part in key}
