"""``clew register tables``: the register's statistics, through disclosure control, as files."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import click

from api.manage.options import data_option, opened_register, say
from api.store.bodies import sync_folder, write_whole
from linkage.counted import counted
from linkage.errors import InputError
from linkage.register.statistics.periods import read_period

__all__ = ["tables"]


@click.command()
@data_option
@click.option("--period", required=True, metavar="DAY..DAY", help="First and last day of whole months.")
@click.option("--area", metavar="CODE", help="Only what councils of this area are responsible for.")
@click.option("--table", "numbers", multiple=True, metavar="T9", help="Only this table; may be repeated.")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write."
)
def tables(data: Path, period: str, area: str | None, numbers: tuple[str, ...], output: Path) -> None:
    """Count statistics of the newest cycle and write what disclosure control lets pass.

    What is written is a draft for the operator's eyes; published are releases.  Run it as the register
    worker's account: it opens payload, which no other account can.
    """
    # Here and not above: charts load much that no other command needs.
    from api.counting_tables import count_register
    from api.disclosing import POLICY, disclosed
    from api.publishing.files import publication
    from linkage.register.statistics.published import Beside
    from linkage.register.statistics.tables import chosen_tables

    wanted = read_period(period)
    chosen = {one.number for one in chosen_tables(numbers)}
    _refuse_filled(output)
    with opened_register(data) as (folder, database):
        found = count_register(folder, database, wanted, area=area)
    # All go through disclosure control together: drafts of two tables would else hide different cells.
    released = [one for one in disclosed(found) if one.number in chosen]
    beside = Beside(wanted, found.directory, found.coverage, found.quality, found.cycle, rounding=POLICY.base)
    number = _write(output, publication(released, beside))
    say(f"{counted(number, 'file')} of {counted(len(released), 'table')} in {output.name}")


def _refuse_filled(output: Path) -> None:
    if output.exists() and any(output.iterdir()):
        raise InputError(f"{output.name}: there is something in it already", hint="name a new folder")


def _write(output: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write all files beside the folder, and then put all in its place: no publication is ever half one."""
    output = output.absolute()
    beside = output.with_name(f".{output.name}.{os.getpid()}.part")
    beside.mkdir(mode=0o755)
    number = 0
    try:
        for name, content in files:
            with (
                write_whole(beside / name, mode=0o644) as descriptor,
                open(descriptor, "wb", closefd=False) as stream,
            ):
                stream.write(content)
            number += 1
        beside.replace(output)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    sync_folder(output.parent)
    return number
