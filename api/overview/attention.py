"""What needs somebody's attention: each with how pressing it is, what it is, and where to look."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, exists, func, select

from api.clock import stamp
from api.config import read_settings
from api.folders import DataFolder
from api.overview import work
from api.overview.agencies import AgencyView, agency_views
from api.overview.attention_privacy import privacy_notices
from api.overview.notices import Notice, Weight
from api.overview.shrinking import shrunk
from api.store import agencies, alerts, record_tables, schema, schema_audiences, schema_releases
from linkage.counted import counted

__all__ = ["Notice", "Weight", "notices"]

_LONG_OPEN = dt.timedelta(days=1)
_LONG_WITHOUT_CYCLE = dt.timedelta(days=45)
_EPOCH_ENDS_SOON = dt.timedelta(days=60)
_LONG_KNOWN = dt.timedelta(days=45)
_LONG_SILENT_MONTHS = dt.timedelta(days=92)
_NAMED = 5


_Find = Callable[[Connection, dt.datetime], Iterator[Notice]]


def notices(connection: Connection, folder: DataFolder, *, now: dt.datetime) -> list[Notice]:
    """Return everything that needs attention, the most pressing first."""
    settings = read_settings(folder.settings)
    found = [*_workers(connection, folder, now), *privacy_notices(connection, settings, now)]
    for find in (
        _failed_jobs,
        _urgent,
        _alerts,
        _epoch,
        _cycle,
        _agencies,
        _releases,
        _erasures,
        _requests,
    ):
        found += find(connection, now)
    order: tuple[Weight, ...] = ("now", "soon", "to know")
    return sorted(found, key=lambda one: order.index(one.weight))


def _workers(connection: Connection, folder: DataFolder, now: dt.datetime) -> Iterator[Notice]:
    alive = {one.beat.worker for one in work.workers(folder.heartbeats, now=now) if one.alive}
    waiting = work.count_jobs(connection).get("waiting", 0)
    for name in ("linking", "register"):
        if name not in alive:
            words = f"It gave no sign of life within the last half minute; {counted(waiting, 'job')} wait."
            yield Notice("now", f"The {name} worker does not run", words, "jobs")


def _failed_jobs(connection: Connection, now: dt.datetime) -> Iterator[Notice]:  # noqa: ARG001
    failed = work.count_jobs(connection).get("failed", 0)
    if failed:
        words = "Each says why. What it was to do is not done until it is tried again."
        yield Notice("now", f"{counted(failed, 'job')} failed", words, "jobs")


def _urgent(connection: Connection, now: dt.datetime) -> Iterator[Notice]:  # noqa: ARG001
    table = schema_audiences.urgent_conflicts
    told = table.c.told_at.is_not(None)
    sides, counts = Counter[tuple[str, str]](), Counter[bool]()
    for agency, contact, is_told, count in connection.execute(
        select(table.c.agency, table.c.contact, told, func.count())
        .where(table.c.standing)
        .group_by(table.c.agency, table.c.contact, told)
    ):
        sides[agency, contact] += count
        counts[bool(is_told)] += count
    if counts:
        # A conflict stands once for each side, and sides are not named together.
        pairs = {(min(one), max(one)) for one in sides}
        conflicts = sum(max(sides[a, b], sides[b, a]) for a, b in pairs)
        queries = "1 query" if counts.total() == 1 else f"{counts.total():,} queries"
        words = (
            f"One side says that a child is still missing, the other that the child is back. "
            f"Of the queries {counts[True]:,} told to agencies, {counts[False]:,} wait for the next cycle."
        )
        title = f"Still missing on one side only: {counted(conflicts, 'conflict')} ({queries})"
        yield Notice("now", title, words, "urgent")


def _alerts(connection: Connection, now: dt.datetime) -> Iterator[Notice]:  # noqa: ARG001
    found = alerts.open_alerts(connection)
    if found:
        words = "An agency amends records in ways that look like probing. Ring it before you close the alert."
        yield Notice("now", f"{counted(found, 'alert')} not closed", words, "alerts")


def _epoch(connection: Connection, now: dt.datetime) -> Iterator[Notice]:
    epoch = agencies.current_epoch(connection)
    if epoch is None:
        yield Notice("now", "No epoch is in force", "Agencies cannot encode until one is adopted.", "epochs")
        return
    closes = dt.datetime.fromisoformat(str(epoch.closes)[:10]).replace(tzinfo=dt.UTC)
    if closes - now < _EPOCH_ENDS_SOON:
        words = f"It closes on {closes:%-d %B %Y}. Custodians need time for a ceremony."
        yield Notice("soon", f"Epoch {epoch.epoch} ends soon", words, "epochs")


def _cycle(connection: Connection, now: dt.datetime) -> Iterator[Notice]:
    table = schema.cycles
    last = connection.execute(select(table).order_by(table.c.number.desc()).limit(1)).one_or_none()
    if last is None:
        words = "Agencies get results once the first cycle is closed."
        yield Notice("to know", "No cycle was closed yet", words, "cycles")
    elif last.reconciled_at is None:
        words = "The workers link and reconcile; results appear for all agencies at once."
        yield Notice("to know", f"Cycle {last.number} is being worked on", words, "cycles")
    elif last.closed_at < stamp(now - _LONG_WITHOUT_CYCLE):
        words = (
            f"The last was closed on {last.closed_at[:10]}. Agencies see what they sent since at the next."
        )
        yield Notice("soon", "No cycle for more than 45 days", words, "cycles")


def _agencies(connection: Connection, now: dt.datetime) -> Iterator[Notice]:
    views = [one for one in agency_views(connection) if one.agency.enrolled]
    refused = [one for one in views if one.newest is not None and one.newest.state == "refused"]
    stuck = [one for one in views if _is_stuck(one, now)]
    never = [one for one in views if one.accepted is None and one not in refused and one not in stuck]
    old = stamp(now - _LONG_SILENT_MONTHS)[:10]
    late = [one for one in views if one.accepted is not None and one.accepted.period_end < old]
    for chosen, weight, what, words in (
        (
            refused,
            "now",
            "newest submission was refused",
            "It says why; the agency mends it and sends again.",
        ),
        (stuck, "soon", "submission was begun and not ended", "Ask whether the transfer was broken off."),
        (never, "to know", "nothing accepted yet", "Enrolled, and no snapshot of theirs stands."),
        (
            late,
            "soon",
            "newest snapshot ends over three months ago",
            "Their months are missing from figures.",
        ),
    ):
        if chosen:
            yield _of_agencies(chosen, weight, what, words)  # type: ignore[arg-type]
    yield from _shrunk(connection, views, now)


def _of_agencies(chosen: list[AgencyView], weight: Weight, what: str, words: str) -> Notice:
    named = ", ".join(one.agency.name for one in chosen[:_NAMED])
    more = f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else ""
    number = "1 agency" if len(chosen) == 1 else f"{len(chosen):,} agencies"
    return Notice(weight, f"{number}: {what}", f"{named}{more}. {words}", "agencies")


def _is_stuck(one: AgencyView, now: dt.datetime) -> bool:
    newest = one.newest
    return newest is not None and newest.state == "open" and newest.registered_at < stamp(now - _LONG_OPEN)


def _shrunk(connection: Connection, views: list[AgencyView], now: dt.datetime) -> Iterator[Notice]:
    since = stamp(now - _LONG_KNOWN)
    newest = {
        one.agency.code: one
        for one in views
        if one.accepted is not None and (one.accepted.settled_at or "") > since
    }
    rows = [one.accepted for one in newest.values() if one.accepted is not None]
    for code, share in sorted(shrunk(connection, rows).items()):
        title = (
            f"{newest[code].agency.name}: the newest snapshot holds {100 * share:.0f}\u00a0% fewer records"
        )
        words = "It replaced one of the same period. Ask the agency whether it meant to withdraw so many."
        yield Notice("soon", title, words, "agencies")


def _releases(connection: Connection, now: dt.datetime) -> Iterator[Notice]:  # noqa: ARG001
    table = schema_releases.releases
    waiting = connection.scalar(select(func.count()).select_from(table).where(table.c.state == "proposed"))
    if waiting:
        words = "A second person with the role of a publisher looks at it and approves or rejects it."
        yield Notice("to know", f"{counted(waiting, 'release')} to be approved", words, "releases")


def _erasures(connection: Connection, now: dt.datetime) -> Iterator[Notice]:  # noqa: ARG001
    table, job = record_tables.erasures, schema.jobs
    asked = connection.scalar(select(func.count()).select_from(table).where(table.c.confirmed_at.is_(None)))
    if asked:
        words = "Nothing is erased before it is confirmed, within seven days of asking."
        yield Notice("soon", f"{counted(asked, 'erasure')} not confirmed", words, "retention")
    failed = exists().where(
        job.c.state == "failed",
        (job.c.id == table.c.payload_job)
        | (job.c.id == table.c.encodings_job)
        | (job.c.id == table.c.scrub_job),
    )
    broken = connection.scalar(select(func.count()).select_from(table).where(failed))
    if broken:
        words = "Records that must go are still there. Try the failed job again."
        yield Notice("now", f"{counted(broken, 'erasure')} not finished", words, "jobs")


def _requests(connection: Connection, now: dt.datetime) -> Iterator[Notice]:
    table = schema_audiences.reidentifications
    waiting = connection.scalar(
        select(func.count())
        .select_from(table)
        .where(table.c.state == "requested", table.c.expires_at > stamp(now))
    )
    if waiting:
        words = "Two approvers sign on their own machines, or nobody learns anything."
        title = f"{counted(waiting, 'request')} to open a pseudonym"
        yield Notice("to know", title, words, "reidentifications")
