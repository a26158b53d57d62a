"""Closing a cycle: link everything that was submitted, then reconcile, once and for all agencies alike."""

import datetime as dt

from sqlalchemy import Connection

from api.clock import stamp
from api.store import agencies, jobs, results
from linkage.errors import InputError

__all__ = ["abandon_cycle", "close_cycle"]


def close_cycle(connection: Connection, *, now: dt.datetime) -> int:
    """Queue a cycle's linkage and reconciliation and return its number.

    Both are barriers: the linkage waits for every submission committed before it to be checked.
    Raises :class:`InputError` if there is no epoch, or the cycle before is still being worked on.
    """
    if agencies.current_epoch(connection) is None:
        raise InputError("no epoch is in force yet", hint="adopt one with `clew register epoch adopt`")
    last = results.last_closed(connection)
    if last is not None and last.reconciled_at is None:
        raise InputError(
            f"cycle {last.number} is still being worked on",
            hint="see `clew register status`; both workers must run; `--abandon` gives the cycle up",
        )
    number = 1 if last is None else last.number + 1
    link_job = jobs.queue(connection, "link", cycle=number, barrier=True, now=now)
    reconcile_job = jobs.queue(connection, "reconcile", cycle=number, barrier=True, now=now)
    results.add_cycle(connection, number, link_job=link_job, reconcile_job=reconcile_job, now=stamp(now))
    return number


def abandon_cycle(connection: Connection, *, now: dt.datetime) -> int:
    """Give up the cycle that was closed and has no results yet, and return its number.

    Its jobs are cancelled for good and it counts as never closed, so that the next one takes its number: no
    agency was ever shown it.  Persons stay as its linkage left them.  Raises :class:`InputError` if there is
    no such cycle.
    """
    last = results.last_closed(connection)
    if last is None or last.reconciled_at is not None:
        raise InputError("no cycle is being worked on", hint="there is nothing to abandon")
    jobs.cancel_cycle(connection, last.number)
    results.forget_cycle(connection, last.number, now=stamp(now))
    jobs.queue_link(connection, now=now)  # those that waited were given up for the cycle's
    return last.number
