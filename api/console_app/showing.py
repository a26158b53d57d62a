"""How pages write moments, numbers and states: London time, thousands apart, one colour for one state."""

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from flask import Flask, request
from markupsafe import Markup

from api.clock import day_of
from linkage.errors import InputError
from linkage.register.questions import Question

__all__ = ["add_words", "chosen_questions", "page_number", "signed", "state_tag", "when"]

_LONDON = ZoneInfo("Europe/London")
_DAY_LENGTH = 10

_COLOURS: Mapping[str, str] = {
    "accepted": "green",
    "active": "green",
    "all": "green",
    "approved": "green",
    "both": "green",
    "done": "green",
    "in force": "green",
    "opened": "green",
    "valid": "green",
    "green": "green",
    "alive": "green",
    "going on": "light-blue",
    "running": "light-blue",
    "committed": "light-blue",
    "working": "light-blue",
    "proposed": "light-blue",
    "requested": "light-blue",
    "under way": "light-blue",
    "soon": "yellow",
    "amber": "yellow",
    "partly": "yellow",
    "overlapping": "yellow",
    "asked": "yellow",
    "now": "red",
    "failed": "red",
    "red": "red",
    "refused": "red",
    "silent": "red",
    "not as committed": "red",
    "good": "green",
    "wrong": "red",
}
"""By state; what is not here is grey."""


def add_words(app: Flask) -> None:
    """Give templates the filters of this module."""
    app.jinja_env.filters.update(
        when=when,
        date=_date,
        number=_number,
        signed=signed,
        percent=_percent,
        interval=_interval,
        state=state_tag,
        words=_words,
        size=_size,
    )


def page_number() -> int:
    """Return which page of a list is asked for: 1 for anything that is no number."""
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def when(text: str | None) -> Markup | str:
    """Write a moment of the database as people in London do; of what is known to the day, the day."""
    if text is None:
        return "not yet"
    if len(text) == _DAY_LENGTH or text == day_of(text):
        return _date(text)
    moment = dt.datetime.fromisoformat(text).astimezone(_LONDON)
    return Markup('<time datetime="{}">{}</time>').format(text, f"{moment:%-d %b %Y, %H:%M}")


def _date(text: str | None) -> Markup | str:
    """Write a day."""
    if not text:
        return "none"
    found = dt.date.fromisoformat(text[:10])
    return Markup('<time datetime="{}">{}</time>').format(text[:10], f"{found:%-d %b %Y}")


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:,}"


def signed(value: float, digits: int = 1) -> str:
    """Write a weight with its sign; what rounds to nothing has none."""
    written = _rounded(value, digits)
    return f"+{written}" if value > 0 and float(written) else written


def _rounded(value: float, digits: int) -> str:
    """Write a figure with a minus sign, not a hyphen; what rounds to nothing is not negative."""
    written = f"{abs(value):.{digits}f}"
    return f"\N{MINUS SIGN}{written}" if value < 0 and float(written) else written


def _percent(share: float | None, digits: int = 1) -> str:
    return "not known" if share is None else f"{_rounded(100 * share, digits)}\u00a0%"


def _interval(ends: tuple[float, float], digits: int = 1) -> str:
    """Write the ends of an interval of a share, in one piece."""
    low, high = (_rounded(100 * one, digits) for one in ends)
    return f"{low}\u00a0to\u00a0{high}\u00a0%"


def _size(number: int) -> str:
    """Write a number of bytes."""
    if number < 1024:
        return f"{number} bytes"
    return f"{number / 1024:,.0f} KiB" if number < 1024**2 else f"{number / 1024**2:,.1f} MiB"


def _words(name: str) -> str:
    """Write a name of the code as words."""
    return name if name.isupper() else name.replace("_", " ").replace("-", " ")


def state_tag(state: str) -> Markup:
    """Write a state as a tag; its word says it, and the colour only helps."""
    colour = _COLOURS.get(state, "grey")
    return Markup('<strong class="govuk-tag govuk-tag--{}">{}</strong>').format(
        colour, state[:1].upper() + state[1:]
    )


def chosen_questions(allowed: Sequence[Question]) -> list[Question]:
    """Return the questions that a form names by their places in the list that it was made from."""
    places = request.form.getlist("question")
    numbers = [int(one) for one in places if one.isascii() and one.isdigit() and len(one) < 6]
    if not numbers or max(numbers) >= len(allowed):
        raise InputError("no question was chosen", hint="Go back and choose at least one.")
    return [allowed[one] for one in sorted(set(numbers))]
