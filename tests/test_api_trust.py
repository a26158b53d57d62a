"""The unit trusts only epochs that pinned custodians signed, and agencies whose fingerprint was compared."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from api.clock import utc_now
from api.config import read_settings, settings_text
from api.folders import DataFolder
from api.secret_files import read_receipts_key, read_worker_key
from api.store import agencies
from api.store.database import Database
from api.trust import adopt_epoch, enrol_agency, remove_agency
from api.unit import create_unit, read_unit_card
from linkage.errors import ClewError, EpochError, InputError, VerificationError, VersionError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, card_fingerprint
from linkage.wire.epochs import EpochDescriptor, add_signature
from linkage.wire.moments import Moment
from tests.support.unit import Custodian, Desk, Unit, make_custodian, make_descriptor, make_unit


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@pytest.fixture
def database(unit: Unit) -> Iterator[Database]:
    opened = unit.database()
    yield opened
    opened.close()


def _adopt(
    unit: Unit,
    database: Database,
    descriptor: EpochDescriptor,
    custodians: tuple[Custodian, ...] = (),
    threshold: int | None = None,
) -> bool:
    with database.write() as connection:
        _, new = adopt_epoch(
            connection,
            unit.card,
            canonical(descriptor),
            custodians=[one.card for one in custodians],
            threshold=threshold,
            now=utc_now(),
        )
    return new


def _current(database: Database) -> str:
    with database.read() as connection:
        epoch = agencies.current_epoch(connection)
    assert epoch is not None
    return epoch.epoch


def _later(days: int = 1) -> Moment:
    return Moment.day((utc_now() + dt.timedelta(days=days)).date())


def test_a_newer_epoch_signed_by_enough_custodians_takes_over(unit: Unit, database: Database) -> None:
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=_later())
    assert _adopt(unit, database, descriptor)
    assert _current(database) == "e2"


def test_the_epoch_in_force_may_be_given_again_with_more_signatures(unit: Unit, database: Database) -> None:
    assert not _adopt(unit, database, unit.epoch)
    assert not _adopt(unit, database, add_signature(unit.epoch, unit.custodians[2].key))
    assert not _adopt(unit, database, unit.epoch, unit.custodians, 2)


def _one_signature(unit: Unit) -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch="e2", signers=1, opens=_later())


def _strangers_signatures(unit: Unit) -> EpochDescriptor:
    strangers = [make_custodian("x"), make_custodian("y")]
    return make_descriptor(unit.card, strangers, epoch="e2", opens=_later())


def _changed_after_signing(unit: Unit) -> EpochDescriptor:
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=_later())
    return structs.replace(descriptor, key_check_value="ab" * 16)


def _anothers_keys(unit: Unit) -> EpochDescriptor:
    return make_descriptor(
        unit.card, unit.custodians, epoch="e2", opens=_later(), unit_payload_key=unit.card.encodings_key
    )


def _another_profile(unit: Unit) -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch="e2", opens=_later(), profile_digest="ab" * 32)


def _rolled_back(unit: Unit) -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch="e0", opens=Moment.parse("2020-01-01"))


def _same_name_other_content(unit: Unit) -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch="e1", key_check_value="ab" * 16)


def _same_opening(unit: Unit) -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch="e2", opens=unit.epoch.opens)


def _closed_before_it_opens(unit: Unit) -> EpochDescriptor:
    return make_descriptor(unit.card, unit.custodians, epoch="e2", opens=_later(9), closes=_later(8))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (_one_signature, VerificationError),
        (_strangers_signatures, VerificationError),
        (_changed_after_signing, VerificationError),
        (_anothers_keys, EpochError),
        (_another_profile, EpochError),
        (_rolled_back, VerificationError),
        (_same_name_other_content, VerificationError),
        (_same_opening, VerificationError),
        (_closed_before_it_opens, EpochError),
    ],
)
def test_a_descriptor_that_may_not_be_trusted_changes_nothing(
    unit: Unit, database: Database, make: object, error: type[ClewError]
) -> None:
    with pytest.raises(error):
        _adopt(unit, database, make(unit))  # type: ignore[operator]
    assert _current(database) == "e1"


def test_an_epoch_that_was_replaced_does_not_come_back(unit: Unit, database: Database) -> None:
    _adopt(unit, database, make_descriptor(unit.card, unit.custodians, epoch="e2", opens=_later()))
    with pytest.raises(VerificationError):
        _adopt(unit, database, unit.epoch)
    assert _current(database) == "e2"


def test_custodians_are_pinned_once(unit: Unit, database: Database) -> None:
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=_later())
    others = (*unit.custodians[:2], make_custodian("another"))
    with pytest.raises(VerificationError, match="pinned"):
        _adopt(unit, database, descriptor, others, 2)
    with pytest.raises(VerificationError, match="pinned"):
        _adopt(unit, database, descriptor, (), 1)


def test_the_first_epoch_needs_custodians_and_a_threshold_they_can_reach(tmp_path: Path) -> None:
    create_unit(tmp_path / "data", "New")
    folder = DataFolder(tmp_path / "data")
    custodians = tuple(make_custodian(str(number)) for number in range(2))
    card = read_unit_card(folder)
    fresh = Unit(folder, card, custodians, make_descriptor(card, custodians))
    database = fresh.database()
    twice = (custodians[0], custodians[0])
    for given, threshold in (
        ((), None),
        (custodians, None),
        ((), 1),
        (custodians, 3),
        (custodians, 0),
        (twice, 2),
    ):
        with pytest.raises(InputError):
            _adopt(fresh, database, fresh.epoch, given, threshold)
    with pytest.raises(VerificationError):
        _adopt(fresh, database, make_descriptor(card, custodians, signers=1), custodians, 2)
    with database.read() as connection:
        assert agencies.pinned_custodians(connection) is None  # a refused descriptor pins nobody
    assert _adopt(fresh, database, fresh.epoch, custodians, 2)
    database.close()


def _enrol(database: Database, card: AgencyCard, fingerprint: str | None = None) -> bool:
    with database.write() as connection:
        _, new = enrol_agency(
            connection, canonical(card), fingerprint=fingerprint or card_fingerprint(card), now=utc_now()
        )
    return new


def test_an_agency_is_enrolled_under_the_fingerprint_it_read_out(database: Database) -> None:
    card = Desk("E09", "council").card
    printed = card_fingerprint(card)
    assert _enrol(database, card, printed.replace(" ", "").upper())
    assert not _enrol(database, card, printed)
    with database.read() as connection:
        found = agencies.agency_by_key(connection, card.signing_key)
    assert found is not None
    assert (found.code, found.role, found.fingerprint) == ("E09", "council", printed)


def test_another_fingerprint_or_a_card_not_signed_by_itself_is_refused(database: Database) -> None:
    card = Desk("E09", "council").card
    for fingerprint in (card_fingerprint(Desk("E09", "council").card), "0000", "1"):
        with pytest.raises(VerificationError):
            _enrol(database, card, fingerprint)
    with pytest.raises(ClewError):
        _enrol(database, structs.replace(card, role="police"))
    with database.read() as connection:
        assert agencies.all_agencies(connection) == []


def test_a_card_is_replaced_only_after_the_old_one_was_removed(database: Database) -> None:
    old, new = Desk("E09", "council").card, Desk("E09", "council").card
    _enrol(database, old)
    with pytest.raises(InputError, match="another card"):
        _enrol(database, new)
    with database.write() as connection:
        agencies.raise_sequence(connection, "E09", 7)
        remove_agency(connection, "E09", now=utc_now())
        assert agencies.agency_by_key(connection, old.signing_key) is None
    assert _enrol(database, new)
    with database.read() as connection:
        found = agencies.agency_by_code(connection, "E09")
    assert found is not None
    assert (found.signing_key, found.sequence) == (new.signing_key, 7)


def test_one_key_is_one_agencys_and_a_role_stays(database: Database) -> None:
    first = Desk("E09", "council")
    _enrol(database, first.card)
    with pytest.raises(InputError, match="another agency"):
        _enrol(database, Desk("E10", "council", first.key).card)
    with database.write() as connection:
        remove_agency(connection, "E09", now=utc_now())
    with pytest.raises(InputError, match="council before"):
        _enrol(database, Desk("E09", "police").card)
    with database.write() as connection, pytest.raises(InputError):
        remove_agency(connection, "E99", now=utc_now())


def test_a_new_unit_is_whole_and_replaces_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.root.mkdir()
    card = create_unit(folder.root, 'A "quoted" name')
    assert read_unit_card(folder) == card
    assert read_settings(folder.settings).name == 'A "quoted" name'
    assert folder.root.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in (folder.root / "secrets").rglob("*.key")} == {0o600}
    before = {one: one.stat().st_mtime_ns for one in folder.root.rglob("*")}
    with pytest.raises(InputError, match="something already"):
        create_unit(folder.root, "Another")
    assert {one: one.stat().st_mtime_ns for one in folder.root.rglob("*")} == before


def test_a_name_that_a_card_cannot_hold_leaves_no_unit(tmp_path: Path) -> None:
    with pytest.raises(ClewError):
        create_unit(tmp_path / "data", "x" * 500)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_refused_in_anothers_place_or_open_to_others(unit: Unit) -> None:
    folder = unit.folder
    read_worker_key(folder.linking_key, "linking-worker")
    with pytest.raises(VerificationError):
        read_worker_key(folder.linking_key, "register-worker")
    folder.register_key.write_bytes(folder.linking_key.read_bytes())
    with pytest.raises(VerificationError):
        read_worker_key(folder.register_key, "register-worker")
    folder.receipts_key.chmod(0o640)
    with pytest.raises(InputError, match="others than its owner"):
        read_receipts_key(folder.receipts_key)
    folder.receipts_key.unlink()
    with pytest.raises(InputError, match=r"receipts\.key"):
        read_receipts_key(folder.receipts_key)


def test_the_workers_keys_are_those_on_the_card_and_show_nothing(unit: Unit) -> None:
    linking = read_worker_key(unit.folder.linking_key, "linking-worker")
    register = read_worker_key(unit.folder.register_key, "register-worker")
    assert linking.sealing.public_text() == unit.card.encodings_key
    assert register.sealing.public_text() == unit.card.payload_key
    assert register.derive("a") != register.derive("b")
    assert linking.derive("a") != register.derive("a")
    assert repr(register) == "WorkerKey(…)"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("threads = 8", "threads = 0", InputError),
        ("threads = 8", "thread = 8", InputError),
        ("hosts = []", 'hosts = ["https://unit.example.org/"]', InputError),
        ("submission_bytes = 2147483648", "submission_bytes = 1", InputError),
        ("version = 1", "version = 2", VersionError),
        ("version = 1", "version = ", InputError),
    ],
)
def test_settings_that_are_wrong_are_refused(
    tmp_path: Path, old: str, new: str, error: type[ClewError]
) -> None:
    path = tmp_path / "unit.toml"
    path.write_text(settings_text("Unit").replace(old, new))
    with pytest.raises(error, match=r"unit\.toml"):
        read_settings(path)


def test_the_settings_file_of_a_new_unit_states_every_default(tmp_path: Path) -> None:
    path = tmp_path / "unit.toml"
    path.write_text(settings_text("Unit"))
    stated = read_settings(path)
    assert stated == type(stated)(version=1, name="Unit")
    for section in (stated.service, stated.limits):
        for name in section.__struct_fields__:
            assert f"\n{name} = " in settings_text("Unit")
