"""The payload store keeps every record sealed by itself, whole, and with where it stands."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from api.secret_files import WorkerKey
from api.store.migrating import create_database
from api.store.payload import PayloadStore
from linkage.errors import VerificationError
from linkage.wire.manifest import Manifest
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Payload, ReturnInterview
from linkage.wire.seal import SealingKey
from tests.support.unit import Desk, handle, make_payload, make_sent, make_unit

DESK = Desk("E09", "council")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return make_sent(make_unit(tmp_path_factory.mktemp("unit") / "data"), DESK).manifest


@pytest.fixture
def key() -> WorkerKey:
    return WorkerKey(SealingKey.generate().to_bytes())


@pytest.fixture
def store(tmp_path: Path, key: WorkerKey) -> PayloadStore:
    create_database(tmp_path / "payload.db", "payload")
    return PayloadStore(tmp_path / "payload.db", key)


def _payload(children: tuple[int, ...] = (1, 2)) -> Payload:
    plain = make_payload(DESK, children)
    return structs.replace(
        plain,
        care_spells=(
            CareSpell(
                handle=handle("spell"),
                child=plain.children[0].handle,
                version=3,
                start=Moment.parse("2024-04-02"),
                legal_status="C2",
            ),
        ),
        interviews=(
            ReturnInterview(episode=plain.episodes[0].handle, version=1, offered=True, reasons=("school",)),
        ),
    )


def test_every_kind_of_record_comes_back_as_it_was(store: PayloadStore, manifest: Manifest) -> None:
    store.add("s1", manifest, _payload(), now="t")
    assert store.load("s1", "E09") == _payload()
    assert store.load("s2", "E09") is None
    assert store.load("s1", "E10") is None
    store.close()


def test_adding_again_changes_nothing(store: PayloadStore, manifest: Manifest) -> None:
    store.add("s1", manifest, _payload(), now="t")
    store.add("s1", manifest, _payload((7,)), now="t")
    assert store.load("s1", "E09") == _payload()
    store.close()


def test_a_copy_of_the_database_says_nothing_that_a_record_says(
    store: PayloadStore, manifest: Manifest, tmp_path: Path
) -> None:
    store.add("s1", manifest, _payload(), now="t")
    store.close()
    content = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    words = (b"2024-06-03", b"2024-04-02", b"missing_from", b'"sex"', b"E09\x00", b"school", b"C2")
    assert [word for word in words if word in content] == []
    assert handle("spell").encode() in content  # the search above does find what is there


def test_another_key_opens_nothing(store: PayloadStore, manifest: Manifest, tmp_path: Path) -> None:
    store.add("s1", manifest, _payload(), now="t")
    store.close()
    thief = PayloadStore(tmp_path / "payload.db", WorkerKey(os.urandom(96)))
    with pytest.raises(VerificationError):
        thief.load("s1", "E09")
    thief.close()


TAMPERINGS = {
    "overwritten": "UPDATE records SET sealed = zeroblob(length(sealed)) WHERE id = 1",
    "two rows swapped": (
        "UPDATE records SET sealed = (SELECT sealed FROM records AS o WHERE o.id = 3 - records.id) "
        "WHERE id IN (1, 2)"
    ),
    "another handle": "UPDATE records SET handle = 'ff' WHERE id = 1",
    "another version": "UPDATE records SET version = 9 WHERE id = 1",
    "another kind": "UPDATE records SET kind = 'episode' WHERE id = 1",
    "another agency": "UPDATE records SET agency = 'E10' WHERE id = 1",
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_row_that_was_changed_does_not_open(
    store: PayloadStore, manifest: Manifest, tmp_path: Path, name: str
) -> None:
    store.add("s1", manifest, _payload(), now="t")
    with closing(sqlite3.connect(tmp_path / "payload.db")) as raw:
        assert raw.execute(TAMPERINGS[name]).rowcount >= 1
        raw.commit()
    with pytest.raises(VerificationError):
        store.load("s1", "E09")
    store.close()


def test_a_newer_snapshot_supersedes_what_it_holds_and_withdraws_what_it_lacks(
    store: PayloadStore, manifest: Manifest
) -> None:
    store.add("s1", manifest, make_payload(DESK, (1, 2)), now="t")
    assert set(store.statuses("s1").values()) == {"waiting"}
    store.settle("s1")
    store.add("s2", structs.replace(manifest, sequence=2), make_payload(DESK, (2, 3)), now="t")
    assert set(store.statuses("s1").values()) == {"current"}
    store.settle("s2")
    first, second = store.statuses("s1"), store.statuses("s2")
    assert first["child", handle("E09", 1)] == "withdrawn"
    assert first["child", handle("E09", 2)] == "superseded"
    assert first["episode", handle("E09", 1, "2024-06-03")] == "withdrawn"
    assert set(second.values()) == {"current"}
    store.settle("s2")
    assert (store.statuses("s1"), store.statuses("s2")) == (first, second)
    store.close()


def test_a_snapshot_that_is_settled_late_ends_under_the_newer_one(
    store: PayloadStore, manifest: Manifest
) -> None:
    store.add("s1", manifest, make_payload(DESK, (1, 2)), now="t")
    store.add("s2", structs.replace(manifest, sequence=2), make_payload(DESK, (2,)), now="t")
    store.settle("s2")
    store.settle("s1")
    assert store.statuses("s1")["child", handle("E09", 1)] == "withdrawn"
    assert store.statuses("s1")["child", handle("E09", 2)] == "superseded"
    assert set(store.statuses("s2").values()) == {"current"}
    store.close()


def test_snapshots_of_other_periods_and_agencies_stand(store: PayloadStore, manifest: Manifest) -> None:
    later = structs.replace(manifest.period, end=Moment.parse("2026-03-31"))
    store.add("s1", manifest, make_payload(DESK, (1,)), now="t")
    store.add("s2", structs.replace(manifest, sequence=2, period=later), make_payload(DESK, (2,)), now="t")
    other = replace(DESK, code="E10")
    store.add("s3", structs.replace(manifest, agency="E10"), make_payload(other, (3,)), now="t")
    for submission in ("s1", "s2", "s3"):
        store.settle(submission)
    assert {status for s in ("s1", "s2", "s3") for status in store.statuses(s).values()} == {"current"}
    store.close()


def test_what_is_dropped_is_gone(store: PayloadStore, manifest: Manifest) -> None:
    store.add("s1", manifest, _payload(), now="t")
    store.drop("s1")
    store.drop("s1")
    assert store.load("s1", "E09") is None
    store.close()
