"""Who may open a page: every view says so itself, and what says nothing is open to nobody.

A view is written as::

    @app.get("/agencies")
    @allow("operator", "governance")
    def agencies() -> str: ...

``allow`` stands next to the function, under the route.  ``step_up=True``: whoever opens it must have shown
who they are a few minutes ago at most; a form for such an act asks for it on the page with the form, too, so
that nothing typed is lost.  ``logged=True``: every view is recorded before anything is shown.  ``file=True``:
it hands out a file, which governance finds among the exports.  ``by_itself=True``: a script asks for it, so
that being asked for it is no sign that anybody is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

__all__ = ["ROLES", "ROLE_WORDS", "Role", "Rule", "allow", "anybody", "rule_of", "setting_up", "signed_in"]

Role = Literal["operator", "reviewer", "governance", "publisher"]

ROLES: tuple[Role, ...] = get_args(Role)

ROLE_WORDS: dict[Role, str] = {
    "operator": "Operator",
    "reviewer": "Clerical reviewer",
    "governance": "Information governance",
    "publisher": "Publisher",
}

View = TypeVar("View", bound=Callable[..., Any])

_NAME = "clew_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may open a view.

    ``who``: ``anybody``; ``setup``, who came with a one-time code or is signed in; or ``account``, who is
    signed in with one of the roles.
    """

    who: Literal["anybody", "setup", "account"]
    roles: frozenset[Role] = frozenset()
    step_up: bool = False
    logged: bool = False
    file: bool = False
    by_itself: bool = False


def allow(
    *roles: Role, step_up: bool = False, logged: bool = False, file: bool = False, by_itself: bool = False
) -> Callable[[View], View]:
    """Open a view to accounts with one of the roles."""
    if file and not logged:
        raise ValueError("a view that hands out a file is recorded")
    if not roles or not set(roles) <= set(ROLES):
        raise ValueError("a view is opened to roles that there are")
    return _marked(Rule("account", frozenset(roles), step_up, logged, file, by_itself))


def signed_in(*, step_up: bool = False, by_itself: bool = False) -> Callable[[View], View]:
    """Open a view to every account, whatever its role."""
    return allow(*ROLES, step_up=step_up, by_itself=by_itself)


def setting_up(view: View) -> View:
    """Open a view to whoever came with a one-time code, and to every account.

    An account must have shown who it is a few minutes ago at most.
    """
    return _marked(Rule("setup", step_up=True))(view)


def anybody(view: View) -> View:
    """Open a view to people who are not signed in."""
    return _marked(Rule("anybody"))(view)


def _marked(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _NAME, rule)
        return view

    return mark


def rule_of(view: Callable[..., Any] | None) -> Rule | None:
    """Return who may open a view, or None where nobody said so."""
    found = getattr(view, _NAME, None)
    return found if isinstance(found, Rule) else None
