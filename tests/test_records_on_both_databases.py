"""Shielding, deciding, erasing and the schedule are the same on SQLite and on PostgreSQL."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.auditing import check_unit
from api.checkpoints import open_signer
from api.clock import utc_now
from api.deciding import decide, undo
from api.erasing import certify_erasure, erase_own_records
from api.secret_files import read_receipts_key
from api.store import erasures, jobs, persons, retention
from linkage.wire.canonical import canonical
from linkage.wire.certificates import read_certificate
from linkage.wire.erasures import Erasure
from linkage.wire.record_requests import RecordRequest
from tests.support.served import Served, served_unit
from tests.support.traces import traces
from tests.support.unit import handle, make_sent
from tests.support.working import working

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        for desk, children in ((opened.council, (1, 2, 3)), (opened.police, (2, 3))):
            opened.client(desk).submit(make_sent(opened.unit, desk, children=children))
            opened.workers.settle()
        opened.workers.cycle()
        yield opened


def _members(served: Served) -> dict[tuple[str, str], str]:
    served.workers.settle()
    with served.workers.database.read() as connection:
        failed = [one.error for one in jobs.all_jobs(connection, limit=99) if one.state == "failed"]
        found = {(one.agency, one.handle): one.person for one in persons.members(connection)}
    assert failed == []
    return found


def _audited(served: Served) -> list[str]:
    signing_key = served.unit.card.signing_key
    with served.workers.database.read() as connection:
        signer = open_signer(served.unit.folder)
        found = check_unit(connection, served.unit.folder, signer, signing_key=signing_key, outside=())
    return [f"{one.where}: {one.what}" for one in found.findings]


def test_the_whole_story(served: Served) -> None:
    database, now = served.workers.database, utc_now()
    council, police = ("E09", handle("E09", 2)), ("P01", handle("P01", 2))
    before = _members(served)
    assert before[council] == before[police]
    for action, there in (("shield", False), ("unshield", True), ("withdraw", False)):
        body = canonical(RecordRequest(handles=(council[1],)))
        answer = served.client(served.council).call("POST", f"/v1/records/{action}", body)
        assert answer.status_code == 200
        assert (council in _members(served)) == there
    again = make_sent(served.unit, served.council, sequence=2, children=(1, 2, 3))
    served.client(served.council).submit(again)
    assert _members(served) == before
    with database.write() as connection:
        number, _ = decide(connection, council, police, same=False, reason="x", now=now)
    assert _members(served)[council] != before[police] or _members(served)[police] != before[police]
    with database.write() as connection:
        undo(connection, number, now=now)
    assert _members(served) == before
    with database.write() as connection:
        name, _ = erase_own_records(connection, *_named(council), now=now)
    assert council not in _members(served)
    assert traces(served.unit, database, [council[1]]) == []
    with database.write() as connection:
        found = erasures.by_name(connection, name, agency="E09")
        assert found is not None
        body = certify_erasure(connection, found.id, read_receipts_key(served.unit.folder.receipts_key))
    assert body is not None
    assert read_certificate(body, Erasure, signing_key=served.unit.card.signing_key).records == 1
    assert _audited(served) == []
    _run_the_schedule(served)
    assert _audited(served) == []


def _named(record: tuple[str, str]) -> tuple[str, list[str]]:
    return record[0], [record[1]]


def _run_the_schedule(served: Served) -> None:
    """Many years on everything is due."""

    def later() -> dt.datetime:
        return utc_now() + dt.timedelta(days=365 * 30)

    with served.workers.database.write() as connection:
        retention.queue_run(connection, now=utc_now())
    with working(served.unit, later) as workers:
        workers.settle()
    assert _members(served) == {}
    with served.workers.database.read() as connection:
        run = retention.latest_run(connection)
        assert run is not None
        assert run.erasure is not None
        assert erasures.get(connection, run.erasure).state == "done"
