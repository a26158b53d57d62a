"""Who may open which address of the console, read from the app itself: what is shown is what is in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Flask

from api.console_app.roles import ROLES, Role, Rule, rule_of

__all__ = ["Granted", "Part", "files_from", "granted", "parts"]


@dataclass(frozen=True, slots=True)
class Granted:
    """One address and method: ``who`` may open it; ``step_up`` and ``logged`` as in :class:`Rule`."""

    address: str
    method: str
    who: str
    roles: frozenset[Role]
    step_up: bool
    logged: bool
    file: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The addresses that begin alike, and how many of them each role may open."""

    name: str
    rows: Sequence[Granted]
    counts: Mapping[Role, int]


def parts(app: Flask) -> list[Part]:
    """Return the addresses of an app by the first word of each."""
    found: dict[str, list[Granted]] = {}
    for one in granted(app):
        found.setdefault(one.address.split("/")[1], []).append(one)
    return [
        Part(name, rows, {role: sum(_may(role, one) for one in rows) for role in ROLES})
        for name, rows in found.items()
    ]


def _may(role: Role, one: Granted) -> bool:
    return role in one.roles or one.who in {"anybody", "setup"}


def files_from(app: Flask) -> frozenset[str]:
    """Return the endpoints that hand out a file."""
    rules = {name: rule_of(view) for name, view in app.view_functions.items()}
    return frozenset(name for name, rule in rules.items() if rule is not None and rule.file)


def granted(app: Flask) -> list[Granted]:
    """Return every address of an app by name; what nobody opened is open to nobody."""
    found = []
    for one in app.url_map.iter_rules():
        rule = rule_of(app.view_functions.get(one.endpoint))
        for method in sorted((one.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule is None:
                rule = Rule("account")  # for nobody: no role is in it
            who = rule.who if rule.roles or rule.who != "account" else "nobody"
            found.append(Granted(one.rule, method, who, rule.roles, rule.step_up, rule.logged, rule.file))
    return sorted(found, key=lambda one: (one.address, one.method))
