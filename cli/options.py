"""Options that commands of every party share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["FILE", "passphrase_file"]

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)


def passphrase_file(command: Command) -> Command:
    """Add ``--passphrase-file``; without it the passphrase is asked for."""
    return click.option(
        "--passphrase-file",
        type=FILE,
        metavar="FILE",
        help="Read the passphrase from this file's first line.  [default: ask]",
    )(command)
