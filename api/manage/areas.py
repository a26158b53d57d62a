"""``clew register areas``: which region, country and police force every council belongs to."""

import csv
import io
from pathlib import Path

import click

from api.clock import stamp, utc_now
from api.manage.options import data_option, given_file, opened_register, say
from api.store.areas import read_directory, replace_directory
from api.unit import read_given
from linkage.counted import counted
from linkage.errors import InputError
from linkage.register.areas import COLUMNS, read_areas

__all__ = ["areas"]

_MAX_BYTES = 4 * 1024 * 1024


@click.group()
def areas() -> None:
    """Keep the directory of areas that statistics are divided by."""


@areas.command("import")
@data_option
@click.argument("file", type=given_file)
def import_(data: Path, file: Path) -> None:
    """Put the directory in FILE, a CSV, in the place of the one before."""
    content = read_given(file, limit=_MAX_BYTES)
    try:
        directory = read_areas(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{file.name}: not UTF-8", hint="save it as CSV in UTF-8") from None
    with opened_register(data) as (_, database), database.write() as connection:
        changed = replace_directory(connection, directory, now=stamp(utc_now()))
    say(f"{counted(len(directory.areas), 'area')}, {changed} of them new, changed or gone")


@areas.command()
@data_option
def show(data: Path) -> None:
    """Print the directory as the CSV that `import` takes."""
    with opened_register(data) as (_, database), database.read() as connection:
        directory = read_directory(connection)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(directory.areas.values())
    click.echo(text.getvalue(), nl=False)
