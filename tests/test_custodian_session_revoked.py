"""A custodian who revoked a card or an epoch neither opens nor closes a session for it."""

from pathlib import Path

import pytest

from linkage.wire.cards import card_fingerprint
from tests.support.custody_world import clew_keys, in_the_epoch, refused, stages
from tests.support.session_world import CODES, Apart, all_hand_over, apart

__all__ = ["apart", "in_the_epoch", "stages"]


def _revoke_card(apart: Apart, name: str, code: str) -> None:
    card = ("--agency", apart.card_file(code), "--fingerprint", card_fingerprint(apart.card(code)))
    _revoke(apart, name, *card)


def _revoke_epoch(apart: Apart, name: str) -> None:
    _revoke(apart, name, "--epoch", apart.world.descriptor)


def _revoke(apart: Apart, name: str, *what: str | Path) -> None:
    own = ("--identity", apart.world.path / name, "--out", apart.world.path / f"revoked-{name}.json")
    outcome = apart.world.run("revoke", *what, "--reason", "a laptop was stolen", *own)
    assert outcome.code == 0, outcome.err


def test_what_was_handed_over_before_a_card_was_revoked_gives_it_no_key(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    _revoke_card(apart, "asha", "E07")
    refused(apart.close(), "you revoked this card of E07")
    assert apart.wrapped == []
    assert apart.one_time_key.exists()


def test_what_was_handed_over_before_an_epoch_was_revoked_gives_nobody_a_key(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    _revoke_epoch(apart, "asha")
    refused(apart.close(), "you revoked epoch 2025-26")
    assert apart.wrapped == []


def test_no_session_is_opened_for_what_the_opener_revoked(apart: Apart, tmp_path: Path) -> None:
    _revoke_card(apart, "asha", "E07")
    refused(apart.open(folder=tmp_path / "second"), "you revoked this card of E07")
    assert not (tmp_path / "second").exists()
    assert apart.open("E06", "E09", folder=tmp_path / "third").code == 0


def test_the_log_of_a_session_is_checked_by_its_one_time_key(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    assert apart.close().code == 0
    outcome = clew_keys("log", "check", "--identity", apart.folder)
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith(f"{1 + len(CODES)}\t")
    log = apart.folder / "custody-log.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"E07"', b'"E08"'))
    refused(clew_keys("log", "check", "--identity", apart.folder), "changed after it was signed")


@pytest.mark.parametrize("shared", ["ceremony", "session"])
def test_attack_a_card_put_into_a_shared_folder_does_not_own_its_log(apart: Apart, shared: str) -> None:
    folder = apart.world.shared if shared == "ceremony" else apart.folder
    assert apart.world.run("identity", "Mallory", "--out", apart.world.path / "mallory").code == 0
    for name in ("card.json", "custody-log.jsonl"):
        (folder / name).write_bytes((apart.world.path / "mallory" / name).read_bytes())
    refused(clew_keys("log", "check", "--identity", folder), "foreign")
