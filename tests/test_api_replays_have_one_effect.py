"""Every call that changes something, made ten times at once: one effect, and the same answer to all."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.holdings import holdings
from tests.support.quick_client import Answer, DroppedError, QuickClient
from tests.support.senders import Cut, cut
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, make_sent

TIMES = 10


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _at_once(served: Served, desk: Desk, requests: list[bytes]) -> list[Answer]:
    """Send every request over a connection of its own, all released at one moment."""
    barrier = threading.Barrier(len(requests))
    answers: list[Answer | DroppedError] = []

    def send(request: bytes) -> None:
        with QuickClient(served.url, desk.key) as client:
            barrier.wait()
            try:
                answers.append(client.send(request))
            except DroppedError as dropped:
                answers.append(dropped)

    threads = [threading.Thread(target=send, args=(one,)) for one in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in answers if isinstance(one, DroppedError)] == []
    return [one for one in answers if isinstance(one, Answer)]


def _calls(bundle: Cut) -> dict[str, tuple[str, str, bytes]]:
    here = f"/v1/submissions/{bundle.sent.id}"
    chunks = {
        f"chunk {number}": ("PUT", f"{here}/chunks/{digest}", piece)
        for number, (_, digest, piece) in enumerate(bundle.pieces)
    }
    return {
        "registration": ("POST", "/v1/submissions", bundle.registration()),
        **chunks,
        "commit": ("POST", f"{here}/commit", b""),
    }


def _counts(served: Served) -> dict[str, int]:
    held = {name: len(rows) for name, rows in holdings(served.unit.folder).items() if isinstance(rows, list)}
    held.pop("ledger_nodes")  # how many come with an entry depends on how many there were
    return held


@pytest.mark.parametrize("copied", [False, True], ids=["signed anew each time", "one request copied"])
def test_ten_at_once_have_the_effect_of_one(served: Served, tmp_path: Path, copied: bool) -> None:
    """A retry is signed anew and answered as the first; a copy of a request is refused, all but one."""
    bundle = cut(make_sent(served.unit, served.council), 2048)
    alone = cut(make_sent(served.unit, served.other_council), 2048)
    signer = QuickClient(served.url, served.council.key)
    with QuickClient(served.url, served.other_council.key) as single:
        for (name, call), other in zip(_calls(bundle).items(), _calls(alone).values(), strict=True):
            before = _counts(served)
            assert single.call(*other).status < 300
            middle = _counts(served)
            first = signer.signed(*call)
            requests = [first if copied else signer.signed(*call) for _ in range(TIMES)]
            answers = _at_once(served, served.council, requests)
            after = _counts(served)
            added = {what: after[what] - middle[what] for what in after}
            assert added == {what: middle[what] - before[what] for what in before}, name
            good = [one for one in answers if one.status < 300]
            assert {one.content for one in good} == {good[0].content}
            if copied:
                assert sorted(one.status for one in answers) == sorted([good[0].status, *[401] * (TIMES - 1)])
            else:
                assert len(good) == TIMES
                assert sorted(one.status for one in good)[:-1] in ([200] * 9, [204] * 9)
    served.workers.settle()
    with QuickClient(served.url, served.council.key) as client:
        assert b'"accepted"' in client.call("GET", f"/v1/submissions/{bundle.sent.id}").content


def test_ten_different_bundles_of_one_sequence_at_once_leave_one(served: Served) -> None:
    children = [(number, number + 1) for number in range(TIMES)]
    bundles = [cut(make_sent(served.unit, served.council, children=each), 4096) for each in children]
    signer = QuickClient(served.url, served.council.key)
    requests = [signer.signed("POST", "/v1/submissions", one.registration()) for one in bundles]
    answers = _at_once(served, served.council, requests)
    assert sorted(one.status for one in answers) == [201] + [409] * (TIMES - 1)
    assert _counts(served)["submissions"] == 1
