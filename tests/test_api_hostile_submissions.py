"""What one agency sends neither undoes what another sent nor stops the workers; an operator can mend it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from api.clock import utc_now
from api.config import Limits
from api.cycle import abandon_cycle, close_cycle
from api.settlement import withdraw_submission
from api.store import jobs, results, schema, submissions
from api.store.payload import survives_storage
from api.trust import remove_agency
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.manifest import Part, Period
from linkage.wire.moments import Moment
from linkage.wire.records import Payload, read_payload
from tests.support.holdings import holdings
from tests.support.processes import clew
from tests.support.served import Served, served_unit
from tests.support.signing_client import problem
from tests.support.unit import Desk, Sent, make_payload, make_sent

OTHER_PERIOD = Period(start=Moment.parse("2023-04-01"), end=Moment.parse("2024-03-31"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _state(served: Served, sent: Sent) -> str:
    with served.workers.database.read() as connection:
        return submissions.get(connection, sent.id).state


def _with_part(sent: Sent, desk: Desk, name: str, **changes: object) -> Sent:
    def one(part: Part) -> Part:
        return structs.replace(part, **changes) if part.name == name else part

    return sent.changed(desk, parts=tuple(one(part) for part in sent.manifest.parts))


# bodies belong to one submission


@pytest.mark.parametrize("name", ["encodings", "payload"])
def test_naming_another_agencys_sealed_part_does_not_touch_its_body(served: Served, name: str) -> None:
    victim = make_sent(served.unit, served.council)
    served.client(served.council).submit(victim)
    digest = victim.manifest.part(name).sealed_sha256
    before = sorted(one.name for one in served.unit.folder.intake(name).iterdir())
    evil = _with_part(
        make_sent(served.unit, served.other_council), served.other_council, name, sealed_sha256=digest
    )
    client = served.client(served.other_council)
    assert client.register(evil).status_code == 201  # the answer says nothing about the other agency's
    client.put_all(evil)
    answer = client.commit(evil)
    assert (answer.status_code, problem(answer)) == (422, "part-digest")
    assert sorted(one.name for one in served.unit.folder.intake(name).iterdir()) == before
    served.workers.settle()
    assert _state(served, victim) == "accepted"


def test_two_agencies_with_one_sealed_part_have_a_body_each(served: Served) -> None:
    one = make_sent(served.unit, served.council)
    served.client(served.council).submit(one)
    other = make_sent(served.unit, served.other_council)
    copied = _with_part(
        other,
        served.other_council,
        "encodings",
        **{
            field: getattr(one.manifest.part("encodings"), field)
            for field in ("sha256", "size", "sealed_sha256", "sealed_size")
        },
    )
    copied = Sent(copied.manifest, copied.signature, {**other.parts, "encodings": one.parts["encodings"]})
    assert served.client(served.other_council).submit(copied).status_code == 200
    assert len(list(served.unit.folder.intake_encodings.iterdir())) == 2
    served.workers.settle()
    assert (_state(served, one), _state(served, copied)) == ("accepted", "refused")
    assert served.workers.cycle() == 1


@pytest.mark.parametrize("name", ["encodings", "payload"])
def test_an_agency_may_not_list_one_sealed_part_twice(served: Served, name: str) -> None:
    client = served.client(served.council)
    first = make_sent(served.unit, served.council, sequence=1)
    client.submit(first)
    second = make_sent(served.unit, served.council, sequence=2, period=OTHER_PERIOD)
    again = _with_part(
        second,
        served.council,
        name,
        sealed_sha256=first.manifest.part(name).sealed_sha256,
    )
    before = holdings(served.unit.folder)
    answer = client.register(again)
    assert (answer.status_code, problem(answer)) == (409, "part-used")
    assert holdings(served.unit.folder) == before
    assert client.register(first).status_code == 200
    assert client.submit(second).status_code == 200


# what content does to a worker


@pytest.mark.parametrize(
    ("reader", "which"),
    [("api.encoding_bodies.read_encodings", "encodings"), ("api.register_worker.read_payload", "payload")],
)
@pytest.mark.parametrize("fault", [ValueError, OverflowError, RecursionError, ZeroDivisionError])
def test_content_that_makes_its_reader_fail_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch, reader: str, which: str, fault: type[Exception]
) -> None:
    def fail(_: object) -> None:
        raise fault("canary")

    monkeypatch.setattr(reader, fail)
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.submit(sent)
    served.workers.settle()
    status = client.call("GET", f"/v1/submissions/{sent.id}").json()
    assert (status["state"], status["reason"]) == ("refused", f"{which}: the content cannot be read")


def test_a_disk_fault_while_content_is_read_is_tried_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patched:
        patched.setattr("api.register_worker.read_payload", fail)
        sent = make_sent(served.unit, served.council)
        served.client(served.council).submit(sent)
        served.workers.register.worker(served.workers.said.append).step(threading.Event())
    assert _state(served, sent) == "committed"
    _make_due(served)
    served.workers.settle()
    assert _state(served, sent) == "accepted"


def _unstorable(lines: Any) -> Payload:
    payload = read_payload(lines)
    first = structs.replace(payload.children[0], sex="canary")
    return structs.replace(payload, children=(first, *payload.children[1:]))


def test_records_that_the_store_could_not_read_back_are_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.register_worker.read_payload", _unstorable)
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.submit(sent)
    served.workers.settle()
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["state"] == "refused"


def test_an_honest_payload_survives_storage(served: Served) -> None:
    assert survives_storage(make_payload(served.council, (1, 2, 3)))


def test_a_header_of_another_shape_is_refused_before_a_row_is_read(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: object) -> None:
        raise AssertionError("rows were read")

    sent = make_sent(served.unit, served.council, counts={"rows": 4})
    client = served.client(served.council)
    client.submit(sent)
    monkeypatch.setattr("api.encoding_bodies.read_encodings", never)
    served.workers.settle()
    assert "number of rows" in client.call("GET", f"/v1/submissions/{sent.id}").json()["reason"]


# what an operator can do about it


def _make_due(served: Served) -> None:
    with served.workers.database.write() as connection:
        past = "2000-01-01T00:00:00.000000Z"
        connection.execute(
            update(schema.jobs).where(schema.jobs.c.state == "waiting").values(not_before=past)
        )


def _findings(served: Served, desk: Desk) -> int:
    return len(served.client(desk).call("GET", "/v1/results").json()["findings"])


def _broken_cycle(served: Served, monkeypatch: pytest.MonkeyPatch) -> int:
    def fail(*_: object, **__: object) -> None:
        raise InputError("canary")

    with monkeypatch.context() as patched:
        patched.setattr("api.register_worker.reconcile", fail)
        return served.workers.cycle()


def test_an_abandoned_cycle_makes_room_for_the_next(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council))
    served.workers.settle()
    number = _broken_cycle(served, monkeypatch)
    database = served.workers.database
    with pytest.raises(InputError, match="still being worked on"), database.write() as connection:
        close_cycle(connection, now=utc_now())
    with database.write() as connection:
        assert abandon_cycle(connection, now=utc_now()) == number
    with database.read() as connection:
        assert results.last_closed(connection) is None
        of_cycle = [one for one in jobs.all_jobs(connection, limit=50) if one.cycle == number]
    assert {one.state for one in of_cycle} == {"done", "cancelled"}  # its linkage had finished
    with database.write() as connection:
        for one in of_cycle:
            assert not jobs.try_again(connection, one.id, now=utc_now())
        with pytest.raises(InputError, match="no cycle"):
            abandon_cycle(connection, now=utc_now())
    assert served.workers.cycle() == number
    assert _findings(served, served.council) == 3


def test_a_running_job_of_an_abandoned_cycle_writes_nothing(served: Served) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council))
    served.workers.settle()
    database = served.workers.database
    with database.write() as connection:
        close_cycle(connection, now=utc_now())
    with database.write() as connection:
        lease = jobs.claim(connection, "linking", now=utc_now())
        assert lease is not None
        abandon_cycle(connection, now=utc_now())
    with pytest.raises(jobs.LeaseLostError), database.write() as connection:
        jobs.finish(connection, lease, now=utc_now())


def test_a_withdrawn_submission_no_longer_stands(served: Served) -> None:
    council, police = make_sent(served.unit, served.council), make_sent(served.unit, served.police)
    served.client(served.council).submit(council)
    served.client(served.police).submit(police)
    served.workers.settle()
    with served.workers.database.write() as connection:
        withdraw_submission(connection, council.id, now=utc_now())
    served.workers.settle()
    status = served.client(served.council).call("GET", f"/v1/submissions/{council.id}").json()
    assert (status["state"], status["reason"]) == ("superseded", "withdrawn by the operator")
    assert len(list(served.unit.folder.encodings.glob("*.sealed"))) == 1
    assert set(served.workers.register._store.statuses(council.id).values()) == {"withdrawn"}
    with served.workers.database.read() as connection:
        held = {row.agency for row in connection.execute(select(schema.memberships))}
    assert held == {"P01"}
    served.workers.cycle()
    assert (_findings(served, served.council), _findings(served, served.police)) == (0, 3)
    with pytest.raises(InputError, match="does not stand"), served.workers.database.write() as connection:
        withdraw_submission(connection, council.id, now=utc_now())


def test_a_withdrawn_submission_is_left_out_of_the_cycle_that_waits_for_reconciliation(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = make_sent(served.unit, served.council)
    served.client(served.council).submit(council)
    served.client(served.police).submit(make_sent(served.unit, served.police))
    served.workers.settle()
    _broken_cycle(served, monkeypatch)
    with served.workers.database.write() as connection:
        withdraw_submission(connection, council.id, now=utc_now())
        failed = next(one for one in jobs.all_jobs(connection, limit=9) if one.state == "failed")
        jobs.try_again(connection, failed.id, now=utc_now())
    served.workers.settle()
    assert (_findings(served, served.council), _findings(served, served.police)) == (0, 3)


def test_a_submission_whose_check_does_not_end_can_be_withdrawn(served: Served) -> None:
    sent = make_sent(served.unit, served.council)
    served.client(served.council).submit(sent)
    with served.workers.database.write() as connection:
        withdraw_submission(connection, sent.id, now=utc_now())
    served.workers.settle()
    assert _state(served, sent) == "refused"
    folder = served.unit.folder
    for place in (folder.intake_encodings, folder.intake_payload):
        assert list(place.iterdir()) == []
    assert list(folder.encodings.glob("*.sealed")) == []


def test_a_removed_agencys_snapshots_are_neither_linked_nor_reconciled(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = make_sent(served.unit, served.council)
    served.client(served.council).submit(council)
    served.client(served.police).submit(make_sent(served.unit, served.police))
    served.workers.settle()
    assert served.workers.cycle() == 1
    with served.workers.database.read() as connection:
        before = {
            (row.agency, row.handle): row.person for row in connection.execute(select(schema.memberships))
        }
    with served.workers.database.write() as connection:
        remove_agency(connection, "E09", now=utc_now())
    opened: list[str] = []
    store = served.workers.register._store
    load = store.load

    def noted(one: str, agency: str) -> Payload | None:
        opened.append(agency)
        return load(one, agency)

    monkeypatch.setattr(store, "load", noted)
    assert served.workers.cycle() == 2
    assert set(opened) == {"P01"}
    with served.workers.database.read() as connection:
        run = connection.execute(select(schema.link_runs).order_by(schema.link_runs.c.id.desc())).first()
        assert run is not None
        assert [one.agency for one in results.run_snapshots(connection, run.id)] == ["P01"]
        after = {
            (row.agency, row.handle): row.person for row in connection.execute(select(schema.memberships))
        }
    assert run.records == 3
    assert after == before  # a new card for the same agency finds its children under the same persons


def test_the_operator_finds_and_withdraws_a_submission_and_abandons_a_cycle(served: Served) -> None:
    sent = make_sent(served.unit, served.council)
    served.client(served.council).submit(sent)
    served.workers.settle()
    data = served.unit.folder.root
    listed = clew("register", "submission", "list", "--data", data, "--agency", "E09")
    assert listed.stdout.split("\t")[:4] == [sent.id, "E09", "1", "2024-04-01/2025-03-31"]
    assert clew("register", "submission", "list", "--data", data, "--agency", "E10").stdout == ""
    assert clew("register", "cycle", "--data", data).returncode == 0
    assert "cycle 1 is abandoned" in clew("register", "cycle", "--data", data, "--abandon").stderr
    again = clew("register", "cycle", "--data", data, "--abandon")
    assert (again.returncode, "no cycle" in again.stderr) == (1, True)
    short = clew("register", "submission", "withdraw", "--data", data, sent.id[:7])
    assert (short.returncode, "the first 8 of them or more" in short.stderr) == (1, True)
    done = clew("register", "submission", "withdraw", "--data", data, f"{sent.id[:8]}…")
    assert (done.returncode, sent.id in done.stderr) == (0, True), done.stderr
    for wrong in (sent.id, "0" * 64):
        refused = clew("register", "submission", "withdraw", "--data", data, wrong)
        assert (refused.returncode, "hint: " in refused.stderr) == (1, True)


# registrations that cannot be meant


@pytest.mark.parametrize("place", ["within a part", "across parts"])
def test_a_registration_that_lists_one_chunk_twice_is_refused(served: Served, place: str) -> None:
    sent = make_sent(served.unit, served.council)
    listed = sent.registration()
    chunk = listed.encodings[0]
    name = "encodings" if place == "within a part" else "payload"
    lists = {"encodings": listed.encodings, "payload": listed.payload}
    lists[name] = (*lists[name], chunk)
    sent = _with_part(sent, served.council, name, sealed_size=sum(one.size for one in lists[name]))
    body = canonical(structs.replace(sent.registration(), **lists))
    before = holdings(served.unit.folder)
    answer = served.client(served.council).call("POST", "/v1/submissions", body)
    assert (answer.status_code, problem(answer)) == (400, "malformed")
    assert "twice" in answer.json()["detail"]
    assert holdings(served.unit.folder) == before


@pytest.mark.parametrize(
    ("name", "size", "counts", "status", "kind"),
    [
        ("encodings", 2 * 1024**3 + 1, {}, 413, "too-large"),
        ("payload", 2 * 1024**3 + 1, {}, 413, "too-large"),
        ("payload", 1, {"coverage": 1_000_001}, 413, "too-large"),
        ("encodings", 2, {}, 400, "malformed"),
        ("encodings", 1024**2, {}, 400, "malformed"),
        ("payload", 5, {}, 400, "malformed"),
        ("payload", 1024**2, {}, 400, "malformed"),
    ],
)
def test_sizes_that_the_counts_do_not_bear_out_are_refused_at_once(
    served: Served, name: str, size: int, counts: dict[str, int], status: int, kind: str
) -> None:
    sent = _with_part(make_sent(served.unit, served.council, counts=counts), served.council, name, size=size)
    before = holdings(served.unit.folder)
    answer = served.client(served.council).register(sent)
    assert (answer.status_code, problem(answer)) == (status, kind)
    assert holdings(served.unit.folder) == before


def test_the_limits_are_those_of_the_settings() -> None:
    limits = Limits()
    assert (limits.part_bytes, limits.records) == (2 * 1024**3, 1_000_000)
