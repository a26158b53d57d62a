"""Options that several of the custodians' commands share."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from cli.options import FILE
from linkage.weak_profiles import ALLOW_WEAK_PROFILE
from linkage.wire.moments import Moment

__all__ = [
    "allow_weak_profile",
    "ceremony_folder",
    "day",
    "epoch_name",
    "identity_folder",
]

Command = TypeVar("Command", bound=Callable[..., Any])


def day(context: click.Context, parameter: click.Parameter, value: str) -> Moment:  # noqa: ARG001
    """Read a calendar day; anything else is wrong usage."""
    try:
        moment = Moment.parse(value)
    except ValueError:
        moment = None
    if moment is None or moment.precision != "day":
        raise click.BadParameter("a date is written YYYY-MM-DD")
    return moment


def epoch_name(context: click.Context, parameter: click.Parameter, value: str) -> str:  # noqa: ARG001
    """Read an epoch's name; anything else is wrong usage."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", value):
        raise click.BadParameter("an epoch's name has lower-case letters, digits and hyphens, at most 32")
    return value


def allow_weak_profile(command: Command) -> Command:
    """Add ``--allow-weak-profile``: an epoch of a weak profile is made by nobody's accident."""
    return click.option(
        ALLOW_WEAK_PROFILE,
        is_flag=True,
        help="Let the epoch have a profile whose encodings fall to known attacks.",
    )(command)


def identity_folder(command: Command) -> Command:
    """Add ``--identity``: the custodian's own folder."""
    return click.option(
        "--identity",
        "folder",
        type=FILE,
        required=True,
        metavar="DIR",
        help="Your folder, with identity.json.",
    )(command)


def ceremony_folder(command: Command) -> Command:
    """Add ``--folder``: the ceremony's folder."""
    return click.option(
        "--folder", "ceremony", type=FILE, required=True, metavar="DIR", help="The ceremony's folder."
    )(command)
