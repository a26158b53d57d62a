"""Linkage quality by group without the truth: what can be told, and what cannot.

Three estimators, each with a condition; where that does not hold nothing is told but why
(docs/decisions/0037-differences-between-groups.md).

- *Children in care.*  A council hands in every child that it looks after.  So of a child whom police recorded
  as missing from care, under a council that handed in that month, some council has a record: a list that is
  complete by its making, which turns capture and recapture around and yields the recall of linkage.
- *Links known from outside*: pairs somebody knew to be one child before anybody looked at the linkage.
- *Queries that agencies answered*: whether the links behind discrepancies are right.  Not all of them answer.

Everything is of persons and payload; no similarity and no weight of evidence is here.  They are counted, and
no more: what is said of a group is made of what disclosure control leaves of its counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from linkage.differences import FEWEST
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
from linkage.wire.codes import Role
from linkage.wire.records import Episode

__all__ = [
    "ALL",
    "ANSWERS",
    "ESTIMATORS",
    "IN_CARE",
    "KNOWN",
    "LIST_KINDS",
    "NAME_ORIGIN",
    "NOT_KNOWN",
    "AnsweredLink",
    "KnownLink",
    "QualityRow",
    "Unit",
    "answers_quality",
    "in_care_quality",
    "in_care_units",
    "known_quality",
    "must_be_held",
]

IN_CARE, KNOWN, ANSWERS = "in-care", "known-links", "answers"
ESTIMATORS = (IN_CARE, KNOWN, ANSWERS)
NAME_ORIGIN = "origin of the name"
ALL = "all"
NOT_KNOWN = "not known"
LIST_KINDS = (SEX, ETHNICITY, AGE, COUNCIL, FORCE, FIELDS)

_CARE = frozenset({"care", "supported-accommodation"})
_LEAST_HELD = 0.5
_LEAST_ANSWERED = 0.8
_PAIR_KINDS = (SEX, ETHNICITY, AGE, UASC, COUNCIL, FORCE, FIELDS)

_NEVER_LEAVES = "names never leave an agency, so that the register knows the origin of none"
_COUNCILS_KNOW = "only councils' records say it, and a child whose link is missed has none here"


class QualityRow(Struct, frozen=True, kw_only=True):
    """One group by one estimator; the group ``all`` is everybody.

    ``counted``: how many children are behind it, and of how many of them anything was missed or wrong.  It is
    exact: nothing leaves the worker but through :mod:`linkage.register.group_disclosure`.  ``answered``: of
    the links behind queries those that are right, that are wrong, and that nobody told of; only where that is
    why nothing else is told.  ``why``: why nothing can be told of the group.
    """

    estimator: str
    kind: str
    group: str
    counted: tuple[int, int] | None = None
    answered: tuple[int, int, int] | None = None
    why: str = ""


class KnownLink(NamedTuple):
    """Two child records that are one child, known independently; ``found``: linkage joins them unaided."""

    left: RecordKey
    right: RecordKey
    found: bool


class AnsweredLink(NamedTuple):
    """The link behind a discrepancy; ``right_link``: an answer, None without one."""

    left: RecordKey
    right: RecordKey
    right_link: bool | None


class Unit(NamedTuple):
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
    units = in_care_units(facts, person_of, calendar)
    if len({one.person for one in units}) < FEWEST:
        return _untold(IN_CARE, f"police recorded fewer than {FEWEST} children as missing from care")
    if sum(not one.failed for one in units) < _LEAST_HELD * len(units):
        why = "no council holds most of the children whom police recorded as missing from its care"
        return _untold(IN_CARE, f"{why}: their lists are not complete, or police record care otherwise")
    unknown = [(UASC, _COUNCILS_KNOW), (NAME_ORIGIN, _NEVER_LEAVES)]
    return [*_rows(IN_CARE, units, LIST_KINDS), *(_row_why(IN_CARE, *one) for one in unknown)]


def in_care_units(
    facts: Mapping[RecordKey, ChildFacts],
    person_of: Mapping[RecordKey, str],
    calendar: CoverageCalendar,
) -> list[Unit]:
    """Return forces' records of children whom a council must hold; failed are those without a council's."""
    with_council = {
        person_of[key] for key, one in facts.items() if one.role == "council" and key in person_of
    }
    return [
        Unit(person, person not in with_council, said)
        for key, one in facts.items()
        if one.role == "police" and (person := person_of.get(key)) is not None
        if (said := _in_care(one, calendar)) is not None
    ]


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
        Unit(_whose(one.left, person_of), not one.found, _of_both(facts[one.left], facts[one.right]))
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
    is only bounded.
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
        Unit(_whose(one.left, person_of), not one.right_link, _of_both(facts[one.left], facts[one.right]))
        for one in told
    ]
    return [*_rows(ANSWERS, units, _PAIR_KINDS), _row_why(ANSWERS, NAME_ORIGIN, _NEVER_LEAVES)]


def _whose(record: RecordKey, person_of: Mapping[RecordKey, str]) -> str:
    """Return a record's person; one that is of no cycle yet stands for itself."""
    return person_of.get(record) or " ".join(record)


def _of_both(left: ChildFacts, right: ChildFacts) -> Mapping[str, str]:
    """Return what two records of one child say; of what both say, the council's, and what is known first."""
    first, second = sorted((left, right), key=lambda one: (one.role != "council", one.key))
    said = {**second.said, **first.said}
    for kind in (SEX, ETHNICITY, AGE):
        said[kind] = next(
            (one.said[kind] for one in (first, second) if one.said[kind] != NOT_KNOWN), NOT_KNOWN
        )
    return said


def _rows(estimator: str, units: Sequence[Unit], kinds: Iterable[str]) -> list[QualityRow]:
    """Return everybody and every group; a person whom several units are of counts once."""
    missed = {one.person for one in units if one.failed}
    groups = {(ALL, ALL): {one.person for one in units}}
    for kind in kinds:
        members: dict[str, set[str]] = defaultdict(set)
        for one in units:
            members[one.said.get(kind, NOT_KNOWN)].add(one.person)
        if len(members) > 1:
            groups |= {(kind, name): members[name] for name in sorted(members)}
    return [
        QualityRow(estimator=estimator, kind=kind, group=name, counted=(len(whole), len(whole & missed)))
        for (kind, name), whole in groups.items()
    ]


def _untold(estimator: str, why: str) -> list[QualityRow]:
    return [_row_why(estimator, ALL, why, group=ALL)]


def _row_why(estimator: str, kind: str, why: str, *, group: str = "every group") -> QualityRow:
    return QualityRow(estimator=estimator, kind=kind, group=group, why=why)
