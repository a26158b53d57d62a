"""An agency keeps what its custodians revoked, and neither joins, encodes nor submits with it."""

from pathlib import Path

from msgspec import structs

from linkage.wire.canonical import canonical
from linkage.wire.epochs import EpochDescriptor, add_signature, content_digest
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch
from tests.support.agency_desk import (
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    clew,
    desk,
    epoch,
    unit,
    write_council,
)
from tests.support.custody import parties

__all__ = ["desk", "epoch", "unit"]

URL = ("--url", "http://127.0.0.1:9")


def _of_epoch(descriptor: EpochDescriptor) -> RevokedEpoch:
    return RevokedEpoch(epoch=descriptor.epoch, descriptor=content_digest(descriptor))


def _of_card(desk: Desk) -> RevokedAgency:
    return RevokedAgency(agency=desk.code, signing_key=desk.card().signing_key)


def _made(epoch: Epoch, subject: RevokedAgency | RevokedEpoch, signers: int = 2) -> Revocation:
    revocation = Revocation(
        subject=subject, reason="key seen outside", decided=Moment.parse("2025-06-01T09:30Z")
    )
    for member in epoch.members[:signers]:
        revocation = add_signature(revocation, member.identity.signing)
    return revocation


def _revoke(desk: Desk, revocation: Revocation) -> Outcome:
    file = desk.path / "revoked.json"
    file.write_bytes(canonical(revocation))
    return desk.run("revoke", file, secret=False)


def _refused(outcome: Outcome, *words: str) -> None:
    assert (outcome.code, outcome.out) == (1, "")
    assert "hint: " in outcome.err
    for word in words:
        assert word in outcome.err


def _doctor(desk: Desk) -> Outcome:
    return clew("keys", "doctor", "--workspace", desk.workspace, "--passphrase-file", desk.passphrase)


def _kept(desk: Desk) -> list[Path]:
    return sorted((desk.workspace / "revocations").glob("*"))


def test_a_revoked_epoch_is_neither_joined_nor_encoded_nor_submitted(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    source = write_council(desk.path / "source")
    assert desk.encode(source, "council-csv").code == 0
    outcome = _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor)))
    assert (outcome.code, outcome.out) == (0, "")
    assert "epoch e1 is revoked: key seen outside" in outcome.err
    before = desk.bundle.read_bytes()
    told = ("custodians revoked epoch e1", "join it and encode again")
    _refused(desk.encode(source, "council-csv"), *told)
    _refused(desk.run("submit", desk.bundle, *URL), *told)
    _refused(desk.join(epoch, unit.card), *told)
    assert desk.bundle.read_bytes() == before


def test_a_descriptor_with_more_signatures_is_the_one_that_was_revoked(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    assert _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor))).code == 0
    more = add_signature(epoch.descriptor, epoch.members[2].identity.signing)
    _refused(desk.join(Epoch(epoch.key, epoch.members, more), unit.card), "custodians revoked epoch e1")


def test_the_next_epoch_is_joined_as_ever(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    assert _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor))).code == 0
    descriptor = structs.replace(epoch.descriptor, epoch="e2", signatures=())
    for member in epoch.members[:2]:
        descriptor = add_signature(descriptor, member.identity.signing)
    assert desk.join(Epoch(epoch.key, epoch.members, descriptor), unit.card).code == 0
    assert desk.encode(write_council(desk.path / "source"), "council-csv").code == 0


def test_the_own_revoked_card_does_nothing_more(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    source = write_council(desk.path / "source")
    assert desk.encode(source, "council-csv").code == 0
    outcome = _revoke(desk, _made(epoch, _of_card(desk)))
    assert outcome.code == 0
    assert "the card of this workspace is revoked" in outcome.err
    told = ("custodians revoked this workspace's card", "clew agency renew")
    _refused(desk.encode(source, "council-csv"), *told)
    _refused(desk.run("submit", desk.bundle, *URL), *told)
    _refused(desk.join(epoch, unit.card), *told)


def test_anothers_revoked_card_stops_nothing(desk: Desk, epoch: Epoch) -> None:
    for key in ("a" * 64, "b" * 64):
        outcome = _revoke(desk, _made(epoch, RevokedAgency(agency="E09", signing_key=key)))
        assert outcome.code == 0
        assert "not this workspace's" in outcome.err
    assert desk.encode(write_council(desk.path / "source"), "council-csv").code == 0


def test_a_revocation_is_kept_once(desk: Desk, epoch: Epoch) -> None:
    assert _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor))).code == 0
    kept = {path: path.read_bytes() for path in _kept(desk)}
    assert len(kept) == 1
    outcome = _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor), signers=3))
    assert outcome.code == 0
    assert "was revoked already" in outcome.err
    assert {path: path.read_bytes() for path in _kept(desk)} == kept


def test_attack_a_revocation_without_the_quorum_of_the_pinned_is_not_kept(desk: Desk, epoch: Epoch) -> None:
    subject = _of_epoch(epoch.descriptor)
    strangers = Epoch(epoch.key, parties(), epoch.descriptor)
    good = _made(epoch, subject)
    for revocation in (
        _made(epoch, subject, signers=1),
        _made(strangers, subject, signers=3),
        structs.replace(good, reason="another"),
        structs.replace(good, subject=_of_card(desk)),
    ):
        _refused(_revoke(desk, revocation), "revoked.json: ")
    assert _kept(desk) == []
    assert desk.encode(write_council(desk.path / "source"), "council-csv").code == 0


def test_a_kept_revocation_that_was_damaged_stops_the_work(desk: Desk, epoch: Epoch) -> None:
    assert _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor))).code == 0
    (kept,) = _kept(desk)
    kept.write_bytes(kept.read_bytes().replace(b'"e1"', b'"e0"'))
    _refused(desk.encode(write_council(desk.path / "source"), "council-csv"), kept.name)


def test_what_is_no_revocation_or_no_workspace_is_told(desk: Desk, tmp_path: Path, epoch: Epoch) -> None:
    wrong = desk.run("revoke", desk.path / "epoch.json", secret=False)
    assert wrong.code == 1
    assert "epoch.json: this is an epoch descriptor; a revocation is wanted" in wrong.err
    _refused(desk.run("revoke", desk.path / "nowhere.json", secret=False), "nowhere.json")
    nobody = Desk(tmp_path, "E10", "council")
    _refused(_revoke(nobody, _made(epoch, _of_epoch(epoch.descriptor))), "there is no workspace here")


def test_the_doctor_tells_what_is_revoked(desk: Desk, epoch: Epoch) -> None:
    assert "ok           revocations: 0 kept" in _doctor(desk).out
    assert _revoke(desk, _made(epoch, RevokedAgency(agency="E09", signing_key="a" * 64))).code == 0
    assert "ok           revocations: 1 kept" in _doctor(desk).out
    assert _revoke(desk, _made(epoch, _of_epoch(epoch.descriptor))).code == 0
    found = _doctor(desk)
    assert (found.code, "fails        revocations: custodians revoked epoch e1" in found.out) == (1, True)
    assert _revoke(desk, _made(epoch, _of_card(desk))).code == 0
    assert "fails        revocations: custodians revoked this workspace's card" in _doctor(desk).out
