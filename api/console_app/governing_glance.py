"""The first page of governance: what each of the others would say in a sentence."""

from collections import Counter

from flask import Flask, render_template

from api.console_app.linkage_words import group_rows, lowest_said, scores_said
from api.console_app.permissions import files_from
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.overview import exporting, guarding, history, keeping, quality, strength, viewed
from api.overview.agencies import agency_views
from api.overview.remembered import Remembered
from api.store import accounts, releases, review

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the page."""
    remembered = Remembered()

    @app.get("/governance")
    @allow("governance", logged=True)
    def governance_overview() -> str:
        with service.database.read() as connection:
            found = guarding.witnesses(connection, service.folder, service.settings)
            custody = keeping.view_custody(connection, remembered)
            views = agency_views(connection)
            figures = review.link_figures(connection)
            states = Counter(one.state for one in releases.all_releases(connection))
            names = {one.agency.code: one.agency.name for one in views}
            shown = {
                "point": guarding.view_checkpoint(connection, service.folder),
                "audit": next((one for one in strength.profile_audits(connection) if one.in_force), None),
                "run": next(iter(quality.recent_runs(connection, 1)), None),
                "kept": keeping.view_keeping(connection),
                "files": exporting.list_files(connection, 1, endpoints=files_from(app)),
                "newest": history.newest_entry(connection),
                "views": viewed.count_views(connection),
            }
            known = accounts.all_accounts(connection)
        paths = guarding.path_rights(service.folder)
        return render_template(
            "governance/overview.html",
            **shown,
            witnesses=found,
            good=sum(one.good for one in found),
            epoch=next((one for one in custody.epochs if one.state == "in force"), None),
            lowest="" if figures is None else lowest_said(group_rows(figures, names)),
            scores="" if figures is None else scores_said(figures),
            accounts=len(known),
            active=sum(one.state == "active" for one in known),
            paths=len(paths),
            open_paths=sum(one.everybody for one in paths),
            approved=states["approved"],
            waiting=states["proposed"],
            agencies=len(views),
            accepted=sum(one.accepted is not None for one in views),
        )
