"""Clerical review: pairs one after the other, a verdict, undo, the third's place, and agreement."""

from flask import Flask, abort, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from api import reviewing
from api.asking_for_persons import possible_questions, want_question
from api.console_app.current import current
from api.console_app.review_words import VERDICT_WORDS, shown
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import chosen_questions
from api.overview.questions import QUESTION_WORDS, answered_questions
from api.reviewing import Seat
from api.store import agencies, review, wanted_questions
from api.store.review import ReviewPair, Verdict

__all__ = ["add_pages"]

_SEATS: dict[str, Seat] = {"blind": "blind", "third": "third"}
_VERDICTS: dict[str, Verdict] = {"link": "link", "not-a-link": "not-a-link", "cannot-tell": "cannot-tell"}


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages of reviewers."""
    _add_queue(app, service)
    _add_pair(app, service)

    @app.get("/review/agreement")
    @allow("reviewer")
    def review_agreement() -> str:
        name = current().name
        with service.database.read() as connection:
            own = reviewing.agreement_of(connection, name)
            overall = reviewing.agreement_overall(connection)
        return render_template("console/review_agreement.html", own=own, overall=overall, name=name)


def _add_queue(app: Flask, service: ConsoleService) -> None:
    @app.get("/review")
    @allow("reviewer")
    def review_queue() -> str:
        with service.database.read() as connection:
            work = reviewing.workload(connection, current().name, now=service.clock())
        return render_template("console/review.html", work=work)

    @app.post("/review/next")
    @allow("reviewer")
    def review_next() -> Response:
        seat = _SEATS.get(request.form.get("seat", ""))
        if seat is None:
            abort(400)
        return _go_on(service, seat)

    @app.post("/review/undo")
    @allow("reviewer")
    def review_undo() -> Response:
        with service.database.write() as connection:
            number = reviewing.undo_last(connection, current().name, now=service.clock())
        return redirect(f"/review/pairs/{number}", 303)


def _add_pair(app: Flask, service: ConsoleService) -> None:
    @app.get("/review/pairs/<int(max=2147483647):number>")
    @allow("reviewer", logged=True)
    def review_pair(number: int) -> str:
        name, now = current().name, service.clock()
        with service.database.write() as connection:
            pair, seat = reviewing.look_at(connection, number, name, now=now)
            work = reviewing.workload(connection, name, now=now)
            spreads = review.spreads(connection)
            differ = reviewing.differing(connection, number) if seat == "third" else None
            asked = _questions(connection, pair, name)
        if pair.evidence is None:
            abort(404)
        return render_template(
            "console/review_pair.html",
            number=number,
            pair=shown(pair, pair.evidence, spreads),
            seat=seat,
            differ=differ,
            work=work,
            verdicts=VERDICT_WORDS,
            **asked,
        )

    @app.post("/review/pairs/<int(max=2147483647):number>/ask")
    @allow("reviewer", logged=True)
    def review_ask(number: int) -> Response:
        name, now = current().name, service.clock()
        with service.database.write() as connection:
            pair, _ = reviewing.look_at(connection, number, name, now=now)
            allowed = possible_questions(connection, [pair.left, pair.right])
            for one in chosen_questions(allowed):
                want_question(connection, one, allowed, by=name, budgets=service.settings.budgets, now=now)
        return redirect(f"/review/pairs/{number}#questions", 303)

    @app.post("/review/pairs/<int(max=2147483647):number>")
    @allow("reviewer")
    def review_verdict(number: int) -> Response:
        verdict = _VERDICTS.get(request.form.get("verdict", ""))
        if verdict is None:
            abort(400)
        name, now = current().name, service.clock()
        with service.database.write() as connection:
            reviewing.keep_place(connection, number, name, now=now)
            _, seat = reviewing.look_at(connection, number, name, now=now)
            reviewing.give_verdict(connection, number, name, verdict, now=now)
        return _go_on(service, seat)


def _questions(connection: Connection, pair: ReviewPair, name: str) -> dict[str, object]:
    """Return what agencies answered about a pair's records, and what this reviewer wants them asked.

    What another reviewer wants asked nobody is shown, and answers come unasked too: they tell of nobody.
    """
    records = [pair.left, pair.right]
    return {
        "answered": answered_questions(connection, records),
        "wanted": wanted_questions.wanted_by(connection, name, records),
        "possible": possible_questions(connection, records),
        "words": QUESTION_WORDS,
        "places": {pair.left: "A", pair.right: "B"},
        "names": {one.code: one.name for one in agencies.all_agencies(connection)},
    }


def _go_on(service: ConsoleService, seat: Seat) -> Response:
    with service.database.write() as connection:
        number = reviewing.next_pair(connection, current().name, seat, now=service.clock())
    return redirect("/review" if number is None else f"/review/pairs/{number}", 303)
