"""``clew agency``: what an agency's data officer does, from the first day to the report.

Each command's module loads when the command is named: a script that asks for the status every minute need not
load the encoder, nor an encoding the network.
"""

from importlib import import_module

import click

__all__ = ["agency"]

_COMMANDS = {
    "init": ("setup_commands", "init_command"),
    "join": ("setup_commands", "join_command"),
    "keyring": ("keyring_command", "keyring_command"),
    "desk": ("desk_command", "desk_command"),
    "mapping": ("mapping_commands", "mapping_command"),
    "check": ("extract_commands", "check_command"),
    "dummies": ("dummy_commands", "dummies_command"),
    "encode": ("extract_commands", "encode_command"),
    "reencode": ("reencode_command", "reencode_command"),
    "inspect": ("inspect_command", "inspect_command"),
    "risk": ("risk_command", "risk_command"),
    "submit": ("unit_commands", "submit_command"),
    "status": ("unit_commands", "status_command"),
    "report": ("unit_commands", "report_command"),
    "urgent": ("urgent_command", "urgent_command"),
    "answer": ("answer_command", "answer_command"),
    "requests": ("requests_command", "requests_command"),
    "checkpoint": ("checkpoint_commands", "checkpoint_command"),
    "references": ("unit_commands", "references_command"),
    "withdraw": ("record_commands", "withdraw_command"),
    "shield": ("record_commands", "shield_command"),
    "erase": ("record_commands", "erase_command"),
    "erasure": ("record_commands", "erasure_command"),
    "revoke": ("revoke_command", "revoke_command"),
    "renew": ("renew_command", "renew_command"),
    "succession": ("succession_command", "succession_command"),
}
"""By name, in the order in which they are needed: module of this package, and the command in it."""


class _LazyGroup(click.Group):
    """A group that loads a command when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order in which they are needed."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load one command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(import_module(f"cli.agency.{module}"), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{name} is not a command")
        return command


@click.group("agency", cls=_LazyGroup)
def agency() -> None:
    """Check, encode, submit and reconcile one agency's records."""
