"""Submissions, their parts and their chunks, in the shared database.

A submission goes open → committed → accepted → superseded, or to refused from any of the first two; every
step is one transaction, and a step that was made is not made again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from api.store import ledger, schema
from api.store.bodies import body_name
from linkage.wire.ledger import EntryKind, Fact, LedgerEntry
from linkage.wire.manifest import PART_NAMES, Manifest, PartName, Period, read_manifest
from linkage.wire.moments import Moment
from linkage.wire.submission import Chunk, Registration, SubmissionState

__all__ = [
    "ERASED",
    "LEFT_OUT",
    "WITHDRAWN",
    "ChunkRow",
    "PartState",
    "Submission",
    "accepted",
    "add_submission",
    "body_files",
    "by_sequence",
    "chunk_rows",
    "chunks_with_digest",
    "committed_since",
    "count_by_state",
    "count_open",
    "discard",
    "end_epoch",
    "epochs_of",
    "every",
    "find",
    "get",
    "mark_linked",
    "mark_present",
    "missing_chunks",
    "of_agency",
    "of_epoch",
    "open_ids",
    "open_of_agency",
    "part_listed",
    "part_state",
    "part_states",
    "set_part_state",
    "set_reason",
    "set_receipt",
    "set_state",
    "standing_in_period",
    "state_of",
    "waiting_bodies",
]

PartState = Literal["waiting", "valid", "refused", "dropped"]

WITHDRAWN = "withdrawn by the operator"
"""The reason of a submission that the operator withdrew; a reconciliation leaves it out by this."""

ERASED = "erased with everything that its agency sent"
"""The reason of a submission of which nothing is held any more; it is left out likewise."""

LEFT_OUT = "records in it that were erased before were left out"


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission; ``registration`` tells a repeated registration from a different one."""

    id: str
    agency: str
    sequence: int
    epoch: str
    state: SubmissionState
    reason: str
    linked: bool
    manifest: Manifest
    registration: str
    receipt: str | None


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One chunk that a registration lists."""

    part: str
    sha256: str
    size: int
    present: bool


_table = schema.submissions

_ENTRY_KINDS: dict[SubmissionState, EntryKind] = {
    "committed": EntryKind.SUBMISSION_COMMITTED,
    "accepted": EntryKind.SUBMISSION_ACCEPTED,
    "refused": EntryKind.SUBMISSION_REFUSED,
    "superseded": EntryKind.SUBMISSION_SUPERSEDED,
}


def _submission(row: Row[Any]) -> Submission:
    return Submission(
        id=row.id,
        agency=row.agency,
        sequence=row.sequence,
        epoch=row.epoch,
        state=cast("SubmissionState", row.state),
        reason=row.reason,
        linked=row.linked,
        manifest=read_manifest(row.manifest.encode()),
        registration=row.registration,
        receipt=row.receipt,
    )


def _one(connection: Connection, query: Select[Any]) -> Submission | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else _submission(row)


def find(connection: Connection, submission: str, *, agency: str | None = None) -> Submission | None:
    """Return a submission, or None; with ``agency`` only if it is that agency's own."""
    query = select(_table).where(_table.c.id == submission)
    if agency is not None:
        query = query.where(_table.c.agency == agency)
    return _one(connection, query)


def get(connection: Connection, submission: str) -> Submission:
    """Return a submission that is known to be there."""
    return _submission(connection.execute(select(_table).where(_table.c.id == submission)).one())


def state_of(connection: Connection, submission: str) -> SubmissionState | None:
    """Return where a submission stands, or None if there is no such submission."""
    found = connection.scalar(select(_table.c.state).where(_table.c.id == submission))
    return cast("SubmissionState | None", found)


def by_sequence(connection: Connection, agency: str, sequence: int) -> Submission | None:
    """Return the agency's submission with that sequence, or None."""
    return _one(connection, select(_table).where(_table.c.agency == agency, _table.c.sequence == sequence))


def of_agency(connection: Connection, agency: str, *, limit: int) -> list[Submission]:
    """Return an agency's latest submissions, newest first."""
    query = select(_table).where(_table.c.agency == agency).order_by(_table.c.sequence.desc()).limit(limit)
    return [_submission(row) for row in connection.execute(query)]


def accepted(connection: Connection) -> list[Submission]:
    """Return the snapshots of enrolled agencies that stand, by agency and sequence."""
    agencies = schema.agencies
    enrolled = select(agencies.c.code).where(agencies.c.removed_at.is_(None))
    query = select(_table).where(_table.c.state == "accepted", _table.c.agency.in_(enrolled))
    ordered = query.order_by(_table.c.agency, _table.c.sequence)
    return [_submission(row) for row in connection.execute(ordered)]


def standing_in_period(connection: Connection, submission: Submission) -> list[Submission]:
    """Return the accepted snapshots of a submission's agency, period and epoch, itself left out.

    A snapshot of an older epoch is not replaced by one of a newer: it stands until its epoch is destroyed,
    for the records that were not encoded again.
    """
    period = submission.manifest.period
    query = select(_table).where(
        _table.c.agency == submission.agency,
        _table.c.period_start == str(period.start),
        _table.c.period_end == str(period.end),
        _table.c.state == "accepted",
        _table.c.epoch == submission.epoch,
        _table.c.id != submission.id,
    )
    return [_submission(row) for row in connection.execute(query)]


def of_epoch(connection: Connection, epoch: str) -> list[Submission]:
    """Return the submissions of an epoch, by agency and sequence."""
    query = select(_table).where(_table.c.epoch == epoch).order_by(_table.c.agency, _table.c.sequence)
    return [_submission(row) for row in connection.execute(query)]


def epochs_of(connection: Connection) -> dict[str, str]:
    """Return the epoch of every submission."""
    return {row.id: row.epoch for row in connection.execute(select(_table.c.id, _table.c.epoch))}


def body_files(held: Sequence[Submission], folder: str, part: PartName) -> list[str]:
    """Return where the sealed bodies of submissions lie, or lay, by their paths in the data folder."""
    return [f"{folder}/{body_name(one.id, one.manifest.part(part).sealed_sha256)}" for one in held]


def end_epoch(connection: Connection, epoch: str, *, now: str) -> None:
    """Let the snapshots of a destroyed epoch end, but those that still speak for records encoded again.

    Those are snapshots of a period that has none in a newer epoch, of an agency with members left.
    """
    newer, members = _table.alias("newer"), schema.memberships
    replaced = (
        select(newer.c.id)
        .where(
            newer.c.agency == _table.c.agency,
            newer.c.period_start == _table.c.period_start,
            newer.c.period_end == _table.c.period_end,
            newer.c.sequence > _table.c.sequence,
            newer.c.state == "accepted",
        )
        .exists()
    )
    left = select(members.c.handle).where(members.c.agency == _table.c.agency).exists()
    where = (_table.c.epoch == epoch, _table.c.state == "accepted", replaced | ~left)
    for one in list(connection.scalars(select(_table.c.id).where(*where).order_by(_table.c.id))):
        set_state(connection, one, "superseded", now=now, ended_at=now)


def every(connection: Connection, *, agency: str | None) -> list[Submission]:
    """Return every submission, or one agency's, by agency and sequence."""
    query = select(_table).order_by(_table.c.agency, _table.c.sequence)
    if agency is not None:
        query = query.where(_table.c.agency == agency)
    return [_submission(row) for row in connection.execute(query)]


def committed_since(
    connection: Connection, agency: str, epoch: str, *, since: str
) -> list[tuple[str, Period]]:
    """Return when an agency's snapshots were committed since a moment, and their periods, oldest first.

    One of another epoch, one that was refused, and one that the operator withdrew is left out.
    """
    where = (
        _table.c.agency == agency,
        _table.c.epoch == epoch,
        _table.c.state.in_(("committed", "accepted", "superseded")),
        _table.c.reason != WITHDRAWN,
        _table.c.committed_at >= since,
    )
    chosen = select(_table.c.committed_at, _table.c.period_start, _table.c.period_end).where(*where)
    return [
        (
            str(row.committed_at),
            Period(start=Moment.parse(row.period_start), end=Moment.parse(row.period_end)),
        )
        for row in connection.execute(chosen.order_by(_table.c.committed_at, _table.c.sequence))
    ]


def part_listed(connection: Connection, agency: str, digests: Collection[str]) -> bool:
    """Say whether any submission of this agency lists one of these sealed parts."""
    table = schema.parts
    listed = (
        select(table.c.sha256)
        .join(_table, _table.c.id == table.c.submission)
        .where(_table.c.agency == agency, table.c.sha256.in_(digests))
    )
    return bool(connection.scalar(select(listed.exists())))


def open_of_agency(connection: Connection, agency: str) -> list[Submission]:
    """Return an agency's submissions that were begun and not committed."""
    query = select(_table).where(_table.c.agency == agency, _table.c.state == "open")
    return [_submission(row) for row in connection.execute(query)]


def count_open(connection: Connection, agency: str) -> int:
    """Count the agency's submissions that were begun and not committed."""
    query = select(func.count()).where(_table.c.agency == agency, _table.c.state == "open")
    return int(connection.scalar(query) or 0)


def count_by_state(connection: Connection, agency: str) -> dict[str, int]:
    """Count an agency's submissions by state."""
    query = select(_table.c.state, func.count()).where(_table.c.agency == agency).group_by(_table.c.state)
    return {row[0]: row[1] for row in connection.execute(query.order_by(_table.c.state))}


def open_ids(connection: Connection) -> frozenset[str]:
    """Return every submission that still waits for chunks or its commit."""
    return frozenset(connection.scalars(select(_table.c.id).where(_table.c.state == "open")))


def add_submission(
    connection: Connection, submission: str, registration: Registration, *, digest: str, now: str
) -> Submission:
    """Store a registration: the submission, its parts and the chunks that make them up."""
    manifest = read_manifest(registration.manifest.encode())
    connection.execute(
        insert(_table).values(
            id=submission,
            agency=manifest.agency,
            sequence=manifest.sequence,
            state="open",
            manifest=registration.manifest,
            signature=registration.signature.signature,
            registration=digest,
            epoch=manifest.epoch,
            period_start=str(manifest.period.start),
            period_end=str(manifest.period.end),
            registered_at=now,
        )
    )
    lists: dict[str, Sequence[Chunk]] = {
        "encodings": registration.encodings,
        "payload": registration.payload,
    }
    for name in PART_NAMES:
        _add_part(connection, submission, manifest, name, lists[name])
    return get(connection, submission)


def _add_part(
    connection: Connection, submission: str, manifest: Manifest, name: str, listed: Sequence[Chunk]
) -> None:
    part = manifest.part(name)
    connection.execute(
        insert(schema.parts).values(
            submission=submission,
            name=name,
            sha256=part.sealed_sha256,
            size=part.sealed_size,
            state="waiting",
        )
    )
    rows = [
        {"submission": submission, "part": name, "position": place, "sha256": one.sha256, "size": one.size}
        for place, one in enumerate(listed)
    ]
    connection.execute(insert(schema.chunks), rows)


def chunk_rows(connection: Connection, submission: str) -> list[ChunkRow]:
    """Return a submission's chunks, part by part in their order."""
    table = schema.chunks
    query = select(table).where(table.c.submission == submission).order_by(table.c.part, table.c.position)
    return [ChunkRow(row.part, row.sha256, row.size, row.present) for row in connection.execute(query)]


def chunks_with_digest(connection: Connection, submission: str, sha256: str) -> list[ChunkRow]:
    """Return the places of a submission at which a chunk stands; usually one, none if it is not listed."""
    table = schema.chunks
    query = select(table).where(table.c.submission == submission, table.c.sha256 == sha256)
    return [ChunkRow(row.part, row.sha256, row.size, row.present) for row in connection.execute(query)]


def missing_chunks(connection: Connection, submission: str) -> tuple[str, ...]:
    """Return the digests of the chunks that have not arrived, each once, in order."""
    rows = chunk_rows(connection, submission)
    return tuple(dict.fromkeys(row.sha256 for row in rows if not row.present))


def mark_present(connection: Connection, submission: str, sha256: str, *, present: bool = True) -> None:
    """Record that a chunk is durable, or that it was and is no more."""
    table = schema.chunks
    where = (table.c.submission == submission, table.c.sha256 == sha256)
    connection.execute(update(table).where(*where).values(present=present))


def discard(connection: Connection, submission: str) -> None:
    """Forget an open submission altogether, so that it can be registered afresh."""
    connection.execute(delete(_table).where(_table.c.id == submission, _table.c.state == "open"))


def set_state(
    connection: Connection, submission: str, state: SubmissionState, *, now: str, **values: object
) -> LedgerEntry:
    """Change a submission's state and other columns, and return the ledger's entry of it."""
    connection.execute(update(_table).where(_table.c.id == submission).values(state=state, **values))
    found = get(connection, submission)
    kind = EntryKind.SUBMISSION_WITHDRAWN if found.reason == WITHDRAWN else _ENTRY_KINDS[state]
    rows = {"submissions": [submission]}
    if state == "committed":  # which raised the agency's sequence
        rows["agencies"] = [found.agency]
    files = {
        f"intake/{one.name}/{body_name(submission, one.sealed_sha256)}": one.sealed_sha256
        for one in found.manifest.parts
        if state == "committed"
    }
    return ledger.append(connection, kind, _facts(found), now=now, rows=rows, files=files)


def _facts(found: Submission) -> dict[str, Fact]:
    return {
        "submission": found.id,
        "agency": found.agency,
        "sequence": found.sequence,
        "epoch": found.epoch,
        **{f"{one.name}_sha256": one.sealed_sha256 for one in found.manifest.parts},
    }


def set_reason(connection: Connection, submission: str, reason: str, *, now: str) -> None:
    """Say more of a submission whose state stays as it is."""
    connection.execute(update(_table).where(_table.c.id == submission).values(reason=reason))
    rows = {"submissions": [submission]}
    ledger.append(connection, EntryKind.OTHER, {"reason": reason}, now=now, rows=rows)


def set_receipt(connection: Connection, submission: str, receipt: str) -> None:
    """Keep a submission's receipt, in canonical form."""
    connection.execute(update(_table).where(_table.c.id == submission).values(receipt=receipt))


def mark_linked(connection: Connection, submissions: Sequence[str]) -> None:
    """Record that a finished link run held these submissions."""
    connection.execute(update(_table).where(_table.c.id.in_(submissions)).values(linked=True))


def part_states(connection: Connection, submission: str) -> dict[str, PartState]:
    """Return the state of each part by name."""
    table = schema.parts
    rows = connection.execute(select(table.c.name, table.c.state).where(table.c.submission == submission))
    return {row.name: cast("PartState", row.state) for row in rows}


def part_state(connection: Connection, submission: str, name: str) -> PartState | None:
    """Return the state of one part, or None if there is no such submission."""
    return part_states(connection, submission).get(name)


def set_part_state(connection: Connection, submission: str, name: str, state: PartState) -> None:
    """Change the state of one part."""
    table = schema.parts
    where = (table.c.submission == submission, table.c.name == name)
    connection.execute(update(table).where(*where).values(state=state))


def waiting_bodies(connection: Connection, name: str) -> frozenset[str]:
    """Return the file names of the sealed bodies that a worker has still to take in."""
    table = schema.parts
    query = select(table.c.submission, table.c.sha256).where(table.c.name == name, table.c.state == "waiting")
    return frozenset(body_name(row.submission, row.sha256) for row in connection.execute(query))
