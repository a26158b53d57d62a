"""Batches: how often an agency may send, so that what changed hides among more.

Whoever sees what comes in compares a snapshot with the one before: what is new since yesterday may be one
child, whom a public appeal of that day names.  What is new since last week is several.

It is *sendings* that are counted, whatever their periods: the same child can be put into any of them.
Several snapshots are one sending where they bring no more news than one: of one day, of periods that do not
overlap, and each of them long.  So an agency sends its history, a bundle for each year, or encodes all of it
again, at once; a snapshot of a few days counts by itself.
"""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection

from api.budgets import span_of
from api.clock import stamp
from api.privacy_settings import BatchSettings
from api.store import budgets, submissions
from linkage.wire.manifest import Period

__all__ = ["SNAPSHOTS", "sendings", "wait_for_snapshot"]

SNAPSHOTS = "snapshots"
"""What the number of sendings is raised under."""


def wait_for_snapshot(
    connection: Connection,
    settings: BatchSettings,
    agency: str,
    period: Period,
    epoch: str,
    *,
    now: dt.datetime,
) -> dt.timedelta | None:
    """Return how long an agency has to wait before it may commit another snapshot, or None.

    Days are counted whole, in UTC: a snapshot counts from the beginning of the day on which it was committed.
    Refused ones, and those of another epoch, do not count.
    """
    today = now.astimezone(dt.UTC).date()
    since = dt.datetime.combine(today - dt.timedelta(days=settings.snapshot_days - 1), dt.time(), dt.UTC)
    held = [
        (dt.date.fromisoformat(moment[:10]), one)
        for moment, one in submissions.committed_since(connection, agency, epoch, since=stamp(since))
    ]
    days = sendings(held, period_days=settings.period_days)
    span = span_of(connection, "cycle", now)
    most = settings.snapshots + budgets.raised(connection, agency, SNAPSHOTS, span=span)
    # One that belongs to a sending of today adds none, however many there are.
    with_it = sendings([*held, (today, period)], period_days=settings.period_days)
    if len(with_it) <= max(most, len(days)):
        return None
    freed = dt.datetime.combine(days[len(days) - most], dt.time(), dt.UTC)
    return max(freed + dt.timedelta(days=settings.snapshot_days) - now, dt.timedelta(seconds=1))


def sendings(held: Iterable[tuple[dt.date, Period]], *, period_days: int) -> list[dt.date]:
    """Return the day of every sending among snapshots in the order in which they were committed.

    A long one joins a sending of its day all of whose periods are long and lie beside its own.
    """
    found: list[tuple[dt.date, list[Period]]] = []
    for day, period in held:
        joined = next(
            (
                others
                for begun, others in found
                if begun == day and all(_apart(period, one, period_days) for one in others)
            ),
            None,
        )
        if joined is None:
            found.append((day, [period]))
        else:
            joined.append(period)
    return [day for day, _ in found]


def _apart(one: Period, other: Period, period_days: int) -> bool:
    """Say whether two periods are long and share no day."""
    long = all((each.end.date - each.start.date).days + 1 >= period_days for each in (one, other))
    return long and (one.end.date < other.start.date or other.end.date < one.start.date)
