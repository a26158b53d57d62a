"""When a session ends: told on every page, with a warning beforehand and a way to stay (WCAG 2.2, 2.2.1).

A session ends as it would without: whoever stays sends a request, as any other page would be, and only a
person does.  That a script asks how much is left counts for nothing.
"""

import datetime as dt
from dataclasses import dataclass

from flask import Flask

from api.clock import stamp
from api.console_app.current import current
from api.console_app.roles import signed_in
from api.console_app.service import ConsoleService
from api.console_app.times import hour_words
from api.store.console_sessions import Session

__all__ = ["Ends", "add_pages", "ends_of"]


@dataclass(frozen=True, slots=True)
class Ends:
    """When a session ends if nothing is sent; ``last``: then it has lasted as long as any may."""

    left: int
    at: str
    last: bool


def ends_of(service: ConsoleService, session: Session) -> Ends:
    """Return when a session ends, in seconds from now and as a time of day."""
    unused = dt.datetime.fromisoformat(session.seen_at) + dt.timedelta(minutes=service.own.idle_minutes)
    whole = dt.datetime.fromisoformat(session.begun_at) + dt.timedelta(hours=service.own.hours)
    end = min(unused, whole)
    left = (end - service.clock()).total_seconds()
    return Ends(max(int(left), 0), hour_words(stamp(end)), whole <= unused)


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add what the script of a page asks."""

    @app.get("/session")
    @signed_in(by_itself=True)
    def session_left() -> dict[str, object]:
        return _told(service)

    @app.post("/session")
    @signed_in()
    def session_stays() -> dict[str, object]:
        return _told(service)


def _told(service: ConsoleService) -> dict[str, object]:
    ends = ends_of(service, current().session)
    return {"left": ends.left, "at": ends.at, "last": ends.last}
