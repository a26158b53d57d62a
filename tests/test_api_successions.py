"""The linkage unit pins the custodians who succeeded to those pinned; adopted epochs stay adopted."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from api.clock import utc_now
from api.secret_files import read_receipts_key
from linkage.wire.canonical import canonical
from linkage.wire.cards import sign_card
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import EpochDescriptor, add_signature, content_digest
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedEpoch
from linkage.wire.successions import Incoming, Succession
from tests.support.processes import clew
from tests.support.unit import Custodian, Unit, make_custodian, make_descriptor, make_unit


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@pytest.fixture(scope="module")
def new() -> tuple[Custodian, ...]:
    return tuple(make_custodian(name) for name in ("Dev", "Esi", "Fay"))


def _made(
    go: Sequence[Custodian],
    come: Sequence[Custodian],
    *,
    serial: int = 1,
    signers: Sequence[Custodian] | None = None,
) -> Succession:
    succession = Succession(
        serial=serial,
        outgoing=CustodianSet(threshold=2, custodians=tuple(sorted(one.card.signing_key for one in go))),
        incoming=Incoming(
            threshold=2,
            custodians=tuple(sorted((one.card for one in come), key=lambda card: card.signing_key)),
        ),
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    for one in [*go[:2], *come] if signers is None else signers:
        succession = add_signature(succession, one.key)
    return succession


def _adopt(unit: Unit, succession: Succession, fingerprint: str | None = None) -> tuple[int, str]:
    file = unit.folder.root.parent / "succession.json"
    file.write_bytes(canonical(succession))
    given = ("--fingerprint", fingerprint or succession.fingerprint)
    done = clew("register", "succession", "--data", unit.folder.root, file, *given)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def _refused(outcome: tuple[int, str], *words: str) -> None:
    assert outcome[0] == 1
    assert "hint: " in outcome[1]
    for word in words:
        assert word in outcome[1]


def _epoch(unit: Unit, descriptor: EpochDescriptor, *more: str) -> tuple[int, str]:
    file = unit.folder.root.parent / "next.json"
    file.write_bytes(canonical(descriptor))
    done = clew("register", "epoch", "adopt", "--data", unit.folder.root, "--descriptor", file, *more)
    return done.returncode, done.stderr


def _next(unit: Unit, custodians: Sequence[Custodian]) -> EpochDescriptor:
    return make_descriptor(unit.card, custodians, epoch="e2", opens=Moment.day(utc_now().date()))


def _tomorrow() -> dt.date:
    return (utc_now() + dt.timedelta(days=1)).date()


def _status(unit: Unit) -> dict[str, object]:
    return json.loads(clew("register", "status", "--data", unit.folder.root, "--json").stdout)


def test_epochs_of_the_new_custodians_are_adopted_and_of_the_old_ones_refused(
    unit: Unit, new: tuple[Custodian, ...]
) -> None:
    code, told = _adopt(unit, _made(unit.custodians, new))
    assert code == 0, told
    assert told.count("in words: ") == 3
    assert "succession 1 is adopted now" in told
    assert _status(unit)["custodians"] == {"threshold": 2, "custodians": 3, "succession": 1}
    shown = clew("register", "status", "--data", unit.folder.root).stdout
    assert "2 of 3 custodians must sign, succession 1" in shown
    _refused(_epoch(unit, _next(unit, unit.custodians)), "signed by 0 of the custodians")
    code, told = _epoch(unit, _next(unit, new))
    assert (code, "epoch e2 is in force now" in told) == (0, True), told


def test_the_epoch_in_force_stays_and_its_day_may_still_be_changed(
    unit: Unit, new: tuple[Custodian, ...]
) -> None:
    assert _adopt(unit, _made(unit.custodians, new))[0] == 0
    assert _status(unit)["epoch"] == "e1"
    code, told = _epoch(unit, unit.epoch, "--re-encode-by", str(_tomorrow()))
    assert (code, "was in force already" in told) == (0, True), told
    other = structs.replace(unit.epoch, transcript="88" * 32, signatures=())
    for one in unit.custodians:
        other = add_signature(other, one.key)
    _refused(_epoch(unit, other), "signed by 0 of the custodians")


def test_revocations_need_the_new_custodians(unit: Unit, new: tuple[Custodian, ...]) -> None:
    assert _adopt(unit, _made(unit.custodians, new))[0] == 0
    subject = RevokedEpoch(epoch="e1", descriptor=content_digest(unit.epoch))
    file = unit.folder.root.parent / "revoked.json"

    def revoke(signers: Sequence[Custodian]) -> tuple[int, str]:
        revocation = Revocation(subject=subject, reason="x", decided=Moment.minute(utc_now()))
        for one in signers:
            revocation = add_signature(revocation, one.key)
        file.write_bytes(canonical(revocation))
        done = clew("register", "revoke", "--data", unit.folder.root, file)
        return done.returncode, done.stderr

    _refused(revoke(unit.custodians), "signed by 0 of the custodians")
    assert revoke(new[:2])[0] == 0


def test_attacks_change_nothing(unit: Unit, new: tuple[Custodian, ...]) -> None:
    go = unit.custodians
    good = _made(go, new)
    _refused(_adopt(unit, good, "0000 " * 10), "does not have this fingerprint")
    _refused(_adopt(unit, _made(go, new, signers=[go[0], *new])), "signed by 1 of the custodians")
    _refused(_adopt(unit, _made(go, new, signers=[*go, *new[:2]])), "1 of the custodians who come")
    _refused(_adopt(unit, _made(new, go)), "other custodians than those pinned here")
    _refused(_adopt(unit, structs.replace(good, serial=2)), "does not verify")
    assert _status(unit)["custodians"] == {"threshold": 2, "custodians": 3, "succession": 0}
    assert _epoch(unit, _next(unit, go))[0] == 0


def test_attack_replay_rollback_and_fork(unit: Unit, new: tuple[Custodian, ...]) -> None:
    go, first = unit.custodians, _made(unit.custodians, new)
    assert _adopt(unit, first)[0] == 0
    code, told = _adopt(unit, add_signature(first, go[2].key))
    assert (code, "was adopted already" in told) == (0, True)
    fork = _made(go, [*new[:2], go[0]])
    _refused(_adopt(unit, fork), "this is succession 1, and succession 1 is adopted here")
    _refused(_adopt(unit, _made(go, new[:2], serial=3)), "other custodians than those pinned here")
    later = [new[0], make_custodian("Gus")]
    assert _adopt(unit, _made(new, later, serial=2))[0] == 0
    _refused(_adopt(unit, _made(later, new, serial=2)), "succession 2 is adopted here")
    code, told = _adopt(unit, first)
    assert (code, "was adopted already" in told) == (0, True)
    assert _status(unit)["custodians"] == {"threshold": 2, "custodians": 2, "succession": 2}


def test_the_unit_itself_never_comes(unit: Unit, new: tuple[Custodian, ...]) -> None:
    card = structs.replace(new[0].card, signing_key=unit.card.signing_key, signature=None)
    key = read_receipts_key(unit.folder.receipts_key)
    spy = Custodian(sign_card(card, key), key)
    _refused(_adopt(unit, _made(unit.custodians, [new[1], spy])), "the linkage unit is one of the custodians")


def test_nobody_succeeds_before_anybody_is_pinned(tmp_path: Path, new: tuple[Custodian, ...]) -> None:
    data = tmp_path / "fresh"
    assert clew("register", "init", "--data", data, "--name", "Unit").returncode == 0
    file = tmp_path / "succession.json"
    succession = _made(new, (make_custodian("Gus"), make_custodian("Hal")))
    file.write_bytes(canonical(succession))
    done = clew("register", "succession", "--data", data, file, "--fingerprint", succession.fingerprint)
    assert (done.returncode, "no custodians are pinned yet" in done.stderr) == (1, True)
