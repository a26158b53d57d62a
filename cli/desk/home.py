"""The start, with what is to be done next; the act that is under way; and the end."""

from dataclasses import dataclass

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from cli.agency.pulling import stored_cycle
from cli.desk.showing import go, show
from cli.desk.state import State
from cli.desk.work import Task, Work

__all__ = ["home_pages", "work_pages"]


@dataclass(frozen=True, slots=True)
class _Step:
    """One line of the list of what there is to do."""

    title: str
    address: str
    hint: str
    status: str
    colour: str = ""


def home_pages(state: State, work: Work) -> Blueprint:
    """Make the start and the end."""
    blueprint = Blueprint("home", __name__)

    @blueprint.get("/")
    def home() -> ResponseReturnValue:
        groups = [
            ("Once", _once(state)),
            ("Your file", _file(state)),
            ("Send", _send(state)),
            ("What comes back", _back(state)),
        ]
        return show(state, "home", "What to do next", groups=groups, agency=_agency(state))

    @blueprint.post("/stop")
    def stop() -> ResponseReturnValue:
        if work.is_busy:
            return go("/work")
        state.stopped.set()
        return show(state, "stopped", "The page has ended")

    return blueprint


def work_pages(state: State, work: Work) -> Blueprint:
    """Make the pages of the act that is under way."""
    blueprint = Blueprint("work", __name__)

    @blueprint.get("/work")
    def at_work() -> ResponseReturnValue:
        task = work.task
        if task is None:
            return go("/")
        if task.state == "failed":
            state.problem = task.error
            return go(task.back)
        if task.state == "done":
            return go(task.then)
        return show(state, "work", task.title, task=task, words=_words(task))

    @blueprint.get("/work/progress")
    def progress() -> ResponseReturnValue:
        task = work.task
        if task is None:
            return jsonify(state="done", words="", percent=None)
        return jsonify(state=task.state, words=_words(task), percent=task.percent)

    @blueprint.post("/work")
    def stop_work() -> ResponseReturnValue:
        work.stop(seconds=1.0)
        return go("/work")

    return blueprint


def _words(task: Task) -> str:
    """Say how far an act is."""
    if task.stopping:
        return "Stopping…"
    stage = task.stage[:1].upper() + task.stage[1:]
    return f"{stage}: {task.done:,} of {task.total:,}" if task.total else f"{stage}…"


def _agency(state: State) -> str:
    if not state.is_made:
        return ""
    card = state.workspace.card()
    return f"{card.name} ({card.agency}), {'council' if card.role == 'council' else 'police force'}"


_DONE, _LATER = "Done", "Cannot start yet"


def _step(title: str, address: str, hint: str, *, open_: bool, done: bool = False) -> _Step:
    if not open_:
        return _Step(title, "", hint, _LATER)
    return _Step(title, address, hint, _DONE if done else "To do", "" if done else "blue")


def _once(state: State) -> list[_Step]:
    made, joined = state.is_made, state.is_joined
    return [
        _step(
            "Make your workspace", "/workspace", "Your agency’s keys, on this machine", open_=True, done=made
        ),
        _step(
            "Join the epoch", "/epoch", "With the files that the custodians gave you", open_=made, done=joined
        ),
    ]


def _file(state: State) -> list[_Step]:
    made, chosen = state.is_made, state.chosen is not None
    mapped = chosen and state.workspace.mapping_file.is_file()
    return [
        _step("Choose your file", "/source", "An extract of your case system", open_=made, done=chosen),
        _step(
            "Say which column is what",
            "/mapping",
            "Clew proposes it; you put right what is wrong",
            open_=chosen,
            done=bool(mapped and state.draft is None),
        ),
        _step(
            "Check it",
            "/check",
            "Errors with their rows and what to do, and a list to take away",
            open_=bool(mapped),
            done=state.checked is not None,
        ),
    ]


def _send(state: State) -> list[_Step]:
    bundles = state.bundles()
    encoded = bool(bundles)
    ready = state.is_joined and state.chosen is not None and state.checked is not None
    sent = state.receipt is not None
    return [
        _step(
            "Encode it",
            "/encode",
            "On this machine; nothing is sent",
            open_=ready,
            done=state.encoded is not None,
        ),
        _step(
            "See exactly what will leave, and submit it",
            "/bundles",
            "Every field, before anything leaves",
            open_=encoded,
            done=sent,
        ),
    ]


def _back(state: State) -> list[_Step]:
    joined, pulled = state.is_joined, state.report is not None
    readable = pulled or stored_cycle(state.workspace) is not None
    queries = "Only a code is sent, never a word of yours"
    return [
        _step(
            "Ask the linkage unit",
            "/unit",
            "What became of your bundle, what is urgent, and the report",
            open_=joined,
            done=pulled,
        ),
        _step(
            "Read the report", "/report", "With your own references", open_=readable, done=state.report_read
        ),
        _step("Answer queries", "/answers", queries, open_=joined, done=bool(state.answered)),
    ]
