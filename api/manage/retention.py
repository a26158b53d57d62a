"""``clew register retention``: what the schedule keeps, what would go and when, and a run now."""

import json
from pathlib import Path
from typing import Any

import click
from msgspec import to_builtins
from rich.console import Console
from rich.table import Table

from api.clock import utc_now
from api.config import read_settings
from api.manage.options import data_option, opened_register, say
from api.store import retention as store

__all__ = ["retention"]


@click.group()
def retention() -> None:
    """Show the retention schedule and what would go when, or let it run now."""


@retention.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def show(data: Path, *, as_json: bool) -> None:
    """Show the schedule's settings, what its latest run removed, and how many child records go when.

    Counts only, exact and small: for the operator's screen.
    """
    with opened_register(data) as (folder, database):
        settings = read_settings(folder.settings).retention
        with database.read() as connection:
            latest = store.latest_run(connection)
    content: dict[str, Any] = {
        "settings": to_builtins(settings),
        "latest": None if latest is None else to_builtins(latest),
    }
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    console = Console()
    console.print(_pairs("Retention settings", ("setting", "value"), content["settings"]))
    if latest is None:
        say("the schedule has not run yet: it runs once a day while the register worker runs")
        return
    console.print(_pairs(f"Removed by the run of {latest.ran_at}", ("what", "how many"), latest.removed))
    table = Table("agency", "month", "child records", title="What goes when", title_justify="left")
    for agency, months in latest.forecast.items():
        for month, count in months.items():
            table.add_row(agency, month, f"{count:,}")
    console.print(table)


def _pairs(title: str, heads: tuple[str, str], values: dict[str, Any]) -> Table:
    table = Table(*heads, title=title, title_justify="left")
    for name, value in values.items():
        table.add_row(name.replace("_", " ").replace("-", " "), _shown(value))
    return table


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


@retention.command()
@data_option
def run(data: Path) -> None:
    """Queue a run of the schedule now; the register worker does it."""
    with opened_register(data) as (_, database), database.write() as connection:
        number = store.queue_run(connection, now=utc_now())
    say(f"job {number}: the register worker runs the schedule; see `clew register retention show`")
