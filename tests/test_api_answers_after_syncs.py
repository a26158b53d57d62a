"""No 2xx leaves the socket before body, name and row are on the disk: read from the system calls themselves.

Order, for each body that a request is about: written, fsynced, renamed, its folder fsynced, the database's
log written and fsynced, answered.  In full (``make soak``): 1,000 requests.
"""

import hashlib
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.call_trace import Call, Exchange, exchanges, read_trace, traced
from tests.support.killing import STRACE, service
from tests.support.quick_client import QuickClient
from tests.support.senders import Cut, cut
from tests.support.unit import Desk, Unit, make_sent, make_unit

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed: system calls cannot be read")

SYNCS = {"fsync", "fdatasync"}
LOG = "register.db-wal"


def _submit(url: str, desk: Desk, bundle: Cut) -> None:
    here = f"/v1/submissions/{bundle.sent.id}"
    with QuickClient(url, desk.key) as client:
        assert client.call("POST", "/v1/submissions", bundle.registration()).status == 201
        for _, digest, piece in bundle.pieces:
            assert client.call("PUT", f"{here}/chunks/{digest}", piece).status == 204
        assert client.call("POST", f"{here}/commit").status == 200


def _trace(tmp_path: Path, requests: int, clients: int) -> tuple[list[Call], list[Exchange]]:
    """Trace a service while so many clients at once submit a bundle each, in so many requests together."""
    unit = make_unit(tmp_path / "data")
    desks = [unit.enrol(Desk(f"E{number:02d}", "council")) for number in range(1, clients + 1)]
    each = requests // clients - 3
    bundles = [_bundle(unit, desk, each) for desk in desks]
    served = service(unit.folder.root, tmp_path)
    url = served.serve({"PYTHONFAULTHANDLER": "1"})
    assert url is not None
    assert served.process is not None
    try:
        with traced(served.process.pid, tmp_path / "trace"):
            _submit_all(url, desks, bundles)
    except BaseException:
        # What its threads were at, if they answer nothing: faulthandler says so in the service's log.
        served.process.send_signal(signal.SIGABRT)
        served.process.wait(30)
        print(served.log.read_text())
        raise
    finally:
        served.kill()
    calls = read_trace(tmp_path / "trace")
    return calls, exchanges(calls)


def _submit_all(url: str, desks: list[Desk], bundles: list[Cut]) -> None:
    with ThreadPoolExecutor(len(desks)) as pool:
        for one in [
            pool.submit(_submit, url, desk, bundle) for desk, bundle in zip(desks, bundles, strict=True)
        ]:
            one.result()


def _bundle(unit: Unit, desk: Desk, chunks: int) -> Cut:
    # Large enough that no piece is so small that it comes twice.
    sent = make_sent(unit, desk, children=range(1, 4 + chunks // 16))
    return cut(sent, -(-sum(map(len, sent.parts.values())) // chunks))


class _Order:
    """The calls of a trace by what they were for."""

    def __init__(self, calls: list[Call]) -> None:
        good = [one for one in calls if one.ended >= 0 and one.result >= 0]
        self.syncs = [one for one in good if one.name in SYNCS]
        self.renames = [one for one in good if one.name.startswith("rename")]
        self.log_writes = [one for one in good if one.name == "pwrite64" and one.path.endswith(LOG)]
        self.log_syncs = [one for one in self.syncs if one.path.endswith(LOG)]

    def faults(self, one: Exchange) -> Iterator[str]:
        """Say what an answer did not wait for."""
        parts = one.path.strip("/").split("/")
        durable = one.received
        if one.method == "PUT":
            durable = yield from self._body(one, f"{parts[2]}-{parts[4]}.chunk")
        elif parts[-1] == "commit":
            for ended in sorted(self._named(f"{parts[2]}-", ".sealed")):
                durable = max(durable, (yield from self._body(one, ended)))
        writes = [call.ended for call in self.log_writes if durable < call.began < one.answered]
        if not writes:
            yield f"{one.method} {one.status}: answered without a row"
        elif not any(writes[0] < call.began and call.ended < one.answered for call in self.log_syncs):
            yield f"{one.method} {one.status}: answered before the commit was synced"

    def _named(self, start: str, end: str) -> set[str]:
        """The names, of a form, that files got."""
        named = (call.arguments.rpartition('"')[0].rpartition("/")[2] for call in self.renames)
        return {name for name in named if name.startswith(start) and name.endswith(end)}

    def _body(self, one: Exchange, name: str) -> Iterator[str]:
        """Check one file's way; returns when its name was durable."""
        rename = next((call for call in self.renames if f'/{name}"' in call.arguments), None)
        if rename is None or rename.ended > one.answered:
            yield f"{one.method}: answered before the body had its name"
            return one.received
        whole = [call for call in self.syncs if f"/.{name}." in call.path and call.ended < rename.began]
        if not whole:
            yield f"{one.method}: the body was named before it was synced"
        folder = rename.arguments.rpartition('"')[0].rpartition('"')[2].rpartition("/")[0]
        # Many clients share the folder: of its syncs begun since, whichever ends first will do.
        synced = [call.ended for call in self.syncs if call.path == folder and call.began > rename.ended]
        if min(synced, default=one.answered) >= one.answered:
            yield f"{one.method}: answered before the name was synced"
            return one.received
        return min(synced)

    def unsynced(self, one: Exchange) -> bool:
        """Say whether anything written to the log was not synced yet when an answer left."""
        last = max((call.ended for call in self.log_writes if call.began < one.answered), default=-1)
        return not any(last < call.began and call.ended < one.answered for call in self.log_syncs)


def _check(calls: list[Call], answered: list[Exchange], requests: int) -> _Order:
    counts = Counter(one.status for one in answered)
    assert set(counts) == {200, 201, 204}
    assert len(answered) >= requests
    order = _Order(calls)
    assert [fault for one in answered for fault in order.faults(one)] == []
    return order


def test_one_request_after_the_other_leaves_nothing_unsynced_when_it_is_answered(
    tmp_path: Path, soak: bool
) -> None:
    requests = 500 if soak else 60
    calls, answered = _trace(tmp_path, requests, clients=1)
    order = _check(calls, answered, requests * 9 // 10)
    assert [one for one in answered if order.unsynced(one)] == []


def test_with_eight_clients_at_once_every_answer_waits_for_its_own_body_and_a_commit_after_it(
    tmp_path: Path, soak: bool
) -> None:
    requests = 560 if soak else 88
    calls, answered = _trace(tmp_path, requests, clients=8)
    _check(calls, answered, requests * 9 // 10)


def test_the_reader_of_traces_sees_an_answer_that_came_too_early(tmp_path: Path) -> None:
    name, body = "a" * 64, hashlib.sha256(b"x").hexdigest()
    chunk = f"{name}-{body}.chunk"
    lines = [
        f'1 recvfrom(9<socket:[7]>, "PUT /v1/submissions/{name}/chunks/{body} HTTP/1.1", 8192, 0) = 99',
        f"2 fsync(5</d/.{chunk}.1.part>) = 0",
        f'2 rename("/d/.{chunk}.1.part", "/d/{chunk}") = 0',
        "2 fsync(5</d> <unfinished ...>",
        '3 sendto(8<socket:[6]>, "HTTP/1.1 no", 9, 0, NULL, 0) = 9',
        "2 <... fsync resumed>) = 0",
        '2 pwrite64(4</register.db-wal>, "", 24, 0) = 24',
        "2 fdatasync(4</register.db-wal>) = 0",
        '2 sendto(9<socket:[7]>, "HTTP/1.1 204 NO CONTENT", 195, 0, NULL, 0) = 195',
    ]

    def faults(order: list[int]) -> list[str]:
        (tmp_path / "trace").write_text("\n".join(lines[one] for one in order) + "\n")
        calls = read_trace(tmp_path / "trace")
        (only,) = exchanges(calls)
        return list(_Order(calls).faults(only))

    assert faults([0, 1, 2, 3, 4, 5, 6, 7, 8]) == []
    assert faults([0, 1, 2, 3, 5, 6, 8, 7]) == ["PUT 204: answered before the commit was synced"]
    assert faults([0, 1, 2, 3, 5, 8, 6, 7]) == ["PUT 204: answered without a row"]
    assert faults([0, 1, 2, 6, 7, 3, 5, 8]) == ["PUT 204: answered without a row"]
    assert faults([0, 1, 2, 3, 6, 7, 8, 5])[0] == "PUT: answered before the name was synced"
    assert faults([0, 2, 1, 3, 5, 6, 7, 8]) == ["PUT: the body was named before it was synced"]
