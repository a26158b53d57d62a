"""No identifier and no local reference lies readable in a workspace, whatever was done in it."""

import csv
import sqlite3
from pathlib import Path

import pytest

from tests.support.agency_desk import (
    Desk,
    child,
    clew,
    episode,
    interview,
    joined_desk,
    make_epoch,
    make_unit_keys,
    spell,
    write_council,
)
from tests.support.leaks import bytewise_hits, database_fields, field_hits, files_below

COUNT = 8


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    made = joined_desk(tmp_path_factory.mktemp("leaks") / "desk", make_epoch(unit.card), unit.card)
    numbers = range(1, COUNT + 1)
    children = [child(number, known_as=f"Knownascanary {number}") for number in numbers]
    children[4]["date_of_birth"] = "32/02/2010"
    children[5]["surname"] = "Übercanary-Ünderwood"
    source = write_council(
        made.path / "source",
        COUNT,
        children=children,
        care_spells=[spell(number) for number in numbers],
        episodes=[episode(number) for number in numbers],
        interviews=[interview(number, reasons="Freetextcanary about a friend") for number in numbers],
    )
    for _ in range(2):
        assert made.encode(source, "council-csv", "--fixes", made.path / "fixes.csv").code == 0
    assert made.run("references", "--output", made.path / "references.csv").code == 0
    assert clew("agency", "inspect", made.open_bundle).code == 0
    return made


def _values(desk: Desk) -> list[str]:
    """Every cell of the extract that could tell somebody apart."""
    private = {"children", "episodes", "interviews", "care_spells"}
    harmless = {"legal_status", "placement_type", "placement_provider", "host_council", "responsible_council"}
    values = []
    for name in private:
        with (desk.path / "source" / f"{name}.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        values += [cell for row in rows for column, cell in row.items() if column not in harmless and cell]
    return [value for value in values if value.casefold() not in {"accepted", "independent", "care home"}]


def test_no_value_lies_in_any_file_of_the_workspace(desk: Desk) -> None:
    values = _values(desk)
    assert len(values) > 100
    assert not bytewise_hits(files_below(desk.workspace), values)
    assert not field_hits(database_fields(desk.workspace), [value for value in values if len(value) > 3])


def test_no_value_lies_in_either_bundle(desk: Desk) -> None:
    days = [value for value in _values(desk) if value.count("/") == 2]
    # Days of care and episodes travel as ISO text; days of birth, years before any of them, do not.
    born = ["-".join(reversed(day.split("/"))) for day in days if day[6:] < "2024"]
    values = [*(value for value in _values(desk) if value not in days), *days, *born]
    assert len(born) == COUNT
    assert not bytewise_hits(files_below(desk.bundle.parent), values)


def test_no_value_was_said_on_the_terminal(desk: Desk) -> None:
    said = [(str(number), f"{one.out}{one.err}".encode()) for number, one in enumerate(desk.outputs)]
    assert not bytewise_hits(said, _values(desk))


def test_the_search_would_find_one(desk: Desk, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "leaky.db")
    database.execute("create table t (x text)")
    database.execute("insert into t values ('Surnamecanaryb'), ('EB2 1QZ')")
    database.commit()
    database.close()
    assert bytewise_hits(files_below(tmp_path), _values(desk))
    assert field_hits(database_fields(tmp_path), _values(desk))


def test_local_references_are_kept_but_only_the_identity_reads_them(desk: Desk) -> None:
    database = sqlite3.connect(desk.workspace / "workspace.db")
    rows = database.execute("select kind, handle, sealed_reference, reference_mac from records").fetchall()
    database.close()
    assert len(rows) == 4 * (COUNT - 1)
    for column in range(1, 4):
        assert len({row[column] for row in rows}) == len(rows)
    text = (desk.path / "references.csv").read_text(encoding="utf-8-sig")
    assert "CH0000001" in text
    assert "EP0000001" in text


def test_the_fix_list_masks_values_and_keeps_the_agencys_own_reference(desk: Desk) -> None:
    with (desk.path / "fixes.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    bad = next(row for row in rows if row["column"] == "date_of_birth")
    assert bad["your_reference"] == "CH0000005"
    assert (bad["file"], bad["row"], bad["found"], bad["severity"]) == (
        "children.csv",
        "6",
        "99/99/9999",
        "error",
    )
    assert bad["what_to_do"]
    names = [value for value in _values(desk) if "canary" in value]
    assert not bytewise_hits([("fixes", (desk.path / "fixes.csv").read_bytes())], names)
    assert (desk.path / "fixes.csv").stat().st_mode & 0o777 == 0o600
