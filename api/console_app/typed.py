"""What of a request pages may rely on: numbers written in one way, text that any database takes."""

from typing import Any

import msgspec
from flask import Request, abort
from werkzeug.routing import IntegerConverter, Map

__all__ = ["PlainNumber", "check_text", "object_sent"]

_LARGEST = 2**31 - 1  # of an INTEGER of PostgreSQL


class PlainNumber(IntegerConverter):
    """A number of an address, which could be written in no other way.

    Otherwise the record of views, which holds the beginning of an address, could be made to say nothing.
    """

    regex = "0|[1-9][0-9]{0,9}"

    def __init__(self, map: Map, **limits: Any) -> None:  # noqa: A002
        super().__init__(map, **{"max": _LARGEST, **limits})


def check_text(incoming: Request) -> None:
    """End a request whose address or form has what PostgreSQL keeps in no text."""
    if "\x00" in incoming.path:
        abort(404)
    if any("\x00" in text for texts in incoming.form.listvalues() for text in texts):
        abort(400)


def object_sent(incoming: Request) -> dict[str, Any]:
    """Return the object of JSON that a request holds, or end it; half a character is no text either."""
    data = incoming.get_data()
    try:
        if b"\\u0000" in data:
            abort(400)
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        abort(400)
