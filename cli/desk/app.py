"""The page as a Flask app: guards, error pages, and the pages of each part of the work."""

import logging
import time
from importlib import resources
from typing import Any

from flask import Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from jinja2 import PackageLoader
from werkzeug.exceptions import HTTPException

from cli.desk.answering import answering_pages, unit_pages
from cli.desk.bundles import bundle_pages, encoding_pages, submitting_pages
from cli.desk.checking import checking_pages
from cli.desk.choosing import choosing_pages
from cli.desk.forms import as_clew_error
from cli.desk.guards import Guards, guard_access
from cli.desk.home import home_pages, work_pages
from cli.desk.mapping import mapping_pages
from cli.desk.reports import report_pages
from cli.desk.setting_up import setting_up_pages
from cli.desk.showing import go
from cli.desk.state import State
from cli.desk.wording import at_time, in_days, sentence, table_name, words_for_page
from cli.desk.work import Work
from linkage.errors import ClewError
from pages.assets import asset_pages
from pages.policy import guard
from pages.templating import use_templates

__all__ = ["create_app"]

_log = logging.getLogger(__name__)
_MAX_FORM_BYTES = 8 * 1024 * 1024
_OWN = {"desk.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8"}
_REFUSED = {
    400: ("This form cannot be used any more", "Go to the start and open the page again."),
    403: (
        "This page is not open in this browser",
        "Its address works once. If you lost the page, start it again: that opens it under a new address.",
    ),
    404: ("There is no such page", "Go to the start."),
    405: ("There is no such page", "Go to the start."),
    413: ("The file is too large", "Clew reads files of up to 512 MB. Leave out the rows before the period."),
    421: ("Not the address of this page", "Use the address that was printed when the page was started."),
}


def create_app(state: State, work: Work, guards: Guards) -> Flask:
    """Make the app; raises :class:`pages.assets.MissingAssetsError` where the style sheet is missing."""
    app = Flask("cli.desk", static_folder=None, template_folder=None)
    app.config.update(MAX_FORM_MEMORY_SIZE=_MAX_FORM_BYTES, MAX_FORM_PARTS=4000)
    app.logger.disabled = True  # it would write tracebacks, and those may hold what somebody typed

    @app.after_request
    def _referrer(response: Response) -> Response:
        # Without any referrer browsers say Origin: null of a form, and forms need their origin here.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    guard(app)
    guard_access(app, guards)
    use_templates(app, PackageLoader("cli.desk"))
    app.register_blueprint(asset_pages())
    for make in (
        home_pages,
        work_pages,
        setting_up_pages,
        choosing_pages,
        mapping_pages,
        checking_pages,
        encoding_pages,
        bundle_pages,
        submitting_pages,
        unit_pages,
        answering_pages,
        report_pages,
    ):
        app.register_blueprint(make(state, work))
    _say_everywhere(app, state, work)
    _answer_errors(app, state)
    return app


def _say_everywhere(app: Flask, state: State, work: Work) -> None:
    own = {
        name: ((resources.files("cli.desk") / "own" / name).read_bytes(), kind) for name, kind in _OWN.items()
    }

    @app.get('/own/<any("desk.css", "desk.js"):name>')
    def own_file(name: str) -> Response:
        content, kind = own[name]
        return Response(content, content_type=kind)

    @app.before_request
    def _note_use() -> None:
        state.last_asked = time.monotonic()

    @app.context_processor
    def _names() -> dict[str, Any]:
        return {
            "service_name": "Clew desk",
            "phase_text": "This page runs on your own machine and is shown to nobody else.",
            "home_address": f"{request.script_root}/",
            "state": state,
            "busy": work.is_busy,
        }

    app.add_template_filter(words_for_page, "here")
    for named in (at_time, in_days, sentence, table_name):
        app.add_template_filter(named)


def _answer_errors(app: Flask, state: State) -> None:
    @app.errorhandler(ClewError)
    def _refused(error: ClewError) -> ResponseReturnValue:
        """Show what is wrong on the form that was sent."""
        if request.method == "POST":
            state.problem = error
            return go(request.path)
        return render_template("desk/refused.html", title="This cannot be shown", problem=error), 400

    @app.errorhandler(OSError)
    def _system(error: OSError) -> ResponseReturnValue:
        return _refused(as_clew_error(error))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        title, words = _REFUSED.get(code, ("This does not work", "Go to the start."))
        apart = code in (403, 421)
        return render_template("desk/closed.html", title=title, words=words, apart=apart), code

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> ResponseReturnValue:
        _log.error("a page failed with %s", type(error).__name__)
        words = f"Clew failed with {type(error).__name__}. Nothing was sent. Tell its makers what you did."
        return render_template(
            "desk/closed.html", title="Something went wrong", words=words, apart=False
        ), 500

    @app.route("/<path:path>")
    def _nothing(path: str) -> ResponseReturnValue:  # noqa: ARG001
        abort(404)
