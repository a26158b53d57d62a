"""The proposed mapping, put right in a form."""

from pathlib import Path

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from cli.agency.progress import Stages
from cli.agency.proposals import shipped_for
from cli.desk.mapping_form import Draft, draft_of
from cli.desk.showing import begun, go, show
from cli.desk.state import State
from cli.desk.work import Work
from cli.sources.fields import check_value_maps
from cli.sources.mapping import choose_mapping, parse_mapping
from cli.sources.opening import serves
from cli.sources.proposing import propose, tables_in
from linkage.errors import InputError

__all__ = ["mapping_pages", "read_draft"]

_BACK = "/mapping"


def mapping_pages(state: State, work: Work) -> Blueprint:
    """Make the pages."""
    blueprint = Blueprint("mapping", __name__)

    @blueprint.get("/mapping")
    def mapping() -> ResponseReturnValue:
        if state.chosen is None:
            return go("/source")
        values = {
            "draft": state.draft,
            "saved": state.workspace.mapping_text(),
            "serves": _saved_serves(state),
        }
        return show(state, "mapping", "Say which column is what", field="columns", **values)

    @blueprint.post("/mapping")
    def change() -> ResponseReturnValue:
        act = request.form.get("act", "")
        if act == "read":
            return _read_again(state, work)
        if act == "keep":
            state.draft = None
            return go("/check")
        if act == "shipped":
            return _save(state, choose_mapping(_shipped(state)))
        return _columns(state, save=act == "save")

    @blueprint.get("/mapping/text")
    def as_text() -> ResponseReturnValue:
        return show(state, "mapping_text", "The mapping as text", field="text", text=_text(state))

    @blueprint.post("/mapping/text")
    def save_text() -> ResponseReturnValue:
        text = request.form.get("text", "").replace("\r\n", "\n")
        state.values["mapping"] = text
        check_value_maps(parse_mapping(text))
        return _save(state, text)

    return blueprint


def read_draft(state: State, source: Path) -> Draft:
    """Read a source's tables and propose; a source that only a shipped mapping reads has no tables here."""
    shipped = tuple(shipped_for(source, state.workspace.card().role))
    try:
        tables = tables_in(source)
        return draft_of(tables, propose(tables), shipped)
    except InputError:
        if not shipped:
            raise
        return Draft((), {}, shipped)


def _read_again(state: State, work: Work) -> ResponseReturnValue:
    source = state.require_chosen().path

    def act(stages: Stages) -> None:
        stages.stage("reading the file")
        state.draft = read_draft(state, source)

    return begun(work, "Reading your file", act, back=_BACK, then=_BACK)


def _columns(state: State, *, save: bool) -> ResponseReturnValue:
    draft = state.draft
    if draft is None:
        raise InputError("the columns are not known any more", hint="read the file again")
    changed = draft.choose_tables(request.form)
    if changed or not save:
        state.notice = "These are the columns of the tables that you chose. Look through them, and save."
        return go(_BACK)
    draft.choose_columns(request.form)
    return _save(state, draft.text(state.workspace.card().role))


def _save(state: State, text: str) -> ResponseReturnValue:
    state.workspace.require().save_mapping(text)
    state.draft, state.checked = None, None
    state.values.pop("mapping", None)
    state.notice = "The mapping is saved in your workspace."
    return go("/check")


def _shipped(state: State) -> str:
    name = request.form.get("shipped", "")
    if state.draft is None or name not in state.draft.shipped:
        raise InputError("choose one of the mappings that come with Clew", hint="or read the file again")
    return name


def _saved_serves(state: State) -> bool:
    text = state.workspace.mapping_text()
    if text is None or state.draft is None:
        return False
    return serves(state.require_chosen().path, parse_mapping(text))


def _text(state: State) -> str:
    """Return what stands in the form after an error, or what is proposed, or what is saved."""
    typed = state.values.get("mapping")
    if typed:
        return typed
    draft = state.draft
    if draft is not None and draft.tables and not draft.proposal().missing():
        return draft.text(state.workspace.card().role)
    return state.workspace.mapping_text() or choose_mapping(
        "council-csv" if state.workspace.card().role == "council" else "police-csv"
    )
