"""After a new epoch everything is encoded again under the same handles, and what is left out is said."""

import csv
import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from linkage.wire.bundle import Bundle
from linkage.wire.epochs import add_signature
from linkage.wire.moments import Moment
from tests.support.agency_desk import (
    PERIOD,
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    epoch,
    joined_desk,
    make_epoch,
    unit,
    write_council,
)

__all__ = ["epoch", "unit"]

LAST_YEAR = "2024-04-01..2025-03-31"


@pytest.fixture(scope="module")
def newer(unit: UnitKeys, epoch: Epoch) -> Epoch:
    """The next epoch, of another key, by the same custodians."""
    opens = Moment.day((dt.datetime.now(dt.UTC) - dt.timedelta(days=3)).date())
    made = make_epoch(unit.card, key=b"\x09" * 32, epoch="e2", opens=opens)
    descriptor = structs.replace(made.descriptor, signatures=())
    for member in epoch.members[:2]:
        descriptor = add_signature(descriptor, member.identity.signing)
    return Epoch(made.key, epoch.members, descriptor)


@pytest.fixture
def desk(tmp_path: Path, epoch: Epoch, unit: UnitKeys) -> Iterator[Desk]:
    desk = joined_desk(tmp_path / "desk", epoch, unit.card)
    assert desk.encode(write_council(tmp_path / "first", 6), "council-csv").code == 0
    yield desk
    everything = "".join(one.out + one.err for one in desk.outputs)
    assert "canary" not in everything
    assert "CH0" not in everything


def _reencode(
    desk: Desk, source: Path, *more: str | Path, name: str = "again", period: str = PERIOD
) -> Outcome:
    output = desk.path / "out" / f"{name}.clew"
    return desk.run("reencode", source, "--period", period, "--output", output, *more)


def _handles(path: Path) -> dict[str, list[str]]:
    with path.open("rb") as stream:
        bundle = Bundle(stream)
        lines = b"".join(bundle.pieces("payload")).splitlines()
    found: dict[str, list[str]] = {}
    for line in map(json.loads, lines[1:]):
        if isinstance(line, dict) and "handle" in line:
            found.setdefault(str(sorted(line)), []).append(line["handle"])
    return found


def test_a_whole_extract_is_reached_under_the_same_handles(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    before = _handles(desk.open_bundle)
    assert desk.join(newer, unit.card).code == 0
    list_file = tmp_path / "left-out.csv"
    outcome = _reencode(desk, tmp_path / "first", "--left-out", list_file)
    assert outcome.code == 0, outcome.err
    assert (
        "18 of the 18 records that you encoded before are re-encoded in epoch e2, 0 are left out"
        in outcome.out
    )
    assert "LEFT OUT" not in outcome.err
    again = desk.path / "out" / "again.open.clew"
    assert before
    assert _handles(again) == before
    with again.open("rb") as stream:
        manifest = Bundle(stream).manifest
    assert (manifest.epoch, manifest.key_check_value) == ("e2", newer.descriptor.key_check_value)
    assert list_file.read_text(encoding="utf-8-sig").splitlines() == ["kind,local_reference,child_reference"]


def test_what_is_left_out_is_counted_loudly_and_listed_for_the_agency_alone(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    assert desk.join(newer, unit.card).code == 0
    source = write_council(tmp_path / "second", 5)
    list_file = tmp_path / "lists" / "left-out.csv"
    outcome = _reencode(desk, source, "--left-out", list_file)
    assert outcome.code == 0, outcome.err
    assert (
        "15 of the 18 records that you encoded before are re-encoded in epoch e2, 3 are left out"
        in outcome.out
    )
    assert "warning: LEFT OUT: 1 care spell, 1 child, 1 episode." in outcome.err
    assert list_file.stat().st_mode & 0o777 == 0o600
    with list_file.open(encoding="utf-8-sig", newline="") as stream:
        kinds = {row["kind"]: row for row in csv.DictReader(stream)}
    assert set(kinds) == {"care-spell", "child", "episode"}
    assert kinds["child"]["local_reference"] == "CH0000006"
    assert kinds["child"]["child_reference"] == ""
    assert kinds["episode"]["child_reference"] == kinds["care-spell"]["child_reference"] == "CH0000006"


def test_the_same_epoch_is_refused_and_nothing_is_written(tmp_path: Path, desk: Desk) -> None:
    list_file = tmp_path / "lists" / "left-out.csv"
    outcome = _reencode(desk, tmp_path / "first", "--left-out", list_file)
    assert outcome.code == 1
    assert f"your last encoding for {PERIOD} was already made in epoch e1" in outcome.err
    assert "hint:" in outcome.err
    assert not list_file.parent.exists()
    assert {path.name for path in (desk.path / "out").iterdir()} == {"bundle.clew", "bundle.open.clew"}


def test_a_second_re_encoding_in_the_new_epoch_is_refused(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    assert desk.join(newer, unit.card).code == 0
    assert _reencode(desk, tmp_path / "first").code == 0
    outcome = _reencode(desk, tmp_path / "first", name="third")
    assert outcome.code == 1
    assert "already made in epoch e2" in outcome.err
    assert desk.encode(tmp_path / "first", "council-csv").code == 0


def test_a_workspace_that_never_encoded_has_nothing_to_re_encode(
    tmp_path: Path, epoch: Epoch, unit: UnitKeys
) -> None:
    fresh = joined_desk(tmp_path / "fresh", epoch, unit.card)
    outcome = _reencode(fresh, write_council(tmp_path / "source", 2), "--mapping", "council-csv")
    assert outcome.code == 1
    assert "there is nothing to re-encode" in outcome.err


def test_every_period_is_re_encoded_by_itself(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    older = tmp_path / "first"
    assert desk.run("encode", older, "--period", LAST_YEAR, "--output", desk.path / "out/old.clew").code == 0
    assert desk.join(newer, unit.card).code == 0
    outcome = _reencode(desk, tmp_path / "first")
    assert outcome.code == 0, outcome.err
    assert f"still to be re-encoded: {LAST_YEAR}" in outcome.err
    outcome = _reencode(desk, older, name="old-again", period=LAST_YEAR)
    assert outcome.code == 0, outcome.err
    assert "still to be re-encoded" not in outcome.err
    assert "LEFT OUT" not in outcome.err


def test_a_mistyped_period_is_warned_of(tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys) -> None:
    assert desk.join(newer, unit.card).code == 0
    outcome = _reencode(desk, tmp_path / "first", period="2025-04-01..2026-03-30")
    assert outcome.code == 0, outcome.err
    assert f"was not encoded here before; these were: {PERIOD}" in outcome.err
    assert f"still to be re-encoded: {PERIOD}" in outcome.err


def test_what_was_withdrawn_before_is_not_left_out_now(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    assert desk.encode(write_council(tmp_path / "second", 5), "council-csv").code == 0
    assert desk.join(newer, unit.card).code == 0
    outcome = _reencode(desk, tmp_path / "second")
    assert (
        "15 of the 15 records that you encoded before are re-encoded in epoch e2, 0 are left out"
        in outcome.out
    )
    assert "3 others had been withdrawn before" in outcome.out


def test_half_an_extract_is_refused_as_encode_refuses_it(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    assert desk.join(newer, unit.card).code == 0
    source = write_council(tmp_path / "second", 2)
    list_file = tmp_path / "left-out.csv"
    outcome = _reencode(desk, source, "--left-out", list_file)
    assert outcome.code == 1
    assert "more than a fifth" in outcome.err
    assert not list_file.exists()
    assert not (desk.path / "out" / "again.clew").exists()
    outcome = _reencode(desk, source, "--left-out", list_file, "--allow-withdrawals")
    assert outcome.code == 0, outcome.err
    assert "12 are left out" in outcome.out


def test_the_list_never_goes_over_an_input_or_another_output(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    assert desk.join(newer, unit.card).code == 0
    before = (tmp_path / "first" / "children.csv").read_bytes()
    for taken in (tmp_path / "first" / "children.csv", desk.path / "out" / "again.clew"):
        assert _reencode(desk, tmp_path / "first", "--left-out", taken).code == 1
    assert (tmp_path / "first" / "children.csv").read_bytes() == before
    with sqlite3.connect(desk.workspace / "workspace.db") as database:
        assert database.execute("SELECT count(*) FROM journal WHERE action = 'encode'").fetchone() == (1,)
    database.close()


def test_a_list_that_cannot_be_written_stops_before_anything_is_encoded(
    tmp_path: Path, desk: Desk, newer: Epoch, unit: UnitKeys
) -> None:
    assert desk.join(newer, unit.card).code == 0
    outcome = _reencode(desk, tmp_path / "first", "--left-out", desk.passphrase / "left-out.csv")
    assert outcome.code == 1
    assert "passphrase" in outcome.err
    assert not (desk.path / "out" / "again.clew").exists()
