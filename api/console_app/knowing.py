"""Persons: found by pseudonym or handle, with records and history; decisions that join or keep apart."""

from flask import Flask, abort, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from api.audiences import OPERATOR, in_use
from api.clock import stamp
from api.console_app.current import current
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words
from api.deciding import decide, undo
from api.overview.people import Lookup, PersonView, person_of_handle, view_person
from api.pseudonyms import Pseudonymiser
from api.store import ledger
from api.store.persons import RecordKey
from linkage.errors import ClewError, InputError
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["add_pages"]

_HANDLE_DIGITS = 32
_LONGEST_REASON = 500


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages of persons."""
    add_words(app)
    lookup = Lookup()
    _add_search(app, service, lookup)
    _add_person(app, service, lookup)
    _add_decisions(app, service, lookup)


def _add_search(app: Flask, service: ConsoleService, lookup: Lookup) -> None:
    @app.get("/operator/persons")
    @allow("operator", logged=True)
    def operator_persons() -> str:
        return render_template("operator/persons.html", fault=None)

    @app.post("/operator/persons")
    @allow("operator", logged=True)
    def operator_search() -> Response | tuple[str, int]:
        """Find a person.  What was typed stands in no address: a handle is nobody else's business."""
        try:
            with service.database.read() as connection:
                audience = in_use(service.folder, connection, OPERATOR)
                person = _found(connection, lookup, audience, request.form.get("wanted", ""))
        except ClewError as error:
            return render_template("operator/persons.html", fault=error.message), 400
        if person is None:
            fault = "No person has this pseudonym, and no record this handle. It may have been erased."
            return render_template("operator/persons.html", fault=fault), 404
        return redirect(f"/operator/persons/{audience.of(person)}", 303)


def _found(connection: Connection, lookup: Lookup, audience: Pseudonymiser, text: str) -> str | None:
    handle = text.strip().lower().rpartition(":")[2]
    if len(handle) == _HANDLE_DIGITS and set(handle) <= set("0123456789abcdef"):
        found = person_of_handle(connection, handle)
        return found[0][1] if found else None
    return lookup.find(connection, audience, text)


def _add_person(app: Flask, service: ConsoleService, lookup: Lookup) -> None:
    @app.get("/operator/persons/<pseudonym>")
    @allow("operator", logged=True)
    def operator_person(pseudonym: str) -> str:
        return _page(service, lookup, pseudonym, "operator/person.html")

    @app.get("/operator/persons/<pseudonym>/decide")
    @allow("operator", step_up=True, logged=True)
    def operator_decide(pseudonym: str) -> str:
        return _page(service, lookup, pseudonym, "operator/decide.html")


def _page(service: ConsoleService, lookup: Lookup, pseudonym: str, template: str) -> str:
    with service.database.read() as connection:
        audience = in_use(service.folder, connection, OPERATOR)
        view = _view(connection, lookup, audience, pseudonym)
    others = {one.other: audience.of(one.other) for one in view.events if one.other is not None}
    return render_template(template, view=view, pseudonym=audience.of(view.person), others=others)


def _view(connection: Connection, lookup: Lookup, audience: Pseudonymiser, pseudonym: str) -> PersonView:
    try:
        person = lookup.find(connection, audience, pseudonym)
    except ClewError:
        abort(404)
    view = None if person is None else view_person(connection, person)
    if view is None:
        abort(404)
    return view


def _add_decisions(app: Flask, service: ConsoleService, lookup: Lookup) -> None:
    @app.post("/operator/persons/<pseudonym>/decide")
    @allow("operator", step_up=True, logged=True)
    def operator_decided(pseudonym: str) -> Response:
        step, reason, now = request.form.get("step", ""), _reason(), service.clock()
        with service.database.write() as connection:
            audience = in_use(service.folder, connection, OPERATOR)
            view = _view(connection, lookup, audience, pseudonym)
            if step == "undo":
                number = _decision_of(view)
                undo(connection, number, now=now)
            elif step in {"join", "apart"}:
                one, other = _own_record(view), _record(request.form.get("other", ""))
                number, _ = decide(connection, one, other, same=step == "join", reason=reason, now=now)
            else:
                abort(400)
            facts: dict[str, Fact] = {
                "what": f"console {step}",
                "decision": number,
                "account": current().name,
                "reason": reason,
            }
            ledger.append(connection, EntryKind.OTHER, facts, now=stamp(now))
        return redirect(f"/operator/persons/{audience.of(view.person)}", 303)


def _reason() -> str:
    reason = " ".join(request.form.get("reason", "").split())
    if not reason or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise InputError(
            "a decision needs a reason",
            hint=f"Go back and write one, of {_LONGEST_REASON} letters at most.",
        )
    return reason


def _decision_of(view: PersonView) -> int:
    """Return the decision that a form names, which must be about this person's records."""
    text = request.form.get("decision", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number not in {one.id for one in view.decisions}:
        raise InputError("there is no such decision about this person", hint="Go back and look again.")
    return number


def _own_record(view: PersonView) -> RecordKey:
    record = _record(request.form.get("one", ""))
    if record not in {(one.agency, one.handle) for one in view.members}:
        raise InputError("the record is none of this person's", hint="Go back and look again.")
    return record


def _record(text: str) -> RecordKey:
    agency, colon, handle = text.strip().partition(":")
    if not (agency and colon and len(handle) == _HANDLE_DIGITS and set(handle) <= set("0123456789abcdef")):
        raise InputError(
            "a record is written AGENCY:HANDLE",
            hint="Copy it from the other person's page; a handle has 32 letters and digits.",
        )
    return agency, handle
