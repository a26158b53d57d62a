"""Finding a person by what somebody types or an address says, and giving a person an address."""

from flask import abort
from sqlalchemy import Connection

from api.audiences import OPERATOR, in_use
from api.console_app.current import current
from api.console_app.service import ConsoleService
from api.overview.people import PersonView, person_of_handle, view_person
from api.overview.pseudonym_index import Indexed, PseudonymIndex

__all__ = ["address_of", "find_person", "person_at"]

_HANDLE_DIGITS = 32


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


def find_person(
    service: ConsoleService, index: PseudonymIndex, text: str
) -> tuple[str | None, Indexed | None]:
    """Return the person of a pseudonym or handle, or None with how far the index of pseudonyms is.

    Raises :class:`ClewError` for what is neither.
    """
    handle = text.strip().lower().rpartition(":")[2]
    with service.database.read() as connection:
        if len(handle) == _HANDLE_DIGITS and set(handle) <= set("0123456789abcdef"):
            found = person_of_handle(connection, handle)
            return (found[0][1] if found else None), None
        audience = in_use(service.folder, connection, OPERATOR)
        wanted = audience.normal(text)
        made = index.prepare(connection, audience)
    return index.find(wanted), made
