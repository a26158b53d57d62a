"""Closing leaves one share for each custodian, whatever was stopped and repeated."""

from dataclasses import replace

import pytest
from msgspec import structs

from keys.ceremony import check_closing, close_ceremony, describes
from linkage.errors import VerificationError
from linkage.wire.canonical import canonical
from tests.oracles import keys_oracle
from tests.support.custody import conformance, hold

HELD = hold()


def test_the_shares_give_the_key_that_the_descriptor_states() -> None:
    descriptor = HELD.closing.descriptor
    assert descriptor.key_check_value == keys_oracle.check_value(HELD.key.to_bytes())
    assert describes(descriptor, HELD.terms)
    assert descriptor.signatures == ()


def test_a_second_implementation_lists_the_same_shares() -> None:
    terms, descriptor = canonical(HELD.terms), HELD.closing.descriptor
    texts = {one.identity.public_key: HELD.share(one.card.name).text for one in HELD.parties}
    digests = [keys_oracle.share_digest(terms, key, texts[key]) for key in sorted(texts)]
    assert descriptor.shares == tuple(digests)
    assert len({len(one.ciphertext) for one in HELD.closing.shares.values()}) == 1


def test_closing_again_from_the_same_files_makes_the_same_key_and_other_shares() -> None:
    again = close_ceremony(HELD.terms, HELD.one_time, HELD.exchanged, conformance=conformance)
    first = HELD.closing.descriptor
    assert structs.replace(again.descriptor, shares=first.shares) == first
    assert set(again.descriptor.shares).isdisjoint(first.shares)
    assert again.transcript == HELD.closing.transcript
    assert replace(HELD, closing=again).key.to_bytes() == HELD.key.to_bytes()


@pytest.mark.parametrize("changes", [{"key_check_value": "00" * 16}, {"conformance": "00" * 32}])
def test_an_earlier_closing_is_known_again_without_making_other_shares(changes: dict[str, str]) -> None:
    descriptor = HELD.closing.descriptor
    check_closing(HELD.terms, HELD.one_time, HELD.exchanged, descriptor, conformance=conformance)
    with pytest.raises(VerificationError, match="not the epoch descriptor that this ceremony leads to"):
        check_closing(
            HELD.terms,
            HELD.one_time,
            HELD.exchanged,
            structs.replace(descriptor, **changes),
            conformance=conformance,
        )
