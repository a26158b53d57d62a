"""What the workers do: jobs, cycles, signs of life."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select

from api.heartbeats import Beat, living, read_beats
from api.overview.paging import Page, paged
from api.store import schema

__all__ = [
    "JOB_STATES",
    "JOB_WORDS",
    "CycleView",
    "JobRow",
    "WorkerView",
    "count_jobs",
    "list_cycles",
    "list_jobs",
    "view_cycle",
    "workers",
]

JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")

JOB_WORDS: Mapping[str, str] = {
    "check-encodings": "Open and check the encodings of a submission",
    "check-payload": "Open and check the clear fields of a submission",
    "drop-encodings": "Remove the encodings of a refused submission",
    "drop-payload": "Remove the clear fields of a refused submission",
    "settle-payload": "Let an accepted snapshot stand",
    "withdraw-payload": "End the records of a withdrawn snapshot",
    "link": "Link records into persons",
    "reconcile": "Reconcile both sides' episodes",
    "erase-encodings": "Erase the encodings of an epoch",
    "erase-payload": "Erase what was never encoded again",
    "erase-encoding-records": "Erase encodings of single records",
    "erase-payload-records": "Erase clear fields of single records",
    "conceal-results": "Take shielded records out of results",
    "retention": "Run the retention schedule",
    "scrub": "Write the shared database anew after an erasure",
    "find-urgent": "Look for open and closed conflicts",
    "propose-release": "Count tables for a release",
    "explain-persons": "Prepare why a person’s records were linked",
    "tell-episodes": "Prepare a person’s episodes by month",
    "show-release": "Make a release's files readable to publishers",
}
"""What each kind of job is, in words; a kind that is not here is shown by its name."""

_jobs = schema.jobs
_cycles = schema.cycles


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job, with agency and sequence of the submission that it is about."""

    id: int
    kind: str
    worker: str
    state: str
    cycle: int | None
    attempts: int
    done: int
    total: int
    error: str
    queued_at: str
    finished_at: str | None
    agency: str | None
    sequence: int | None

    @property
    def words(self) -> str:
        """What it does."""
        return JOB_WORDS.get(self.kind, self.kind)

    @property
    def share(self) -> int | None:
        """How much is done, in per cent, while it is known and it is going on."""
        return 100 * self.done // self.total if self.total and self.state == "running" else None


@dataclass(frozen=True, slots=True)
class CycleView:
    """One cycle; ``figures``: its exact counts, for the operator's screen alone."""

    number: int
    closed_at: str
    reconciled_at: str | None
    link_job: int
    reconcile_job: int
    figures: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker process and its last sign of life; ``alive``: it came within the last half minute."""

    beat: Beat
    alive: bool


def list_jobs(connection: Connection, page: int, *, state: str | None = None) -> Page[JobRow]:
    """Return jobs, the newest first."""
    submissions = schema.submissions
    query = select(_jobs, submissions.c.agency, submissions.c.sequence).outerjoin(
        submissions, submissions.c.id == _jobs.c.submission
    )
    if state is not None:
        query = query.where(_jobs.c.state == state)
    return paged(connection, query.order_by(_jobs.c.id.desc()), page, _job)


def _job(row: Row[Any]) -> JobRow:
    return JobRow(**{name: getattr(row, name) for name in JobRow.__slots__})


def count_jobs(connection: Connection) -> dict[str, int]:
    """Count the jobs that wait, run or have failed, by state."""
    query = select(_jobs.c.state, func.count()).where(_jobs.c.state.in_(("waiting", "running", "failed")))
    return {row[0]: row[1] for row in connection.execute(query.group_by(_jobs.c.state))}


def list_cycles(connection: Connection, page: int) -> Page[CycleView]:
    """Return cycles, the newest first."""
    return paged(connection, select(_cycles).order_by(_cycles.c.number.desc()), page, _cycle)


def view_cycle(connection: Connection, number: int) -> CycleView | None:
    """Return one cycle, or None."""
    row = connection.execute(select(_cycles).where(_cycles.c.number == number)).one_or_none()
    return None if row is None else _cycle(row)


def _cycle(row: Row[Any]) -> CycleView:
    figures = None if row.figures is None else json.loads(row.figures)
    return CycleView(row.number, row.closed_at, row.reconciled_at, row.link_job, row.reconcile_job, figures)


def workers(folder: Path, *, now: dt.datetime) -> list[WorkerView]:
    """Return every worker process that left a sign of life."""
    beats = read_beats(folder)
    fresh = living(beats, now=now)
    return [WorkerView(one, one in fresh) for one in beats]
