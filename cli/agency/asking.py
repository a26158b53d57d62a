"""What is asked of the linkage unit and joined with the agency's own references; not how it is shown."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from cli.agency.client import Unit
from cli.agency.crosswalk import Reference
from cli.agency.pulling import pull_report, read_references
from cli.agency.reporting import Report
from cli.agency.store import JournalEntry, Store
from cli.agency.witnessing import meet
from cli.agency.workspace import Workspace
from keys.identity import Identity
from linkage.errors import InputError, VerificationError
from linkage.wire.answers import AnswerCode, QueryAnswer
from linkage.wire.submission import AgencyStatus

__all__ = [
    "Urgent",
    "UrgentLine",
    "ask_report",
    "ask_status",
    "ask_urgent",
    "read_answer",
    "send_answers",
]

_QUERY = re.compile(r"Q-?([0-9A-F]{10})")


@dataclass(frozen=True, slots=True, repr=False)
class UrgentLine:
    """One of the agency's episodes that one side holds as open and the other as ended."""

    episode: str
    child: str
    contact: str
    query: str


@dataclass(frozen=True, slots=True, repr=False)
class Urgent:
    """What does not wait for a cycle; ``unknown`` counts records that this workspace does not know."""

    lines: tuple[UrgentLine, ...]
    unknown: int


def ask_status(workspace: Workspace, identity: Identity, url: str) -> AgencyStatus:
    """Ask what the unit holds, and have it prove that its ledger goes on from what was seen before."""
    with Unit(url, identity) as unit:
        status = unit.status()
        meet(workspace, unit)
    return status


def ask_report(workspace: Workspace, identity: Identity, url: str, *, today: dt.date) -> Report:
    """Pull the latest results and join them with the agency's own references."""
    with Unit(url, identity) as unit:
        meet(workspace, unit)
        return pull_report(workspace, identity, unit, today=today)


def ask_urgent(workspace: Workspace, identity: Identity, url: str) -> Urgent:
    """Ask for open/closed conflicts; raises :class:`VerificationError` for another agency's."""
    with Unit(url, identity) as unit:
        told = unit.urgent()
    if told.agency != workspace.card().agency:
        raise VerificationError("the answer is another agency's", hint="tell the linkage unit's operator")
    references = {one.handle: one for one in read_references(workspace, identity)}
    lines = []
    for one in told.conflicts:
        own = references.get(one.episode)
        if own is not None:
            child = _reference(references.get(own.parent or ""))
            lines.append(UrgentLine(own.reference, child, one.contact, one.query))
    return Urgent(tuple(lines), len(told.conflicts) - len(lines))


def read_answer(query: str, code: str) -> QueryAnswer:
    """Return an answer to a query number as people write it; raises :class:`InputError`."""
    found = _QUERY.fullmatch("".join(query.split()).upper())
    if found is None:
        raise InputError(
            "not a query number", hint="it is written Q- and ten digits or letters A to F; see your report"
        )
    if code not in get_args(AnswerCode):
        raise InputError("not an answer", hint="choose one of the answers of the list")
    return QueryAnswer(query=f"Q-{found[1]}", answer=cast("AnswerCode", code))


def send_answers(workspace: Workspace, identity: Identity, url: str, answers: Sequence[QueryAnswer]) -> None:
    """Tell the unit what came of query numbers, and note how many in the journal, one line for each code."""
    with Unit(url, identity) as unit:
        for answer in answers:
            unit.answer(answer)
    with Store(workspace.database_file) as store, store.transaction():
        for code in sorted({one.answer for one in answers}):
            count = sum(one.answer == code for one in answers)
            store.write_journal(JournalEntry("answer", details={"answer": code, "queries": count}))


def _reference(child: Reference | None) -> str:
    return child.reference if child else ""
