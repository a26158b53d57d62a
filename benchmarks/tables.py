"""How long all tables of the register take, of a made-up world with the truth's persons.

    python -m benchmarks.tables
    python -m benchmarks.tables --children 2000 --councils 4 --forces 2

Simulating the world and reading its extracts is not timed.  ``facts``: classification and settling of every
absence; then all tables of every year, and of all years at once.
"""

import argparse
import gc
import time
from collections.abc import Callable
from typing import TypeVar

from api.counting_tables import without_collecting
from benchmarks.made_up_register import made_up_register
from linkage.lab.world import simulate
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.periods import read_period
from linkage.register.statistics.tables import count_tables

T = TypeVar("T")


def _timed(what: str, make: Callable[[], T]) -> T:
    began, used = time.perf_counter(), time.process_time()
    with without_collecting():
        made = make()
    passed, worked = time.perf_counter() - began, time.process_time() - used
    print(f"{what:<28} {passed:8.2f} s, {worked:8.2f} s of processor", flush=True)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--councils", type=int, default=20)
    parser.add_argument("--forces", type=int, default=6)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    world = simulate(
        asked.children, asked.seed, councils=asked.councils, forces=asked.forces, years=asked.years
    )
    register, (first, last) = made_up_register(world), world.period
    del world  # a register worker holds payloads and nothing else
    gc.collect()
    directory = register.directory
    reports = sum(len(one.payload.episodes) for one in register.records)
    facts = _timed("facts", lambda: gather_facts(register.records, register.person_of, directory))
    print(f"{len(facts.persons):,} children, {len(facts.absences):,} absences, {reports:,} reports")
    whole = read_period(f"{first}..{last}")
    for year in range(first.year, last.year):
        period = read_period(f"{year}-04-01..{year + 1}-03-31")
        _timed(f"all tables of {period.code}", lambda period=period: count_tables(facts, directory, period))
    tables = _timed("all tables of all years", lambda: count_tables(facts, directory, whole))
    cells = sum(len(table.cells) for table in tables)
    print(f"{len(tables)} tables, {cells:,} cells")


if __name__ == "__main__":
    main()
