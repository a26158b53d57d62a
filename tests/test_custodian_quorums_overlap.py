"""Any two groups of custodians who can sign share a member; what was made before that rule is still read."""

from pathlib import Path

import pytest

from keys.ceremony import open_ceremony
from keys.identity import create_identity
from keys.messages import read_ceremony
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, read_card
from linkage.wire.custodian_sets import CustodianSet, require_majority, set_of
from linkage.wire.epochs import add_signature, read_descriptor, verify_quorum
from linkage.wire.moments import Moment
from linkage.wire.successions import Incoming, Succession, read_succession, verify_succession
from tests.support.custody import hold, parties, unit_card
from tests.support.custody_world import Stages, World, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

FIVE = ("asha", "ben", "carol", "dev", "esi")


def _five(stages: Stages, tmp_path: Path, stage: str = "prepared") -> World:
    world = stages.at(stage, tmp_path)
    for name in FIVE[3:]:
        assert world.run("identity", name.title(), "--out", world.path / name).code == 0
    return world


def _cards(world: World, *names: str) -> list[CustodianCard]:
    files = [world.path / name / "card.json" for name in names]
    cards = [read_card(file.read_bytes(), CustodianCard) for file in files]
    return sorted(cards, key=lambda card: card.signing_key)


@pytest.mark.parametrize("count", range(2, 17))
def test_two_groups_who_can_sign_have_a_common_member(count: int) -> None:
    for threshold in range(2, count + 1):
        if 2 * threshold - count >= 1:  # what two groups of that size must share
            require_majority(threshold, count)
        else:
            with pytest.raises(InputError, match="not more than half") as caught:
                require_majority(threshold, count)
            assert f"at least {count // 2 + 1} must sign" in caught.value.hint


@pytest.mark.parametrize(("count", "threshold", "least"), [(4, 2, 3), (5, 2, 3)])
def test_no_ceremony_is_opened_in_which_two_groups_could_sign(
    stages: Stages, tmp_path: Path, count: int, threshold: int, least: int
) -> None:
    world = _five(stages, tmp_path)
    world.names = FIVE[:count]
    told = f"the threshold is not more than half: two groups of {threshold} of {count}"
    refused(world.open(threshold=str(threshold)), told, f"at least {least} must sign")
    assert not world.shared.exists()
    opened = world.open(threshold=str(least))
    assert opened.code == 0, opened.err


def test_attack_nobody_commits_to_one_that_another_program_opened(stages: Stages, tmp_path: Path) -> None:
    world = _five(stages, tmp_path)
    terms = open_ceremony(
        create_identity(),
        epoch="2025-26",
        profile_name="child-1",
        profile_digest="00" * 32,
        opens=Moment.parse("2025-04-01"),
        closes=Moment.parse("2026-03-31"),
        unit=unit_card(),
        custodians=_cards(world, *FIVE[:4]),
        threshold=2,
    )
    world.shared.mkdir()
    (world.shared / "ceremony.json").write_bytes(canonical(terms))
    before = world.files()
    refused(world.step("commit", "asha"), "the threshold is not more than half: two groups of 2 of 4")
    assert world.files() == before


def test_no_succession_is_made_or_signed_after_which_two_groups_could_sign(
    stages: Stages, tmp_path: Path
) -> None:
    world = _five(stages, tmp_path, "signed")
    file = world.path / "succession.json"
    cards = [part for name in FIVE for part in ("--custodian", world.path / name / "card.json")]
    make = ("succession", *cards, "--identity", world.path / "asha", "--out", file)
    refused(
        world.run(*make, "--threshold", "2"),
        "not more than half: two groups of 2 of 5",
        "at least 3 must sign",
    )
    assert not file.exists()
    outgoing = set_of(read_descriptor(world.descriptor.read_bytes()))
    incoming = Incoming(threshold=2, custodians=tuple(_cards(world, *FIVE)))
    moment = Moment.parse("2025-06-01T09:30Z")
    planted = Succession(serial=1, outgoing=outgoing, incoming=incoming, decided=moment)
    file.write_bytes(canonical(add_signature(planted, world.identity("asha").signing)))
    before = world.files()
    for name in ("ben", "dev"):  # one who goes, one who comes
        refused(
            world.sign(file, name, "--fingerprint", planted.fingerprint),
            "not more than half: two groups of 2 of 5",
        )
    assert world.files() == before
    file.unlink()
    made = world.run(*make, "--threshold", "3")
    assert made.code == 0, made.err


def test_what_was_made_before_is_still_read() -> None:
    held = hold(parties(4), threshold=2)
    assert read_ceremony(canonical(held.terms)) == held.terms
    descriptor = read_descriptor(canonical(held.signed("Asha", "Ben")))
    verify_quorum(descriptor, pinned=held.terms.custodian_keys, threshold=2)
    pinned = CustodianSet(threshold=2, custodians=held.terms.custodian_keys)
    come = sorted(parties(5), key=lambda one: one.card.signing_key)
    succession = Succession(
        serial=1,
        outgoing=pinned,
        incoming=Incoming(threshold=2, custodians=tuple(one.card for one in come)),
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    for signer in (held.of("Asha"), held.of("Dev"), *come):
        succession = add_signature(succession, signer.identity.signing)
    verify_succession(read_succession(canonical(succession)), pinned=pinned, serial=0)
