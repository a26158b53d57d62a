"""Agencies as the operator sees them: enrolled or not, what they sent last, what they answered."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, distinct, func, select

from api.overview.submissions import SubmissionRow, submission_row
from api.store import agencies, schema
from api.store.agencies import Agency
from api.store.schema_audiences import answers, queries

__all__ = ["AgencyView", "agency_views"]

_submissions = schema.submissions


@dataclass(frozen=True, slots=True)
class AgencyView:
    """One agency; ``states``: how many of its submissions are in which state."""

    agency: Agency
    newest: SubmissionRow | None
    accepted: SubmissionRow | None
    queries: int
    answered: int
    states: Mapping[str, int] = field(default_factory=dict)


def agency_views(connection: Connection, code: str | None = None) -> list[AgencyView]:
    """Return every agency by code, or one."""
    known = [one for one in agencies.all_agencies(connection) if code in {None, one.code}]
    newest, accepted = _last(connection, code), _last(connection, code, state="accepted")
    states, asked, answered = _states(connection, code), _asked(connection), _answered(connection)
    return [
        AgencyView(
            agency=one,
            newest=newest.get(one.code),
            accepted=accepted.get(one.code),
            queries=asked.get(one.code, 0),
            answered=answered.get(one.code, 0),
            states=states.get(one.code, {}),
        )
        for one in known
    ]


def _last(connection: Connection, code: str | None, *, state: str | None = None) -> dict[str, SubmissionRow]:
    """Return each agency's submission of the highest sequence, or the highest of a state."""
    highest = select(_submissions.c.agency, func.max(_submissions.c.sequence).label("sequence"))
    if state is not None:
        highest = highest.where(_submissions.c.state == state)
    if code is not None:
        highest = highest.where(_submissions.c.agency == code)
    found = highest.group_by(_submissions.c.agency).subquery()
    query = select(_submissions).join(
        found,
        (found.c.agency == _submissions.c.agency) & (found.c.sequence == _submissions.c.sequence),
    )
    return {row.agency: submission_row(row) for row in connection.execute(query)}


def _states(connection: Connection, code: str | None) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    query = select(_submissions.c.agency, _submissions.c.state, func.count())
    if code is not None:
        query = query.where(_submissions.c.agency == code)
    ordered = query.group_by(_submissions.c.agency, _submissions.c.state).order_by(_submissions.c.state)
    for agency, state, count in connection.execute(ordered):
        found[agency][state] = count
    return found


def _asked(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(queries.c.agency, func.count()).group_by(queries.c.agency))
    return {row[0]: row[1] for row in rows}


def _answered(connection: Connection) -> dict[str, int]:
    counted = func.count(distinct(answers.c.query))
    rows = connection.execute(select(answers.c.agency, counted).group_by(answers.c.agency))
    return {row[0]: row[1] for row in rows}
