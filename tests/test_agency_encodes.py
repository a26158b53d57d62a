"""The whole local path: an extract becomes a bundle that the linkage unit, and nobody else, can open."""

import json
import sqlite3
from pathlib import Path
from typing import BinaryIO

import pytest

from cli.agency import encoding
from cli.agency.bundles import lines, opened_bundle
from cli.agency.crosswalk import Crosswalk
from linkage.wire.bundle import Bundle
from linkage.wire.compression import decompress
from linkage.wire.encodings import Encodings, read_encodings
from linkage.wire.manifest import Manifest, part_context, verify_manifest
from linkage.wire.records import Payload, read_payload
from linkage.wire.seal import open_seal
from tests.support.agency_desk import (
    PERIOD,
    PROFILE,
    Desk,
    Epoch,
    UnitKeys,
    child,
    desk,
    episode,
    epoch,
    interview,
    joined_desk,
    report,
    spell,
    unit,
    write_council,
    write_table,
)

__all__ = ["desk", "epoch", "unit"]


def _encode(desk: Desk, source: Path, *more: str) -> Manifest:
    outcome = desk.encode(source, "council-csv", *more)
    assert outcome.code == 0, outcome.err
    with opened_bundle(desk.bundle) as bundle:
        return bundle.manifest


def _as_sealed(desk: Desk, unit: UnitKeys) -> tuple[Payload, Encodings]:
    """Open the sealed bundle as the two workers of the unit would, each with its own key."""
    with opened_bundle(desk.bundle) as bundle:
        manifest = bundle.manifest
        context = {
            name: part_context(
                desk.code, manifest.epoch, name, period=manifest.period, sequence=manifest.sequence
            )
            for name in ("encodings", "payload")
        }
        rows = open_seal(bundle.pieces("encodings"), unit.encodings, context=context["encodings"])
        _, encodings = read_encodings(rows)
        packed = open_seal(bundle.pieces("payload"), unit.payload, context=context["payload"])
        content = decompress(packed, limit=manifest.part("payload").size)
        return read_payload(lines(content)), encodings


def _as_open(desk: Desk) -> tuple[Payload, Encodings]:
    with opened_bundle(desk.open_bundle) as bundle:
        payload = read_payload(lines(bundle.pieces("payload")))
        return payload, read_encodings(bundle.pieces("encodings"))[1]


def test_the_unit_opens_what_the_agency_inspects(
    tmp_path: Path, desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    manifest = _encode(desk, write_council(tmp_path / "source", 6))
    assert (manifest.agency, manifest.role, manifest.sequence) == ("E09", "council", 1)
    assert f"{manifest.period.start}..{manifest.period.end}" == PERIOD
    assert (manifest.epoch, manifest.profile_digest) == ("e1", PROFILE.digest)
    assert manifest.key_check_value == epoch.key.check_value()
    assert manifest.conformance == epoch.descriptor.conformance
    payload, encodings = _as_sealed(desk, unit)
    open_payload, open_encodings = _as_open(desk)
    assert payload == open_payload
    assert (encodings.bits == open_encodings.bits).all()
    counts = manifest.counts
    assert (counts.children, counts.care_spells, counts.episodes, counts.interviews) == (6, 6, 6, 6)
    assert (counts.rows, counts.coverage) == (6, 12)
    assert {one.handle for one in payload.children} == set(encodings.handle_texts())
    with opened_bundle(desk.bundle) as bundle:
        verify_manifest(bundle.manifest_bytes, bundle.signature, signing_key=desk.card().signing_key)


def test_records_are_in_the_order_of_their_random_handles(tmp_path: Path, desk: Desk) -> None:
    _encode(desk, write_council(tmp_path / "source", 12))
    payload, encodings = _as_open(desk)
    for group in (payload.children, payload.care_spells, payload.episodes):
        handles = [one.handle for one in group]
        assert handles == sorted(handles)
    assert encodings.handle_texts() == sorted(encodings.handle_texts())


def test_the_same_extract_again_has_the_same_content_under_a_higher_sequence(
    tmp_path: Path, desk: Desk, unit: UnitKeys
) -> None:
    source = write_council(tmp_path / "source", 6)
    first = _encode(desk, source)
    content = _as_open(desk)
    sealed = desk.bundle.read_bytes()
    write_table(source / "children.csv", [child(number) for number in (3, 1, 6, 2, 5, 4)])
    second = _encode(desk, source)
    assert (first.sequence, second.sequence) == (1, 2)
    assert [part.sha256 for part in first.parts] == [part.sha256 for part in second.parts]
    assert content[0] == _as_open(desk)[0]
    # A seal is drawn anew every time: two sealed bundles of one content have nothing in common to compare.
    assert [part.sealed_sha256 for part in first.parts] != [part.sealed_sha256 for part in second.parts]
    assert sealed != desk.bundle.read_bytes()


def test_versions_grow_with_content_and_only_with_it(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 3)
    _encode(desk, source)
    handles = {one.record: one.handle for one in _references(desk)}
    write_council(
        source,
        3,
        children=[child(1), child(2, surname="Other"), child(3)],
        care_spells=[spell(1), spell(2), spell(3, legal_status="E1")],
        episodes=[episode(1), episode(2, end="08/06/2025"), episode(3)],
        interviews=[interview(1, outcome="declined"), interview(2), interview(3)],
    )
    outcome = desk.encode(source, "council-csv")
    assert "0 new records, 5 changed, 7 as before, 0 withdrawn" in outcome.out
    payload, _ = _as_open(desk)
    assert {one.record: one.handle for one in _references(desk)} == handles
    records = (*payload.children, *payload.care_spells, *payload.episodes)
    # The third episode takes its legal status from the care spell that changed.
    names = (
        "child CH0000002",
        "care-spell CH0000003 / 2024-02-03",
        "episode EP0000002",
        "episode EP0000003",
    )
    assert {one.handle for one in records if one.version == 2} == {handles[name] for name in names}
    assert all(one.version in (1, 2) for one in records)
    assert sorted(one.version for one in payload.interviews) == [1, 1, 2]


class _Reference:
    def __init__(self, line: str) -> None:
        kind, reference, self.handle = line.split(",")
        self.record = f"{kind} {reference}"


def _references(desk: Desk) -> list[_Reference]:
    file = desk.path / "references.csv"
    assert desk.run("references", "--output", file).code == 0
    header, *rows = file.read_text(encoding="utf-8-sig").splitlines()
    assert header == "kind,local_reference,handle"
    return [_Reference(row) for row in rows]


def test_absent_records_are_withdrawn_by_period(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 6)
    _encode(desk, source)
    other = ("--period", "2024-04-01..2025-03-31")
    outcome = desk.run("encode", source, *other, "--output", desk.path / "other.clew")
    assert "0 withdrawn" in outcome.out
    write_council(source, 4)
    before = desk.bundle.read_bytes()
    outcome = desk.encode(source, "council-csv")
    assert outcome.code == 1
    assert "6 of the 18 records of your last encoding for this period would be withdrawn" in outcome.err
    assert "--allow-withdrawals" in outcome.err
    assert desk.bundle.read_bytes() == before
    outcome = desk.encode(source, "council-csv", "--allow-withdrawals")
    assert "0 new records, 0 changed, 16 as before, 6 withdrawn" in outcome.out
    assert "withdrawn (compared with your last encoding for this period)" in outcome.out
    write_council(source, 6)
    outcome = desk.encode(source, "council-csv")
    assert "0 new records, 0 changed, 24 as before, 0 withdrawn" in outcome.out


def test_a_snapshot_that_would_withdraw_everything_is_refused_unless_asked_for(
    tmp_path: Path, desk: Desk
) -> None:
    source = write_council(tmp_path / "source", 2)
    _encode(desk, source)
    for name in ("children", "care_spells", "episodes", "interviews"):
        file = source / f"{name}.csv"
        file.write_text(file.read_text().splitlines()[0] + "\n")
    before = desk.bundle.read_bytes()
    outcome = desk.encode(source, "council-csv")
    assert outcome.code == 1
    assert "no child can be encoded" in outcome.err
    assert desk.bundle.read_bytes() == before
    manifest = _encode(desk, source, "--allow-empty")
    assert (manifest.counts.children, manifest.counts.rows, manifest.sequence) == (0, 0, 2)


def test_coverage_must_be_stated(tmp_path: Path, epoch: Epoch, unit: UnitKeys) -> None:
    police = joined_desk(tmp_path / "police", epoch, unit.card, "P01", "police")
    source = write_table(tmp_path / "reports.csv", [report(1), report(2)])
    outcome = police.encode(source, "police-csv")
    assert outcome.code == 1
    assert "--area" in outcome.err
    assert not police.bundle.exists()
    assert police.encode(source, "police-csv", "--area", "e9").code == 2
    outcome = police.encode(source, "police-csv", "--area", "E09", "--area", "E10")
    assert outcome.code == 0, outcome.err
    payload, _ = _as_open(police)
    assert {one.area for one in payload.coverage} == {"E09", "E10"}
    assert len(payload.episodes) == 2


def test_faulty_rows_stay_behind_and_are_counted(tmp_path: Path, desk: Desk) -> None:
    children = [child(number) for number in range(1, 7)]
    children[3] |= {"date_of_birth": "32/02/2010"}
    source = write_council(tmp_path / "source", 6, children=children)
    outcome = desk.encode(source, "council-csv", "--fixes", str(tmp_path / "fixes.csv"))
    assert outcome.code == 0, outcome.err
    payload, encodings = _as_open(desk)
    assert (len(payload.children), len(encodings), len(payload.episodes), len(payload.interviews)) == (
        5,
        5,
        5,
        5,
    )
    said = "1 episode and 1 child are in quarantine: the other side will be told that you hold none of them"
    assert said in outcome.out
    assert said in desk.check(source, "council-csv").out
    counted = {line.split("  ")[0]: line.split()[-5:] for line in outcome.out.splitlines()[1:5]}
    assert counted["children"] == ["6", "5", "1", "0", "0"]
    assert "99/99/9999" in (tmp_path / "fixes.csv").read_text(encoding="utf-8-sig")


def test_names_too_incomplete_for_any_view_are_counted(tmp_path: Path, desk: Desk) -> None:
    children = [child(1), child(2, date_of_birth="", postcode="", forename="")]
    source = write_council(tmp_path / "source", 2, children=children)
    outcome = desk.encode(source, "council-csv")
    assert "1 sets of names are too incomplete to be linked" in outcome.err
    payload, encodings = _as_open(desk)
    assert (len(payload.children), len(encodings)) == (2, 1)


def test_the_mapping_is_saved_and_used_again(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 2)
    named = ("--period", PERIOD, "--output", desk.bundle)
    outcome = desk.run("encode", source, *named)
    assert outcome.code == 1
    assert "name one with --mapping" in outcome.err
    assert "saved in the workspace" in desk.check(source, "council-csv").err
    outcome = desk.run("encode", source, *named)
    assert outcome.code == 0
    assert "saved" not in outcome.err
    wrong = desk.check(source, "police-csv")
    assert wrong.code == 1
    assert 'name = "council-csv"' in (desk.workspace / "mapping.toml").read_text()


@pytest.mark.parametrize(
    "period", ["2025-04-01", "2025-04-01..x", "2026-03-31..2025-04-01", "..", "01/04/2025..x"]
)
def test_a_period_that_is_none_is_wrong_usage(tmp_path: Path, desk: Desk, period: str) -> None:
    source = write_council(tmp_path / "source", 1)
    outcome = desk.run("encode", source, "--mapping", "council-csv", "--period", period, "--output", "x.clew")
    assert outcome.code == 2
    assert "2024-04-01..2025-03-31" in outcome.err
    assert ("the last day is before the first" in outcome.err) == (period[:4] == "2026")


def test_a_period_that_looks_mistyped_is_warned_of(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 3)
    named = ("--mapping", "council-csv", "--output", desk.bundle, "--overwrite")
    outcome = desk.run("encode", source, *named, "--period", "2024-04-01..2099-03-31")
    assert "the period ends after today" in outcome.err
    assert "more than half" not in outcome.err
    outcome = desk.run("encode", source, *named, "--period", "2024-04-01..2025-03-31")
    assert "the period ends after today" not in outcome.err
    assert "more than half of the episodes lie outside the period" in outcome.err


def test_a_bundle_is_named_as_one(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", 1)
    named = ("--mapping", "council-csv", "--period", PERIOD)
    outcome = desk.run("encode", source, *named, "--output", tmp_path / "bundle.zip")
    assert outcome.code == 1
    assert "bundle.zip: not the name of a bundle" in outcome.err
    assert not (tmp_path / "bundle.zip").exists()


@pytest.mark.parametrize("command", ["encode", "reencode"])
def test_a_bundle_that_is_there_is_not_written_over(tmp_path: Path, desk: Desk, command: str) -> None:
    """It may be of another period, and never submitted."""
    source = write_council(tmp_path / "source", 2)
    _encode(desk, source)
    left = _state(desk)
    again = ("--period", "2024-04-01..2025-03-31", "--output", desk.bundle)
    for gone in (None, desk.bundle, desk.open_bundle):
        kept = gone.read_bytes() if gone else b""
        if gone:
            gone.unlink()
        there = {path: path.read_bytes() for path in (desk.bundle, desk.open_bundle) if path.exists()}
        outcome = desk.run(command, source, *again, secret=False)
        assert outcome.code == 1
        said = desk.open_bundle if gone == desk.bundle else desk.bundle
        assert f"{said.name}: is there already and is not replaced" in outcome.err
        assert "--overwrite" in outcome.err
        assert {path: path.read_bytes() for path in there} == there
        if gone:
            gone.write_bytes(kept)
    assert _state(desk) == left
    assert desk.run("encode", source, *again, "--overwrite").code == 0


def _state(desk: Desk) -> tuple[list[tuple[object, ...]], set[str], set[str]]:
    database = desk.workspace / "workspace.db"
    rows: list[tuple[object, ...]] = []
    if database.exists():
        connection = sqlite3.connect(database)
        rows = connection.execute("select * from records").fetchall()
        rows += connection.execute("select * from journal").fetchall()
        connection.close()
    out = desk.bundle.parent
    return rows, {path.name for path in out.iterdir()} if out.exists() else set(), _spools(desk)


def _spools(desk: Desk) -> set[str]:
    return {path.name for path in desk.workspace.glob("spool-*")}


@pytest.mark.parametrize("where", ["seal", "second bundle", "journal", "save"])
def test_a_failed_encode_leaves_nothing(
    tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    source = write_council(tmp_path / "source", 3)
    assert desk.check(source, "council-csv").code == 0
    before = _state(desk)[0]
    with monkeypatch.context() as patched:
        _break(patched, where)
        outcome = desk.encode(source, "council-csv")
    assert outcome.code == 1
    assert "no space left on device" in outcome.err
    rows, files, spools = _state(desk)
    assert (rows, files, spools) == (before, set(), set())
    assert _encode(desk, source).sequence == 1


def _break(patched: pytest.MonkeyPatch, where: str) -> None:
    full = OSError(28, "No space left on device")

    def fail(*_: object, **__: object) -> None:
        raise full

    if where == "seal":
        patched.setattr("cli.agency.spool.seal", fail)
    elif where == "journal":
        patched.setattr("cli.agency.store.Store.write_journal", fail)
    elif where == "save":
        patched.setattr(Crosswalk, "save", fail)
    else:
        write, calls = encoding.write_bundle, []

        def second(target: BinaryIO, **content: object) -> None:
            calls.append(target)
            if len(calls) == 2:
                raise full
            write(target, **content)  # type: ignore[arg-type]

        patched.setattr(encoding, "write_bundle", second)


def test_both_bundles_appear_or_neither(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last rename fails: the bundle that already took its place goes again."""
    source = write_council(tmp_path / "source", 3)
    rename = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == "bundle.open.clew":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        outcome = desk.encode(source, "council-csv")
    assert outcome.code == 1
    assert _state(desk)[1] == set()
    # The journal had promised a bundle 1; the next one is 2, with the handles given then.
    assert _encode(desk, source).sequence == 2


def test_what_a_crash_left_of_a_spool_goes_with_the_next_encode(tmp_path: Path, desk: Desk) -> None:
    left = desk.workspace / "spool-0123456789ab"
    left.mkdir()
    (left / "payload.open").write_text("half")
    out = desk.bundle.parent
    out.mkdir()
    mine = [".bundle.clew.0123456789ab.part", ".bundle.open.clew.0123456789ab.part"]
    others = [".other.clew.0123456789ab.part", "bundle.clew.part"]
    for name in mine + others:
        (out / name).write_text("half")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert desk.encode(empty, "council-csv").code == 1
    assert not _spools(desk)
    assert {path.name for path in out.iterdir()} == set(others)
    _encode(desk, write_council(tmp_path / "source", 2))
    assert {path.name for path in out.iterdir()} == {*others, "bundle.clew", "bundle.open.clew"}


def test_two_encodes_at_once_do_not_mix(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_council(tmp_path / "source", 2)
    _encode(desk, source)
    monkeypatch.setattr("cli.agency.store._BUSY_SECONDS", 0.1)
    connection = sqlite3.connect(desk.workspace / "workspace.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    outcome = desk.encode(source, "council-csv")
    connection.execute("ROLLBACK")
    connection.close()
    assert outcome.code == 1
    assert "another clew command is working in this workspace" in outcome.err
    assert _encode(desk, source).sequence == 2


def test_the_journal_says_what_was_done_and_when(tmp_path: Path, desk: Desk) -> None:
    manifest = _encode(desk, write_council(tmp_path / "source", 2))
    connection = sqlite3.connect(desk.workspace / "workspace.db")
    ((action, period, sequence, submission, details),) = connection.execute(
        "select action, period, sequence, submission, details from journal"
    ).fetchall()
    connection.close()
    assert (action, period, sequence) == ("encode", PERIOD, 1)
    with opened_bundle(desk.bundle) as bundle:
        assert isinstance(bundle, Bundle)
    told = json.loads(details)
    assert told["counts"]["children"] == 2
    assert told["tables"]["episodes"] == {"read": 2, "kept": 2, "quarantined": 0, "shielded": 0, "outside": 0}
    assert told["parts"]["payload"] == manifest.part("payload").sealed_sha256
    assert len(submission) == 64


def test_the_bundle_can_be_read_by_its_owner_only(tmp_path: Path, desk: Desk) -> None:
    _encode(desk, write_council(tmp_path / "source", 1))
    assert {path.stat().st_mode & 0o777 for path in (desk.bundle, desk.open_bundle)} == {0o600}
