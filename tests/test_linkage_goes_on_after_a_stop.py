"""A linkage that is stopped or killed goes on from what was compared and saved, and leaves nothing behind."""

import functools
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from api.comparison_journal import ComparisonJournal
from api.secret_files import read_worker_key
from api.store import persons
from api.worker import Task
from linkage.match import engine
from linkage.match.kernel_lists import empty_lists
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_sent

CHILDREN = range(60)
_MOST = 40
"""Runs of the worker until nothing is left to do, however often it is stopped."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serve a unit with two submissions that wait for their linkage, compared in strips of twenty rows."""
    monkeypatch.setattr(engine, "LocalEngine", functools.partial(engine.LocalEngine, strip_rows=20))
    with served_unit(tmp_path / "data") as served:
        for desk in (served.council, served.police):
            served.client(desk).submit(make_sent(served.unit, desk, children=CHILDREN))
        yield served


def _journal(served: Served) -> Path:
    return served.unit.folder.encodings / "comparison.journal"


def _together(served: Served) -> set[frozenset[tuple[str, str]]]:
    found = defaultdict(set)
    with served.workers.database.read() as connection:
        for one in persons.members(connection):
            found[one.person].add((one.agency, one.handle))
    return {frozenset(person) for person in found.values()}


class _Watched:
    """Sees how far each attempt at a linkage begins and ends, and stops it when so much more is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int | None) -> None:
        self.stop, self.began = threading.Event(), list[int]()
        self._last = -1
        progress = Task.comparisons

        def watched(task: Task, done: int, total: int) -> None:
            if self._last < 0:
                self.began.append(done)
            self._last = done
            if most is not None and done - self.began[-1] > most:
                self.stop.set()
                self._last = -1
            progress(task, done, total)

        monkeypatch.setattr(Task, "comparisons", watched)

    def run(self, served: Served) -> None:
        served.workers.linking.worker(served.workers.said.append).run(self.stop, once=True, idle_seconds=0.01)


def test_a_linkage_that_is_told_to_stop_goes_on_where_it_was(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = _Watched(monkeypatch, most=6000)
    for _ in range(_MOST):
        watched.stop.clear()
        watched.run(served)
        served.workers.run("register")
        if watched.stop.is_set():
            assert _journal(served).exists()
    assert len(watched.began) > 2
    assert watched.began == sorted(set(watched.began))
    assert any(line.endswith("given back, to be gone on with") for line in served.workers.said)
    assert not _journal(served).exists()
    assert _together(served) == {
        frozenset((desk.code, handle(desk.code, child)) for desk in (served.council, served.police))
        for child in CHILDREN
    }


def _key(served: Served) -> ComparisonJournal:
    key = read_worker_key(served.unit.folder.linking_key, "linking-worker")
    return ComparisonJournal(served.unit.folder.encodings, key)


def test_the_journal_is_sealed_and_bound_to_its_plan(served: Served) -> None:
    journal, lists = _key(served), empty_lists(3, 2)
    lists.keys[0, 1, 0], lists.counts[0, 1] = 0x0123456789ABCDEF, 1
    journal.save("ab" * 32, 7, lists)
    assert bytes.fromhex("efcdab8967452301") not in _journal(served).read_bytes()
    assert _journal(served).stat().st_mode & 0o777 == 0o600
    found = empty_lists(3, 2)
    assert _key(served).resume("ab" * 32, found) == 7
    assert found.keys[0, 1, 0] == lists.keys[0, 1, 0]
    assert np.array_equal(found.counts, lists.counts)
    assert _key(served).resume("cd" * 32, empty_lists(3, 2)) == 0
    assert not journal.due()
    assert ComparisonJournal(
        served.unit.folder.encodings,
        read_worker_key(served.unit.folder.linking_key, "linking-worker"),
        every=0.0,
    ).due()


@pytest.mark.parametrize("damage", ["cut", "turned", "of the register worker"])
def test_a_damaged_journal_begins_the_comparison_again(served: Served, damage: str) -> None:
    journal, lists = _key(served), empty_lists(300, 2)
    lists.counts[:] = 2
    lists.keys[:] = 5
    journal.save("ab" * 32, 7, lists)
    content = bytearray(_journal(served).read_bytes())
    if damage == "cut":
        del content[-20:]
    elif damage == "turned":
        content[-1000] ^= 1
    else:
        key = read_worker_key(served.unit.folder.register_key, "register-worker")
        ComparisonJournal(served.unit.folder.encodings, key).save("ab" * 32, 7, lists)
        content = bytearray(_journal(served).read_bytes())
    _journal(served).write_bytes(content)
    found = empty_lists(300, 2)
    assert _key(served).resume("ab" * 32, found) == 0
    assert not found.counts.any()


def test_what_a_kill_left_half_written_goes_with_the_journal(served: Served) -> None:
    left = _journal(served).with_name(".comparison.journal.0123.part")
    left.write_bytes(b"half")
    served.workers.settle()
    assert not left.exists()
    assert not _journal(served).exists()
    assert len(_together(served)) == len(CHILDREN)
