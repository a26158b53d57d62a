"""From counted tables to tables that may leave, given everything that left before."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import product

from msgspec import Struct

from linkage.errors import InputError
from linkage.register.counts import CountTable, Key
from linkage.register.disclosure.auditing import Audit
from linkage.register.disclosure.history import Nesting, Release, System, texts_of
from linkage.register.disclosure.policy import DisclosurePolicy
from linkage.register.disclosure.protecting import UnprotectedError, protect
from linkage.register.disclosure.quantities import Quantity, keyed
from linkage.register.released import ReleasedCell, ReleasedTable

__all__ = ["Disclosure", "DisclosureFigures", "disclose"]

_TINY = 1e-6
_NOT_AVAILABLE = ReleasedCell("x", None)
_NOT_APPLICABLE = ReleasedCell("z", None)
_NOTES = (
    "Counts are rounded to the nearest {base}.",
    "c: suppressed; z: not applicable; x: not available; 0: none.",
)


class DisclosureFigures(Struct, frozen=True, kw_only=True):
    """What disclosure control did and shows; counts of cells and programs, and no count of children.

    ``narrowest``: the least that is open of any suppressed cell, as the distance of two values both of which
    fit everything that was ever published; it is never less than the policy's ``protection``.
    ``programs``: linear programs solved; ``whole_programs``: those that needed whole numbers to be asked for;
    ``divided``: those of large blocks whose solution was not in whole numbers.
    """

    cells: int
    quantities: int
    small: int
    group: int
    dominant: int
    secondary: int
    carried: int
    guarded: int
    narrowest: int | None
    programs: int
    whole_programs: int
    divided: int


class Disclosure(Struct, frozen=True, kw_only=True):
    """Released tables, and what was done to make them."""

    release: Release
    figures: DisclosureFigures

    @property
    def tables(self) -> tuple[ReleasedTable, ...]:
        """The tables that may leave."""
        return self.release.released


def disclose(
    tables: Sequence[CountTable],
    policy: DisclosurePolicy,
    earlier: Sequence[Release] = (),
    nestings: Sequence[Nesting] = (),
) -> Disclosure:
    """Return the tables as they may leave after ``earlier`` releases, the oldest first.

    ``nestings`` says which codes are made of others where no table's dimensions say so: a council that was
    merged of two, a period that is another and a month.  Raises :class:`InputError` for tables that
    contradict each other or the sums that their dimensions promise, and where no suppression protects
    every cell.
    """
    system = System(policy)
    for release in earlier:
        system.policy = release.policy
        system.add(release.counted, texts_of(release))
    system.policy = policy
    system.add(tables)
    system.nest(nestings)
    try:
        audit = protect(system)
    except UnprotectedError as error:
        raise _unprotected(error.figures, tables, system) from None
    released = tuple(_released(table, system) for table in tables)
    release = Release(policy=policy, counted=tuple(tables), released=released)
    return Disclosure(release=release, figures=_figures(tables, audit))


def _unprotected(figures: frozenset[int], tables: Sequence[CountTable], system: System) -> InputError:
    """Name the tables that hold what cannot be protected."""
    numbers = {
        table.number: None
        for table in tables
        if any(system.states[one].figure in figures for one in keyed(table, system.policy).values())
    }
    return InputError(
        f"{len(figures)} suppressed cells cannot be protected, whatever else is suppressed; they stand in "
        f"{', '.join(numbers) or 'earlier releases'}",
        hint="leave out such a table, or say the same of a longer period; nothing was released",
    )


def _released(table: CountTable, system: System) -> ReleasedTable:
    quantities = keyed(table, system.policy)
    cells: dict[Key, ReleasedCell] = {}
    for key in product(*(one.codes for one in table.dimensions)):
        if key in table.unavailable:
            cells[key] = _NOT_AVAILABLE
        elif key in quantities:
            cells[key] = system.cell(quantities[key])
        else:
            cells[key] = _NOT_APPLICABLE
    return ReleasedTable(
        number=table.number,
        title=table.title,
        measure=table.measure,
        dimensions=table.dimensions,
        cells=cells,
        notes=tuple(one.format(base=system.policy.base) for one in _NOTES),
    )


def _figures(tables: Sequence[CountTable], audit: Audit) -> DisclosureFigures:
    system = audit.system
    quantities = {one for table in tables for one in keyed(table, system.policy).values()}
    states = [system.states[one] for one in sorted(quantities, key=_order)]
    why = Counter(system.reasons.get(one.anchor) for one in states)
    widths = [audit.high[one] - audit.low[one] for one in system.targets]
    return DisclosureFigures(
        cells=sum(len(one.cells) for one in tables),
        quantities=len(states),
        small=why["small"],
        group=why["group"],
        dominant=why["dominant"],
        secondary=why["secondary"],
        carried=sum(one.figure != one.anchor for one in states),
        guarded=len(system.targets),
        narrowest=None if not widths else math.floor(min(widths) + _TINY),
        programs=audit.solver.solved,
        whole_programs=audit.solver.whole,
        divided=audit.solver.divided,
    )


def _order(quantity: Quantity) -> tuple[str, list[tuple[str, str]]]:
    return quantity.measure, sorted(quantity.codes)
