"""Governance reads what was released, kept, erased and handed out."""

from flask import Flask, Response, abort, render_template, request
from msgspec.structs import fields

from api.console_app.page_words import file_words
from api.console_app.permissions import files_from
from api.console_app.release_files import attached
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import page_number
from api.overview import exporting, keeping
from api.overview.certified import Certified, find_certificate, view_certificate
from api.releasing import said_of
from api.setting_meanings import RETENTION_MEANINGS
from api.store import releases

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages about what was kept and what left."""
    _add_kept(app, service)
    _add_certificates(app, service)
    _add_exports(app, service)


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
        return render_template(
            "governance/retention.html", view=view, settings=settings, schedule=RETENTION_MEANINGS
        )


def _add_certificates(app: Flask, service: ConsoleService) -> None:
    def found(kind: str, name: str) -> Certified:
        with service.database.read() as connection:
            one = find_certificate(connection, kind, name)
        return one or abort(404)

    @app.get("/governance/certificates/<kind>/<name>")
    @allow("governance", logged=True)
    def governance_certificate(kind: str, name: str) -> str:
        view = view_certificate(service.folder, kind, found(kind, name))
        return render_template("governance/certificate.html", view=view, address=f"{request.path}.json")

    @app.get("/governance/certificates/<kind>/<name>.json")
    @allow("governance", logged=True, file=True)
    def governance_certificate_file(kind: str, name: str) -> Response:
        one = found(kind, name)
        return attached(one.content.encode(), one.name)


def _add_exports(app: Flask, service: ConsoleService) -> None:
    @app.get("/governance/exports")
    @allow("governance", logged=True)
    def governance_exports() -> str:
        of_ledger = request.args.get("of") == "ledger"
        with service.database.read() as connection:
            if of_ledger:
                page = exporting.list_entries(connection, page_number())
                return render_template("governance/exports.html", entries=page, files=None)
            files = exporting.list_files(connection, page_number(), endpoints=files_from(app))
        return render_template("governance/exports.html", entries=None, files=files, file_words=file_words)
