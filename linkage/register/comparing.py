"""What two sides say differently about one absence: in which respects, never by how much."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, get_args

from linkage.register.matching import Matching, Pair, Split
from linkage.register.spans import Span, Tolerance
from linkage.wire.results import Difference, ReconciliationClass

__all__ = ["Compared", "compare_matching", "in_order"]

_ORDER: tuple[Difference, ...] = get_args(Difference)


class Compared(NamedTuple):
    """The class that one counterpart gives an episode, and the respects in which the two differ."""

    reconciliation_class: ReconciliationClass
    differs: tuple[Difference, ...]


def in_order(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return each difference once, in the order in which they are always named."""
    present = set(found)
    return tuple(one for one in _ORDER if one in present)


def compare_matching(matching: Matching, tolerance: Tolerance) -> Iterator[tuple[Span, Compared]]:
    """Yield for every episode of a council and a force that are one absence what the comparison gives."""
    split = {(one.agency, one.handle) for each in matching.splits for one in (each.whole, *each.parts)}
    for pair in matching.pairs:
        if (pair.left.agency, pair.left.handle) not in split:
            compared = _compare_pair(pair, tolerance)
            yield from ((one, compared) for one in pair)
    for each in matching.splits:
        yield from _compare_split(each, tolerance)


def _compare_pair(pair: Pair, tolerance: Tolerance) -> Compared:
    left, right = pair
    differs = in_order(_differences(left, right, tolerance))
    if "open" in differs:
        return Compared("OPEN_CLOSED_CONFLICT", differs)
    if "start" in differs:
        return Compared("MATCHED_START_CONFLICT", differs)
    if "end" in differs:
        return Compared("MATCHED_END_CONFLICT", differs)
    return Compared("TYPE_CONFLICT" if differs else "MATCHED", differs)


def _differences(left: Span, right: Span, tolerance: Tolerance) -> Iterator[Difference]:
    if left.open != right.open:
        yield "open"
    if not tolerance.agree(left.start, right.start):
        yield "start"
    if not (left.open or right.open) and not tolerance.agree(left.end, right.end):
        yield "end"
    if left.episode.kind != right.episode.kind:
        yield "type"


def _compare_split(split: Split, tolerance: Tolerance) -> Iterator[tuple[Span, Compared]]:
    """Compare the whole with its parts taken together, and each part with the whole at its outer edge."""
    whole, parts = split
    found: list[Difference] = []
    for part in parts:
        differs = [
            one
            for one in _differences(whole, part, tolerance)
            if one == "type"
            or (one == "open" and part.open)
            or (one == "start" and part is parts[0])
            or (one == "end" and part is parts[-1])
        ]
        found += differs
        yield part, _split_class(differs)
    yield whole, _split_class(found)


def _split_class(differs: Iterable[Difference]) -> Compared:
    named = in_order(differs)
    return Compared("OPEN_CLOSED_CONFLICT" if "open" in named else "SPLIT_MERGE", named)
