"""A custodian who did not sign a revocation takes it in, and then gives no key for what it revokes."""

from pathlib import Path

import pytest
from msgspec import structs

from keys.custody_log import CustodyLog
from keys.identity import create_identity
from linkage.wire.canonical import canonical
from linkage.wire.epochs import add_signature, content_digest, read_descriptor
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch, read_revocation
from tests.support.custody_world import (
    Outcome,
    Stages,
    World,
    clew_keys,
    in_the_epoch,
    refused,
    stages,
)
from tests.support.session_world import Apart

__all__ = ["in_the_epoch", "stages"]

MOMENT = Moment.parse("2025-06-01T09:30Z")


def _of_card(world: World) -> Revocation:
    subject = RevokedAgency(agency="E06", signing_key=world.agency.public_key)
    return Revocation(subject=subject, reason="laptop stolen", decided=MOMENT)


def _of_epoch(world: World) -> Revocation:
    descriptor = read_descriptor(world.descriptor.read_bytes())
    subject = RevokedEpoch(epoch=descriptor.epoch, descriptor=content_digest(descriptor))
    return Revocation(subject=subject, reason="key seen outside", decided=MOMENT)


def _signed(world: World, revocation: Revocation, *names: str) -> Path:
    for name in names:
        revocation = add_signature(revocation, world.identity(name).signing)
    file = world.path / "revoked.json"
    file.write_bytes(canonical(revocation))
    return file


def _keep(world: World, file: Path, name: str, *more: str | Path) -> Outcome:
    return clew_keys("keep", file, "--identity", world.path / name, *more)


def _wraps(world: World, *names: str) -> Outcome:
    return world.wrap(*names, out=world.path / "wrapped-again")


def test_a_revoked_card_is_wrapped_for_by_nobody_who_was_told(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    file = _signed(world, _of_card(world), "asha", "ben")
    kept = _keep(world, file, "carol")
    assert (kept.code, kept.out) == (0, ""), kept.err
    assert "laptop stolen" in kept.err
    assert "kept: you wrap, sign and hand over nothing for it" in kept.err

    told = "the custodians revoked this card of E06"
    refused(_wraps(world, "carol", "asha"), told)
    wrapped = world.path / "wrapped-E06.json"
    refused(world.sign(wrapped, "carol", "--epoch", world.descriptor, *world.for_agency()), told)


def test_a_revoked_epoch_is_handed_to_nobody(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    assert _keep(world, _signed(world, _of_epoch(world), "asha", "ben"), "carol").code == 0
    refused(_wraps(world, "carol", "asha"), "the custodians revoked epoch 2025-26", "a new epoch")


def test_a_session_is_neither_opened_nor_handed_to_nor_closed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    apart = Apart(world, {"E06": world.agency}, world.path / "session")
    assert apart.open("E06").code == 0
    for name in ("asha", "ben"):
        assert apart.hand_over(name).code == 0
    file = _signed(world, _of_card(world), "ben", "carol")
    assert _keep(world, file, "asha").code == 0
    before = world.files()
    told = "the custodians revoked this card of E06"
    where = ("--folder", world.path / "session", "--identity", world.path / "asha")
    refused(world.run("session", "close", *where), told)
    refused(apart.open("E06", folder=world.path / "another"), told)
    assert world.files() == before


def test_the_log_tells_that_it_was_taken_in(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    assert _keep(world, _signed(world, _of_card(world), "asha", "ben"), "carol").code == 0
    entry = CustodyLog(world.path / "carol").read().entries()[-1]
    assert (entry.action, entry.signature) == ("kept-revocation", None)
    shown = clew_keys("log", "show", "--identity", world.path / "carol").out.splitlines()[-1]
    assert "kept-revocation\tagency E06, card-key " in shown
    checked = clew_keys("log", "check", "--identity", world.path / "carol")
    assert checked.code == 0, checked.err


def test_taking_it_in_again_changes_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    file = _signed(world, _of_card(world), "asha", "ben", "carol")
    assert _keep(world, file, "ben").code == 0
    before = world.files()
    again = _keep(world, file, "ben")
    assert (again.code, "already: nothing was changed" in again.err) == (0, True)
    assert world.files() == before


def test_who_signed_the_first_half_needs_nothing_more(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    mine = ("--identity", world.path / "asha", "--out", world.path / "revoked.json")
    assert world.run("revoke", *world.for_agency(), "--reason", "stolen", *mine).code == 0
    assert world.sign(world.path / "revoked.json", "ben", *world.for_agency()).code == 0
    assert "nothing was changed" in _keep(world, world.path / "revoked.json", "asha").err
    refused(_wraps(world, "asha", "ben"), "you revoked this card of E06")


def test_a_custodian_who_signed_no_descriptor_names_one(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    file = _signed(world, _of_card(world), "asha", "ben")
    refused(_keep(world, file, "carol"), "you signed no epoch descriptor yet", "--epoch")
    assert _keep(world, file, "carol", "--epoch", world.descriptor).code == 0


def test_attack_fewer_than_must_sign(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    before = world.files()
    for names, count in (((), 0), (("ben",), 1)):
        file = _signed(world, _of_card(world), *names)
        refused(_keep(world, file, "asha"), "revoked.json", f"signed by {count} of the custodians")
        file.unlink()
    assert world.files() == before


def test_attack_strangers_sign(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    revocation = add_signature(_of_card(world), world.identity("ben").signing)
    for _ in range(3):
        revocation = add_signature(revocation, create_identity().signing)
    refused(_keep(world, _signed(world, revocation), "asha"), "signed by 1 of the custodians", "2 are needed")


def test_attack_a_ceremony_that_nobody_signed_names_no_custodians(stages: Stages, tmp_path: Path) -> None:
    """Whoever is in a custodian's ceremony counts only once that custodian signed its descriptor."""
    world = stages.at("committed", tmp_path)
    file = _signed(world, _of_card(world), "ben", "carol")
    refused(_keep(world, file, "asha"), "you signed no epoch descriptor yet")
    other = stages.stages["closed"].copy_to(tmp_path / "other")
    refused(_keep(other, file, "asha", "--epoch", other.descriptor), "epoch.json", "signed by 0")


@pytest.mark.parametrize("change", [{"reason": "another"}, {"decided": Moment.parse("2025-06-02T09:30Z")}])
def test_attack_changed_after_it_was_signed(
    stages: Stages, tmp_path: Path, change: dict[str, object]
) -> None:
    world = stages.at("signed", tmp_path)
    file = _signed(world, _of_card(world), "ben", "carol")
    file.write_bytes(canonical(structs.replace(read_revocation(file.read_bytes()), **change)))
    refused(_keep(world, file, "asha"), "revoked.json", "does not verify", "do not use it")


def test_another_file_is_told_apart(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    refused(_keep(world, world.descriptor, "asha"), "this is an epoch descriptor; a revocation is wanted")
    refused(_keep(world, world.path / "nothing.json", "asha"), "nothing.json: no such file")


def test_a_damaged_kept_revocation_stops_the_work(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    assert _keep(world, _signed(world, _of_card(world), "asha", "ben"), "asha").code == 0
    kept = next((world.path / "asha").glob("revoked-*.json"))
    kept.write_bytes(b"{")
    refused(_wraps(world, "asha", "ben"), kept.name)
