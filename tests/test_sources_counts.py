"""Counts in = encoded + quarantined + outside, whatever is wrong with the rows; no fault shows a value."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources.extract import Extract
from tests.support.agency_desk import child, episode, interview, report, spell, write_table
from tests.support.extracts import balanced, read

COUNT = 12
MANGLED = (
    "", " ", "unknown", "=1+1", "31/02/2010", "45000", "1.2E+10", "ZZ", "Ω≈ç√", "a" * 300, "01/01/1900",
    "M", "N", "2010-05-06 00:00:00", "-1", "CH0000003", "EP0000002", "05/06/2025 23:59", "5 June 2025",
)  # fmt: skip

Tables = dict[str, list[dict[str, str]]]
CHANGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, COUNT - 1), st.integers(0, 20), st.sampled_from(MANGLED)),
    max_size=25,
)


def _council() -> Tables:
    numbers = range(1, COUNT + 1)
    return {
        "children": [child(number) for number in numbers],
        "care_spells": [spell(number) for number in numbers],
        "episodes": [episode(number) for number in numbers],
        "interviews": [interview(number) for number in numbers],
    }


def _mangled(tables: Tables, changes: list[tuple[int, int, int, str]]) -> Tables:
    names = list(tables)
    for table, row, column, value in changes:
        cells = tables[names[table % len(names)]][row]
        cells[list(cells)[column % len(cells)]] = value
    return tables


@given(CHANGES)
def test_every_row_of_a_council_goes_somewhere(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, int, str]]
) -> None:
    extract = read(tmp_path_factory.mktemp("council"), **_mangled(_council(), changes))
    assert balanced(extract)
    assert {name: tally.read for name, tally in extract.log.tallies.items()} == dict.fromkeys(
        _council(), COUNT
    )
    _counted_as_kept(extract)
    _whole(extract)


@given(CHANGES)
def test_every_row_of_a_police_force_goes_somewhere(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, int, str]]
) -> None:
    rows = [report(number, child_ref=f"NM{number // 2:07d}") for number in range(1, COUNT + 1)]
    tables = _mangled({"episodes": rows}, changes)
    folder = tmp_path_factory.mktemp("police")
    extract = read(folder, "police-csv", role="police", areas=("E09",), **tables)
    assert balanced(extract)
    assert extract.log.tallies["episodes"].read == COUNT
    _counted_as_kept(extract)
    _whole(extract)


def _counted_as_kept(extract: Extract) -> None:
    kept = {"children": extract.children, "care_spells": extract.care_spells, "episodes": extract.episodes}
    for name, found in {**kept, "interviews": extract.interviews}.items():
        if name in extract.log.tallies:
            assert extract.log.tallies[name].kept == len(found)


def _whole(extract: Extract) -> None:
    """What is kept refers only to what is kept, and every quarantined row has an error."""
    children = {one.reference for one in extract.children}
    assert {one.child for one in (*extract.care_spells, *extract.episodes)} <= children
    assert {one.episode for one in extract.interviews} <= {one.reference for one in extract.episodes}
    quarantined = sum(tally.quarantined for tally in extract.log.tallies.values())
    assert len({(fault.table, fault.row) for fault in extract.log.errors()}) >= quarantined


def test_rows_that_are_cut_or_too_wide_are_counted(tmp_path: Path) -> None:
    tables = _council()
    read(tmp_path, **tables)
    for name in tables:
        file = tmp_path / f"{name}.csv"
        lines = file.read_text().splitlines()
        lines[3] = lines[3].partition(",")[0]
        lines[4] += ",one too many"
        file.write_text("\n".join(lines) + "\n")
    extract = read(tmp_path)
    assert balanced(extract)
    assert extract.log.tallies["children"].quarantined == 2
    # The records of the two children in quarantine go with them, each with the reason.
    reasons = [fault.problem for fault in extract.log.errors() if fault.table == "episodes"]
    assert len(reasons) == 2
    assert extract.log.tallies["episodes"].quarantined == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_an_extract_in_another_dress_is_the_same_extract(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    plain = read(tmp_path / "plain", **_council())
    for name, rows in _council().items():
        write_table(tmp_path / "other" / f"{name}.csv", rows, encoding=encoding, delimiter=delimiter)
    other = read(tmp_path / "other")
    assert [one.variants for one in other.children] == [one.variants for one in plain.children]
    assert [one.record for one in other.episodes] == [one.record for one in plain.episodes]


def test_no_fault_shows_a_value(tmp_path: Path) -> None:
    """Plant canaries in every cell and break every row: what is said names places and shapes only."""
    secrets = random.Random(7)
    planted: list[str] = []

    def canary(_: str) -> str:
        planted.append("".join(secrets.choice("bcdfghjklm") for _ in range(10)))
        return planted[-1]

    tables = {
        name: [{column: canary(column) for column in row} for row in rows]
        for name, rows in _council().items()
    }
    extract = read(tmp_path, **tables)
    assert extract.log.errors()
    places = [(one.file, one.column, one.found, one.problem, one.cure) for one in extract.log.faults]
    said = " ".join(text for texts in places for text in texts)
    assert not [one for one in planted if one in said]
    assert not [one for one in planted if one in repr(extract.log)]
