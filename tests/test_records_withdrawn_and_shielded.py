"""A withdrawn record counts no more until it is sent again; a shielded one until the shield is lifted."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.agency_app import records as record_requests
from api.clock import utc_now
from api.folders import DataFolder
from api.rotation import close_epoch
from api.store import budgets, jobs, persons
from api.trust import adopt_epoch
from linkage.wire.canonical import canonical
from linkage.wire.certificates import read_certificate
from linkage.wire.erasures import Erasure
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from linkage.wire.record_requests import RecordRequest
from tests.support.served import Served, copied_unit, served_unit
from tests.support.signing_client import problem
from tests.support.unit import Desk, Unit, handle, make_descriptor, make_sent, set_limits

DAY = "2024-06-03"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        _send(opened, opened.council, (1, 2, 3), 1)
        _send(opened, opened.police, (2, 3), 1, day="2024-07-01")
        opened.workers.cycle()
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


def _send(served: Served, desk: Desk, children: tuple[int, ...], sequence: int, **more: Any) -> str:
    unit = more.pop("unit", served.unit)
    sent = make_sent(unit, desk, sequence=sequence, children=children, **more)
    served.client(desk).submit(sent)
    served.workers.settle()
    return sent.id


def _ask(served: Served, desk: Desk, action: str, *handles: str) -> Any:
    body = canonical(RecordRequest(handles=handles))
    return served.client(desk).call("POST", f"/v1/records/{action}", body)


def _members(served: Served) -> dict[tuple[str, str], str]:
    with served.workers.database.read() as connection:
        return {(one.agency, one.handle): one.person for one in persons.members(connection)}


def _told(served: Served, desk: Desk) -> Any:
    return served.client(desk).call("GET", "/v1/results").json()


def _episodes(served: Served, desk: Desk) -> set[str]:
    return {one["episode"] for one in _told(served, desk)["findings"]}


CHILD_2 = handle("E09", 2)
KEY_2 = ("E09", CHILD_2)


def test_a_withdrawn_record_is_out_until_a_newer_snapshot_and_then_the_person_it_was(served: Served) -> None:
    before = _members(served)
    answer = _ask(served, served.council, "withdraw", CHILD_2)
    assert (answer.status_code, answer.json()["records"], answer.json()["erasure"]) == (200, 1, None)
    served.workers.settle()
    assert KEY_2 not in _members(served)
    served.workers.cycle()
    assert handle("E09", 2, DAY) not in _episodes(served, served.council)
    assert [one for one in _told(served, served.police)["missing"] if one["child"] == handle("P01", 2)] == []
    _send(served, served.council, (1, 2, 3), 2)
    assert _members(served) == before
    served.workers.cycle()
    assert handle("E09", 2, DAY) in _episodes(served, served.council)


def test_a_bundle_registered_before_the_withdrawal_does_not_bring_the_record_back(served: Served) -> None:
    sent = make_sent(served.unit, served.council, sequence=2, children=(1, 2))
    client = served.client(served.council)
    assert client.register(sent).status_code == 201
    assert _ask(served, served.council, "withdraw", CHILD_2).status_code == 200
    client.put_all(sent)
    assert client.commit(sent).status_code == 200
    served.workers.settle()
    assert KEY_2 not in _members(served)


def test_a_single_episode_can_be_withdrawn_and_its_child_stays(served: Served) -> None:
    assert _ask(served, served.council, "withdraw", handle("E09", 2, DAY)).status_code == 200
    served.workers.settle()
    served.workers.cycle()
    assert KEY_2 in _members(served)
    assert _episodes(served, served.council) == {handle("E09", 1, DAY), handle("E09", 3, DAY)}


def test_a_shielded_record_is_linked_to_nobody_and_told_to_nobody_at_every_relink(served: Served) -> None:
    before = _members(served)
    assert before[KEY_2] == before["P01", handle("P01", 2)]
    assert _ask(served, served.council, "shield", CHILD_2).status_code == 200
    served.workers.settle()
    after = _members(served)
    assert KEY_2 not in after
    assert after["P01", handle("P01", 2)] == before["P01", handle("P01", 2)]
    # Results told before are changed at once, those of others that rest on it too.
    assert handle("E09", 2, DAY) not in _episodes(served, served.council)
    assert [one for one in _told(served, served.police)["missing"] if one["child"] == handle("P01", 2)] == []
    _send(served, served.council, (1, 2, 3), 2)
    served.workers.cycle()
    assert KEY_2 not in _members(served)
    assert handle("E09", 2, DAY) not in _episodes(served, served.council)
    assert _ask(served, served.council, "unshield", CHILD_2).status_code == 200
    served.workers.settle()
    assert _members(served) == before


def test_a_shield_holds_over_a_rotation_of_the_key_and_a_withdrawal(served: Served) -> None:
    _ask(served, served.council, "shield", CHILD_2)
    _ask(served, served.council, "withdraw", CHILD_2)
    served.workers.settle()
    unit = served.unit
    opens = Moment.day(utc_now().date())
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=opens)
    with served.workers.database.write() as connection:
        adopt_epoch(
            connection, unit.card, canonical(descriptor), custodians=(), threshold=None, now=utc_now()
        )
    rotated = Unit(unit.folder, unit.card, unit.custodians, descriptor)
    _send(served, served.council, (1, 2, 3), 2, unit=rotated)
    _send(served, served.police, (2, 3), 2, unit=rotated, day="2024-07-01")
    with served.workers.database.write() as connection:
        close_epoch(connection, "e1", early=True, now=utc_now())
    served.workers.settle()
    members = _members(served)
    assert KEY_2 not in members
    assert members["E09", handle("E09", 3)] == members["P01", handle("P01", 3)]


def test_an_agency_erases_and_pulls_the_certificate_and_nobody_elses(served: Served) -> None:
    answer = _ask(served, served.council, "erase", CHILD_2)
    assert answer.status_code == 202
    name = answer.json()["erasure"]
    assert _ask(served, served.council, "erase", CHILD_2).json()["erasure"] == name
    client = served.client(served.council)
    assert client.call("GET", f"/v1/erasures/{name}").json()["state"] == "under way"
    served.workers.settle()
    done = client.call("GET", f"/v1/erasures/{name}").json()
    assert done["state"] == "done"
    key = served.unit.card.signing_key
    certificate = read_certificate(done["certificate"].encode(), Erasure, signing_key=key)
    assert (certificate.erasure, certificate.scope, certificate.agency) == (name, "record", "E09")
    other = served.client(served.police).call("GET", f"/v1/erasures/{name}")
    assert (other.status_code, problem(other)) == (404, "not-found")


def _waiting(served: Served, kind: str) -> int:
    with served.workers.database.read() as connection:
        found = jobs.all_jobs(connection, limit=200)
    return sum(one.kind == kind and one.state == "waiting" for one in found)


def test_shields_asked_for_one_by_one_are_one_job(served: Served) -> None:
    for number in range(4):
        assert _ask(served, served.council, "shield", handle("made up", number)).status_code == 200
    assert _waiting(served, "conceal-results") == 1


def _linkage(served: Served) -> str | None:
    """Say when the linkage that waits may be made: at once, or with its batch."""
    with served.workers.database.write() as connection:
        lease = jobs.claim(connection, "linking", now=utc_now(), when="cycle")
        if lease is not None:
            jobs.release(connection, lease)
            return "at once" if lease.job.kind == "link" else lease.job.kind
    return "batch" if _waiting(served, "link") else None


def test_a_shield_is_linked_at_once_and_what_protects_nobody_with_its_batch(served: Served) -> None:
    assert _ask(served, served.council, "withdraw", handle("E09", 1)).status_code == 200
    assert _linkage(served) == "batch"
    assert _ask(served, served.council, "shield", CHILD_2).status_code == 200
    assert _linkage(served) == "at once"
    served.workers.settle()
    assert _linkage(served) is None
    assert _ask(served, served.council, "shield", CHILD_2).status_code == 200  # it was already
    assert _linkage(served) is None
    assert _ask(served, served.council, "unshield", CHILD_2).status_code == 200
    assert _linkage(served) == "batch"


def test_made_up_handles_set_no_linkage_going(served: Served) -> None:
    with served.workers.database.read() as connection:
        before = persons.latest_run(connection)
    for action in ("shield", "withdraw", "erase"):
        assert _ask(served, served.council, action, handle("made up", action)).status_code in {200, 202}
        served.workers.settle()
    assert _ask(served, served.council, "unshield", handle("never shielded")).status_code == 200
    assert _linkage(served) is None
    with served.workers.database.read() as connection:
        assert persons.latest_run(connection) == before


def test_a_shield_that_comes_while_a_linkage_is_made_is_linked_after_it(served: Served) -> None:
    child = handle("E09", 7)
    with served.workers.database.write() as connection:
        jobs.queue_link_at_once(connection, now=utc_now())
        lease = jobs.claim(connection, "linking", now=utc_now())
    assert lease is not None
    assert _ask(served, served.council, "shield", child).status_code == 200
    with served.workers.database.write() as connection:
        jobs.release(connection, lease)
        waiting = [
            one for one in jobs.all_jobs(connection, limit=9) if (one.kind, one.state) == ("link", "waiting")
        ]
    assert len(waiting) == 2


def test_a_budget_that_is_a_share_counts_children_once_and_no_dummies(served: Served) -> None:
    def held() -> int:
        with served.workers.database.read() as connection:
            return budgets.records_held(connection, "E09")

    assert held() == 3
    for sequence, year in enumerate((2015, 2016, 2017), start=2):
        days = Period(start=Moment.parse(f"{year}-04-01"), end=Moment.parse(f"{year + 1}-03-31"))
        _send(served, served.council, (1, 2, 3), sequence, period=days, day=f"{year}-06-03")
    assert held() == 3
    _send(served, served.council, (1, 2, 3, 4, 5), 5, counts={"dummies": 2})
    assert held() == 3


def test_an_agency_shields_no_more_records_than_a_submission_may_have(made: Served, tmp_path: Path) -> None:
    shutil.copytree(made.unit.folder.root, tmp_path / "limited")
    unit = replace(made.unit, folder=DataFolder(tmp_path / "limited"))
    set_limits(unit.folder, records=5)
    with copied_unit(replace(made, unit=unit), tmp_path / "data") as opened:
        first = _ask(opened, opened.council, "shield", *(handle("made up", number) for number in range(5)))
        assert first.status_code == 200
        assert problem(_ask(opened, opened.council, "shield", handle("made up", 5))) == "too-large"
        assert _ask(opened, opened.other_council, "shield", handle("made up", 5)).status_code == 200


def test_erasures_asked_for_one_by_one_do_not_hold_everybody_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_requests, "ERASURES_AT_A_TIME", 2)
    for number in range(2):
        assert _ask(served, served.council, "erase", handle("made up", number)).status_code == 202
    refused = _ask(served, served.council, "erase", handle("made up", 2))
    assert problem(refused) == "limit-reached"
    assert int(refused.headers["retry-after"]) == 60
    assert _waiting(served, "erase-payload-records") == 2
    assert _ask(served, served.council, "erase", handle("made up", 1)).status_code == 202  # the same again
    assert _ask(served, served.other_council, "erase", handle("made up", 2)).status_code == 202
    served.workers.settle()
    assert _ask(served, served.council, "erase", handle("made up", 2)).status_code == 202


def test_what_is_asked_in_another_agencys_name_changes_nothing_of_anybodys(served: Served) -> None:
    before = _members(served)
    for action in ("withdraw", "shield", "unshield", "erase"):
        assert _ask(served, served.police, action, CHILD_2).status_code in (200, 202)
    served.workers.settle()
    assert _members(served) == before


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 400, "malformed"),
        (b"{}", 400, "unknown-version"),
        (b'{"format":"clew-record-request","handles":[],"version":1}', 400, "malformed"),
        (b'{"format":"clew-record-request","handles":["xyz"],"version":1}', 400, "malformed"),
        (
            b'{"format":"clew-record-request","handles":["' + b"a" * 32 + b'"],"version":2}',
            400,
            "unknown-version",
        ),
        (
            json.dumps({"format": "clew-record-request", "version": 1, "handles": ["ab" * 16] * 2}).encode(),
            400,
            "malformed",
        ),
        (b" " * 70_000, 413, "too-large"),
    ],
)
def test_a_request_that_is_none_is_refused(served: Served, body: bytes, status: int, name: str) -> None:
    answer = served.client(served.council).call("POST", "/v1/records/withdraw", body)
    assert (answer.status_code, problem(answer)) == (status, name)
