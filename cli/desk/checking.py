"""Checking the file: counts, errors and warnings with rows and cures, and the fix list."""

import secrets
from typing import Literal

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from cli.agency.cover import cover_remarks
from cli.agency.fixlist import write_fixes
from cli.agency.making import period_remarks, read_source
from cli.agency.progress import Stages
from cli.agency.shielding import shield_remarks
from cli.agency.summaries import fault_groups, lost_words
from cli.desk.meanings import given_meanings, not_asked, unmeant_values, with_meanings
from cli.desk.showing import begun, go, saved, show
from cli.desk.state import Checked, State
from cli.desk.work import Work
from cli.sources.rules import RULES
from cli.sources.value_uses import value_lines
from linkage.errors import InputError

__all__ = ["checking_pages"]

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def checking_pages(state: State, work: Work) -> Blueprint:
    """Make the pages."""
    blueprint = Blueprint("checking", __name__)

    @blueprint.get("/check")
    def check() -> ResponseReturnValue:
        if state.chosen is None:
            return go("/source")
        return show(state, "check", "Check your file", field="check", **_found(state.checked))

    @blueprint.post("/check")
    def begin() -> ResponseReturnValue:
        if request.form.get("act") == "meanings":
            _keep_meanings(state)
        return begun(
            work, "Checking your file", lambda stages: _check(state, stages), back="/check", then="/check"
        )

    @blueprint.get("/check/fix-list.<any(csv, xlsx):kind>")
    def fix_list(kind: Literal["csv", "xlsx"]) -> ResponseReturnValue:
        if state.checked is None:
            abort(404)
        path = state.place / f"{secrets.token_hex(8)}.{kind}"
        write_fixes(path, state.checked.log)
        data = path.read_bytes()
        path.unlink()
        return saved(data, f"fix-list.{kind}", _KINDS[kind])

    return blueprint


def _keep_meanings(state: State) -> None:
    """Add what the form says to the mapping that is kept."""
    text = state.workspace.mapping_text()
    if state.checked is None or text is None:
        raise InputError("the values are not known any more", hint="check the file again")
    given = given_meanings(unmeant_values(state.checked.log), request.form)
    state.workspace.save_mapping(with_meanings(text, given))
    state.notice = "The meanings are saved in your mapping, and the file was checked again."


def _check(state: State, stages: Stages) -> None:
    chosen = state.require_chosen()
    state.checked = None
    extract = read_source(
        chosen.path,
        None,
        state.workspace,
        chosen.period,
        chosen.areas,
        stages,
        shielding=chosen.shielding,
        remark=lambda _: None,
    )
    covered = cover_remarks(extract, state.workspace)
    remarks = [*period_remarks(extract, chosen.period), *shield_remarks(extract), *covered]
    state.checked = Checked.of(extract, tuple(remarks))


def _found(checked: Checked | None) -> dict[str, object]:
    if checked is None:
        return {"checked": None}
    lines = list(value_lines(checked.log.values))
    return {
        "checked": checked,
        "errors": list(fault_groups(checked.log.errors())),
        "warnings": list(fault_groups(checked.log.warnings())),
        "lost": list(lost_words(checked.log)),
        "meant": [line for line in lines if line.code],
        "unmeant": unmeant_values(checked.log),
        "unmapped": not_asked(checked.log),
        "rules": RULES,
    }
