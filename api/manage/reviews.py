"""``clew register review``: what reviewers are asked about, and how far they agree; verdicts are for them."""

from pathlib import Path

import click

from api import reviewing
from api.manage.options import data_option, opened_register
from api.store import review as rows
from linkage.register.review_agreement import Agreement

__all__ = ["review"]


@click.group()
def review() -> None:
    """Say what clerical review is at; reviewers decide in the console."""


@review.command("list")
@data_option
def list_(data: Path) -> None:
    """List pairs: number, agencies, value of an answer, whether asked about, settled or let go, and outcome.

    What single reviewers said is told to nobody before it counts.
    """
    with opened_register(data) as (_, database), database.read() as connection:
        for one in rows.all_pairs(connection):
            state = "settled" if one.taken_at is not None else "asked" if one.asked else "let go"
            cells = (one.id, one.left[0], one.right[0], f"{one.value:.3f}", state, one.outcome or "-")
            click.echo("\t".join(map(str, cells)))


@review.command()
@data_option
def agreement(data: Path) -> None:
    """Print Cohen's kappa with its interval: every two reviewers, then all of them."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in reviewing.agreement_of(connection):
            click.echo("\t".join((*one.reviewers, *_cells(one.agreement))))
        click.echo("\t".join(("all", "all", *_cells(reviewing.agreement_overall(connection)))))


def _cells(found: Agreement) -> tuple[str, ...]:
    numbers = (found.agreed, found.kappa, found.low, found.high)
    return (str(found.pairs), *("-" if one is None else f"{one:.3f}" for one in numbers))
