"""A wrapped key opens for its holder, in its epoch and profile, and says nothing else to anybody else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from keys.epoch_key import EpochKey
from keys.identity import create_identity
from keys.wrapping import belongs_to, unwrap_key, wrap_key
from linkage.errors import ClewError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import EpochDescriptor, WrappedKey, read_wrapped_key, wrap_context
from linkage.wire.seal import seal
from tests.support.custody import agency_card, hold

HELD = hold()
DESCRIPTOR = HELD.closing.descriptor
AGENCY, OTHER = create_identity(), create_identity()
CARD = agency_card(AGENCY)
KEY = HELD.key
WRAPPED = wrap_key(KEY, DESCRIPTOR, holder=CARD)
ERROR = "the wrapped key does not open for this identity in this epoch"


def _refused(
    wrapped: WrappedKey, identity: object = AGENCY, descriptor: EpochDescriptor = DESCRIPTOR
) -> None:
    with pytest.raises(VerificationError) as caught:
        unwrap_key(wrapped, identity, descriptor)  # type: ignore[arg-type]
    assert caught.value.message == ERROR


def test_the_agency_opens_what_was_wrapped_for_it() -> None:
    assert unwrap_key(WRAPPED, AGENCY, DESCRIPTOR).to_bytes() == KEY.to_bytes()
    assert (WRAPPED.holder, WRAPPED.agency) == (CARD.signing_key, "E06")
    assert belongs_to(WRAPPED, DESCRIPTOR)
    assert read_wrapped_key(canonical(WRAPPED)) == WRAPPED


def test_wrapping_twice_gives_two_ciphertexts() -> None:
    assert wrap_key(KEY, DESCRIPTOR, holder=CARD).ciphertext != WRAPPED.ciphertext


def test_another_agency_is_refused() -> None:
    _refused(WRAPPED, OTHER)
    _refused(structs.replace(WRAPPED, holder=OTHER.public_key), OTHER)


def test_another_sealing_key_is_refused() -> None:
    card = agency_card(OTHER)
    theirs = structs.replace(CARD, sealing_key=card.sealing_key)
    _refused(wrap_key(KEY, DESCRIPTOR, holder=theirs))


@pytest.mark.parametrize(
    "changes", [{"epoch": "2026-27"}, {"profile_digest": "00" * 32}, {"key_check_value": "00" * 16}]
)
def test_another_epoch_profile_or_key_is_refused_on_either_side(changes: dict[str, str]) -> None:
    _refused(structs.replace(WRAPPED, **changes))
    _refused(WRAPPED, descriptor=structs.replace(DESCRIPTOR, **changes))
    # Both agree with each other, but the ciphertext was made for the old ones.
    _refused(structs.replace(WRAPPED, **changes), descriptor=structs.replace(DESCRIPTOR, **changes))


def test_attack_the_operator_wraps_a_key_of_its_choosing() -> None:
    context = wrap_context(DESCRIPTOR.epoch, DESCRIPTOR.profile_digest, CARD.signing_key)
    for material in (b"\x01" * 32, b"", b"short", KEY.to_bytes() + b"\x00"):
        chosen = b"".join(seal([material], CARD.sealing_key, context=context)).hex()
        _refused(structs.replace(WRAPPED, ciphertext=chosen))


def test_a_ciphertext_with_an_odd_digit_is_refused() -> None:
    _refused(structs.replace(WRAPPED, ciphertext=WRAPPED.ciphertext[:-1]))
    _refused(structs.replace(WRAPPED, ciphertext="ff" * 1200))


@settings(max_examples=100)
@given(st.integers(min_value=0))
def test_a_flipped_bit_of_the_ciphertext_is_the_same_one_error(bit: int) -> None:
    data = bytearray.fromhex(WRAPPED.ciphertext)
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    _refused(structs.replace(WRAPPED, ciphertext=data.hex()))


@given(st.integers(0, len(canonical(WRAPPED)) - 1))
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(ClewError):
        read_wrapped_key(canonical(WRAPPED)[:length])


def test_a_key_that_is_not_the_descriptors_is_never_wrapped() -> None:
    with pytest.raises(VerificationError, match="not the one that the epoch descriptor states"):
        wrap_key(EpochKey(b"\x01" * 32), DESCRIPTOR, holder=CARD)
