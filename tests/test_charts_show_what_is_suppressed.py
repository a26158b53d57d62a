"""Charts show released cells alone; what is suppressed is shown as that, and is nowhere nothing."""

import re

import pytest

from api.publishing.charts import chart
from api.publishing.drawn import Drawn, charts_of
from linkage.register.counts import Dimension, Key
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.statistics.published import TableGroup, group_tables

YEAR = Dimension(name="time", title="Time", codes=("2025/26",), parents={}, labels={"2025/26": "2025/26"})
AREA = Dimension(
    name="area",
    title="Responsible council",
    codes=("C", "N", "S"),
    parents={"N": "C", "S": "C"},
    labels={"C": "Country", "N": "Northolme", "S": "Southolme"},
)


def cell(text: str) -> ReleasedCell:
    return ReleasedCell(text, int(text) if text.isdigit() else None)


def group(number: str, dimensions: tuple[Dimension, ...], cells: dict[Key, str]) -> TableGroup:
    table = ReleasedTable(
        number=number,
        title="Missing",
        measure="incidents",
        dimensions=dimensions,
        cells={key: cell(text) for key, text in cells.items()},
    )
    (made,) = group_tables([table])
    return made


def flat(name: str, *codes: str) -> Dimension:
    return Dimension(
        name=name, title=name.title(), codes=("total", *codes), parents=dict.fromkeys(codes, "total")
    )


def written(svg: str) -> list[str]:
    """Return what is written in a picture, with nothing that only a reader aloud is told."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def bars(*texts: str) -> Drawn:
    codes = tuple(f"band {place}" for place in range(len(texts)))
    cells = {("2025/26", "C", "total"): "90"}
    cells |= {("2025/26", "C", code): text for code, text in zip(codes, texts, strict=True)}
    (drawn,) = charts_of(group("T7", (YEAR, AREA, flat("duration", *codes)), cells))
    return drawn


def test_a_bar_that_is_suppressed_has_its_symbol_and_no_figure() -> None:
    drawn = bars("40", "c", "0", "x")
    assert [row.cells[0].text for row in drawn.rows] == ["40", "c", "0", "x"]
    assert drawn.said == (
        "The largest figure is 40 incidents: band 0. 1 of 4 is suppressed (c); 1 of 4 is not available (x)."
    )
    seen = written(chart(drawn))
    assert {"40", "c (suppressed)", "x (not available)"} <= set(seen)
    assert seen.count("0") == 2  # the scale's own, and the band's that is nothing


def test_where_nothing_has_a_figure_none_is_made_up() -> None:
    drawn = bars("c", "c")
    assert drawn.said == "No row has a figure. 2 of 2 are suppressed (c)."
    assert written(chart(drawn)).count("c (suppressed)") == 2


def test_a_month_that_is_suppressed_is_a_gap() -> None:
    months = Dimension(
        name="time",
        title="Time",
        codes=("2025/26", "2025-04", "2025-05", "2025-06"),
        parents=dict.fromkeys(("2025-04", "2025-05", "2025-06"), "2025/26"),
    )
    cells = {(code, "C"): text for code, text in zip(months.codes, ("60", "20", "c", "40"), strict=True)}
    (drawn,) = charts_of(group("T13", (months, AREA), cells))
    assert [row.name for row in drawn.rows] == ["Apr 2025", "May 2025", "Jun 2025"]
    assert drawn.said.startswith("The most incidents are in Jun 2025, 40; the fewest in Apr 2025, 20. 1 of 3")
    svg = chart(drawn)
    assert "c" in written(svg)
    (line,) = re.findall(r'class="mark-line[^>]*>(.*?)</g>', svg)
    assert len(re.findall("M", line)) == 2  # it begins anew behind the gap
    (alone,) = charts_of(group("T13", (YEAR, AREA), {("2025/26", "C"): "60"}))
    assert [row.cells[0].text for row in alone.rows] == ["60"]


def test_shares_are_of_released_cells_and_of_nothing_there_is_none() -> None:
    codes = flat("interview", "completed", "within-72h")
    cells = {
        ("2025/26", area, code): text
        for area, texts in (("C", ("90", "60", "40")), ("N", ("50", "40", "30")), ("S", ("40", "20", "c")))
        for code, text in zip(codes.codes, texts, strict=True)
    }
    _, drawn = charts_of(group("T9", (YEAR, AREA, codes), cells))
    assert (drawn.name, drawn.columns[1:]) == ("within-72-hours", ("Within 72 hours", "Completed"))
    assert [(row.name, *(one.text for one in row.cells)) for row in drawn.rows] == [
        ("All areas", "67", "40", "60"),
        ("Northolme", "75", "30", "40"),
        ("Southolme", "c", "c", "20"),
    ]
    assert drawn.said == "All areas: 67 %. 1 of 3 is suppressed (c)."
    assert {"67 %", "75 %", "c (suppressed)"} <= set(written(chart(drawn)))
    cells |= {("2025/26", "S", code): "0" for code in codes.codes}
    _, drawn = charts_of(group("T9", (YEAR, AREA, codes), cells))
    assert [row.name for row in drawn.rows] == ["All areas", "Northolme"]


@pytest.mark.parametrize(("number", "by"), [("T15", "council"), ("T15b", "police force")])
def test_what_both_sides_hold_alike_is_drawn_by_council_and_by_force(number: str, by: str) -> None:
    place = AREA if number == "T15" else flat("force", "N", "S")
    codes = flat("reconciliation_class", "MATCHED", "COUNCIL_ONLY_M")
    cells = {("2025/26", area, code): "30" for area in place.codes for code in codes.codes}
    first, drawn = charts_of(group(number, (YEAR, place, codes), cells))
    assert (first.kind, drawn.kind) == ("bars", "shares")
    assert drawn.title == f"Incidents that councils and police hold alike, by {by}"
    assert {row.cells[0].text for row in drawn.rows} == {"100"}


def test_a_flow_that_is_suppressed_has_no_colour() -> None:
    in_out = flat("in_out", "in", "out")
    host = Dimension(
        name="host_area", title="Area", codes=AREA.codes, parents=AREA.parents, labels=AREA.labels
    )
    cells = {("2025/26", one, "out", other): "0" for one in "NS" for other in "NS"}
    cells |= {("2025/26", "N", "out", "S"): "30", ("2025/26", "S", "out", "N"): "c"}
    (drawn,) = charts_of(group("T6", (YEAR, AREA, in_out, host), cells))
    assert drawn.columns == ("Northolme", "Southolme")
    assert [[one.text for one in row.cells] for row in drawn.rows] == [["0", "30"], ["c", "0"]]
    assert drawn.said == (
        "The largest figure is 30 incidents: children of Northolme, missing from Southolme. "
        "1 of 4 is suppressed (c)."
    )
    svg = chart(drawn)
    squares = re.findall(r'<path aria-label="[^"]*"[^>]*fill="([^"]+)"', svg)
    assert squares.count("white") == 1
    assert len(squares) == 4
    assert {"30", "c"} <= set(written(svg))


def test_where_nothing_can_be_an_empty_picture_is_drawn() -> None:
    in_out = flat("in_out", "in", "out")
    host = Dimension(name="host_area", title="Area", codes=AREA.codes, parents=AREA.parents)
    (flows,) = charts_of(group("T6", (YEAR, AREA, in_out, host), {("2025/26", "C", "total", "C"): "0"}))
    assert (flows.rows, flows.columns) == ((), ())
    assert flows.said == "No council's children are shown to be missing from another's area."
    (none,) = charts_of(group("T7", (YEAR, AREA, flat("duration", "a")), {("2025/26", "C", "a"): "z"}))
    assert none.said == "No row has a figure."
    for drawn in (flows, none):
        assert chart(drawn).startswith("<svg ")
