"""What everything that was ever published says together: the system of an attacker who kept every release.

A *figure* is one exact value of a quantity; it has a new one whenever its count changes from one release to
the next.  The attacker is taken to know the rules, which counts changed and which did not, and why each cell
is suppressed.  By how much a count changed is known as far as the rules tell it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import Struct

from linkage.errors import InputError
from linkage.register.counts import Cell, CountTable, Dimension
from linkage.register.disclosure.policy import DisclosurePolicy
from linkage.register.disclosure.primary import Primary, primary
from linkage.register.disclosure.quantities import Line, Quantity, all_lines, counted, keyed, threshold_of
from linkage.register.disclosure.rounding import preimage, published
from linkage.register.released import ReleasedCell, ReleasedTable

__all__ = ["SUPPRESSED", "Nesting", "Release", "Row", "System", "Target", "texts_of"]

SUPPRESSED = ReleasedCell("c", None)


class Release(Struct, frozen=True, kw_only=True):
    """What was counted, by which rules it was released, and what became of it."""

    policy: DisclosurePolicy
    counted: tuple[CountTable, ...]
    released: tuple[ReleasedTable, ...]


class Nesting(NamedTuple):
    """A code that is made of others, which no table's dimension says: a merged council, a longer period."""

    dimension: str
    whole: str
    parts: tuple[str, ...]


class Target(NamedTuple):
    """What must stay open of a figure: so much between two values that are possible, or both of these."""

    width: int
    down: int | None = None
    up: int | None = None


class Row(NamedTuple):
    """A sum of figures, each with its sign, that lies between two bounds."""

    figures: tuple[int, ...]
    signs: tuple[int, ...]
    low: float
    high: float


@dataclass(slots=True)
class _State:
    """Where a quantity stands after a release: its figure, and what was last published of it and for what."""

    figure: int
    value: int
    cell: ReleasedCell
    anchor: int
    anchor_value: int


@dataclass(slots=True)
class System:
    """Bounds of every figure, rows that tie them, and what must stay open.

    ``fresh``: figures of the newest release whose cells can still be suppressed, with what would be shown.
    """

    policy: DisclosurePolicy
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    value: list[int] = field(default_factory=list)
    targets: dict[int, Target] = field(default_factory=dict)
    fresh: dict[int, int] = field(default_factory=dict)
    rows: dict[Row, None] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    states: dict[Quantity, _State] = field(default_factory=dict)
    parts: dict[tuple[str, str], dict[str, tuple[str, ...]]] = field(default_factory=dict)
    trees: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    unpublished: dict[Quantity, int] = field(default_factory=dict)

    def add(self, tables: Sequence[CountTable], texts: Mapping[Quantity, ReleasedCell] | None = None) -> None:
        """Add a release: an earlier one with its cells as they were published, or the one that is made."""
        counts = counted(tables, self.policy)
        grown = self._grown(tables)
        known = [
            one
            for one, state in self.states.items()
            if one in counts
            and not _has_grown(one, grown)
            and state.cell.value == state.value == counts[one].value == 0
        ]
        reasons = primary(tables, counts, self.policy, known)
        for quantity, cell in counts.items():
            state = self.states.get(quantity)
            if state is None or state.value != cell.value or _has_grown(quantity, grown):
                text = None if texts is None else texts[quantity]
                self._place(quantity, state, cell.value, reasons.get(quantity), text)
        for line in all_lines(tables, self.policy):
            self._line(line)
        self._at_most(counts)
        for table in tables:
            for one in table.dimensions:
                self._know(table.measure, one)

    def nest(self, nestings: Iterable[Nesting]) -> None:
        """Add what ties quantities of different tables and releases: each code to those that it is made of.

        Where all parts but one are published, that one follows from the others and is guarded like a
        suppressed cell if it is small.
        """
        for one in nestings:
            for (_, dimension), known in self.parts.items():
                if dimension == one.dimension:
                    known.setdefault(one.whole, one.parts)
        for quantity in list(self.states):
            for dimension, code in sorted(quantity.codes):
                parts = self.parts.get((quantity.measure, dimension), {}).get(code)
                if parts is not None:
                    self._nested(
                        quantity, [quantity.narrowed(dimension, part, self.policy) for part in parts]
                    )

    def suppress(self, figure: int) -> None:
        """Suppress a cell of the newest release for the sake of others."""
        del self.fresh[figure]
        self.low[figure], self.high[figure] = 0, math.inf
        self.targets[figure] = Target(self.policy.protection)
        self.reasons[figure] = "secondary"

    def cell(self, quantity: Quantity) -> ReleasedCell:
        """Return what is published of a quantity in the newest release."""
        state = self.states[quantity]
        return SUPPRESSED if self.reasons.get(state.anchor) else state.cell

    def _figure(self, value: int, low: float, high: float) -> int:
        self.low.append(low)
        self.high.append(high)
        self.value.append(value)
        return len(self.value) - 1

    def _grown(self, tables: Sequence[CountTable]) -> set[tuple[str, str, str]]:
        """Return the codes that are divided otherwise than before, as a year with another quarter is.

        Such a code is about more than it was: that a count of it is the same is chance, and nobody knows it.
        """
        grown: set[tuple[str, str, str]] = set()
        for table in tables:
            for one in table.dimensions:
                for code in reversed(one.codes):
                    place, parts = (table.measure, one.name, code), one.parts(code)
                    inner = any((table.measure, one.name, part) in grown for part in parts)
                    if inner or (parts and self.trees.get(place, parts) != parts):
                        grown.add(place)
        for table in tables:
            for one in table.dimensions:
                for code in one.codes:
                    if parts := one.parts(code):
                        self.trees[table.measure, one.name, code] = parts
        return grown

    def _place(
        self,
        quantity: Quantity,
        known: _State | None,
        value: int,
        reason: Primary | None,
        text: ReleasedCell | None,
    ) -> None:
        if known is not None and self._stands(quantity, known, value):
            self.states[quantity] = self._carried(quantity, known, value)
            return
        figure, cell = self._begin(quantity, value, reason, text)
        if known is not None and known.value != value:
            self._revised(known, figure, value)
        self.states[quantity] = _State(figure, value, cell, figure, value)

    def _begin(
        self, quantity: Quantity, value: int, reason: Primary | None, text: ReleasedCell | None
    ) -> tuple[int, ReleasedCell]:
        """Begin a figure that is published, or suppressed, by its own value."""
        policy = self.policy
        if reason is not None:
            figure = self._figure(value, reason.low, math.inf if reason.high is None else reason.high)
            self.targets[figure] = Target(policy.protection, reason.down, reason.up)
            self.reasons[figure] = reason.kind
            return figure, SUPPRESSED
        cell = published(value, policy)
        figure = self._figure(value, *preimage(cell.value or 0, threshold_of(quantity, policy), policy.base))
        if text is None:
            self.fresh[figure] = cell.value or 0
        elif text.value is None:
            self.fresh[figure] = 0
            self.suppress(figure)
        elif text != cell:
            raise InputError("an earlier release is not what its counts and rules make of it")
        return figure, cell

    def _is_suppressed(self, state: _State) -> bool:
        return state.anchor in self.reasons

    def _stands(self, quantity: Quantity, known: _State, value: int) -> bool:
        """Say whether what was published of a quantity stays although its count is another.

        A count that was and is small stays a symbol, even when it is nothing now: that it went would say how
        many it was.  What was nothing and is not is told at once: to wait would say how many it has become.
        """
        small = value <= threshold_of(quantity, self.policy)
        if self._is_suppressed(known):
            if self.reasons[known.anchor] in {"small", "group"} and small:
                return True
        elif known.anchor_value == 0:
            return False
        return abs(value - known.anchor_value) < self.policy.revision

    def _carried(self, quantity: Quantity, known: _State, value: int) -> _State:
        policy, threshold = self.policy, threshold_of(quantity, self.policy)
        hidden = self._is_suppressed(known)
        small = hidden and self.reasons[known.anchor] in {"small", "group"}
        figure = self._figure(value, 0, threshold + policy.revision - 1 if small else math.inf)
        if not small:
            room = policy.revision - 1
            self.rows[Row((figure, known.anchor), (1, -1), -room, room)] = None
        if hidden or 0 < value <= threshold:
            self.targets[figure] = Target(policy.protection)
        return _State(figure, value, known.cell, known.anchor, known.anchor_value)

    def _revised(self, known: _State, figure: int, value: int) -> None:
        """Whoever sees a revision knows that the count changed by so much, and which way."""
        if known.anchor_value == 0 and not self._is_suppressed(known):
            return
        pair, room = (figure, known.anchor), self.policy.revision
        up = value > known.anchor_value
        row = Row(pair, (1, -1), room, math.inf) if up else Row(pair, (1, -1), -math.inf, -room)
        self.rows[row] = None

    def _line(self, line: Line) -> None:
        whole, parts = self.states[line.whole], [self.states[one] for one in line.parts]
        figures, total = (whole.figure, *(one.figure for one in parts)), sum(one.value for one in parts)
        signs = (1, *(-1 for _ in parts))
        if not line.dimension.additive:
            if whole.value > total or any(one.value > whole.value for one in parts):
                raise _mismatch(line)
            self.rows[Row(figures, signs, -math.inf, 0)] = None
            for one in parts:
                self.rows[Row((whole.figure, one.figure), (1, -1), 0, math.inf)] = None
            return
        if whole.value < total or (line.complete and whole.value != total):
            raise _mismatch(line)
        self.rows[Row(figures, signs, 0, 0 if line.complete else math.inf)] = None

    def _at_most(self, counts: Mapping[Quantity, Cell]) -> None:
        for quantity in counts:
            for fewer, more in self.policy.at_most:
                other = Quantity(more, quantity.codes)
                if quantity.measure == fewer and other in counts:
                    if counts[quantity].value > counts[other].value:
                        raise InputError(f"a table has more {fewer} than {more}")
                    pair = (self.states[quantity].figure, self.states[other].figure)
                    self.rows[Row(pair, (1, -1), -math.inf, 0)] = None

    def _know(self, measure: str, dimension: Dimension) -> None:
        if dimension.additive:
            known = self.parts.setdefault((measure, dimension.name), {})
            for code in dimension.codes:
                if parts := dimension.parts(code):
                    known[code] = parts

    def _nested(self, whole: Quantity, parts: Sequence[Quantity]) -> None:
        """Tie a whole to its parts where its newest count is what theirs sum to; else the data changed."""
        there = [self.states[one] for one in parts if one in self.states]
        state, rest = self.states[whole], self.states[whole].value - sum(one.value for one in there)
        lacking = len(parts) - len(there)
        if not there or lacking > 1 or rest < 0 or (not lacking and rest):
            return
        figures = [state.figure, *(one.figure for one in there)]
        if lacking:
            figures.append(self._unpublished(next(one for one in parts if one not in self.states), rest))
        self.rows[Row(tuple(figures), (1, *(-1 for _ in figures[1:])), 0, 0)] = None

    def _unpublished(self, quantity: Quantity, value: int) -> int:
        if quantity not in self.unpublished:
            figure = self._figure(value, 0, math.inf)
            if 0 < value <= threshold_of(quantity, self.policy):
                self.targets[figure] = Target(self.policy.protection)
            self.unpublished[quantity] = figure
        return self.unpublished[quantity]


def _has_grown(quantity: Quantity, grown: set[tuple[str, str, str]]) -> bool:
    return bool(grown) and any((quantity.measure, *one) in grown for one in quantity.codes)


def _mismatch(line: Line) -> InputError:
    codes = ", ".join(f"{name}={code}" for name, code in sorted(line.whole.codes))
    return InputError(
        f"the parts of {line.whole.measure} ({codes}) along {line.dimension.name} do not make the whole",
        hint="mark the dimension as one that is not additive, or the parts as unavailable",
    )


def texts_of(release: Release) -> dict[Quantity, ReleasedCell]:
    """Return what a release published of every quantity that was counted: digits where any table has them."""
    texts: dict[Quantity, ReleasedCell] = {}
    # A number alone is no name: one table has children, incidents and calls apart.
    released = {(one.number, one.measure): one for one in release.released}
    for table in release.counted:
        shown = released.get((table.number, table.measure))
        if shown is None:
            raise InputError(f"an earlier release lacks its table {table.number}")
        for key, quantity in keyed(table, release.policy).items():
            cell = ReleasedCell(*shown.cells[key])
            if quantity not in texts or cell.value is not None:
                texts[quantity] = cell
    return texts
