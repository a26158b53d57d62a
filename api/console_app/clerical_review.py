"""Clerical review: pairs one after the other, a verdict, undo, the third's place, and agreement."""

from flask import Flask, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from api import reviewing
from api.console_app.current import current
from api.console_app.review_words import VERDICT_WORDS, shown
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.reviewing import Seat
from api.store import review
from api.store.review import Verdict

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
        )

    @app.post("/review/pairs/<int(max=2147483647):number>")
    @allow("reviewer")
    def review_verdict(number: int) -> Response:
        verdict = _VERDICTS.get(request.form.get("verdict", ""))
        if verdict is None:
            abort(400)
        name, now = current().name, service.clock()
        with service.database.write() as connection:
            _, seat = reviewing.look_at(connection, number, name, now=now)
            reviewing.give_verdict(connection, number, name, verdict, now=now)
        return _go_on(service, seat)


def _go_on(service: ConsoleService, seat: Seat) -> Response:
    with service.database.write() as connection:
        number = reviewing.next_pair(connection, current().name, seat, now=service.clock())
    return redirect("/review" if number is None else f"/review/pairs/{number}", 303)
