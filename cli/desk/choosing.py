"""Choosing the file, and what it covers."""

from pathlib import Path

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from cli.agency.progress import Stages
from cli.agency.shield_choice import ShieldChoice
from cli.desk.forms import areas, chosen_text, period, saved_uploads
from cli.desk.mapping import read_draft
from cli.desk.showing import begun, go, show
from cli.desk.state import Chosen, State
from cli.desk.work import Work
from linkage.errors import InputError

__all__ = ["choosing_pages"]

_KEPT = (
    *("first-day", "first-month", "first-year", "last-day", "last-month", "last-year"),
    *("areas", "path"),
)


def choosing_pages(state: State, work: Work) -> Blueprint:
    """Make the pages."""
    blueprint = Blueprint("choosing", __name__)

    @blueprint.get("/source")
    def source() -> ResponseReturnValue:
        if not state.is_made:
            return go("/workspace")
        return show(state, "source", "Choose your file", field="files")

    @blueprint.post("/source")
    def choose() -> ResponseReturnValue:
        state.values.update({name: chosen_text(name) for name in _KEPT})
        chosen = _chosen(state)

        def act(stages: Stages) -> None:
            stages.stage("reading the file")
            try:
                draft = read_draft(state, chosen.path)
            except BaseException:
                state.erase_unless_chosen(chosen)
                raise
            state.choose(chosen)
            state.draft = draft

        return begun(work, "Reading your file", act, back="/source", then="/mapping")

    return blueprint


def _shielding(state: State) -> ShieldChoice:
    """Return the list of the form, or the one before: lost, its children would be encoded."""
    lists = saved_uploads("shield", state.place)
    given_up = bool(request.form.get("no-shield"))
    if lists and given_up:
        raise InputError("a shield list was chosen, and said not to be", hint="one of the two, and not both")
    if not lists and not given_up and state.chosen is not None:
        return state.chosen.shielding
    return ShieldChoice(lists[0] if lists else None, given_up)


def _chosen(state: State) -> Chosen:
    days, codes = period(), areas()
    shielding = _shielding(state)
    typed = chosen_text("path").strip('"')
    uploaded = saved_uploads("files", state.place)
    if bool(typed) == bool(uploaded):
        if not typed and state.chosen is not None:  # only the period was changed
            before = state.chosen
            return Chosen(before.path, before.names, days, codes, shielding, uploaded=before.uploaded)
        raise InputError("choose a file, or write where it lies", hint="one of the two, and not both")
    if uploaded:
        path = uploaded[0] if len(uploaded) == 1 else uploaded[0].parent
        return Chosen(path, tuple(one.name for one in uploaded), days, codes, shielding, uploaded=True)
    path = Path(typed).expanduser()
    if not path.is_absolute() or not path.exists():
        raise InputError(
            "there is nothing at that place",
            hint="write the whole path of a file or a folder of this machine",
        )
    return Chosen(path, (path.name,), days, codes, shielding)
