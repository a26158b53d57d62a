"""Exchanging, in tests, the files that decide whom an agency trusts."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from msgspec import structs

from cli.agency.pins import Pins
from cli.agency.trusted import TRUSTED, present_files, trusted_bytes
from keys.epoch_key import EpochKey
from keys.identity import Identity, load_identity
from keys.wrapping import wrap_key
from linkage.encode.conformance import conformance_digest
from linkage.wire.canonical import canonical
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import EpochDescriptor, add_signature, content_digest
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedEpoch
from linkage.wire.successions import Incoming, Succession
from tests.support.agency_desk import (
    PHRASE,
    PROFILE,
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    clew,
    joined_desk,
    write_council,
)
from tests.support.custody import CHEAP, party

URL = ("--url", "http://127.0.0.1:9")
NEW = "nine grey geese over the marsh"
CHANGED = ("whom this workspace trusts was changed", "do not encode")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, epoch: Epoch, unit: UnitKeys) -> Desk:
    desk = joined_desk(tmp_path_factory.mktemp("made") / "desk", epoch, unit.card)
    write_council(desk.path / "source", 2)
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """A copy of a joined workspace."""
    shutil.copytree(made.path, tmp_path / "desk")
    return Desk(tmp_path / "desk", made.code, made.role)


def good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


def refused(outcome: Outcome, *words: str) -> None:
    assert outcome.code == 1, outcome.out
    assert outcome.out == ""
    assert "hint: " in outcome.err
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err


def encoded(desk: Desk) -> Outcome:
    return desk.encode(desk.path / "source", "council-csv")


def doctor_states(desk: Desk) -> dict[str, str]:
    given = ("--workspace", desk.workspace, "--passphrase-file", desk.passphrase, "--json")
    return {one["check"]: one["state"] for one in json.loads(clew("keys", "doctor", *given).out)["checks"]}


def renewed(desk: Desk) -> Outcome:
    new = desk.path / "new-phrase"
    new.touch(mode=0o600)
    new.write_text(NEW + "\n")
    outcome = desk.run("renew", "--new-passphrase-file", new)
    if not outcome.code:
        desk.passphrase.write_text(NEW + "\n")
    return outcome


def put_document(desk: Desk, name: str, document: object) -> None:
    (desk.workspace / name).write_bytes(canonical(document))


def put_pins(desk: Desk, epoch: Epoch) -> None:
    cards = tuple(one.card for one in epoch.members)
    put_document(desk, "pins.json", Pins(threshold=2, custodians=cards))


def put_epoch(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    wrapped = wrap_key(epoch.key, epoch.descriptor, holder=desk.card())
    for member in epoch.members[:2]:
        wrapped = add_signature(wrapped, member.identity.signing)
    for name, document in {
        "epoch.json": epoch.descriptor,
        "wrapped-key.json": wrapped,
        "unit-card.json": unit.card,
    }.items():
        put_document(desk, name, document)


def kept_revocation(desk: Desk, epoch: Epoch, of: EpochDescriptor | None = None) -> Path:
    """Keep a revocation, of another epoch unless one is given, and return where it is kept."""
    name, digest = (of.epoch, content_digest(of)) if of else ("e0", "ab" * 32)
    revocation = Revocation(
        subject=RevokedEpoch(epoch=name, descriptor=digest),
        reason="key seen outside",
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    for member in epoch.members[:2]:
        revocation = add_signature(revocation, member.identity.signing)
    file = desk.path / "revoked.json"
    file.write_bytes(canonical(revocation))
    good(desk.run("revoke", file, secret=False))
    (kept,) = (desk.workspace / "revocations").iterdir()
    return kept


def files_of(desk: Desk) -> dict[str, bytes]:
    below = (one for one in desk.workspace.rglob("*") if one.is_file())
    return {str(one.relative_to(desk.workspace)): one.read_bytes() for one in below}


def next_epoch(epoch: Epoch) -> Epoch:
    opens = Moment.day(epoch.descriptor.opens.date + dt.timedelta(days=1))
    key = b"\x09" * 32
    changes = {
        "key_check_value": EpochKey(key).check_value(),
        "conformance": conformance_digest(PROFILE, key),
    }
    descriptor: EpochDescriptor = structs.replace(
        epoch.descriptor, epoch="e2", opens=opens, signatures=(), **changes
    )
    for one in epoch.members[:2]:
        descriptor = add_signature(descriptor, one.identity.signing)
    return Epoch(EpochKey(key), epoch.members, descriptor)


def kept_succession(desk: Desk, epoch: Epoch) -> Path:
    coming = (party("Dev"), party("Esi"))
    keys = tuple(sorted(one.card.signing_key for one in epoch.members))
    cards = tuple(sorted((one.card for one in coming), key=lambda card: card.signing_key))
    succession = Succession(
        serial=1,
        outgoing=CustodianSet(threshold=2, custodians=keys),
        incoming=Incoming(threshold=2, custodians=cards),
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    for one in (*epoch.members[:2], *coming):
        succession = add_signature(succession, one.identity.signing)
    file = desk.path / "succession.json"
    file.write_bytes(canonical(succession))
    good(desk.run("succession", file, "--fingerprint", succession.fingerprint, secret=False))
    (kept,) = (desk.workspace / "successions").iterdir()
    return kept


def identity_of(desk: Desk, phrase: str = PHRASE) -> Identity:
    return load_identity(desk.workspace / "identity.json", phrase, floor=CHEAP)


def put_record(desk: Desk, identity: Identity) -> None:
    """Write a record of what lies there now, which only the identity can."""
    (desk.workspace / TRUSTED).write_bytes(trusted_bytes(identity, present_files(desk.workspace)))
