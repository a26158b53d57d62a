"""Publishers' pages: propose a release, look at it, approve it as a second person, download it."""

from collections.abc import Mapping, Sequence

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from api import releasing
from api.approving import find_approver, standing_of
from api.console_app.current import current
from api.console_app.opened_releases import OpenedReleases
from api.console_app.release_charts import MAIN, release_charts
from api.console_app.release_files import archive, attached, in_order
from api.console_app.release_form import Asked, asked_at_first, families, read_asked
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words
from api.open_releases import Change, changes, published_last, table_figures
from api.overview.coverage import newest_months
from api.publishing.words import SYMBOLS
from api.releasing import Proposal
from api.store import releases
from api.store.areas import read_directory
from api.store.releases import KeptRelease
from linkage.errors import ClewError, InputError
from linkage.register.released import ReleasedTable

__all__ = ["add_pages"]

_SHOWN_ROWS = 200


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the publishers' pages."""
    add_words(app)
    opened = OpenedReleases(service.folder)
    _add_looking(app, service, opened)
    _add_files(app, service, opened)
    _add_asking(app, service)
    _add_deciding(app, service, opened)


def _add_looking(app: Flask, service: ConsoleService, opened: OpenedReleases) -> None:
    @app.get("/publisher")
    @allow("publisher", logged=True)
    def publisher_releases() -> str:
        with service.database.read() as connection:
            found = [(one, releasing.said_of(one)) for one in reversed(releases.all_releases(connection))]
            approver = find_approver(connection, current().name)
            names = read_directory(connection).names
        return render_template("publisher/releases.html", found=found, approver=approver, names=names)

    @app.get("/publisher/releases/<int:number>")
    @allow("publisher", logged=True)
    def publisher_release(number: int) -> str:
        with service.database.read() as connection:
            found = _known(connection, number)
            said = releasing.said_of(found)
            last = published_last(connection, found)
            tables, files, older, fault = _looked_at(opened, connection, found, last)
            standing = standing_of(connection, current().name, found.proposed_by)
            names = read_directory(connection).names
        compared = None if older is None or tables is None else changes(older, tables)
        return render_template(
            "publisher/release.html",
            one=found,
            said=said,
            names=names,
            counted=isinstance(said, Proposal),
            files=in_order(said.files) if isinstance(said, Proposal) else [],
            figures=None if tables is None else table_figures(tables),
            fault=fault,
            last=last,
            changes=compared,
            said_of_changes=None if compared is None else _said(compared),
            charts=release_charts(tables or (), files, MAIN),
            symbols=SYMBOLS,
            standing=standing,
        )

    @app.get("/publisher/releases/<int:number>/progress")
    @allow("publisher", by_itself=True)
    def publisher_progress(number: int) -> Response:
        with service.database.read() as connection:
            state = _known(connection, number).state
        return jsonify(moving=state == "requested", now=state)

    @app.get("/publisher/releases/<int:number>/tables/<table>/<measure>")
    @allow("publisher", logged=True)
    def publisher_table(number: int, table: str, measure: str) -> str:
        with service.database.read() as connection:
            found = _counted(connection, number)
            tables = opened.tables(connection, found) or ()
            files = opened.files(connection, found) or {}
        shown = next((one for one in tables if (one.number, one.measure) == (table, measure)), None)
        if shown is None:
            abort(404)
        charts = release_charts(
            tables, files, [(table, ""), *(one for one in MAIN if one[0] == table and one[1])]
        )
        charts = [one for one in charts if one.drawn.measure == measure]
        rows = _rows(shown)
        return render_template(
            "publisher/table.html",
            number=number,
            table=shown,
            rows=rows[:_SHOWN_ROWS],
            more=max(0, len(rows) - _SHOWN_ROWS),
            charts=charts,
            symbols=SYMBOLS,
        )


_Tables = Sequence[ReleasedTable]


def _looked_at(
    opened: OpenedReleases, connection: Connection, found: KeptRelease, last: KeptRelease | None
) -> tuple[_Tables | None, Mapping[str, bytes], _Tables | None, str | None]:
    """Return a release's tables and files, the tables of the last one, and why they do not open.

    Without them it can still be rejected or withdrawn.
    """
    try:
        tables, files = opened.tables(connection, found), opened.files(connection, found) or {}
        older = None if last is None or tables is None else opened.tables(connection, last)
    except ClewError as error:
        return None, {}, None, f"{error.message}: {error.hint}" if error.hint else error.message
    return tables, files, older, None


def _said(compared: Sequence[Change]) -> dict[str, int]:
    """Return how all tables differ together, and how many have nothing in common."""
    names = ("common", "same", "changed", "hidden", "shown")
    sums = {name: sum(getattr(one, name) for one in compared) for name in names}
    return sums | {"apart": sum(one.common == 0 for one in compared)}


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
    """Return the cells as they are printed; what cannot be is not."""
    return [
        (
            tuple(one.labels.get(code, code) for one, code in zip(table.dimensions, key, strict=True)),
            cell.text,
        )
        for key, cell in table.cells.items()
        if cell.text != "z"
    ]


def _add_files(app: Flask, service: ConsoleService, opened: OpenedReleases) -> None:
    def approved(number: int) -> Mapping[str, bytes]:
        """Return the files of a release, and of one that nobody approved none."""
        with service.database.read() as connection:
            found = _counted(connection, number)
            files = opened.files(connection, found) if found.state == "approved" else None
        if files is None:
            abort(404)
        return files

    @app.get("/publisher/releases/<int:number>/files/<name>")
    @allow("publisher", logged=True, file=True)
    def publisher_file(number: int, name: str) -> Response:
        files = approved(number)
        if name not in files:
            abort(404)
        return attached(files[name], name)

    @app.get("/publisher/releases/<int:number>/files.zip")
    @allow("publisher", logged=True, file=True)
    def publisher_files(number: int) -> Response:
        name = f"release-{number}"
        return attached(archive(approved(number), name), f"{name}.zip")


def _add_asking(app: Flask, service: ConsoleService) -> None:
    def known() -> tuple[Mapping[str, str], tuple[str, str] | None]:
        """Return the areas by code, and the months that snapshots speak of."""
        with service.database.read() as connection:
            return read_directory(connection).names, newest_months(connection)

    def page(asked: Asked, names: Mapping[str, str], months: tuple[str, str] | None) -> str:
        listed = sorted(names.items(), key=lambda one: (one[1], one[0]))
        return render_template(
            "publisher/propose.html", names=listed, asked=asked, families=families(), months=months
        )

    @app.get("/publisher/propose")
    @allow("publisher")
    def publisher_propose() -> str:
        names, months = known()
        return page(asked_at_first(months), names, months)

    @app.post("/publisher/propose")
    @allow("publisher", logged=True)
    def publisher_ask() -> AnyResponse | tuple[str, int]:
        names, months = known()
        asked = read_asked(request.form, names)
        if asked.faults or asked.period is None:
            return page(asked, names, months), 400
        with service.database.write() as connection:
            number = releasing.request_release(
                connection,
                asked.period,
                area=asked.area or None,
                numbers=asked.tables,
                by=current().name,
                now=service.clock(),
            )
        return redirect(f"/publisher/releases/{number}", 303)


def _require_opened(service: ConsoleService, opened: OpenedReleases, number: int) -> None:
    """Let nobody approve what nobody can look at; raises :class:`linkage.errors.ClewError`."""
    with service.database.read() as connection:
        found = _known(connection, number)
        if found.counted and None in (opened.tables(connection, found), opened.files(connection, found)):
            raise InputError(
                f"release {number} cannot be looked at here",
                hint="An older Clew made it. Any release that is counted opens this one, too.",
            )


def _add_deciding(app: Flask, service: ConsoleService, opened: OpenedReleases) -> None:
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
        if step == "approve":
            _require_opened(service, opened, number)
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
