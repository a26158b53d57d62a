"""The operator's pages: what needs attention, agencies, submissions, coverage, jobs, cycles, alerts."""

from collections.abc import Mapping

from flask import Flask, abort, jsonify, redirect, render_template, request
from sqlalchemy import Connection, func, select
from werkzeug.wrappers import Response

from api.budgets import standing
from api.console_app import knowing
from api.console_app.drawing import bar_chart
from api.console_app.operator_words import CLASS_WORDS, add_names
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words, page_number, state_tag
from api.overview import attention, coverage, submissions, work
from api.overview.agencies import agency_views
from api.overview.conflicts import standing_conflicts
from api.store import agencies, alerts, jobs, results, schema
from linkage.errors import InputError

__all__ = ["add_pages"]

_PLACES: Mapping[str, str] = {
    "agencies": "/operator/agencies",
    "alerts": "/operator/alerts",
    "cycles": "/operator/cycles",
    "jobs": "/operator/jobs",
    "urgent": "/operator/alerts",
}
"""Where a notice leads; what is not here is done at the terminal, or belongs to another role."""


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the operator's pages."""
    add_words(app)
    add_names(app, service)
    _add_first(app, service)
    _add_submissions(app, service)
    _add_work(app, service)
    knowing.add_pages(app, service)


def _add_first(app: Flask, service: ConsoleService) -> None:
    @app.get("/operator")
    @allow("operator", logged=True)
    def operator_attention() -> str:
        now = service.clock()
        with service.database.read() as connection:
            found = attention.notices(connection, service.folder, now=now)
            values = _figures(connection)
        return render_template(
            "operator/attention.html",
            notices=found,
            places=_PLACES,
            workers=work.workers(service.folder.heartbeats, now=now),
            **values,
        )

    @app.get("/operator/agencies")
    @allow("operator", logged=True)
    def operator_agencies() -> str:
        with service.database.read() as connection:
            views = agency_views(connection)
        return render_template("operator/agencies.html", views=views)

    @app.get("/operator/agencies/<code>")
    @allow("operator", logged=True)
    def operator_agency(code: str) -> str:
        with service.database.read() as connection:
            views = agency_views(connection, code)
            page = submissions.list_submissions(connection, page_number(), agency=code)
            settings, now = service.settings.budgets, service.clock()
            spent = list(standing(connection, settings, now=now, agency=code))
        if not views:
            abort(404)
        return render_template("operator/agency.html", view=views[0], page=page, budgets=spent)

    @app.get("/operator/coverage")
    @allow("operator", logged=True)
    def operator_coverage() -> str:
        last = request.args.get("last", "")
        with service.database.read() as connection:
            calendar = coverage.coverage_calendar(connection, last if _is_month(last) else None)
        return render_template(
            "operator/coverage.html", calendar=calendar, months=[_month_words(one) for one in calendar.months]
        )


def _figures(connection: Connection) -> dict[str, object]:
    runs, table = schema.link_runs, schema.agencies
    epoch = agencies.current_epoch(connection)
    counts = work.count_jobs(connection)
    persons = connection.scalar(select(runs.c.persons).order_by(runs.c.id.desc()).limit(1))
    enrolled = select(func.count()).select_from(table).where(table.c.removed_at.is_(None))
    return {
        "persons": persons or 0,
        "agencies": connection.scalar(enrolled) or 0,
        "cycle": results.latest_reconciled(connection),
        "epoch": None if epoch is None else epoch.epoch,
        "busy": counts.get("waiting", 0) + counts.get("running", 0),
    }


def _is_month(text: str) -> bool:
    year, dash, month = text.partition("-")
    digits = len(year) == 4 and len(month) == 2 and (year + month).isascii() and (year + month).isdigit()
    return digits and dash == "-" and 1 <= int(month) <= 12


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _month_words(month: str) -> str:
    return f"{_MONTHS[int(month[5:]) - 1]} {month[2:4]}"


def _add_submissions(app: Flask, service: ConsoleService) -> None:
    @app.get("/operator/submissions")
    @allow("operator", logged=True)
    def operator_submissions() -> str:
        state = _chosen("state", submissions.STATES)
        with service.database.read() as connection:
            page = submissions.list_submissions(connection, page_number(), state=state)
        states = [(one, one) for one in submissions.STATES]
        return render_template("operator/submissions.html", page=page, state=state or "", states=states)

    @app.get("/operator/submissions/<agency>/<int:sequence>")
    @allow("operator", logged=True)
    def operator_submission(agency: str, sequence: int) -> str:
        view = _view(service, agency, sequence)
        return render_template("operator/submission.html", view=view, job_words=work.JOB_WORDS)

    @app.get("/operator/submissions/<agency>/<int:sequence>/progress")
    @allow("operator", by_itself=True)
    def operator_progress(agency: str, sequence: int) -> Response:
        view = _view(service, agency, sequence)
        steps = [
            {
                "state": one.state,
                "tag": state_tag(one.state).striptags(),
                "words": one.words,
                "share": one.share,
            }
            for one in view.steps
        ]
        return jsonify(moving=view.moving, steps=steps)


def _view(service: ConsoleService, agency: str, sequence: int) -> submissions.SubmissionView:
    with service.database.read() as connection:
        view = submissions.view_submission(connection, agency, sequence)
    if view is None:
        abort(404)
    return view


def _chosen(name: str, known: tuple[str, ...]) -> str | None:
    """Return a value that a list is cut down to, or None for all and for what is none."""
    given = request.args.get(name, "")
    return given if given in known else None


def _add_work(app: Flask, service: ConsoleService) -> None:
    @app.get("/operator/jobs")
    @allow("operator", logged=True)
    def operator_jobs() -> str:
        state = _chosen("state", work.JOB_STATES)
        with service.database.read() as connection:
            page = work.list_jobs(connection, page_number(), state=state)
        states = [(one, one) for one in work.JOB_STATES]
        return render_template("operator/jobs.html", page=page, state=state or "", states=states)

    @app.post("/operator/jobs/<int:number>/retry")
    @allow("operator")
    def operator_retry(number: int) -> Response:
        with service.database.write() as connection:
            again = jobs.try_again(connection, number, now=service.clock())
        if not again:
            raise InputError(f"job {number} has not failed", hint="Go back and look at it again.")
        return redirect("/operator/jobs", 303)

    @app.get("/operator/cycles")
    @allow("operator", logged=True)
    def operator_cycles() -> str:
        with service.database.read() as connection:
            page = work.list_cycles(connection, page_number())
        return render_template("operator/cycles.html", page=page)

    @app.get("/operator/cycles/<int:number>")
    @allow("operator", logged=True)
    def operator_cycle(number: int) -> str:
        with service.database.read() as connection:
            view = work.view_cycle(connection, number)
        if view is None:
            abort(404)
        classes = (view.figures or {}).get("episodes_by_class", {})
        bars = [(CLASS_WORDS.get(name, name), count) for name, count in classes.items()]
        chart = bar_chart("Absences by what reconciliation found", bars)
        return render_template("operator/cycle.html", view=view, chart=chart)

    @app.get("/operator/alerts")
    @allow("operator", logged=True)
    def operator_alerts() -> str:
        with service.database.read() as connection:
            urgent = standing_conflicts(connection, page_number())
            found = alerts.all_alerts(connection)
        return render_template("operator/alerts.html", urgent=urgent, alerts=found)
