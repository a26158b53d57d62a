"""``clew register answers``: what agencies say came of their queries."""

import json
from pathlib import Path

import click
from msgspec import to_builtins

from api.manage.options import data_option, opened_register
from api.store.answers import given_answers

__all__ = ["answers"]


@click.command()
@data_option
@click.option("--agency", metavar="CODE", help="Only this agency's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def answers(data: Path, agency: str | None, *, as_json: bool) -> None:
    """List answers that stand: agency, query, class, whom it was to ask, answer, day; nobody's handle."""
    with opened_register(data) as (_, database), database.read() as connection:
        found = given_answers(connection, agency=agency)
    if as_json:
        click.echo(json.dumps([to_builtins(one) for one in found], indent=2))
        return
    for one in found:
        words = (
            one.agency,
            one.query,
            one.reconciliation_class,
            one.contact,
            one.answer,
            one.answered_at[:10],
        )
        click.echo("\t".join(words))
