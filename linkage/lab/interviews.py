"""Return interviews: whether a child who came back was offered one, had one, and what it found."""

import datetime as dt
from typing import NamedTuple

from linkage.lab.draws import Draws, Weighted
from linkage.lab.recording import Report

__all__ = ["Interview", "draw_interview"]

_OFFERED = 0.85
_COMPLETED = 0.92
_OUTCOMES = Weighted((("accepted", 0.66), ("declined", 0.27), ("unable", 0.07)))
_INTERVIEWERS = Weighted(
    (("independent", 0.45), ("dedicated-worker", 0.30), ("social-worker", 0.20), ("other", 0.05))
)
_HOURS = ((0.0, 6.0), (0.63, 72.0), (0.90, 200.0), (1.0, 500.0))
"""Hours from return to interview; in 2023/24 councils held 63 % within 72 hours on average."""
_REASONS = Weighted(
    (
        ("friends", 0.26), ("family-contact", 0.20), ("placement", 0.16), ("conflict", 0.14),
        ("exploitation", 0.10), ("school", 0.05), ("substance", 0.05), ("other", 0.04),
    )
)  # fmt: skip
_HARMS = Weighted(
    (
        ("none", 0.70), ("exploitation", 0.09), ("substance", 0.08), ("offending", 0.06), ("sexual", 0.03),
        ("physical", 0.02), ("other", 0.02),
    )
)  # fmt: skip
_MOST_DAYS_TO_OFFER = 3
_OFFICE_OPENS, _OFFICE_CLOSES = 9, 18


class Interview(NamedTuple):
    """What a council holds on one return interview; None and blank where it did not happen."""

    offered: bool
    offered_on: dt.date | None = None
    outcome: str = ""
    completed: dt.datetime | None = None
    interviewer: str = ""
    reasons: tuple[str, ...] = ()
    harms: tuple[str, ...] = ()


def draw_interview(report: Report, last: dt.date, draws: Draws) -> Interview | None:
    """The return interview after a council's report; None while the child has not come back."""
    if report.end is None or report.second:
        return None
    back = report.end
    offered_on = back.date() + dt.timedelta(days=draws.below(_MOST_DAYS_TO_OFFER))
    if not draws.chance(_OFFERED) or offered_on > last:
        return Interview(offered=False)
    outcome = draws.weighted(_OUTCOMES)
    held = _at_office_hours(back + dt.timedelta(hours=draws.quantile(_HOURS)), draws)
    held = max(held, dt.datetime.combine(offered_on, dt.time(17, 30)))
    done = outcome == "accepted" and draws.chance(_COMPLETED) and held.date() <= last
    if not done:
        return Interview(True, offered_on, outcome)  # noqa: FBT003
    reasons = tuple(dict.fromkeys(draws.weighted(_REASONS) for _ in range(draws.between(1, 2))))
    return Interview(
        offered=True,
        offered_on=offered_on,
        outcome=outcome,
        completed=held,
        interviewer=draws.weighted(_INTERVIEWERS),
        reasons=reasons,
        harms=(draws.weighted(_HARMS),),
    )


def _at_office_hours(time: dt.datetime, draws: Draws) -> dt.datetime:
    if _OFFICE_OPENS <= time.hour < _OFFICE_CLOSES:
        return time.replace(second=0, microsecond=0)
    return dt.datetime.combine(
        time.date(), dt.time(draws.between(_OFFICE_OPENS, _OFFICE_CLOSES - 1), 5 * draws.below(12))
    )
