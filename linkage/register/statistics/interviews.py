"""What several councils' return interviews about one absence say together."""

from collections.abc import Sequence
from typing import NamedTuple

from linkage.register.spans import Point, point
from linkage.register.statistics.durations import band_of_hours, interview_timing
from linkage.wire.records import ReturnInterview

__all__ = ["NONE_CODED", "NO_COUNCIL", "Interviewed", "settle_interview"]

NONE_CODED = "none-coded"


class Interviewed(NamedTuple):
    """``stage``: how far it came (the leaves of T9); the rest is told of completed interviews only."""

    stage: str
    hours: str | None = None
    reasons: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()


NO_COUNCIL = Interviewed("no-council-report")
"""Nobody holds interviews of an absence that only police reported."""


def settle_interview(records: Sequence[ReturnInterview], returned: Point) -> Interviewed:
    """Join the interview records of one absence that ended.

    What happened in any of them happened: a completed interview was accepted, and an accepted one offered.
    Of several completed ones the first counts for the hours, all of them for reasons and harms.
    """
    held = [point(one.completed) for one in records if one.completed is not None]
    if held:
        return _completed(records, returned, _first(held))
    outcomes = {one.outcome for one in records}
    if "accepted" in outcomes:
        return Interviewed("accepted-not-completed")
    for outcome in ("declined", "unable"):
        if outcome in outcomes:
            return Interviewed(outcome)
    if any(one.offered for one in records):
        return Interviewed("outcome-not-known")
    if any(one.offered is False for one in records):
        return Interviewed("not-offered")
    return Interviewed("offer-not-recorded")


def _first(held: Sequence[Point]) -> Point:
    """Return the earliest day's, and of one day the earliest known to the minute."""
    return min(held, key=lambda one: (one.day, one.minute is None, one.minute or 0))


def _completed(records: Sequence[ReturnInterview], returned: Point, held: Point) -> Interviewed:
    done = [one for one in records if one.completed is not None]
    reasons = {reason for one in done for reason in one.reasons}
    harms = {harm for one in done for harm in one.harms}
    if len(harms) > 1:
        harms.discard("none")
    return Interviewed(
        interview_timing(returned, held),
        band_of_hours(returned, held),
        tuple(sorted(reasons)) or (NONE_CODED,),
        tuple(sorted(harms)) or (NONE_CODED,),
    )
