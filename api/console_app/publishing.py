"""Publishers' pages: propose a release, look at it, approve it as a second person, download it."""

import mimetypes
from collections.abc import Mapping

from flask import Flask, Response, abort, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from api import releasing
from api.approving import find_approver, standing_of
from api.console_app.current import current
from api.console_app.drawing import BarChart, bar_chart
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words
from api.open_releases import changes, open_files, open_tables, published_last, table_figures
from api.publishing.words import SYMBOLS
from api.releasing import Proposal
from api.store import releases
from api.store.areas import read_directory
from api.store.releases import KeptRelease
from linkage.errors import InputError
from linkage.register.released import ReleasedTable
from linkage.register.statistics.periods import read_period

__all__ = ["add_pages"]

_SHOWN_ROWS = 200


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the publishers' pages."""
    add_words(app)
    _add_looking(app, service)
    _add_files(app, service)
    _add_asking(app, service)
    _add_deciding(app, service)


def _add_looking(app: Flask, service: ConsoleService) -> None:
    folder = service.folder

    @app.get("/publisher")
    @allow("publisher", logged=True)
    def publisher_releases() -> str:
        with service.database.read() as connection:
            found = [(one, releasing.said_of(one)) for one in reversed(releases.all_releases(connection))]
            approver = find_approver(connection, current().name)
        return render_template("publisher/releases.html", found=found, approver=approver)

    @app.get("/publisher/releases/<int:number>")
    @allow("publisher", logged=True)
    def publisher_release(number: int) -> str:
        with service.database.read() as connection:
            found = _known(connection, number)
            said = releasing.said_of(found)
            tables = open_tables(folder, connection, found) if isinstance(said, Proposal) else None
            last = published_last(connection, found)
            older = None if last is None or tables is None else open_tables(folder, connection, last)
            standing = standing_of(connection, current().name, found.proposed_by)
        return render_template(
            "publisher/release.html",
            one=found,
            said=said,
            counted=isinstance(said, Proposal),
            figures=None if tables is None else table_figures(tables),
            last=last,
            changes=None if older is None or tables is None else changes(older, tables),
            symbols=SYMBOLS,
            standing=standing,
        )

    @app.get("/publisher/releases/<int:number>/tables/<table>/<measure>")
    @allow("publisher", logged=True)
    def publisher_table(number: int, table: str, measure: str) -> str:
        with service.database.read() as connection:
            tables = open_tables(folder, connection, _counted(connection, number)) or ()
        shown = next((one for one in tables if (one.number, one.measure) == (table, measure)), None)
        if shown is None:
            abort(404)
        return render_template(
            "publisher/table.html",
            number=number,
            table=shown,
            rows=_rows(shown),
            more=max(0, len(shown.cells) - _SHOWN_ROWS),
            chart=_chart(shown),
            symbols=SYMBOLS,
        )


def _known(connection: Connection, number: int) -> KeptRelease:
    found = releases.find_release(connection, number)
    if found is None:
        abort(404)
    return releasing.known_release(connection, number)


def _counted(connection: Connection, number: int) -> KeptRelease:
    found = _known(connection, number)
    if not isinstance(releasing.said_of(found), Proposal):
        abort(404)
    return found


def _rows(table: ReleasedTable) -> list[tuple[tuple[str, ...], str]]:
    """Return the first cells as they are printed."""
    rows = []
    for key, cell in list(table.cells.items())[:_SHOWN_ROWS]:
        words = (one.labels.get(code, code) for one, code in zip(table.dimensions, key, strict=True))
        rows.append((tuple(words), cell.text))
    return rows


def _chart(table: ReleasedTable) -> BarChart | None:
    """Draw the parts of the last dimension at the total of all others; what is suppressed is left out."""
    last = table.dimensions[-1]
    rows = []
    for code in last.codes:
        key = (*(one.total for one in table.dimensions[:-1]), code)
        cell = table.cells.get(key)
        if code != last.total and not last.parts(code) and cell is not None and cell.value is not None:
            rows.append((last.labels.get(code, code), cell.value))
    return bar_chart(f"{table.title}: {table.measure.replace('_', ' ')}", rows[:30])


def _add_files(app: Flask, service: ConsoleService) -> None:
    @app.get("/publisher/releases/<int:number>/files/<name>")
    @allow("publisher", logged=True)
    def publisher_file(number: int, name: str) -> Response:
        """Give out a file, and of a release that nobody approved none."""
        with service.database.read() as connection:
            found = _counted(connection, number)
            files: Mapping[str, bytes] | None = open_files(service.folder, connection, found)
        if found.state != "approved" or files is None or name not in files:
            abort(404)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        # To be saved: pages of a release have styles of their own, which the console's policy forbids.
        response = Response(files[name], content_type=kind)
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _add_asking(app: Flask, service: ConsoleService) -> None:
    def page(given: Mapping[str, str], fault: str | None = None) -> str:
        with service.database.read() as connection:
            directory = read_directory(connection)
        return render_template(
            "publisher/propose.html", names=sorted(directory.names.items()), given=given, fault=fault
        )

    @app.get("/publisher/propose")
    @allow("publisher")
    def publisher_propose() -> str:
        return page({})

    @app.post("/publisher/propose")
    @allow("publisher", logged=True)
    def publisher_ask() -> str | AnyResponse | tuple[str, int]:
        given = {name: request.form.get(name, "").strip() for name in ("first", "last", "area", "tables")}
        try:
            period = read_period(f"{given['first']}..{given['last']}")
            numbers = tuple(given["tables"].replace(",", " ").upper().split())
            with service.database.write() as connection:
                number = releasing.request_release(
                    connection,
                    period,
                    area=given["area"] or None,
                    numbers=numbers,
                    by=current().name,
                    now=service.clock(),
                )
        except InputError as error:
            return page(given, f"{error.message}: {error.hint}" if error.hint else error.message), 400
        return redirect(f"/publisher/releases/{number}", 303)


def _add_deciding(app: Flask, service: ConsoleService) -> None:
    @app.get("/publisher/releases/<int:number>/decide")
    @allow("publisher", step_up=True, logged=True)
    def publisher_decide(number: int) -> str:
        with service.database.read() as connection:
            found = _known(connection, number)
            standing = standing_of(connection, current().name, found.proposed_by)
        return render_template("publisher/decide.html", one=found, standing=standing)

    @app.post("/publisher/releases/<int:number>/decide")
    @allow("publisher", step_up=True, logged=True)
    def publisher_decided(number: int) -> AnyResponse:
        step, digest = request.form.get("step", ""), request.form.get("digest", "")
        by, now = current().name, service.clock()
        with service.database.write() as connection:
            _known(connection, number)
            if step == "approve":
                releasing.approve_release(connection, number, by=by, digest=digest, now=now)
            elif step == "reject":
                releasing.reject_release(connection, number, by=by, now=now)
            elif step == "withdraw":
                releasing.withdraw_release(connection, number, by=by, now=now)
            else:
                abort(400)
        return redirect(f"/publisher/releases/{number}", 303)
