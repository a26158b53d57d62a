"""What an operator decides about a person's records: joined, kept apart, taken out, or undone.

A decision holds at every linkage from the next one on; nothing of the register changes before that.  Reasons
are of a closed list, with the number of a file at most: free text would carry names into the ledger.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask, abort, redirect, render_template, request
from sqlalchemy import Connection, insert
from werkzeug.wrappers import Response

from api.audiences import OPERATOR, in_use
from api.clock import stamp
from api.console_app.current import current
from api.console_app.finding import address_of, find_person, in_sentences, person_at
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.deciding import decide, undo
from api.overview.people import PersonView
from api.overview.pseudonym_index import PseudonymIndex
from api.store import ledger, person_sheets
from api.store.persons import RecordKey
from api.store.schema_persons import known_link_authors
from linkage.errors import ClewError, InputError
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["REASONS", "add_pages"]

REASONS: Mapping[str, str] = {
    "agencies": "the agencies concerned agree on it",
    "own-record": "an agency found an error in its own record",
    "evidence": "the evidence on the person’s page",
    "episodes": "the episodes cannot be one child’s, or must be",
    "earlier-mistake": "an earlier decision was a mistake",
}
"""Why somebody may decide; what is kept and written into the ledger are these words."""

_FILE = re.compile(r"[A-Z]{0,4}[-/.]?[0-9][0-9/.-]{0,19}")

_CHIEF: Mapping[str, str] = {"join": "other", "apart": "two", "out": "alone", "undo": "decision"}
"""By step, the field that it is about."""


@dataclass(slots=True)
class _Typed:
    """What somebody sent; ``faults``: what is wrong with it, by the field's identifier on the page."""

    step: str
    faults: dict[str, str] = field(default_factory=dict)


def add_pages(app: Flask, service: ConsoleService, index: PseudonymIndex) -> None:
    """Add the pages of decisions."""

    def page(reference: str, typed: _Typed) -> str:
        with service.database.read() as connection:
            view = person_at(service, connection, reference)
            return render_template(
                "operator/decide.html",
                view=view,
                pseudonym=in_use(service.folder, connection, OPERATOR).of(view.person),
                address=address_of(service, view.person),
                reasons=REASONS,
                typed=typed,
                sent=request.form,
            )

    @app.get("/operator/persons/<reference>/decide")
    @allow("operator", step_up=True, logged=True)
    def operator_decide(reference: str) -> str:
        return page(reference, _Typed(""))

    @app.post("/operator/persons/<reference>/decide")
    @allow("operator", step_up=True, logged=True)
    def operator_decided(reference: str) -> Response | tuple[str, int]:
        typed = _Typed(request.form.get("step", ""))
        if typed.step not in _CHIEF:
            abort(400)
        reason = _reason(typed)
        other = _other_person(service, index, typed) if typed.step == "join" else ""
        if not typed.faults:
            try:
                person = _carry_out(service, reference, typed.step, other, reason)
                return redirect(f"{address_of(service, person)}#decisions", 303)
            except InputError as error:
                typed.faults[_CHIEF[typed.step]] = in_sentences(error)
        return page(reference, typed), 400


def _carry_out(service: ConsoleService, reference: str, step: str, other: str, reason: str) -> str:
    """Decide, and return whose page it was on."""
    with service.database.write() as connection:
        view = person_at(service, connection, reference)
        if step == "join":
            numbers = _join(service, connection, view, other, reason)
        elif step == "apart":
            numbers = _apart(service, connection, view, reason)
        elif step == "out":
            numbers = _out(service, connection, view, reason)
        else:
            numbers = [_decision_of(view)]
            undo(connection, numbers[0], now=service.clock())
        _enter(service, connection, step, reason, numbers)
    return view.person


def _enter(
    service: ConsoleService, connection: Connection, step: str, reason: str, numbers: list[int]
) -> None:
    for number in numbers:
        facts: dict[str, Fact] = {
            "what": f"console {step}",
            "decision": number,
            "account": current().name,
            "reason": reason,
        }
        ledger.append(connection, EntryKind.OTHER, facts, now=stamp(service.clock()))


def _decide(
    service: ConsoleService,
    connection: Connection,
    one: RecordKey,
    other: RecordKey,
    reason: str,
    *,
    same: bool,
) -> int | None:
    """Decide about two records; None: the same was decided before."""
    number, new = decide(connection, one, other, same=same, reason=reason, now=service.clock())
    if not new:
        return None
    connection.execute(insert(known_link_authors).values(decision=number, account=current().name))
    return number


def _join(
    service: ConsoleService, connection: Connection, view: PersonView, other: str, reason: str
) -> list[int]:
    own = person_sheets.members_of(connection, view.person)
    theirs = person_sheets.members_of(connection, other)
    if other == view.person:
        raise InputError("this is the same person already")
    if not own or not theirs:
        raise InputError("no record is this person now", hint="There is nothing to join it by.")
    return _new(_decide(service, connection, own[0], theirs[0], reason, same=True))


def _apart(service: ConsoleService, connection: Connection, view: PersonView, reason: str) -> list[int]:
    one, other = (_own_record(view, name) for name in ("one", "two"))
    return _new(_decide(service, connection, one, other, reason, same=False))


def _out(service: ConsoleService, connection: Connection, view: PersonView, reason: str) -> list[int]:
    one = _own_record(view, "alone")
    rest = [key for key in view.keys if key != one]
    if not rest:
        raise InputError("the person has no other record", hint="There is nothing to take it out of.")
    made = [_decide(service, connection, one, key, reason, same=False) for key in rest]
    numbers = [number for number in made if number is not None]
    return numbers or _new(None)


def _new(number: int | None) -> list[int]:
    if number is None:
        raise InputError("this was decided before", hint="See the decisions on the person’s page.")
    return [number]


def _other_person(service: ConsoleService, index: PseudonymIndex, typed: _Typed) -> str:
    try:
        person, made = find_person(service, index, request.form.get("other", ""))
    except ClewError as error:
        typed.faults["other"] = in_sentences(error)
        return ""
    if person is None:
        unfinished = made is not None and not made.whole
        typed.faults["other"] = (
            "Not found so far: the search is still being prepared. Try again in a minute"
            if unfinished
            else "No person has this pseudonym, and no record this handle"
        )
    return person or ""


def _reason(typed: _Typed) -> str:
    words = REASONS.get(request.form.get("reason", ""))
    file = request.form.get("file", "").strip().upper()
    if words is None:
        typed.faults[f"{typed.step}-reason"] = "Choose a reason"
    if file and _FILE.fullmatch(file) is None:
        typed.faults[f"{typed.step}-file"] = (
            "Write the number of the file in digits, with four letters before them at most, "
            "such as CR-2026/014; no name"
        )
    return f"{words}; file {file}" if file else words or ""


def _decision_of(view: PersonView) -> int:
    """Return the decision that a form names, which must be about this person's records."""
    text = request.form.get("decision", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number not in {one.link.id for one in view.decisions}:
        raise InputError(
            "there is no such decision about this person", hint="look at the person’s page again"
        )
    return number


def _own_record(view: PersonView, name: str) -> RecordKey:
    """Return the record that a form names by its number on the page."""
    text = request.form.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= number <= len(view.keys):
        raise InputError("the record is none of this person's", hint="look at the person’s page again")
    return view.keys[number - 1]
