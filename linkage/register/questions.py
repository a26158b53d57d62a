"""Quality questions to an agency about its own records, most of them asked for no reason at all.

A question names nobody else's record, and which ones were asked for a reason is told to nobody: at least half
of a round is drawn by lot among the agency's other children, and a round's size is one of a few.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from linkage.register.persons import Holdings
from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import Span
from linkage.wire.records import Child
from linkage.wire.results import QuestionKind

__all__ = ["SIZES", "Lot", "Question", "questions_of", "stands_out"]

SIZES = (4, 8, 16, 32)
"""How many questions of one kind a round may have; at most half of them have a reason."""

_BANDS = {"under-1": (0, 1), "1-4": (1, 5), "5-9": (5, 10), "10-15": (10, 16), "16+": (16, 26)}
"""Youngest age, and the birthday by which a child has left the band; 16+ may be a care leaver's."""

Lot = Callable[[str, str, tuple[str, ...]], int]
"""Agency, kind, own child handles → a number that looks random and is always the same."""


class Question(NamedTuple):
    """What an agency may be asked about one or two of its own child records."""

    agency: str
    kind: QuestionKind
    children: tuple[str, ...]


class _Window(NamedTuple):
    """First and last day (ordinals) on which a child can have been born, by the age bands of its episodes."""

    first: int
    last: int


def questions_of(
    persons: Iterable[Holdings],
    standing: Mapping[str, AgencyRecords],
    lot: Lot,
    *,
    asked: Collection[Question],
    wanted: Collection[Question] = (),
) -> list[Question]:
    """Draw a round of questions for every agency; what was ``asked`` before is not asked again.

    What somebody ``wanted`` to be asked counts as a reason beside these, unless it :func:`stands_out`:

    - ``same-child``: two of its records that are linked to one person, among pairs alike in what is in clear.
    - ``date-of-birth``: a record whose age bands cannot be those of one child with another agency's record of
      the person, or with each other.
    """
    before = set(asked)
    reasons: dict[tuple[str, QuestionKind], set[tuple[str, ...]]] = defaultdict(set)
    for holdings in persons:
        for found in (*_doubles(holdings), *_wrong_births(holdings)):
            if found not in before:
                reasons[found.agency, found.kind].add(found.children)
    for one in wanted:
        if one not in before and one.agency in standing and not stands_out(one, standing[one.agency]):
            reasons[one.agency, one.kind].add(one.children)
    return [
        Question(agency, kind, children)
        for agency, entry in standing.items()
        for kind, others in _decoys(entry).items()
        for children in _round(agency, kind, reasons[agency, kind], others, lot, before)
    ]


def stands_out(question: Question, entry: AgencyRecords) -> bool:
    """Say whether a question could not be one without a reason: it would tell the agency that it has one.

    Nobody is asked at random about a child without an episode, a child made up as cover, or a child that the
    agency holds no more.
    """
    there = {one.handle for one in entry.payload.children if not one.dummy}
    if question.kind == "date-of-birth":
        there &= {one.child for one in entry.payload.episodes}
    return not there.issuperset(question.children)


def _round(
    agency: str,
    kind: QuestionKind,
    reasons: Collection[tuple[str, ...]],
    others: Collection[tuple[str, ...]],
    lot: Lot,
    before: Collection[Question],
) -> list[tuple[str, ...]]:
    """Fill a round with decoys; without enough of them there is none, for it would point at the others."""

    def drawn(some: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
        fresh = {one for one in some if Question(agency, kind, one) not in before}
        return sorted(fresh, key=lambda one: (lot(agency, kind, one), one))

    decoys = drawn(set(others) - set(reasons))
    for size in (one for one in SIZES if one >= 2 * len(reasons) or one == SIZES[-1]):
        true = drawn(reasons)[: size // 2]
        if len(decoys) >= size - len(true):
            return drawn([*true, *decoys[: size - len(true)]])
    return []


def _doubles(holdings: Holdings) -> Iterator[Question]:
    for own in holdings.children.values():
        records: dict[str, list[str]] = defaultdict(list)
        for agency, child in sorted(own):
            records[agency].append(child)
        for agency, children in records.items():
            if len(children) > 1:
                yield Question(agency, "same-child", (children[0], children[1]))


def _wrong_births(holdings: Holdings) -> Iterator[Question]:
    windows = {
        (agency, child): _window(one for one in spans if one.episode.child == child)
        for agency, spans in holdings.spans.items()
        for child in {one.episode.child for one in spans}
    }
    for key, window in windows.items():
        if any(_apart(window, other) for other in windows.values()):
            yield Question(key[0], "date-of-birth", (key[1],))


def _window(spans: Iterable[Span]) -> _Window:
    first, last = 1, dt.date.max.toordinal()
    for one in spans:
        band = _BANDS.get(one.episode.age_band)
        if band is not None:
            youngest, leaves = (_years_before(one.start.day, years) for years in band)
            first, last = max(first, leaves + 1), min(last, youngest)
    return _Window(first, last)


def _years_before(day: int, years: int) -> int:
    then = dt.date.fromordinal(day)
    last = 28 if (then.month, then.day) == (2, 29) and (then.year - years) % 4 else then.day
    return then.replace(year=then.year - years, day=last).toordinal()


def _apart(left: _Window, right: _Window) -> bool:
    """Tell whether no day of birth fits both; a window may itself be empty."""
    return max(left.first, right.first) > min(left.last, right.last)


def _decoys(entry: AgencyRecords) -> dict[QuestionKind, list[tuple[str, ...]]]:
    """Return what an agency might be asked without a reason; pairs are neighbours among children alike."""
    children = sorted((one for one in entry.payload.children if not one.dummy), key=_alike)
    pairs = [
        (min(one.handle, other.handle), max(one.handle, other.handle))
        for one, other in pairwise(children)
        if _alike(one)[:-1] == _alike(other)[:-1]
    ]
    with_episodes = {one.child for one in entry.payload.episodes}
    return {
        "date-of-birth": [(one.handle,) for one in children if one.handle in with_episodes],
        "same-child": list(pairs),
    }


def _alike(child: Child) -> tuple[str, str, str, str]:
    return child.sex, child.ethnicity, child.responsible or "", child.handle
