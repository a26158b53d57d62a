"""``clew register account``: who may open the console."""

from pathlib import Path

import click

from api.clock import utc_now
from api.console_accounts import CODE_HOURS, disable_account, invite_account, reset_account
from api.console_app.sealing import make_console_key
from api.manage.options import data_option, opened_register, say
from api.store import accounts

__all__ = ["account"]

_ROLES = ("operator", "reviewer", "governance", "publisher")


@click.group()
def account() -> None:
    """Invite people to the console, list them, reset or disable their accounts."""


@account.command()
@data_option
@click.argument("name")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice(_ROLES),
    help="What the account may do; given several times for several roles.",
)
def add(data: Path, name: str, roles: tuple[str, ...]) -> None:
    """Make the account NAME and print its one-time code.

    Hand the code over in person or by telephone. With it one chooses a passkey, or a password and an app.
    """
    with opened_register(data) as (folder, database), database.write() as connection:
        make_console_key(folder.console_key, in_use=accounts.has_sealed_secrets(connection))
        code = invite_account(connection, name, roles, now=utc_now())
    say(f"account {name} is there now; its one-time code counts for {CODE_HOURS} hours:")
    click.echo(code)


@account.command("list")
@data_option
def list_(data: Path) -> None:
    """List accounts: name, state, roles, number of passkeys, whether there is a password."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in accounts.all_accounts(connection):
            keys = len(accounts.passkeys_of(connection, one.name))
            password = "password" if one.password else "no password"
            click.echo("\t".join((one.name, one.state, ", ".join(one.roles), f"{keys} passkeys", password)))


@account.command()
@data_option
@click.argument("name")
def disable(data: Path, name: str) -> None:
    """Let the account NAME sign in no more, and end its sessions at once."""
    with opened_register(data) as (_, database), database.write() as connection:
        disable_account(connection, name, now=utc_now())
    say(f"account {name} is disabled; `clew register account reset` would invite it anew")


@account.command()
@data_option
@click.argument("name")
def reset(data: Path, name: str) -> None:
    """Take every passkey and password from the account NAME and print a new one-time code."""
    with opened_register(data) as (_, database), database.write() as connection:
        code = reset_account(connection, name, now=utc_now())
    say(f"account {name} has no credentials any more; its new one-time code counts for {CODE_HOURS} hours:")
    click.echo(code)
