"""An erased record is nowhere, in files, sealed bodies, logs or results, and it does not come back."""

import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from api.auditing import check_unit
from api.checkpoints import open_signer
from api.clock import utc_now
from api.erasing import (
    abandon_erasure,
    ask_agency_erasure,
    ask_erasure,
    certify_erasure,
    confirm_erasure,
    erase_own_records,
)
from api.folders import DataFolder
from api.secret_files import read_receipts_key
from api.store import erasures, jobs, persons, records, schema, submissions
from api.store.bodies import BodyFolder, owner_of
from api.store.database import Database
from api.store.encodings import EncodingStore
from api.trust import enrol_agency
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.certificates import read_certificate
from linkage.wire.erasures import ERASED_KINDS, Erasure
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from linkage.wire.records import Payload
from tests.support.served import Served, copied_unit, served_unit
from tests.support.traces import opened_encodings, traces
from tests.support.unit import Desk, Unit, handle, make_encodings, make_payload, make_sent
from tests.support.working import Workers, working

EARLIER = Period(start=Moment.parse("2023-04-01"), end=Moment.parse("2024-03-31"))
DAY, EARLIER_DAY = "2024-06-03", "2023-06-03"
OF_CHILD_2 = (handle("E09", 2), handle("E09", 2, DAY), handle("E09", 2, EARLIER_DAY))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        _world(opened)
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


def _send(served: Served, desk: Desk, children: tuple[int, ...], sequence: int, **more: Any) -> str:
    sent = make_sent(served.unit, desk, sequence=sequence, children=children, **more)
    served.client(desk).submit(sent)
    served.workers.settle()
    return sent.id


def _world(served: Served) -> None:
    """Two periods of a council, one of them sent twice; a force; two cycles with results."""
    _send(served, served.council, (1, 2), 1, period=EARLIER, day=EARLIER_DAY)
    _send(served, served.council, (1, 2, 3), 2)
    _send(served, served.police, (2, 3), 1, day="2024-07-01")
    served.workers.cycle()
    _send(served, served.council, (1, 2, 3, 4), 3)
    served.workers.cycle()


def _erase(served: Served, *children: int) -> int:
    with served.workers.database.write() as connection:
        handles = [handle("E09", child) for child in children]
        name, _ = erase_own_records(connection, "E09", handles, now=utc_now())
        found = erasures.by_name(connection, name, agency="E09")
    assert found is not None
    return found.id


def _certificate(unit: Unit, database: Database, number: int) -> Erasure:
    with database.write() as connection:
        body = certify_erasure(connection, number, read_receipts_key(unit.folder.receipts_key))
    assert body is not None
    return read_certificate(body, Erasure, signing_key=unit.card.signing_key)


def _members(database: Database) -> dict[tuple[str, str], str]:
    with database.read() as connection:
        return {(one.agency, one.handle): one.person for one in persons.members(connection)}


def _not_done(database: Database) -> list[str]:
    with database.read() as connection:
        found = jobs.all_jobs(connection, limit=200)
    return sorted(f"{one.kind} {one.state}" for one in found if one.state != "done")


def _audited(unit: Unit, database: Database) -> list[str]:
    """What `clew register audit` finds that is not as the ledger says."""
    with database.read() as connection:
        signer = open_signer(unit.folder)
        found = check_unit(connection, unit.folder, signer, signing_key=unit.card.signing_key, outside=())
    return [f"{one.where}: {one.what}" for one in found.findings]


def _told(served: Served, desk: Desk) -> Any:
    return served.client(desk).call("GET", "/v1/results").json()


def test_nothing_is_left_of_an_erased_record_anywhere(served: Served) -> None:
    database = served.workers.database
    assert len(traces(served.unit, database, OF_CHILD_2)) > 3
    before = _members(database)
    missing = [one for one in _told(served, served.police)["missing"] if one["child"] == handle("P01", 2)]
    assert len(missing) == 1  # of the earlier period the force has said nothing
    number = _erase(served, 2)
    served.workers.settle()
    assert _not_done(database) == []
    assert traces(served.unit, database, OF_CHILD_2) == []
    del before["E09", handle("E09", 2)]
    assert _members(database) == before
    assert [one for one in _told(served, served.police)["missing"] if one["child"] == handle("P01", 2)] == []
    found = _certificate(served.unit, database, number)
    counts = {one.kind: one.count for one in found.counts}
    assert (found.scope, found.agency, found.records) == ("record", "E09", 1)
    assert (counts["encoding-rows"], counts["bodies-rewritten"]) == (2, 2)
    assert (counts["payload-children"], counts["payload-episodes"]) == (3, 3)
    assert (counts["memberships"], counts["results"], counts["results-of-others"]) == (1, 4, 2)
    assert counts["history"] >= 1
    assert set(counts) <= set(ERASED_KINDS)
    assert "tombstones" in found.remains
    assert _audited(served.unit, database) == []
    assert not any(one in canonical(found).decode() for one in OF_CHILD_2)


def _of_month(served: Served, month: str) -> Payload:
    """The council's records, whose episodes began in another month than before."""
    payload = make_payload(served.council, (1, 2, 3, 4))
    moved = (Moment.parse(f"{month}-03T10:00Z"), Moment.parse(f"{month}-03T18:00Z"))
    episodes = tuple(structs.replace(one, start=moved[0], end=moved[1]) for one in payload.episodes)
    return structs.replace(payload, episodes=episodes)


def test_what_others_were_told_of_an_episode_goes_whatever_month_it_was_moved_to(served: Served) -> None:
    def lines() -> list[Any]:
        return [one for one in _told(served, served.police)["missing"] if one["child"] == handle("P01", 2)]

    assert len(lines()) == 1
    _send(served, served.council, (1, 2, 3, 4), 4, payload=_of_month(served, "2024-08"))
    _erase(served, 2)
    served.workers.settle()
    assert lines() == []


def test_what_agencies_were_told_goes_though_the_payload_went_before(served: Served) -> None:
    """The record was left out of a newer snapshot, and the schedule removed the older ones."""
    before = served.workers.register._store.snapshots_of("E09")
    _send(served, served.council, (1, 3, 4), 4)
    _send(served, served.council, (1, 3), 5, period=EARLIER, day=EARLIER_DAY)
    served.workers.register._store.erase({}, whole=before)
    _erase(served, 2)
    served.workers.settle()
    assert [one for one in _told(served, served.police)["missing"] if one["child"] == handle("P01", 2)] == []
    assert traces(served.unit, served.workers.database, OF_CHILD_2) == []


def test_what_a_killed_worker_left_half_written_goes_with_the_first_erasure(served: Served) -> None:
    journal = served.unit.folder.encodings / "comparison.journal"
    journal.write_bytes(b"how far a linkage was")
    folder = served.unit.folder.encodings
    for body in list(folder.glob("*.sealed")):
        shutil.copy(body, folder / f".{body.name}.0.part")
    _erase(served, 2)
    served.workers.settle()
    with served.workers.database.read() as connection:
        others = {one.id for one in submissions.every(connection, agency="P01")}
    assert {owner_of(one.name) for one in folder.glob(".*")} == others
    assert not journal.exists()


def test_the_rest_of_a_body_stays_and_is_linked_on(served: Served) -> None:
    bits = make_encodings([(handle("E09", 1), 1)]).bits.tobytes()
    held = opened_encodings(served.unit, served.workers.database)
    assert sum(bits in one for one in held.values()) == 2
    _erase(served, 1, 2)
    served.workers.settle()
    held = opened_encodings(served.unit, served.workers.database)
    assert not any(bits in one for one in held.values())
    served.workers.cycle()
    members = _members(served.workers.database)
    assert members["E09", handle("E09", 3)] == members["P01", handle("P01", 3)]
    assert len(_told(served, served.council)["findings"]) == 2


def test_an_erased_handle_that_comes_again_is_left_out_and_the_agency_is_told(served: Served) -> None:
    number = _erase(served, 2)
    served.workers.settle()
    again = _send(served, served.council, (1, 2, 3), 4)
    assert _audited(served.unit, served.workers.database) == []
    assert traces(served.unit, served.workers.database, OF_CHILD_2) == []
    assert ("E09", handle("E09", 2)) not in _members(served.workers.database)
    state = served.client(served.council).call("GET", f"/v1/submissions/{again}").json()
    assert (state["state"], "erased before" in state["reason"]) == ("accepted", True)
    assert _certificate(served.unit, served.workers.database, number).records == 1
    with served.workers.database.read() as connection:
        rows = connection.execute(records._tombstones.select()).all()
    assert {row.worker for row in rows} == {"linking", "register"}
    assert len({row.digest for row in rows}) == 2


def test_what_arrives_while_the_erasure_waits_is_left_out_too(served: Served) -> None:
    _erase(served, 2)
    sent = make_sent(served.unit, served.council, sequence=4, children=(1, 2))
    served.client(served.council).submit(sent)
    served.workers.settle()
    assert _not_done(served.workers.database) == []
    assert traces(served.unit, served.workers.database, OF_CHILD_2) == []


def test_asked_again_the_answer_is_the_same_and_no_second_erasure_follows(served: Served) -> None:
    with served.workers.database.write() as connection:
        one = [handle("E09", 2)]
        first = erase_own_records(connection, "E09", one, now=utc_now())
        again = erase_own_records(connection, "E09", one, now=utc_now())
        other = erase_own_records(connection, "E09", [handle("E09", 1)], now=utc_now())
        three = [*one, handle("E09", 1), handle("E09", 3)]
        all_ = erase_own_records(connection, "E09", three, now=utc_now())
        once_more = erase_own_records(connection, "E09", three, now=utc_now())
    assert (first[1], again, other[1], all_[1]) == (1, (first[0], 0), 1, 3)
    assert once_more == (all_[0], 0)
    assert len({first[0], other[0], all_[0]}) == 3
    served.workers.settle()
    key = read_receipts_key(served.unit.folder.receipts_key)
    with served.workers.database.write() as connection:
        number = max(one.id for one in erasures.all_erasures(connection) if one.name == all_[0])
        certificate = certify_erasure(connection, number, key) or b""
    signing_key = served.unit.card.signing_key
    assert read_certificate(certificate, Erasure, signing_key=signing_key).records == 3
    assert ("E09", handle("E09", 3)) not in _members(served.workers.database)


def test_another_agencys_record_under_the_same_handle_is_not_touched(served: Served) -> None:
    before = _members(served.workers.database)
    with served.workers.database.write() as connection:
        erase_own_records(connection, "E10", [handle("E09", 2)], now=utc_now())
    served.workers.settle()
    assert _members(served.workers.database) == before


def test_one_persons_records_from_one_agency_need_asking_and_confirming(served: Served) -> None:
    database, now = served.workers.database, utc_now()
    with database.write() as connection:
        asked = ask_erasure(connection, "E09", [handle("E09", 2)], reason="court order", now=now)
    served.workers.settle()
    assert ("E09", handle("E09", 2)) in _members(database)
    late = now + dt.timedelta(days=8)
    for code, moment, words in (("00000000", now, "not the one"), (asked.code, late, "more than 7 days")):
        with database.write() as connection, pytest.raises(InputError, match=words):
            confirm_erasure(connection, asked.id, code, now=moment)
    with database.write() as connection:
        confirm_erasure(connection, asked.id, asked.code, now=now)
        assert confirm_erasure(connection, asked.id, asked.code, now=now).confirmed_at is not None
        with pytest.raises(InputError, match="waits to be confirmed"):
            abandon_erasure(connection, asked.id)
    served.workers.settle()
    assert traces(served.unit, database, OF_CHILD_2) == []
    assert ("P01", handle("P01", 2)) in _members(database)
    assert _certificate(served.unit, database, asked.id).scope == "person"


def test_what_was_abandoned_is_forgotten(served: Served) -> None:
    with served.workers.database.write() as connection:
        asked = ask_erasure(connection, "E09", [handle("E09", 2)], reason="x", now=utc_now())
        abandon_erasure(connection, asked.id)
        assert erasures.all_erasures(connection) == []
        assert records.targets_of(connection, asked.id) == {}


def _erase_agency(served: Served) -> int:
    with served.workers.database.write() as connection:
        asked = ask_agency_erasure(connection, "E09", reason="left the register", now=utc_now())
        confirm_erasure(connection, asked.id, asked.code, now=utc_now())
    served.workers.settle()
    return asked.id


def test_an_agency_goes_altogether_and_may_come_back_as_new(served: Served) -> None:
    database = served.workers.database
    begun = make_sent(served.unit, served.council, sequence=4, children=(1, 5))
    served.client(served.council).submit(begun)
    before = _members(database)
    number = _erase_agency(served)
    assert _not_done(database) == ["check-encodings cancelled", "check-payload cancelled"]
    everything = [handle("E09", child) for child in range(1, 6)]
    everything += [handle("E09", child, day) for child in range(1, 6) for day in (DAY, EARLIER_DAY)]
    assert traces(served.unit, database, everything) == []
    assert set(_members(database)) == {key for key in before if key[0] == "P01"}
    assert [one for one in _told(served, served.police)["missing"] if one["contact"] == "E09"] == []
    assert served.client(served.council).call("GET", "/v1/status").status_code == 401
    counts = {one.kind: one.count for one in _certificate(served.unit, database, number).counts}
    assert (counts["bodies-removed"], counts["encoding-rows"], counts["payload-coverage"]) == (2, 6, 27)
    assert _audited(served.unit, database) == []
    served.workers.cycle()
    with database.write() as connection:
        fingerprint = card_fingerprint(served.council.card)
        card = canonical(served.council.card)
        enrol_agency(connection, card, fingerprint=fingerprint, now=utc_now())
    _send(served, served.council, (1, 2), 5)
    members = _members(database)
    assert members["E09", handle("E09", 1)] not in set(before.values())
    assert members["E09", handle("E09", 2)] == members["P01", handle("P01", 2)]


def test_a_certificate_is_always_the_same_and_another_units_is_refused(served: Served) -> None:
    number = _erase(served, 2)
    with served.workers.database.write() as connection:
        key = read_receipts_key(served.unit.folder.receipts_key)
        assert certify_erasure(connection, number, key) is None
    served.workers.settle()
    assert _certificate(served.unit, served.workers.database, number) == _certificate(
        served.unit, served.workers.database, number
    )
    with served.workers.database.read() as connection:
        body = (erasures.get(connection, number).certificate or "").encode()
    with pytest.raises(VerificationError, match="not signed by this"):
        read_certificate(body, Erasure, signing_key="ab" * 32)
    with pytest.raises(VerificationError):
        read_certificate(
            body.replace(b'"records":1', b'"records":2'), Erasure, signing_key=served.unit.card.signing_key
        )


class _KilledError(BaseException):
    """The process is dead: from here on nothing of it happens."""


class _Killer:
    """Lets the first so many durable steps happen, and none after them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self.left = steps
        steps_of = (
            (Database, "write"),
            (Database, "scrub"),
            (BodyFolder, "remove"),
            (BodyFolder, "put"),
            (EncodingStore, "replace"),
        )
        for owner, name in steps_of:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            if self.left <= 0:
                raise _KilledError
            self.left -= 1
            return step(*arguments, **named)

        return counted


def _killed_after(unit: Unit, steps: int) -> bool:
    with pytest.MonkeyPatch.context() as monkeypatch, working(unit) as workers:
        _Killer(monkeypatch, steps)
        try:
            workers.settle()
        except _KilledError:
            return True
    return False


def _later() -> dt.datetime:
    return utc_now() + jobs.LEASE * 3


@pytest.mark.parametrize("what", ["record", "agency"])
def test_a_kill_at_any_moment_is_mended_by_the_next_start(
    served: Served, tmp_path: Path, what: str, *, soak: bool
) -> None:
    with served.workers.database.write() as connection:
        if what == "record":
            name = erase_own_records(connection, "E09", [handle("E09", 2)], now=utc_now())[0]
            found = erasures.by_name(connection, name, agency="E09")
            assert found is not None
            number = found.id
        else:
            asked = ask_agency_erasure(connection, "E09", reason="x", now=utc_now())
            number = confirm_erasure(connection, asked.id, asked.code, now=utc_now()).id
    gone = OF_CHILD_2 if what == "record" else [*OF_CHILD_2, handle("E09", 1), handle("E09", 4)]
    whole: object = None
    stride = 1 if soak else {"record": 7, "agency": 11}[what]
    for steps in itertools.count(0, stride):
        folder = tmp_path / f"killed-{steps}"
        shutil.copytree(served.unit.folder.root, folder)
        unit = Unit(DataFolder(folder), served.unit.card, served.unit.custodians, served.unit.epoch)
        killed = _killed_after(unit, steps)
        with working(unit, _later) as workers:
            counts = _finished(unit, workers, number)
            assert traces(unit, workers.database, gone) == []
            assert _audited(unit, workers.database) == []
        assert whole in (None, counts)
        whole = counts
        shutil.rmtree(folder)
        if not killed:
            break
    assert steps > 12


def _finished(unit: Unit, workers: Workers, number: int) -> tuple[tuple[str, int], ...]:
    workers.linking.recover()
    workers.register.recover()
    workers.settle()
    assert _not_done(workers.database) == []
    return tuple((one.kind, one.count) for one in _certificate(unit, workers.database, number).counts)


def test_a_table_that_names_records_is_erased_whoever_added_it() -> None:
    named = {
        table.name for table in schema.metadata.sorted_tables if {"agency", "handle"} <= set(table.c.keys())
    }
    assert {"memberships", "carried", "person_event_records", "shields", "withdrawals"} <= named
    elsewhere = {
        f"{table.name}.{column.name}"
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if "handle" in column.name and table.name not in named
    }
    elsewhere.discard("console_accounts.handle")  # that of an account's passkeys
    ends = ("left_handle", "right_handle")
    assert elsewhere == {f"{table}.{end}" for table in ("known_links", "review_pairs") for end in ends}
