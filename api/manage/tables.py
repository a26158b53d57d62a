"""``clew register tables``: a draft of the register's statistics, through disclosure control, as files."""

from pathlib import Path

import click

from api.manage.options import data_option, opened_register, say
from linkage.counted import counted
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
    """Count statistics of the newest cycle and write a draft of what disclosure control lets pass.

    A draft is for the operator's eyes: it knows of no release before it.  What is published is a release
    (`clew register release`).  Run it as the register worker's account: it opens payload, which no other
    account can.
    """
    # Here and not above: charts load much that no other command needs.
    from api.counting_tables import count_register
    from api.disclosing import disclosed, policy_set
    from api.publishing.files import publication
    from api.publishing.folders import refuse_filled, write_folder
    from linkage.register.statistics.published import Beside

    wanted = read_period(period)
    refuse_filled(output)
    with opened_register(data) as (folder, database):
        found = count_register(folder, database, wanted, area=area, numbers=numbers)
    released = disclosed(found)
    beside = Beside(
        wanted,
        found.directory,
        found.coverage,
        found.quality,
        found.cycle,
        rounding=policy_set(found.rules).base,
        draft=True,
    )
    number = write_folder(output, publication(released, beside))
    say(f"{counted(number, 'file')} of {counted(len(released), 'table')} in {output.name}")
    say("this is a draft and knows of no release before it: publish nothing but a release")
