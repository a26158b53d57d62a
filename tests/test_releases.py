"""A release is prepared by one person, approved by another, kept, and made again bit for bit."""

import csv
import datetime as dt
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from sqlalchemy import delete, select, update

from api.clock import utc_now
from api.config import read_settings
from api.disclosing import POLICY, policy_set
from api.manage.releasing import release
from api.open_releases import open_files, open_tables
from api.policy_settings import DisclosureSettings
from api.publisher_seal import PublisherSeal, make_releases_key
from api.reidentifying import enrol_approver
from api.release_contents import ReleaseInputs, ReleaseSeal
from api.releasing import enter, known_release
from api.secret_files import read_worker_key
from api.store import ledger
from api.store import releases as store
from api.store.schema_releases import release_contents, releases
from linkage.errors import InputError, VerificationError
from linkage.register.disclosure import DisclosurePolicy
from linkage.register.statistics.nested import nested_periods
from linkage.register.statistics.periods import read_period
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.ledger import EntryKind
from tests.support.audited import undone
from tests.support.processes import clew
from tests.support.served import Served, served_unit
from tests.support.unit import make_custodian, make_sent, make_unit

PERIOD = "2024-04-01..2025-03-31"


@dataclass(frozen=True)
class Desk:
    """The operator's terminal."""

    served: Served

    @property
    def root(self) -> Path:
        return self.served.unit.folder.root

    def ask(self, name: str, *arguments: object) -> str:
        words = [name, "--data", str(self.root), *map(str, arguments)]
        done = CliRunner().invoke(release, words)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    def propose(self, by: str = "Carl", *tables: str) -> int:
        chosen = [word for one in tables or ("T1",) for word in ("--table", one)]
        return int(self.ask("propose", "--period", PERIOD, "--by", by, *chosen))

    def shown(self, number: int) -> dict[str, object]:
        return dict(json.loads(self.ask("show", number)))

    def approve(self, number: int, by: str = "Asha") -> None:
        self.ask("approve", number, "--by", by, "--digest", self.shown(number)["digest"])

    def kept(self, number: int) -> list[dict[str, object]]:
        query = select(release_contents).where(release_contents.c.number == number)
        with self.served.workers.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as served:
        unit = served.unit
        served.client(served.council).submit(make_sent(unit, served.council, children=range(1, 14)))
        served.client(served.police).submit(make_sent(unit, served.police, children=range(2, 14)))
        served.workers.settle()
        assert served.workers.cycle() == 1
        with served.workers.database.write() as connection:
            for one in map(make_custodian, ("Asha", "Ben")):
                fingerprint = card_fingerprint(one.card)
                enrol_approver(connection, canonical(one.card), fingerprint=fingerprint, now=utc_now())
        yield Desk(served)


@pytest.fixture(scope="module")
def first(desk: Desk) -> int:
    """The first release, approved."""
    number = desk.propose("Carl", "T1", "T9")
    desk.approve(number)
    return number


def _children(files: Path) -> str:
    rows = csv.DictReader(io.StringIO((files / "t1_missing-by-area.csv").read_text()))
    (council,) = [row for row in rows if row["new_la_code"] == "E09"]
    return council["children"]


def test_only_another_enrolled_person_approves_and_only_what_was_shown(desk: Desk, tmp_path: Path) -> None:
    number = desk.propose("  asha ")
    digest = desk.shown(number)["digest"]
    for by, given, words in (
        ("Asha", digest, "prepared by this person"),
        ("ASHA", digest, "prepared by this person"),
        ("Carl", digest, "no approver of this name"),
        (" ", digest, "no name"),
        ("Ben", "0" * 64, "does not have this digest"),
    ):
        with pytest.raises((InputError, VerificationError), match=words):
            desk.ask("approve", number, "--by", by, "--digest", given)
    with pytest.raises(InputError, match="is proposed"):
        desk.ask("export", number, "--output", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    desk.ask("reject", number, "--by", "Ben")
    with pytest.raises(InputError, match="rejected already"):
        desk.approve(number, "Ben")


def test_nothing_is_kept_of_what_was_rejected(desk: Desk, tmp_path: Path) -> None:
    number = desk.propose()
    assert {one["part"] for one in desk.kept(number)} == {
        "inputs",
        "released",
        "files",
        "shown-tables",
        "shown-files",
    }
    desk.ask("reject", number, "--by", "Carl")
    assert desk.kept(number) == []
    for name, *more in (("reproduce",), ("show", "--output", tmp_path / "out")):
        with pytest.raises(InputError, match="was rejected"):
            desk.ask(name, number, *more)
    assert clew("register", "audit", "check", "--data", desk.root).returncode == 0


def test_what_is_exported_is_what_was_approved(desk: Desk, first: int, tmp_path: Path) -> None:
    desk.ask("export", first, "--output", tmp_path / "out")
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "out").iterdir()
    }
    shown = desk.shown(first)
    proposal = shown["proposal"]
    assert isinstance(proposal, dict)
    assert found == proposal["files"]
    assert {"index.html", "tables.xlsx", "t1_missing-by-area.csv"} <= found.keys()
    assert _children(tmp_path / "out") == "10"
    assert (shown["state"], shown["decided_by"], proposal["proposed_by"]) == ("approved", "Asha", "Carl")
    with desk.served.workers.database.read() as connection:
        root = ledger.root_of(connection, proposal["ledger_entries"]).hex()
    assert proposal["ledger_root"] == root
    listed = {line.split("\t")[0]: line.split("\t")[1:4] for line in desk.ask("list").splitlines()}
    assert listed[str(first)] == ["approved", "2024/25", "-"]
    with pytest.raises(InputError, match="something in it"):
        desk.ask("export", first, "--output", tmp_path / "out")


def test_it_is_made_again_bit_for_bit_in_another_process(desk: Desk, first: int) -> None:
    done = clew("register", "release", "reproduce", "--data", desk.root, str(first))
    assert done.returncode == 0, done.stderr
    assert f"release {first} comes out the same" in done.stderr


def test_what_comes_out_otherwise_is_named(desk: Desk, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.publishing.files.workbook", lambda *_: b"drawn by another library")
    with pytest.raises(VerificationError, match=r"comes out otherwise: tables\.xlsx; it was made by release"):
        desk.ask("reproduce", first)


def test_every_step_has_its_entry(desk: Desk, first: int) -> None:
    with desk.served.workers.database.read() as connection:
        kinds = [ledger.leaf_at(connection, at).kind for at in range(ledger.size_of(connection))]
    assert kinds.count(EntryKind.STATISTICS_RELEASE) >= 2
    assert clew("register", "audit", "check", "--data", desk.root).returncode == 0
    assert desk.shown(first)["state"] == "approved"


@pytest.mark.parametrize(
    ("column", "value"), [("decided_by", "Ben"), ("state", "withdrawn"), ("proposal", "{}")]
)
def test_a_row_that_was_changed_is_found(desk: Desk, first: int, column: str, value: str) -> None:
    with undone(desk.served.workers.database) as connection:
        connection.execute(update(releases).where(releases.c.number == first).values({column: value}))
        with pytest.raises(VerificationError, match="not what it was"):
            known_release(connection, first)


def test_the_audit_finds_a_sealed_part_that_was_changed(desk: Desk) -> None:
    number = desk.propose()
    database = desk.served.workers.database
    part = (release_contents.c.number == number, release_contents.c.part == "files")
    (whole,) = [one["sealed"] for one in desk.kept(number) if one["part"] == "files"]
    with database.write() as connection:
        connection.execute(update(release_contents).where(*part).values(sealed=b"x" * 40))
    checked = clew("register", "audit", "check", "--data", desk.root)
    assert (checked.returncode, "release_contents" in checked.stdout + checked.stderr) == (1, True)
    with pytest.raises(VerificationError, match="not what it was"):
        desk.approve(number)
    with database.write() as connection:
        connection.execute(update(release_contents).where(*part).values(sealed=whole))
    desk.ask("reject", number, "--by", "Ben")


def test_only_the_register_worker_opens_what_is_kept_and_only_in_its_place(desk: Desk, first: int) -> None:
    folder = desk.served.unit.folder
    sealed = {str(one["part"]): one["sealed"] for one in desk.kept(first)}
    own = ReleaseSeal(read_worker_key(folder.register_key, "register-worker"))
    other = ReleaseSeal(read_worker_key(folder.linking_key, "linking-worker"))
    inputs = sealed["inputs"]
    assert isinstance(inputs, bytes)
    assert own.opened(first, "inputs", inputs, ReleaseInputs).cycle == 1
    for seal, number, part in ((other, first, "inputs"), (own, first + 1, "inputs"), (own, first, "files")):
        with pytest.raises(VerificationError, match="does not open"):
            seal.opened(number, part, inputs, ReleaseInputs)  # type: ignore[arg-type]


def test_what_publishers_look_at_is_sealed_and_its_key_is_enough(desk: Desk, first: int) -> None:
    folder, database = desk.served.unit.folder, desk.served.workers.database
    kept = {str(one["part"]): one["sealed"] for one in desk.kept(first)}
    tables, files = kept["shown-tables"], kept["shown-files"]
    assert isinstance(tables, bytes)
    assert isinstance(files, bytes)
    for one in (tables, files):
        for start in (0, 12):
            with pytest.raises(zlib.error):
                zlib.decompress(one[start:])
    own = PublisherSeal.read(folder.releases_key)
    own.opened(first, "shown-tables", tables)
    key = folder.releases_key.read_bytes()
    assert b'"use":"releases"' in key
    folder.releases_key.unlink()
    assert make_releases_key(folder.releases_key)
    assert not make_releases_key(folder.releases_key)
    other = PublisherSeal.read(folder.releases_key)
    folder.releases_key.write_bytes(key)
    for seal, number, part in (
        (other, first, "shown-tables"), (own, first + 1, "shown-tables"), (own, first, "shown-files")
    ):  # fmt: skip
        with pytest.raises(VerificationError, match="does not open"):
            seal.opened(number, part, tables)  # type: ignore[arg-type]
    with database.read() as connection:
        found = known_release(connection, first)
        shown, written = open_tables(folder, connection, found), open_files(folder, connection, found)
    assert shown
    assert {"T1", "T9", "T16"} <= {one.number for one in shown}
    assert written is not None
    assert {"tables.xlsx", "index.html"} <= written.keys()


def test_a_unit_of_an_older_release_gets_the_key_when_it_is_migrated(tmp_path: Path) -> None:
    folder = make_unit(tmp_path / "data").folder
    folder.releases_key.unlink()
    for words in ("made releases.key", None):
        done = clew("register", "migrate", "--data", folder.root)
        assert (done.returncode, "made releases.key" in done.stderr) == (0, words is not None)
        PublisherSeal.read(folder.releases_key)
    assert folder.releases_key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_a_key_that_others_may_use_is_refused(desk: Desk, mode: int) -> None:
    path = desk.served.unit.folder.releases_key
    path.chmod(mode)
    with pytest.raises(InputError, match="others than its owner"):
        PublisherSeal.read(path)
    path.chmod(0o640)
    PublisherSeal.read(path)
    path.chmod(0o600)


def test_what_publishers_cannot_open_is_sealed_anew_when_one_is_counted(desk: Desk, first: int) -> None:
    folder, database = desk.served.unit.folder, desk.served.workers.database
    folder.releases_key.unlink()
    old = release_contents.c.part.in_(("shown-tables", "shown-files"))
    with database.write() as connection:  # as an older release of Clew left it
        gone = [f"{first}/{part}" for part in ("shown-tables", "shown-files")]
        connection.execute(delete(release_contents).where(release_contents.c.number == first, old))
        enter(connection, "proposed", first, "", utc_now(), parts=[one.partition("/")[2] for one in gone])
    number = desk.propose()
    with database.read() as connection:
        for one in (first, number):
            assert open_tables(folder, connection, known_release(connection, one))
            assert open_files(folder, connection, known_release(connection, one))
    desk.ask("reject", number, "--by", "Ben")
    assert clew("register", "audit", "check", "--data", desk.root).returncode == 0


def test_a_later_release_reckons_with_those_before_it_even_when_withdrawn(
    desk: Desk, first: int, tmp_path: Path
) -> None:
    served = desk.served
    more = make_sent(served.unit, served.council, sequence=2, children=range(1, 17))
    served.client(served.council).submit(more)
    served.workers.settle()
    served.workers.cycle()
    desk.ask("withdraw", first, "--by", "Ben")
    with pytest.raises(InputError, match="is withdrawn"):
        desk.ask("export", first, "--output", tmp_path / "gone")
    second, beside = desk.propose(), desk.propose()
    shown = desk.shown(second)["proposal"]
    assert isinstance(shown, dict)
    assert [number for number, _ in shown["earlier"]] == [first]
    desk.approve(second, "Ben")
    desk.ask("export", second, "--output", tmp_path / "second")
    # Sixteen would be 20, and thirteen were published as 10: what stood stands, for it changed by three.
    assert _children(tmp_path / "second") == "10"
    desk.ask("reproduce", second)
    with pytest.raises(InputError, match="before another one was approved"):
        desk.approve(beside)
    with pytest.raises(InputError, match="only an approved one"):
        desk.ask("withdraw", beside, "--by", "Ben")
    third = desk.propose("Carl", "T1", "T3")
    shown = desk.shown(third)["proposal"]
    assert isinstance(shown, dict)
    assert [number for number, _ in shown["earlier"]] == [first, second]
    desk.approve(third)


def test_a_release_that_is_not_there_is_said_to_be_missing(desk: Desk) -> None:
    with pytest.raises(InputError, match="there is no release 99"):
        desk.ask("show", 99)


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (["2025-04-01..2026-03-31"], []),
        (
            ["2025-04-01..2026-03-31", "2025-04-01..2025-06-30"],
            [("2025/26", ("2025/26 Q1", "2025-07-01..2026-03-31"))],
        ),
        (
            ["2025-04-01..2026-03-31", "2025-04-01..2025-06-30", "2025-10-01..2026-03-31"],
            [("2025/26", ("2025/26 Q1", "2025/26 Q2", "2025-10-01..2026-03-31"))],
        ),
        (
            ["2025-04-01..2025-07-31", "2025-04-01..2025-06-30", "2025-07-01..2025-07-31"],
            [("2025-04-01..2025-07-31", ("2025/26 Q1", "2025-07"))],
        ),
        (["2025-04-01..2025-07-31", "2025-06-01..2025-08-31"], []),
    ],
)
def test_periods_within_periods_leave_a_stretch(
    periods: list[str], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = nested_periods(map(read_period, periods))
    assert [(one.whole, one.parts) for one in found] == expected
    assert all(one.dimension == "time" for one in found)
    for whole in map(read_period, periods):
        assert whole.last - whole.first >= dt.timedelta(days=27)


def test_the_rules_that_are_set_have_the_ranges_of_the_policy(desk: Desk, tmp_path: Path) -> None:
    assert policy_set(DisclosureSettings()) == POLICY
    assert policy_set(DisclosureSettings(base=20, contributors=4)).base == 20
    for one in structs.fields(DisclosureSettings):
        (same,) = [known for known in structs.fields(DisclosurePolicy) if known.name == one.name]
        assert (one.type, one.default) == (same.type, same.default)
    text = desk.served.unit.folder.settings.read_text()
    for line, laxer, words in (
        ("threshold = 5", "threshold = 3", "threshold"),
        ("protection = 4", "protection = 5", "protection is not below"),
        ("base = 10", "base = 11", "base is odd"),
        ("cross_threshold = 10", "cross_threshold = 10\nrounding = 5", "rounding"),
    ):
        path = tmp_path / "unit.toml"
        path.write_text(text.replace(f"\n{line}\n", f"\n{laxer}\n"))
        with pytest.raises(InputError, match=words):
            read_settings(path)


@pytest.mark.usefixtures("each_database")
def test_both_databases_keep_a_release_as_the_ledger_says(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    database = unit.database()
    with database.write() as connection:
        numbers = [
            store.add_release(connection, digest=hashlib.sha256(b"{}").hexdigest(), proposal="{}", **who)
            for who in (
                {"proposed_by": "Asha", "now": "2026-01-01"},
                {"proposed_by": "Ben", "now": "2026-01-02"},
            )
        ]
        for number in numbers:
            store.add_contents(connection, number, {"inputs": b"\x00\xff", "files": b""})
            enter(connection, "proposed", number, "", utc_now(), parts=["inputs", "files"])
    with database.read() as connection:
        assert [one.number for one in store.all_releases(connection)] == numbers == [1, 2]
        assert known_release(connection, 2).proposed_by == "Ben"
        assert store.read_contents(connection, 1) == {"inputs": b"\x00\xff", "files": b""}
    with database.write() as connection:
        store.drop_contents(connection, 1)
        enter(connection, "rejected", 1, "", utc_now(), parts=["inputs", "files"])
    with database.read() as connection:
        known_release(connection, 1)
    database.close()
