"""Raising a budget of an agency: two people, a reason, the present span, and an entry in the ledger."""

import datetime as dt

from sqlalchemy import Connection

from api.budgets import BUDGETS, BudgetName, span_of
from api.clock import stamp
from api.names_alike import may_be_one
from api.store import agencies, budgets
from api.store.budgets import Raise
from linkage.errors import InputError

__all__ = ["raise_budget"]

_MOST_REASON = 200
_MOST_MORE = 1_000_000


def raise_budget(
    connection: Connection,
    agency: str,
    name: BudgetName,
    more: int,
    *,
    reason: str,
    by: str,
    agreed_by: str,
    now: dt.datetime,
) -> Raise:
    """Raise a budget of an agency for the present span; raises :class:`InputError`.

    Two people do it: names that may be one person's are taken for one.
    """
    if agencies.agency_by_code(connection, agency) is None:
        raise InputError(f"there is no agency {agency}", hint="see `clew register agency list --data DIR`")
    if not 1 <= more <= _MOST_MORE:
        raise InputError(f"--more: from 1 to {_MOST_MORE:,}")
    given = " ".join(reason.split())
    if not given or len(given) > _MOST_REASON or not given.isprintable():
        raise InputError(
            f"--reason: 1 to {_MOST_REASON} characters", hint="say what the agency needs it for; name nobody"
        )
    names = [" ".join(one.split()) for one in (by, agreed_by)]
    if not all(names) or may_be_one(*names):
        raise InputError(
            "--by and --agreed-by: these may be one person",
            hint="a second person looks at it; write both names out",
        )
    # Snapshots are counted from the submissions, and raised until the cycle is closed.
    kind = BUDGETS[name].span if name in BUDGETS else "cycle"
    raised = Raise(
        agency=agency,
        budget=name,
        span=span_of(connection, kind, now),
        more=more,
        reason=given,
        raised_by=names[0],
        agreed_by=names[1],
        raised_on=stamp(now)[:10],
    )
    budgets.add_raise(connection, raised, now=stamp(now))
    return raised
