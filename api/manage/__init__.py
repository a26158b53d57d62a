"""The command group ``clew register``: what an operator of the linkage unit types.

Each command's module loads when the command is named: most commands are small, and are called by timers.
"""

from importlib import import_module

import click

__all__ = ["register"]

_MODULES = {
    "account": "accounts",
    "agency": "agencies",
    "alerts": "alerts",
    "answers": "answers",
    "appeals": "appeals",
    "approver": "reidentifying",
    "areas": "areas",
    "audience": "audiences",
    "audit": "audit",
    "backup": "keeping",
    "budgets": "budgets",
    "certificate": "certificates",
    "check": "keeping",
    "config": "configuring",
    "console": "serving_console",
    "cycle": "cycles",
    "epoch": "epochs",
    "erase": "erasing",
    "evidence": "evidence",
    "figures": "cycles",
    "init": "setup",
    "link": "links",
    "migrate": "setup",
    "persons": "cycles",
    "pseudonym": "audiences",
    "reidentify": "reidentifying",
    "release": "releasing",
    "restore": "keeping",
    "retention": "retention",
    "retry": "jobs",
    "review": "reviews",
    "revoke": "revoking",
    "serve": "running",
    "status": "jobs",
    "submission": "submissions",
    "succession": "succession",
    "tables": "tables",
    "upgrade": "setup",
    "urgent": "urgent",
    "work": "running",
}
"""By name: the module of this package that defines a command of that name."""


class _LazyGroup(click.Group):
    """A group that loads a command when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands."""
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in _MODULES:
            return None
        command = getattr(import_module(f"api.manage.{_MODULES[cmd_name]}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command


@click.group(cls=_LazyGroup)
def register() -> None:
    """Run the linkage unit: service, workers, enrolment, submissions, cycles."""
