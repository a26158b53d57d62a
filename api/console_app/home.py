"""The first page of the console."""

from flask import Flask, render_template

from api.console_app.roles import signed_in
from api.console_app.service import ConsoleService

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the first page."""

    @app.get("/")
    @signed_in()
    def home() -> str:
        return render_template("console/home.html", unit=service.settings.name)
