"""``clew register submission``: what agencies submitted, and taking one out again."""

import re
from pathlib import Path

import click
from sqlalchemy import Connection

from api.clock import utc_now
from api.manage.options import data_option, opened_register, say
from api.settlement import withdraw_submission
from api.store.submissions import every
from linkage.errors import InputError

__all__ = ["submission"]

_WHOLE, _FEWEST = 64, 8


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

    No older submission takes its place; the agency may submit again.  The first 8 digits of ID or more are
    enough where only one submission begins with them.
    """
    with opened_register(data) as (_, database), database.write() as connection:
        whole = _whole(connection, identifier)
        withdraw_submission(connection, whole, now=utc_now())
    say(f"the submission {whole} is withdrawn; the workers remove its encodings and link again")


def _whole(connection: Connection, identifier: str) -> str:
    """Return the whole identifier for its beginning; raises :class:`InputError` for none or many."""
    listed = "see `clew register submission list --data DIR`"
    given = identifier.lower().removesuffix("…")
    if not re.fullmatch(f"[0-9a-f]{{{_FEWEST},{_WHOLE}}}", given):
        raise InputError(
            "this is no identifier of a submission",
            hint=f"give its {_WHOLE} digits (0-9, a-f), or the first {_FEWEST} of them or more; {listed}",
        )
    found = [one.id for one in every(connection, agency=None) if one.id.startswith(given)]
    if not found:
        raise InputError("there is no such submission", hint=listed)
    if len(found) > 1:
        raise InputError(f"{len(found)} submissions begin with that", hint=f"give more digits; {listed}")
    return found[0]
