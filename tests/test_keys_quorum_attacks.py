"""What an operator, a single custodian or a stranger might try against agencies: each refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from keys.identity import create_identity
from keys.wrapping import unwrap_key, wrap_key
from linkage.errors import ClewError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, read_card
from linkage.wire.epochs import (
    EpochDescriptor,
    WrappedKey,
    add_signature,
    read_descriptor,
    read_wrapped_key,
    verify_quorum,
)
from tests.support.custody import agency_card, flip, hold, party

HELD = hold()
PINNED = HELD.terms.custodian_keys
AGENCY, OTHER = create_identity(), create_identity()
ASHA = HELD.of("Asha").identity
KEY = HELD.key
WRAPPED = wrap_key(KEY, HELD.closing.descriptor, holder=agency_card(AGENCY))
GOOD_DESCRIPTOR = HELD.signed("Asha", "Ben")
GOOD_WRAPPED = HELD.co_signed(WRAPPED, "Asha", "Ben")


def _join(descriptor_file: bytes, wrapped_file: bytes) -> bytes:
    """Do what an agency does before it believes a descriptor and a wrapped key."""
    descriptor, wrapped = read_descriptor(descriptor_file), read_wrapped_key(wrapped_file)
    for document in (descriptor, wrapped):
        verify_quorum(document, pinned=PINNED, threshold=HELD.terms.threshold)
    return unwrap_key(wrapped, AGENCY, descriptor).to_bytes()


def _refused(document: EpochDescriptor | WrappedKey, match: str) -> None:
    with pytest.raises(VerificationError, match=match):
        verify_quorum(document, pinned=PINNED, threshold=2)


def test_the_honest_way_works() -> None:
    assert _join(canonical(GOOD_DESCRIPTOR), canonical(GOOD_WRAPPED)) == KEY.to_bytes()


def test_attack_fewer_than_k_signed() -> None:
    _refused(HELD.signed(), "signed by 0 of the custodians")
    _refused(HELD.signed("Asha"), "signed by 1 of the custodians")
    _refused(HELD.co_signed(WRAPPED, "Carol"), "signed by 1 of the custodians")


def test_attack_the_same_custodian_signed_twice() -> None:
    once = HELD.signed("Asha")
    assert add_signature(once, ASHA.signing) == once
    doubled = structs.replace(once, signatures=once.signatures * 2)
    _refused(doubled, "signed by 1 of the custodians")


def test_attack_the_same_key_written_in_another_way_is_not_a_second_custodian() -> None:
    once = HELD.signed("Asha")
    for spelling in (ASHA.public_key.upper(), ASHA.public_key + "\n", " " + ASHA.public_key):
        twin = structs.replace(once.signatures[0], key=spelling)
        data = canonical(structs.replace(once, signatures=(*once.signatures, twin)))
        with pytest.raises(ClewError):
            verify_quorum(read_descriptor(data), pinned=(*PINNED, spelling), threshold=2)


def test_attack_a_foreign_custodian_signed() -> None:
    foreign = add_signature(HELD.signed("Asha"), party("Mallory").identity.signing)
    _refused(foreign, "signed by 1 of the custodians")


def test_attack_the_document_brings_its_own_custodians() -> None:
    mallory = [party(name) for name in ("Mallory", "Mallet")]
    own = structs.replace(
        HELD.closing.descriptor, custodians=tuple(sorted(one.identity.public_key for one in mallory))
    )
    for one in mallory:
        own = add_signature(own, one.identity.signing)
    _refused(own, "signed by 0 of the custodians")


def test_attack_a_signature_moved_from_another_document() -> None:
    moved = structs.replace(GOOD_WRAPPED, signatures=GOOD_DESCRIPTOR.signatures)
    _refused(moved, "does not verify")
    other = hold(HELD.parties)
    _refused(
        structs.replace(other.closing.descriptor, signatures=GOOD_DESCRIPTOR.signatures), "does not verify"
    )


def test_attack_a_rolled_back_or_changed_descriptor_loses_its_signatures() -> None:
    _refused(structs.replace(GOOD_DESCRIPTOR, epoch="2024-25"), "does not verify")
    _refused(structs.replace(GOOD_DESCRIPTOR, threshold=1), "does not verify")


def test_attack_a_substituted_card() -> None:
    card = agency_card(AGENCY)
    swapped = structs.replace(card, sealing_key=agency_card(OTHER).sealing_key)
    with pytest.raises(VerificationError, match="does not verify"):
        read_card(canonical(swapped), AgencyCard)
    # A card of the operator's own making is signed by itself, but the wrapped key is then not the agency's.
    for_operator = HELD.co_signed(
        wrap_key(KEY, HELD.closing.descriptor, holder=agency_card(OTHER)), "Asha", "Ben"
    )
    with pytest.raises(VerificationError, match="does not open for this identity"):
        _join(canonical(GOOD_DESCRIPTOR), canonical(for_operator))


def test_attack_a_wrapped_key_of_another_agency() -> None:
    theirs = HELD.co_signed(
        wrap_key(KEY, HELD.closing.descriptor, holder=agency_card(OTHER, "E07")), "Asha", "Ben"
    )
    with pytest.raises(VerificationError, match="does not open for this identity"):
        _join(canonical(GOOD_DESCRIPTOR), canonical(theirs))
    _refused(structs.replace(theirs, holder=AGENCY.public_key), "does not verify")


@pytest.mark.parametrize("bit", range(0, 8 * 64, 37))
def test_a_flipped_bit_anywhere_in_the_head_is_refused(bit: int) -> None:
    with pytest.raises(ClewError):
        _join(flip(canonical(GOOD_DESCRIPTOR), bit), canonical(GOOD_WRAPPED))


@given(st.integers(min_value=0))
def test_a_single_flipped_bit_of_a_signed_descriptor_is_refused(bit: int) -> None:
    with pytest.raises(ClewError):
        _join(flip(canonical(GOOD_DESCRIPTOR), bit), canonical(GOOD_WRAPPED))


@given(st.integers(min_value=0))
def test_a_single_flipped_bit_of_a_signed_wrapped_key_is_refused(bit: int) -> None:
    with pytest.raises(ClewError):
        _join(canonical(GOOD_DESCRIPTOR), flip(canonical(GOOD_WRAPPED), bit))


@given(st.integers(min_value=0))
def test_a_single_flipped_bit_of_a_card_is_refused(bit: int) -> None:
    for card, kind in ((agency_card(AGENCY), AgencyCard), (HELD.parties[0].card, CustodianCard)):
        with pytest.raises(ClewError):
            read_card(flip(canonical(card), bit), kind)
