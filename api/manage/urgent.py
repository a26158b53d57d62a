"""``clew register urgent``: absences of which one side says that the child is still missing."""

import json
from pathlib import Path

import click
from msgspec import to_builtins

from api.manage.options import data_option, opened_register
from api.store.urgent import UrgentRow, all_rows

__all__ = ["urgent"]


@click.command()
@data_option
@click.option("--all", "every", is_flag=True, help="Those that have ended since they were told, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def urgent(data: Path, *, every: bool, as_json: bool) -> None:
    """List open/closed conflicts, the oldest first: who should ask whom, and whether they were told.

    A conflict stands twice, once for each side.  One line is since when, agency, whom it asks, the query
    number that it quotes, and told or waiting; never whose record.
    """
    with opened_register(data) as (_, database), database.read() as connection:
        found = [one for one in all_rows(connection) if every or one.standing]
    if as_json:
        click.echo(json.dumps([_plain(one) for one in found], indent=2))
        return
    for one in found:
        told = "waits for the cycle" if one.told_at is None else f"told {one.told_at[:10]}"
        ended = "" if one.standing else "ended"
        click.echo("\t".join((one.arisen_at[:10], one.agency, one.contact, one.query, told, ended)))


def _plain(one: UrgentRow) -> dict[str, object]:
    return {name: value for name, value in to_builtins(one).items() if name != "episode"}
