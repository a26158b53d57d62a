"""An episode's versions stay, with when each stood, until retention or an erasure takes them."""

from pathlib import Path

import pytest
from msgspec import structs

from api.secret_files import WorkerKey
from api.store.migrating import create_database
from api.store.payload import PayloadStore
from linkage.wire.manifest import Manifest
from linkage.wire.moments import Moment
from linkage.wire.records import Payload
from linkage.wire.seal import SealingKey
from tests.support.unit import Desk, handle, make_payload, make_sent, make_unit

DESK = Desk("E09", "council")
EPISODE = handle("E09", 1, "2024-06-03")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return make_sent(make_unit(tmp_path_factory.mktemp("unit") / "data"), DESK).manifest


class Snapshots:
    """The store of a council that sends one snapshot after another."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        create_database(folder / "payload.db", "payload")
        self.store = PayloadStore(folder / "payload.db", WorkerKey(SealingKey.generate().to_bytes()))
        self._manifest = manifest
        self._sequence = 0

    def send(self, end: str | None, *, version: int = 1, children: tuple[int, ...] = (1, 2)) -> str:
        self._sequence += 1
        name = f"s{self._sequence}"
        plain = make_payload(DESK, children)
        episodes = tuple(
            structs.replace(one, end=None if end is None else Moment.parse(end), version=version)
            if one.handle == EPISODE
            else one
            for one in plain.episodes
        )
        payload: Payload = structs.replace(plain, episodes=episodes)
        manifest = structs.replace(self._manifest, sequence=self._sequence)
        self.store.add(name, manifest, payload, now=f"t{self._sequence}")
        self.store.settle(name)
        return name

    def told(self) -> list[tuple[str | None, str, str | None, bool]]:
        found = self.store.history("E09", EPISODE)
        return [
            (None if one.episode.end is None else str(one.episode.end), one.since, one.until, one.withdrawn)
            for one in found
        ]


@pytest.fixture
def sent(tmp_path: Path, manifest: Manifest) -> Snapshots:
    return Snapshots(tmp_path, manifest)


LATE, CORRECTED = "2024-06-20T10:00Z", "2024-06-19T10:00Z"


def test_a_late_end_and_a_correction_are_versions_with_their_times(sent: Snapshots) -> None:
    sent.send(None)
    sent.send(LATE, version=2)
    sent.send(CORRECTED, version=3)
    assert sent.told() == [
        (None, "t1", "t2", False),
        (LATE, "t2", "t3", False),
        (CORRECTED, "t3", None, False),
    ]


def test_what_is_sent_again_as_it_was_is_one_version(sent: Snapshots) -> None:
    for _ in range(3):
        sent.send(None)
    sent.send(LATE, version=2)
    assert sent.told() == [(None, "t1", "t4", False), (LATE, "t4", None, False)]


def test_a_withdrawal_and_a_return_show(sent: Snapshots) -> None:
    sent.send(None)
    sent.send(None, children=(2,))
    sent.send(None)
    assert sent.told() == [(None, "t1", "t2", True), (None, "t3", None, False)]


def test_a_snapshot_that_the_operator_withdrew_stands_no_more(sent: Snapshots) -> None:
    sent.store.withdraw(sent.send(None))
    assert sent.told() == [(None, "t1", None, True)]


def test_what_waits_is_no_history_yet(sent: Snapshots, manifest: Manifest) -> None:
    sent.store.add("waiting", manifest, make_payload(DESK, (1,)), now="t")
    assert sent.told() == []
    assert sent.store.history("E10", EPISODE) == []


def test_an_erasure_takes_every_version_along(sent: Snapshots) -> None:
    first, second = sent.send(None), sent.send(LATE, version=2)
    child = handle("E09", 1)
    sent.store.erase({first: {child}, second: {child}})
    assert sent.told() == []
    assert len(sent.store.history("E09", handle("E09", 2, "2024-06-03"))) == 1


def test_replaced_snapshots_take_their_versions_with_them(sent: Snapshots) -> None:
    first = sent.send(None)
    sent.send(LATE, version=2)
    sent.store.erase({}, whole=[first])
    assert sent.told() == [(LATE, "t2", None, False)]
