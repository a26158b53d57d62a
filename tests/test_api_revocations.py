"""What a quorum of custodians revoked counts no more at the unit, at once and for ever."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from api.clock import utc_now
from api.store import persons
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.epochs import EpochDescriptor, add_signature, content_digest
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch
from tests.support.processes import clew
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, Unit, make_descriptor, make_sent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _revocation(
    unit: Unit, what: Desk | EpochDescriptor, *, signers: int = 2, foreign: int = 0, **changes: object
) -> Revocation:
    subject: RevokedAgency | RevokedEpoch
    if isinstance(what, Desk):
        subject = RevokedAgency(agency=what.code, signing_key=what.card.signing_key)
    else:
        subject = RevokedEpoch(epoch=what.epoch, descriptor=content_digest(what))
    revocation = Revocation(subject=subject, reason="laptop stolen", decided=Moment.minute(utc_now()))
    revocation = structs.replace(revocation, **changes)
    for custodian in unit.custodians[:signers]:
        revocation = add_signature(revocation, custodian.key)
    for _ in range(foreign):
        revocation = add_signature(revocation, Ed25519PrivateKey.generate())
    return revocation


def _revoke(unit: Unit, revocation: Revocation) -> tuple[int, str]:
    file = unit.folder.root.parent / "revoked.json"
    file.write_bytes(canonical(revocation))
    done = clew("register", "revoke", "--data", unit.folder.root, file)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def _adopt(unit: Unit, descriptor: EpochDescriptor) -> tuple[int, str]:
    file = unit.folder.root.parent / "next.json"
    file.write_bytes(canonical(descriptor))
    done = clew("register", "epoch", "adopt", "--data", unit.folder.root, "--descriptor", file)
    return done.returncode, done.stderr


def _enrol(unit: Unit, desk: Desk) -> tuple[int, str]:
    file = unit.folder.root.parent / "card.json"
    file.write_bytes(canonical(desk.card))
    fingerprint = card_fingerprint(desk.card)
    done = clew("register", "agency", "add", "--data", unit.folder.root, file, "--fingerprint", fingerprint)
    return done.returncode, done.stderr


def _is(problem: httpx.Response, status: int, name: str) -> bool:
    assert problem.json()["hint"] != ""
    return (problem.status_code, problem.json()["type"]) == (status, f"urn:clew:problem:{name}")


def _persons(served: Served) -> dict[tuple[str, str], str]:
    with served.workers.database.read() as connection:
        return {(one.agency, one.handle): one.person for one in persons.members(connection)}


def _next(unit: Unit, epoch: str = "e2") -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch=epoch, opens=Moment.day(utc_now().date()))


# A card


def test_a_revoked_cards_requests_are_refused_at_once_with_a_problem_of_its_own(served: Served) -> None:
    client, other = served.client(served.council), served.client(served.police)
    assert client.call("GET", "/v1/status").status_code == 200
    code, said = _revoke(served.unit, _revocation(served.unit, served.council))
    assert code == 0, said
    assert "the card of E09 is revoked now: laptop stolen" in said
    sent = make_sent(served.unit, served.council)
    for answer in (
        client.call("GET", "/v1/status"),
        client.call("GET", "/v1/results"),
        client.call("GET", "/v1/nowhere"),
        client.register(sent),
    ):
        assert _is(answer, 403, "card-revoked")
    assert other.call("GET", "/v1/status").status_code == 200


def test_who_does_not_hold_a_revoked_key_learns_nothing_of_it(served: Served) -> None:
    _revoke(served.unit, _revocation(served.unit, served.council))
    stranger = served.client(Desk("E09", "council"))
    request = stranger.signed("GET", "/v1/status", key_id=served.council.card.signing_key)
    assert _is(stranger.send(request), 401, "unauthenticated")
    holder = served.client(served.council)
    replayed = holder.signed("GET", "/v1/status", nonce="a" * 20)
    assert _is(holder.send(replayed), 403, "card-revoked")
    assert _is(holder.send(replayed), 401, "unauthenticated")


def test_a_revoked_agencys_snapshots_are_neither_linked_nor_reconciled(served: Served) -> None:
    for desk in (served.council, served.police):
        served.client(desk).submit(make_sent(served.unit, desk, children=(1, 2)))
    served.workers.settle()
    served.workers.cycle()
    before = _persons(served)
    findings = served.client(served.police).call("GET", "/v1/results").json()["findings"]
    assert findings != []
    _revoke(served.unit, _revocation(served.unit, served.council))
    served.workers.cycle()
    after = served.client(served.police).call("GET", "/v1/results").json()["findings"]
    assert after != findings
    with served.workers.database.read() as connection:
        held = connection.exec_driver_sql(
            "SELECT count(*) FROM results WHERE agency = 'E09' AND cycle = 2"
        ).scalar()
    assert held == 0
    assert _persons(served) == before  # its children keep the persons they had


def test_a_revoked_card_is_never_enrolled_again_and_a_new_one_may_be(served: Served) -> None:
    _revoke(served.unit, _revocation(served.unit, served.council))
    code, said = _enrol(served.unit, served.council)
    assert (code, "custodians revoked this card" in said) == (1, True)
    renewed = Desk("E09", "council")
    assert _enrol(served.unit, renewed)[0] == 0
    assert served.client(renewed).call("GET", "/v1/status").status_code == 200
    assert _is(served.client(served.council).call("GET", "/v1/status"), 403, "card-revoked")
    # The same revocation again does not hit the new card.
    code, said = _revoke(served.unit, _revocation(served.unit, served.council))
    assert (code, "was revoked already" in said) == (0, True)
    assert served.client(renewed).call("GET", "/v1/status").status_code == 200


def test_a_card_may_be_revoked_before_it_is_enrolled(served: Served) -> None:
    desk = Desk("E11", "council")
    assert _revoke(served.unit, _revocation(served.unit, desk))[0] == 0
    code, said = _enrol(served.unit, desk)
    assert (code, "custodians revoked this card" in said) == (1, True)


# An epoch


def test_nothing_of_a_revoked_epoch_is_registered_or_committed(served: Served) -> None:
    client = served.client(served.council)
    begun = make_sent(served.unit, served.council, sequence=1)
    assert client.register(begun).status_code == 201
    for name, pieces in begun.chunks().items():
        for piece in pieces:
            assert client.put(begun, piece, name=None).status_code == 204, name
    code, said = _revoke(served.unit, _revocation(served.unit, served.unit.epoch))
    assert (code, "epoch e1 is revoked now" in said) == (0, True)
    assert _is(client.call("POST", f"/v1/submissions/{begun.id}/commit"), 409, "epoch-revoked")
    assert _is(client.register(make_sent(served.unit, served.council, sequence=2)), 409, "epoch-revoked")
    assert _adopt(served.unit, _next(served.unit))[0] == 0
    assert _is(client.register(make_sent(served.unit, served.council, sequence=3)), 409, "epoch-revoked")


def test_the_encodings_of_a_revoked_epoch_are_not_linked(served: Served) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council, children=(1, 2)))
    served.workers.settle()
    before = _persons(served)
    served.client(served.police).submit(make_sent(served.unit, served.police, children=(1, 2)))
    assert _revoke(served.unit, _revocation(served.unit, served.unit.epoch))[0] == 0
    served.workers.settle()
    served.workers.cycle()
    assert _persons(served) == before  # nobody is lost, and the force's children were compared with nobody
    with served.workers.database.read() as connection:
        row = connection.exec_driver_sql("SELECT records, pairs FROM link_runs ORDER BY id DESC").first()
    assert tuple(row or ()) == (0, 0)


def test_persons_outlive_a_revoked_epoch(served: Served) -> None:
    for desk in (served.council, served.police):
        served.client(desk).submit(make_sent(served.unit, desk, children=(1, 2)))
    served.workers.settle()
    before = _persons(served)
    assert _revoke(served.unit, _revocation(served.unit, served.unit.epoch))[0] == 0
    descriptor = _next(served.unit)
    assert _adopt(served.unit, descriptor)[0] == 0
    rotated = Unit(served.unit.folder, served.unit.card, served.unit.custodians, descriptor)
    for desk in (served.council, served.police):
        served.client(desk).submit(make_sent(rotated, desk, sequence=2, children=(1, 2)))
        served.workers.settle()
        assert _persons(served) == before


def test_a_revoked_descriptor_is_never_adopted(served: Served) -> None:
    descriptor = _next(served.unit)
    assert _revoke(served.unit, _revocation(served.unit, descriptor))[0] == 0
    code, said = _adopt(served.unit, descriptor)
    assert (code, "custodians revoked this epoch" in said) == (1, True)
    more = add_signature(descriptor, served.unit.custodians[2].key)
    assert _adopt(served.unit, more)[0] == 1
    assert _adopt(served.unit, _next(served.unit, "e3"))[0] == 0
    assert _revoke(served.unit, _revocation(served.unit, served.unit.epoch))[0] == 0
    assert _adopt(served.unit, served.unit.epoch)[0] == 1


# What is refused


@pytest.mark.parametrize("what", ["card", "epoch"])
def test_attack_a_revocation_without_its_quorum_changes_nothing(served: Served, what: str) -> None:
    subject = served.council if what == "card" else served.unit.epoch
    good = _revocation(served.unit, subject)
    under = (
        _revocation(served.unit, subject, signers=0),
        _revocation(served.unit, subject, signers=1),
        _revocation(served.unit, subject, signers=1, foreign=2),
        structs.replace(good, reason="another reason"),
        structs.replace(good, subject=_revocation(served.unit, served.police).subject),
    )
    for revocation in under:
        code, said = _revoke(served.unit, revocation)
        assert (code, "error: clew-revocation" in said or "does not verify" in said) == (1, True), said
    client = served.client(served.council)
    assert client.register(make_sent(served.unit, served.council)).status_code == 201
    assert _status(served.unit)["revocations"] == []


def test_what_is_known_under_another_name_is_not_revoked(served: Served) -> None:
    key = served.council.card.signing_key
    wrong = _revocation(served.unit, served.council, subject=RevokedAgency(agency="P01", signing_key=key))
    code, said = _revoke(served.unit, wrong)
    assert (code, "known here under another name" in said) == (1, True)
    content = content_digest(served.unit.epoch)
    other = RevokedEpoch(epoch="e9", descriptor=content)
    code, said = _revoke(served.unit, _revocation(served.unit, served.unit.epoch, subject=other))
    assert (code, "known here under another name" in said) == (1, True)
    assert served.client(served.council).call("GET", "/v1/status").status_code == 200


def test_what_is_no_revocation_is_told(served: Served, tmp_path: Path) -> None:
    data = served.unit.folder.root
    file = tmp_path / "some.json"
    for content in (b"{}", b"not json", canonical(served.unit.epoch), b"\xff" * 20_000):
        file.write_bytes(content)
        done = clew("register", "revoke", "--data", data, file)
        assert (done.returncode, done.stdout) == (1, "")
        assert "Traceback" not in done.stderr


# What is shown


def _status(unit: Unit) -> dict[str, list[dict[str, str]]]:
    done = clew("register", "status", "--data", unit.folder.root, "--json")
    content: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return content


def test_status_lists_revocations_once(served: Served) -> None:
    for what in (served.council, served.unit.epoch, served.council):
        assert _revoke(served.unit, _revocation(served.unit, what, reason="stolen [bold]laptop"))[0] == 0
    listed = _status(served.unit)["revocations"]
    assert [(one["kind"], one["name"]) for one in listed] == [("agency", "E09"), ("epoch", "e1")]
    table = clew("register", "status", "--data", served.unit.folder.root).stdout
    assert "Revocations" in table
    assert "[bold]" in table
