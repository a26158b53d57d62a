"""Three releases, with late corrections between them, and an attacker who keeps every file."""

import functools
from collections.abc import Sequence

import pytest

from linkage.register.counts import CountTable
from linkage.register.disclosure import Disclosure, DisclosurePolicy, Release, disclose
from linkage.register.disclosure.history import SUPPRESSED
from linkage.register.released import ReleasedCell, ReleasedTable
from tests.support.disclosure_attacker import Attack, Rules, attack, release_files
from tests.support.disclosure_worlds import (
    ETHNICITIES,
    Absence,
    areas,
    categories,
    late_corrections,
    made_up,
    months,
    table,
)

COUNCILS = 4
POLICY = DisclosurePolicy()
RULES = Rules(POLICY.base)


def tables_of(world: Sequence[Absence], month_count: int, measures: Sequence[str]) -> list[CountTable]:
    time, place = months(month_count), areas(COUNCILS)
    dimensions = [
        (time, lambda one: one.month),
        (place, lambda one: one.council),
        (categories("ethnicity", ETHNICITIES[:3]), lambda one: one.ethnicity),
    ]
    known = {one for one in time.codes if not time.parts(one)}
    within = [one._replace(ethnicity=_folded(one.ethnicity)) for one in world if one.month in known]
    found = []
    for measure in measures:
        letter = "c" if measure == "children" else ""
        found.append(table(f"T1{letter}", measure, dimensions[:2], within))
        found.append(table(f"T3{letter}", measure, dimensions, within))
    return found


def _folded(ethnicity: str) -> str:
    return ethnicity if ethnicity in ETHNICITIES[:3] else ETHNICITIES[2]


@functools.cache
def three_releases(seed: int) -> tuple[tuple[Disclosure, list[CountTable]], ...]:
    """Three months, the same corrected, and six months of which three were corrected again."""
    world = made_up(seed, councils=COUNCILS, month_count=6, mean=30)
    corrected = late_corrections(seed, world, 0.05)
    again = late_corrections(seed + 1, corrected, 0.05)
    made: list[tuple[Disclosure, list[CountTable]]] = []
    kept: list[Release] = []
    for known, month_count in ((world, 3), (corrected, 3), (again, 6)):
        tables = tables_of(known, month_count, ("incidents", "children"))
        made.append((disclose(tables, POLICY, kept), tables))
        kept.append(made[-1][0].release)
    return tuple(made)


def right(found: Attack, releases: Sequence[Sequence[CountTable]]) -> int:
    """Count the hidden figures that the attacker knows and is right about."""
    caught = found.caught()
    truth = {}
    for number, tables in enumerate(releases):
        for one in tables:
            for key, cell in one.cells.items():
                codes = frozenset(
                    (dimension.name, code)
                    for dimension, code in zip(one.dimensions, key, strict=True)
                    if dimension.name == "time_period" or code != dimension.total
                )
                truth[number, one.measure, codes] = cell.value
    return sum(truth[figure] == value for figure, value in caught.items())


@pytest.mark.parametrize("seed", [1, 3])
def test_no_suppressed_cell_of_three_releases_is_recovered(seed: int, soak: bool) -> None:
    made = three_releases(seed)
    files = [release_files(one.tables) for one, _ in made]
    assert sum(text.count(",c\r\n") for one in files for text in one.values()) > 150
    asked = 1000 if soak else 4
    found = attack(files, rules=RULES, asked=asked, whole=soak)
    # What stands although it changed may contradict whoever takes the same text for the same count.
    side_by_side = attack(files, rules=RULES, unchanged=False, asked=asked, whole=soak)
    assert side_by_side is not None
    assert side_by_side.narrow(POLICY.protection) == set()
    for one in (found, side_by_side):
        if one is not None:
            assert right(one, [tables for _, tables in made]) == 0
            assert one.caught() == {}


def test_every_suppressed_cell_is_open_wider_than_its_protection_level() -> None:
    for one, _ in three_releases(1):
        assert one.figures.small > 0
        assert one.figures.secondary > 0
        assert one.figures.narrowest is not None
        assert one.figures.narrowest >= POLICY.protection


def test_the_same_attack_catches_what_only_primary_suppression_guards() -> None:
    made = three_releases(1)
    exact = [[_only_small_ones(one) for one in tables] for _, tables in made]
    found = attack([release_files(one) for one in exact], rules=Rules(1), unchanged=False)
    assert found is not None
    assert right(found, [tables for _, tables in made]) > 10


def _only_small_ones(one: CountTable) -> ReleasedTable:
    cells = {
        key: SUPPRESSED if 1 <= cell.value <= POLICY.threshold else ReleasedCell(str(cell.value), cell.value)
        for key, cell in one.cells.items()
    }
    return ReleasedTable(
        number=one.number, title=one.title, measure=one.measure, dimensions=one.dimensions, cells=cells
    )


def test_what_was_published_changes_only_when_the_count_changed_by_enough() -> None:
    made = three_releases(1)
    stood = 0
    (before, counted), (after, recounted) = made[:2]
    for old, new, first, second in zip(before.tables, after.tables, counted, recounted, strict=True):
        for key, cell in old.cells.items():
            difference = abs(second.cells[key].value - first.cells[key].value)
            if cell.value and difference < POLICY.revision:
                stood += difference > 0
                assert new.cells[key] == cell
    assert stood > 0


def test_a_release_is_made_again_bit_for_bit() -> None:
    made = three_releases(1)
    kept = [one.release for one, _ in made[:2]]
    assert disclose(made[2][1], POLICY, kept).tables == made[2][0].tables
