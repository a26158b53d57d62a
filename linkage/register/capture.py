"""How many children go missing from care, councils' and police lists taken as two captures of them.

Chapman's estimate (University of California Publications in Statistics 1, 1951) supposes that the two lists
are independent, that every child of a group is equally likely to be on a list, and that linkage finds every
child who is on both.  The last is mended with the recall of linkage; the first cannot be tested with two
lists: whoever tells the other side puts children on both, and then there are more children than this says.

Children are counted here; :mod:`linkage.register.group_disclosure` makes estimates of what it leaves of that.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec import Struct

from linkage.register.child_facts import AGE, ETHNICITY, SEX, ChildFacts, RecordKey
from linkage.register.coverage import CoverageCalendar
from linkage.register.group_quality import ALL, QualityRow, must_be_held

__all__ = ["NO_RECALL", "CaptureRow", "capture_rows", "chapman"]

NO_RECALL = "the recall of linkage cannot be told, and every missed link would count as a child on one list"

_KINDS = (SEX, ETHNICITY, AGE)
_Z = 1.959963984540054


class CaptureRow(Struct, frozen=True, kw_only=True):
    """One group's children who went missing from care where both sides handed in.

    ``counted``: how many are on councils' list, on police's and on both, exact; nothing of it leaves the
    worker but through :mod:`linkage.register.group_disclosure`.  ``why``: why nothing can be told.
    """

    kind: str
    group: str
    counted: tuple[int, int, int] | None = None
    why: str = ""


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
    """Count everybody and every group.

    ``recall``: what :func:`linkage.register.group_quality.in_care_quality` finds; where it finds nothing of
    everybody, nothing is told here.
    """
    if not any((one.kind, one.group) == (ALL, ALL) and one.counted is not None for one in recall):
        return [CaptureRow(kind=ALL, group=ALL, why=NO_RECALL)]
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
        CaptureRow(kind=kind, group=name, counted=_counted(council.keys() & who, police.keys() & who))
        for kind, name, who in members
    ]


def _counted(council: AbstractSet[str], police: AbstractSet[str]) -> tuple[int, int, int]:
    return len(council), len(police), len(council & police)


def _counts(one: ChildFacts, calendar: CoverageCalendar) -> Iterator[bool]:
    """Tell of every episode whether it counts: missing from care, where both sides handed in."""
    for episode in one.episodes:
        if episode.kind == "missing":
            yield must_be_held(episode, calendar, "council") and must_be_held(episode, calendar, "police")
