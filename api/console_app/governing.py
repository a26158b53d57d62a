"""Governance: evidence to read.  Nothing here changes anything, and every view is recorded."""

import csv
import io
from collections.abc import Iterable

from flask import Flask, Response, abort, render_template, request
from msgspec.structs import fields

from api.console_app.drawing import precision_chart
from api.console_app.permissions import granted
from api.console_app.roles import ROLE_WORDS, ROLES, allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words, page_number
from api.overview import guarding, history, keeping, quality, viewed
from api.overview.agencies import agency_views
from api.overview.remembered import Remembered
from api.releasing import said_of
from api.store import releases
from linkage.wire.records import CareSpell, Child, Coverage, Episode, ReturnInterview

__all__ = ["add_pages"]

_CLEAR = (Child, CareSpell, Episode, ReturnInterview, Coverage)


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages of governance."""
    add_words(app)
    _add_ledger(app, service)
    _add_custody(app, service)
    _add_linkage(app, service)
    _add_kept(app, service)


def _add_ledger(app: Flask, service: ConsoleService) -> None:
    @app.get("/governance")
    @allow("governance", logged=True)
    def governance_ledger() -> str:
        kind = request.args.get("kind", "")
        known = kind if kind in history.KIND_WORDS else None
        with service.database.read() as connection:
            page = history.list_entries(connection, page_number(), kind=known)
        kinds = sorted(history.KIND_WORDS.items(), key=lambda one: one[1])
        return render_template("governance/ledger.html", page=page, kind=known or "", kinds=kinds)

    @app.get("/governance/entries/<int:index>")
    @allow("governance", logged=True)
    def governance_entry(index: int) -> str:
        with service.database.read() as connection:
            view = history.view_entry(connection, index)
        if view is None:
            abort(404)
        return render_template("governance/entry.html", view=view)

    @app.get("/governance/checkpoints")
    @allow("governance", logged=True)
    def governance_checkpoints() -> str:
        with service.database.read() as connection:
            point = guarding.view_checkpoint(connection, service.folder)
            found = guarding.witnesses(connection, service.folder, service.settings)
        return render_template("governance/checkpoints.html", point=point, witnesses=found, whole=None)

    @app.post("/governance/checkpoints")
    @allow("governance", logged=True)
    def governance_verify() -> str:
        with service.database.read() as connection:
            whole = history.check_whole(connection)
            point = guarding.view_checkpoint(connection, service.folder)
            found = guarding.witnesses(connection, service.folder, service.settings)
        return render_template("governance/checkpoints.html", point=point, witnesses=found, whole=whole)


def _add_custody(app: Flask, service: ConsoleService) -> None:
    remembered = Remembered()

    @app.get("/governance/permissions")
    @allow("governance", logged=True)
    def governance_permissions() -> str:
        return render_template(
            "governance/permissions.html",
            rows=granted(app),
            roles=[(one, ROLE_WORDS[one]) for one in ROLES],
            paths=guarding.path_rights(service.folder),
        )

    @app.get("/governance/epochs")
    @allow("governance", logged=True)
    def governance_epochs() -> str:
        with service.database.read() as connection:
            custody = keeping.view_custody(connection, remembered)
        return render_template("governance/epochs.html", custody=custody)

    @app.get("/governance/views")
    @allow("governance", logged=True)
    def governance_views() -> str:
        with service.database.read() as connection:
            page = viewed.list_views(connection, page_number())
        return render_template("governance/views.html", page=page)


def _add_linkage(app: Flask, service: ConsoleService) -> None:
    @app.get("/governance/encoding")
    @allow("governance", logged=True)
    def governance_encoding() -> str:
        with service.database.read() as connection:
            profile, lights, setting = quality.audit_lights(connection)
            views = agency_views(connection)
        clear = [(one.__struct_config__.tag, [field.encode_name for field in fields(one)]) for one in _CLEAR]
        return render_template(
            "governance/encoding.html",
            profile=profile,
            lights=lights,
            setting=setting,
            views=views,
            clear=clear,
        )

    @app.get("/governance/quality")
    @allow("governance", logged=True)
    def governance_quality() -> str:
        with service.database.read() as connection:
            page = quality.list_runs(connection, page_number())
            recent = quality.recent_runs(connection)
            answered = quality.count_answers(connection)
        return render_template(
            "governance/quality.html", page=page, chart=precision_chart(recent), answers=answered
        )


def _add_kept(app: Flask, service: ConsoleService) -> None:
    @app.get("/governance/releases")
    @allow("governance", logged=True)
    def governance_releases() -> str:
        with service.database.read() as connection:
            found = [(one, said_of(one)) for one in reversed(releases.all_releases(connection))]
        return render_template("governance/releases.html", found=found)

    @app.get("/governance/retention")
    @allow("governance", logged=True)
    def governance_retention() -> str:
        with service.database.read() as connection:
            view = keeping.view_keeping(connection)
        settings = {
            one.name: getattr(service.settings.retention, one.name)
            for one in fields(service.settings.retention)
        }
        return render_template("governance/retention.html", view=view, settings=settings)

    @app.get("/governance/certificates/<kind>/<name>")
    @allow("governance", logged=True)
    def governance_certificate(kind: str, name: str) -> Response:
        with service.database.read() as connection:
            found = keeping.find_certificate(connection, kind, name)
        if found is None:
            abort(404)
        return _download(found.name, found.content.encode(), "application/json")

    @app.get("/governance/ledger.csv")
    @allow("governance", logged=True)
    def governance_leaves() -> Response:
        with service.database.read() as connection:
            content = _csv(("entry", "kind", "day", "commitment"), history.leaves(connection))
        return _download("ledger-leaves.csv", content, "text/csv; charset=utf-8")


def _csv(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode()


def _download(name: str, content: bytes, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
