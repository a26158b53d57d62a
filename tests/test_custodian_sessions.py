"""At a distance any k custodians give agencies the key whose cards each of them checked; fewer cannot."""

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from cli.custodian import session_commands
from keys.identity import Identity, create_identity, load_identity
from keys.messages import short_name
from keys.session import Session, hand_over, open_session, read_handed, read_session
from keys.shares import Share
from keys.wrapping import unwrap_key
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, card_fingerprint, read_card
from linkage.wire.epochs import read_descriptor, read_wrapped_key, verify_quorum
from linkage.wire.fingerprints import in_words
from linkage.wire.signing import sign
from tests.support.custody import CHEAP, agency_card
from tests.support.custody_world import (
    PHRASE,
    Outcome,
    Stages,
    World,
    clew_keys,
    fill_disk,
    refused,
    stages,
)

__all__ = ["stages"]

CODES = ("E06", "E07", "E09")
SHARE = "share-2025-26.json"


@pytest.fixture(scope="module", autouse=True)
def _in_the_epoch() -> Iterator[None]:
    """Let it be a day of the epoch whose dates the tests use."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cli.custodian.checks.today", lambda: dt.date(2025, 6, 1))
        yield


@dataclass
class Apart:
    """A world whose custodians hold a session for three agencies."""

    world: World
    agencies: dict[str, Identity]
    folder: Path

    def card(self, code: str) -> AgencyCard:
        return agency_card(self.agencies[code], code)

    def card_file(self, code: str) -> Path:
        path = self.world.path / f"{code}.json"
        path.write_bytes(canonical(self.card(code)))
        return path

    def _given(self, code: str) -> tuple[str | Path, ...]:
        return "--agency", self.card_file(code)

    def open(self, *codes: str, folder: Path | None = None, more: tuple[str | Path, ...] = ()) -> Outcome:
        cards: list[str | Path] = [word for code in codes or CODES for word in self._given(code)]
        return self.world.run(
            *("session", "open", "--epoch", self.world.descriptor, *cards),
            *("--folder", folder or self.folder, "--identity", self.world.path / "asha", *more),
        )

    @property
    def session(self) -> Session:
        return read_session((self.folder / "session.json").read_bytes())

    def heard(self, **changes: str) -> list[str]:
        """Return the fingerprints that a custodian heard from the agencies of the session."""
        heard = {card.agency: card_fingerprint(self.card(card.agency)) for card in self.session.agencies}
        return [
            word for code, text in (heard | changes).items() for word in ("--fingerprint", f"{code}={text}")
        ]

    def hand_over(
        self,
        name: str,
        *,
        folder: Path | None = None,
        session: str | None = None,
        heard: list[str] | None = None,
    ) -> Outcome:
        return self.world.run(
            *(
                "session",
                "hand-over",
                "--folder",
                folder or self.folder,
                "--identity",
                self.world.path / name,
            ),
            *("--session", session or self.session.fingerprint, *(self.heard() if heard is None else heard)),
        )

    def status(self, name: str = "asha") -> Outcome:
        return clew_keys("session", "status", "--folder", self.folder, "--identity", self.world.path / name)

    def close(self, *more: str | Path) -> Outcome:
        return self.world.run(
            *("session", "close", "--folder", self.folder, "--identity", self.world.path / "asha", *more)
        )

    def handed(self, name: str) -> Path:
        card = read_card((self.world.path / name / "card.json").read_bytes(), CustodianCard)
        return self.folder / f"handed-{short_name(card)}.json"

    @property
    def wrapped(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("wrapped-*.json"))

    @property
    def one_time_key(self) -> Path:
        return self.folder / "one-time-key.json"


@pytest.fixture
def apart(stages: Stages, tmp_path: Path) -> Apart:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    made = Apart(world, {code: create_identity() for code in CODES}, tmp_path / "session")
    assert made.open().code == 0
    return made


def _handed_over(apart: Apart, *names: str) -> None:
    for name in names:
        outcome = apart.hand_over(name)
        assert outcome.code == 0, outcome.err
        assert outcome.out == f"{apart.handed(name)}\n"


# What it is for


@pytest.mark.parametrize("names", [("asha", "ben"), ("ben", "carol"), ("carol", "asha", "ben")])
def test_any_k_custodians_give_every_agency_its_key(apart: Apart, names: tuple[str, ...]) -> None:
    _handed_over(apart, *names)
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
    _handed_over(apart, "carol")
    assert apart.close().code == 0


def test_every_agency_is_shown_before_a_share_is_handed_over(apart: Apart) -> None:
    outcome = apart.hand_over("ben")
    assert f"session {apart.session.fingerprint}" in outcome.err
    for code in CODES:
        assert f"for {code}, a council" in outcome.err
        assert f"North  {card_fingerprint(apart.card(code))}" in outcome.err


def test_status_says_who_has_handed_over(apart: Apart) -> None:
    _handed_over(apart, "ben")
    outcome = apart.status()
    assert outcome.code == 0, outcome.err
    *custodians, count, closed = outcome.out.splitlines()
    assert sorted(custodians) == ["Asha: not handed over", "Ben: handed over", "Carol: not handed over"]
    assert (count, closed) == ("handed over: 1, needed: 2", "not closed")
    _handed_over(apart, "asha")
    assert apart.close().code == 0
    assert apart.status().out.endswith("handed over: 2, needed: 2\nclosed\n")


def test_handing_over_again_changes_nothing(apart: Apart) -> None:
    _handed_over(apart, "ben")
    before = apart.handed("ben").read_bytes()
    outcome = apart.hand_over("ben")
    assert (outcome.code, outcome.out) == (0, f"{apart.handed('ben')}\n")
    assert "had handed over already" in outcome.err
    assert apart.handed("ben").read_bytes() == before


def test_the_one_time_key_may_lie_elsewhere(apart: Apart, tmp_path: Path) -> None:
    key = tmp_path / "own" / "key.json"
    apart.folder = tmp_path / "second"
    assert apart.open("E06", more=("--one-time-key", key)).code == 0
    _handed_over(apart, "asha", "carol")
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
    _handed_over(apart, "asha", "ben")
    assert apart.close().code == 0
    said = "".join(one.out + one.err for one in apart.world.outputs)
    written = b"".join(path.read_bytes() for path in apart.folder.iterdir())
    for share in shares:
        assert share.text not in said
        assert share.text.encode() not in written
    assert PHRASE not in said


def test_every_use_of_a_key_is_in_a_log(apart: Apart) -> None:
    _handed_over(apart, "asha", "ben")
    assert apart.close().code == 0
    assert [entry["action"] for entry in _log(apart.folder)] == [
        "session-opened",
        *["wrapped-for-agency"] * 3,
    ]
    last = _log(apart.world.path / "ben")[-1]
    assert last["action"] == "share-handed-over"
    assert last["subjects"] == {"session": apart.session.id.hex(), "epoch": "2025-26"}
    checked = clew_keys("log", "check", "--identity", apart.world.path / "ben")
    assert checked.code == 0, checked.err


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
    _handed_over(apart, "asha", "ben")
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
    _handed_over(apart, "asha", "ben")
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
    cards = [agency_card(create_identity(), f"E{place:03d}", "\x01" * 120) for place in range(200)]
    session = open_session(one_time, descriptor=descriptor, agencies=cards)
    assert read_session(canonical(session)) == session
    for wrong in ([], [*cards, agency_card(create_identity(), "N01")]):
        with pytest.raises(InputError, match=f"cards given: {len(wrong)}, a session takes 1 to 200"):
            open_session(one_time, descriptor=descriptor, agencies=wrong)


# Closing


def test_fewer_than_k_are_refused(apart: Apart) -> None:
    refused(apart.close(), "shares handed over: 0, needed: 2")
    _handed_over(apart, "asha")
    refused(apart.close(), "shares handed over: 1, needed: 2", "closing waits")
    assert apart.one_time_key.exists()
    assert apart.wrapped == []


def test_attack_a_share_handed_to_another_session_is_refused(apart: Apart, tmp_path: Path) -> None:
    _handed_over(apart, "asha", "ben")
    first = apart.handed("ben").read_bytes()
    apart.folder = tmp_path / "second"
    assert apart.open().code == 0
    _handed_over(apart, "asha", "carol")
    apart.handed("ben").write_bytes(first)
    name = apart.handed("ben").name
    for outcome in (apart.status(), apart.close(), apart.hand_over("ben")):
        refused(outcome, f"{name}: the share of Ben was handed to another session")
    assert apart.wrapped == []


def test_attack_agencies_changed_after_handing_over_are_refused(apart: Apart) -> None:
    """Even the opener's own one-time key cannot carry the shares over to other agencies."""
    _handed_over(apart, "asha", "ben")
    one_time = load_identity(apart.one_time_key, PHRASE, kind="one-time-key", floor=CHEAP)
    other = agency_card(create_identity(), "E08")
    cards = sorted([*apart.session.agencies, other], key=lambda card: card.agency)
    changed = structs.replace(apart.session, agencies=tuple(cards), signature=None)
    signature = sign(one_time.signing, canonical(changed), domain="clew-session")
    (apart.folder / "session.json").write_bytes(canonical(structs.replace(changed, signature=signature)))
    refused(apart.close(), "was handed to another session", "changed or opened again")
    (apart.folder / "session.json").write_bytes(canonical(changed))
    refused(apart.close(), "session.json: clew-session: not signed by the key that it names")
    assert apart.wrapped == []


def test_attack_swapped_files_are_named(apart: Apart) -> None:
    _handed_over(apart, "asha", "ben")
    asha, ben = apart.handed("asha"), apart.handed("ben")
    first, second = asha.read_bytes(), ben.read_bytes()
    asha.write_bytes(second)
    ben.write_bytes(first)
    refused(apart.close(), "handed share of ", "is another custodian's", "swapped")
    asha.write_bytes(first)
    refused(apart.close(), f"{ben.name}: the handed share of Ben is another custodian's")
    assert apart.wrapped == []


def test_attack_a_custodian_who_hands_over_anothers_share_is_named(apart: Apart) -> None:
    _handed_over(apart, "asha")
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    asha, ben = apart.world.identity("asha"), apart.world.identity("ben")
    share = apart.world.folder("asha").read_share(descriptor, asha)
    places = list(descriptor.custodians)
    places[share.index] = ben.public_key
    lying = structs.replace(descriptor, custodians=tuple(places))
    apart.handed("ben").write_bytes(canonical(hand_over(apart.session, ben, share, lying)))
    refused(apart.close(), "Ben handed over something else than its share", "no key was recovered")
    assert apart.wrapped == []
    assert apart.one_time_key.exists()


def test_a_sealed_share_of_another_session_does_not_open(apart: Apart, tmp_path: Path) -> None:
    """The seal is bound to the session too, not only the signed message around it."""
    _handed_over(apart, "asha", "ben")
    handed = read_handed(apart.handed("ben").read_bytes())
    ben = apart.world.identity("ben")
    one_time = load_identity(apart.one_time_key, PHRASE, kind="one-time-key", floor=CHEAP)
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    other = open_session(one_time, descriptor=descriptor, agencies=[apart.card("E06")])
    moved = structs.replace(handed, session=other.id.hex(), signature=None)
    moved = structs.replace(moved, signature=sign(ben.signing, canonical(moved), domain=moved.format))
    asha = hand_over(other, apart.world.identity("asha"), _share(apart, "asha"), descriptor)
    (apart.folder / "session.json").write_bytes(canonical(other))
    apart.handed("asha").write_bytes(canonical(asha))
    apart.handed("ben").write_bytes(canonical(moved))
    refused(apart.close(), "Ben handed over something else than its share")


def _share(apart: Apart, name: str) -> Share:
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    return apart.world.folder(name).read_share(descriptor, apart.world.identity(name))


def test_another_sessions_one_time_key_is_refused(apart: Apart, tmp_path: Path) -> None:
    _handed_over(apart, "asha", "ben")
    assert apart.open(folder=tmp_path / "second").code == 0
    shutil.copy(tmp_path / "second" / "one-time-key.json", apart.one_time_key)
    refused(apart.close(), "one-time-key.json: the one-time key belongs to another session")
    assert apart.one_time_key.exists()
    assert apart.wrapped == []


def test_a_machine_that_encodes_otherwise_gives_nobody_the_key(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    _handed_over(apart, "asha", "ben")
    with monkeypatch.context() as patched:
        patched.setattr("cli.custodian.wrap_commands.conformance_of", lambda terms: lambda key: "00" * 32)
        refused(apart.close(), "this machine encodes otherwise than the one that closed the ceremony")
    assert apart.wrapped == []
    assert apart.close().code == 0


def test_a_session_is_closed_once(apart: Apart) -> None:
    _handed_over(apart, "asha", "ben")
    assert apart.close().code == 0
    before = {path.name: path.read_bytes() for path in apart.folder.iterdir()}
    refused(apart.close(), "the session is closed: its one-time key is destroyed", "clew keys sign")
    refused(apart.hand_over("carol"), "the session is closed: nothing more is handed over")
    assert {path.name: path.read_bytes() for path in apart.folder.iterdir()} == before


# Stopped in the middle


def test_a_full_disk_leaves_no_agencys_file(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    _handed_over(apart, "asha", "ben")
    for allowed in range(30):
        with monkeypatch.context() as patched:
            fill_disk(patched, after=allowed)
            outcome = apart.close()
        if "one-time-key.json: not destroyed" in outcome.err:
            break
        refused(outcome, "not written: no space left on device")
        assert apart.wrapped == []
        assert apart.one_time_key.exists()
    assert outcome.code == 1
    assert len(apart.wrapped) == len(CODES)
    assert allowed >= 3 * len(CODES)  # three lines of the log; three files, each synced and then its folder


def test_a_full_disk_leaves_no_half_session(
    apart: Apart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for allowed in range(6):
        with monkeypatch.context() as patched:
            fill_disk(patched, after=allowed)
            refused(apart.open(folder=tmp_path / "new"), "not written: no space left on device")
        assert list((tmp_path / "new").iterdir()) == []
    with monkeypatch.context() as patched:
        fill_disk(patched, after=0)
        refused(apart.hand_over("ben"), "not written: no space left on device")
    assert not apart.handed("ben").exists()


def test_a_closing_that_was_cut_off_is_done_again(apart: Apart) -> None:
    """A power cut after the first agency's file: nobody has been sent anything."""
    _handed_over(apart, "asha", "ben")
    (apart.folder / "wrapped-E06.json").write_bytes(b"{}")
    outcome = apart.close()
    assert outcome.code == 0, outcome.err
    descriptor = read_descriptor(apart.world.descriptor.read_bytes())
    for code, identity in apart.agencies.items():
        unwrap_key(
            read_wrapped_key((apart.folder / f"wrapped-{code}.json").read_bytes()), identity, descriptor
        )


def test_a_closing_stopped_before_the_key_was_destroyed_makes_no_other_files(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    _handed_over(apart, "asha", "ben")

    def stop(_: Path) -> None:
        raise InputError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr(session_commands, "destroy", stop)
        refused(apart.close(), "stopped")
    before = {name: (apart.folder / name).read_bytes() for name in apart.wrapped}
    assert len(before) == 3
    outcome = apart.close()
    assert outcome.code == 0, outcome.err
    assert "closed already: no other wrapped keys are made" in outcome.err
    assert {name: (apart.folder / name).read_bytes() for name in apart.wrapped} == before
    assert not apart.one_time_key.exists()


def test_attack_a_wrapped_key_of_something_else_does_not_end_a_session(apart: Apart) -> None:
    _handed_over(apart, "asha", "ben")
    assert apart.world.wrap("asha", "ben").code == 0
    for code in CODES:
        shutil.copy(apart.world.path / "wrapped-E06.json", apart.folder / f"wrapped-{code}.json")
    refused(apart.close(), "wrapped-E06.json: not a wrapped key of this session")
    assert apart.one_time_key.exists()


def test_a_wrong_passphrase_destroys_nothing(apart: Apart) -> None:
    _handed_over(apart, "asha", "ben")
    wrong = apart.world.path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("not the one at all\n")
    outcome = clew_keys(
        *("session", "close", "--folder", apart.folder, "--identity", apart.world.path / "asha"),
        *("--passphrase-file", wrong),
    )
    refused(outcome, "one-time-key.json: ", "passphrase is wrong or the file is damaged")
    assert apart.one_time_key.exists()
    assert apart.wrapped == []


@pytest.mark.parametrize("name", ["session.json", "epoch.json", "handed", "one-time-key.json"])
def test_truncated_and_newer_files_are_refused_by_name(apart: Apart, name: str) -> None:
    _handed_over(apart, "asha", "ben")
    path = apart.handed("ben") if name == "handed" else apart.folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(apart.close(), f"{path.name}: ")
    path.write_bytes(canonical(json.loads(whole) | {"version": 2}))
    refused(apart.close(), f"{path.name}: ", "version")
    assert apart.wrapped == []


def test_files_are_for_those_who_need_them(apart: Apart) -> None:
    _handed_over(apart, "asha", "ben")
    if os.name != "nt":
        assert apart.folder.stat().st_mode & 0o777 == 0o700
        assert apart.one_time_key.stat().st_mode & 0o777 == 0o600
    assert apart.close().code == 0
    for name in apart.wrapped:
        assert (apart.folder / name).stat().st_mode & 0o777 == 0o600
