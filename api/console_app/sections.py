"""The parts of the console: a line for each; its module adds the pages.

A part is a module with ``def add_pages(app: Flask, service: ConsoleService) -> None``.  Its line says what
the navigation calls it, where it begins, and whose navigation shows it; who may open its pages the views
say themselves (:mod:`api.console_app.roles`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask

from api.console_app import clerical_review, home
from api.console_app.roles import ROLES, Role
from api.console_app.service import ConsoleService

__all__ = ["SECTIONS", "Section", "shown_to"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the console."""

    title: str
    address: str
    roles: tuple[Role, ...]
    add_pages: Callable[[Flask, ConsoleService], None]
    summary: str = ""


SECTIONS: Sequence[Section] = (
    Section("Home", "/", ROLES, home.add_pages),
    Section(
        "Clerical review",
        "/review",
        ("reviewer",),
        clerical_review.add_pages,
        "Possible links that two people decide about, each alone.",
    ),
)


def shown_to(roles: Sequence[Role]) -> list[Section]:
    """Return the parts that the navigation shows to an account with these roles."""
    return [one for one in SECTIONS if set(one.roles) & set(roles)]
