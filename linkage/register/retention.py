"""When the records of a child may be kept no longer, by the days and age bands that the payload states.

Nothing states a date of birth: an age band says how old a child is at least when an episode begins, and so
the day on which it is certainly of some age.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from linkage.wire.codes import AgeBand
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Episode, Payload, ReturnInterview

__all__ = ["RetentionRules", "due_days"]

_YOUNGEST: dict[AgeBand, int] = {"under-1": 0, "1-4": 1, "5-9": 5, "10-15": 10, "16+": 16, "unknown": 0}


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long; ``until_age`` 0 means that ages make no difference."""

    years_after_last_record: int = 6
    until_age: int = 18
    years_if_missing: int = 1
    years_without_episode: int = 2


@dataclass(slots=True)
class _Child:
    """What one agency's snapshots say of one child, as far as it matters here."""

    last: dt.date = dt.date.min
    listed: dt.date = dt.date.min
    of_age: dt.date | None = None
    missing: bool = False
    episodes: int = 0


def due_days(snapshots: Iterable[tuple[Payload, dt.date]], rules: RetentionRules) -> dict[str, dt.date]:
    """Return for every child of one agency, by handle, the day after which its records go.

    ``snapshots``: every one that holds anything, with the last day of its period, newest last.  What is open
    there runs to that day.
    """
    children: dict[str, _Child] = {}
    for payload, end in snapshots:
        _listed(children, payload, end)
        open_now = {one.handle: one.end is None for one in payload.episodes}
        child_of = {one.handle: one.child for one in payload.episodes}
        for episode in payload.episodes:
            _episode(children[episode.child], episode, end, rules)
        for spell in payload.care_spells:
            children[spell.child].last = max(children[spell.child].last, _spell_end(spell, end))
        for interview in payload.interviews:
            child = children[child_of[interview.episode]]
            child.last = max([child.last, *_interview_days(interview)])
        for handle in {one.child for one in payload.episodes}:
            children[handle].missing = any(
                open_now[one.handle] for one in payload.episodes if one.child == handle
            )
    return {handle: _due(child, rules) for handle, child in children.items()}


def _listed(children: dict[str, _Child], payload: Payload, end: dt.date) -> None:
    for one in payload.children:
        child = children.setdefault(one.handle, _Child())
        child.listed = max(child.listed, end)


def _episode(child: _Child, episode: Episode, end: dt.date, rules: RetentionRules) -> None:
    child.episodes += 1
    child.last = max(child.last, episode.start.date, end if episode.end is None else episode.end.date)
    years = max(rules.until_age - _YOUNGEST[episode.age_band], 0)
    of_age = _later(episode.start.date, years)
    child.of_age = of_age if child.of_age is None else min(child.of_age, of_age)


def _spell_end(spell: CareSpell, end: dt.date) -> dt.date:
    return end if spell.end is None else spell.end.date


def _interview_days(interview: ReturnInterview) -> list[dt.date]:
    moments: tuple[Moment | None, ...] = (
        interview.offered_on,
        interview.completed,
        interview.shared_with_police_on,
    )
    return [one.date for one in moments if one is not None]


def _due(child: _Child, rules: RetentionRules) -> dt.date:
    if not child.episodes:
        return _later(max(child.last, child.listed), rules.years_without_episode)
    due = _later(child.last, rules.years_after_last_record)
    if rules.until_age and child.of_age is not None:
        due = max(due, _later(child.of_age, rules.years_if_missing if child.missing else 0))
    return due


def _later(day: dt.date, years: int) -> dt.date:
    """Return the same day years later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
