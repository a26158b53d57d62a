"""Every table agrees with slow counting, whatever the order; its margins hold as its dimensions declare."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.register.areas import AreaDirectory
from linkage.register.counts import Cell, CountTable
from linkage.register.statistics.divisions import SAME_CODES
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.periods import read_period
from linkage.register.statistics.tables import TABLES, count_tables
from tests.oracles.statistics_oracle import count_slowly
from tests.support.statistics_worlds import DIRECTORY, TWO_COUNTRIES, shuffled, stated_worlds

PERIODS = [read_period(text) for text in ("2025-04-01..2025-05-31", "2025-03-01..2025-07-31")]
DIRECTORIES = (DIRECTORY, TWO_COUNTRIES, AreaDirectory())
ROWS = {spec.number: spec.rows for spec in TABLES}


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(stated_worlds(), st.sampled_from(PERIODS), st.sampled_from(DIRECTORIES))
def test_every_table_agrees_with_slow_counting(world, period, directory) -> None:
    facts = gather_facts(*world, directory)
    tables = count_tables(facts, directory, period)
    assert {table.number for table in tables} == set(ROWS)
    for table in tables:
        slow = count_slowly(table, ROWS[table.number], facts, directory.areas, period)
        assert {key: tuple(cell) for key, cell in table.cells.items()} == slow, table.number


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(stated_worlds(), st.sampled_from(["E02", "R02", "C01", "P02"]))
def test_tables_of_one_area_are_its_cells_of_all_tables(world, area) -> None:
    facts = gather_facts(*world, DIRECTORY)
    whole = {(one.number, one.measure): one for one in count_tables(facts, DIRECTORY, PERIODS[1])}
    for table in count_tables(facts, DIRECTORY, PERIODS[1], area=area):
        names = [dimension.name for dimension in table.dimensions]
        if "area" in names:
            codes = {key[names.index("area")] for key in table.cells}
            assert area in codes or area == "P02"
            assert all(DIRECTORY.within(code) <= DIRECTORY.within(area) for code in codes)
        slow = count_slowly(table, ROWS[table.number], facts, DIRECTORY.areas, PERIODS[1])
        assert {key: tuple(cell) for key, cell in table.cells.items()} == slow
        both = set(table.cells) & set(whole[table.number, table.measure].cells)
        assert all(table.cells[key] == whole[table.number, table.measure].cells[key] for key in both)


@settings(max_examples=15)
@given(stated_worlds(), st.randoms(use_true_random=False))
def test_order_of_anything_makes_no_difference(world, random) -> None:
    records, person_of = world
    mixed = shuffled(records, random)
    people = dict(random.sample(sorted(person_of.items()), len(person_of)))
    one, other = (
        count_tables(gather_facts(*held, DIRECTORY), DIRECTORY, PERIODS[1])
        for held in ((records, person_of), (mixed, people))
    )
    assert one == other


def _margins(table: CountTable) -> None:
    for place, dimension in enumerate(table.dimensions):
        for key, cell in table.cells.items():
            keys = [(*key[:place], part, *key[place + 1 :]) for part in dimension.parts(key[place])]
            parts = [table.cells[part].value for part in keys if part in table.cells]
            assert len(parts) in (0, len(keys))
            if parts and dimension.additive:
                assert cell.value == sum(parts), (table.number, table.measure, key)
            elif parts:
                assert max(parts) <= cell.value <= sum(parts), (table.number, table.measure, key)


@settings(max_examples=20)
@given(stated_worlds(), st.sampled_from(DIRECTORIES))
def test_margins_hold_and_children_incidents_and_calls_stand_in_order(world, directory) -> None:
    facts = gather_facts(*world, directory)
    tables = count_tables(facts, directory, PERIODS[1])
    by_name = {(table.number, table.measure): table for table in tables}
    for table in tables:
        _margins(table)
        for key, cell in table.cells.items():
            assert 0 <= cell.largest <= cell.value
            assert (cell.largest == 0) == (cell.value == 0)
            children = by_name.get((table.number, "children"))
            incidents = by_name.get((table.number, "incidents"))
            if table.measure == "calls" and incidents:
                assert incidents.cells[key].value <= cell.value
            if table.measure == "incidents" and children:
                assert children.cells[key].value <= cell.value
        assert all(table.cells[key] == Cell(0, 0) for key in table.unavailable)


@given(stated_worlds())
def test_every_report_is_a_call_and_every_absence_an_incident(world) -> None:
    records, person_of = world
    facts = gather_facts(records, person_of, DIRECTORY)
    assert sum(len(one.reports) for one in facts.absences) == sum(
        len(one.payload.episodes) for one in records
    )
    assert all(one.end is None or one.end.day >= one.start.day for one in facts.absences)
    assert all((one.interview is None) == (one.end is None) for one in facts.absences)


@settings(max_examples=25)
@given(stated_worlds(), st.sampled_from(DIRECTORIES))
def test_one_quantity_has_one_count_in_whatever_table(world, directory) -> None:
    """A measure and its codes, totals left out and codes that are the same by definition made one."""
    facts = gather_facts(*world, directory)
    found: dict[object, tuple[int, str]] = {}
    shared = 0
    for table in count_tables(facts, directory, PERIODS[1]):
        for key, cell in table.cells.items():
            codes = frozenset(
                SAME_CODES.get((one.name, code), (one.name, code))
                for one, code in zip(table.dimensions, key, strict=True)
                if code != one.total or one.name == "time"
            )
            known, number = found.setdefault((table.measure, codes), (cell.value, table.number))
            assert known == cell.value, (table.number, number, key)
            shared += number != table.number
    assert shared > 100


def test_a_table_or_an_area_that_is_not_there_is_refused() -> None:
    facts = gather_facts([], {}, DIRECTORY)
    with pytest.raises(InputError, match="there is no table T17"):
        count_tables(facts, DIRECTORY, PERIODS[0], numbers=["T17"])
    with pytest.raises(InputError, match="not in the directory"):
        count_tables(facts, DIRECTORY, PERIODS[0], area="E99")


def test_a_register_without_records_has_every_table_empty() -> None:
    tables = count_tables(gather_facts([], {}, DIRECTORY), DIRECTORY, PERIODS[0])
    assert {table.number for table in tables} == set(ROWS)
    assert all(cell == Cell(0, 0) for table in tables for cell in table.cells.values())
    t1 = next(table for table in tables if table.number == "T1")
    assert (PERIODS[0].code, "E01") in t1.unavailable
