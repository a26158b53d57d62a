"""A ceremony makes one key that everyone decides and nobody chooses, or it makes none and says why."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from keys.ceremony import (
    Exchanged,
    check_commitments,
    check_transcript,
    close_ceremony,
    describes,
    make_commitment,
    make_contribution,
    require_member,
)
from keys.identity import create_identity, custodian_card
from keys.messages import (
    MAX_CEREMONY_BYTES,
    Commitment,
    Contribution,
    read_ceremony,
    read_commitment,
    read_contribution,
    read_transcript,
    signed,
)
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, read_card, sign_card
from linkage.wire.epochs import read_descriptor
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.seal import seal
from tests.oracles import keys_oracle
from tests.support.custody import (
    Held,
    Party,
    agency_card,
    conformance,
    exchange,
    hold,
    opened,
    parties,
    party,
    unit_card,
)

HELD = hold()


def _close(exchanged: Exchanged, held: Held = HELD) -> None:
    close_ceremony(held.terms, held.one_time, exchanged, conformance=conformance)


def _with(
    name: str, *, commitment: Commitment | None = None, contribution: Contribution | None = None
) -> Exchanged:
    """Return the exchanged messages with one custodian's replaced."""
    key = HELD.of(name).identity.public_key
    commitments, contributions = dict(HELD.exchanged.commitments), dict(HELD.exchanged.contributions)
    if commitment is not None:
        commitments[key] = commitment
    if contribution is not None:
        contributions[key] = contribution
    return Exchanged(commitments, contributions)


def _without(name: str) -> tuple[Exchanged, Exchanged]:
    key = HELD.of(name).identity.public_key
    commitments = {k: v for k, v in HELD.exchanged.commitments.items() if k != key}
    contributions = {k: v for k, v in HELD.exchanged.contributions.items() if k != key}
    return (
        Exchanged(commitments, HELD.exchanged.contributions),
        Exchanged(HELD.exchanged.commitments, contributions),
    )


def _key_of(held: Held) -> bytes:
    return held.key.to_bytes()


def test_a_second_implementation_makes_the_same_key_from_the_same_files() -> None:
    terms = canonical(HELD.terms)
    commitments = {key: canonical(one) for key, one in HELD.exchanged.commitments.items()}
    contributions = {key: canonical(one) for key, one in HELD.exchanged.contributions.items()}
    secrets = {one.identity.public_key: one.contribution for one in HELD.parties}
    transcript = keys_oracle.transcript(terms, commitments, contributions)
    assert transcript == canonical(HELD.closing.transcript)
    assert _key_of(HELD) == keys_oracle.epoch_key(terms, commitments, secrets)
    together = keys_oracle.commitments_hash(terms, commitments).hex()
    for one in HELD.parties:
        key = one.identity.public_key
        expected = keys_oracle.commitment(terms, key, one.contribution)
        assert HELD.exchanged.commitments[key].commitment == expected
        assert HELD.exchanged.contributions[key].commitments == together


@settings(max_examples=10)
@given(st.integers(0, 2), st.integers(0, 255))
def test_any_one_contribution_changes_the_key(who: int, bit: int) -> None:
    # Everything but one contribution is the same, the one-time key and the sealed bytes' randomness apart.
    members = list(HELD.parties)
    changed = bytearray(members[who].contribution)
    changed[bit // 8] ^= 1 << (bit % 8)
    members[who] = replace(members[who], contribution=bytes(changed))
    secrets = {one.identity.public_key: one.contribution for one in members}
    terms = canonical(HELD.terms)
    commitments = {key: canonical(one) for key, one in HELD.exchanged.commitments.items()}
    assert keys_oracle.epoch_key(terms, commitments, secrets) != _key_of(HELD)
    assert _key_of(hold(members)) != _key_of(HELD)


def test_the_same_contributions_in_another_ceremony_make_another_key() -> None:
    assert _key_of(hold(HELD.parties)) != _key_of(HELD)


def test_every_message_comes_back_from_its_bytes() -> None:
    assert read_ceremony(canonical(HELD.terms)) == HELD.terms
    assert read_transcript(canonical(HELD.closing.transcript)) == HELD.closing.transcript
    for one in HELD.exchanged.commitments.values():
        assert read_commitment(canonical(one)) == one
    for other in HELD.exchanged.contributions.values():
        assert read_contribution(canonical(other)) == other


def test_sixteen_custodians_with_the_longest_names_fit_every_limit() -> None:
    members = tuple(party(chr(0x1F300 + i) * 120) for i in range(16))
    held = hold(members, threshold=16)
    assert len(canonical(held.terms)) < MAX_CEREMONY_BYTES
    assert len(canonical(held.closing.transcript)) < MAX_MANIFEST_BYTES
    descriptor = held.signed(*(one.card.name for one in members))
    assert read_descriptor(canonical(descriptor)) == descriptor
    assert read_ceremony(canonical(held.terms)) == held.terms


def test_committing_twice_gives_the_same_bytes() -> None:
    asha = HELD.of("Asha")
    again = make_commitment(HELD.terms, asha.identity, asha.contribution)
    assert again == HELD.exchanged.commitments[asha.identity.public_key]


def test_nobody_contributes_before_everyone_has_committed() -> None:
    asha = HELD.of("Asha")
    commitments = _without("Ben")[0].commitments
    with pytest.raises(InputError, match="the commitment of Ben is missing"):
        make_contribution(HELD.terms, asha.identity, asha.contribution, commitments)


def test_closing_waits_for_everyone() -> None:
    without_commitment, without_contribution = _without("Carol")
    with pytest.raises(InputError, match="the commitment of Carol is missing"):
        _close(without_commitment)
    with pytest.raises(InputError, match="the contribution of Carol is missing"):
        _close(without_contribution)


def test_a_stranger_cannot_take_part() -> None:
    stranger = party("Mallory")
    with pytest.raises(VerificationError, match="not a custodian of this ceremony"):
        make_commitment(HELD.terms, stranger.identity, stranger.contribution)
    with pytest.raises(VerificationError, match="not a custodian of this ceremony"):
        make_contribution(HELD.terms, stranger.identity, stranger.contribution, HELD.exchanged.commitments)


def test_a_card_with_another_sealing_key_is_noticed_before_committing() -> None:
    identity = replace(HELD.of("Asha").identity, sealing=create_identity().sealing)
    with pytest.raises(VerificationError, match="another sealing key"):
        require_member(HELD.terms, identity)


# Attacks and accidents, each by name.


def _sealed_by(cheat: Party, contribution: bytes) -> Contribution:
    """Return what a custodian would hand over whose program reveals something it did not commit to."""
    honest = HELD.exchanged.contributions[cheat.identity.public_key]
    context = (
        keys_oracle.lp(b"clew/contribute/1")
        + HELD.terms.id
        + bytes.fromhex(cheat.identity.public_key)
        + bytes.fromhex(honest.commitments)
    )
    sealed = b"".join(seal([contribution], HELD.terms.one_time_key, context=context)).hex()
    return signed(structs.replace(honest, sealed=sealed, signature=None), cheat.identity.signing)


def test_attack_a_contributor_who_reveals_something_else_is_named() -> None:
    ben = HELD.of("Ben")
    with pytest.raises(VerificationError, match="Ben handed over something else than it committed to"):
        _close(_with("Ben", contribution=_sealed_by(ben, b"\x07" * 32)))
    _close(_with("Ben", contribution=_sealed_by(ben, ben.contribution)))


def test_attack_a_contributor_who_committed_to_something_else_is_refused_its_own_contribution() -> None:
    ben = HELD.of("Ben")
    other = make_commitment(HELD.terms, ben.identity, b"\x07" * 32)
    with pytest.raises(VerificationError, match="not to the contribution that you keep"):
        make_contribution(
            HELD.terms, ben.identity, ben.contribution, _with("Ben", commitment=other).commitments
        )


def test_attack_a_commitment_exchanged_after_contributing_is_noticed() -> None:
    ben = HELD.of("Ben")
    other = make_commitment(HELD.terms, ben.identity, b"\x07" * 32)
    with pytest.raises(VerificationError, match="contributed to other commitments than these"):
        _close(_with("Ben", commitment=other))


def test_attack_a_copied_contribution_is_refused() -> None:
    asha, ben = HELD.of("Asha"), HELD.of("Ben")
    theirs = HELD.exchanged.contributions[ben.identity.public_key]
    copied = signed(
        structs.replace(theirs, custodian=asha.identity.public_key, signature=None), asha.identity.signing
    )
    with pytest.raises(VerificationError, match="the contribution of Asha does not open"):
        _close(_with("Asha", contribution=copied))


def test_attack_a_copied_commitment_cannot_be_opened() -> None:
    asha, ben = HELD.of("Asha"), HELD.of("Ben")
    theirs = HELD.exchanged.commitments[ben.identity.public_key]
    copied = signed(
        structs.replace(theirs, custodian=asha.identity.public_key, signature=None), asha.identity.signing
    )
    commitments = _with("Asha", commitment=copied).commitments
    with pytest.raises(VerificationError, match="not to the contribution that you keep"):
        make_contribution(HELD.terms, asha.identity, ben.contribution, commitments)


def test_accident_two_custodians_files_swapped() -> None:
    ben = HELD.exchanged.commitments[HELD.of("Ben").identity.public_key]
    with pytest.raises(VerificationError, match="the commitment of Asha is another custodian's"):
        _close(_with("Asha", commitment=ben))
    sealed = HELD.exchanged.contributions[HELD.of("Ben").identity.public_key]
    with pytest.raises(VerificationError, match="the contribution of Asha is another custodian's"):
        _close(_with("Asha", contribution=sealed))


def test_accident_two_ceremonies_of_the_same_custodians_mixed_up() -> None:
    other = hold(HELD.parties)
    asha = HELD.of("Asha").identity.public_key
    with pytest.raises(VerificationError, match="the commitment of Asha belongs to another ceremony"):
        _close(_with("Asha", commitment=other.exchanged.commitments[asha]))
    with pytest.raises(VerificationError, match="the contribution of Asha belongs to another ceremony"):
        _close(_with("Asha", contribution=other.exchanged.contributions[asha]))
    with pytest.raises(VerificationError, match="one-time key belongs to another ceremony"):
        close_ceremony(HELD.terms, other.one_time, HELD.exchanged, conformance=conformance)
    with pytest.raises(VerificationError, match="belongs to another ceremony"):
        close_ceremony(other.terms, other.one_time, HELD.exchanged, conformance=conformance)


def test_attack_a_message_signed_by_somebody_else_is_refused() -> None:
    mallory = create_identity()
    for message, reader in (
        (next(iter(HELD.exchanged.commitments.values())), read_commitment),
        (next(iter(HELD.exchanged.contributions.values())), read_contribution),
        (HELD.terms, read_ceremony),
    ):
        forged = signed(structs.replace(message, signature=None), mallory.signing)
        with pytest.raises(VerificationError, match="not signed by the key that it names"):
            reader(canonical(forged))
        with pytest.raises(VerificationError, match="not signed by the key that it names"):
            reader(canonical(structs.replace(message, signature=None)))


def test_attack_a_transcript_of_other_messages_is_not_signed() -> None:
    held, closing = HELD, HELD.closing
    check_transcript(held.terms, held.exchanged, closing.transcript, closing.descriptor)
    other = exchange(held.terms, held.parties)  # the same contributions, sealed afresh
    with pytest.raises(VerificationError, match="does not list the messages"):
        check_transcript(held.terms, other, closing.transcript, closing.descriptor)
    renamed = structs.replace(closing.descriptor, transcript="00" * 32)
    with pytest.raises(VerificationError, match="does not list the messages"):
        check_transcript(held.terms, held.exchanged, closing.transcript, renamed)


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": "2026-27"},
        {"threshold": 1},
        {"profile_digest": "00" * 32},
        {"profile_name": "person-1"},
        {"unit_encodings_key": unit_card().encodings_key},
        {"unit_payload_key": unit_card().payload_key},
        {"custodians": HELD.closing.descriptor.custodians[:2]},
        {"shares": HELD.closing.descriptor.shares[:2]},
        {"opens": HELD.closing.descriptor.closes},
        {"closes": HELD.closing.descriptor.opens},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_attack_a_descriptor_of_other_terms_is_not_signed(changes: dict[str, object]) -> None:
    descriptor = structs.replace(HELD.closing.descriptor, **changes)
    assert not describes(descriptor, HELD.terms)
    with pytest.raises(VerificationError, match="does not state the terms"):
        check_transcript(HELD.terms, HELD.exchanged, HELD.closing.transcript, descriptor)


# Terms that make no sense are refused before anybody commits.


def test_custodians_are_in_the_order_of_their_keys_however_their_cards_were_given() -> None:
    members = parties(4)
    keys = sorted(one.identity.public_key for one in members)
    assert list(opened(members).custodian_keys) == keys
    assert list(opened(members[::-1]).custodian_keys) == keys


def test_two_ceremonies_with_the_same_terms_are_told_apart() -> None:
    members, unit = parties(), unit_card()
    assert opened(members, unit=unit).id != opened(members, unit=unit).id


def test_attack_the_same_custodian_twice_is_refused() -> None:
    asha, ben = party("Asha"), party("Ben")
    again = replace(asha, card=custodian_card(asha.identity, "Asha again"))
    for members in ((asha, asha, ben), (asha, again, ben)):
        with pytest.raises(FormatError, match="a custodian occurs twice"):
            opened(members)
    same_seal = replace(ben.identity, sealing=asha.identity.sealing)
    with pytest.raises(FormatError, match="a custodian occurs twice"):
        opened((asha, replace(ben, card=custodian_card(same_seal, "Ben"))))


def test_two_custodians_of_one_name_are_refused() -> None:
    with pytest.raises(FormatError, match="the same name"):
        opened((party("Asha"), party("ASHA")))


def test_attack_a_substituted_card_is_refused() -> None:
    asha, ben = party("Asha"), party("Ben")
    theirs = structs.replace(ben.card, sealing_key=asha.card.sealing_key)
    with pytest.raises(VerificationError, match="clew-custodian-card does not verify"):
        opened((asha, replace(ben, card=theirs)))


def test_the_linkage_unit_takes_no_part() -> None:
    asha, ben = party("Asha"), party("Ben")
    unit = unit_card()
    own = structs.replace(unit, signing_key=asha.identity.public_key, signature=None)
    with pytest.raises(FormatError, match="the linkage unit is one of the custodians"):
        opened((asha, ben), unit=sign_card(own, asha.identity.signing))


@pytest.mark.parametrize("threshold", [-1, 0, 1])
def test_one_custodian_alone_is_no_quorum(threshold: int) -> None:
    with pytest.raises(FormatError, match="threshold"):
        opened(parties(), threshold=threshold)


def test_a_threshold_nobody_can_reach_is_refused() -> None:
    with pytest.raises(FormatError, match="threshold is higher"):
        opened(parties(), threshold=4)


@pytest.mark.parametrize("count", [0, 1, 17])
def test_too_few_or_too_many_custodians_are_refused(count: int) -> None:
    members = tuple(party(f"Custodian {number}") for number in range(count))
    with pytest.raises(FormatError, match="custodians"):
        opened(members)


def test_an_epoch_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(FormatError, match="closes before it opens"):
        opened(parties(), opens="2026-03-31", closes="2026-03-31")


@pytest.mark.parametrize("epoch", ["", "2025/26", "../x", "E06\n", "x" * 33, "Åse"])
def test_a_name_unfit_for_an_epoch_is_refused(epoch: str) -> None:
    with pytest.raises(FormatError, match="epoch"):
        opened(parties(), epoch=epoch)


def test_a_ceremony_of_a_later_version_is_refused_as_such() -> None:
    data = canonical(HELD.terms).replace(b'"version":1}', b'"version":2}')
    with pytest.raises(ClewError, match="format version 2"):
        read_ceremony(data)


def test_an_agency_card_is_no_custodian_card() -> None:
    with pytest.raises(FormatError):
        read_card(canonical(agency_card(create_identity())), CustodianCard)


def test_an_unreachable_commitment_hash_never_equals_another() -> None:
    other = hold(HELD.parties)
    assert check_commitments(HELD.terms, HELD.exchanged.commitments) != check_commitments(
        other.terms, other.exchanged.commitments
    )
