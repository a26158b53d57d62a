"""A session whose files were exchanged, swapped, changed or cut off gives nobody the key and says why."""

import json
import os
import shutil
from pathlib import Path

import pytest
from msgspec import structs

from cli.custodian import session_commands
from keys.identity import create_identity, load_identity
from keys.session import hand_over, open_session, read_handed
from keys.shares import Share
from keys.wrapping import unwrap_key
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import read_descriptor, read_wrapped_key
from linkage.wire.signing import sign
from tests.support.custody import CHEAP, agency_card
from tests.support.custody_world import (
    PHRASE,
    clew_keys,
    fill_disk,
    refused,
    stages,
)
from tests.support.session_world import CODES, Apart, all_hand_over, apart, in_the_epoch

__all__ = ["apart", "in_the_epoch", "stages"]


# Closing


def test_fewer_than_k_are_refused(apart: Apart) -> None:
    refused(apart.close(), "shares handed over: 0, needed: 2")
    all_hand_over(apart, "asha")
    refused(apart.close(), "shares handed over: 1, needed: 2", "closing waits")
    assert apart.one_time_key.exists()
    assert apart.wrapped == []


def test_attack_a_share_handed_to_another_session_is_refused(apart: Apart, tmp_path: Path) -> None:
    all_hand_over(apart, "asha", "ben")
    first = apart.handed("ben").read_bytes()
    apart.folder = tmp_path / "second"
    assert apart.open().code == 0
    all_hand_over(apart, "asha", "carol")
    apart.handed("ben").write_bytes(first)
    name = apart.handed("ben").name
    for outcome in (apart.status(), apart.close(), apart.hand_over("ben")):
        refused(outcome, f"{name}: the share of Ben was handed to another session")
    assert apart.wrapped == []


def test_attack_agencies_changed_after_handing_over_are_refused(apart: Apart) -> None:
    """Even the opener's own one-time key cannot carry the shares over to other agencies."""
    all_hand_over(apart, "asha", "ben")
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
    all_hand_over(apart, "asha", "ben")
    asha, ben = apart.handed("asha"), apart.handed("ben")
    first, second = asha.read_bytes(), ben.read_bytes()
    asha.write_bytes(second)
    ben.write_bytes(first)
    refused(apart.close(), "handed share of ", "is another custodian's", "swapped")
    asha.write_bytes(first)
    refused(apart.close(), f"{ben.name}: the handed share of Ben is another custodian's")
    assert apart.wrapped == []


def test_attack_a_custodian_who_hands_over_anothers_share_is_named(apart: Apart) -> None:
    all_hand_over(apart, "asha")
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
    all_hand_over(apart, "asha", "ben")
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
    all_hand_over(apart, "asha", "ben")
    assert apart.open(folder=tmp_path / "second").code == 0
    shutil.copy(tmp_path / "second" / "one-time-key.json", apart.one_time_key)
    refused(apart.close(), "one-time-key.json: the one-time key belongs to another session")
    assert apart.one_time_key.exists()
    assert apart.wrapped == []


def test_a_machine_that_encodes_otherwise_gives_nobody_the_key(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_hand_over(apart, "asha", "ben")
    with monkeypatch.context() as patched:
        patched.setattr("cli.custodian.wrap_commands.conformance_of", lambda terms: lambda key: "00" * 32)
        refused(apart.close(), "this machine encodes otherwise than the one that closed the ceremony")
    assert apart.wrapped == []
    assert apart.close().code == 0


def test_a_session_is_closed_once(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    assert apart.close().code == 0
    before = {path.name: path.read_bytes() for path in apart.folder.iterdir()}
    refused(apart.close(), "the session is closed: its one-time key is destroyed", "clew keys sign")
    refused(apart.hand_over("carol"), "the session is closed: nothing more is handed over")
    assert {path.name: path.read_bytes() for path in apart.folder.iterdir()} == before


# Stopped in the middle


def test_a_full_disk_leaves_no_agencys_file(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    all_hand_over(apart, "asha", "ben")
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
    all_hand_over(apart, "asha", "ben")
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
    all_hand_over(apart, "asha", "ben")

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
    all_hand_over(apart, "asha", "ben")
    assert apart.world.wrap("asha", "ben").code == 0
    for code in CODES:
        shutil.copy(apart.world.path / "wrapped-E06.json", apart.folder / f"wrapped-{code}.json")
    refused(apart.close(), "wrapped-E06.json: not a wrapped key of this session")
    assert apart.one_time_key.exists()


def test_a_wrong_passphrase_destroys_nothing(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
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
    all_hand_over(apart, "asha", "ben")
    path = apart.handed("ben") if name == "handed" else apart.folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(apart.close(), f"{path.name}: ")
    path.write_bytes(canonical(json.loads(whole) | {"version": 2}))
    refused(apart.close(), f"{path.name}: ", "version")
    assert apart.wrapped == []


def test_files_are_for_those_who_need_them(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    if os.name != "nt":
        assert apart.folder.stat().st_mode & 0o777 == 0o700
        assert apart.one_time_key.stat().st_mode & 0o777 == 0o600
    assert apart.close().code == 0
    for name in apart.wrapped:
        assert (apart.folder / name).stat().st_mode & 0o777 == 0o600
