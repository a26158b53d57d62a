"""Signing in and out."""

from flask import Flask, g, redirect, render_template
from werkzeug.wrappers import Response

from api.console_app.guarding import change_token
from api.console_app.roles import anybody, setting_up
from api.console_app.service import ConsoleService
from api.store import console_sessions

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages by which one signs in and out."""

    @app.get("/sign-in")
    @anybody
    def sign_in() -> str:
        return render_template("console/sign_in.html")

    @app.post("/sign-out")
    @setting_up
    def sign_out() -> Response:
        with service.database.write() as connection:
            console_sessions.end_session(connection, g.session)
        change_token()
        return redirect("/sign-in?out=1", 303)
