"""A registration that is discarded takes no chunk with it that was acknowledged for the next one."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.store import submissions
from api.store.bodies import BodyFolder
from linkage.wire.manifest import PART_NAMES
from tests.support.acknowledged import Stores
from tests.support.quick_client import Answer, QuickClient
from tests.support.senders import Cut, cut
from tests.support.served import Served, served_unit
from tests.support.unit import Sent, make_sent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _wrong(served: Served) -> Cut:
    """A bundle whose chunks do not make up the part that its manifest states."""
    sent = make_sent(served.unit, served.council)
    last = sent.parts["payload"][-1] ^ 1
    parts = {**sent.parts, "payload": sent.parts["payload"][:-1] + bytes([last])}
    wrong: Sent = replace(sent, parts=parts)
    return cut(wrong, 2048)


def _put_all(client: QuickClient, bundle: Cut) -> list[Answer]:
    here = f"/v1/submissions/{bundle.sent.id}/chunks"
    return [client.call("PUT", f"{here}/{digest}", piece) for _, digest, piece in bundle.pieces]


def _lacking(served: Served, bundle: Cut) -> list[str]:
    """Return the chunks that the unit says it has and has not."""
    stores = Stores(served.unit.folder, served.unit.card.signing_key)
    rows = stores.rows("SELECT part, sha256 FROM chunks WHERE present")
    stores.close()
    folder, name = served.unit.folder, bundle.sent.id
    return [r.sha256 for r in rows if not (folder.intake(r.part) / f"{name}-{r.sha256}.chunk").exists()]


def test_a_chunk_acknowledged_while_the_registration_before_is_discarded_stays(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, remove = _wrong(served), BodyFolder.remove
    others: list[threading.Thread] = []

    def register_afresh() -> None:
        with QuickClient(served.url, served.council.key) as other:
            if other.call("POST", "/v1/submissions", bundle.registration()).status < 300:
                _put_all(other, bundle)

    def slow_remove(self: BodyFolder, names: Iterable[str]) -> None:
        listed = list(names)
        if not others:
            others.append(threading.Thread(target=register_afresh))
            others[0].start()
            others[0].join(1)
        remove(self, listed)

    with QuickClient(served.url, served.council.key) as client:
        assert client.call("POST", "/v1/submissions", bundle.registration()).status == 201
        assert {one.status for one in _put_all(client, bundle)} == {204}
        monkeypatch.setattr(BodyFolder, "remove", slow_remove)
        assert client.call("POST", f"/v1/submissions/{bundle.sent.id}/commit").status == 422
        others[0].join()
        monkeypatch.undo()
        assert _lacking(served, bundle) == []


def test_a_commit_that_comes_late_takes_nothing_of_a_later_registration_with_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read chunks of a registration that was discarded while the same bundle was committed after all."""
    wrong, put = _wrong(served), BodyFolder.put
    last = bytes([wrong.sent.parts["payload"][-1] ^ 1])
    parts = {**wrong.sent.parts, "payload": wrong.sent.parts["payload"][:-1] + last}
    right = cut(replace(wrong.sent, parts=parts), 2048)
    here, seen = f"/v1/submissions/{wrong.sent.id}", list[int]()

    def meanwhile() -> None:
        with QuickClient(served.url, served.council.key) as other:
            seen.append(other.call("POST", f"{here}/commit").status)
            seen.append(other.call("POST", "/v1/submissions", right.registration()).status)
            assert {one.status for one in _put_all(other, right)} == {204}
            seen.append(other.call("POST", f"{here}/commit").status)

    def slow_put(self: BodyFolder, name: str, pieces: Iterable[bytes], *, sha256: str, size: int) -> None:
        read = list(pieces)
        if self.folder.name == "payload" and name.endswith(".sealed") and not seen:
            seen.append(0)
            meanwhile()
        put(self, name, read, sha256=sha256, size=size)

    with QuickClient(served.url, served.council.key) as client:
        assert client.call("POST", "/v1/submissions", wrong.registration()).status == 201
        _put_all(client, wrong)
        monkeypatch.setattr(BodyFolder, "put", slow_put)
        late = client.call("POST", f"{here}/commit")
        monkeypatch.undo()
        assert seen == [0, 422, 201, 200]
        assert late.status == 503
        assert client.call("POST", f"{here}/commit").status == 200
    served.workers.settle()
    with served.workers.database.read() as connection:
        assert submissions.get(connection, wrong.sent.id).state == "accepted"


@pytest.mark.parametrize("late", [".chunk", ".sealed"])
def test_a_chunk_or_a_commit_that_comes_late_leaves_nothing_in_the_intake(
    served: Served, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """Another one was first, and workers have taken the bodies since: nobody would look for them there."""
    bundle, put = cut(make_sent(served.unit, served.council), 2048), BodyFolder.put
    here, seen = f"/v1/submissions/{bundle.sent.id}", list[int]()

    def slow_put(self: BodyFolder, name: str, pieces: Iterable[bytes], *, sha256: str, size: int) -> None:
        read = list(pieces)
        if self.folder == served.unit.folder.intake("payload") and name.endswith(late) and not seen:
            seen.append(0)
            with QuickClient(served.url, served.council.key) as other:
                _put_all(other, bundle)
                seen.append(other.call("POST", f"{here}/commit").status)
            served.workers.settle()
        put(self, name, read, sha256=sha256, size=size)

    monkeypatch.setattr(BodyFolder, "put", slow_put)
    with QuickClient(served.url, served.council.key) as client:
        assert client.call("POST", "/v1/submissions", bundle.registration()).status == 201
        assert {one.status for one in _put_all(client, bundle)} == {204}
        assert client.call("POST", f"{here}/commit").status == 200
    left = [one.name for name in PART_NAMES for one in served.unit.folder.intake(name).iterdir()]
    assert (seen, left) == ([0, 200], [])


def test_what_a_killed_process_left_half_written_goes_with_the_commit(served: Served) -> None:
    bundle = cut(make_sent(served.unit, served.council), 2048)
    halves = [served.unit.folder.intake(name) / f".{bundle.sent.id}-0.sealed.0.part" for name in PART_NAMES]
    with QuickClient(served.url, served.council.key) as client:
        assert client.call("POST", "/v1/submissions", bundle.registration()).status == 201
        _put_all(client, bundle)
        for half in halves:
            half.write_bytes(b"half")
        assert client.call("POST", f"/v1/submissions/{bundle.sent.id}/commit").status == 200
    assert not any(half.exists() for half in halves)


def test_chunks_that_the_disk_lost_are_asked_for_again(served: Served) -> None:
    """As a kill in the middle of discarding leaves it."""
    bundle = cut(make_sent(served.unit, served.council), 2048)
    here = f"/v1/submissions/{bundle.sent.id}"
    with QuickClient(served.url, served.council.key) as client:
        assert client.call("POST", "/v1/submissions", bundle.registration()).status == 201
        _put_all(client, bundle)
        part, digest, piece = bundle.pieces[-1]
        (served.unit.folder.intake(part) / f"{bundle.sent.id}-{digest}.chunk").unlink()
        answer = client.call("POST", f"{here}/commit")
        assert (answer.status, b"chunks-missing" in answer.content) == (409, True)
        assert digest.encode() in client.call("GET", here).content
        assert client.call("PUT", f"{here}/chunks/{digest}", piece).status == 204
        assert client.call("POST", f"{here}/commit").status == 200
