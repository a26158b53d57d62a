"""Every call may be made again: the same answer, the same state, one submission."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from api.store.database import Database
from linkage.wire.canonical import canonical
from linkage.wire.submission import Chunk
from tests.support.holdings import holdings
from tests.support.served import Served, served_unit
from tests.support.signing_client import problem
from tests.support.unit import make_sent

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def test_registering_again_answers_200_and_changes_nothing(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    first = client.register(sent)
    before = holdings(served.unit.folder)
    again = client.register(sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert holdings(served.unit.folder) == before


def test_registering_again_tells_what_is_still_missing(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    missing = client.register(sent).json()["missing"]
    client.put(sent, sent.chunks()["encodings"][0])
    assert client.register(sent).json()["missing"] == missing[1:]


def test_registering_again_in_other_chunks_is_refused(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    before = holdings(served.unit.folder)
    plain = sent.registration()
    first = plain.payload[0]
    halves = (
        Chunk(sha256="1" * 64, size=first.size - 1),
        Chunk(sha256="2" * 64, size=1),
        *plain.payload[1:],
    )
    changed = plain.__class__(
        manifest=plain.manifest, signature=plain.signature, encodings=plain.encodings, payload=halves
    )
    answer = client.call("POST", "/v1/submissions", canonical(changed))
    assert (answer.status_code, problem(answer)) == (409, "registration-differs")
    assert holdings(served.unit.folder) == before


def test_a_chunk_may_be_put_again_before_and_after_the_commit(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    piece = sent.chunks()["payload"][0]
    client.put_all(sent)
    before = holdings(served.unit.folder)
    assert client.put(sent, piece).status_code == 204
    assert holdings(served.unit.folder) == before
    client.commit(sent)
    before = holdings(served.unit.folder)
    assert client.put(sent, piece).status_code == 204
    assert holdings(served.unit.folder) == before


def test_committing_again_gives_the_same_receipt_at_every_later_state(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    receipt = client.submit(sent).content
    before = holdings(served.unit.folder)
    assert client.commit(sent).content == receipt
    assert holdings(served.unit.folder) == before
    served.workers.settle()
    assert client.commit(sent).content == receipt
    client.submit(make_sent(served.unit, served.council, sequence=2))
    served.workers.settle()
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["state"] == "superseded"
    assert client.commit(sent).content == receipt
    assert client.register(sent).status_code == 200


def test_a_whole_submission_may_be_sent_again(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    receipt = client.submit(sent).content
    served.workers.settle()
    before = holdings(served.unit.folder)
    assert client.register(sent).status_code == 200
    client.put_all(sent)
    assert client.commit(sent).content == receipt
    assert holdings(served.unit.folder) == before


def test_commits_at_the_same_time_give_one_receipt_and_one_pair_of_jobs(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    client.put_all(sent)
    clients = [served.client(served.council) for _ in range(4)]
    answers = []

    def one(number: int) -> None:
        answers.append(clients[number].commit(sent))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    jobs = holdings(served.unit.folder)["jobs"]
    assert isinstance(jobs, list)
    assert len(jobs) == 2
    served.workers.settle()
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["state"] == "accepted"


@pytest.mark.parametrize("reading", range(1, 6))
def test_a_commit_that_comes_between_two_readings_of_another_gives_both_the_receipt(
    served: Served, monkeypatch: pytest.MonkeyPatch, reading: int
) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    client.put_all(sent)
    other, read, receipts, readers = served.client(served.council), Database.read, [], []

    def reading_late(database: Database) -> AbstractContextManager[Connection]:
        readers.append(threading.get_ident())
        if readers == readers[:1] * reading:
            receipts.append(other.commit(sent))
        return read(database)

    monkeypatch.setattr(Database, "read", reading_late)
    receipts.append(client.commit(sent))
    monkeypatch.setattr(Database, "read", read)  # or the other one, by the same thread, would go on counting
    if not receipts[1:]:  # it reads fewer times than that: the other one comes after it
        receipts.append(other.commit(sent))
    assert [answer.status_code for answer in receipts] == [200, 200]
    assert receipts[0].content == receipts[1].content
