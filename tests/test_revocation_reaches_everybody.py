"""One revocation, made by custodians' commands, is what the unit and the agency act on."""

from pathlib import Path

from api.clock import stamp, utc_now
from api.store.agencies import pin_custodians
from api.store.database import open_database
from api.unit import create_unit
from linkage.wire.cards import AgencyCard, CustodianCard, card_fingerprint, read_card
from tests.support.agency_desk import clew as clew_here
from tests.support.custody_world import CUSTODIANS, Stages, in_the_epoch, stages
from tests.support.processes import clew

__all__ = ["in_the_epoch", "stages"]


def _agency(workspace: Path, cards: list[Path], passphrase: Path) -> AgencyCard:
    names = ("--agency", "E06", "--role", "council", "--name", "North", "--threshold", "2")
    pins = [part for card in cards for part in ("--custodian", card)]
    made = clew_here(
        "agency", "init", "--workspace", workspace, *names, *pins, "--passphrase-file", passphrase
    )
    assert made.code == 0, made.err
    return read_card((workspace / "card.json").read_bytes(), AgencyCard)


def _unit(data: Path, cards: list[Path]) -> None:
    create_unit(data, "Unit")
    database = open_database(data / "register.db", "register")
    with database.write() as connection:
        pinned = [read_card(card.read_bytes(), CustodianCard) for card in cards]
        pin_custodians(connection, pinned, threshold=2, now=stamp(utc_now()))
    database.close()


def test_a_card_revoked_by_two_of_three_custodians(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    cards = [world.path / name / "card.json" for name in CUSTODIANS]
    workspace, data = tmp_path / "workspace", tmp_path / "data"
    fingerprint = card_fingerprint(_agency(workspace, cards, world.path / "passphrase"))
    _unit(data, cards)
    card, file = workspace / "card.json", world.path / "revoked.json"
    added = clew("register", "agency", "add", "--data", data, card, "--fingerprint", fingerprint)
    assert added.returncode == 0, added.stderr
    what = ("--agency", card, "--fingerprint", fingerprint)
    asha = ("--identity", world.path / "asha")
    assert world.run("revoke", *what, "--reason", "laptop stolen", *asha, "--out", file).code == 0

    early = clew("register", "revoke", "--data", data, file)
    assert (early.returncode, "signed by 1 of the custodians" in early.stderr) == (1, True)
    kept = clew_here("agency", "revoke", file, "--workspace", workspace)
    assert (kept.code, "signed by 1 of the custodians" in kept.err) == (1, True)

    assert world.sign(file, "ben", *what).code == 0
    done = clew("register", "revoke", "--data", data, file)
    assert (done.returncode, "the card of E06 is revoked now" in done.stderr) == (0, True)
    listed = clew("register", "agency", "list", "--data", data).stdout.split("\t")
    assert listed[:3] == ["E06", "council", "removed"]
    again = clew("register", "agency", "add", "--data", data, card, "--fingerprint", fingerprint)
    assert (again.returncode, "custodians revoked this card" in again.stderr) == (1, True)
    kept = clew_here("agency", "revoke", file, "--workspace", workspace)
    assert (kept.code, "the card of this workspace is revoked" in kept.err) == (0, True)
