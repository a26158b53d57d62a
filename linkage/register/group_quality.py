"""Linkage quality by group without the truth: what can be told, and what cannot.

Three estimators, each with a condition; where that does not hold nothing is told but why
(docs/decisions/0037-differences-between-groups.md).

- *Children in care.*  A council hands in every child that it looks after.  So of a child whom police recorded
  as missing from care, under a council that handed in that month, some council has a record: a list that is
  complete by its making, which turns capture and recapture around and yields the recall of linkage.
- *Links known from outside*: pairs somebody knew to be one child before anybody looked at the linkage.
- *Queries that agencies answered*: whether the links behind discrepancies are right.  Not all of them answer.

Everything is of persons and payload; no similarity and no weight of evidence is here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from linkage.differences import (
    FEWEST,
    GroupColumn,
    GroupDifference,
    Outcome,
    compare_groups,
)
from linkage.register.child_facts import (
    AGE,
    COUNCIL,
    ETHNICITY,
    FIELDS,
    FORCE,
    SEX,
    UASC,
    ChildFacts,
    RecordKey,
)
from linkage.register.coverage import CoverageCalendar
from linkage.register.spans import month_of
from linkage.shares import Interval, wilson_interval
from linkage.wire.codes import Role
from linkage.wire.records import Episode

__all__ = [
    "ALL",
    "ANSWERS",
    "ESTIMATORS",
    "IN_CARE",
    "KNOWN",
    "NAME_ORIGIN",
    "AnsweredLink",
    "KnownLink",
    "QualityRow",
    "answers_quality",
    "in_care_quality",
    "known_quality",
    "must_be_held",
]

IN_CARE, KNOWN, ANSWERS = "in-care", "known-links", "answers"
ESTIMATORS = (IN_CARE, KNOWN, ANSWERS)
NAME_ORIGIN = "origin of the name"
ALL = "all"
_NOT_KNOWN = "not known"

_CARE = frozenset({"care", "supported-accommodation"})
_LEAST_HELD = 0.5
_LEAST_ANSWERED = 0.8
_LIST_KINDS = (SEX, ETHNICITY, AGE, COUNCIL, FORCE, FIELDS)
_PAIR_KINDS = (SEX, ETHNICITY, AGE, UASC, COUNCIL, FORCE, FIELDS)

_NEVER_LEAVES = "names never leave an agency, so that the register knows the origin of none"
_COUNCILS_KNOW = "only councils' records say it, and a child whose link is missed has none here"
_TOO_FEW = f"fewer than {FEWEST} children, or fewer than {FEWEST} others"


class QualityRow(Struct, frozen=True, kw_only=True):
    """One group by one estimator; the group ``all`` is everybody.

    ``counted``: how many children are behind it, and of how many of them anything was missed or wrong.  It is
    exact, like all else here: nothing leaves the worker but through :mod:`linkage.register.group_disclosure`.
    ``children``: how many are behind the figures; ``share`` with ``low`` and ``high``: of links or children,
    those that are right or found; ``others``: the same of all others, ``difference`` with its interval,
    ``chance`` as :class:`linkage.differences.GroupDifference` has it.  ``why`` says why there are no figures;
    where it stands alone nothing can be told of the group.  ``answered``: of the links behind queries those
    that are right, that are wrong, and that nobody told of; only where that is why nothing else is told.
    """

    estimator: str
    kind: str
    group: str
    children: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    others: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    chance: float | None = None
    claimed: bool = False
    counted: tuple[int, int] | None = None
    answered: tuple[int, int, int] | None = None
    why: str = ""


class KnownLink(NamedTuple):
    """Two child records that are one child, known independently; ``found``: linkage joins them unaided."""

    left: RecordKey
    right: RecordKey
    found: bool


class AnsweredLink(NamedTuple):
    """The link behind a discrepancy of one ``stratum``; ``right_link``: an answer, None without one."""

    left: RecordKey
    right: RecordKey
    stratum: str
    right_link: bool | None


class _Unit(NamedTuple):
    """One thing that went right or wrong, of one person, with the groups it falls into."""

    person: str
    failed: bool
    said: Mapping[str, str]


def in_care_quality(
    facts: Mapping[RecordKey, ChildFacts],
    person_of: Mapping[RecordKey, str],
    calendar: CoverageCalendar,
) -> list[QualityRow]:
    """Estimate recall between police and councils from children whom police recorded as missing from care."""
    with_council = {
        person_of[key] for key, one in facts.items() if one.role == "council" and key in person_of
    }
    units = [
        _Unit(person, person not in with_council, said)
        for key, one in facts.items()
        if one.role == "police" and (person := person_of.get(key)) is not None
        if (said := _in_care(one, calendar)) is not None
    ]
    unknown = [(UASC, _COUNCILS_KNOW), (NAME_ORIGIN, _NEVER_LEAVES)]
    held = sum(not one.failed for one in units)
    if len(units) < FEWEST:
        return _untold(IN_CARE, f"police recorded fewer than {FEWEST} children as missing from care")
    if held < _LEAST_HELD * len(units):
        why = "no council holds most of the children whom police recorded as missing from its care"
        return _untold(IN_CARE, f"{why}: their lists are not complete, or police record care otherwise")
    return [*_rows(IN_CARE, units, _LIST_KINDS), *(_row_why(IN_CARE, *one) for one in unknown)]


def _in_care(one: ChildFacts, calendar: CoverageCalendar) -> Mapping[str, str] | None:
    """Return what a force says of a child whom a council must hold; None where none must."""
    episodes = [episode for episode in one.episodes if must_be_held(episode, calendar)]
    if not episodes:
        return None
    responsible = episodes[-1].responsible
    return {**one.said, COUNCIL: responsible or ""}


def must_be_held(episode: Episode, calendar: CoverageCalendar, side: Role = "council") -> bool:
    """Tell whether an episode began in care, under a council whose area one side handed in for that month."""
    area = episode.responsible
    return (
        episode.missing_from in _CARE
        and area is not None
        and calendar.covered(side, area, month_of(episode.start))
    )


def known_quality(
    links: Sequence[KnownLink],
    facts: Mapping[RecordKey, ChildFacts],
    person_of: Mapping[RecordKey, str],
) -> list[QualityRow]:
    """Estimate recall from links that were known before anybody looked at the linkage."""
    units = [
        _Unit(_whose(one.left, person_of), not one.found, _of_both(facts[one.left], facts[one.right]))
        for one in links
        if one.left in facts and one.right in facts
    ]
    if len(units) < FEWEST:
        return _untold(
            KNOWN, f"fewer than {FEWEST} links were made known as found independently of the linkage"
        )
    return [*_rows(KNOWN, units, _PAIR_KINDS), _row_why(KNOWN, NAME_ORIGIN, _NEVER_LEAVES)]


def answers_quality(
    links: Sequence[AnsweredLink],
    facts: Mapping[RecordKey, ChildFacts],
    person_of: Mapping[RecordKey, str],
) -> list[QualityRow]:
    """Estimate how many links behind discrepancies are right, from agencies' answers as a sample of them.

    Answers are no sample by design: where fewer than four fifths of the links have one that tells, the whole
    is only bounded.  Strata are weighted by the number of their links (Cochran, Sampling Techniques, 1977).
    """
    links = [one for one in links if one.left in facts and one.right in facts]
    told = [one for one in links if one.right_link is not None]
    if len(told) < FEWEST:
        return _untold(ANSWERS, f"fewer than {FEWEST} answers tell whether the link behind a query is right")
    if len(told) < _LEAST_ANSWERED * len(links):
        wrong = sum(not one.right_link for one in told)
        why = "fewer than four fifths of the links behind queries have an answer that tells"
        [row] = _untold(ANSWERS, why)
        return [replace(row, answered=(len(told) - wrong, wrong, len(links) - len(told)))]
    units = [
        _Unit(_whose(one.left, person_of), not one.right_link, _of_both(facts[one.left], facts[one.right]))
        for one in told
    ]
    rows = _rows(ANSWERS, units, _PAIR_KINDS)
    weighted = _stratified(links)
    everybody = [_with_share(one, weighted) if one.kind == ALL else one for one in rows]
    return [*everybody, _row_why(ANSWERS, NAME_ORIGIN, _NEVER_LEAVES)]


def _stratified(links: Sequence[AnsweredLink]) -> Interval:
    """Return the share of right links with each stratum weighted by all of its links, answered or not."""
    sizes = Counter(one.stratum for one in links)
    answered: dict[str, list[bool]] = defaultdict(list)
    for one in links:
        if one.right_link is not None:
            answered[one.stratum].append(one.right_link)
    whole = sum(sizes[stratum] for stratum in answered)
    share, variance = 0.0, 0.0
    for stratum, said in answered.items():
        weight, own = sizes[stratum] / whole, (sum(said) + 0.5) / (len(said) + 1)
        share += weight * sum(said) / len(said)
        variance += weight**2 * own * (1 - own) / len(said)
    count = sum(map(len, answered.values()))
    smooth = (share * count + 0.5) / (count + 1)
    effect = max(1.0, variance * count / (smooth * (1 - smooth)))
    return wilson_interval(min(share * count, count), count, effect=effect)


def _whose(record: RecordKey, person_of: Mapping[RecordKey, str]) -> str:
    """Return a record's person; one that is of no cycle yet stands for itself."""
    return person_of.get(record) or " ".join(record)


def _of_both(left: ChildFacts, right: ChildFacts) -> Mapping[str, str]:
    """Return what two records of one child say; of what both say, the council's, and what is known first."""
    first, second = sorted((left, right), key=lambda one: (one.role != "council", one.key))
    said = {**second.said, **first.said}
    for kind in (SEX, ETHNICITY, AGE):
        said[kind] = next(
            (one.said[kind] for one in (first, second) if one.said[kind] != "not known"), "not known"
        )
    return said


def _rows(estimator: str, units: Sequence[_Unit], kinds: Iterable[str]) -> list[QualityRow]:
    """Return everybody and every group; a person whom several units are of counts them together."""
    persons = {person: place for place, person in enumerate(dict.fromkeys(one.person for one in units))}
    place = np.array([persons[one.person] for one in units])
    whole = np.bincount(place).astype(np.float64)
    failed = np.bincount(place, [one.failed for one in units]).astype(np.float64)
    outcome = Outcome(estimator, whole, failed, np.arange(len(whole)))
    columns = [
        GroupColumn(kind, name, _inside(units, place, len(whole), kind, name))
        for kind in kinds
        if any(kind in one.said for one in units)
        if len(names := sorted({one.said.get(kind, _NOT_KNOWN) for one in units})) > 1
        for name in names
    ]
    everybody = GroupColumn(ALL, ALL, np.ones(len(whole), dtype=np.bool_))
    found = compare_groups([outcome], [everybody, *columns])
    return [
        _row(one, (int(column.inside.sum()), int((failed[column.inside] > 0).sum())))
        for one, column in zip(found.groups, [everybody, *columns], strict=True)
    ]


def _inside(
    units: Sequence[_Unit],
    place: NDArray[np.int64],
    count: int,
    kind: str,
    name: str,
) -> NDArray[np.bool_]:
    held = np.zeros(count, dtype=np.bool_)
    held[place[[one.said.get(kind, _NOT_KNOWN) == name for one in units]]] = True
    return held


def _row(one: GroupDifference, counted: tuple[int, int]) -> QualityRow:
    row = QualityRow(estimator=one.outcome, kind=one.kind, group=one.name, counted=counted)
    others, difference = one.others, one.difference
    if one.units < FEWEST or (difference is None and one.kind != ALL):
        return replace(row, why=_TOO_FEW)
    row = replace(_with_share(row, one.share), children=one.units)
    if others is None or difference is None or one.chance is None:
        return row
    return replace(
        row,
        others=_short(others.value),
        difference=_short(difference.value),
        difference_low=_short(difference.low),
        difference_high=_short(difference.high),
        chance=_short(one.chance),
        claimed=one.claimed,
    )


def _with_share(row: QualityRow, share: Interval) -> QualityRow:
    return replace(row, share=_short(share.value), low=_short(share.low), high=_short(share.high))


def _short(value: float) -> float:
    return round(value, 4)


def _untold(estimator: str, why: str) -> list[QualityRow]:
    return [_row_why(estimator, ALL, why, group=ALL)]


def _row_why(estimator: str, kind: str, why: str, *, group: str = "every group") -> QualityRow:
    return QualityRow(estimator=estimator, kind=kind, group=group, why=why)
