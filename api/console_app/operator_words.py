"""Words of the operator's pages: agencies by name, classes of reconciliation and figures as sentences."""

from collections.abc import Mapping

from flask import Flask, g

from api.console_app.service import ConsoleService
from api.store import agencies

__all__ = ["CLASS_WORDS", "FIGURE_WORDS", "add_names"]

CLASS_WORDS: Mapping[str, str] = {
    "MATCHED": "Both sides hold it and agree",
    "MATCHED_START_CONFLICT": "Both hold it, with another start",
    "MATCHED_END_CONFLICT": "Both hold it, with another end",
    "OPEN_CLOSED_CONFLICT": "Still open on one side only",
    "TYPE_CONFLICT": "Both hold it, of another type",
    "SPLIT_MERGE": "One absence here, several there",
    "COUNCIL_ONLY_M": "A council alone, as missing",
    "COUNCIL_ONLY_A": "A council alone, as away",
    "POLICE_ONLY_CLA": "Police alone, of a looked-after child",
    "POLICE_ONLY_NOT_CLA": "Police alone, not looked after then",
    "POLICE_ONLY_UNLINKED": "Police alone, no council’s child",
    "OUT_OF_AREA_UNSEEN": "Out of area, unseen by its council",
    "DUPLICATE_WITHIN_AGENCY": "Twice at one agency",
    "NOT_COMPARABLE": "The other side has not submitted",
}

FIGURE_WORDS: Mapping[str, str] = {
    "children_in_register": "Children in the register",
    "open_episodes": "Absences that have not ended",
    "episodes_by_class": "Absences by what reconciliation found",
    "findings_by_class": "Agencies’ episodes by what reconciliation found",
    "missing_by_councils": "Missing, as far as councils hold it",
    "missing_by_police": "Missing, as far as the police hold it",
    "missing_by_register": "Missing, as far as anybody holds it",
    "child_records": "Records of children, repeats and all",
    "children": "Children, each once",
    "episodes": "Absences, each once",
    "reports": "Reports, repeats and all",
}


def add_names(app: Flask, service: ConsoleService) -> None:
    """Let templates write ``agency_name(code)``: names are read once for a request, if any is asked for."""

    def agency_name(code: str) -> str:
        if "agency_names" not in g:
            with service.database.read() as connection:
                g.agency_names = {one.code: one.name for one in agencies.all_agencies(connection)}
        return str(g.agency_names.get(code, code))

    app.jinja_env.globals["agency_name"] = agency_name
    app.jinja_env.globals["class_words"] = CLASS_WORDS
    app.jinja_env.globals["figure_words"] = FIGURE_WORDS
