"""Periods that are made of others: what a release of a year says of the quarter that was never released."""

import datetime as dt
from collections.abc import Iterable, Sequence

from linkage.register.disclosure.history import Nesting
from linkage.register.statistics.periods import Period

__all__ = ["nested_periods"]

_DAY = dt.timedelta(days=1)


def nested_periods(periods: Iterable[Period]) -> list[Nesting]:
    """Return of each period the others that it is made of, and the one stretch between them that is left.

    Tables that are divided by month say so themselves; others say no more than their period's name.
    """
    known = sorted(set(periods))
    return [
        Nesting("time", whole.code, tuple(one.code for one in parts))
        for whole in known
        if len(parts := _parts(whole, [one for one in known if one != whole and _within(one, whole)])) > 1
    ]


def _within(one: Period, whole: Period) -> bool:
    return whole.first <= one.first and one.last <= whole.last


def _parts(whole: Period, inner: Sequence[Period]) -> list[Period]:
    """Go from both ends by the longest periods; what is left is a stretch of its own."""
    front: list[Period] = []
    back: list[Period] = []
    first, last = whole
    while found := [one for one in inner if one.first == first and one.last <= last]:
        front.append(max(found))
        first = front[-1].last + _DAY
    while found := [one for one in inner if one.last == last and one.first >= first]:
        back.insert(0, min(found))
        last = back[0].first - _DAY
    return [*front, *([Period(first, last)] if first <= last else []), *back]
