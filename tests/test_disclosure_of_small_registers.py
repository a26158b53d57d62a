"""In a small register nearly every count is small: its tables are protected together, and none is refused."""

import pytest

from api.disclosing import POLICY
from benchmarks.made_up_register import made_up_register
from linkage.lab.world import simulate
from linkage.register.disclosure import disclose
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.periods import read_period
from linkage.register.statistics.tables import count_tables

PERIODS = ("2025-04-01..2026-03-31", "2025-04-01..2025-06-30")
REDUCED = [(150, 1, 2)]
FULL = [
    (children, seed, councils)
    for children, councils in ((60, 1), (150, 2), (300, 4), (600, 2), (1000, 8))
    for seed in (1, 2, 3)
]


@pytest.fixture
def worlds(soak: bool) -> list[tuple[int, int, int]]:
    return FULL if soak else REDUCED


def test_every_table_of_a_small_register_is_protected(worlds: list[tuple[int, int, int]], soak: bool) -> None:
    for children, seed, councils in worlds:
        register = made_up_register(simulate(children, seed, councils=councils, forces=1, years=1))
        facts = gather_facts(register.records, register.person_of, register.directory)
        for period in PERIODS if soak else PERIODS[1:]:
            tables = count_tables(
                facts, register.directory, read_period(period), numbers=() if soak else ("T2", "T10")
            )
            made = disclose(tables, POLICY)
            assert made.figures.small > 50
            assert made.figures.narrowest is not None
            assert made.figures.narrowest >= POLICY.protection
