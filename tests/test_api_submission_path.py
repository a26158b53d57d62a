"""A submission goes all the way: receipt, acceptance, linkage, each agency's own results."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.store import agencies, persons, submissions
from linkage.wire.canonical import parse
from linkage.wire.results import Results
from linkage.wire.submission import AgencyStatus, SubmissionStatus, read_receipt
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_sent, shuffled

LIMIT = 1 << 20


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def test_chunks_in_any_order_end_in_a_receipt_that_the_units_card_verifies(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    registered = client.register(sent)
    assert registered.status_code == 201
    status = parse(registered.content, SubmissionStatus, limit=LIMIT)
    pieces = [piece for part in sent.chunks().values() for piece in part]
    assert (status.state, len(status.missing)) == ("open", len(pieces))
    for piece in shuffled(pieces, 3):
        assert client.put(sent, piece).status_code == 204
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["missing"] == []
    answer = client.commit(sent)
    assert answer.status_code == 200
    receipt = read_receipt(answer.content, signing_key=served.unit.card.signing_key)
    assert (receipt.agency, receipt.submission, receipt.sequence) == ("E09", sent.id, 1)
    assert receipt.encodings_sha256 == sent.manifest.part("encodings").sealed_sha256
    assert receipt.payload_sha256 == sent.manifest.part("payload").sealed_sha256


def test_status_follows_a_submission_from_open_to_linked(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)

    def state() -> tuple[str, bool]:
        status = parse(
            client.call("GET", f"/v1/submissions/{sent.id}").content, SubmissionStatus, limit=LIMIT
        )
        return status.state, status.linked

    client.register(sent)
    assert state() == ("open", False)
    client.put_all(sent)
    client.commit(sent)
    assert state() == ("committed", False)
    served.workers.run("linking")
    assert state() == ("committed", False)
    served.workers.run("register")
    assert state() == ("accepted", False)
    served.workers.run("linking")
    assert state() == ("accepted", True)


def test_one_child_at_two_agencies_becomes_one_person_and_its_episode_matches(served: Served) -> None:
    council, police = served.client(served.council), served.client(served.police)
    council.submit(make_sent(served.unit, served.council, children=(1, 2, 3)))
    police.submit(make_sent(served.unit, served.police, children=(3, 4)))
    served.workers.settle()
    assert council.call("GET", "/v1/results").status_code == 404
    assert served.workers.cycle() == 1
    with served.workers.database.read() as connection:
        person_of = {(one.agency, one.handle): one.person for one in persons.members(connection)}
    assert person_of["E09", handle("E09", 3)] == person_of["P01", handle("P01", 3)]
    assert len(set(person_of.values())) == 4
    found = parse(council.call("GET", "/v1/results").content, Results, limit=LIMIT)
    classes = {one.episode: one.reconciliation_class for one in found.findings}
    assert (found.agency, found.cycle) == ("E09", 1)
    assert classes[handle("E09", 3, "2024-06-03")] == "MATCHED"
    assert classes[handle("E09", 1, "2024-06-03")] == "COUNCIL_ONLY_M"
    assert set(classes) == {handle("E09", child, "2024-06-03") for child in (1, 2, 3)}


def test_results_stand_still_between_cycles(served: Served) -> None:
    council = served.client(served.council)
    council.submit(make_sent(served.unit, served.council))
    served.workers.settle()
    served.workers.cycle()
    before = council.call("GET", "/v1/results").content
    council.submit(make_sent(served.unit, served.council, sequence=2, children=(1,)))
    served.workers.settle()
    assert council.call("GET", "/v1/results").content == before
    assert served.workers.cycle() == 2
    after = parse(council.call("GET", "/v1/results").content, Results, limit=LIMIT)
    assert (after.cycle, len(after.findings)) == (2, 1)


def test_a_cycle_waits_for_everything_committed_before_it(served: Served) -> None:
    council = served.client(served.council)
    council.submit(make_sent(served.unit, served.council))
    assert served.workers.cycle() == 1  # neither part had been checked when the cycle was closed
    found = parse(council.call("GET", "/v1/results").content, Results, limit=LIMIT)
    assert len(found.findings) == 3


def test_agency_status_tells_epoch_sequence_and_cycle(served: Served) -> None:
    council = served.client(served.council)
    council.submit(make_sent(served.unit, served.council, sequence=4))
    served.workers.settle()
    served.workers.cycle()
    status = parse(council.call("GET", "/v1/status").content, AgencyStatus, limit=LIMIT)
    assert (status.agency, status.epoch, status.sequence, status.cycle) == ("E09", "e1", 4, 1)
    assert [one.state for one in status.submissions] == ["accepted"]
    other = parse(
        served.client(served.other_council).call("GET", "/v1/status").content, AgencyStatus, limit=LIMIT
    )
    assert (other.sequence, other.submissions) == (0, ())


def test_chunks_and_intake_are_empty_once_both_parts_are_taken_in(served: Served) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council))
    served.workers.settle()
    folder = served.unit.folder
    assert list(folder.intake_encodings.iterdir()) == []
    assert list(folder.intake_payload.iterdir()) == []
    assert len(list(folder.encodings.glob("*.sealed"))) == 1
    with served.workers.database.read() as connection:
        assert agencies.agency_by_code(connection, "E09").sequence == 1  # type: ignore[union-attr]
        assert submissions.waiting_bodies(connection, "payload") == frozenset()
