"""Who may open which address of the console, read from the app itself: what is shown is what is in force."""

from dataclasses import dataclass

from flask import Flask

from api.console_app.roles import Role, rule_of

__all__ = ["Granted", "granted"]


@dataclass(frozen=True, slots=True)
class Granted:
    """One address and method: ``who`` may open it; ``step_up`` and ``logged`` as in :class:`Rule`."""

    address: str
    method: str
    who: str
    roles: frozenset[Role]
    step_up: bool
    logged: bool


def granted(app: Flask) -> list[Granted]:
    """Return every address of an app by name; what nobody opened is open to nobody."""
    found = []
    for one in app.url_map.iter_rules():
        rule = rule_of(app.view_functions.get(one.endpoint))
        for method in sorted((one.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule is None:
                found.append(Granted(one.rule, method, "nobody", frozenset(), step_up=False, logged=False))
            else:
                found.append(
                    Granted(one.rule, method, rule.who, rule.roles, step_up=rule.step_up, logged=rule.logged)
                )
    return sorted(found, key=lambda one: (one.address, one.method))
