"""A register with something on every page of the console, written by the store's own functions alone.

No linkage is run: what the pages show is compared with what the store holds, whoever decided it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, update

from api.clock import stamp, utc_now
from api.store import alerts, areas, erasures, jobs, persons, results, retention, schema, submissions, urgent
from api.store.persons import Event, LinkRun
from api.store.urgent import UrgentRow
from linkage.register.areas import Area, AreaDirectory
from linkage.register.figures import count_figures
from linkage.wire.canonical import canonical
from tests.support.unit import Desk, Unit, handle, make_sent, make_unit

CHILDREN = 4
PERSONS = tuple(f"{number:032x}" for number in range(0xC0FFEE00, 0xC0FFEE00 + CHILDREN))
"""The register's own identifiers of persons, which no page may show."""

_AREAS = (
    Area("E09", "Eastmere", "E12000001", "North", "E92000001", "Merrowland", "P01", "Eastmere Police"),
    Area("E10", "Wexholme", "E12000001", "North", "E92000001", "Merrowland", "P01", "Eastmere Police"),
)


@dataclass(frozen=True)
class World:
    unit: Unit
    council: Desk
    other: Desk
    police: Desk
    failed_job: int


def make_world(folder: Path) -> World:
    unit = make_unit(folder)
    desks = [unit.enrol(Desk(*one)) for one in (("E09", "council"), ("E10", "council"), ("P01", "police"))]
    council, other, police = desks
    database, now = unit.database(), utc_now()
    with database.write() as connection:
        areas.replace_directory(connection, AreaDirectory(_AREAS), now=stamp(now))
        held = [_accepted(connection, unit, one, now) for one in (council, police)]
        _refused(connection, unit, other, now)
        _open(connection, unit, police, now)
        _linked(connection, unit, held, (council, police), now)
        failed = add_work(connection, now)
        add_conflicts(connection, now)
        add_kept(connection, unit, now)
    database.close()
    return World(unit, council, other, police, failed)


def _add(connection: Connection, unit: Unit, desk: Desk, sequence: int, now: dt.datetime) -> str:
    sent = make_sent(unit, desk, sequence=sequence, children=range(CHILDREN))
    submissions.add_submission(connection, sent.id, sent.registration(), digest="d" * 64, now=stamp(now))
    return sent.id


def _commit(connection: Connection, submission: str, agency: str, sequence: int, at: str) -> None:
    chunks = schema.chunks
    connection.execute(update(chunks).where(chunks.c.submission == submission).values(present=True))
    connection.execute(
        update(schema.agencies).where(schema.agencies.c.code == agency).values(sequence=sequence)
    )
    submissions.set_state(connection, submission, "committed", now=at, committed_at=at)


def _accepted(connection: Connection, unit: Unit, desk: Desk, now: dt.datetime) -> str:
    found, at = _add(connection, unit, desk, 1, now), stamp(now)
    _commit(connection, found, desk.code, 1, at)
    for part in ("encodings", "payload"):
        submissions.set_part_state(connection, found, part, "valid")
        jobs.queue(connection, "check-payload", now=now, submission=found)
    submissions.set_state(connection, found, "accepted", now=at, settled_at=at)
    submissions.mark_linked(connection, [found])
    return found


def _refused(connection: Connection, unit: Unit, desk: Desk, now: dt.datetime) -> None:
    found, at = _add(connection, unit, desk, 1, now), stamp(now)
    _commit(connection, found, desk.code, 1, at)
    submissions.set_part_state(connection, found, "payload", "refused")
    reason = "payload: <b>made</b> for another agency than the manifest says"
    submissions.set_state(connection, found, "refused", now=at, settled_at=at, reason=reason)


def _open(connection: Connection, unit: Unit, desk: Desk, now: dt.datetime) -> None:
    _add(connection, unit, desk, 2, now - dt.timedelta(days=3))


def _linked(
    connection: Connection, unit: Unit, held: Sequence[str], desks: Sequence[Desk], now: dt.datetime
) -> None:
    job = jobs.queue(connection, "link", now=now)
    records = [(one.code, handle(one.code, child)) for one in desks for child in range(CHILDREN)]
    belongs = {
        (one.code, handle(one.code, child)): PERSONS[child] for one in desks for child in range(CHILDREN)
    }
    merged = Event("merged", PERSONS[0], PERSONS[1], [records[0], records[CHILDREN]])
    created = [Event("created", one, "", [key for key in records if belongs[key] == one]) for one in PERSONS]
    persons.store_run(
        connection,
        LinkRun(
            job=job,
            epoch=unit.epoch.epoch,
            submissions=held,
            records=len(records),
            pairs=123,
            links=CHILDREN,
            persons=belongs,
            untouched=frozenset(),
            events=[*created, merged],
            carried={},
            possible=2,
            precision=(0.987, 0.961, 0.995),
            method="neighbours",
        ),
        now=stamp(now),
    )
    reconcile = jobs.queue(connection, "reconcile", now=now, cycle=1)
    done = {"state": "done", "finished_at": stamp(now)}
    connection.execute(update(schema.jobs).where(schema.jobs.c.id.in_((job, reconcile))).values(**done))
    results.add_cycle(connection, 1, link_job=job, reconcile_job=reconcile, now=stamp(now))
    figures = canonical(count_figures([], children=CHILDREN)).decode()
    results.store_results(connection, 1, {}, figures=figures, now=stamp(now))


def add_work(connection: Connection, now: dt.datetime) -> int:
    """A job that runs and one that has failed; returns the latter's number."""
    running, failed = (jobs.queue(connection, "find-urgent", now=now) for _ in range(2))
    table = schema.jobs
    values = {"state": "running", "done": 40, "total": 100, "token": "t" * 32}
    connection.execute(
        update(table)
        .where(table.c.id == running)
        .values(**values, lease_until=stamp(now + dt.timedelta(hours=1)))
    )
    ended = {"state": "failed", "error": "OSError <script>", "finished_at": stamp(now)}
    connection.execute(update(table).where(table.c.id == failed).values(**ended))
    return failed


def add_conflicts(connection: Connection, now: dt.datetime) -> None:
    alerts.add_alert(connection, "E09", "short-lived", 7, cycle=1, now=stamp(now))
    rows = (("E09", "P01", "Q-0000000001"), ("P01", "E09", "Q-0000000002"))
    urgent.add(
        connection,
        [
            UrgentRow(agency, handle(agency, "e"), contact, query, 1, stamp(now), None, standing=True)
            for agency, contact, query in rows
        ],
    )


def add_kept(connection: Connection, unit: Unit, now: dt.datetime) -> None:
    erasures.add(
        connection,
        "agency",
        {"E10": [handle("E10", 0)]},
        name="ab" * 16,
        agency="E10",
        lasting=True,
        now=stamp(now),
        reason="left the register",
        code="5f3a9c01",
    )
    job = jobs.queue(connection, "retention", now=now)
    done = {"state": "done", "finished_at": stamp(now)}
    connection.execute(update(schema.jobs).where(schema.jobs.c.id == job).values(**done))
    retention.add_run(
        connection,
        job,
        erasure=None,
        removed={"nonces": 12, "jobs": 3},
        forecast={"E09": {"2031-04": 2}},
        now=stamp(now),
    )
    gone = {"epoch": unit.epoch.epoch, "asked_at": stamp(now), "certificate": '{"format":"test"}'}
    connection.execute(
        insert(schema.destructions).values(link_job=job, payload_job=job, encodings_job=job, **gone)
    )
