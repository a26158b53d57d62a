"""Finding a person by what somebody types or an address says, and giving a person an address."""

import re

from flask import abort
from sqlalchemy import Connection

from api.audiences import OPERATOR, in_use
from api.console_app.current import current
from api.console_app.service import ConsoleService
from api.overview.people import PersonView, person_of_handle, view_person
from api.overview.pseudonym_index import Indexed, PseudonymIndex
from linkage.errors import ClewError, InputError
from linkage.wire.pseudonyms import PREFIXES

__all__ = ["address_of", "find_person", "in_sentences", "person_at"]

_HANDLE_DIGITS = 32
_LIKE_A_PSEUDONYM = re.compile(rf"(?:{'|'.join(PREFIXES.values())})[\s-]*[0-9]", re.IGNORECASE)
_WHAT = "Type a pseudonym such as REG1-7KWX-…, or the 32 letters and digits of a handle"


def address_of(service: ConsoleService, person: str) -> str:
    """Return a person's address for whoever asks."""
    return f"/operator/persons/{service.key.address_of(current().name, person)}"


def person_at(service: ConsoleService, connection: Connection, reference: str) -> PersonView:
    """Return the person of an address that was given to whoever asks, or end with 404."""
    person = service.key.person_at(current().name, reference)
    view = None if person is None else view_person(connection, person)
    if view is None:
        abort(404)
    return view


def in_sentences(error: ClewError) -> str:
    """Write what is wrong and how to mend it, as it stands beside a field."""
    return ". ".join(one[0].upper() + one[1:].removesuffix(".") for one in (error.message, error.hint) if one)


def _neither(text: str) -> InputError:
    said = "this is neither a pseudonym nor a handle; an agency's own reference is not known here"
    return InputError(said if text.strip() else "nothing was typed", hint=_WHAT)


def find_person(
    service: ConsoleService, index: PseudonymIndex, text: str
) -> tuple[str | None, Indexed | None]:
    """Return the person of a pseudonym or handle, or None with how far the index of pseudonyms is.

    Raises :class:`ClewError` for what is neither.  Spaces count nowhere.
    """
    handle = "".join(text.lower().split()).rpartition(":")[2]
    with service.database.read() as connection:
        if len(handle) == _HANDLE_DIGITS and set(handle) <= set("0123456789abcdef"):
            found = person_of_handle(connection, handle)
            return (found[0][1] if found else None), None
        audience = in_use(service.folder, connection, OPERATOR)
        try:
            wanted = audience.normal(text)
        except ClewError:
            if _LIKE_A_PSEUDONYM.match(text.strip()):
                raise
            raise _neither(text) from None
        made = index.prepare(connection, audience)
    return index.find(wanted), made
