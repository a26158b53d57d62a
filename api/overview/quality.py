"""How good the linkage says that it is, run after run, and what answers of agencies say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from api.overview.paging import Page, paged
from api.store import agencies, schema
from api.store.schema_audiences import answers, queries
from linkage.errors import ProfileError
from linkage.measured import METRICS, Figure, Light, light, measured
from linkage.shipped_profiles import shipped_profile

__all__ = ["AuditLight", "LinkRunRow", "audit_lights", "count_answers", "list_runs", "recent_runs"]

_runs = schema.link_runs


@dataclass(frozen=True, slots=True)
class LinkRunRow:
    """One finished linkage; shares are of one, None where the linkage could not tell."""

    id: int
    finished_at: str
    epoch: str | None
    records: int
    pairs: int
    links: int
    possible: int | None
    persons: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    method: str | None


@dataclass(frozen=True, slots=True)
class AuditLight:
    """One measure of the encoding profile in force: what it is, its figure, its light."""

    words: str
    percent: bool
    figure: Figure
    light: Light


def list_runs(connection: Connection, page: int) -> Page[LinkRunRow]:
    """Return linkages, the newest first."""
    return paged(connection, select(_runs).order_by(_runs.c.id.desc()), page, _run)


def recent_runs(connection: Connection, count: int = 24) -> Sequence[LinkRunRow]:
    """Return the newest linkages, the oldest of them first."""
    rows = connection.execute(select(_runs).order_by(_runs.c.id.desc()).limit(count)).all()
    return [_run(row) for row in reversed(rows)]


def _run(row: Row[Any]) -> LinkRunRow:
    return LinkRunRow(**{name: getattr(row, name) for name in LinkRunRow.__slots__})


def count_answers(connection: Connection) -> Mapping[str, int]:
    """Count the answers that stand, by what they say."""
    last = select(func.max(answers.c.id)).group_by(answers.c.agency, answers.c.query)
    rows = connection.execute(
        select(answers.c.answer, func.count())
        .join(queries, (queries.c.agency == answers.c.agency) & (queries.c.query == answers.c.query))
        .where(answers.c.id.in_(last))
        .group_by(answers.c.answer)
        .order_by(answers.c.answer)
    )
    return {row[0]: row[1] for row in rows}


def audit_lights(connection: Connection) -> tuple[str | None, Sequence[AuditLight], str]:
    """Return the profile in force, its lights (none if it was not measured), and in what setting."""
    epoch = agencies.current_epoch(connection)
    if epoch is None:
        return None, (), ""
    try:
        profile = shipped_profile(epoch.profile_name)
    except ProfileError:
        return epoch.profile_name, (), ""
    found = measured(profile) if profile.digest == epoch.profile_digest else None
    if found is None:
        return epoch.profile_name, (), ""
    lights = [
        AuditLight(one.words, one.percent, figure, light(one, figure.value))
        for one in METRICS
        if (figure := found.privacy.get(one.name)) is not None
    ]
    return epoch.profile_name, lights, found.setting
