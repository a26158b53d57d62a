"""Epochs, custodians, and what was kept, erased and certified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from api.overview.remembered import Remembered
from api.store import agencies, epochs, erasures, retention, revocations, schema, successions
from api.store.epochs import AgencyProgress, Epoch
from api.store.retention import RetentionRun
from api.store.revocations import Revoked

__all__ = [
    "Custody",
    "DestroyedEpoch",
    "ErasureView",
    "KeepingView",
    "view_custody",
    "view_keeping",
]


@dataclass(frozen=True, slots=True)
class Custody:
    """Epochs by name and dates, who must sign, what was revoked; no key stands here, only keys' owners."""

    epochs: Sequence[Epoch]
    progress: Sequence[AgencyProgress]
    custodians: Sequence[tuple[str, str]]
    threshold: int | None
    succession: int
    revoked: Sequence[Revoked]


@dataclass(frozen=True, slots=True)
class ErasureView:
    """One erasure, without saying whose records it was about."""

    number: int
    scope: str
    agency: str | None
    state: str
    records: int
    lasting: bool
    asked_at: str
    confirmed_at: str | None
    erased_at: str | None
    counts: Mapping[str, int]
    certified: bool


@dataclass(frozen=True, slots=True)
class DestroyedEpoch:
    """An epoch that is destroyed, or is being."""

    epoch: str
    asked_at: str
    destroyed_at: str | None
    payload_records: int | None
    memberships: int | None
    certified: bool


@dataclass(frozen=True, slots=True)
class KeepingView:
    """What the retention schedule did last, and every erasure and destruction."""

    latest: RetentionRun | None
    erasures: Sequence[ErasureView]
    destroyed: Sequence[DestroyedEpoch]


def view_custody(connection: Connection, remembered: Remembered) -> Custody:
    """Return epochs and custodians; how many records are in which epoch is counted once a linkage."""
    pinned = agencies.pinned_custodians(connection)
    table = schema.custodians
    names = connection.execute(select(table.c.name, table.c.pinned_at).order_by(table.c.name))
    found, progress = remembered.of_table(
        connection,
        ("memberships", "epochs", "destructions", "agencies"),
        lambda: (epochs.all_epochs(connection), epochs.agency_progress(connection)),
    )
    return Custody(
        epochs=found,
        progress=progress,
        custodians=[(row.name, row.pinned_at) for row in names],
        threshold=None if pinned is None else pinned.threshold,
        succession=successions.last_serial(connection),
        revoked=revocations.all_revocations(connection),
    )


def view_keeping(connection: Connection) -> KeepingView:
    """Return what was erased and what will be."""
    table = schema.destructions
    return KeepingView(
        latest=retention.latest_run(connection),
        erasures=[
            ErasureView(
                number=one.id,
                scope=one.scope,
                agency=one.agency,
                state=one.state,
                records=one.records,
                lasting=one.lasting,
                asked_at=one.asked_at,
                confirmed_at=one.confirmed_at,
                erased_at=one.erased_at,
                counts={**(one.payload_counts or {}), **(one.encodings_counts or {})},
                certified=one.certificate is not None,
            )
            for one in erasures.all_erasures(connection)
        ],
        destroyed=[
            DestroyedEpoch(
                row.epoch,
                row.asked_at,
                row.destroyed_at,
                row.payload_records,
                row.memberships,
                row.certificate is not None,
            )
            for row in connection.execute(select(table).order_by(table.c.asked_at.desc()))
        ],
    )
