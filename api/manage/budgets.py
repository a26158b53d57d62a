"""``clew register budgets``: what agencies used of their budgets, and raising one."""

import json
from pathlib import Path
from typing import cast

import click

from api.batches import SNAPSHOTS
from api.budgets import BUDGETS, BudgetName, Spent, standing
from api.clock import utc_now
from api.config import read_settings
from api.manage.options import data_option, opened_register, say
from api.raising_budgets import raise_budget

__all__ = ["budgets"]


@click.group()
def budgets() -> None:
    """See what agencies used of what they may ask and cause, and raise a budget for once."""


@budgets.command("list")
@data_option
@click.option("--agency", metavar="CODE", help="Of this agency alone.")
@click.option("--near", is_flag=True, help="Only those that are near their end, or at it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def list_(data: Path, agency: str | None, *, near: bool, as_json: bool) -> None:
    """List budgets: agency, budget, span, used, limit, how near it is, and what is counted."""
    with opened_register(data) as (folder, database), database.read() as connection:
        settings = read_settings(folder.settings).budgets
        found = list(standing(connection, settings, now=utc_now(), agency=agency))
    shown = [one for one in found if one.level is not None or not near]
    if as_json:
        click.echo(json.dumps([_fields(one) for one in shown], indent=2))
        return
    if shown:
        say("agency\tbudget\tspan\tused\tlimit\thow near\twhat is counted")
    for one in shown:
        numbers = (f"{one.used:,}", f"{one.limit:,}", one.level or "within")
        click.echo("\t".join((one.agency, one.budget.name, one.span, *numbers, one.budget.words)))


def _fields(one: Spent) -> dict[str, object]:
    return {
        "agency": one.agency,
        "budget": one.budget.name,
        "span": one.span,
        "used": one.used,
        "limit": one.limit,
        "level": one.level,
        "refuses": one.budget.refuses,
    }


@budgets.command("raise")
@data_option
@click.argument("agency")
@click.argument("budget", type=click.Choice([*BUDGETS, SNAPSHOTS]))
@click.option("--more", required=True, type=int, help="By how much: at most what is set, once again.")
@click.option("--reason", required=True, help="What the agency needs it for; name nobody.")
@click.option("--by", required=True, metavar="NAME", help="Who raises it.")
@click.option("--agreed-by", required=True, metavar="NAME", help="Who looked at it too: another person.")
def raise_(data: Path, agency: str, budget: str, more: int, reason: str, by: str, agreed_by: str) -> None:
    """Raise the budget BUDGET of AGENCY for the present cycle or year; the ledger says who and why."""
    with opened_register(data) as (folder, database), database.write() as connection:
        raised = raise_budget(
            connection,
            read_settings(folder.settings),
            agency,
            cast("BudgetName", budget),
            more,
            reason=reason,
            by=by,
            agreed_by=agreed_by,
            now=utc_now(),
        )
    say(f"{raised.budget} of {raised.agency}: {raised.more:,} more in {raised.span}")
