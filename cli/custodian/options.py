"""Options that several of the custodians' commands share."""

import functools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from cli.options import FILE
from keys.custodian_folder import CustodianFolder
from keys.files import name_of
from linkage.errors import InputError
from linkage.weak_profiles import ALLOW_WEAK_PROFILE
from linkage.wire.moments import Moment

__all__ = [
    "ONE_TIME_KIND",
    "allow_weak_profile",
    "ceremony_folder",
    "day",
    "epoch_name",
    "identity_folder",
    "one_time_key",
    "passphrase_files",
    "require_folders",
]

Command = TypeVar("Command", bound=Callable[..., Any])

ONE_TIME_KIND = "one-time-key"
"""Of a protected file: the key of one ceremony or one session."""


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


def one_time_key(whose: str) -> Callable[[Command], Command]:
    """Add ``--one-time-key`` to a command of a ceremony or a session, which have one each."""
    return click.option(
        "--one-time-key",
        type=FILE,
        metavar="FILE",
        help=f"Where the one-time key is kept, if the {whose}'s folder is shared.  [default: in the folder]",
    )


def passphrase_files(command: Command) -> Command:
    """Add a repeated ``--passphrase-file`` to a command that opens several custodians' folders."""
    return click.option(
        "--passphrase-file",
        "passphrase_files",
        type=FILE,
        multiple=True,
        metavar="FILE",
        help="Read a passphrase from this file's first line; one for each --identity, in its order.  "
        "[default: ask]",
    )(command)


def require_folders(paths: Iterable[Path]) -> None:
    """Refuse what is no custodian's folder before anything else is looked at."""
    for path in paths:
        own = CustodianFolder(path)
        if not (own.identity.exists() or own.card.exists()):
            raise InputError(
                f"{name_of(path)}: not a custodian's folder",
                hint="give the folder itself, in which identity.json and card.json are",
            )


def identity_folder(command: Command) -> Command:
    """Add ``--identity``: the custodian's own folder, refused before anything else if it is none."""

    @functools.wraps(command)
    def checking(*arguments: Any, folder: Path, **given: Any) -> Any:
        require_folders([folder])
        return command(*arguments, folder=folder, **given)

    return click.option(
        "--identity",
        "folder",
        type=FILE,
        required=True,
        metavar="DIR",
        help="Your folder, with identity.json.",
    )(cast("Command", checking))


def ceremony_folder(command: Command) -> Command:
    """Add ``--folder``: the ceremony's folder."""
    return click.option(
        "--folder", "ceremony", type=FILE, required=True, metavar="DIR", help="The ceremony's folder."
    )(command)
