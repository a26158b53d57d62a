"""How many children go missing from care, councils' and police lists taken as two captures of them.

Chapman's estimate (University of California Publications in Statistics 1, 1951) supposes that the two lists
are independent, that every child of a group is equally likely to be on a list, and that linkage finds every
child who is on both.  The last is mended with the recall that :mod:`linkage.register.group_quality` tells;
the first cannot be tested with two lists: whoever tells the other side puts children on both, and then there
are more children than this says.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from linkage.differences import FEWEST
from linkage.register.child_facts import AGE, ETHNICITY, SEX, ChildFacts, RecordKey
from linkage.register.coverage import CoverageCalendar
from linkage.register.group_quality import ALL, QualityRow, must_be_held

__all__ = ["CaptureRow", "capture_rows", "chapman"]

_KINDS = (SEX, ETHNICITY, AGE)
_LEAST_BOTH = 7
"""With fewer on both lists the estimate is biased (Robson and Regier, 1964)."""

_Z = 1.959963984540054


class CaptureRow(Struct, frozen=True, kw_only=True):
    """One group's children who went missing from care where both sides handed in.

    ``council``, ``police``, ``both``: how many are on each list and on both; ``estimate``: how many there are
    at least, missed links allowed for, with ``low`` and ``high`` over the interval of recall as well.
    ``counted``: the three counts, exact, of every group; nothing of it leaves the worker but through
    :mod:`linkage.register.group_disclosure`.  ``why``: why nothing can be told.
    """

    kind: str
    group: str
    council: int | None = None
    police: int | None = None
    both: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    counted: tuple[int, int, int] | None = None
    why: str = ""


_NO_RECALL = "the recall of linkage cannot be told, and every missed link would count as a child on one list"


class _Lists(NamedTuple):
    council: AbstractSet[str]
    police: AbstractSet[str]


class _Estimate(NamedTuple):
    value: float
    low: float
    high: float


def chapman(first: int, second: int, both: float) -> _Estimate:
    """Estimate how many there are from two lists and how many are on both.

    The interval is log-normal in those on neither list (Chao, Biometrics 43, 1987), so that it never reaches
    below those seen.  Raises :class:`ValueError` for more on both lists than on one.
    """
    if not 0 <= both <= min(first, second):
        raise ValueError("chapman: more are on both lists than on one of them")
    value = (first + 1) * (second + 1) / (both + 1) - 1
    seen = first + second - both
    unseen = max(value - seen, 0.0)
    spread = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    if unseen == 0.0 or spread == 0.0:
        return _Estimate(value, min(seen, value), value)
    reach = math.exp(_Z * math.sqrt(math.log1p(spread / unseen**2)))
    return _Estimate(value, seen + unseen / reach, seen + unseen * reach)


def capture_rows(
    facts: Mapping[RecordKey, ChildFacts],
    person_of: Mapping[RecordKey, str],
    calendar: CoverageCalendar,
    *,
    recall: Sequence[QualityRow],
) -> list[CaptureRow]:
    """Estimate for everybody and every group.

    ``recall``: what :func:`linkage.register.group_quality.in_care_quality` tells of the same groups; where it
    tells nothing of one, nothing is told here.
    """
    told = {(one.kind, one.group): one for one in recall if not one.why}
    if (ALL, ALL) not in told:
        return [CaptureRow(kind=ALL, group=ALL, why=_NO_RECALL)]
    lists: dict[str, dict[str, ChildFacts]] = {"council": {}, "police": {}}
    for key, one in sorted(facts.items()):
        if key in person_of and any(_counts(one, calendar)):
            lists[one.role].setdefault(person_of[key], one)
    council, police = lists["council"], lists["police"]
    said = {person: one.said for person, one in (police | council).items()}
    groups = sorted({(kind, one[kind]) for one in said.values() for kind in _KINDS})
    members = [(ALL, ALL, set(said))]
    members += [
        (kind, name, {who for who, one in said.items() if one[kind] == name}) for kind, name in groups
    ]
    return [
        _row(
            CaptureRow(kind=kind, group=name),
            _Lists(council.keys() & who, police.keys() & who),
            told.get((kind, name)),
        )
        for kind, name, who in members
    ]


def _counts(one: ChildFacts, calendar: CoverageCalendar) -> Iterator[bool]:
    """Tell of every episode whether it counts: missing from care, where both sides handed in."""
    for episode in one.episodes:
        if episode.kind == "missing":
            yield must_be_held(episode, calendar, "council") and must_be_held(episode, calendar, "police")


def _row(row: CaptureRow, lists: _Lists, recall: QualityRow | None) -> CaptureRow:
    council, police, both = len(lists.council), len(lists.police), len(lists.council & lists.police)
    row = replace(row, counted=(council, police, both))
    if both < _LEAST_BOTH or min(council, police) < FEWEST:
        return replace(row, why="too few children are on both lists")
    if recall is None or not recall.share or not recall.low or not recall.high:
        return replace(row, why=_NO_RECALL)
    least, likely, most = (
        chapman(council, police, min(both / share, council, police))
        for share in (recall.low, recall.share, recall.high)
    )
    return replace(
        row,
        council=council,
        police=police,
        both=both,
        estimate=round(likely.value, 1),
        low=round(min(one.low for one in (least, likely, most)), 1),
        high=round(max(one.high for one in (least, likely, most)), 1),
    )
