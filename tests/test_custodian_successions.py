"""Custodians make, sign and take in a succession at a distance, each having checked it by its own folder."""

from pathlib import Path

import pytest
from msgspec import structs

from keys.custody_log import CustodyLog
from keys.identity import custodian_card
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, read_card
from linkage.wire.custodian_sets import set_of
from linkage.wire.epochs import add_signature, content_digest, read_descriptor
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedEpoch
from linkage.wire.successions import Succession, read_succession, require_complete, verify_succession
from tests.support.custody_world import Outcome, Stages, World, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

COMING = ("ben", "dev", "esi")


@pytest.fixture
def world(stages: Stages, tmp_path: Path) -> World:
    """Everybody signed the descriptor; Dev and Esi, who are to come, have an identity."""
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    for name in ("dev", "esi"):
        assert world.run("identity", name.title(), "--out", world.path / name).code == 0
    return world


def _file(world: World) -> Path:
    return world.path / "succession.json"


def _make(
    world: World, name: str = "asha", coming: tuple[str, ...] = COMING, *more: str | Path, threshold: int = 2
) -> Outcome:
    cards = [part for one in coming for part in ("--custodian", world.path / one / "card.json")]
    where = ("--threshold", str(threshold), "--identity", world.path / name, "--out", _file(world))
    return world.run("succession", *cards, *where, *more)


def _read(world: World) -> Succession:
    return read_succession(_file(world).read_bytes())


def _sign(world: World, name: str, *more: str | Path) -> Outcome:
    return world.sign(_file(world), name, "--fingerprint", _read(world).fingerprint, *more)


def _keep(world: World, name: str, *more: str | Path) -> Outcome:
    return clew_keys("keep", _file(world), "--identity", world.path / name, *more)


def _complete(world: World, coming: tuple[str, ...] = COMING) -> Succession:
    outcome = _make(world, "asha", coming)
    assert outcome.code == 0, outcome.err
    for name in sorted({"ben", *coming} - {"asha"}):
        outcome = _sign(world, name)
        assert outcome.code == 0, outcome.err
    return _read(world)


def test_two_who_go_and_all_who_come_sign_it(world: World) -> None:
    outcome = _make(world)
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == _read(world).fingerprint
    assert "signed by 1 of the custodians who count now (2 needed)" in outcome.err
    for name in ("Ben", "Dev", "Esi"):
        assert name in outcome.err.splitlines()[-1]
    assert "compare each fingerprint with its holder" in outcome.err
    for name in ("dev", "ben"):
        assert "it is complete" not in _sign(world, name).err
    last = _sign(world, "esi")
    assert "it is complete: send it to" in last.err

    succession = _read(world)
    descriptor = read_descriptor(world.descriptor.read_bytes())
    verify_succession(succession, pinned=set_of(descriptor), serial=0)
    assert [card.name for card in sorted(succession.incoming.custodians, key=lambda one: one.name)] == [
        "Ben",
        "Dev",
        "Esi",
    ]
    for name in ("asha", "ben", "dev", "esi"):
        entry = CustodyLog(world.path / name).read().entries()[-1]
        digits = succession.fingerprint.replace(" ", "")
        assert (entry.action, entry.subjects) == (
            "signed-succession",
            {"serial": "1", "succession": digits},
        )
        assert entry.signature is not None


def test_who_did_not_sign_takes_it_in(world: World) -> None:
    succession = _complete(world)
    kept = _keep(world, "carol")
    assert (kept.code, kept.out) == (0, ""), kept.err
    assert "the custodians who come count for you, and those who go do not" in kept.err
    assert world.folder("carol").known_sets() == (succession.coming,)
    assert CustodyLog(world.path / "carol").read().entries()[-1].action == "kept-succession"
    before = world.files()
    assert "nothing was changed" in _keep(world, "carol").err
    assert world.files() == before


def test_it_changes_nothing_before_it_is_complete(world: World) -> None:
    assert _make(world).code == 0
    assert _sign(world, "ben").code == 0
    before = world.files()
    refused(_keep(world, "carol"), "2 of the custodians who come have not signed")
    assert world.files() == before
    old = set_of(read_descriptor(world.descriptor.read_bytes()))
    assert world.folder("asha").known_sets() == (old,)


def test_whoever_signed_early_takes_in_the_complete_one(world: World) -> None:
    succession = _complete(world)
    assert succession.coming not in world.folder("asha").known_sets()
    for name in ("asha", "ben", "dev"):
        assert _keep(world, name).code == 0
        assert world.folder(name).known_sets() == (succession.coming,)


def test_signing_again_changes_nothing(world: World) -> None:
    assert _make(world).code == 0
    before = _file(world).read_bytes()
    assert _sign(world, "asha").code == 0
    assert _file(world).read_bytes() == before


def test_it_is_signed_by_its_fingerprint(world: World) -> None:
    assert _make(world).code == 0
    before = world.files()
    refused(world.sign(_file(world), "ben"), "succession.json: a succession is signed by its fingerprint")
    other = world.fingerprint
    refused(world.sign(_file(world), "ben", "--fingerprint", other), "not that of this succession")
    assert world.files() == before


def test_who_has_no_part_in_it_does_not_sign(world: World) -> None:
    assert _make(world).code == 0
    assert world.run("identity", "Fay", "--out", world.path / "fay").code == 0
    refused(_sign(world, "fay"), "you neither go nor come")
    refused(_keep(world, "fay"), "signed by 1")


def test_attack_a_stranger_takes_in_what_it_cannot_check(world: World) -> None:
    _complete(world)
    assert world.run("identity", "Fay", "--out", world.path / "fay").code == 0
    refused(_keep(world, "fay"), "not those of an epoch that you signed")


def test_attack_of_custodians_whom_the_signer_does_not_know(world: World, tmp_path: Path) -> None:
    """A set that only somebody's file names is not let go by custodians of another."""
    assert _make(world).code == 0
    succession = _read(world)
    own = read_card((world.path / "ben" / "card.json").read_bytes(), CustodianCard).signing_key
    other = tuple(sorted((own, "a" * 64)))
    forged = structs.replace(
        succession, outgoing=structs.replace(succession.outgoing, custodians=other), signatures=()
    )
    _file(world).write_bytes(canonical(forged))
    refused(_sign(world, "ben"), "not those of an epoch that you signed", "--epoch")


def test_attack_a_card_of_ones_own_key_with_another_name(world: World) -> None:
    assert _make(world).code == 0
    succession, identity = _read(world), world.identity("dev")
    cards = [
        custodian_card(identity, "Devious") if card.signing_key == identity.public_key else card
        for card in succession.incoming.custodians
    ]
    incoming = structs.replace(succession.incoming, custodians=tuple(cards))
    _file(world).write_bytes(canonical(structs.replace(succession, incoming=incoming, signatures=())))
    refused(_sign(world, "dev"), "the card in it with your key is not yours")


def test_attack_a_broken_signature_is_not_joined(world: World) -> None:
    assert _make(world).code == 0
    changed = structs.replace(_read(world), decided=Moment.parse("2025-06-02T09:30Z"))
    _file(world).write_bytes(canonical(changed))
    refused(_sign(world, "ben"), "succession.json", "does not verify")


def test_attack_a_fork_needs_somebody_who_signs_twice(world: World) -> None:
    _complete(world)
    first = _file(world).read_bytes()
    for name in ("asha", "ben"):
        assert _keep(world, name).code == 0
    _file(world).unlink()
    assert _make(world, "carol", ("carol", "asha")).code == 0
    refused(_sign(world, "asha"), "you know another succession 1")
    _file(world).write_bytes(first)
    refused(_keep(world, "carol"), "you know another succession 1")


def test_a_fork_under_a_higher_number_is_refused_once_the_first_is_complete(world: World) -> None:
    _complete(world)
    for name in ("asha", "carol"):
        assert _keep(world, name).code == 0
    _file(world).unlink()
    refused(
        _make(world, "asha", ("asha", "carol"), "--epoch", world.descriptor),
        "succession 1 has replaced these custodians already",
    )


def test_an_unfinished_one_may_be_replaced_under_a_higher_number(world: World) -> None:
    assert _make(world).code == 0
    _file(world).unlink()
    again = _make(world, "asha", ("ben", "dev"))
    assert again.code == 0, again.err
    assert _read(world).serial == 2
    assert "you signed succession 1, which is not complete: tell everybody to delete it" in again.err


def test_the_next_succession_is_of_those_who_came(world: World) -> None:
    first = _complete(world)
    for name in ("ben", "dev", "esi", "asha"):
        assert _keep(world, name).code == 0
    _file(world).unlink()
    assert _make(world, "dev", ("dev", "esi", "asha")).code == 0
    for name in ("esi", "asha"):
        outcome = _sign(world, name)
        assert outcome.code == 0, outcome.err
    second = _read(world)
    assert (second.serial, second.outgoing) == (2, first.coming)
    require_complete(second)
    verify_succession(second, pinned=first.coming, serial=1)


def test_attack_a_set_that_was_succeeded_never_comes_back_whole(world: World) -> None:
    """Else the succession that ended it could be replayed to whoever joined since."""
    _complete(world, ("dev", "esi"))
    for name in ("asha", "dev"):
        assert _keep(world, name).code == 0
    _file(world).unlink()
    refused(_make(world, "dev", ("asha", "ben", "carol")), "the very custodians whom succession 1 replaced")
    assert _make(world, "dev", ("asha", "ben", "carol"), threshold=3).code == 0


def test_who_went_revokes_nothing_more_and_who_came_does(world: World) -> None:
    _complete(world)
    assert _keep(world, "carol").code == 0
    descriptor = read_descriptor(world.descriptor.read_bytes())
    subject = RevokedEpoch(epoch=descriptor.epoch, descriptor=content_digest(descriptor))
    revocation = Revocation(
        subject=subject, reason="key seen outside", decided=Moment.parse("2025-06-01T09:30Z")
    )
    file = world.path / "revoked.json"

    def keep(*names: str, more: tuple[str | Path, ...] = ()) -> Outcome:
        signed = revocation
        for name in names:
            signed = add_signature(signed, world.identity(name).signing)
        file.write_bytes(canonical(signed))
        return clew_keys("keep", file, "--identity", world.path / "carol", *more)

    refused(keep("asha", "carol"), "signed by 0 of the custodians")
    refused(keep("asha", "carol", more=("--epoch", world.descriptor)), "signed by 0 of the custodians")
    assert keep("dev", "esi").code == 0


def test_who_came_revokes_an_epoch_made_before(world: World) -> None:
    _complete(world)
    assert _keep(world, "dev").code == 0
    out = world.path / "revoked.json"
    what = ("--epoch", world.descriptor, "--reason", "key seen outside")
    made = world.run("revoke", *what, "--identity", world.path / "dev", "--out", out)
    assert made.code == 0, made.err
    assert world.sign(out, "esi", "--epoch", world.descriptor).code == 0
    stray = structs.replace(read_descriptor(world.descriptor.read_bytes()), signatures=())
    (world.path / "stray.json").write_bytes(canonical(stray))
    again = ("--epoch", world.path / "stray.json", "--reason", "x")
    refused(
        world.run("revoke", *again, "--identity", world.path / "dev", "--out", world.path / "other.json"),
        "stray.json",
        "signed by 0",
    )


def test_wrong_numbers_and_cards_are_refused(world: World) -> None:
    before = world.files()
    refused(_make(world, "asha", ("dev",), threshold=2), "2 of 1 custodians cannot be asked to sign")
    refused(_make(world, "asha", COMING, threshold=1), "1 of 3 custodians cannot be asked to sign")
    refused(_make(world, "asha", ("dev", "dev", "esi")), "a custodian occurs twice")
    refused(_make(world, "asha", ("asha", "ben", "carol")), "the same custodians go and come")
    refused(_make(world, "dev"), "which custodians go?", "--epoch")
    _file(world).write_text("there")
    refused(_make(world), "succession.json: is there already")
    _file(world).unlink()
    assert world.files() == before
