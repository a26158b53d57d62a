"""Each bad submission gets its own status and a clear word, and leaves nothing half-stored."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs
from sqlalchemy import update

from api.clock import utc_now
from api.store import schema
from linkage.wire.canonical import canonical, to_builtins
from linkage.wire.limits import MAX_CHUNK_BYTES
from linkage.wire.manifest import Period, sign_manifest
from linkage.wire.moments import Moment
from linkage.wire.submission import Registration
from tests.support.holdings import holdings
from tests.support.served import Served, served_unit
from tests.support.signing_client import problem
from tests.support.unit import Desk, Sent, make_sent, make_unit


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


Change = Callable[[Served, Sent], Sent]


def _changed(**changes: object) -> Change:
    return lambda served, sent: sent.changed(served.council, **changes)


def _signed_by_another(served: Served, sent: Sent) -> Sent:
    signature = sign_manifest(sent.manifest_bytes, served.police.key)
    return Sent(sent.manifest, signature, sent.parts)


def _tampered_after_signing(_served: Served, sent: Sent) -> Sent:
    return Sent(structs.replace(sent.manifest, sequence=99), sent.signature, sent.parts)


BAD_MANIFESTS: dict[str, tuple[Change, int, str]] = {
    "another agency": (_changed(agency="E10"), 403, "agency-mismatch"),
    "an agency that nobody knows": (_changed(agency="X99"), 403, "agency-mismatch"),
    "another role": (_changed(role="police"), 403, "role-mismatch"),
    "signed by another key": (_signed_by_another, 401, "manifest-signature"),
    "changed after signing": (_tampered_after_signing, 401, "manifest-signature"),
    "another epoch": (_changed(epoch="e0"), 409, "other-epoch"),
    "another profile": (_changed(profile_digest="ab" * 32), 409, "other-profile"),
    "another epoch key": (_changed(key_check_value="ab" * 16), 409, "other-key"),
    "software that encodes otherwise": (_changed(conformance="ab" * 32), 409, "other-conformance"),
}


@pytest.mark.parametrize("name", BAD_MANIFESTS)
def test_a_bad_manifest_is_refused_before_a_chunk_is_taken(served: Served, name: str) -> None:
    change, status, kind = BAD_MANIFESTS[name]
    client, before = served.client(served.council), holdings(served.unit.folder)
    answer = client.register(change(served, make_sent(served.unit, served.council)))
    assert (answer.status_code, problem(answer)) == (status, kind)
    assert holdings(served.unit.folder) == before


def _as_json(registration: Registration) -> dict[str, Any]:
    plain: dict[str, Any] = to_builtins(registration)
    return plain


def _edited(**changes: object) -> Callable[[Registration], bytes]:
    return lambda registration: json.dumps({**_as_json(registration), **changes}).encode()


MALFORMED: dict[str, tuple[Callable[[Registration], bytes], int, str]] = {
    "nothing": (lambda _: b"", 400, "malformed"),
    "not JSON": (lambda _: b"\xff{", 400, "malformed"),
    "deeply nested JSON": (lambda _: b"[" * 100_000, 400, "malformed"),
    "JSON of another kind": (lambda _: b"[1, 2]", 400, "unknown-version"),
    "a later version": (_edited(version=2), 400, "unknown-version"),
    "a field too many": (_edited(extra="canary"), 400, "malformed"),
    "no chunks": (_edited(payload=[]), 400, "malformed"),
    "a chunk of no bytes": (_edited(payload=[{"sha256": "0" * 64, "size": 0}]), 400, "malformed"),
    "a chunk too large": (
        _edited(payload=[{"sha256": "0" * 64, "size": MAX_CHUNK_BYTES + 1}]),
        400,
        "malformed",
    ),
    "chunks that do not add up": (_edited(payload=[{"sha256": "0" * 64, "size": 7}]), 400, "malformed"),
    "a manifest that is not JSON": (_edited(manifest="canary"), 400, "malformed"),
    "a manifest of half a letter": (
        lambda r: _edited(manifest="X")(r).replace(b'"X"', b'"\\ud800"'),
        400,
        "malformed",
    ),
    "a manifest not in canonical form": (
        lambda r: _edited(manifest=r.manifest.replace(":", ": ", 1))(r),
        400,
        "malformed",
    ),
    "more bytes than a registration may have": (lambda _: b" " * (1024 * 1024 + 1), 413, "too-large"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_registration_is_refused_without_being_repeated(served: Served, name: str) -> None:
    make, status, kind = MALFORMED[name]
    client, before = served.client(served.council), holdings(served.unit.folder)
    body = make(make_sent(served.unit, served.council).registration())
    answer = client.call("POST", "/v1/submissions", body)
    assert (answer.status_code, problem(answer)) == (status, kind)
    assert "canary" not in answer.text
    assert holdings(served.unit.folder) == before


def test_a_submission_larger_than_the_unit_takes_is_refused(tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        sent = make_sent(served.unit, served.council)
        registration = sent.registration()
        chunk = structs.replace(registration.payload[0], size=MAX_CHUNK_BYTES)
        size = MAX_CHUNK_BYTES * 600
        parts = tuple(
            structs.replace(part, sealed_size=size) if part.name == "payload" else part
            for part in sent.manifest.parts
        )
        sent = sent.changed(served.council, parts=parts)
        body = canonical(structs.replace(sent.registration(), payload=(chunk,) * 600))
        answer = served.client(served.council).call("POST", "/v1/submissions", body)
        assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_before_the_first_epoch_nothing_is_taken(tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        sent = make_sent(served.unit, served.council)
        with served.workers.database.write() as connection:
            connection.execute(update(schema.epochs).values(current=False))
        client = served.client(served.council)
        for answer in (client.register(sent), client.call("GET", "/v1/status")):
            assert (answer.status_code, problem(answer)) == (409, "no-epoch")


@pytest.mark.parametrize("days", [-40, 400])
def test_outside_its_dates_an_epoch_takes_nothing(tmp_path: Path, days: int) -> None:
    from api.agency_app.app import create_app
    from api.agency_app.service import open_service
    from tests.support.signing_client import SigningClient

    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    service = open_service(unit.folder.root, clock=lambda: utc_now() + dt.timedelta(days=days))
    with SigningClient("http://localhost", desk.key) as client:
        request = client.signed("POST", "/v1/submissions", canonical(make_sent(unit, desk).registration()))
    answer = (
        create_app(service)
        .test_client()
        .post("/v1/submissions", data=request.content, headers=list(request.headers.items()))
    )
    service.close()
    assert (answer.status_code, answer.get_json()["type"]) == (409, "urn:clew:problem:epoch-closed")


def test_the_epochs_last_day_counts_whole(tmp_path: Path) -> None:
    from api.agency_app.admission import _open_now

    unit = make_unit(tmp_path / "data")
    epoch = structs.replace(unit.epoch, opens=Moment.parse("2026-01-01"), closes=Moment.parse("2026-12-31"))
    last = dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.UTC)
    assert _open_now(epoch, last)
    assert not _open_now(epoch, last + dt.timedelta(minutes=1))
    to_the_minute = structs.replace(epoch, closes=Moment.parse("2026-12-31T12:00Z"))
    assert not _open_now(to_the_minute, last)


def test_a_sequence_that_another_bundle_has_is_refused(served: Served) -> None:
    client = served.client(served.council)
    client.register(make_sent(served.unit, served.council))
    before = holdings(served.unit.folder)
    answer = client.register(make_sent(served.unit, served.council, children=(9,)))
    assert (answer.status_code, problem(answer)) == (409, "sequence-used")
    assert holdings(served.unit.folder) == before


def test_a_sequence_that_is_not_above_the_last_one_is_refused(served: Served) -> None:
    client = served.client(served.council)
    client.submit(make_sent(served.unit, served.council, sequence=5))
    before = holdings(served.unit.folder)
    for sequence in (1, 4, 5):
        answer = client.register(make_sent(served.unit, served.council, sequence=sequence))
        assert (answer.status_code, problem(answer)) == (409, "sequence-behind")
        assert "5" in answer.json()["detail"]
    assert holdings(served.unit.folder) == before


def test_an_open_submission_with_a_lower_sequence_can_no_longer_be_committed(served: Served) -> None:
    client = served.client(served.council)
    older = make_sent(served.unit, served.council, sequence=1)
    client.register(older)
    client.put_all(older)
    client.submit(make_sent(served.unit, served.council, sequence=2))
    answer = client.commit(older)
    assert (answer.status_code, problem(answer)) == (409, "not-open")
    assert client.call("GET", f"/v1/submissions/{older.id}").json()["state"] == "refused"
    names = [one.name for one in served.unit.folder.intake_payload.iterdir()]
    assert [name for name in names if name.startswith(older.id)] == []


def test_more_open_submissions_than_the_limit_are_refused(served: Served) -> None:
    client = served.client(served.council)
    for sequence in range(1, 5):
        assert client.register(make_sent(served.unit, served.council, sequence=sequence)).status_code == 201
    answer = client.register(make_sent(served.unit, served.council, sequence=5))
    assert (answer.status_code, problem(answer)) == (409, "too-many-open")


def test_a_chunk_whose_digest_differs_is_refused(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    before = holdings(served.unit.folder)
    piece = sent.chunks()["payload"][0]
    damaged = bytes([piece[0] ^ 1]) + piece[1:]
    digest = hashlib.sha256(piece).hexdigest()
    for body, kind in ((damaged, "chunk-digest"), (piece[:-1], "chunk-size"), (piece + b"x", "chunk-size")):
        answer = client.put(sent, body, name=digest)
        assert (answer.status_code, problem(answer)) == (422, kind)
    assert holdings(served.unit.folder) == before


def test_a_chunk_that_was_not_registered_is_refused(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    before = holdings(served.unit.folder)
    answer = client.put(sent, b"something else")
    assert (answer.status_code, problem(answer)) == (404, "unknown-chunk")
    unknown = make_sent(served.unit, served.council, sequence=8)
    answer = client.put(unknown, unknown.chunks()["payload"][0])
    assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert holdings(served.unit.folder) == before


def test_a_body_larger_than_a_chunk_is_refused(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    answer = client.put(sent, b"x" * (MAX_CHUNK_BYTES + 1))
    assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_a_body_where_none_belongs_is_refused(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    for method, path in (("GET", "/v1/status"), ("POST", f"/v1/submissions/{sent.id}/commit")):
        answer = client.call(method, path, b"something")
        assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_a_commit_with_a_chunk_missing_is_refused_and_says_how_many(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    pieces = [piece for part in sent.chunks().values() for piece in part]
    for piece in pieces[:-1]:
        client.put(sent, piece)
    before = holdings(served.unit.folder)
    answer = client.commit(sent)
    assert (answer.status_code, problem(answer)) == (409, "chunks-missing")
    assert f"1 of {len(pieces)} chunks" in answer.json()["detail"]
    assert holdings(served.unit.folder) == before
    client.put(sent, pieces[-1])
    assert client.commit(sent).status_code == 200


def test_chunks_that_do_not_make_up_the_part_discard_the_registration(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council, children=range(1, 7))
    before = holdings(served.unit.folder)
    swapped = Sent(sent.manifest, sent.signature, dict(sent.parts))
    chunks = sent.chunks()["encodings"]
    swapped.parts["encodings"] = b"".join([chunks[1][:100], chunks[0], chunks[1][100:], *chunks[2:]])
    client.register(swapped)
    client.put_all(swapped)
    answer = client.commit(swapped)
    assert (answer.status_code, problem(answer)) == (422, "part-digest")
    assert holdings(served.unit.folder) == before
    assert client.submit(sent).status_code == 200


def test_an_address_that_is_none_and_a_method_that_is_none(served: Served) -> None:
    client = served.client(served.council)
    nowhere = client.call("GET", "/v1/nothing")
    assert (nowhere.status_code, problem(nowhere)) == (404, "not-found")
    no_digest = client.call("GET", "/v1/submissions/1")
    assert (no_digest.status_code, problem(no_digest)) == (404, "not-found")
    wrong = client.call("DELETE", "/v1/status")
    assert (wrong.status_code, problem(wrong)) == (405, "method-not-allowed")


def test_a_submission_of_a_replaced_identity_is_refused(served: Served) -> None:
    client = served.client(served.council)
    old_key = Desk("E09", "council", Ed25519PrivateKey.generate())
    answer = client.register(make_sent(served.unit, old_key))
    assert (answer.status_code, problem(answer)) == (401, "manifest-signature")
    assert "identity" in answer.json()["hint"]


def test_periods_of_one_agency_may_differ_from_one_submission_to_the_next(served: Served) -> None:
    client = served.client(served.council)
    other = Period(start=Moment.parse("2023-04-01"), end=Moment.parse("2024-03-31"))
    client.submit(make_sent(served.unit, served.council, sequence=1))
    client.submit(make_sent(served.unit, served.council, sequence=2, period=other))
    served.workers.settle()
    states = [one["state"] for one in client.call("GET", "/v1/status").json()["submissions"]]
    assert states == ["accepted", "accepted"]
