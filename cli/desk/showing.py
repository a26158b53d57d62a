"""Rendering a page, and sending people to another one."""

from typing import Any

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from cli.desk.state import State
from cli.desk.work import Act, Work

__all__ = ["begun", "go", "saved", "show"]


def show(state: State, template: str, title: str, *, field: str = "", **values: Any) -> ResponseReturnValue:
    """Render a page; what went wrong before is said at its top, and ``field`` is where to mend it."""
    said = {"problem": state.take_problem(), "notice": state.take_notice(), "field": field}
    return render_template(f"desk/{template}.html", title=title, **said, **values)


def go(address: str) -> ResponseReturnValue:
    """Send people to another page, so that loading it again does nothing twice."""
    return redirect(f"{request.script_root}{address}", code=303)


def saved(content: str | bytes, name: str, kind: str) -> Response:
    """Hand over a file to be saved under a name."""
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=kind, headers=named)


def begun(work: Work, title: str, act: Act, *, back: str, then: str) -> ResponseReturnValue:
    """Begin an act, and show how far it is."""
    work.begin(title, act, back=back, then=then)
    return go("/work")
