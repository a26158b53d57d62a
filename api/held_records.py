"""What agencies' snapshots of a cycle say, as far as it stands: for reconciliation and statistics alike."""

import datetime as dt
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection

from api.policy_settings import ReconciliationSettings
from api.quarantine import read_quarantine, without_records
from api.store import persons, records, results
from api.store.payload import PayloadStore
from api.store.results import HeldSnapshot
from linkage.errors import InputError
from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import Tolerance
from linkage.wire.codes import Role
from linkage.wire.records import Payload

__all__ = ["held_records", "run_of_cycle", "standing_persons", "tolerance_set"]


def held_records(
    connection: Connection, store: PayloadStore, snapshots: Sequence[HeldSnapshot]
) -> list[AgencyRecords]:
    """Load the snapshots of a cycle, without what is quarantined, withdrawn, shielded or erased.

    Raises :class:`InputError` if one is not in the store.
    """
    quarantine = read_quarantine(connection)
    held_back = records.held_back(connection)
    held = []
    for one in snapshots:
        payload = quarantine.apply(one, _load(store, one), snapshots)
        payload = without_records(payload, held_back.of(one.agency, one.sequence))
        held.append(AgencyRecords(one.agency, cast("Role", one.role), payload))
    return held


def _load(store: PayloadStore, held: HeldSnapshot) -> Payload:
    payload = store.load(held.submission, held.agency)
    if payload is None:
        raise InputError("payload: a standing submission is not in the store", hint="restore the store")
    return payload


def standing_persons(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the person of every child record that stands, by agency and handle."""
    return {(one.agency, one.handle): one.person for one in persons.standing_members(connection)}


def run_of_cycle(connection: Connection, number: int) -> int:
    """Return the link run that a cycle rests on; raises :class:`InputError` if it did not finish."""
    cycle = results.cycle(connection, number)
    run = None if cycle is None else persons.run_of_job(connection, cycle.link_job)
    if cycle is None or run is None:
        raise InputError(
            f"cycle {number}: its linkage did not finish",
            hint="see `clew register status`, mend what failed, then `clew register retry` both jobs",
        )
    return run


def tolerance_set(chosen: ReconciliationSettings) -> Tolerance:
    """Return the tolerance that the operator set."""
    return Tolerance(day=dt.timedelta(days=chosen.days), minute=dt.timedelta(hours=chosen.hours))
