"""Raising a budget of an agency: two people, a reason, the present span, and an entry in the ledger."""

import datetime as dt

from sqlalchemy import Connection

from api.batches import SNAPSHOTS
from api.budgets import BUDGETS, BudgetName, set_limit, span_of
from api.clock import stamp
from api.config import Settings
from api.names_alike import letters_of, may_be_one
from api.separation import names_known
from api.store import agencies, budgets
from api.store.budgets import Raise
from linkage.errors import InputError

__all__ = ["raise_budget"]

_MOST_REASON = 200
_MOST_NAME = 100


def raise_budget(
    connection: Connection,
    settings: Settings,
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

    Two people do it whom the unit knows, if it knows any: names that may be one person's are taken for one.
    All raises of one span together at most double what is set: beyond that the setting is wrong, and changed.
    """
    if agencies.agency_by_code(connection, agency) is None:
        raise InputError(f"there is no agency {agency}", hint="see `clew register agency list --data DIR`")
    # Snapshots are counted from the submissions, and raised until the cycle is closed.
    kind = BUDGETS[name].span if name in BUDGETS else "cycle"
    span = span_of(connection, kind, now)
    set_to = (
        settings.batches.snapshots if name == SNAPSHOTS else _set_limit(connection, settings, agency, name)
    )
    left = max(set_to, 1) - budgets.raised(connection, agency, name, span=span)
    if not 1 <= more <= left:
        raise InputError(
            f"--more: {left:,} at most in {span}: what is set, {set_to:,}, once again"
            if left > 0
            else f"--more: in {span} it was raised by all that is set",
            hint="a unit that needs more than twice what is set changes [budgets] or [batches] in unit.toml",
        )
    given = " ".join(reason.split())
    if not given or len(given) > _MOST_REASON or not given.isprintable():
        raise InputError(
            f"--reason: 1 to {_MOST_REASON} characters", hint="say what the agency needs it for; name nobody"
        )
    raised_by, agreed = _two_people(connection, by, agreed_by)
    raised = Raise(
        agency=agency,
        budget=name,
        span=span,
        more=more,
        reason=given,
        raised_by=raised_by,
        agreed_by=agreed,
        raised_on=stamp(now)[:10],
    )
    budgets.add_raise(connection, raised, now=stamp(now))
    return raised


def _set_limit(connection: Connection, settings: Settings, agency: str, name: BudgetName) -> int:
    return set_limit(connection, settings.budgets, agency, BUDGETS[name])


def _two_people(connection: Connection, by: str, agreed_by: str) -> tuple[str, str]:
    """Return the names of two people as the unit knows them; raises :class:`InputError`."""
    first, second = (" ".join(one.split()) for one in (by, agreed_by))
    for option, one in (("--by", first), ("--agreed-by", second)):
        if not one or len(one) > _MOST_NAME or not one.isprintable():
            raise InputError(f"{option}: 1 to {_MOST_NAME} characters", hint="give the person's name")
    known = names_known(connection)
    if known:
        for option, one in (("--by", first), ("--agreed-by", second)):
            if letters_of(one) not in map(letters_of, known):
                raise InputError(
                    f"{option}: nobody of this name has an account here, is an approver or a custodian",
                    hint="give the name as `clew register account list` or `approver list` has it",
                )
    if may_be_one(first, second):
        raise InputError(
            "--by and --agreed-by: these may be one person",
            hint="a second person looks at it; write both names out",
        )
    return first, second
