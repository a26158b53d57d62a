"""A card is revoked, its workspace renewed and enrolled again: the children stay who they are."""

import csv
from pathlib import Path

from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.epochs import add_signature
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency
from tests.support.agency_desk import Desk, Outcome, write_council
from tests.support.processes import clew
from tests.test_agency_submits import Service, service

__all__ = ["service"]

NEW = "nine grey geese over the marsh"


def _good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


def _register(service: Service, *words: str | Path) -> str:
    done = clew("register", *words)
    assert done.returncode == 0, done.stderr
    return done.stderr


def _persons(service: Service, path: Path) -> set[tuple[str, ...]]:
    """Return agency, handle and pseudonym of every record."""
    path.unlink(missing_ok=True)
    _register(service, "persons", "--data", service.folder, "--output", path)
    with path.open(encoding="utf-8-sig") as stream:
        return {tuple(row) for row in csv.reader(stream)}


def _send(service: Service, desk: Desk, source: Path) -> None:
    _good(desk.encode(source, "council-csv"))
    _good(desk.run("submit", desk.bundle, "--url", service.url))
    service.workers.settle()
    service.workers.cycle()


def _revoked(service: Service, desk: Desk) -> Path:
    revocation = Revocation(
        subject=RevokedAgency(agency=desk.code, signing_key=desk.card().signing_key),
        reason="laptop and passphrase stolen",
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    for member in service.epoch.members[:2]:
        revocation = add_signature(revocation, member.identity.signing)
    file = desk.path / "revoked.json"
    file.write_bytes(canonical(revocation))
    return file


def test_pseudonyms_stay_when_a_revoked_card_is_replaced(service: Service, tmp_path: Path) -> None:
    desk, other = service.desk(tmp_path / "desk"), service.desk(tmp_path / "other", "E10")
    source = write_council(tmp_path / "source", 6)
    for one in (desk, other):
        _send(service, one, source)
    before = _persons(service, tmp_path / "persons.csv")
    assert {row[0] for row in before} >= {"E09", "E10"}

    file = _revoked(service, desk)
    _register(service, "revoke", "--data", service.folder, file)
    _good(desk.run("revoke", file, secret=False))
    refused = desk.encode(source, "council-csv")
    assert (refused.code, "clew agency renew" in refused.err) == (1, True)

    phrase = desk.path / "new-passphrase"
    phrase.touch(mode=0o600)
    phrase.write_text(NEW + "\n")
    fingerprint = _good(desk.run("renew", "--new-passphrase-file", phrase)).out.strip()
    desk.passphrase.write_text(NEW + "\n")
    card = desk.workspace / "card.json"
    assert fingerprint == card_fingerprint(desk.card())
    said = ("--fingerprint", fingerprint)
    assert "is enrolled now" in _register(service, "agency", "add", "--data", service.folder, card, *said)
    _good(desk.join(service.epoch, service.card))
    status = _good(desk.run("status", "--url", service.url))
    assert "highest bundle committed: 1" in status.out

    _send(service, desk, source)
    assert _persons(service, tmp_path / "persons.csv") == before
    report = _good(desk.run("report", "--url", service.url, "--output", tmp_path / "report.xlsx"))
    assert report.code == 0
    again = clew("register", "agency", "add", "--data", service.folder, card, *said)
    assert (again.returncode, "was enrolled already" in again.stderr) == (0, True)
