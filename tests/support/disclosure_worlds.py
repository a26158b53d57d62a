"""Made-up absences, and counted tables of them in the shape of the register's: trees of areas and of time."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from linkage.register.counts import Cell, CountTable, Dimension, Key

__all__ = [
    "Absence",
    "areas",
    "categories",
    "counted_tables",
    "late_corrections",
    "made_up",
    "months",
    "table",
]

ETHNICITIES = ("WHITE", "MIXED", "ASIAN", "BLACK", "OTHER", "UNKNOWN")
AGES = ("1-4", "5-9", "10-15", "16+")
SEXES = ("F", "M")
REASONS = ("HOME", "CARE", "PEERS", "HARM")


class Absence(NamedTuple):
    """One incident of one child."""

    child: int
    council: str
    host: str
    month: str
    age: str
    sex: str
    ethnicity: str
    reason: str


def months(count: int, start: int = 2023 * 12 + 3) -> Dimension:
    """Return whole quarters and years of so many months from an April on, as one tree."""
    codes = ["ALL"]
    parents: dict[str, str] = {}
    for month in range(start, start + count):
        year = f"{(month - 3) // 12}-{((month - 3) // 12 + 1) % 100:02d}"
        quarter = f"{year} Q{(month - 3) % 12 // 3 + 1}"
        name = f"{month // 12:04d}-{month % 12 + 1:02d}"
        for code, parent in ((year, "ALL"), (quarter, year), (name, quarter)):
            if code not in parents:
                parents[code] = parent
                codes.append(code)
    return Dimension(name="time_period", title="Time", codes=tuple(codes), parents=parents)


def areas(councils: int, name: str = "area") -> Dimension:
    """Return a country of regions with about seven councils each."""
    codes, parents = ["E"], {}
    for number in range(councils):
        region = f"R{number // 7 + 1}"
        if region not in parents:
            parents[region] = "E"
            codes.append(region)
        parents[f"C{number + 1:03d}"] = region
        codes.append(f"C{number + 1:03d}")
    return Dimension(name=name, title="Area", codes=tuple(codes), parents=parents)


def categories(name: str, codes: Sequence[str]) -> Dimension:
    """Return a total and its parts."""
    return Dimension(name=name, title=name, codes=("TOTAL", *codes), parents=dict.fromkeys(codes, "TOTAL"))


def made_up(seed: int, *, councils: int, month_count: int, mean: float) -> list[Absence]:
    """Return absences of children with habits: councils of unequal size, some children missing often."""
    random = np.random.default_rng(seed)
    names = [one for one in areas(councils).codes if one.startswith("C")]
    tree = months(month_count)
    time = [one for one in tree.codes if not tree.parts(one)]
    found, child = [], 0
    for council, size in zip(names, random.lognormal(0.0, 0.8, len(names)), strict=True):
        for _ in range(int(random.poisson(mean * size))):
            child += 1
            who = (
                str(random.choice(AGES, p=[0.03, 0.07, 0.5, 0.4])),
                str(random.choice(SEXES)),
                str(random.choice(ETHNICITIES, p=[0.68, 0.1, 0.07, 0.09, 0.04, 0.02])),
            )
            for _ in range(int(min(random.zipf(2.0), 60))):
                host = council if random.random() < 0.8 else str(random.choice(names))
                month, reason = str(random.choice(time)), str(random.choice(REASONS))
                found.append(Absence(child, council, host, month, *who, reason))
    return found


def late_corrections(seed: int, world: Sequence[Absence], share: float) -> list[Absence]:
    """Return the absences as they are known later: some withdrawn, some twice, some of another council."""
    random = np.random.default_rng(seed)
    councils = sorted({one.council for one in world})
    found = []
    for one in world:
        drawn = random.random() / share
        if drawn < 0.3:
            continue
        changed = one._replace(council=str(random.choice(councils))) if drawn < 0.5 else one
        found += [changed, one] if 0.5 <= drawn < 1 else [changed]
    return found


def table(
    number: str,
    measure: str,
    dimensions: Sequence[tuple[Dimension, Callable[[Absence], str]]],
    world: Iterable[Absence],
) -> CountTable:
    """Count incidents, or children once in every cell that they belong to."""
    upwards = [_ancestors(dimension) for dimension, _ in dimensions]
    incidents: dict[Key, Counter[int]] = defaultdict(Counter)
    for one in world:
        leaves = [up.get(leaf(one), ()) for up, (_, leaf) in zip(upwards, dimensions, strict=True)]
        for key in itertools.product(*leaves):
            incidents[key][one.child] += 1
    cells = {}
    for key in itertools.product(*(dimension.codes for dimension, _ in dimensions)):
        counts = incidents.get(key, Counter[int]())
        if measure == "children":
            cells[key] = Cell(len(counts), min(len(counts), 1))
        else:
            cells[key] = Cell(counts.total(), max(counts.values(), default=0))
    return CountTable(
        number=number,
        title=f"Table {number}",
        measure=measure,
        dimensions=tuple(_as_counted(dimension, measure) for dimension, _ in dimensions),
        cells=cells,
    )


def _as_counted(dimension: Dimension, measure: str) -> Dimension:
    """A child may be missing in two months, from two councils' care, for two reasons, found in two places."""
    additive = measure != "children" or dimension.name in {"age", "sex", "ethnicity"}
    return Dimension(
        name=dimension.name,
        title=dimension.title,
        codes=dimension.codes,
        parents=dimension.parents,
        additive=additive,
    )


def _ancestors(dimension: Dimension) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code in dimension.codes:
        found[code] = (code, *found.get(dimension.parents.get(code, ""), ()))
    return found


def counted_tables(world: Sequence[Absence], *, councils: int, month_count: int) -> list[CountTable]:
    """Return a set of tables that share totals, as the register's do."""
    time, place, host = months(month_count), areas(councils), areas(councils, "host_area")
    when, where = (time, lambda one: one.month), (place, lambda one: one.council)
    age, sex = (categories("age", AGES), lambda one: one.age), (categories("sex", SEXES), lambda one: one.sex)
    ethnicity = (categories("ethnicity", ETHNICITIES), lambda one: one.ethnicity)
    reason = (categories("reason", REASONS), lambda one: one.reason)
    kinds: list[tuple[str, list[tuple[Dimension, Callable[[Absence], str]]]]] = [
        ("T1", [when, where]),
        ("T2", [when, where, age, sex]),
        ("T3", [when, where, ethnicity]),
        ("T6", [when, where, (host, lambda one: one.host)]),
        ("T18", [when, where, reason]),
    ]
    found = []
    for number, dimensions in kinds:
        found.append(table(number, "incidents", dimensions, world))
        found.append(table(number + "c", "children", dimensions, world))
    return found
