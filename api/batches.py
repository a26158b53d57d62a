"""Batches: how often an agency may send a snapshot of one period, so that what changed hides among more.

Whoever sees what comes in compares a snapshot with the one before: what is new since yesterday may be one
child, whom a public appeal of that day names.  What is new since last week is several.
"""

import datetime as dt

from sqlalchemy import Connection

from api.budgets import span_of
from api.clock import stamp
from api.privacy_settings import BatchSettings
from api.store import budgets, submissions
from linkage.wire.manifest import Period

__all__ = ["SNAPSHOTS", "wait_for_snapshot"]

SNAPSHOTS = "snapshots"
"""What the number of snapshots is raised under."""


def wait_for_snapshot(
    connection: Connection,
    settings: BatchSettings,
    agency: str,
    period: Period,
    epoch: str,
    *,
    now: dt.datetime,
) -> dt.timedelta | None:
    """Return how long an agency has to wait before it may commit another snapshot of a period, or None.

    One counts for the other where their periods overlap: a period that is a day longer is no other one.  Days
    are counted whole, in UTC: a snapshot counts from the beginning of the day on which it was committed.
    Refused ones, and those of another epoch, do not count.
    """
    today = dt.datetime.combine(now.astimezone(dt.UTC).date(), dt.time(), dt.UTC)
    since = today - dt.timedelta(days=settings.snapshot_days - 1)
    days = submissions.committed_since(connection, agency, period, epoch, since=stamp(since))
    span = span_of(connection, "cycle", now)
    most = settings.snapshots + budgets.raised(connection, agency, SNAPSHOTS, span=span)
    if len(days) < most:
        return None
    freed = dt.datetime.fromisoformat(days[len(days) - most][:10]).replace(tzinfo=dt.UTC)
    return max(freed + dt.timedelta(days=settings.snapshot_days) - now, dt.timedelta(seconds=1))
