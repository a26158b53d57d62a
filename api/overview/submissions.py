"""Submissions as the operator sees them, and how far each of them has come."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, case, func, select

from api.overview.paging import Page, paged
from api.store import schema
from linkage.wire.manifest import Counts, read_manifest

__all__ = [
    "STATES",
    "PartView",
    "Step",
    "SubmissionJob",
    "SubmissionRow",
    "SubmissionView",
    "list_submissions",
    "submission_row",
    "view_submission",
]

STATES = ("open", "committed", "accepted", "superseded", "refused")
"""Every state of a submission, in the order in which it goes through them."""

StepState = Literal["done", "going on", "waiting", "failed", "not needed"]

_table = schema.submissions


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """One submission in a list; an agency and its sequence name it."""

    id: str
    agency: str
    sequence: int
    state: str
    reason: str
    linked: bool
    epoch: str
    period_start: str
    period_end: str
    registered_at: str
    committed_at: str | None
    settled_at: str | None


@dataclass(frozen=True, slots=True)
class PartView:
    """One sealed part: its size, what a worker found, and how much of it has arrived."""

    name: str
    state: str
    size: int
    sha256: str
    chunks: int
    present: int


@dataclass(frozen=True, slots=True)
class SubmissionJob:
    """A job of one submission."""

    id: int
    kind: str
    state: str
    done: int
    total: int
    error: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step on a submission's way; ``share``: how much of it is done, in per cent, if that is known."""

    name: str
    words: str
    state: StepState
    share: int | None = None


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """One submission with all that is known of its way."""

    row: SubmissionRow
    counts: Counts
    created: str
    parts: tuple[PartView, ...]
    jobs: tuple[SubmissionJob, ...]
    steps: tuple[Step, ...]
    has_receipt: bool

    @property
    def moving(self) -> bool:
        """Say whether more is to come by itself."""
        return any(one.state in {"going on", "waiting"} for one in self.steps)


def submission_row(row: Row[Any]) -> SubmissionRow:
    """Return what a list shows of a row."""
    return SubmissionRow(**{name: getattr(row, name) for name in SubmissionRow.__slots__})


def list_submissions(
    connection: Connection, page: int, *, agency: str | None = None, state: str | None = None
) -> Page[SubmissionRow]:
    """Return submissions, the one that was begun last first."""
    columns = [_table.c[name] for name in SubmissionRow.__slots__]
    query = select(*columns)
    if agency is not None:
        query = query.where(_table.c.agency == agency)
    if state is not None:
        query = query.where(_table.c.state == state)
    ordered = query.order_by(_table.c.registered_at.desc(), _table.c.id)
    return paged(connection, ordered, page, submission_row)


def view_submission(connection: Connection, agency: str, sequence: int) -> SubmissionView | None:
    """Return one submission, or None."""
    where = (_table.c.agency == agency, _table.c.sequence == sequence)
    row = connection.execute(select(_table).where(*where)).one_or_none()
    if row is None:
        return None
    manifest = read_manifest(row.manifest.encode())
    parts, jobs = _parts(connection, row.id), _jobs(connection, row.id)
    shown = submission_row(row)
    return SubmissionView(
        row=shown,
        counts=manifest.counts,
        created=str(manifest.created),
        parts=parts,
        jobs=jobs,
        steps=_steps(shown, parts, jobs),
        has_receipt=row.receipt is not None,
    )


def _parts(connection: Connection, submission: str) -> tuple[PartView, ...]:
    parts, chunks = schema.parts, schema.chunks
    here = func.sum(case((chunks.c.present, 1), else_=0))
    counted = (
        select(chunks.c.part, func.count().label("chunks"), here.label("present"))
        .where(chunks.c.submission == submission)
        .group_by(chunks.c.part)
        .subquery()
    )
    query = (
        select(parts, counted.c.chunks, counted.c.present)
        .outerjoin(counted, counted.c.part == parts.c.name)
        .where(parts.c.submission == submission)
        .order_by(parts.c.name)
    )
    return tuple(
        PartView(row.name, row.state, row.size, row.sha256, row.chunks or 0, int(row.present or 0))
        for row in connection.execute(query)
    )


def _jobs(connection: Connection, submission: str) -> tuple[SubmissionJob, ...]:
    table = schema.jobs
    query = select(table).where(table.c.submission == submission).order_by(table.c.id)
    return tuple(
        SubmissionJob(row.id, row.kind, row.state, row.done, row.total, row.error)
        for row in connection.execute(query)
    )


_CHECKED = {"valid": "done", "refused": "failed", "dropped": "failed"}


def _steps(
    row: SubmissionRow, parts: tuple[PartView, ...], jobs: tuple[SubmissionJob, ...]
) -> tuple[Step, ...]:
    """Say of every step of the way what became of it."""
    return (
        Step("Received", _arrived_words(row, parts), _arrived(row), _arrived_share(row, parts)),
        *(_check(row, one, jobs) for one in parts),
        _decided(row),
        _linked(row),
    )


def _arrived(row: SubmissionRow) -> StepState:
    return "done" if row.committed_at is not None else ("failed" if row.state == "refused" else "going on")


def _arrived_share(row: SubmissionRow, parts: tuple[PartView, ...]) -> int | None:
    chunks = sum(one.chunks for one in parts)
    if row.committed_at is not None or not chunks:
        return None
    return 100 * sum(one.present for one in parts) // chunks


def _arrived_words(row: SubmissionRow, parts: tuple[PartView, ...]) -> str:
    if row.committed_at is not None:
        return "all of it has arrived, and the agency has its receipt"
    present, chunks = sum(one.present for one in parts), sum(one.chunks for one in parts)
    return f"{present:,} of {chunks:,} pieces have arrived; the agency has not ended it yet"


def _check(row: SubmissionRow, part: PartView, jobs: tuple[SubmissionJob, ...]) -> Step:
    name = f"{part.name.capitalize()} checked"
    if part.state == "valid":
        return Step(name, "opened and found as the agency's manifest says", "done")
    if part.state in _CHECKED:
        return Step(name, "not taken; nothing of it is kept", "failed")
    if row.committed_at is None:
        return Step(name, "comes when all of it has arrived", "waiting")
    running = next((one for one in jobs if one.kind == f"check-{part.name}"), None)
    if running is None or running.state == "waiting":
        return Step(name, "waits for its worker", "waiting")
    if running.state == "failed":
        return Step(name, "the job failed; see the jobs below", "failed")
    share = 100 * running.done // running.total if running.total else None
    return Step(name, "its worker is at it", "going on", share)


def _decided(row: SubmissionRow) -> Step:
    if row.state == "refused":
        return Step("Accepted", f"refused: {row.reason}" if row.reason else "refused", "failed")
    if row.state in {"accepted", "superseded"}:
        return Step("Accepted", row.reason or "it stands as the agency's snapshot of its period", "done")
    return Step("Accepted", "comes when both parts are found good", "waiting")


def _linked(row: SubmissionRow) -> Step:
    if row.linked:
        return Step("Linked", "a finished linkage held it", "done")
    if row.state in {"refused", "superseded"}:
        return Step("Linked", "it is not linked", "not needed")
    return Step("Linked", "comes with the next linkage", "waiting")
