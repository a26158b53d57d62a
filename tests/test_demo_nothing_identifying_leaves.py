"""No identifier of a whole made-up world reaches the linkage unit, and the demonstration tells the truth."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.folders import DataFolder
from api.secret_files import read_worker_key
from cli.demo.command import play
from cli.demo.outcome import Outcome
from linkage.lab.world import World, simulate
from linkage.wire.bundle import Bundle
from linkage.wire.compression import decompress
from linkage.wire.manifest import part_context
from linkage.wire.seal import open_seal
from tests.support.leaks import (
    MIN_BYTEWISE,
    bytewise_hits,
    database_fields,
    field_hits,
    files_below,
    json_fields,
)

CHILDREN = 240
SEED = 20


@dataclass(frozen=True)
class Played:
    folder: Path
    world: World
    outcome: Outcome

    @property
    def data(self) -> Path:
        return self.folder / "linkage-unit" / "data"

    def bundles(self) -> list[Path]:
        return sorted(self.folder.glob("agency-*/outbox/bundle.clew"))

    def opened_parts(self) -> Iterator[tuple[str, bytes]]:
        """Open every part that left with the key of the worker that it is sealed to."""
        places = DataFolder(self.data)
        keys = {
            "encodings": read_worker_key(places.linking_key, "linking-worker").sealing,
            "payload": read_worker_key(places.register_key, "register-worker").sealing,
        }
        for path in self.bundles():
            bundle = Bundle(io.BytesIO(path.read_bytes()))
            manifest = bundle.manifest
            for name, key in keys.items():
                context = part_context(
                    manifest.agency,
                    manifest.epoch,
                    name,
                    period=manifest.period,
                    sequence=manifest.sequence,
                )
                content: Iterator[bytes] = open_seal(bundle.pieces(name), key, context=context)
                if name == "payload":
                    content = decompress(content, limit=manifest.part(name).size)
                yield f"{path.parent.parent.name}:{name}", b"".join(content)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("world")
    worlds: list[World] = []

    def imagine() -> World:
        worlds.append(simulate(CHILDREN, SEED))
        return worlds[0]

    outcome = play(folder, imagine, rotate=True)
    return Played(folder, worlds[0], outcome)


def test_the_search_would_find_what_it_searches_for(played: Played) -> None:
    """A search that finds nothing proves something only if it finds the same things where they are."""
    world = played.world
    long_ones = [v for v in world.truth.identifiers(compact_dates=False) if len(v.encode()) >= MIN_BYTEWISE]
    assert len(long_ones) > 1000
    assert len(world.truth.canaries) > 5
    at_home = list(files_below(played.folder / f"agency-{world.extracts[0].agency.code}" / "extract"))
    found = {value for value, _ in bytewise_hits(at_home, long_ones)}
    assert found & set(world.truth.canaries)
    assert len(found) > 300


def test_no_identifier_lies_in_any_file_log_or_database_of_the_linkage_unit(played: Played) -> None:
    files = list(files_below(played.folder / "linkage-unit"))
    assert any(name.endswith("log.txt") for name, _ in files)
    assert sum(name.endswith(".db") for name, _ in files) == 3
    identifiers = played.world.truth.identifiers(compact_dates=False)
    assert bytewise_hits(files, identifiers) == []
    assert field_hits(database_fields(played.data), identifiers) == []


def test_no_identifier_lies_on_the_table_where_public_files_are_laid(played: Played) -> None:
    files = list(files_below(played.folder / "public-table"))
    assert len(files) > 10
    assert bytewise_hits(files, played.world.truth.identifiers(compact_dates=False)) == []


def test_no_identifier_lies_in_any_opened_part_of_any_bundle(played: Played) -> None:
    parts = list(played.opened_parts())
    assert len(parts) == 2 * len(played.world.extracts)
    assert all(content for _, content in parts)
    identifiers = played.world.truth.identifiers(compact_dates=False)
    assert bytewise_hits(parts, identifiers) == []
    fields = [
        field
        for name, content in parts
        if name.endswith("payload")
        for line in content.splitlines()
        for field in json_fields(name, json.loads(line))
    ]
    assert len(fields) > 1000
    assert field_hits(fields, identifiers) == []


def test_no_identifier_lies_in_a_workspace_of_an_agency(played: Played) -> None:
    """The workspace keeps no names, dates of birth or addresses, and local references only encrypted."""
    identifiers = played.world.truth.identifiers(compact_dates=False)
    for extract in played.world.extracts:
        files = list(files_below(played.folder / f"agency-{extract.agency.code}" / "workspace"))
        assert any(name.endswith("workspace.db") for name, _ in files)
        assert bytewise_hits(files, identifiers) == []


def test_the_epoch_key_of_no_party_lies_open_anywhere(played: Played) -> None:
    """Passphrases stand in the made-up people's own files; nothing else may hold one."""
    secrets = [path.read_text().strip() for path in played.folder.rglob("passphrase.txt")]
    assert len(secrets) == 4 + len(played.world.extracts)
    files = [(name, data) for name, data in files_below(played.folder) if not name.endswith("passphrase.txt")]
    assert bytewise_hits(files, secrets) == []


def test_the_register_is_close_to_the_truth_and_says_how_close(played: Played) -> None:
    outcome = played.outcome
    assert outcome.pairs.precision > 0.97
    assert outcome.pairs.recall > 0.85
    assert outcome.pairs.pairs_found > 30
    register = sum(row.register for row in outcome.classes)
    right = sum(row.both for row in outcome.classes)
    assert right > 0.9 * register
    assert {row.name for row in outcome.classes} >= {"MATCHED", "COUNCIL_ONLY_A", "POLICE_ONLY_UNLINKED"}


def test_a_rotation_changes_no_pseudonym_and_costs_only_what_was_left_out(played: Played) -> None:
    rotation = played.outcome.rotation
    assert rotation is not None
    assert rotation.pseudonyms_changed == 0
    assert rotation.left_out >= 3
    assert rotation.quarantined == rotation.left_out
    assert rotation.after == rotation.before - rotation.left_out
    assert (played.folder / "linkage-unit" / "destroyed.json").exists()


def test_honest_agencies_of_the_whole_story_raise_no_alert(played: Played) -> None:
    with closing(sqlite3.connect(played.folder / "linkage-unit" / "data" / "register.db")) as database:
        assert database.execute("SELECT count(*) FROM cycles").fetchone()[0] >= 2
        assert database.execute("SELECT * FROM alerts").fetchall() == []


def test_each_report_names_the_agencys_own_references(played: Played) -> None:
    for extract in played.world.extracts:
        report = played.folder / f"agency-{extract.agency.code}" / "report.csv"
        with report.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        own = {ref for code, ref in played.world.truth.episode_class if code == extract.agency.code}
        assert rows
        assert {row["episode_reference"] for row in rows} <= own
        assert report.with_suffix(".xlsx").stat().st_size > 1000


def test_nothing_is_left_running(played: Played) -> None:
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes()
        except OSError:
            continue
        assert str(played.folder).encode() not in command
