"""Asking the linkage unit, and answering its queries."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from cli.agency.asking import ask_report, ask_status, ask_urgent, read_answer, send_answers
from cli.agency.client import checked_url
from cli.agency.progress import Stages
from cli.agency.saying import today
from cli.desk.forms import chosen_text, passphrase
from cli.desk.showing import begun, go, show
from cli.desk.state import State
from cli.desk.work import Work
from linkage.errors import InputError
from linkage.wire.answers import ANSWER_WORDS, QueryAnswer

__all__ = ["answering_pages", "unit_pages"]

_URGENT = "One side says that the child is still missing, the other that it came back."
_STATES = {
    "open": "Open: pieces of it are still to be sent.",
    "committed": "Committed: it is safe at the linkage unit, which has still to check it.",
    "accepted": "Accepted: it was checked, and it is the one that counts for its period.",
    "refused": "Refused: it was not what it says it is, or a later one had come first.",
    "superseded": "Superseded: a newer one of the same period took its place, or the operator withdrew it.",
}
_LINKED = "Linked: its records were compared with those of the other agencies."


@dataclass(frozen=True, slots=True)
class _Query:
    """A query number, and what it is about in the agency's own references."""

    number: str
    about: str
    words: str


def unit_pages(state: State, work: Work) -> Blueprint:
    """Make the pages on which the linkage unit is asked."""
    blueprint = Blueprint("unit", __name__)

    @blueprint.get("/unit")
    def unit() -> ResponseReturnValue:
        if not state.is_joined:
            return go("/epoch")
        return show(state, "unit", "Ask the linkage unit", field="url")

    @blueprint.post("/unit")
    def ask() -> ResponseReturnValue:
        return _ask(state, work, request.form.get("act", ""))

    @blueprint.get("/status")
    def status() -> ResponseReturnValue:
        if state.status is None:
            return go("/unit")
        states = {one.state for one in state.status.submissions}
        meant = [words for name, words in _STATES.items() if name in states]
        meant += [_LINKED] if any(one.linked for one in state.status.submissions) else []
        return show(state, "status", "What became of your bundles", told=state.status, meant=meant)

    @blueprint.get("/urgent")
    def urgent() -> ResponseReturnValue:
        if state.urgent is None:
            return go("/unit")
        return show(state, "urgent", "What is urgent", urgent=state.urgent)

    return blueprint


def answering_pages(state: State, work: Work) -> Blueprint:
    """Make the pages on which queries are answered."""
    blueprint = Blueprint("answering", __name__)

    @blueprint.get("/answers")
    def answers() -> ResponseReturnValue:
        if not state.is_joined:
            return go("/epoch")
        queries = list(_queries(state))
        return show(state, "answers", "Answer queries", field="url", queries=queries, words=ANSWER_WORDS)

    @blueprint.post("/answers")
    def answer() -> ResponseReturnValue:
        return _answer(state, work)

    return blueprint


def _url(state: State) -> str:
    state.url = chosen_text("url")
    checked_url(state.url)
    return state.url


def _ask(state: State, work: Work, what: str) -> ResponseReturnValue:
    url, phrase = _url(state), passphrase()

    def act(stages: Stages) -> None:
        stages.stage("opening your keys")
        identity = state.workspace.identity(phrase)
        stages.stage("asking the linkage unit")
        if what == "status":
            state.status = ask_status(state.workspace, identity, url)
        elif what == "urgent":
            state.urgent = ask_urgent(state.workspace, identity, url)
        else:
            state.report, state.report_read = ask_report(state.workspace, identity, url, today=today()), False

    then = {"status": "/status", "urgent": "/urgent"}.get(what, "/report")
    return begun(work, "Asking the linkage unit", act, back="/unit", then=then)


def _answer(state: State, work: Work) -> ResponseReturnValue:
    answers = list(_answers())
    if not answers:
        raise InputError("no answer was chosen", hint="choose one for at least one query number")
    url, phrase = _url(state), passphrase()

    def act(stages: Stages) -> None:
        stages.stage("opening your keys")
        identity = state.workspace.identity(phrase)
        stages.stage("sending your answers")
        send_answers(state.workspace, identity, url, answers)
        state.answered.update({one.query: ANSWER_WORDS[one.answer] for one in answers})
        count = len(answers)
        state.notice = f"{count:,} {'answer was' if count == 1 else 'answers were'} sent."

    return begun(work, "Sending your answers", act, back="/answers", then="/answers")


def _answers() -> Iterator[QueryAnswer]:
    for name, code in request.form.items():
        if name.startswith("query.") and code:
            yield read_answer(name.removeprefix("query."), code)
    number, code = chosen_text("other"), chosen_text("other-answer")
    if number or code:
        yield read_answer(number, code)


def _queries(state: State) -> Iterator[_Query]:
    for urgent in state.urgent.lines if state.urgent else ():
        yield _Query(
            urgent.query, urgent.child, f"{urgent.episode}, ask the agency {urgent.contact}. {_URGENT}"
        )
    report = state.report
    if report is None:
        return
    for line in report.missing:
        yield _Query(line.query, line.child, f"{line.month}, ask the agency {line.contact}. {line.meaning}")
    for one in report.questions:
        about = f"{one.child} and {one.other}" if one.other else one.child
        yield _Query(one.query, about, one.question)
