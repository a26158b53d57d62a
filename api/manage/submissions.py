"""``clew register submission``: what agencies submitted, and taking one out again."""

from pathlib import Path

import click

from api.clock import utc_now
from api.manage.options import data_option, opened_register, say
from api.settlement import withdraw_submission
from api.store.submissions import every

__all__ = ["submission"]


@click.group()
def submission() -> None:
    """List submissions, or withdraw one."""


@submission.command("list")
@data_option
@click.option("--agency", metavar="CODE", help="Only this agency's.")
def list_(data: Path, agency: str | None) -> None:
    """List submissions: identifier, agency, sequence, period, state, reason."""
    with opened_register(data) as (_, database), database.read() as connection:
        found = every(connection, agency=agency)
    for one in found:
        period = f"{one.manifest.period.start}/{one.manifest.period.end}"
        click.echo("\t".join((one.id, one.agency, str(one.sequence), period, one.state, one.reason)))


@submission.command()
@data_option
@click.argument("identifier", metavar="ID")
def withdraw(data: Path, identifier: str) -> None:
    """Let the submission ID count no more: its encodings go, and linkages are made without it.

    No older submission takes its place; the agency may submit again.
    """
    with opened_register(data) as (_, database), database.write() as connection:
        withdraw_submission(connection, identifier, now=utc_now())
    say("the submission is withdrawn; the workers remove its encodings and link again")
