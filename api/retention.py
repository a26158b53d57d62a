"""The retention schedule: what is kept no longer goes by itself, once a day, and leaves a certificate.

A run is one job of the register worker.  It finds in the payload which children's records are due, and in one
transaction removes what only the shared database holds, orders the erasure of the due records and of
snapshots replaced long ago (:mod:`api.erasing`), and records what it foresees.  Killed before that
transaction it has done nothing; the next attempt begins again.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection

from api.clock import Clock, stamp
from api.config import read_settings
from api.erasing import erase_by_schedule
from api.policy_settings import RetentionSettings
from api.settlement import give_up
from api.store import erasures, kept_answers, ledger, records, retention, submissions
from api.store.database import Database
from api.store.payload import PayloadStore
from api.store.retention import Forecast
from api.worker import Task
from linkage.errors import InputError
from linkage.register.retention import RetentionRules, due_days
from linkage.wire.ledger import EntryKind
from linkage.wire.records import Payload

__all__ = ["EVERY", "RetentionSchedule"]

EVERY = dt.timedelta(hours=24)
_UNCONFIRMED = dt.timedelta(days=30)
_NEVER_COMMITTED = "it was begun and not committed in time"


class RetentionSchedule:
    """The schedule of one unit; settings are read anew for every run."""

    def __init__(self, database: Database, store: PayloadStore, settings: Path, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._settings_file = settings
        self._clock = clock

    def _settings(self) -> RetentionSettings:
        return read_settings(self._settings_file).retention

    def stale_before(self, now: dt.datetime) -> dt.datetime:
        """Return since when a snapshot must be superseded for its payload to go."""
        return now - dt.timedelta(days=self._settings().superseded_days)

    def queue_when_due(self) -> None:
        """Queue a run if none was queued in the last 24 hours; one queued after now had a wrong clock."""
        now = self._clock()
        with self._database.read() as connection:
            last = retention.last_queued(connection)
        if last is not None and dt.timedelta() <= now - dt.datetime.fromisoformat(last) < EVERY:
            return
        with self._database.write() as connection:
            if retention.last_queued(connection) == last:  # of two workers one queues it
                retention.queue_run(connection, now=now)

    def run(self, task: Task) -> None:
        """Do one run; see the module."""
        settings = self._settings()
        now = self._clock()
        if not settings.enabled:
            with task.ending():
                return
        targets, forecast = self._due(settings, now.date())
        stale = self._stale(now)
        with task.ending() as connection:
            removed = _remove(connection, settings, now)
            erasure = None
            if targets or stale or sum(removed.values()) > removed["nonces"]:
                erasure = erase_by_schedule(connection, targets, now=now)
            fine = stamp(now - dt.timedelta(days=settings.times_days))
            facts = {**removed, "times": retention.coarsen_times(connection, before=fine)}
            rows = dict.fromkeys(("submissions", "results", "withdrawals", "cycles"))
            ledger.append(connection, EntryKind.RETENTION, facts, now=stamp(now), rows=rows)
            retention.add_run(
                connection,
                task.job.id,
                erasure=erasure,
                removed=removed,
                forecast=forecast,
                now=stamp(now),
            )

    def _stale(self, now: dt.datetime) -> bool:
        with self._database.read() as connection:
            stale = retention.stale_snapshots(connection, before=stamp(self.stale_before(now)))
        return any(self._store.count(one.id) for one in stale)

    def _due(self, settings: RetentionSettings, today: dt.date) -> tuple[Mapping[str, set[str]], Forecast]:
        """Return which child records are due, by agency, and how many will be in which month."""
        rules = RetentionRules(
            settings.years_after_last_record,
            settings.until_age,
            settings.years_if_missing,
            settings.years_without_episode,
        )
        targets: dict[str, set[str]] = {}
        forecast: Forecast = {}
        for agency in self._store.agencies():
            days = due_days(self._snapshots(agency), rules)
            due = {handle for handle, day in days.items() if day < today}
            if due:
                targets[agency] = due
            months = Counter(f"{day:%Y-%m}" for handle, day in days.items() if handle not in due)
            forecast[agency] = dict(sorted(months.items()))
        return targets, forecast

    def _snapshots(self, agency: str) -> Iterator[tuple[Payload, dt.date]]:
        for submission in self._store.snapshots_of(agency):
            with self._database.read() as connection:
                end = submissions.get(connection, submission).manifest.period.end.date
            payload = self._store.load(submission, agency)
            if payload is None:
                raise InputError("payload: a snapshot left the store meanwhile", hint="retry the job")
            yield payload, end


def _remove(connection: Connection, settings: RetentionSettings, now: dt.datetime) -> dict[str, int]:
    """Remove what only the shared database holds; returns how much of what."""

    def before(days: int) -> str:
        return stamp(now - dt.timedelta(days=days))

    begun = retention.old_open(connection, before=before(settings.open_days))
    for one in begun:
        give_up(connection, one, reason=_NEVER_COMMITTED, now=now)
    kept_answers.forget_expired(connection, now=stamp(now))
    asked = retention.unconfirmed(connection, before=stamp(now - _UNCONFIRMED))
    for number in asked:
        erasures.discard(connection, number)
    return {
        "nonces": retention.forget_spent_nonces(connection, now=stamp(now)),
        "old-results": retention.forget_old_results(connection, keep=settings.results_cycles),
        "refused-submissions": retention.forget_refused(connection, before=before(settings.refused_days)),
        "ended-jobs": retention.forget_old_jobs(connection, before=before(settings.jobs_days)),
        "open-submissions": len(begun),
        "unconfirmed": len(asked),
        "marks": records.forget_spent_withdrawals(connection),
    }
