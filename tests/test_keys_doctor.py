"""``clew keys doctor`` finds what would go wrong before a single record is encoded, and touches nothing."""

import datetime as dt
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytest
from msgspec import structs

from cli.agency.doctor import LIBRARIES
from keys.identity import create_identity
from keys.wrapping import wrap_key
from linkage.shipped_profiles import shipped_profile
from linkage.wire.canonical import canonical
from linkage.wire.cards import sign_card
from linkage.wire.epochs import add_signature
from linkage.wire.moments import Moment
from linkage.wire.submission import Receipt, sign_receipt
from tests.support.agency_desk import (
    PHRASE,
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    clew,
    desk,
    epoch,
    joined_desk,
    make_epoch,
    unit,
    write_council,
)
from tests.support.custody import flip
from tests.support.trust_files import put_epoch

__all__ = ["desk", "epoch", "unit"]

CHECKS = [
    "card",
    "identity",
    "record of trust",
    "pinned custodians",
    "epoch descriptor",
    "dates",
    "linkage unit",
    "revocations",
    "wrapped key",
    "epoch key",
    "key check value",
    "profile",
    "conformance",
    "normaliser",
    "clew",
    "Python",
    *LIBRARIES,
    "clock",
]


def _doctor(desk: Desk, *more: str) -> Outcome:
    return clew("keys", "doctor", "--workspace", desk.workspace, "--passphrase-file", desk.passphrase, *more)


def test_a_police_force_is_called_one(epoch: Epoch, unit: UnitKeys, tmp_path: Path) -> None:
    force = joined_desk(tmp_path / "force", epoch, unit.card, "P33", "police")
    assert "of P33, a police force, signed by its own key" in _doctor(force).out


def _states(desk: Desk, *more: str) -> dict[str, dict[str, str]]:
    """Return the findings by check; the exit code must say whether all is well."""
    outcome = _doctor(desk, "--json", *more)
    found = json.loads(outcome.out)
    states = {one["check"]: one for one in found["checks"]}
    assert list(states) == CHECKS
    well = {one["state"] for one in found["checks"]} == {"ok"}
    assert (found["format"], found["version"], found["well"]) == ("clew-doctor", 1, well)
    assert outcome.code == (0 if well else 1), outcome.err
    return states


def _only(states: Mapping[str, Mapping[str, str]], state: str) -> list[str]:
    return [name for name, one in states.items() if one["state"] == state]


def _fails(desk: Desk, check: str, said: str, mend: str, *more: str) -> dict[str, dict[str, str]]:
    states = _states(desk, *more)
    assert check in _only(states, "fails"), states
    assert said in states[check]["found"]
    assert mend in states[check]["mend"]
    return states


def _files(folder: Path) -> dict[str, tuple[bytes, int]]:
    below = (one for one in sorted(folder.rglob("*")) if one.is_file())
    return {str(one): (one.read_bytes(), one.stat().st_mtime_ns) for one in below}


def test_a_well_workspace_has_a_line_for_each_check_and_nothing_is_touched(desk: Desk, epoch: Epoch) -> None:
    before = _files(desk.path)
    outcome = _doctor(desk)
    assert outcome.code == 0, outcome.out
    lines = outcome.out.splitlines()
    assert [line.partition(": ")[0].split(maxsplit=1) for line in lines] == [["ok", one] for one in CHECKS]
    left = (epoch.descriptor.closes.date - dt.datetime.now(dt.UTC).date()).days
    assert f"dates: open until {epoch.descriptor.closes}, {left} more days" in outcome.out
    for name in LIBRARIES:
        assert f"{name}: {version(name)}" in outcome.out
    assert outcome.err == ""
    assert set(_only(_states(desk), "ok")) == set(CHECKS)
    assert _files(desk.path) == before


def test_no_secret_is_shown(desk: Desk, epoch: Epoch) -> None:
    said = _doctor(desk).out + _doctor(desk, "--json").out
    assert PHRASE not in said
    assert epoch.key.to_bytes().hex() not in said


def test_a_wrong_passphrase_fails_and_the_rest_is_still_checked(desk: Desk) -> None:
    desk.passphrase.write_text("not the right one\n")
    states = _fails(desk, "identity", "does not open", "try the passphrase again")
    assert _only(states, "fails") == ["identity"]
    assert _only(states, "not checked") == ["record of trust", "epoch key", "key check value", "conformance"]
    assert "not the right one" not in json.dumps(states)
    desk.passphrase.unlink()
    _fails(desk, "identity", "passphrase file", "check the path")


def test_a_workspace_that_is_not_there_or_has_not_joined(tmp_path: Path, epoch: Epoch) -> None:
    made = Desk(tmp_path / "desk", "E09", "council")
    assert made.init(epoch).code == 0
    states = _fails(made, "epoch descriptor", "no epoch was joined yet", "clew agency join")
    assert _only(states, "not checked") == [
        "dates",
        "linkage unit",
        "epoch key",
        "key check value",
        "profile",
        "conformance",
    ]
    assert not {"card", "identity", "clock"} & set(_only(states, "fails"))
    nowhere = Desk(tmp_path / "nowhere", "E09", "council")
    states = _fails(nowhere, "card", "there is no workspace here", "clew agency init")
    assert {"identity", "pinned custodians", "clock"} <= set(_only(states, "fails"))
    assert {"normaliser", "numpy"} <= set(_only(states, "ok"))
    assert not nowhere.workspace.exists()


def test_an_identity_of_another_workspace(tmp_path: Path, desk: Desk, epoch: Epoch) -> None:
    other = Desk(tmp_path / "other", "E10", "council")
    assert other.init(epoch).code == 0
    (desk.workspace / "identity.json").write_bytes((other.workspace / "identity.json").read_bytes())
    _fails(desk, "identity", "not the one of the card", "same backup")
    (desk.workspace / "identity.json").unlink()
    _fails(desk, "identity", "there is no identity.json here", "backup")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("card.json", "card"),
        ("identity.json", "identity"),
        ("pins.json", "pinned custodians"),
        ("epoch.json", "epoch descriptor"),
        ("unit-card.json", "linkage unit"),
        ("wrapped-key.json", "wrapped key"),
    ],
)
def test_a_damaged_file_is_found_whichever_bit_it_is(desk: Desk, name: str, check: str) -> None:
    path = desk.workspace / name
    whole = path.read_bytes()
    for bit in range(5, 8 * len(whole), max(8 * len(whole) // 12, 1)):
        path.write_bytes(flip(whole, bit))
        assert check in _only(_states(desk), "fails"), bit
    path.write_bytes(whole[: len(whole) // 2])
    assert check in _only(_states(desk), "fails")


def test_a_descriptor_signed_by_too_few(desk: Desk, epoch: Epoch) -> None:
    once = structs.replace(epoch.descriptor, signatures=epoch.descriptor.signatures[:1])
    (desk.workspace / "epoch.json").write_bytes(canonical(once))
    _fails(desk, "epoch descriptor", "signed by 1 of the custodians", "ask the custodians")


def test_a_key_wrapped_for_another_epoch_or_holder(
    tmp_path: Path, desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    def put(of: Epoch, holder: Desk) -> None:
        wrapped = wrap_key(of.key, of.descriptor, holder=holder.card())
        for member in epoch.members[:2]:
            wrapped = add_signature(wrapped, member.identity.signing)
        (desk.workspace / "wrapped-key.json").write_bytes(canonical(wrapped))

    put(make_epoch(unit.card, key=b"\x08" * 32), desk)
    states = _fails(desk, "key check value", "of another key than the epoch's", "join again")
    assert states["epoch key"]["state"] == "fails"
    other = Desk(tmp_path / "other", "E10", "council")
    assert other.init(epoch).code == 0
    put(epoch, other)
    states = _fails(desk, "epoch key", "does not open for this identity", "made for your card")
    assert states["wrapped key"]["state"] == "ok"
    assert states["key check value"]["state"] == "not checked"


def test_an_epoch_outside_its_dates_a_foreign_unit_and_another_conformance(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    today = dt.datetime.now(dt.UTC).date()
    changes = {
        "dates": {"closes": Moment.day(today - dt.timedelta(days=1))},
        "linkage unit": {"unit_payload_key": epoch.descriptor.unit_encodings_key},
        "conformance": {"conformance": "12" * 32},
        "profile": {"profile_digest": "12" * 32},
    }
    for check, change in changes.items():
        descriptor = structs.replace(epoch.descriptor, signatures=(), **change)
        for member in epoch.members[:2]:
            descriptor = add_signature(descriptor, member.identity.signing)
        (desk.workspace / "epoch.json").write_bytes(canonical(descriptor))
        states = _states(desk)
        assert states[check]["state"] == "fails", check
        assert states[check]["mend"]
        assert states["epoch descriptor"]["state"] == "ok"


def test_a_weak_profile_passes_only_if_it_is_allowed(tmp_path: Path, unit: UnitKeys) -> None:
    weak = shipped_profile("person-1-open")
    made = make_epoch(unit.card, profile_name=weak.name, profile_digest=weak.digest)
    desk = Desk(tmp_path / "desk", "E09", "council")
    assert desk.init(made).code == 0
    assert desk.join(made, unit.card).code == 1
    put_epoch(desk, made, unit)
    _fails(desk, "profile", "known attacks", "--allow-weak-profile")
    assert _states(desk, "--allow-weak-profile")["profile"]["state"] == "ok"


def test_a_clock_that_is_behind_the_files_or_the_units_receipts(desk: Desk, unit: UnitKeys) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    receipt = Receipt(
        agency="E09",
        submission="ab" * 32,
        sequence=7,
        received=Moment.minute(later),
        encodings_sha256="cd" * 32,
        payload_sha256="ef" * 32,
    )
    receipts = desk.workspace / "receipts"
    receipts.mkdir()
    (receipts / "ab.json").write_bytes(canonical(receipt))
    assert _states(desk)["clock"]["state"] == "ok"
    key = create_identity()
    card = structs.replace(unit.card, signing_key=key.public_key, signature=None)
    (desk.workspace / "unit-card.json").write_bytes(canonical(sign_card(card, key.signing)))
    (receipts / "ab.json").write_bytes(canonical(sign_receipt(receipt, create_identity().signing)))
    assert _states(desk)["clock"]["state"] == "ok"
    (receipts / "ab.json").write_bytes(canonical(sign_receipt(receipt, key.signing)))
    _fails(desk, "clock", f"receipt 7 is of {later:%Y-%m-%d}", "set the clock")
    (receipts / "ab.json").unlink()
    os.utime(desk.workspace / "card.json", (later.timestamp(), later.timestamp()))
    _fails(desk, "clock", "card.json is of", "set the clock")


def test_encoding_agrees_with_the_doctor(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 2)
    assert desk.encode(source, "council-csv").code == 0
    assert _only(_states(desk), "ok") == CHECKS
    desk.passphrase.write_text("not the right one\n")
    assert _doctor(desk).code == desk.encode(source, "council-csv").code == 1
