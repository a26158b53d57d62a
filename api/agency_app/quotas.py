"""What one agency may ask of the unit: counted in the database; requests under way, in the process."""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from api.agency_app.problems import refuse
from api.batches import wait_for_snapshot
from api.budgets import BudgetName, Spent, spend
from api.config import Limits
from api.privacy_settings import BatchSettings, BudgetSettings
from api.store import usage
from linkage.counted import counted
from linkage.wire.manifest import Manifest

__all__ = ["MEASURES", "UnderWay", "charge", "charge_budget", "require_in_time"]

_MINUTE = "%Y-%m-%dT%H:%M"
_DAY = "%Y-%m-%d"

MEASURES: Mapping[str, tuple[str, Callable[[Limits], int], str]] = {
    "requests": (_MINUTE, lambda limits: limits.requests_per_minute, "requests per minute"),
    "bytes": (_DAY, lambda limits: limits.bytes_per_day, "bytes per day"),
    "records": (_DAY, lambda limits: limits.records_per_day, "records per day"),
    "queries": (_DAY, lambda limits: limits.queries_per_day, "queries per day"),
}
"""Measure: how its span is written, its limit, and its words."""


def charge(
    connection: Connection, limits: Limits, subject: str, measure: str, amount: int, *, now: dt.datetime
) -> None:
    """Count what is asked for, or refuse it with 429 and the seconds until the clock's next minute or day.

    A refusal ends the transaction: nothing of it is written, so what is refused costs no fsync.
    """
    form, limit_of, words = MEASURES[measure]
    moment, limit = now.astimezone(dt.UTC), limit_of(limits)
    if not usage.charge(connection, subject, measure, amount, span=moment.strftime(form), limit=limit):
        refuse(
            "limit-reached",
            f"this unit takes {limit} {words} from an agency",
            hint="wait as long as Retry-After says, or ask the operator for a higher limit",
            retry_after=_seconds_left(moment, form),
        )


def charge_budget(
    connection: Connection,
    settings: BudgetSettings,
    agency: str,
    name: BudgetName,
    amount: int = 1,
    *,
    now: dt.datetime,
) -> Spent:
    """Count a use of a cycle's or a year's budget, or refuse it with 429.

    Nobody knows when the cycle is closed: whoever is refused is told to ask again tomorrow.
    """
    spent = spend(connection, settings, agency, name, amount, now=now)
    if not spent.allowed:
        refuse(
            "limit-reached",
            spent.refusal,
            hint="ask the operator, who can raise it; or wait until it begins anew",
            retry_after=_seconds_left(now.astimezone(dt.UTC), _DAY),
        )
    return spent


def require_in_time(
    connection: Connection, settings: BatchSettings, manifest: Manifest, *, now: dt.datetime
) -> None:
    """Refuse a snapshot that comes too soon after others with 429 and the seconds to wait."""
    wait = wait_for_snapshot(connection, settings, manifest.agency, manifest.period, manifest.epoch, now=now)
    if wait is not None:
        number, days = counted(settings.snapshots, "snapshot"), counted(settings.snapshot_days, "day")
        least = counted(settings.period_days, "day")
        refuse(
            "limit-reached",
            f"this unit takes {number} from an agency within {days}; those sent on one day count as one if "
            f"their periods do not overlap and have {least} or more each",
            hint="send what changed together with the next one; the operator can let another through",
            retry_after=-(-wait // dt.timedelta(seconds=1)),
        )


def _seconds_left(moment: dt.datetime, form: str) -> int:
    if form == _MINUTE:
        return 60 - moment.second
    return 86_400 - (moment.hour * 3600 + moment.minute * 60 + moment.second)


class UnderWay:
    """Requests that this process works on, by who signed them, and idempotency keys among them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._keys: set[tuple[str, str]] = set()

    def enter(self, signer: str) -> None:
        """Count a request in, or refuse it with 429: no agency takes every thread."""
        with self._lock:
            if self._requests[signer] >= self._most:
                refuse("too-many-at-once", f"this unit works on {self._most} requests of an agency at a time")
            self._requests[signer] += 1

    def leave(self, signer: str) -> None:
        """Count a request out."""
        with self._lock:
            self._requests[signer] -= 1
            if not self._requests[signer]:
                del self._requests[signer]

    def claim(self, agency: str, key: str) -> bool:
        """Claim an idempotency key; returns False while another request has it."""
        with self._lock:
            if (agency, key) in self._keys:
                return False
            self._keys.add((agency, key))
            return True

    def release(self, agency: str, key: str) -> None:
        """Give a claimed key up."""
        with self._lock:
            self._keys.discard((agency, key))
