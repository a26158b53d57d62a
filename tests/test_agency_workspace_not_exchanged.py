"""Whoever can write into a workspace, without its passphrase, cannot exchange whom it trusts."""

import json
from pathlib import Path

import pytest
from msgspec import structs

from cli.agency.trusted import TRUSTED, require_trusted
from keys.identity import create_identity
from linkage.errors import VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import sign_card
from tests.support.agency_desk import (
    PERIOD,
    Desk,
    Epoch,
    UnitKeys,
    epoch,
    joined_desk,
    make_epoch,
    make_unit_keys,
    unit,
)
from tests.support.custody import flip
from tests.support.trust_files import (
    CHANGED,
    URL,
    desk,
    doctor_states,
    encoded,
    files_of,
    good,
    identity_of,
    kept_revocation,
    kept_succession,
    made,
    next_epoch,
    put_document,
    put_epoch,
    put_pins,
    put_record,
    refused,
    renewed,
)

__all__ = ["desk", "epoch", "made", "unit"]


@pytest.fixture(scope="module")
def foreign_unit() -> UnitKeys:
    return make_unit_keys()


@pytest.fixture(scope="module")
def foreign(foreign_unit: UnitKeys) -> Epoch:
    """An epoch of somebody else: his own custodians, his own key, sealed to his own unit."""
    return make_epoch(foreign_unit.card, key=b"\x66" * 32)


# The attack, and its parts


def test_attack_custodians_epoch_key_and_unit_are_exchanged(
    desk: Desk, foreign: Epoch, foreign_unit: UnitKeys
) -> None:
    """Without a passphrase: every child would then be sealed under a foreign key to a foreign unit."""
    put_pins(desk, foreign)
    put_epoch(desk, foreign, foreign_unit)
    refused(encoded(desk), *CHANGED, "pins.json", "epoch.json", "wrapped-key.json", "unit-card.json")
    assert not desk.bundle.exists()
    assert not desk.open_bundle.exists()


@pytest.mark.parametrize("command", ["reencode", "join", "submit", "references", "dummies", "renew"])
def test_attack_no_command_that_opens_the_identity_works_with_exchanged_custodians(
    desk: Desk, foreign: Epoch, foreign_unit: UnitKeys, command: str
) -> None:
    good(encoded(desk))
    bundle = desk.bundle.read_bytes()
    put_pins(desk, foreign)
    before = files_of(desk)
    outcome = {
        "reencode": lambda: desk.run(
            *("reencode", desk.path / "source", "--mapping", "council-csv"),
            *("--period", PERIOD, "--output", desk.bundle, "--overwrite"),
        ),
        "join": lambda: desk.join(foreign, foreign_unit.card),
        "submit": lambda: desk.run("submit", desk.bundle, *URL),
        "references": lambda: desk.run("references", "--output", desk.path / "references.csv"),
        "dummies": lambda: desk.run(
            *("dummies", "on", desk.path / "source", "--share", "0.5", "--mapping", "council-csv")
        ),
        "renew": lambda: renewed(desk),
    }[command]()
    refused(outcome, *CHANGED, "pins.json")
    assert files_of(desk) == before
    assert desk.bundle.read_bytes() == bundle
    states = doctor_states(desk)
    assert (states["record of trust"], states["identity"]) == ("fails", "ok")


def test_attack_the_epoch_is_exchanged_and_the_custodians_are_not(
    desk: Desk, epoch: Epoch, foreign: Epoch, foreign_unit: UnitKeys
) -> None:
    """The quorum alone refuses this, whatever the record says."""
    put_epoch(desk, foreign, foreign_unit)
    refused(encoded(desk), *CHANGED, "epoch.json")
    assert doctor_states(desk)["epoch descriptor"] == "fails"
    identity = identity_of(desk)
    put_record(desk, identity)
    refused(encoded(desk), "epoch.json", "signed by 0 of the custodians")
    given = Epoch(foreign.key, epoch.members, foreign.descriptor)
    refused(desk.join(given, foreign_unit.card), "signed by 0 of the custodians")


def test_attack_an_older_epoch_that_custodians_signed_is_put_back(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    """Its key may have leaked since."""
    old = files_of(desk)
    good(desk.join(next_epoch(epoch), unit.card))
    good(encoded(desk))
    for name in ("epoch.json", "wrapped-key.json", "unit-card.json"):
        (desk.workspace / name).write_bytes(old[name])
    refused(encoded(desk), *CHANGED, "epoch.json, wrapped-key.json")


def test_attack_the_units_card_is_exchanged_for_one_with_the_same_sealing_keys(
    desk: Desk, unit: UnitKeys
) -> None:
    """Whoever has its signing key signs receipts and results that the agency would believe."""
    key = create_identity()
    card = structs.replace(unit.card, signing_key=key.public_key, signature=None)
    put_document(desk, "unit-card.json", sign_card(card, key.signing))
    assert doctor_states(desk)["linkage unit"] == "ok"
    refused(encoded(desk), *CHANGED, "unit-card.json")
    refused(desk.run("status", *URL), *CHANGED, "unit-card.json")


def test_attack_the_card_is_exchanged_so_that_its_revocation_is_of_another(desk: Desk) -> None:
    key = create_identity()
    card = structs.replace(
        desk.card(), signing_key=key.public_key, sealing_key=key.sealing.public_text(), signature=None
    )
    put_document(desk, "card.json", sign_card(card, key.signing))
    refused(encoded(desk), "the identity is not the one of the card")


def test_attack_the_record_is_missing_or_of_another_workspace(
    desk: Desk, tmp_path: Path, epoch: Epoch, unit: UnitKeys
) -> None:
    (desk.workspace / TRUSTED).unlink()
    refused(encoded(desk), *CHANGED, "trusted.json is missing")
    other = joined_desk(tmp_path / "other", epoch, unit.card, code="E10")
    (desk.workspace / TRUSTED).write_bytes((other.workspace / TRUSTED).read_bytes())
    refused(encoded(desk), *CHANGED, "trusted.json is not of this identity")
    put_record(desk, create_identity())
    refused(encoded(desk), *CHANGED, "trusted.json is not of this identity")
    for name in ("pins.json", "epoch.json", "wrapped-key.json", "unit-card.json", TRUSTED):
        (desk.workspace / name).write_bytes((other.workspace / name).read_bytes())
    refused(encoded(desk), *CHANGED, "trusted.json is not of this identity")


@pytest.mark.parametrize("name", ["pins.json", "epoch.json", "wrapped-key.json", "unit-card.json", TRUSTED])
def test_attack_a_bit_is_flipped(desk: Desk, name: str) -> None:
    path = desk.workspace / name
    whole, identity = path.read_bytes(), identity_of(desk)
    for bit in range(3, 8 * len(whole), max(8 * len(whole) // 40, 1)):
        path.write_bytes(flip(whole, bit))
        with pytest.raises(VerificationError, match=name):
            require_trusted(desk.workspace, identity)
    path.write_bytes(whole)
    require_trusted(desk.workspace, identity)


def test_attack_a_record_without_its_proof_or_in_another_form(desk: Desk) -> None:
    path = desk.workspace / TRUSTED
    made = json.loads(path.read_bytes())
    for changed in (
        made | {"mac": None},
        made | {"mac": "00" * 32},
        made | {"coming": {"pins.json": "00" * 32}},
        made | {"files": {}},
        made | {"more": 1},
        {name: value for name, value in made.items() if name != "coming"},
    ):
        path.write_bytes(canonical(changed))
        refused(encoded(desk), *CHANGED, "trusted.json")
    for content in (b"", b"{", json.dumps(made, indent=1).encode(), b"\xff" * 40):
        path.write_bytes(content)
        refused(encoded(desk), *CHANGED, "trusted.json")
    path.write_bytes(canonical(made))
    good(encoded(desk))


@pytest.mark.parametrize("name", ["pins.json", "epoch.json", "wrapped-key.json", "unit-card.json"])
def test_attack_a_file_is_removed(desk: Desk, name: str) -> None:
    (desk.workspace / name).unlink()
    refused(encoded(desk), *CHANGED, name)


# What comes without the passphrase


def test_attack_a_revocation_is_removed_after_the_passphrase_was_given_once(desk: Desk, epoch: Epoch) -> None:
    kept = kept_revocation(desk, epoch)
    good(encoded(desk))  # it is new, verifies, and is recorded
    kept.unlink()
    refused(encoded(desk), *CHANGED, f"revocations/{kept.name}")


def test_attack_the_revocation_of_the_epoch_is_removed_after_it_stopped_an_encoding(
    desk: Desk, epoch: Epoch
) -> None:
    kept = kept_revocation(desk, epoch, of=epoch.descriptor)
    refused(encoded(desk), "custodians revoked epoch e1")
    kept.unlink()
    refused(encoded(desk), *CHANGED, f"revocations/{kept.name}")


def test_attack_a_succession_is_taken_back_or_changed(desk: Desk, epoch: Epoch) -> None:
    """Those who went would count again; or what they signed meanwhile would be believed."""
    kept = kept_succession(desk, epoch)
    good(encoded(desk))
    whole = kept.read_bytes()
    kept.unlink()
    refused(encoded(desk), *CHANGED, f"successions/{kept.name}")
    more = json.loads(whole)
    more["documents"].append("ab" * 32)
    kept.write_bytes(canonical(more))
    refused(encoded(desk), *CHANGED, f"successions/{kept.name}")
    kept.write_bytes(whole)
    good(encoded(desk))


def test_a_planted_revocation_that_nobody_signed_is_not_recorded(desk: Desk, epoch: Epoch) -> None:
    kept = kept_revocation(desk, epoch)
    recorded = (desk.workspace / TRUSTED).read_bytes()
    kept.write_bytes(kept.read_bytes().replace(b"key seen", b"key lost"))
    refused(encoded(desk), kept.name)
    assert (desk.workspace / TRUSTED).read_bytes() == recorded
    kept.unlink()
    good(encoded(desk))


def test_what_is_decided_without_the_passphrase_under_exchanged_custodians_comes_to_nothing(
    desk: Desk, foreign: Epoch, foreign_unit: UnitKeys
) -> None:
    put_pins(desk, foreign)
    put_epoch(desk, foreign, foreign_unit)
    kept_revocation(desk, foreign)
    kept_succession(desk, foreign)
    refused(encoded(desk), *CHANGED, "pins.json")


def test_an_older_state_of_everything_can_be_put_back(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    """What the record cannot show (docs/limitations.md)."""
    old = files_of(desk)
    good(desk.join(next_epoch(epoch), unit.card))
    for name, content in old.items():
        (desk.workspace / name).write_bytes(content)
    good(encoded(desk))
