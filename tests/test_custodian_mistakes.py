"""A mistake at a custodian's command is refused before anything happens, in words that say what to do."""

from pathlib import Path

import pytest

from keys.storing import store_public
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, card_fingerprint, sign_card
from tests.support.custody_world import PHRASE, Stages, World, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]


@pytest.fixture
def held(stages: Stages, tmp_path: Path) -> World:
    return stages.at("wrapped", tmp_path)


def _another_identity(world: World, name: str) -> None:
    """Give a custodian a new identity that knows the ceremony, as restoring a share from its sheet does."""
    folder = world.path / f"{name}-again"
    assert world.run("identity", f"{name.title()} again", "--out", folder).code == 0
    for terms in (world.path / name).glob("ceremony-*.json"):
        store_public(folder / terms.name, terms.read_bytes())


def test_an_identity_that_the_epoch_does_not_list_signs_no_wrapped_key(held: World) -> None:
    _another_identity(held, "ben")
    wrapped = held.path / "wrapped-E06.json"
    before = wrapped.read_bytes()
    outcome = held.sign(wrapped, "ben-again", "--epoch", held.descriptor, *held.for_agency())
    refused(outcome, "not a custodian of this epoch", "would not count")
    assert wrapped.read_bytes() == before


def test_a_folder_that_is_none_is_named(held: World) -> None:
    for folder in (held.path / "nobody", held.path / "asha" / "identity.json"):
        outcome = clew_keys("share", "check", "--epoch", held.descriptor, "--identity", folder)
        refused(outcome, f"{folder.name}: not a custodian's folder", "hint: ", "identity.json")
        outcome = held.wrap("asha", str(folder))
        refused(outcome, f"{folder.name}: not a custodian's folder")


def test_a_lost_share_is_taken_from_its_sheet(held: World) -> None:
    (held.path / "asha" / "share-2025-26.json").unlink()
    refused(held.wrap("asha", "ben", out=held.path / "again"), "clew keys share restore")


def test_a_share_that_did_not_come_is_asked_of_the_opener(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    share = world.message("share", "asha")
    share.unlink()
    refused(world.sign(world.descriptor, "asha"), f"{share.name}: your share is not here", "opener")


def test_a_sheet_is_a_page_for_a_browser(held: World) -> None:
    for name in ("asha.txt", "sheet"):
        outcome = held.run(
            *("share", "sheet", "--identity", held.path / "asha"),
            *("--epoch", held.descriptor, "--out", held.path / name),
        )
        refused(outcome, f"{name}: a sheet's name ends in .html")
        assert not (held.path / name).exists()


def test_a_place_that_is_not_there_is_named(held: World) -> None:
    outcome = clew_keys(
        "log", "export", "--identity", held.path / "asha", "--out", held.path / "no" / "a.json"
    )
    refused(outcome, "a.json: not written: there is no folder no", "make the folder")
    outcome = held.run("identity", "Max", "--out", held.path / "passphrase")
    refused(outcome, "passphrase: not a folder")


def test_the_log_of_a_ceremony_or_session_is_checked_where_it_is(held: World) -> None:
    session, out = held.path / "session", held.path / "log.json"
    outcome = held.run(
        *("session", "open", "--epoch", held.descriptor, "--agency", held.path / "agency-card.json"),
        *("--folder", session, "--identity", held.path / "asha"),
    )
    assert outcome.code == 0, outcome.err
    for folder in (held.shared, session):
        assert clew_keys("log", "check", "--identity", folder).code == 0
        outcome = clew_keys("log", "export", "--identity", folder, "--out", out)
        refused(outcome, f"{folder.name}: not a custodian's folder", "the folder as it is")
        assert not out.exists()


def test_a_ceremony_that_cannot_be_is_refused_in_the_words_of_the_command(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("prepared", tmp_path)
    refused(world.open(threshold="1"), "the threshold is lower than two", "from 2 to 3")
    refused(world.open(threshold="4"), "the threshold is higher than", "from 2 to 3")
    world.names = ("asha", "ben", "ben")
    refused(world.open(), "a custodian occurs twice: Ben", "each custodian's card once")
    world.names = ("asha",)
    refused(world.open(), "custodians' cards given: 1")
    assert not world.shared.exists()


def test_closing_says_who_is_missing_before_it_asks_for_anything(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    world.message("contribution", "ben").unlink()
    outcome = clew_keys("ceremony", "close", "--folder", world.shared)
    refused(outcome, "the contribution of Ben is missing", "folder")
    world = stages.at("committed", tmp_path / "other")
    world.message("commitment", "ben").unlink()
    outcome = clew_keys("ceremony", "close", "--folder", world.shared)
    refused(outcome, "the commitment of Ben is missing", "folder")


def test_an_agency_given_twice_to_a_session_is_named(held: World) -> None:
    card = ("--agency", held.path / "agency-card.json")
    outcome = held.run(
        *("session", "open", "--epoch", held.descriptor, *card, *card),
        *("--folder", held.path / "session", "--identity", held.path / "asha"),
    )
    refused(outcome, "an agency occurs twice: E06", "one card for each agency")


def test_a_police_force_is_called_one(held: World) -> None:
    card = AgencyCard(
        agency="P33",
        role="police",
        name="North",
        signing_key=held.agency.public_key,
        sealing_key=held.agency.sealing.public_text(),
    )
    signed = sign_card(card, held.agency.signing)
    (held.path / "agency-card.json").write_bytes(canonical(signed))
    outcome = held.wrap("asha", "ben", agencies=held.for_agency(card_fingerprint(signed)))
    assert "for P33, a police force" in outcome.err


@pytest.mark.parametrize("data", [b"", b"no", b"{}", b'{"version":1}', b'{"version":9}', b"[]"])
def test_what_is_no_descriptor_is_said_in_the_words_of_the_documents(held: World, data: bytes) -> None:
    held.descriptor.write_bytes(data)
    outcome = held.wrap("asha", "ben", out=held.path / "again")
    refused(outcome, "epoch.json: epoch descriptor: ", "hint: ")
    assert "EpochDescriptor" not in outcome.err


def test_another_file_than_the_one_wanted_is_not_called_damaged(held: World) -> None:
    held.descriptor.write_bytes((held.path / "agency-card.json").read_bytes())
    outcome = held.wrap("asha", "ben", out=held.path / "again")
    refused(outcome, "this is an agency's card; an epoch descriptor is wanted", "give that file here")
    assert "damaged" not in outcome.err


def test_a_lost_passphrase_of_a_one_time_key_needs_another_ceremony(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    (world.path / "passphrase").write_text("an identity's passphrase, by mistake\n")
    outcome = world.close()
    refused(outcome, "one-time-key.json: ", "the one chosen at the opening", "open another")
    assert "backup" not in outcome.err


def test_a_name_that_no_card_can_have_is_refused_before_a_passphrase_is_typed(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, asked = stages.at("prepared", tmp_path), []
    monkeypatch.setattr("keys.passphrase.ask_hidden", lambda prompt, **_: asked.append(prompt) or PHRASE)
    out = world.path / "dev"
    for name, told in ((" ", "the name is empty"), ("De\u202ev", "cannot be shown"), ("D" * 121, "too long")):
        refused(clew_keys("identity", name, "--out", out), told)
    assert (asked, out.exists()) == ([], False)
    assert clew_keys("identity", " " + "D" * 120 + " ", "--out", out).code == 0
    assert len(asked) == 1
    (out / "card.json").unlink()  # as a command that was killed leaves it
    refused(clew_keys("identity", "\t", "--out", out), "the name is empty")
    assert len(asked) == 1
