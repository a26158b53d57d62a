"""What tables are about: one quantity may stand in several of them, and in several releases.

A quantity is a measure with the codes that narrow it.  A dimension's total narrows nothing and is left out,
so that the total of a table by age is the same quantity as that of a table by ethnicity.  Time is never left
out: the total of this year's tables is not the total of last year's.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from linkage.errors import InputError
from linkage.register.counts import Cell, CountTable, Dimension, Key
from linkage.register.disclosure.policy import DisclosurePolicy

__all__ = ["Line", "Quantity", "all_lines", "counted", "keyed", "lines", "threshold_of"]

Code = tuple[str, str]


class Quantity(NamedTuple):
    """A measure, and the codes that narrow it as (dimension, code)."""

    measure: str
    codes: frozenset[Code]

    def without(self, dimension: str) -> "Quantity":
        """Return the quantity that is not narrowed in one dimension."""
        return Quantity(self.measure, frozenset(one for one in self.codes if one[0] != dimension))

    def narrowed(self, dimension: str, code: str, policy: DisclosurePolicy) -> "Quantity":
        """Return the quantity with another code in one dimension."""
        narrower = policy.canonical_code(dimension, code)
        return Quantity(self.measure, self.without(dimension).codes | {narrower})


class Line(NamedTuple):
    """A quantity, and those that it is divided into along one dimension of a table.

    ``complete``: no part is unknown for want of coverage.
    """

    dimension: Dimension
    whole: Quantity
    parts: tuple[Quantity, ...]
    complete: bool


def keyed(table: CountTable, policy: DisclosurePolicy) -> dict[Key, Quantity]:
    """Return the quantity of every cell, in the order of the dimensions' codes."""
    places = [{code: place for place, code in enumerate(one.codes)} for one in table.dimensions]
    pairs = [
        {
            code: None
            if code == one.total and one.name not in policy.time
            else policy.canonical_code(one.name, code)
            for code in one.codes
        }
        for one in table.dimensions
    ]
    try:
        order = sorted(
            table.cells, key=lambda key: [place[code] for place, code in zip(places, key, strict=True)]
        )
    except (KeyError, ValueError):
        raise InputError(f"table {table.number}: a cell has a code that its dimensions do not know") from None
    return {
        key: Quantity(
            table.measure,
            frozenset(pair for of, code in zip(pairs, key, strict=True) if (pair := of[code]) is not None),
        )
        for key in order
    }


def counted(tables: Sequence[CountTable], policy: DisclosurePolicy) -> dict[Quantity, Cell]:
    """Return the count of every quantity; raises :class:`InputError` where two tables disagree about one."""
    found: dict[Quantity, tuple[Cell, str]] = {}
    for table in tables:
        for key, quantity in keyed(table, policy).items():
            cell = Cell(*table.cells[key])
            known = found.setdefault(quantity, (cell, table.number))
            if known[0].value != cell.value:
                raise InputError(
                    f"tables {known[1]} and {table.number} disagree about one quantity of measure "
                    f"{table.measure}, at {', '.join(key)}",
                    hint="give what is counted differently a measure of its own",
                )
            if cell.largest > known[0].largest:
                found[quantity] = (cell, known[1])
    return {quantity: cell for quantity, (cell, _) in found.items()}


def lines(table: CountTable, policy: DisclosurePolicy) -> Iterator[Line]:
    """Yield every whole of a table with its parts along every dimension."""
    quantities = keyed(table, policy)
    for place, dimension in enumerate(table.dimensions):
        parts_of = {code: parts for code in dimension.codes if (parts := dimension.parts(code))}
        for key, quantity in quantities.items():
            codes = parts_of.get(key[place], ())
            keys = [(*key[:place], code, *key[place + 1 :]) for code in codes]
            there = tuple(quantities[one] for one in keys if one in quantities)
            complete = not any(one in table.unavailable and one not in quantities for one in keys)
            if there:
                yield Line(dimension, quantity, there, complete)


def threshold_of(quantity: Quantity, policy: DisclosurePolicy) -> int:
    """Return the highest count that is suppressed: more where a cell is divided in two or more ways."""
    ways = sum(dimension not in policy.time for dimension, _ in quantity.codes)
    return policy.cross_threshold if ways >= 2 else policy.threshold


def all_lines(tables: Iterable[CountTable], policy: DisclosurePolicy) -> Iterator[Line]:
    """Yield the lines of several tables."""
    for table in tables:
        yield from lines(table, policy)
