"""The crosswalk gives each record one handle for good, and opens with the identity that made it only."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.agency.crosswalk import Crosswalk
from cli.agency.store import JournalEntry, Store
from keys.identity import Identity, create_identity
from linkage.errors import InputError, VerificationError, VersionError

KINDS = st.sampled_from(["child", "episode", "care-spell"])


@pytest.fixture(scope="module")
def identity() -> Identity:
    return create_identity()


def _saved(store: Store, identity: Identity, *records: tuple[str, str, bytes]) -> list[str]:
    crosswalk = Crosswalk(store, identity)
    with store.transaction():
        handles = [crosswalk.ticket(*record).handle for record in records]
        crosswalk.save()
    return handles


@given(st.lists(st.tuples(KINDS, st.text(min_size=1, max_size=12), st.binary(max_size=8)), max_size=12))
def test_tickets_agree_with_a_plain_dictionary(
    tmp_path_factory: pytest.TempPathFactory, identity: Identity, records: list[tuple[str, str, bytes]]
) -> None:
    expected: dict[tuple[str, str], tuple[str, int, bytes]] = {}
    with Store(tmp_path_factory.mktemp("crosswalk") / "workspace.db") as store:
        for kind, reference, content in records:
            crosswalk = Crosswalk(store, identity)
            ticket = crosswalk.ticket(kind, reference, content)
            known = expected.get((kind, reference))
            assert ticket.fresh == (known is None)
            if known is not None:
                assert ticket.handle == known[0]
                assert ticket.version == known[1] + (content != known[2])
                assert ticket.changed == (content != known[2])
            expected[kind, reference] = (ticket.handle, ticket.version, content)
            with store.transaction():
                crosswalk.save()
        read = {(one.kind, one.reference): one.handle for one in Crosswalk(store, identity).references()}
    assert read == {key: value[0] for key, value in expected.items()}
    assert len({value[0] for value in expected.values()}) == len(expected)


def test_one_reference_of_two_kinds_is_two_records(tmp_path: Path, identity: Identity) -> None:
    with Store(tmp_path / "workspace.db") as store:
        handles = _saved(store, identity, ("child", "7", b"x"), ("episode", "7", b"x"))
        assert len(set(handles)) == 2
        macs = {record.content_mac for record in store.records()}
    assert len(macs) == 2


def test_another_identity_neither_finds_nor_reads(tmp_path: Path, identity: Identity) -> None:
    with Store(tmp_path / "workspace.db") as store:
        _saved(store, identity, ("child", "CH0000001", b"x"))
        stranger = create_identity()
        # Not even opened: it would find nothing, and every record would get a new handle.
        with pytest.raises(VerificationError, match="does not open with this identity") as refused:
            Crosswalk(store, stranger)
        assert refused.value.hint
        renewed = list(Crosswalk(store, identity).sealed_for(stranger))
        with store.transaction():
            store.replace_records(renewed)
        with pytest.raises(VerificationError, match="does not open with this identity"):
            Crosswalk(store, identity)


@given(st.lists(st.tuples(KINDS, st.text(min_size=1, max_size=12), st.binary(max_size=8)), max_size=12))
def test_sealed_for_another_identity_every_record_keeps_handle_version_and_parent(
    tmp_path_factory: pytest.TempPathFactory, identity: Identity, records: list[tuple[str, str, bytes]]
) -> None:
    other = create_identity()
    with Store(tmp_path_factory.mktemp("renewed") / "workspace.db") as store:
        _saved(store, identity, *records)
        before = {(one.handle, one.kind, one.version, one.parent) for one in store.records()}
        read = set(Crosswalk(store, identity).references())
        with store.transaction():
            store.replace_records(Crosswalk(store, identity).sealed_for(other))
        crosswalk = Crosswalk(store, other)
        assert {(one.handle, one.kind, one.version, one.parent) for one in store.records()} == before
        assert set(crosswalk.references()) == read
        for one in read:
            ticket = crosswalk.ticket(one.kind, one.reference, b"whatever", parent=one.parent)
            assert (ticket.handle, ticket.fresh, ticket.changed) == (one.handle, False, True)


@pytest.mark.parametrize("column", ["handle", "kind", "sealed_reference"])
def test_a_row_that_was_tampered_with_does_not_open(tmp_path: Path, identity: Identity, column: str) -> None:
    with Store(tmp_path / "workspace.db") as store:
        _saved(store, identity, ("child", "A", b"x"), ("child", "B", b"x"))
    database = sqlite3.connect(tmp_path / "workspace.db")
    value = {"handle": "f" * 32, "kind": "episode", "sealed_reference": bytes(40)}[column]
    one = "where handle = (select min(handle) from records)"
    database.execute(f"update records set {column} = ? {one}", (value,))
    database.commit()
    database.close()
    with Store(tmp_path / "workspace.db") as store, pytest.raises(VerificationError):
        list(Crosswalk(store, identity).references())


def test_nothing_is_written_unless_the_transaction_ends_well(tmp_path: Path, identity: Identity) -> None:
    with Store(tmp_path / "workspace.db") as store:
        crosswalk = Crosswalk(store, identity)
        crosswalk.ticket("child", "A", b"x")
        with pytest.raises(RuntimeError):
            _fail_in_a_transaction(store, crosswalk)
        assert (store.records(), store.journal(), store.held("p")) == ([], [], frozenset())
        assert store.next_sequence() == 1


def _fail_in_a_transaction(store: Store, crosswalk: Crosswalk) -> None:
    with store.transaction():
        crosswalk.save()
        store.write_journal(JournalEntry("encode", "p", 1, "s"))
        store.hold("p", ["a" * 32])
        raise RuntimeError


def test_the_next_sequence_is_above_all_before(tmp_path: Path) -> None:
    with Store(tmp_path / "workspace.db") as store:
        for sequence in (1, 5, 3):
            with store.transaction():
                store.write_journal(JournalEntry("encode", "p", sequence))
        assert store.next_sequence() == 6
        assert [one["sequence"] for one in store.journal()] == [1, 5, 3]


def test_what_a_period_holds_is_replaced_as_a_whole(tmp_path: Path) -> None:
    with Store(tmp_path / "workspace.db") as store, store.transaction():
        store.hold("p", ["a", "b"])
        store.hold("q", ["c"])
        store.hold("p", ["b", "d"])
        assert (store.held("p"), store.held("q")) == (frozenset("bd"), frozenset("c"))


def test_a_database_of_another_version_or_none_at_all_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"
    Store(file).close()
    assert file.stat().st_mode & 0o777 == 0o600
    database = sqlite3.connect(file)
    database.execute("pragma user_version = 9")
    database.close()
    with pytest.raises(VersionError, match="format version 9"):
        Store(file)
    file.write_bytes(b"something else entirely" * 100)
    with pytest.raises(InputError, match="not a workspace database"):
        Store(file)


def test_a_crosswalk_shows_nothing(tmp_path: Path, identity: Identity) -> None:
    with Store(tmp_path / "workspace.db") as store:
        _saved(store, identity, ("child", "CH0000001", b"x"))
        crosswalk = Crosswalk(store, identity)
        shown = f"{crosswalk!r} {list(crosswalk.references())!r}"
    assert "CH0000001" not in shown
