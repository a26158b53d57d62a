"""The ``clew`` command: one name, and groups that load only when they are named.

Each package registers its group under the entry point ``clew.commands``.  Loading lazily is a wall and not
only a saving: ``clew register serve`` must never load key custody or encoding code, nor ``clew agency`` the
matching or the service.
"""

import sys
from importlib.metadata import EntryPoint, entry_points

import click

from linkage.errors import ClewError

__all__ = ["main"]

_SUMMARIES = {
    "agency": "Check, encode, submit and reconcile one agency's records.",
    "demo": "Play the whole path in a made-up world, every party a process of its own.",
    "evaluate": "Link labelled data at the shipped defaults and score the result.",
    "keys": "Key custody: identities, ceremony, epoch descriptors, wrapped keys.",
    "profile": "Encoding profiles: list, explain, check and compare them.",
    "register": "Run the linkage unit: service, workers, enrolment, submissions, cycles.",
}
"""Shown by ``clew --help``, which loads no group; a test compares them with the groups' own summaries."""

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


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


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused, 2 wrong usage, 130 interrupted."""
    try:
        outcome = _clew.main(args=arguments, prog_name="clew", standalone_mode=False)
    except ClewError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        return EXIT_ERROR
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: nothing half-written was left behind", err=True)
        return EXIT_INTERRUPTED
    return outcome if isinstance(outcome, int) else 0


if __name__ == "__main__":
    sys.exit(main())
