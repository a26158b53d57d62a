"""Persons: found by pseudonym or handle; their records, how they came together and why, their episodes.

No address and no title holds a pseudonym: an address holds what only this account's pages understand
(:meth:`api.console_app.sealing.ConsoleKey.address_of`).  What payload and encodings say is prepared by the
two workers when somebody asks (docs/decisions/0032).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, abort, jsonify, redirect, render_template, request
from msgspec import json
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from api.asking_for_persons import LIFE, ask_for_sheet, possible_questions, want_question
from api.audiences import OPERATOR, in_use
from api.clock import stamp
from api.console_app import settling
from api.console_app.current import current
from api.console_app.finding import address_of, find_person, in_sentences, person_at
from api.console_app.person_words import (
    LinkShown,
    link_shown,
    month_words,
    timeline_shown,
    together_shown,
)
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words, chosen_questions
from api.overview.people import PersonView
from api.overview.pseudonym_index import Indexed, PseudonymIndex
from api.overview.questions import QUESTION_WORDS, answered_questions
from api.store import agencies, person_sheets, wanted_questions
from api.store.person_evidence import PersonEvidence
from api.store.person_sheets import Sheet
from linkage.errors import ClewError

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages of persons."""
    add_words(app)
    app.jinja_env.filters["month"] = month_words
    index = PseudonymIndex(service.database)
    _add_search(app, service, index)
    _add_person(app, service)
    _add_questions(app, service)
    settling.add_pages(app, service, index)


def _add_search(app: Flask, service: ConsoleService, index: PseudonymIndex) -> None:
    @app.get("/operator/persons")
    @allow("operator", logged=True)
    def operator_persons() -> str:
        with service.database.read() as connection:
            made = index.prepare(connection, in_use(service.folder, connection, OPERATOR))
        return render_template("operator/persons.html", fault=None, made=made)

    @app.post("/operator/persons")
    @allow("operator", logged=True)
    def operator_search() -> Response | tuple[str, int]:
        """Find a person.  What was typed stands in no address: a handle is nobody else's business."""
        try:
            person, made = find_person(service, index, request.form.get("wanted", ""))
        except ClewError as error:
            return _not_found(in_sentences(error), None, 400)
        if person is not None:
            return redirect(address_of(service, person), 303)
        if made is not None and not made.whole:
            return _not_found("Not found among those that can be searched so far.", made, 202)
        fault = "No person has this pseudonym, and no record this handle. It may have been erased."
        return _not_found(fault, None, 404)


def _not_found(fault: str, made: Indexed | None, status: int) -> tuple[str, int]:
    return render_template("operator/persons.html", fault=fault, made=made), status


def _add_person(app: Flask, service: ConsoleService) -> None:
    @app.get("/operator/persons/<reference>")
    @allow("operator", logged=True)
    def operator_person(reference: str) -> str:
        with service.database.read() as connection:
            view = person_at(service, connection, reference)
            return _person_page(service, connection, view)

    @app.get("/operator/persons/<reference>/progress")
    @allow("operator", by_itself=True)
    def operator_person_progress(reference: str) -> Response:
        with service.database.read() as connection:
            view = person_at(service, connection, reference)
            going = _going(view, _sheet(service, connection, view))
        return jsonify(moving=going.on, now=going.now)

    @app.post("/operator/persons/<reference>")
    @allow("operator", step_up=True, logged=True)
    def operator_prepare(reference: str) -> Response:
        with service.database.write() as connection:
            view = person_at(service, connection, reference)
            ask_for_sheet(connection, view.person, by=current().name, now=service.clock())
        return redirect(address_of(service, view.person), 303)

    @app.get("/operator/persons/<reference>/links/<int(max=99):number>")
    @allow("operator", logged=True)
    def operator_link(reference: str, number: int) -> str:
        with service.database.read() as connection:
            view = person_at(service, connection, reference)
            found = _evidence(_sheet(service, connection, view))
            if found is None or not 1 <= number <= len(found.pairs):
                abort(404)
            return render_template(
                "operator/link.html",
                view=view,
                link=link_shown(found, number, view.members, view.decisions, pictures=True),
                names=_names(connection),
                pseudonym=in_use(service.folder, connection, OPERATOR).of(view.person),
                address=address_of(service, view.person),
            )


@dataclass(frozen=True, slots=True)
class _Going:
    """What of a person is still being worked on: if anything is, and what tells it from what comes next."""

    on: bool
    now: str


def _going(view: PersonView, sheet: Sheet | None) -> _Going:
    there = [] if sheet is None else [sheet.timeline is not None, sheet.evidence is not None]
    waits = [str(one.link.id) for one in view.decisions if not one.carried_out]
    return _Going(not all(there) or bool(waits), f"{sum(there)} of {len(there)}; {' '.join(waits)}")


def _person_page(service: ConsoleService, connection: Connection, view: PersonView) -> str:
    audience = in_use(service.folder, connection, OPERATOR)
    others = [one.other for one in view.events if one.other is not None]
    names, sheet = _names(connection), _sheet(service, connection, view)
    found = _evidence(sheet)
    return render_template(
        "operator/person.html",
        view=view,
        pseudonym=audience.of(view.person),
        address=address_of(service, view.person),
        others={one: (audience.of(one), address_of(service, one)) for one in others},
        names=names,
        sheet=sheet,
        going=_going(view, sheet),
        explained=_is_explained(connection),
        together=None if found is None else together_shown(found, view.members),
        links=_links(found, view),
        timeline=None
        if sheet is None or sheet.timeline is None
        else timeline_shown(sheet.timeline, view.members, names),
        hours=LIFE.seconds // 3600,
        answered=answered_questions(connection, view.keys),
        wanted=wanted_questions.wanted_by(connection, current().name, view.keys),
        words=QUESTION_WORDS,
        places={(one.agency, one.handle): place + 1 for place, one in enumerate(view.members)},
    )


def _links(found: PersonEvidence | None, view: PersonView) -> Sequence[LinkShown]:
    numbers = range(1, 1 + (0 if found is None else len(found.pairs)))
    if found is None:
        return []
    return [link_shown(found, one, view.members, view.decisions, pictures=False) for one in numbers]


def _sheet(service: ConsoleService, connection: Connection, view: PersonView) -> Sheet | None:
    """Return a person's sheet if it speaks of the records that the person has now."""
    sheet = person_sheets.sheet_of(connection, view.person, now=stamp(service.clock()))
    if sheet is None or person_sheets.records_of(connection, sheet.id) != view.keys:
        return None
    return sheet


def _is_explained(connection: Connection) -> bool:
    """Say whether the last linkage left what pairs of the epoch in force are explained with."""
    epoch = agencies.current_epoch(connection)
    return epoch is not None and person_sheets.explained_epoch(connection) == epoch.epoch


def _evidence(sheet: Sheet | None) -> PersonEvidence | None:
    if sheet is None or sheet.evidence is None:
        return None
    return json.decode(sheet.evidence, type=PersonEvidence)


def _names(connection: Connection) -> dict[str, str]:
    """Return every agency's name by its code."""
    return {one.code: one.name for one in agencies.all_agencies(connection)}


def _add_questions(app: Flask, service: ConsoleService) -> None:
    @app.get("/operator/persons/<reference>/ask")
    @allow("operator", logged=True)
    def operator_ask(reference: str) -> str:
        with service.database.read() as connection:
            view = person_at(service, connection, reference)
            return render_template(
                "operator/ask.html",
                view=view,
                address=address_of(service, view.person),
                names=_names(connection),
                questions=possible_questions(connection, view.keys),
                places={(one.agency, one.handle): place + 1 for place, one in enumerate(view.members)},
                words=QUESTION_WORDS,
            )

    @app.post("/operator/persons/<reference>/ask")
    @allow("operator", logged=True)
    def operator_asked(reference: str) -> Response:
        with service.database.write() as connection:
            view = person_at(service, connection, reference)
            allowed = possible_questions(connection, view.keys)
            for one in chosen_questions(allowed):
                want_question(
                    connection,
                    one,
                    allowed,
                    by=current().name,
                    budgets=service.settings.budgets,
                    now=service.clock(),
                )
        return redirect(f"{address_of(service, view.person)}#questions", 303)
