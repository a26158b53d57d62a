"""The ``clew`` command: one name, and groups that load only when they are named.

Each package registers its group under the entry point ``clew.commands``.  Loading lazily is a wall and not
only a saving: ``clew register serve`` must never load key custody or encoding code, nor ``clew agency`` the
matching or the service.
"""

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import FrameType

import click

from cli.dumps import leave_no_dump
from linkage.errors import ClewError

__all__ = ["main"]

_SUMMARIES = {
    "agency": "Check, encode, submit and reconcile one agency's records.",
    "audit": "Verify a linkage unit's ledger or an evidence pack, with nothing of the unit's.",
    "demo": "Play the whole path in a made-up world, every party a process of its own.",
    "evaluate": "Link labelled data at the shipped defaults and score the result.",
    "keys": "Key custody: identities, ceremony, epoch descriptors, wrapped keys.",
    "privacy-audit": "Attack encoding profiles with made-up people and throw-away keys.",
    "profile": "Encoding profiles: list, explain, check and compare them.",
    "register": "Run the linkage unit: service, workers, enrolment, submissions, cycles.",
}
"""Shown by ``clew --help``, which loads no group; a test compares them with the groups' own summaries."""

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
EXIT_SIGNALLED = 128
"""And the number of the signal, as shells count."""

_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{12}\.part")
"""The name of a file while it is written (:func:`keys.files.replacing`): nobody has typed that one."""

_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")


class _LazyGroup(click.Group):
    """A group whose commands are entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the registered groups."""
        return sorted(_registered())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one group."""
        entry = _registered().get(cmd_name)
        return None if entry is None else _load(entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the groups without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _SUMMARIES.get(name, "")) for name in self.list_commands(ctx)])


def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group="clew.commands")}


def _load(entry: EntryPoint) -> click.Command:
    try:
        command = entry.load()
    except ModuleNotFoundError as error:
        raise ClewError(
            f"clew {entry.name}: this machine lacks the package {error.name}",
            hint="install the extra that this command needs: pip install 'clew[register]'",
        ) from None
    if not isinstance(command, click.Command):
        raise TypeError(f"the entry point {entry.name} is not a command")
    return command


@click.group(cls=_LazyGroup)
@click.version_option(package_name="clew")
def _clew() -> None:
    """Privacy-preserving linkage of children's missing-episode records."""


class _Stopped(SystemExit):
    """A signal to end came; a ``SystemExit``, for that is what others' event loops let through."""

    def __init__(self, number: int) -> None:
        super().__init__(EXIT_SIGNALLED + number)
        self.number = number


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 1 refused, 2 wrong usage, 130 interrupted, 128 and the signal's number stopped by a signal.
    A command whose result is itself a yes or a no says so with other codes (``clew privacy-audit run``).
    """
    leave_no_dump()
    try:
        with _stopping():
            return _run(arguments)
    except _Stopped as stopped:
        _tell("stopped: nothing half-written was left behind")
        return EXIT_SIGNALLED + stopped.number


def _run(arguments: list[str] | None) -> int:
    try:
        outcome = _clew.main(args=arguments, prog_name="clew", standalone_mode=False)
        if sys.stdout is not None:  # as it is where standard output is closed
            sys.stdout.flush()
    except ClewError as error:
        _tell(f"error: {error.message}", error.hint)
        return EXIT_ERROR
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _tell("interrupted: nothing half-written was left behind")
        return EXIT_INTERRUPTED
    except OSError as error:
        _drop_output()
        _tell(
            f"error: {_words(error)}",
            "check the path, the space on the disk, and who may read or write there",
        )
        return EXIT_ERROR
    return outcome if isinstance(outcome, int) else 0


@contextlib.contextmanager
def _stopping() -> Iterator[None]:
    """Let the signals that ask a process to end do so as Ctrl-C does: what was begun is cleaned up.

    A server puts its own handlers over these.  A signal that is ignored, as under nohup, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = [signal.Signals[name] for name in _ENDING_SIGNALS if hasattr(signal, name)]
    taken = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]

    def stop(number: int, _frame: FrameType | None) -> None:
        for other in taken:
            signal.signal(other, signal.SIG_IGN)  # a second one would end the cleaning up
        raise _Stopped(number)

    try:
        for number in taken:
            signal.signal(number, stop)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _words(error: OSError) -> str:
    """Say what the system refused: the reason, and of the path its last part, for it may tell too much."""
    reason = (error.strerror or "cannot be read or written").lower()
    if not isinstance(error.filename, (str, bytes)):
        return reason
    path = Path(os.fsdecode(error.filename))
    unfinished = _UNFINISHED.fullmatch(path.name)
    return f"{unfinished[1] if unfinished else path.name or path}: {reason}"


def _drop_output() -> None:
    """Let go of what standard output does not take: at exit Python would try again, and complain again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _tell(message: str, hint: str = "") -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone, which SIGHUP says
        click.echo(message, err=True)
        if hint:
            click.echo(f"hint: {hint}", err=True)


if __name__ == "__main__":
    sys.exit(main())
