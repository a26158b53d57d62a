"""``clew register appeals``: how many public appeals are known, as a count by month and nothing more."""

import re
from pathlib import Path

import click

from api.clock import stamp, utc_now
from api.manage.options import data_option, opened_register, say
from api.overview.rotation import rotation_view
from api.store import appeals as store
from linkage.errors import InputError

__all__ = ["appeals"]

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MOST = 10_000

count_option = click.option(
    "--count", required=True, type=click.IntRange(0, _MOST), help="How many appeals there were."
)


@click.group()
def appeals() -> None:
    """Count public appeals for children likely in the register, for `clew register epoch advice`.

    Never a name, a place or a day: a month and a number.
    """


@appeals.command()
@data_option
@click.option("--month", required=True, help="The month, YYYY-MM.")
@count_option
def add(data: Path, month: str, count: int) -> None:
    """Add to the appeals of a month; what was added before stays."""
    now = utc_now()
    if _MONTH.fullmatch(month) is None or month > f"{now:%Y-%m}":
        raise InputError("--month: not a month that has begun", hint="as 2026-10")
    with opened_register(data) as (_, database), database.write() as connection:
        number = store.add_appeals(connection, month, count, now=stamp(now))
    say(f"count {number}: {count:,} in {month}")
    _advise(data)


@appeals.command()
@data_option
@click.option(
    "--per-year", required=True, type=click.IntRange(0, _MOST), help="How many appeals a year has, about."
)
def estimate(data: Path, per_year: int) -> None:
    """Say how many appeals a year has, where nobody counted three months yet; the newest estimate counts."""
    with opened_register(data) as (_, database), database.write() as connection:
        number = store.add_appeals(connection, None, per_year, now=stamp(utc_now()))
    say(f"count {number}: about {per_year:,} a year")
    _advise(data)


@appeals.command("list")
@data_option
def list_(data: Path) -> None:
    """List counts: number, month or "a year", count, when it was entered, whether it counts."""
    with opened_register(data) as (_, database), database.read() as connection:
        found = store.all_appeals(connection)
        if found:
            say("number\tmonth\tappeals\tentered on\tcounts")
        for one in found:
            state = "counts" if one.withdrawn_on is None else f"withdrawn {one.withdrawn_on}"
            words = (str(one.number), one.month or "a year", f"{one.count:,}", one.entered_on, state)
            click.echo("\t".join(words))


@appeals.command()
@data_option
@click.argument("number", type=int)
def withdraw(data: Path, number: int) -> None:
    """Let the count NUMBER, which was wrong, count no more."""
    with opened_register(data) as (_, database), database.write() as connection:
        if not store.withdraw_appeals(connection, number, now=stamp(utc_now())):
            raise InputError(f"no count {number} counts", hint="see `clew register appeals list --data DIR`")
    say(f"count {number} counts no more")
    _advise(data)


def _advise(data: Path) -> None:
    with opened_register(data) as (_, database), database.read() as connection:
        view = rotation_view(connection, now=utc_now())
    if view is not None:
        say(f"epoch {view.epoch}: {view.sentence}")
