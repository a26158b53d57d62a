"""Governance reads what leaves an agency, how strong the encoding is, and how good the linkage says it is."""

from collections.abc import Sequence

from flask import Flask, abort, render_template
from sqlalchemy import Connection

from api.console_app import group_words, linkage_words
from api.console_app.drawing import precision_chart
from api.console_app.opened_releases import OpenedReleases
from api.console_app.roles import allow
from api.console_app.service import ConsoleService
from api.console_app.showing import page_number
from api.overview import quality, specimen, strength
from api.overview.agencies import agency_views
from api.overview.group_quality import group_name, told_by_groups, verdict_of
from api.overview.groups import GroupShare, held_by_both
from api.store import agencies, releases, review
from api.store.releases import KeptRelease
from linkage.errors import ClewError

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages about encodings and the linkage."""
    _add_encoding(app, service)
    _add_quality(app, service)


def _add_encoding(app: Flask, service: ConsoleService) -> None:
    @app.get("/governance/encoding")
    @allow("governance", logged=True)
    def governance_encoding() -> str:
        with service.database.read() as connection:
            views = agency_views(connection)
        return render_template("governance/encoding.html", views=views)

    @app.get("/governance/encoding/<agency>")
    @allow("governance", logged=True)
    def governance_specimen(agency: str) -> str:
        with service.database.read() as connection:
            known = next((one for one in agencies.all_agencies(connection) if one.code == agency), None)
            left = None if known is None else specimen.left_by(connection, known.code)
        if known is None:
            abort(404)
        return render_template("governance/specimen.html", agency=known, left=left)

    @app.get("/governance/strength")
    @allow("governance", logged=True)
    def governance_strength() -> str:
        with service.database.read() as connection:
            audits = strength.profile_audits(connection)
        return render_template("governance/strength.html", audits=audits)


def _add_quality(app: Flask, service: ConsoleService) -> None:
    opened = OpenedReleases(service.folder)

    @app.get("/governance/quality")
    @allow("governance", logged=True)
    def governance_quality() -> str:
        with service.database.read() as connection:
            page = quality.list_runs(connection, page_number())
            recent = quality.recent_runs(connection)
            answered = quality.count_answers(connection)
            found = review.link_figures(connection)
            names = {one.code: one.name for one in agencies.all_agencies(connection)}
            released = _published(connection)
            shares = None if released is None else _shares(opened, connection, released)
            told = told_by_groups(connection)
        groups = [] if found is None else linkage_words.group_rows(found, names)
        return render_template(
            "governance/quality.html",
            page=page,
            chart=precision_chart(recent),
            answers=answered,
            figures=found,
            groups=groups,
            drawn=linkage_words.groups_picture(groups),
            released=released,
            shares=shares,
            shares_drawn=linkage_words.shares_picture(shares or ()),
            told=told,
            estimators=[] if told is None else [group_words.shown(one) for one in told.estimators],
            group_name=group_name,
            verdict_of=verdict_of,
        )

    @app.get("/governance/scores")
    @allow("governance", logged=True)
    def governance_scores() -> str:
        with service.database.read() as connection:
            found, spreads = review.link_figures(connection), review.spreads(connection)
            runs = quality.recent_runs(connection, 1)
            epoch = agencies.current_epoch(connection)
        digest = "" if epoch is None else epoch.profile_digest
        return render_template(
            "governance/scores.html",
            figures=found,
            run=runs[0] if runs else None,
            scores=None if found is None else linkage_words.shown_scores(found),
            views=linkage_words.shown_spreads(spreads, digest),
        )


def _published(connection: Connection) -> KeptRelease | None:
    """Return the release that was approved last and stands."""
    return next((one for one in reversed(releases.all_releases(connection)) if one.state == "approved"), None)


def _shares(
    opened: OpenedReleases, connection: Connection, released: KeptRelease
) -> Sequence[GroupShare] | None:
    """Return whose children both sides hold, as a release prints it; None where it cannot be looked at."""
    try:
        tables = opened.tables(connection, released)
    except ClewError:
        return None
    return None if tables is None else held_by_both(tables)
