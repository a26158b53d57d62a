"""Options that commands of every party share."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from keys.os_keyring import KeyringEntry

__all__ = ["FILE", "passphrase_file", "passphrase_from"]

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


def passphrase_from(command: Command) -> Command:
    """Add ``--passphrase-file`` and ``--keyring`` to a command that opens the identity of a folder.

    The command's ``passphrase_file`` is a :data:`keys.passphrase.PassphraseFrom`; it has ``--workspace``, or
    ``--identity`` as ``folder``.
    """

    @functools.wraps(command)
    def opening(*arguments: Any, passphrase_file: Path | None, keyring: bool, **given: Any) -> Any:
        if not keyring:
            return command(*arguments, passphrase_file=passphrase_file, **given)
        if passphrase_file is not None:
            raise click.UsageError("--keyring and --passphrase-file: give one of them")
        return command(*arguments, passphrase_file=KeyringEntry(_identity_file(given)), **given)

    keyring = click.option(
        "--keyring", is_flag=True, help="Take the passphrase from the operating system's keyring."
    )
    return cast("Command", keyring(passphrase_file(opening)))


def _identity_file(given: Mapping[str, Any]) -> Path:
    workspace, folder = given.get("workspace"), given.get("folder")
    if workspace is not None:
        return Path(workspace.identity_file)
    if folder is not None:
        return Path(folder) / "identity.json"
    raise click.UsageError("--keyring needs the folder of the identity")
