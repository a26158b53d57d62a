"""A body is whole and durable before any row or answer says that it is there."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from api.agency_app.service import open_service
from api.store import jobs, submissions
from api.store.bodies import BodyFolder
from linkage.errors import VerificationError
from linkage.wire.ledger import LedgerEntry
from linkage.wire.submission import SubmissionState
from tests.support.holdings import holdings
from tests.support.served import Served, served_unit
from tests.support.unit import make_sent

BODY = b"sealed content " * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _fails(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "no space left on device")


@given(st.binary(max_size=300), st.integers(1, 50))
def test_a_body_comes_out_as_it_went_in(body: bytes, step: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        folder = BodyFolder(Path(place))
        pieces = [body[i : i + step] for i in range(0, len(body), step)]
        folder.put("a.sealed", pieces, sha256=hashlib.sha256(body).hexdigest(), size=len(body))
        assert b"".join(folder.pieces("a.sealed")) == body
        folder.verify("a.sealed", sha256=hashlib.sha256(body).hexdigest(), size=len(body))


def test_a_body_with_another_digest_or_size_leaves_nothing(tmp_path: Path) -> None:
    folder = BodyFolder(tmp_path)
    for sha256, size in (("0" * 64, len(BODY)), (SHA256, len(BODY) + 1)):
        with pytest.raises(VerificationError):
            folder.put("a.sealed", [BODY], sha256=sha256, size=size)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["write", "fsync", "fchmod"])
def test_a_fault_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(os, step, _fails)
    with pytest.raises(OSError, match="space"):
        BodyFolder(tmp_path).put("a.sealed", [BODY], sha256=SHA256, size=len(BODY))
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_bytes_are_synced_then_named_then_the_name_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        named = "a.sealed" in [one.name for one in tmp_path.iterdir()]
        folder = Path(f"/proc/self/fd/{descriptor}").resolve() == tmp_path
        steps.append(f"fsync {'folder' if folder else 'file'}, {'named' if named else 'not named'}")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        assert self.read_bytes() == BODY
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    BodyFolder(tmp_path).put("a.sealed", [BODY], sha256=SHA256, size=len(BODY))
    assert steps == ["fsync file, not named", "rename", "fsync folder, named"]


def test_half_written_files_of_a_killed_process_go_once_they_are_old(tmp_path: Path) -> None:
    folder = BodyFolder(tmp_path)
    old, young = tmp_path / ".a.sealed.0.part", tmp_path / ".b.sealed.0.part"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (1, 1))
    folder.sweep_unfinished()
    assert [one.name for one in tmp_path.iterdir()] == [young.name]


def test_what_is_erased_goes_half_written_too(tmp_path: Path) -> None:
    folder, gone, other = BodyFolder(tmp_path), "a" * 64, "b" * 64
    for name in (f".{gone}-1.sealed.0.part", f"{gone}-1.chunk", f".{other}-1.sealed.0.part"):
        (tmp_path / name).write_bytes(b"half")
    folder.remove_of([gone])
    assert [one.name for one in tmp_path.iterdir()] == [f".{other}-1.sealed.0.part"]


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "fsync": lambda patch: patch.setattr(os, "fsync", _fails),
    "write": lambda patch: patch.setattr(os, "write", _fails),
    "rename": lambda patch: patch.setattr(Path, "replace", _fails),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_chunk_is_acknowledged_that_a_fault_kept_off_the_disk(
    served: Served, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    before = holdings(served.unit.folder)
    piece = sent.chunks()["payload"][0]
    FAULTS[fault](monkeypatch)
    assert client.put(sent, piece).status_code == 500
    monkeypatch.undo()
    assert holdings(served.unit.folder) == before
    assert client.put(sent, piece).status_code == 204


@pytest.mark.parametrize("fault", FAULTS)
def test_no_receipt_is_given_for_what_a_fault_kept_off_the_disk(
    served: Served, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    client.put_all(sent)
    before = holdings(served.unit.folder)
    FAULTS[fault](monkeypatch)
    assert client.commit(sent).status_code == 500
    monkeypatch.undo()
    assert holdings(served.unit.folder) == before
    assert client.commit(sent).status_code == 200


def test_when_the_commits_row_is_written_both_bodies_lie_there(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, sent = served.unit.folder, make_sent(served.unit, served.council)
    seen: list[str] = []
    set_state = submissions.set_state

    def noted(connection: Connection, submission: str, state: SubmissionState, **values: Any) -> LedgerEntry:
        if state == "committed":
            for part in sent.manifest.parts:
                body = folder.intake(part.name) / f"{sent.id}-{part.sealed_sha256}.sealed"
                seen.append(hashlib.sha256(body.read_bytes()).hexdigest())
        return set_state(connection, submission, state, **values)

    monkeypatch.setattr(submissions, "set_state", noted)
    served.client(served.council).submit(sent)
    assert seen == [part.sealed_sha256 for part in sent.manifest.parts]


def test_a_commit_whose_row_a_fault_kept_out_gives_no_receipt_and_can_be_made_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    client.put_all(sent)
    monkeypatch.setattr(jobs, "queue", _fails)
    assert client.commit(sent).status_code == 500
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["state"] == "open"
    monkeypatch.undo()
    assert client.commit(sent).status_code == 200
    served.workers.settle()
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["state"] == "accepted"


def test_a_start_removes_chunks_that_a_kill_left_behind_and_no_others(served: Served) -> None:
    folder, sent = served.unit.folder, make_sent(served.unit, served.council)
    client = served.client(served.council)
    client.register(sent)
    client.put_all(sent)
    left_behind = folder.intake_payload / f"{'9' * 64}-{'8' * 64}.chunk"
    left_behind.write_bytes(b"a chunk of a submission that was committed")
    open_service(folder.root).close()
    assert not left_behind.exists()
    assert client.commit(sent).status_code == 200
