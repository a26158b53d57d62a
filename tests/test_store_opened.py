"""What a process keeps opened of the payload is what it would open now, whoever erased or stored since."""

from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs

from api.secret_files import WorkerKey
from api.store import payload as stored
from api.store.database import Pool
from api.store.migrating import create_database
from api.store.opened import OpenedSnapshots
from api.store.payload import PayloadStore
from linkage.wire.manifest import Manifest
from linkage.wire.seal import SealingKey
from tests.support.unit import Desk, handle, make_payload, make_sent, make_unit

DESK = Desk("E09", "council")
KEY = WorkerKey(SealingKey.generate().to_bytes())

numbers = st.integers(0, 5)
children = st.sets(st.integers(0, 8), min_size=1, max_size=4)


class _Stores(RuleBasedStateMachine):
    """Two processes that keep what they opened, one of them little, and one that never does."""

    place: ClassVar[Path]
    manifest: ClassVar[Manifest]
    made = 0

    @initialize()
    def open(self) -> None:
        _Stores.made += 1
        path = self.place / f"{self.made}.db"
        create_database(path, "payload")
        self.stores = [PayloadStore(path, KEY, Pool(), keep_opened=many) for many in (10_000, 12, 0)]
        self.step = 0

    @rule(number=numbers, those=children, by=st.integers(0, 2))
    def add(self, number: int, those: set[int], by: int) -> None:
        self.step += 1
        sent = structs.replace(self.manifest, sequence=self.step)
        self.stores[by].add(f"s{number}", sent, make_payload(DESK, sorted(those)), now="x")

    @rule(number=numbers, by=st.integers(0, 2))
    def settle(self, number: int, by: int) -> None:
        self.stores[by].settle(f"s{number}")

    @rule(number=numbers, those=children, whole=st.sets(numbers, max_size=1), by=st.integers(0, 2))
    def erase(self, number: int, those: set[int], whole: set[int], by: int) -> None:
        gone = {handle("child", DESK.code, one) for one in those} | {
            one.handle
            for kept in [self.stores[2].load(f"s{number}", "E09")]
            if kept is not None
            for one in kept.children[: len(those)]
        }
        self.stores[by].erase({f"s{number}": gone}, whole=[f"s{one}" for one in whole])

    @rule(number=numbers, by=st.integers(0, 2))
    def drop(self, number: int, by: int) -> None:
        self.stores[by].drop(f"s{number}")

    @rule(by=st.integers(0, 1))
    def look_around(self, by: int) -> None:
        self.stores[by].forget_changed()
        self.stores[by].begin_round()

    @invariant()
    def all_open_the_same(self) -> None:
        for number in range(6):
            expected = self.stores[2].load(f"s{number}", "E09")
            for store in self.stores[:2]:
                assert store.load(f"s{number}", "E09") == expected

    def teardown(self) -> None:
        for store in getattr(self, "stores", ()):
            store.close()


def test_whatever_happens_nobody_reads_what_is_gone(tmp_path: Path, soak: bool) -> None:
    _Stores.place = tmp_path
    _Stores.manifest = make_sent(make_unit(tmp_path / "unit"), DESK).manifest
    chosen = settings(max_examples=200 if soak else 4, stateful_step_count=12)
    _Stores.TestCase.settings = chosen
    _Stores.TestCase("runTest").runTest()


def test_a_snapshot_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = make_sent(make_unit(tmp_path / "unit"), DESK).manifest
    create_database(tmp_path / "payload.db", "payload")
    store = PayloadStore(tmp_path / "payload.db", KEY, keep_opened=1000)
    store.add("s", manifest, make_payload(DESK, range(5)), now="x")
    first = store.load("s", "E09")

    def never(*_: object) -> None:
        raise AssertionError("opened again")

    monkeypatch.setattr(stored, "open_row", never)
    assert store.load("s", "E09") is first
    assert store.load("s", "E10") is None
    store.close()


def test_where_not_all_fits_a_part_is_found_in_every_round_and_what_is_not_asked_for_makes_room() -> None:
    opened = OpenedSnapshots(60)
    payloads = {f"s{number}": make_payload(DESK, range(3)) for number in range(8)}
    found = []
    for _ in range(4):
        opened.begin_round()
        found.append(0)
        for name, payload in payloads.items():
            if opened.get(name, 1) is not None:
                found[-1] += 1
            else:
                opened.keep(name, 1, payload)
    assert found[0] == 0
    assert found[1] == found[2] == found[3] > 1
    for _ in range(3):
        opened.begin_round()
    opened.keep("new", 1, payloads["s0"])
    assert opened.get("new", 1) == payloads["s0"]
    assert "0 records" not in repr(opened)
