"""A workspace is made once, and an epoch is joined only if everything about it verifies."""

import datetime as dt
from pathlib import Path

import pytest
from msgspec import structs

from cli.agency.synced import synced_by
from cli.agency.workspace import Workspace
from keys.identity import create_identity
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint, sign_card
from linkage.wire.epochs import add_signature
from linkage.wire.moments import Moment
from tests.support.agency_desk import (
    Desk,
    Epoch,
    UnitKeys,
    clew,
    epoch,
    joined_desk,
    make_epoch,
    make_unit_keys,
    unit,
    write_council,
)
from tests.support.custody import party

__all__ = ["epoch", "unit"]


@pytest.fixture
def desk(tmp_path: Path, epoch: Epoch) -> Desk:
    made = Desk(tmp_path / "desk", "E09", "council")
    assert made.init(epoch).code == 0
    return made


def test_init_prints_the_fingerprint_of_a_card_that_its_own_key_signed(desk: Desk) -> None:
    assert desk.outputs[0].out.strip() == card_fingerprint(desk.card())
    for one in Workspace(desk.workspace).pins().custodians:
        assert f"custodian {one.name}: {card_fingerprint(one)}\n" in desk.outputs[0].err
    assert (desk.card().agency, desk.card().role) == ("E09", "council")
    modes = {path.name: path.stat().st_mode & 0o777 for path in desk.workspace.iterdir()}
    assert modes["identity.json"] == modes["pins.json"] == 0o600
    assert desk.workspace.stat().st_mode & 0o777 == 0o700


def test_a_second_init_changes_nothing(desk: Desk, epoch: Epoch) -> None:
    before = {path.name: path.read_bytes() for path in desk.workspace.iterdir()}
    outcome = desk.init(epoch)
    assert outcome.code == 1
    assert "this is already a workspace of E09" in outcome.err
    assert {path.name: path.read_bytes() for path in desk.workspace.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--agency": "north shire"}, "the code has 2 to 12 capital letters and digits"),
        ({"--name": "x" * 121}, "the name 1 to 120 characters"),
        ({"--name": "North\x1b[2J"}, "characters that cannot be shown"),
        ({"--threshold": "4"}, "4 signatures cannot come from 3 custodians"),
        ({"--threshold": "0"}, "0 signatures cannot come from 3 custodians"),
    ],
)
def test_a_wrong_value_leaves_no_workspace(
    tmp_path: Path, epoch: Epoch, change: dict[str, str], said: str
) -> None:
    made = Desk(tmp_path / "desk", "E09", "council")
    made.path.mkdir()
    made.passphrase.touch(mode=0o600)
    made.passphrase.write_text("seven small boats\n")
    cards = []
    for number, member in enumerate(epoch.members):
        (made.path / f"{number}.json").write_bytes(canonical(member.card))
        cards += ["--custodian", str(made.path / f"{number}.json")]
    options = {"--agency": "E09", "--role": "council", "--name": "North", "--threshold": "2"} | change
    outcome = made.run("init", *(word for pair in options.items() for word in pair), *cards)
    assert outcome.code == 1
    assert said in outcome.err
    assert not made.workspace.exists()


def test_the_same_custodian_twice_is_refused(tmp_path: Path, epoch: Epoch) -> None:
    made = Desk(tmp_path / "desk", "E09", "council")
    outcome = made.init(_with_one_twice(epoch))
    assert outcome.code == 1
    assert "two of the custodians' cards are the same" in outcome.err


def _with_one_twice(epoch: Epoch) -> Epoch:
    return Epoch(epoch.key, (epoch.members[0], epoch.members[0]), epoch.descriptor)


def test_joining_keeps_what_was_verified(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    outcome = desk.join(epoch, unit.card)
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == card_fingerprint(unit.card)
    assert Workspace(desk.workspace).descriptor() == epoch.descriptor
    assert desk.join(epoch, unit.card).code == 0


def _refused(desk: Desk, epoch: Epoch, unit: UnitKeys, said: str) -> None:
    outcome = desk.join(epoch, unit.card)
    assert outcome.code == 1
    assert said in outcome.err
    assert "hint:" in outcome.err
    assert not (desk.workspace / "epoch.json").exists()
    assert not (desk.workspace / "wrapped-key.json").exists()


def test_a_descriptor_signed_by_too_few_pinned_custodians_is_refused(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    once = structs.replace(epoch.descriptor, signatures=epoch.descriptor.signatures[:1])
    stranger = add_signature(once, party("Mallory").identity.signing)
    for descriptor in (once, stranger):
        _refused(desk, Epoch(epoch.key, epoch.members, descriptor), unit, "signed by 1 of the custodians")


def test_a_descriptor_changed_after_it_was_signed_is_refused(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    forged = structs.replace(epoch.descriptor, conformance="ab" * 32)
    _refused(desk, Epoch(epoch.key, epoch.members, forged), unit, "does not verify")


def test_another_units_card_is_refused(desk: Desk, epoch: Epoch) -> None:
    _refused(desk, epoch, make_unit_keys(), "not the linkage unit that the epoch descriptor seals to")


def test_a_unit_card_with_a_new_signing_key_is_refused_once_one_is_pinned(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    assert desk.join(epoch, unit.card).code == 0
    other = create_identity()
    card = structs.replace(unit.card, signing_key=other.public_key, signature=None)
    outcome = desk.join(epoch, sign_card(card, other.signing))
    assert outcome.code == 1
    assert "signing key is not the one pinned before" in outcome.err


def test_a_key_wrapped_for_somebody_else_is_refused(
    tmp_path: Path, desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    other = Desk(tmp_path / "other", "E10", "council")
    assert other.init(epoch).code == 0
    outcome = desk.join(epoch, unit.card, wrapped_for=other.card())
    assert outcome.code == 1
    assert "does not open for this identity" in outcome.err


def test_a_profile_or_a_conformance_of_another_release_is_refused(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    for changes, said in (
        ({"profile_digest": "12" * 32}, "does not have its encoding profile"),
        ({"profile_name": "child-9"}, "does not have its encoding profile"),
        ({"conformance": "12" * 32}, "encodes differently from the custodians'"),
    ):
        made = make_epoch(unit.card, **changes)
        other = Epoch(epoch.key, epoch.members, _signed_by(made, epoch))
        _refused(desk, other, unit, said)


def _signed_by(made: Epoch, epoch: Epoch) -> object:
    descriptor = structs.replace(made.descriptor, signatures=())
    for member in epoch.members[:2]:
        descriptor = add_signature(descriptor, member.identity.signing)
    return descriptor


def test_a_wrong_passphrase_is_refused_and_never_repeated(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    desk.passphrase.write_text("not the right one\n")
    outcome = desk.join(epoch, unit.card)
    assert outcome.code == 1
    assert "not the right one" not in outcome.err
    assert not (desk.workspace / "epoch.json").exists()


def test_commands_say_what_is_missing_before_them(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 1)
    outcome = desk.encode(source, "council-csv")
    assert outcome.code == 1
    assert "no epoch was joined yet" in outcome.err
    nowhere = Desk(tmp_path, "E09", "council")
    outcome = nowhere.check(source, "council-csv")
    assert "there is no workspace here" in outcome.err
    assert outcome.code == 1


def test_nothing_is_encoded_outside_the_epochs_dates(tmp_path: Path, unit: UnitKeys) -> None:
    today = dt.datetime.now(dt.UTC).date()
    for later, opens, closes in ((0, 5, 50), (60, -50, 50)):
        dates = _dates(opens, closes)
        desk = joined_desk(tmp_path / f"desk{opens}", make_epoch(unit.card, **dates), unit.card)
        source = write_council(desk.path / "source", 1)
        with pytest.MonkeyPatch.context() as patched:
            day = today + dt.timedelta(days=later)
            patched.setattr("cli.agency.making.today", lambda day=day: day)
            outcome = desk.encode(source, "council-csv")
        assert outcome.code == 1
        assert f"is open from {dates['opens']} to {dates['closes']}" in outcome.err


def _dates(opens: int, closes: int) -> dict[str, Moment]:
    """Return dates so many days from today."""
    today = dt.datetime.now(dt.UTC).date()
    return {
        "opens": Moment.day(today + dt.timedelta(days=opens)),
        "closes": Moment.day(today + dt.timedelta(days=closes)),
    }


def test_a_closed_epoch_is_not_joined(desk: Desk, unit: UnitKeys, epoch: Epoch) -> None:
    made = make_epoch(unit.card, **_dates(-50, -5))
    closed = Epoch(epoch.key, epoch.members, _signed_by(made, epoch))
    _refused(desk, closed, unit, f"epoch e1 closed on {_dates(-50, -5)['closes']}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epoch": "e0", **_dates(-60, 200)}, "epoch e0 opens before e1"),
        ({"transcript": "78" * 32}, "another epoch under the name e1"),
        ({"epoch": "e2", **_dates(10, 400)}, ""),
    ],
)
def test_no_older_or_other_epoch_replaces_the_one_joined(
    desk: Desk, unit: UnitKeys, epoch: Epoch, changes: dict[str, object], said: str
) -> None:
    assert desk.join(epoch, unit.card).code == 0
    other = Epoch(epoch.key, epoch.members, _signed_by(make_epoch(unit.card, **changes), epoch))
    outcome = desk.join(other, unit.card)
    assert outcome.code == (1 if said else 0)
    assert said in outcome.err
    kept = Workspace(desk.workspace).descriptor()
    assert kept == (epoch.descriptor if said else other.descriptor)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/home/a/OneDrive - Eastmere Council/clew", "OneDrive"),
        ("/Users/a/Dropbox/clew", "Dropbox"),
        ("/Users/a/Google Drive/My Drive/clew", "Google Drive"),
        ("/Users/a/Library/Mobile Documents/com~apple~CloudDocs/clew", "iCloud Drive"),
        ("/home/a/onedriver-notes/clew", None),
        ("/srv/clew", None),
    ],
)
def test_synced_folders_are_known_by_their_names(path: str, service: str | None) -> None:
    assert synced_by(Path(path), {}) == service


def test_a_workspace_in_a_synced_folder_is_made_with_a_warning(tmp_path: Path, epoch: Epoch) -> None:
    assert synced_by(tmp_path / "a" / "b", {"OneDrive": str(tmp_path)}) == "OneDrive"
    made = Desk(tmp_path / "Dropbox", "E09", "council")
    outcome = made.init(epoch)
    assert outcome.code == 0
    assert "warning: this folder is copied elsewhere by Dropbox" in outcome.err


def test_help_names_every_command() -> None:
    outcome = clew("agency", "--help")
    assert outcome.code == 0
    for command in (
        "init",
        "join",
        "mapping",
        "check",
        "encode",
        "inspect",
        "submit",
        "status",
        "report",
        "references",
    ):
        assert command in outcome.out
