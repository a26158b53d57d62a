"""Which counts are sensitive by themselves: small, dominated by few children, or telling by their zeros."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from linkage.register.counts import Cell, CountTable
from linkage.register.disclosure.policy import DisclosurePolicy
from linkage.register.disclosure.quantities import Line, Quantity, all_lines, threshold_of

__all__ = ["Kind", "Primary", "primary"]

Kind = Literal["small", "group", "dominant"]


class Primary(NamedTuple):
    """Why a count is suppressed, and what is open about it to somebody who knows why.

    ``low`` and ``high``: what the symbol itself leaves open, ``high`` None where it has no end.  ``down`` and
    ``up``: values that must stay possible, at least; None where a width is all that is asked.
    """

    kind: Kind
    low: int
    high: int | None
    down: int | None = None
    up: int | None = None


def primary(
    tables: Sequence[CountTable],
    counts: Mapping[Quantity, Cell],
    policy: DisclosurePolicy,
    known: Iterable[Quantity] = (),
) -> dict[Quantity, Primary]:
    """Return every count that is suppressed for its own sake.

    *Small*: from 1 to the threshold.  *Dominant*: one child makes most of it, or few children all of it.
    *Group*: a zero that would tell something.  Where all children of a line are in one of its codes, and the
    codes say more than when and where, the zeros beside it would say of each what they have in common.
    And nothing is said of the parts of a small count: which are none and which are not would narrow it.  With
    a zero every zero goes that it is a part of, that is a part of it, or that is the same in another measure.

    ``known``: quantities of which earlier releases said that they are nothing; what is part of them is
    nothing too, and suppressing it would hide nothing.
    """
    found = {
        quantity: Primary("small", 1, threshold_of(quantity, policy))
        for quantity, cell in counts.items()
        if 1 <= cell.value <= threshold_of(quantity, policy)
    }
    for quantity, cell in counts.items():
        if quantity not in found and _is_dominated(quantity, cell, counts, policy):
            room = -(-cell.value * policy.dominance_protection // 100)
            found[quantity] = Primary("dominant", 0, None, cell.value - room, cell.value + room)
    _group(found, list(all_lines(tables, policy)), counts, policy, known)
    return found


def _is_dominated(
    quantity: Quantity, cell: Cell, counts: Mapping[Quantity, Cell], policy: DisclosurePolicy
) -> bool:
    if cell.value <= threshold_of(quantity, policy):
        return False
    if cell.largest * 100 >= cell.value * policy.dominance_percent:
        return True
    contributors = [
        counts[other]
        for fewer, more in policy.at_most
        if more == quantity.measure and (other := Quantity(fewer, quantity.codes)) in counts
    ]
    return any(0 < one.value < policy.contributors for one in contributors)


def _group(
    found: dict[Quantity, Primary],
    every: Sequence[Line],
    counts: Mapping[Quantity, Cell],
    policy: DisclosurePolicy,
    known: Iterable[Quantity],
) -> None:
    above: dict[Quantity, list[Quantity]] = defaultdict(list)
    below: dict[Quantity, list[Quantity]] = defaultdict(list)
    waiting: list[Quantity] = []
    partners = _partners(counts, policy)
    for line in every:
        zeros = [one for one in line.parts if not counts[one].value]
        if not counts[line.whole].value:
            for one in zeros:
                below[line.whole].append(one)
                above[one].append(line.whole)
        elif _tells(line, len(zeros), found, policy):
            waiting += zeros
            for one in line.parts:
                for same in (one, *partners.get(one, ())):
                    _may_be_nothing(found, same)
    settled = _reached(known, (below, partners), counts, set())
    for one in _reached(waiting, (above, below, partners), counts, settled):
        found[one] = Primary("group", 0, threshold_of(one, policy))


def _reached(
    start: Iterable[Quantity],
    ways: Sequence[Mapping[Quantity, list[Quantity]]],
    counts: Mapping[Quantity, Cell],
    but: set[Quantity],
) -> set[Quantity]:
    """Return every zero that hangs together with one of these."""
    found: set[Quantity] = set()
    waiting = list(start)
    while waiting:
        one = waiting.pop()
        if one not in found and one not in but and not counts[one].value:
            found.add(one)
            for way in ways:
                waiting += way.get(one, ())
    return found


def _tells(line: Line, zeros: int, found: Mapping[Quantity, Primary], policy: DisclosurePolicy) -> bool:
    if line.whole in found and found[line.whole].kind == "small":
        return True
    return line.dimension.name not in (*policy.time, *policy.places) and zeros == len(line.parts) - 1


def _may_be_nothing(found: dict[Quantity, Primary], one: Quantity) -> None:
    """Let what is small look like the zeros beside it: which is which must not be known."""
    if one in found and found[one].kind == "small":
        found[one] = found[one]._replace(low=0)


def _partners(counts: Mapping[Quantity, Cell], policy: DisclosurePolicy) -> dict[Quantity, list[Quantity]]:
    """Return which quantities are nothing together: no child without an incident, and no other way round."""
    found: dict[Quantity, list[Quantity]] = defaultdict(list)
    for quantity in counts:
        for fewer, more in policy.at_most:
            other = Quantity(more, quantity.codes)
            if quantity.measure == fewer and other in counts:
                found[quantity].append(other)
                found[other].append(quantity)
    return found
