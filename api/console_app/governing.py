"""Governance: evidence to read.  Nothing here changes anything, and every view is recorded."""

import csv
import io
import time
from collections.abc import Iterable

from flask import Flask, Response, abort, render_template, request
from sqlalchemy import Connection

from api.checkpoints import require_goes_on
from api.console_app import governing_glance, governing_kept, governing_linkage
from api.console_app.page_words import page_words
from api.console_app.permissions import parts
from api.console_app.release_files import attached
from api.console_app.roles import ROLE_WORDS, ROLES, allow
from api.console_app.service import ConsoleService
from api.console_app.showing import add_words, page_number
from api.overview import guarding, history, keeping, verifying, viewed
from api.overview.remembered import Remembered
from api.overview.verifying import Verification, WholeCheck
from api.separation import overlaps
from api.store import accounts, ledger
from api.unit import read_own_ledger_card
from linkage.errors import ClewError
from linkage.wire.checkpoints import read_checkpoint
from linkage.wire.notes import MAX_NOTE_BYTES

__all__ = ["add_pages"]

_SECONDS = 1.5
"""For so long one request verifies; a large ledger takes several, and shows how far it is."""


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages of governance."""
    add_words(app)
    governing_glance.add_pages(app, service)
    _add_ledger(app, service)
    _add_proof(app, service)
    _add_custody(app, service)
    governing_linkage.add_pages(app, service)
    governing_kept.add_pages(app, service)


def _add_ledger(app: Flask, service: ConsoleService) -> None:
    @app.get("/governance/ledger")
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

    @app.get("/governance/ledger.csv")
    @allow("governance", logged=True, file=True)
    def governance_leaves() -> Response:
        with service.database.read() as connection:
            content = _csv(("entry", "kind", "day", "commitment"), history.leaves(connection))
        return attached(content, "ledger-leaves.csv")


def _add_proof(app: Flask, service: ConsoleService) -> None:
    def shown(connection: Connection, **found: object) -> str:
        return render_template(
            "governance/checkpoints.html",
            point=guarding.view_checkpoint(connection, service.folder),
            witnesses=guarding.witnesses(connection, service.folder, service.settings),
            **({"whole": None, "so_far": None, "given": None} | found),
        )

    @app.get("/governance/checkpoints")
    @allow("governance", logged=True)
    def governance_checkpoints() -> str:
        with service.database.read() as connection:
            return shown(connection)

    @app.post("/governance/checkpoints")
    @allow("governance", logged=True)
    def governance_verify() -> str:
        """Verify the ledger, or a checkpoint that somebody holds; a form, for it takes long or is long."""
        with service.database.read() as connection:
            if "note" in request.form:
                return shown(connection, given=_compared(connection, service, request.form["note"]))
            whole, so_far = _verified(connection)
            return shown(connection, whole=whole, so_far=so_far)

    @app.get("/governance/checkpoint.txt")
    @allow("governance", logged=True, file=True)
    def governance_note() -> Response:
        with service.database.read() as connection:
            note = ledger.newest_checkpoint(connection)
        if note is None:
            abort(404)
        return attached(note.encode(), "checkpoint.txt")


def _verified(connection: Connection) -> tuple[WholeCheck | None, Verification | None]:
    """Verify for a while from where the form says that the last request came to."""
    until, so_far = time.monotonic() + _SECONDS, _resumed(connection)
    while not so_far.finished:
        so_far = verifying.verify_stretch(connection, so_far)
        if time.monotonic() >= until:
            break
    return (verifying.conclude(connection, so_far), None) if so_far.finished else (None, so_far)


def _resumed(connection: Connection) -> Verification:
    """Go on where a form says; one that says what cannot be begins anew."""
    names = ("size", "done", "broken", *verifying.STATES)
    given = [request.form.get(one, "") for one in names]
    if not all(one.isascii() and one.isdigit() and len(one) < 16 for one in given):
        return verifying.begin(connection)
    size, done, broken, *counts = (int(one) for one in given)
    known = size <= ledger.size_of(connection) and done < size and done % 2**verifying.LEVEL == 0
    if not known or sum(counts) > done:
        return verifying.begin(connection)
    states = {state: count for state, count in zip(verifying.STATES, counts, strict=True) if count}
    return Verification(size, done, broken, states)


def _compared(connection: Connection, service: ConsoleService, note: str) -> guarding.Witness:
    """Compare a checkpoint that somebody typed in with the ledger."""
    text = note.replace("\r\n", "\n").strip() + "\n"
    name = "The checkpoint that you gave"
    try:
        point = read_checkpoint(text[:MAX_NOTE_BYTES], read_own_ledger_card(service.folder).note_key)
    except ClewError as error:
        return guarding.Witness(name, None, error.message, good=False)
    try:
        require_goes_on(connection, [point])
    except ClewError as error:
        return guarding.Witness(name, point.size, error.message, good=False)
    return guarding.Witness(name, point.size, "the ledger goes on from it", good=True)


def _add_custody(app: Flask, service: ConsoleService) -> None:
    remembered = Remembered()

    @app.get("/governance/permissions")
    @allow("governance", logged=True)
    def governance_permissions() -> str:
        with service.database.read() as connection:
            found = accounts.all_accounts(connection)
            together = overlaps(connection)
        return render_template(
            "governance/permissions.html",
            parts=parts(app),
            roles=[(one, ROLE_WORDS[one]) for one in ROLES],
            paths=guarding.path_rights(service.folder),
            accounts=[(one.name, one.roles, one.state) for one in found],
            together=[one.words for one in together],
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
        return render_template("governance/views.html", page=page, page_words=page_words)


def _csv(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode()
