"""At a distance any k custodians give agencies the key whose cards each of them checked; fewer cannot."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from keys.identity import create_identity
from keys.messages import short_name
from keys.session import open_session, read_session
from keys.wrapping import unwrap_key
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, card_fingerprint, read_card
from linkage.wire.epochs import read_descriptor, read_wrapped_key, verify_quorum
from linkage.wire.fingerprints import in_words
from tests.support.custody import agency_card
from tests.support.custody_world import (
    PHRASE,
    Stages,
    clew_keys,
    refused,
    stages,
)
from tests.support.session_world import CODES, SHARE, Apart, all_hand_over, apart, in_the_epoch

__all__ = ["apart", "in_the_epoch", "stages"]


# What it is for


@pytest.mark.parametrize("names", [("asha", "ben"), ("ben", "carol"), ("carol", "asha", "ben")])
def test_any_k_custodians_give_every_agency_its_key(apart: Apart, names: tuple[str, ...]) -> None:
    all_hand_over(apart, *names)
    outcome = apart.close()
    assert outcome.code == 0, outcome.err
    assert [Path(line).name for line in outcome.out.splitlines()] == apart.wrapped
    assert apart.wrapped == [f"wrapped-{code}.json" for code in CODES]
    assert not apart.one_time_key.exists()
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    for code, identity in apart.agencies.items():
        file = apart.folder / f"wrapped-{code}.json"
        card = ("--agency", apart.card_file(code), "--fingerprint", card_fingerprint(apart.card(code)))
        for name in ("ben", "carol"):
            signed = apart.world.sign(file, name, "--epoch", apart.world.descriptor, *card)
            assert signed.code == 0, signed.err
        wrapped = read_wrapped_key(file.read_bytes())
        verify_quorum(wrapped, pinned=descriptor.custodians, threshold=2)
        assert unwrap_key(wrapped, identity, descriptor).matches(descriptor.key_check_value)


def test_custodians_exchange_only_small_public_files(apart: Apart, tmp_path: Path) -> None:
    """Each has a folder of their own; the opener's one-time key never leaves."""
    far = tmp_path / "far"
    far.mkdir()
    for name in ("session.json", "epoch.json"):
        shutil.copy(apart.folder / name, far)
    outcome = apart.hand_over("ben", folder=far)
    assert outcome.code == 0, outcome.err
    shutil.copy(outcome.out.strip(), apart.folder)
    all_hand_over(apart, "carol")
    assert apart.close().code == 0


def test_every_agency_is_shown_before_a_share_is_handed_over(apart: Apart) -> None:
    outcome = apart.hand_over("ben")
    assert f"session {apart.session.fingerprint}" in outcome.err
    for code in CODES:
        assert f"the key of epoch 2025-26 for {code}, a council\n" in outcome.err
        assert f"North  {card_fingerprint(apart.card(code))}" in outcome.err


def test_status_says_who_has_handed_over(apart: Apart) -> None:
    all_hand_over(apart, "ben")
    outcome = apart.status()
    assert outcome.code == 0, outcome.err
    *custodians, count, closed = outcome.out.splitlines()
    assert sorted(custodians) == ["Asha: not handed over", "Ben: handed over", "Carol: not handed over"]
    assert (count, closed) == ("handed over: 1, needed: 2", "not closed")
    assert "wrapped key" not in outcome.err  # there is none yet
    all_hand_over(apart, "asha")
    assert apart.close().code == 0
    assert apart.status().out.endswith("handed over: 2, needed: 2\nclosed\n")


def test_handing_over_again_changes_nothing(apart: Apart) -> None:
    all_hand_over(apart, "ben")
    before = apart.handed("ben").read_bytes()
    outcome = apart.hand_over("ben")
    assert (outcome.code, outcome.out) == (0, f"{apart.handed('ben')}\n")
    assert "had handed over already" in outcome.err
    assert apart.handed("ben").read_bytes() == before


def test_the_one_time_key_may_lie_elsewhere(apart: Apart, tmp_path: Path) -> None:
    key = tmp_path / "own" / "key.json"
    apart.folder = tmp_path / "second"
    assert apart.open("E06", more=("--one-time-key", key)).code == 0
    all_hand_over(apart, "asha", "carol")
    refused(apart.close(), "one-time-key.json: the session's one-time key is missing", "--one-time-key")
    outcome = apart.close("--one-time-key", key)
    assert outcome.code == 0, outcome.err
    assert not key.exists()


def test_no_share_and_no_passphrase_is_written_or_shown(apart: Apart) -> None:
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    shares = [
        apart.world.folder(name).read_share(descriptor, apart.world.identity(name))
        for name in ("asha", "ben")
    ]
    all_hand_over(apart, "asha", "ben")
    assert apart.close().code == 0
    said = "".join(one.out + one.err for one in apart.world.outputs)
    written = b"".join(path.read_bytes() for path in apart.folder.iterdir())
    for share in shares:
        assert share.text not in said
        assert share.text.encode() not in written
    assert PHRASE not in said


def test_every_use_of_a_key_is_in_a_log(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    assert apart.close().code == 0
    assert [entry["action"] for entry in _log(apart.folder)] == [
        "session-opened",
        *["wrapped-for-agency"] * 3,
    ]
    last = _log(apart.world.path / "ben")[-1]
    assert last["action"] == "share-handed-over"
    assert last["subjects"] == {"session": apart.session.id.hex(), "epoch": "2025-26"}
    for folder in (apart.world.path / "ben", apart.folder, apart.world.shared):
        checked = clew_keys("log", "check", "--identity", folder)
        assert checked.code == 0, checked.err


def test_a_session_s_log_is_checked_with_its_one_time_key(apart: Apart) -> None:
    file = apart.folder / "custody-log.jsonl"
    file.write_bytes((apart.world.path / "ben" / "custody-log.jsonl").read_bytes())
    refused(clew_keys("log", "check", "--identity", apart.folder), "line 1")


def test_the_log_of_a_session_leaves_with_its_folder(apart: Apart, tmp_path: Path) -> None:
    out = tmp_path / "log.json"
    for folder in (apart.folder, apart.world.shared):
        outcome = clew_keys("log", "export", "--identity", folder, "--out", out)
        refused(outcome, "not a custodian's folder", "folder as it is")
    assert not out.exists()


def _log(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "custody-log.jsonl").read_text().splitlines()]


def test_what_was_heard_may_be_words(apart: Apart) -> None:
    heard = {card.agency: in_words(card_fingerprint(card)) for card in apart.session.agencies}
    given = [word.replace("E06=", "e06 =") for word in apart.heard(**heard)]
    outcome = apart.hand_over("ben", session=in_words(apart.session.fingerprint), heard=given)
    assert outcome.code == 0, outcome.err


# What a custodian approves


def test_each_agencys_fingerprint_is_needed(apart: Apart) -> None:
    refused(apart.hand_over("ben", heard=[]), "no fingerprint is given for E06, E07, E09", "telephone")
    refused(apart.hand_over("ben", heard=apart.heard()[2:]), "no fingerprint is given for E06")
    wrong = apart.heard(E07=card_fingerprint(apart.card("E06")))
    refused(apart.hand_over("ben", heard=wrong), "not that of the card of E07")
    refused(apart.hand_over("ben", heard=apart.heard(E99="0000")), "an agency that is not in this session")
    assert not apart.handed("ben").exists()


@pytest.mark.parametrize(
    "words", [["--fingerprint", "E06"], ["--fingerprint", "E06=a", "--fingerprint", "E06=b"]]
)
def test_fingerprints_without_a_code_or_twice_are_wrong_usage(apart: Apart, words: list[str]) -> None:
    outcome = apart.hand_over("ben", heard=words)
    assert outcome.code == 2
    assert "CODE=TEXT for each agency" in outcome.err


def test_attack_another_session_of_the_same_agencies_is_refused(apart: Apart, tmp_path: Path) -> None:
    """Whoever can exchange the file could have a session of their own; the opener's voice tells."""
    right = apart.session.fingerprint
    apart.folder = tmp_path / "slipped-in"
    assert apart.open().code == 0
    refused(apart.hand_over("ben", session=right), "not that of this session")
    assert not apart.handed("ben").exists()


def test_a_descriptor_without_its_quorum_opens_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    apart = Apart(world, {"E06": create_identity()}, tmp_path / "session")
    refused(apart.open("E06"), "epoch.json: clew-epoch: signed by 0 of the custodians that you pinned")
    assert not apart.folder.exists()


def test_a_custodian_believes_its_own_pins_only(apart: Apart) -> None:
    path = apart.folder / "epoch.json"
    descriptor = read_descriptor(path.read_bytes())
    path.write_bytes(canonical(structs.replace(descriptor, signatures=descriptor.signatures[:1])))
    refused(apart.hand_over("ben"), "epoch.json: clew-epoch: signed by 1 of the custodians that you pinned")
    path.write_bytes(canonical(structs.replace(descriptor, unit_payload_key=descriptor.unit_encodings_key)))
    refused(apart.hand_over("ben"), "epoch.json: the session was opened for another epoch descriptor")
    assert not apart.handed("ben").exists()


def test_a_custodian_not_of_this_epoch_is_refused(apart: Apart) -> None:
    assert apart.world.run("identity", "Mallory", "--out", apart.world.path / "mallory").code == 0
    refused(apart.hand_over("mallory"), "not of a ceremony that you took part in")
    shutil.copy(next((apart.world.path / "ben").glob("ceremony-*.json")), apart.world.path / "mallory")
    refused(apart.hand_over("mallory"), "mallory: not a custodian of this epoch")
    own = apart.world.folder("mallory")
    foreign = apart.folder / f"handed-{short_name(read_card(own.card.read_bytes(), CustodianCard))}.json"
    all_hand_over(apart, "asha", "ben")
    shutil.copy(apart.handed("ben"), foreign)
    for outcome in (apart.status(), apart.close()):
        refused(outcome, f"{foreign.name}: not from a custodian of this epoch")
    assert apart.wrapped == []


def test_a_custodian_without_a_share_cannot_hand_over(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    apart = Apart(world, {"E06": create_identity()}, tmp_path / "session")
    assert apart.open("E06").code == 0
    refused(apart.hand_over("carol"), f"carol: {SHARE}: no share of this epoch is kept in this folder")


def test_an_epoch_that_is_over_takes_no_agency(
    apart: Apart, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    all_hand_over(apart, "asha", "ben")
    monkeypatch.setattr("cli.custodian.checks.today", lambda: dt.date(2026, 4, 1))
    for outcome in (apart.open(folder=tmp_path / "late"), apart.hand_over("carol"), apart.close()):
        refused(outcome, "epoch 2025-26 closed on 2026-03-31")
    assert apart.wrapped == []


# Opening


def test_a_session_is_never_opened_over_another(apart: Apart, tmp_path: Path) -> None:
    before = apart.world.files() | {path.name: path.read_bytes() for path in apart.folder.iterdir()}
    refused(apart.open(), "session.json: is there already")
    key = apart.one_time_key
    refused(apart.open(folder=tmp_path / "new", more=("--one-time-key", key)), "one-time-key.json: is there")
    assert before == apart.world.files() | {path.name: path.read_bytes() for path in apart.folder.iterdir()}


def test_an_agency_is_in_a_session_once(apart: Apart, tmp_path: Path) -> None:
    refused(apart.open("E06", "E06", folder=tmp_path / "new"), "an agency occurs twice", "one card for each")
    apart.agencies["E10"] = apart.agencies["E06"]
    refused(apart.open("E06", "E10", folder=tmp_path / "new"), "an agency occurs twice")
    assert not (tmp_path / "new").exists()


def test_a_session_takes_two_hundred_agencies_and_no_more(apart: Apart) -> None:
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    one_time = create_identity()
    cards = [agency_card(create_identity(), f"E{place:03d}", "\U00020000" * 120) for place in range(200)]
    session = open_session(one_time, descriptor=descriptor, agencies=cards)
    assert read_session(canonical(session)) == session
    for wrong in ([], [*cards, agency_card(create_identity(), "N01")]):
        with pytest.raises(InputError, match=f"cards given: {len(wrong)}, a session takes 1 to 200"):
            open_session(one_time, descriptor=descriptor, agencies=wrong)
