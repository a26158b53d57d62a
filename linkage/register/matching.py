"""Which episodes of two agencies are one absence, and which of one agency repeat another.

Two agencies' episodes of one person are paired one to one, closest first.  Closeness is the difference of
the starts plus the difference of the ends; of equals the smaller difference of the starts, then the smaller
handles.  Because that is one strict order over all pairs, taking the closest remaining pair again and again
gives the one stable matching: no two episodes are left that are closer to each other than each is to what it
was given.  (The closest pair of all must be in any stable matching, or it would itself be the objection;
remove it and the same holds for the rest.)  A matching with the most pairs would be worse: where a child is
absent every other day it shifts each episode to its neighbour's counterpart to gain one pair at the end.

What is left over may be a part of what the other agency holds as one: see :class:`Split`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from linkage.register.spans import Span, Tolerance, minutes_between

__all__ = ["Matching", "Pair", "Split", "match_reports", "split_duplicates"]


class Pair(NamedTuple):
    """Two agencies' episodes that are the same absence."""

    left: Span
    right: Span


class Split(NamedTuple):
    """One agency's episode, and the several episodes, in order, that another agency holds of that absence."""

    whole: Span
    parts: tuple[Span, ...]


class Matching(NamedTuple):
    """How two agencies' episodes of one person belong together; a split's whole is in a pair, too."""

    pairs: tuple[Pair, ...]
    splits: tuple[Split, ...]

    def links(self) -> Iterator[Pair]:
        """Yield every two episodes that are one absence or a part of it."""
        yield from self.pairs
        for split in self.splits:
            yield from (Pair(split.whole, part) for part in split.parts)


def split_duplicates(spans: Sequence[Span], tolerance: Tolerance) -> tuple[list[Span], list[Span]]:
    """Part one agency's episodes of one person into first reports and duplicates.

    In order of start and handle, an episode that is the same absence as an earlier *first* report is a
    duplicate of it; duplicates of duplicates do not chain.
    """
    first: list[Span] = []
    latest: list[int] = []
    duplicates: list[Span] = []
    for span in sorted(spans, key=lambda span: span.order):
        if _repeats_any(first, latest, span, tolerance):
            duplicates.append(span)
        else:
            latest.append(max(latest[-1], span.end.day) if latest else span.end.day)
            first.append(span)
    return first, duplicates


def _repeats_any(first: list[Span], latest: list[int], span: Span, tolerance: Tolerance) -> bool:
    """Look back as far as an end can still reach; ``latest`` holds the running maximum of the end days."""
    for earlier, last_day in zip(reversed(first), reversed(latest), strict=True):
        if last_day + tolerance.reach < span.start.day:
            return False
        if tolerance.same_absence(earlier, span) and not _consecutive(earlier, span, tolerance):
            return True
    return False


def _consecutive(earlier: Span, later: Span, tolerance: Tolerance) -> bool:
    """Tell whether one child record holds a return and then a new start: two absences by its own account.

    A new start beyond the day tolerance says that there was a return even if nobody recorded it.  Without
    this, a child who goes missing on most days would have every second absence called a duplicate.
    """
    if earlier.episode.child != later.episode.child:
        return False
    if earlier.open:
        return later.start.day - earlier.start.day > tolerance.day.days
    return minutes_between(earlier.start, later.start) > 0 and minutes_between(earlier.end, later.start) >= 0


def match_reports(left: Sequence[Span], right: Sequence[Span], tolerance: Tolerance) -> Matching:
    """Return the stable one-to-one matching of two agencies' first reports, and what is split.

    Both sequences are in order of start, as :func:`split_duplicates` returns them.
    """
    candidates = sorted(_candidates(left, right, tolerance), key=_closeness)
    pairs = tuple(_closest_pairs(candidates))
    return Matching(pairs, tuple(_splits(candidates, pairs, tolerance)))


def _closest_pairs(candidates: Sequence[Pair]) -> Iterator[Pair]:
    taken: set[str] = set()
    also_taken: set[str] = set()
    for pair in candidates:
        if pair.left.handle not in taken and pair.right.handle not in also_taken:
            taken.add(pair.left.handle)
            also_taken.add(pair.right.handle)
            yield pair


def _splits(candidates: Sequence[Pair], pairs: Sequence[Pair], tolerance: Tolerance) -> Iterator[Split]:
    """Give every unpaired episode to the closest paired one of the other agency that it is a part of."""
    for side in (0, 1):  # the side of the wholes
        partner = {pair[side].handle: pair[1 - side] for pair in pairs}
        free = {pair[1 - side].handle for pair in candidates}
        free -= {one.handle for one in partner.values()}
        parts: dict[str, tuple[Span, list[Span]]] = {}
        for pair in candidates if free else ():
            whole, part = pair[side], pair[1 - side]
            known = partner.get(whole.handle)
            if known is None or part.handle not in free:
                continue
            # The end of an open episode is only assumed: it holds others if the other side says so as well.
            if (known.open or not whole.open) and tolerance.is_part(part, whole):
                free.discard(part.handle)
                parts.setdefault(whole.handle, (whole, [known]))[1].append(part)
        for whole, found in parts.values():
            yield Split(whole, tuple(sorted(found, key=lambda one: one.order)))


def _candidates(left: Sequence[Span], right: Sequence[Span], tolerance: Tolerance) -> Iterator[Pair]:
    starts = [span.start.day for span in right]
    latest = list(accumulate((span.end.day for span in right), max))
    for span in left:
        for index in range(bisect_right(starts, span.end.day + tolerance.reach) - 1, -1, -1):
            if latest[index] + tolerance.reach < span.start.day:
                break
            if tolerance.same_absence(span, right[index]):
                yield Pair(span, right[index])


def _closeness(pair: Pair) -> tuple[int, int, str, str]:
    starts = abs(minutes_between(pair.left.start, pair.right.start))
    # Two open episodes have the same end, "not yet", whatever day each agency's snapshot stops.
    both_open = pair.left.open and pair.right.open
    ends = 0 if both_open else abs(minutes_between(pair.left.end, pair.right.end))
    return (starts + ends, starts, pair.left.handle, pair.right.handle)
