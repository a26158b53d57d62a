"""What needs attention for privacy by operation: duties, budgets, cover, requests, rotation."""

import datetime as dt
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from api.budgets import Spent, near
from api.clock import stamp
from api.config import ReidentificationSettings, Settings
from api.overview.cover import little_cover
from api.overview.notices import Notice
from api.overview.rotation import rotation_view
from api.privacy_settings import BudgetSettings, CoverSettings
from api.reidentifying import RATE_DAYS
from api.separation import overlaps
from api.store import reidentifications
from linkage.counted import counted

__all__ = ["privacy_notices"]

_NAMED = 5


def privacy_notices(connection: Connection, settings: Settings, now: dt.datetime) -> Iterator[Notice]:
    """Yield what needs attention; docs/operations/privacy.md says what to do about each."""
    yield from _duties(connection)
    yield from _budgets(connection, settings.budgets, now)
    yield from _cover(connection, settings.cover)
    yield from _openings(connection, settings.reidentification, now)
    yield from _rotation(connection, now)


def _duties(connection: Connection) -> Iterator[Notice]:
    found = overlaps(connection)
    if found:
        words = "; ".join(one.words for one in found[:_NAMED])
        title = f"Duties that must be apart and may be one person’s: {len(found):,}"
        yield Notice("now", title, f"{words}. Disable one of the two, or make names that differ.", "accounts")


def _budgets(connection: Connection, settings: BudgetSettings, now: dt.datetime) -> Iterator[Notice]:
    found = near(connection, settings, now=now)
    reached = [one for one in found if one.level == "reached"]
    close = [one for one in found if one.level == "near"]
    if reached:
        title = f"{counted(len(reached), 'budget')} used up"
        words = "What is refused waits for the next cycle or year, or you raise it."
        yield Notice("now", title, f"{_listed(reached)}. {words} Ask the agency what it does.", "agencies")
    if close:
        title = f"{counted(len(close), 'budget')} nearly used up"
        yield Notice("soon", title, f"{_listed(close)}. Ask the agency what it does.", "agencies")


def _listed(found: Iterable[Spent]) -> str:
    some = list(found)
    named = [f"{one.agency}: {one.used:,} of {one.limit:,} {one.budget.words}" for one in some[:_NAMED]]
    more = [f"{len(some) - _NAMED:,} more"] if len(some) > _NAMED else []
    return "; ".join([*named, *more])


def _cover(connection: Connection, settings: CoverSettings) -> Iterator[Notice]:
    found = little_cover(connection, settings)
    if found:
        words = "; ".join(f"{one.agency}: {one.words}" for one in found[:_NAMED])
        advice = (
            "Ask whether every child looked after is in the extract, and advise `clew agency dummies on`."
        )
        title = f"{counted(len(found), 'council')} with little cover"
        yield Notice("soon", title, f"{words}. {advice}", "agencies")


def _openings(
    connection: Connection, settings: ReidentificationSettings, now: dt.datetime
) -> Iterator[Notice]:
    since = stamp(now - dt.timedelta(days=RATE_DAYS))
    filed, most = reidentifications.requested_since(connection, since), settings.requests_in_30_days
    if filed and filed * 5 >= most * 4:
        title = f"Requests to open a pseudonym: {filed:,} of {most:,} within {RATE_DAYS} days"
        yield Notice(
            "soon", title, "Beyond that none can be filed. Look at the reasons given.", "reidentifications"
        )


def _rotation(connection: Connection, now: dt.datetime) -> Iterator[Notice]:
    view = rotation_view(connection, now=now)
    if view is not None and view.pressing and view.advice is not None:
        words = f"By the public appeals counted: {view.sentence}. Custodians need time for a ceremony."
        title = f"Epoch {view.epoch} should be rotated by {view.advice.by}"
        yield Notice("now" if view.advice.by == view.month else "soon", title, words, "epochs")
