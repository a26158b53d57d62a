"""The growth model counts as plans count, grows where it must, fits what it is given, and the page is its."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.national.charts import growth_chart, months_chart
from benchmarks.national.costs import COSTS, Cost, fitted
from benchmarks.national.kernel_rate import measured_kernel
from benchmarks.national.model import Model, Shape
from benchmarks.national.page import PAGE, tables, with_tables
from benchmarks.national.points import read_points, take, write_points
from linkage.errors import InputError
from linkage.match.kernel_sections import pairs_among
from linkage.match.plan import STRIP_ROWS, plan_tiles
from linkage.match.rows import RecordId, Rows
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings, row_octets

PROFILE = shipped_profile("child-1")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(read_points())


def rows_of(count: int) -> Rows:
    """Rows of records that have every view."""
    views, words = len(PROFILE.views), PROFILE.view_bytes // 8
    return Rows(
        ids=(RecordId("A", "0"),),
        words=np.zeros((views, count, words), np.uint64),
        weights=np.zeros((views, count), np.int32),
        present=np.ones((views, count), np.bool_),
        tiers=np.zeros(count, np.uint8),
        record=np.arange(count, dtype=np.int32),
        apart=np.full(count, -1, np.int32),
        source=np.zeros(count, np.int32),
    )


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 120))
@settings(max_examples=30)
def test_comparisons_are_those_that_plans_count(new: int, held: int, strip: int) -> None:
    model = Model({})
    rows = rows_of(new + held)
    everything = plan_tiles(rows, strip_rows=strip)
    assert int(everything.comparisons(rows).sum()) == model.comparisons(new + held)
    increment = plan_tiles(rows, new=np.arange(new + held) < new, strip_rows=strip)
    assert int(increment.comparisons(rows).sum()) == model.increment(new, held)


@pytest.mark.parametrize("rows", [1, STRIP_ROWS, STRIP_ROWS + 1, 5 * STRIP_ROWS])
def test_strips_and_tiles_are_those_of_a_plan(rows: int) -> None:
    model = Model({})
    strips = -(-rows // STRIP_ROWS)
    assert (model.strips(rows), model.tiles(rows)) == (strips, pairs_among(strips + 1))
    places = [(a, b) for a in range(strips) for b in range(a, strips)]
    for side in (1, 3):
        needed = {(a // side, b // side): set[int]() for a, b in places}
        for a, b in places:
            needed[a // side, b // side] |= {a, b}
        assert model.strips_sent(rows, side) == sum(map(len, needed.values()))
    assert model.shuffle(rows) == rows * strips * model.shape.compared


def test_a_row_has_the_bytes_that_it_has_on_the_wire() -> None:
    views = len(PROFILE.views)
    one = Encodings(
        np.zeros((1, 16), np.uint8), np.zeros(1, np.uint8), np.zeros(1, np.uint8), np.ones(1, np.uint32),
        np.zeros((1, views, PROFILE.view_bytes), np.uint8),
    )  # fmt: skip
    shape = Shape.of(PROFILE)
    assert shape.wire == len(row_octets(one))
    assert shape.compared > views * PROFILE.view_bytes
    assert (shape.views, shape.pair) == (views, 16 + 2 * views)


@given(st.integers(2, 10**8), st.integers(1, 1024))
def test_more_rows_take_more_and_more_cores_less(rows: int, cores: int) -> None:
    model = Model(read_points())
    for what in (model.comparisons, model.linking_memory, model.shuffle, model.pairs):
        assert what(rows) <= what(rows + 1)
    one, more = (model.compare_seconds(model.comparisons(rows), each) for each in (cores, cores + 1))
    assert one >= more > 0
    assert model.increment(rows, 10) <= model.comparisons(rows + 10)
    assert model.linking_memory(rows) <= 1.5 * model.memory_said(rows)


def test_twice_the_rows_take_four_times_as_long_and_twice_the_register_twice(model: Model) -> None:
    assert model.comparisons(2 * 10**6) / model.comparisons(10**6) == pytest.approx(4, rel=1e-5)
    assert model.increment(1000, 10**7) / model.increment(1000, 5 * 10**6) == pytest.approx(2, rel=1e-3)
    assert model.comparisons(10**8) == pytest.approx(3e16, rel=1e-3)


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(1, 10**6)), min_size=3, max_size=12),
    st.integers(0, 9),
)
def test_a_cost_that_is_a_sum_is_found_again(counts: list[tuple[int, int]], first: int) -> None:
    cost = Cost(
        "c", "s", lambda month: first * month["a"] + 0.25 * month["b"],
        {"a": lambda month: month["a"], "b": lambda month: month["b"]},
    )  # fmt: skip
    months = [{"a": a, "b": b} for a, b in counts]
    found = fitted(cost, months)
    assert all(value >= 0 for value in found.values())
    for month in months:
        said = found["a"] * month["a"] + found["b"] * month["b"]
        assert said == pytest.approx(cost.measured(month), rel=1e-4, abs=1e-3)


def test_too_few_months_are_no_measurement() -> None:
    with pytest.raises(InputError, match="2 months"):
        fitted(COSTS[0], [{}, {}])
    with pytest.raises(InputError, match="no nation"):
        _ = Model({}).nation


def test_a_nation_of_the_same_size_costs_what_was_counted(model: Model) -> None:
    scale, last = model.nation["scale"], model.months[-1]
    counts = model.month(last["month"], children=scale["children"], agencies=scale["agencies"])
    assert counts["comparisons"] == last["comparisons"]
    for cost in COSTS:
        for name, count in cost.counts.items():
            assert counts[name] == count(last), name
    twice = model.month(last["month"], children=2 * scale["children"], agencies=scale["agencies"])
    assert twice["comparisons"] == 4 * last["comparisons"]
    later = model.month(last["month"] + 12, children=scale["children"], agencies=scale["agencies"])
    assert later["comparisons"] >= counts["comparisons"]

    def seconds(children: int) -> float:
        return model.run_seconds(children=children, agencies=196, months=36)

    assert 0 < seconds(100_000) < seconds(1_000_000)


def test_each_prediction_stands_beside_what_was_measured(model: Model) -> None:
    checks = {check.what: check for check in model.checks()}
    assert {cost.name for cost in COSTS} <= set(checks)
    assert all(check.measured > 0 for check in checks.values())
    # Bytes are no matter of what else a machine does.
    assert abs(checks["to the unit"].error) < 0.05
    assert all(abs(one.error) < 0.05 for name, one in checks.items() if name.endswith(": comparisons"))


def test_a_submission_that_was_measured_stands_beside_its_prediction(model: Model) -> None:
    seconds = {
        "link, all of it": 6.0,
        "compare": 5.0,
        "figures": 1.0,
        "read persons": 4.0,
        "store the run": 1.0,
    }
    seconds |= {"group clusters": 0.0, "assign persons": 0.0}
    line = {
        "submission": 1000, "register": 6100, "new": 1100, "comparisons": model.increment(1100, 5000),
        "memory_gb": 1.5, "seconds": 12.0, "stages": seconds, "worked": {**seconds, "link, all of it": 10.0},
    }  # fmt: skip
    points = {**model.points, "increments": []}
    assert take(points, {"register": 6100, "increments": [{**line, "submission": 0}, line]}) == "increments"
    other = Model(points)
    (check,) = (one for one in other.checks() if one.what.startswith("1,000 to 5,000"))
    assert check.error == 0
    assert tables(other)["submissions"].splitlines()[2:] == [
        "| 5,000 | 1,000 | 1,100 | 3.7 · 10^7 | 5.0 s | 2.0 s | 5.0 s | 12 s | 16 s | 1.5 GB |"
    ]


def test_what_the_log_names_as_the_most_memory_was_never_exceeded(model: Model) -> None:
    linkages = [(one["estimate"]["rows"], one["peak_anonymous_bytes"]) for one in model.points["linkages"]]
    increments = [(one["register"], one["memory_gb"] * 1e9) for one in model.measured_increments]
    assert len(linkages) > 1
    assert all(used < model.memory_said(rows) for rows, used in (*linkages, *increments))


def test_the_page_has_the_tables_of_its_points(model: Model) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, tables(model)) == page, "run python -m benchmarks.national.page"
    with pytest.raises(InputError, match="growth"):
        with_tables(page, {name: "" for name in tables(model) if name != "growth"})


def test_charts_show_every_month_and_every_linkage(model: Model) -> None:
    months = months_chart(model).to_dict()["hconcat"]
    shown = {value["month"] for chart in months for value in chart["data"]["values"]}
    assert shown == {month["month"] for month in model.nation["months"]}
    hours = growth_chart(model).to_dict()["hconcat"][0]["layer"]
    assert len(hours[1]["data"]["values"]) == len(model.points["linkages"])


def test_results_take_the_place_of_older_ones_of_their_size(tmp_path: Path) -> None:
    points: dict[str, Any] = {"format": "clew-capacity", "version": 1}
    nation = {"scale": {"children": 5}, "database": "sqlite", "months": []}
    assert take(points, nation) == take(points, {**nation, "seconds": 2}) == "nations"
    assert take(points, {**nation, "scale": {"children": 6}}) == "nations"
    assert [one.get("seconds") for one in points["nations"]] == [2, None]
    assert take(points, {"load": {"records": 3}, "comparisons_done": 1}) == "linkages"
    assert take(points, {"rows": 3, "slope": 0.0}) == "sweeps"
    assert take(points, {"register": 3, "increments": []}) == "increments"
    with pytest.raises(InputError, match="no result"):
        take(points, {"what": "else"})
    path = tmp_path / "points.json"
    write_points(points, path)
    assert read_points(path) == points
    path.write_text(json.dumps({**points, "version": 2}))
    with pytest.raises(InputError, match="version 1"):
        read_points(path)


def test_the_kernel_is_measured_on_one_core_and_on_all() -> None:
    found = measured_kernel(rows=600, rounds=1)
    assert "1" in found["per_second"]
    assert all(rate > 0 for rate in found["per_second"].values())
    assert take({}, found) == "kernel"
