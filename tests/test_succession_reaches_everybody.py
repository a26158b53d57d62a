"""One succession, made by custodians' commands at a distance, is what the unit and the agency act on."""

import shutil
from pathlib import Path

from api.clock import stamp, utc_now
from api.store.agencies import pin_custodians
from api.store.database import open_database
from api.unit import create_unit
from linkage.wire.cards import CustodianCard, read_card
from linkage.wire.successions import read_succession
from tests.support.agency_desk import clew as clew_here
from tests.support.custody_world import CUSTODIANS, Stages, World, in_the_epoch, stages
from tests.support.processes import clew

__all__ = ["in_the_epoch", "stages"]

COMING = ("carol", "dev")


def _workspace(path: Path, cards: list[Path], passphrase: Path) -> None:
    names = ("--agency", "E06", "--role", "council", "--name", "North", "--threshold", "2")
    pins = [part for card in cards for part in ("--custodian", card)]
    made = clew_here("agency", "init", "--workspace", path, *names, *pins, "--passphrase-file", passphrase)
    assert made.code == 0, made.err


def _unit(data: Path, cards: list[Path]) -> None:
    create_unit(data, "Unit")
    database = open_database(data / "register.db", "register")
    with database.write() as connection:
        pinned = [read_card(card.read_bytes(), CustodianCard) for card in cards]
        pin_custodians(connection, pinned, threshold=2, now=stamp(utc_now()))
    database.close()


def _passed_on(world: World, file: Path) -> Path:
    """Let everybody sign, each a copy that was sent to them, and return the last."""
    fingerprint = read_succession(file.read_bytes()).fingerprint
    for name in ("ben", "carol", "dev"):
        sent = world.path / f"sent-to-{name}.json"
        shutil.copy(file, sent)
        signed = world.sign(sent, name, "--fingerprint", fingerprint)
        assert signed.code == 0, signed.err
        file = sent
    return file


def test_two_of_three_custodians_make_way_for_others(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    assert world.run("identity", "Dev", "--out", world.path / "dev").code == 0
    cards = [world.path / name / "card.json" for name in CUSTODIANS]
    workspace, data = tmp_path / "workspace", tmp_path / "data"
    _workspace(workspace, cards, world.path / "passphrase")
    _unit(data, cards)

    come = [part for name in COMING for part in ("--custodian", world.path / name / "card.json")]
    file, asha = world.path / "succession.json", ("--identity", world.path / "asha")
    made = world.run("succession", *come, "--threshold", "2", *asha, "--out", file)
    assert made.code == 0, made.err
    said = ("--fingerprint", made.out.strip())
    early = clew("register", "succession", "--data", data, file, *said)
    assert (early.returncode, "signed by 1 of the custodians" in early.stderr) == (1, True)

    whole = _passed_on(world, file)
    done = clew("register", "succession", "--data", data, whole, *said)
    assert (done.returncode, "succession 1 is adopted now" in done.stderr) == (0, True), done.stderr
    done = clew_here("agency", "succession", whole, "--workspace", workspace, *said)
    assert (done.code, "succession 1 is adopted" in done.err) == (0, True), done.err
