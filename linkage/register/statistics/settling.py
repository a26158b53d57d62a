"""What counts as true of an absence that several agencies reported differently (docs/statistics.md).

One rule for each kind of fact, none of which looks at the order in which anything was handed in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from linkage.register.classes import Classified
from linkage.register.spans import Point, Span, Tolerance, minutes_between
from linkage.wire.codes import Risk

__all__ = ["OpenState", "attach_duplicates", "best_known", "highest_risk", "settled_end", "settled_start"]

OpenState = Literal["ended", "disputed", "open"]

_RISKS: tuple[Risk, ...] = ("high", "medium", "low", "very-low", "no-apparent-risk", "unknown")
_RANK = {risk: rank for rank, risk in enumerate(_RISKS)}


def settled_start(spans: Iterable[Span], tolerance: Tolerance) -> Point:
    """Return the earliest start; one known to the minute stands for dates that agree with it."""
    starts = {span.start for span in spans}
    timed = sorted(one for one in starts if one.minute is not None)
    dated = sorted(one.day for one in starts if one.minute is None)
    if not timed or (dated and dated[0] < timed[0].day - tolerance.day.days):
        return Point(dated[0], None)
    return timed[0]


def settled_end(spans: Sequence[Span], tolerance: Tolerance) -> tuple[Point | None, OpenState]:
    """Return the latest end that any report knows, and whether some report knows none.

    One known to the minute stands for dates that agree with it.
    """
    ends = {span.end for span in spans if not span.open}
    if not ends:
        return None, "open"
    state: OpenState = "disputed" if any(span.open for span in spans) else "ended"
    timed = sorted(one for one in ends if one.minute is not None)
    dated = sorted(one.day for one in ends if one.minute is None)
    if not timed or (dated and dated[-1] > timed[-1].day + tolerance.day.days):
        return Point(dated[-1], None), state
    return timed[-1], state


def best_known(councils: Iterable[str], forces: Iterable[str], *, unknown: str = "unknown") -> str:
    """Return the commonest known value, councils' before forces'; of equals the first by code."""
    for values in (councils, forces):
        known = [value for value in values if value != unknown]
        if not known:
            continue
        if len(set(known)) == 1:  # nearly always, and much faster than counting
            return known[0]
        counts = Counter(known)
        return min(counts, key=lambda value: (-counts[value], value))
    return unknown


def highest_risk(risks: Iterable[Risk]) -> Risk:
    """Return the gravest of several grades."""
    return min(risks, key=_RANK.__getitem__, default="unknown")


def attach_duplicates(
    firsts: Iterable[Classified], duplicates: Iterable[Classified]
) -> Mapping[tuple[str, str], list[Classified]]:
    """Give every repeated report to the first report of its agency whose start is nearest.

    Returns them by agency and handle of the first report.
    """
    own: dict[str, list[Classified]] = {}
    for first in firsts:
        own.setdefault(first.span.agency, []).append(first)
    found: dict[tuple[str, str], list[Classified]] = {}
    for repeat in duplicates:
        nearest = min(own[repeat.span.agency], key=lambda first: _distance(first.span, repeat.span))
        found.setdefault((nearest.span.agency, nearest.span.handle), []).append(repeat)
    return found


def _distance(first: Span, repeat: Span) -> tuple[int, tuple[int, int, str]]:
    return abs(minutes_between(first.start, repeat.start)), first.order
