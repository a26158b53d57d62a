"""What is written of released tables: figures and symbols of the release alone, nowhere a blank cell."""

import csv
import io
import re
from html.parser import HTMLParser

import openpyxl
import pytest

from api.publishing.files import publication
from api.publishing.places import GEOGRAPHY
from api.publishing.words import SYMBOLS
from benchmarks.made_up_register import made_up_register
from linkage.lab.world import simulate
from linkage.register.counts import CountTable
from linkage.register.released import ReleasedCell
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.periods import read_period
from linkage.register.statistics.published import (
    Beside,
    LinkQuality,
    mean_per_child,
    median_hours,
    percent_of,
)
from linkage.register.statistics.tables import count_tables, found_areas
from tests.support.rounded import rounded

PERIOD = read_period("2025-04-01..2026-03-31")
MARKS = {mark for mark, _ in SYMBOLS}
NUMBER = re.compile(r"[0-9]+(\.[0-9])?|over-168")


@pytest.fixture(scope="module")
def counted() -> tuple[list[CountTable], Beside]:
    world = simulate(400, 5, councils=4, forces=2)
    made = made_up_register(world)
    facts = gather_facts(made.records, made.person_of, made.directory)
    coverage = AreaMonths(facts.calendar, made.directory, PERIOD, found_areas(facts))
    quality = LinkQuality(900, 600, 12, 0.995, 0.981, 0.999)
    return count_tables(facts, made.directory, PERIOD), Beside(PERIOD, made.directory, coverage, quality, 3)


@pytest.fixture(scope="module")
def files(counted: tuple[list[CountTable], Beside]) -> dict[str, bytes]:
    tables, beside = counted
    return dict(publication(rounded(tables), beside))


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _figures(name: str) -> bool:
    return name.startswith(("children", "incidents", "calls", "median", "linkage_precision", "held_by_both"))


def test_every_cell_is_a_figure_or_a_symbol(files: dict[str, bytes]) -> None:
    seen = set()
    for name, content in files.items():
        if not name.endswith(".csv") or name == "patterns.csv":
            continue
        for row in _rows(content):
            assert None not in row
            for column, cell in row.items():
                if _figures(column):
                    assert NUMBER.fullmatch(cell) or cell in MARKS, (name, column, cell)
                    seen.add(cell if cell in MARKS else "number")
                elif column not in GEOGRAPHY:
                    assert cell, (name, column)
            assert row["geographic_level"]
    assert {"number", "c", "u", "z"} <= seen


def test_no_exact_figure_is_in_any_file(
    counted: tuple[list[CountTable], Beside], files: dict[str, bytes]
) -> None:
    tables, _ = counted
    totals = {cell.value for table in tables for cell in table.cells.values() if cell.value > 100}
    exact = {str(value) for value in totals if value % 5}
    assert len(exact) > 10
    for name, content in files.items():
        if name.endswith(".csv"):
            written = {
                cell
                for row in _rows(content)
                for column, cell in row.items()
                if column.startswith(("children", "incidents", "calls"))
            }
            assert written & exact == set(), name


def test_the_columns_are_those_of_the_open_data(files: dict[str, bytes]) -> None:
    rows = _rows(files["t1_missing-by-area.csv"])
    assert list(rows[0])[:2] == ["time_period", "time_identifier"]
    assert list(rows[0])[2:11] == list(GEOGRAPHY)
    levels = {row["geographic_level"] for row in rows}
    assert levels == {"National", "Regional", "Local authority"}
    council = next(row for row in rows if row["new_la_code"].startswith("E06"))
    assert all(council[name] for name in ("country_code", "region_code", "region_name", "la_name"))
    months = {row["time_identifier"] for row in _rows(files["t13_missing-by-month.csv"])}
    assert {"April", "March", "Financial year", "Financial year Q4"} <= months
    forces = _rows(files["t1b_missing-by-police-force.csv"])
    assert {row["geographic_level"] for row in forces} == {"National", "Police force area"}


def test_coverage_and_quality_stand_beside_every_figure(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith(".csv") and name != "patterns.csv":
            for row in _rows(content):
                assert (row["linkage_precision_low"], row["linkage_precision_high"]) == ("98.1", "99.9")
                assert row["coverage_percent"] == "x" or 0 <= int(row["coverage_percent"]) <= 100
                assert row["held_by_both_percent"] != "x"
    by_sex = _rows(files["t2_missing-by-age-and-sex.csv"])
    held = _rows(files["t16b_whose-records-hold-the-children-by-sex.csv"])
    both = {row["sex"]: row["children_percent"] for row in held if row["held_by"].startswith("Councils and")}
    for row in by_sex:
        if row["sex"] in {"Female", "Male"}:
            assert row["held_by_both_percent"] == both[row["sex"]]


def test_within_72_hours_is_told_of_interviews_completed(files: dict[str, bytes]) -> None:
    rows = [row for row in _rows(files["t9_return-interviews.csv"]) if row["geographic_level"] == "National"]
    found = {row["interview"]: row for row in rows}
    within, completed = found["Completed within 72 hours of return"], found["Completed"]
    share = round(100 * int(within["incidents"]) / int(completed["incidents"]))
    assert abs(int(within["incidents_percent_of_group"]) - share) <= 1
    assert 40 < share < 90
    assert int(within["incidents_percent"]) < share
    assert int(found["Reported by police only"]["incidents"]) > 0


def test_the_workbook_has_contents_notes_coverage_and_every_table(
    counted: tuple[list[CountTable], Beside], files: dict[str, bytes]
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["tables.xlsx"]))
    numbers = list(dict.fromkeys(table.number for table in counted[0]))
    assert book.sheetnames == ["Contents", "Notes", "Coverage", "Patterns", *numbers]
    said = [str(row[1].value) for row in book["Notes"].iter_rows() if row[1].value]
    assert any("98.1 to 99.9 per cent" in one for one in said)
    assert any("12 pairs" in one for one in said)
    rows = [[cell.value for cell in row] for row in book["T3"].iter_rows()]
    head = next(n for n, row in enumerate(rows) if row[0] == "time_period")
    tidy = _rows(files["t3_missing-by-ethnicity.csv"])
    assert len(rows) - head - 1 == len(tidy)
    place = rows[head].index("incidents")
    assert [str(row[place]) for row in rows[head + 1 :]] == [row["incidents"] for row in tidy]


def test_the_same_tables_make_the_same_files(
    counted: tuple[list[CountTable], Beside], files: dict[str, bytes]
) -> None:
    tables, beside = counted
    few = [table for table in tables if table.number in {"T1", "T16"}]
    first, second = (dict(publication(rounded(few), beside)) for _ in range(2))
    assert first == second
    assert "patterns.csv" not in first
    assert set(first) < set(files)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and self.tags[-1] == "td":
            self.cells[-1] += data


def test_every_chart_has_its_table_beside_it_and_loads_nothing(files: dict[str, bytes]) -> None:
    pages = [name for name in files if name.endswith(".html") and name != "index.html"]
    assert len(pages) > 30
    for name in pages:
        page = _Page()
        page.feed(files[name].decode())
        assert {"svg", "table", "caption", "main", "h1"} <= set(page.tags), name
        assert "script" not in page.tags
        assert [one for one in page.links if not one.startswith("#")] == []
        svg = files[name.replace(".html", ".svg")].decode()
        assert svg in files[name].decode()
        tidy = _rows(files[name.replace(".html", ".csv")])
        measures = {"children", "incidents", "calls"} & set(tidy[0])
        assert {row[measure] for row in tidy for measure in measures} <= set(page.cells)
    contents = _Page()
    contents.feed(files["index.html"].decode())
    assert set(contents.links) <= set(files)


def test_figures_are_derived_from_released_cells_alone() -> None:
    def cell(value: int) -> ReleasedCell:
        return ReleasedCell(str(value), value)

    hidden, dark = ReleasedCell("c", None), ReleasedCell("x", None)
    shares = [percent_of(*pair) for pair in (
        (cell(30), cell(90)), (cell(5), cell(2000)), (cell(0), cell(50)), (cell(0), cell(0)),
        (hidden, cell(50)), (cell(5), dark), (cell(60), cell(50)),
    )]  # fmt: skip
    assert shares == ["33", "k", "0", "z", "c", "x", "100"]
    assert mean_per_child(cell(100), cell(40)) == "2.5"
    assert [mean_per_child(cell(50), cell(25)), mean_per_child(cell(0), cell(0))] == ["u", "z"]
    assert [mean_per_child(hidden, cell(40)), mean_per_child(cell(40), dark)] == ["c", "x"]
    bands = ("up-to-24h", "24h-48h", "48h-72h", "72h-120h", "120h-168h", "over-168h")

    def median(*counts: int) -> str:
        return median_hours({code: cell(count) for code, count in zip(bands, counts, strict=True)})

    assert median(40, 40, 0, 0, 0, 0) == "24"
    assert median(0, 0, 100, 0, 0, 0) == "60"
    assert median(10, 0, 0, 0, 0, 90) == "over-168"
    assert [median(10, 10, 0, 0, 0, 0), median(0, 0, 0, 0, 0, 0)] == ["u", "z"]
    assert median_hours({**{code: cell(40) for code in bands}, "24h-48h": hidden}) == "c"
