"""Clients that submit bundle after bundle for as long as they are let, and note every acknowledgement."""

import hashlib
import threading
import time
from dataclasses import dataclass, field

from linkage.wire.canonical import canonical
from linkage.wire.manifest import read_signature
from linkage.wire.submission import Chunk, Registration
from tests.support.acknowledged import Journal
from tests.support.quick_client import Answer, DroppedError, QuickClient
from tests.support.unit import Desk, Sent, Unit, make_sent

PIECE_BYTES = 64
"""Small, so that many acknowledgements come of little work: what is shown is their order, not their size."""


@dataclass(frozen=True)
class Cut:
    """A bundle cut into small chunks."""

    sent: Sent
    pieces: list[tuple[str, str, bytes]]

    def registration(self) -> bytes:
        lists: dict[str, list[Chunk]] = {"encodings": [], "payload": []}
        for part, digest, piece in self.pieces:
            lists[part].append(Chunk(sha256=digest, size=len(piece)))
        return canonical(
            Registration(
                manifest=self.sent.manifest_bytes.decode(),
                signature=read_signature(self.sent.signature),
                encodings=tuple(lists["encodings"]),
                payload=tuple(lists["payload"]),
            )
        )


def cut(sent: Sent, size: int = PIECE_BYTES) -> Cut:
    pieces = [
        (part, hashlib.sha256(data[i : i + size]).hexdigest(), data[i : i + size])
        for part, data in sent.parts.items()
        for i in range(0, len(data), size)
    ]
    return Cut(sent, pieces)


def children_of(desk: Desk) -> tuple[int, ...]:
    """Three children, of whom each neighbour by number has one: persons must come out so."""
    number = int(desk.code[1:])
    return (number, number + 1, number + 100)


def day_of(sequence: int) -> str:
    return f"2024-06-{sequence % 28 + 1:02d}"


@dataclass
class Sender(threading.Thread):
    """One agency's client.  It works between :meth:`resume` and the end of a connection or :meth:`pause`."""

    unit: Unit
    desk: Desk
    journal: Journal
    piece_bytes: int = PIECE_BYTES
    faults: list[str] = field(default_factory=list)
    unavailable: int = 0

    def __post_init__(self) -> None:
        super().__init__(name=self.desk.code, daemon=True)
        self._client = QuickClient("", self.desk.key, timeout=20)
        self._go, self._idle, self._ending = threading.Event(), threading.Event(), False
        self._sequence = self.journal.last_sequence(self.desk.code)
        self._cut: Cut | None = None
        self._acknowledged: set[str] = set()
        self._registered = False
        self._last: tuple[str, str] | None = None

    __hash__ = threading.Thread.__hash__

    def resume(self, url: str) -> None:
        self._client.close()
        self._client.url = url
        self._idle.clear()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def wait_idle(self) -> None:
        assert self._idle.wait(60), f"{self.desk.code} hangs"

    def end(self) -> None:
        self._ending = True
        self._go.set()
        self.join(60)
        self._client.close()

    def run(self) -> None:
        while True:
            self._idle.set()
            self._go.wait()
            if self._ending:
                return
            self._idle.clear()
            try:
                self._compare()
                while self._go.is_set() and not self._ending:
                    self._submit_one()
            except DroppedError:
                self._go.clear()
            except AssertionError as fault:
                self.faults.append(f"{self.desk.code}: {fault}")
                self._go.clear()

    def _call(self, method: str, path: str, body: bytes = b"") -> Answer:
        answer = self._answer(method, path, body)
        assert answer.status < 300, f"{method} was answered {answer.status}: {answer.content[:300]!r}"
        return answer

    def _answer(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Ask until the answer is another than to come again later."""
        while True:
            answer = self._client.call(method, path, body)
            if answer.status not in {429, 503}:
                return answer
            self.unavailable += 1
            time.sleep(0.05)

    def _compare(self) -> None:
        """After a restart the unit must say what it said before."""
        if self._last is not None:
            answer = self._call("POST", f"/v1/submissions/{self._last[0]}/commit")
            assert answer.content.decode() == self._last[1], "lost: another receipt than before"
        if self._cut is not None and self._registered:
            status = self._answer("GET", f"/v1/submissions/{self._cut.sent.id}")
            assert status.status == 200, f"lost: the submission, {status.status}"
            for digest in self._acknowledged:
                assert digest.encode() not in status.content, "lost: a chunk is asked for again"

    def _submit_one(self) -> None:
        if self._cut is None:
            self._sequence += 1
            sent = make_sent(
                self.unit,
                self.desk,
                sequence=self._sequence,
                children=children_of(self.desk),
                day=day_of(self._sequence),
            )
            self._cut, self._registered, self._acknowledged = cut(sent, self.piece_bytes), False, set()
            self._note("begin")
        here = f"/v1/submissions/{self._cut.sent.id}"
        if not self._registered:
            self._call("POST", "/v1/submissions", self._cut.registration())
            self._registered = True
            self._note("register")
        for part, digest, piece in self._cut.pieces:
            if not self._go.is_set():
                return
            if digest not in self._acknowledged:
                self._call("PUT", f"{here}/chunks/{digest}", piece)
                self._acknowledged.add(digest)
                self._note("put", digest=digest, part=part)
        receipt = self._call("POST", f"{here}/commit").content.decode()
        self._note("commit", receipt=receipt)
        self._last, self._cut = (self._cut.sent.id, receipt), None

    def _note(self, kind: str, **more: str) -> None:
        assert self._cut is not None
        self.journal.note(kind, self.desk.code, self._cut.sent.id, self._sequence, **more)
