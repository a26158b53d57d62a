"""Counting the register's tables from payload: exact counts, held in this process and never written.

This opens the payload store, and is therefore for the register worker's account alone.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from api.amendment_watch import AmendmentWatch, Review
from api.config import read_settings
from api.folders import DataFolder
from api.held_records import held_records, run_of_cycle, standing_persons, tolerance_set
from api.policy_settings import DisclosureSettings
from api.secret_files import read_worker_key
from api.store import ledger, results, schema
from api.store.areas import read_directory
from api.store.database import Database
from api.store.payload import PayloadStore
from linkage.errors import InputError
from linkage.register.areas import AreaDirectory
from linkage.register.counts import CountTable
from linkage.register.snapshots import AgencyRecords
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.facts import Facts, gather_facts
from linkage.register.statistics.periods import Period
from linkage.register.statistics.published import LinkQuality
from linkage.register.statistics.tables import count_tables, found_areas

__all__ = ["CountedRegister", "count_register", "without_collecting"]


@dataclass(frozen=True, slots=True)
class CountedRegister:
    """Exact counts of one cycle, what must be said beside them, and the rules set for what leaves."""

    cycle: int
    ledger_entries: int
    period: Period
    tables: Sequence[CountTable]
    directory: AreaDirectory
    coverage: AreaMonths
    quality: LinkQuality
    rules: DisclosureSettings = field(default_factory=DisclosureSettings)


@dataclass(frozen=True, slots=True)
class _Held:
    cycle: int
    ledger_entries: int
    records: list[AgencyRecords]
    person_of: dict[tuple[str, str], str]
    directory: AreaDirectory
    quality: LinkQuality


def count_register(
    folder: DataFolder,
    database: Database,
    period: Period,
    *,
    area: str | None = None,
    numbers: Sequence[str] = (),
) -> CountedRegister:
    """Count tables of the newest cycle's records.

    Raises :class:`InputError` before the first cycle, while one is being worked on, and for an area or a
    table that is not known.
    """
    held = _held(folder, database)
    settings = read_settings(folder.settings)
    tolerance = tolerance_set(settings.reconciliation)
    with without_collecting():
        facts: Facts = gather_facts(held.records, held.person_of, held.directory, tolerance)
        tables = count_tables(facts, held.directory, period, area=area, numbers=numbers)
    return CountedRegister(
        cycle=held.cycle,
        ledger_entries=held.ledger_entries,
        period=period,
        tables=tables,
        directory=held.directory,
        coverage=AreaMonths(facts.calendar, held.directory, period, found_areas(facts)),
        quality=held.quality,
        rules=settings.disclosure,
    )


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let no garbage be looked for: millions of facts are none, and looking takes a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _held(folder: DataFolder, database: Database) -> _Held:
    key = read_worker_key(folder.register_key, "register-worker")
    settings = read_settings(folder.settings).amendments
    store = PayloadStore(folder.location("payload"), key, folder.pool())
    with closing(store), database.read() as connection:
        number = _settled_cycle(connection)
        run = run_of_cycle(connection, number)
        snapshots = results.run_snapshots(connection, run)
        person_of = standing_persons(connection)
        watch = AmendmentWatch(store, key.derive("amendments"), settings)
        records = held_records(connection, store, snapshots)
        return _Held(
            cycle=number,
            ledger_entries=ledger.size_of(connection),
            records=watch.hold_back(connection, records, person_of, Review(), number),
            person_of=person_of,
            directory=read_directory(connection),
            quality=_quality(connection, run),
        )


def _settled_cycle(connection: Connection) -> int:
    """Return the newest cycle; while one is worked on, persons may be of it and results of the one before."""
    number = results.latest_reconciled(connection)
    if number == 0:
        raise InputError("no cycle has been reconciled yet", hint="close one with `clew register cycle`")
    last = results.last_closed(connection)
    if last is not None and last.number != number:
        raise InputError(
            f"cycle {last.number} is being worked on", hint="wait for it; see `clew register status`"
        )
    return number


def _quality(connection: Connection, run: int) -> LinkQuality:
    table = schema.link_runs
    row = connection.execute(select(table).where(table.c.id == run)).one()
    return LinkQuality(
        records=row.records,
        links=row.links,
        possible=row.possible or 0,
        precision=row.precision,
        low=row.precision_low,
        high=row.precision_high,
    )
