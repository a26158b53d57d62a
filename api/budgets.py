"""Budgets: how much one agency may ask and cause in a cycle or a year, and when the operator is told.

Limits of a minute and a day (:mod:`api.agency_app.quotas`) keep the service alive; a budget keeps an agency
from learning the other side's books slowly.  Each has a count for each span, the cycle that the next close
ends or the year (UTC), so that none begins anew twice: a cycle that is closed and given up goes on.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from sqlalchemy import Connection

from api.clock import stamp
from api.privacy_settings import BudgetSettings
from api.store import agencies, budgets, ledger, results
from linkage.wire.ledger import EntryKind, Fact

__all__ = [
    "BUDGETS",
    "Budget",
    "BudgetName",
    "Spent",
    "near",
    "note_crossing",
    "set_limit",
    "span_of",
    "spend",
    "standing",
]

BudgetName = Literal[
    "submissions",
    "results",
    "urgent",
    "answers",
    "openings",
    "questions",
    "snapshots",
    "withdrawals",
    "shields",
    "erasures",
    "amendments",
]
SpanKind = Literal["cycle", "year"]
Level = Literal["near", "reached"]


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget: its name, words, over what it runs, and whether what is beyond it is refused.

    ``of_records``: it is a number of records, and grows with those that the agency holds.
    """

    name: BudgetName
    words: str
    span: SpanKind
    refuses: bool = True
    of_records: bool = False


BUDGETS: Final[Mapping[BudgetName, Budget]] = {
    one.name: one
    for one in (
        Budget("submissions", "submissions registered", "cycle"),
        Budget("results", "times that results were pulled", "cycle"),
        Budget("urgent", "times that conflicts still open on one side were pulled", "cycle"),
        Budget("answers", "answers to queries", "cycle"),
        Budget("openings", "times that requests to open a pseudonym were looked at or answered", "cycle"),
        Budget("questions", "quality questions that people here want asked", "cycle"),
        Budget("withdrawals", "records withdrawn by request", "year", of_records=True),
        Budget("shields", "records shielded, or shields lifted", "year", of_records=True),
        Budget("erasures", "records erased by request", "year", refuses=False, of_records=True),
        Budget("amendments", "amendments counted between cycles", "year", refuses=False, of_records=True),
    )
}
"""Every budget that is counted.  ``snapshots`` is none of them: it is counted from the submissions themselves
(:mod:`api.batches`) and can be raised like one."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What of a budget an agency used in the present span; ``allowed`` is False where it was refused.

    ``crossed``: the level that this very use brought it to.
    """

    budget: Budget
    agency: str
    span: str
    used: int
    limit: int
    warn_percent: int
    allowed: bool = True
    crossed: Level | None = None

    @property
    def level(self) -> Level | None:
        """How near to its end the budget is, if it is worth telling."""
        return _level(self.used, self.limit, self.warn_percent)

    @property
    def refusal(self) -> str:
        """What somebody who is refused is told."""
        per = "in a cycle" if self.budget.span == "cycle" else "in a year"
        return f"this unit takes {self.limit} {self.budget.words} from an agency {per}"


def span_of(connection: Connection, kind: SpanKind, now: dt.datetime) -> str:
    """Return the present span as it is written: ``cycle 12`` until cycle 12 is closed, or ``year 2026``."""
    if kind == "year":
        return f"year {now.astimezone(dt.UTC).year}"
    last = results.last_closed(connection)
    return f"cycle {1 if last is None else last.number + 1}"


def spend(
    connection: Connection,
    settings: BudgetSettings,
    agency: str,
    name: BudgetName,
    amount: int = 1,
    *,
    now: dt.datetime,
) -> Spent:
    """Count a use of a budget, or say that it is beyond it; right beside other transactions that write.

    The caller refuses what is not ``allowed``, and calls :func:`note_crossing` with what crossed a level, in
    this transaction or in one of its own.
    """
    budget = BUDGETS[name]
    span, limit = span_of(connection, budget.span, now), _limit(connection, settings, agency, budget, now)
    most = limit if budget.refuses else None
    allowed = budgets.charge(connection, agency, name, amount, span=span, limit=most)
    used = budgets.used(connection, agency, name, span=span)
    before = _level(used - amount, limit, settings.warn_percent)
    after = _level(used, limit, settings.warn_percent)
    crossed = after if allowed and after != before else None
    return Spent(budget, agency, span, used, limit, settings.warn_percent, allowed, crossed)


def note_crossing(connection: Connection, spent: Spent, *, now: dt.datetime) -> None:
    """Enter in the ledger that an agency came near a budget's end, or to it; nothing else needs it."""
    if spent.crossed is None:
        return
    facts: dict[str, Fact] = {
        "what": f"budget {spent.crossed}",
        "agency": spent.agency,
        "budget": spent.budget.name,
        "span": spent.span,
        "used": spent.used,
        "limit": spent.limit,
    }
    ledger.append(connection, EntryKind.ALERT, facts, now=stamp(now))


def standing(
    connection: Connection, settings: BudgetSettings, *, now: dt.datetime, agency: str | None = None
) -> Iterator[Spent]:
    """Yield how every budget of every enrolled agency stands, or of one agency."""
    for one in agencies.all_agencies(connection):
        if one.code != agency and (agency is not None or not one.enrolled):
            continue
        for budget in BUDGETS.values():
            span = span_of(connection, budget.span, now)
            limit = _limit(connection, settings, one.code, budget, now)
            used = budgets.used(connection, one.code, budget.name, span=span)
            yield Spent(budget, one.code, span, used, limit, settings.warn_percent)


def near(connection: Connection, settings: BudgetSettings, *, now: dt.datetime) -> list[Spent]:
    """Return the budgets of all agencies that are near their end in the present span, or at it.

    In a few queries: limits are worked out only where the setting alone is nearly used.
    """
    spans = {kind: span_of(connection, kind, now) for kind in get_args(SpanKind)}
    found = []
    for agency, name, span, used in budgets.all_used(connection):
        budget = BUDGETS.get(cast("BudgetName", name))
        if budget is None or spans[budget.span] != span:
            continue
        if _level(used, int(getattr(settings, budget.name)), settings.warn_percent) is None:
            continue
        limit = _limit(connection, settings, agency, budget, now)
        spent = Spent(budget, agency, span, used, limit, settings.warn_percent)
        if spent.level is not None:
            found.append(spent)
    return found


def _limit(
    connection: Connection, settings: BudgetSettings, agency: str, budget: Budget, now: dt.datetime
) -> int:
    span = span_of(connection, budget.span, now)
    raised = budgets.raised(connection, agency, budget.name, span=span)
    return set_limit(connection, settings, agency, budget) + raised


def set_limit(connection: Connection, settings: BudgetSettings, agency: str, budget: Budget) -> int:
    """Return what is set of a budget for an agency, as if nobody had raised it."""
    limit = int(getattr(settings, budget.name))
    if budget.of_records:
        limit = max(limit, int(settings.share * budgets.records_held(connection, agency)))
    return limit


def _level(used: int, limit: int, warn_percent: int) -> Level | None:
    if used >= limit:
        return "reached" if used else None
    return "near" if used * 100 >= limit * warn_percent else None
