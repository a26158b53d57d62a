"""``clew register cycle``, ``figures`` and ``persons``: close a cycle and read what came of it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from api.audiences import OPERATOR, in_use
from api.clock import stamp, utc_now
from api.cycle import abandon_cycle, close_cycle
from api.manage.audiences import audience_option
from api.manage.options import data_option, given_file, opened_register, say
from api.store import ledger, results
from api.store.bodies import write_whole
from api.store.persons import standing_members
from linkage.counted import counted
from linkage.errors import InputError
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["cycle", "figures", "persons"]


@click.command()
@data_option
@click.option("--abandon", is_flag=True, help="Give up the cycle that is being worked on instead.")
def cycle(data: Path, *, abandon: bool) -> None:
    """Close the cycle: link what was submitted, then reconcile, for all agencies at once.

    The two workers do the work; `clew register status` shows how far they are.
    """
    if abandon:
        with opened_register(data) as (_, database), database.write() as connection:
            number = abandon_cycle(connection, now=utc_now())
        say(f"cycle {number} is abandoned; its number goes to the next that is closed")
        return
    with opened_register(data) as (_, database), database.write() as connection:
        number = close_cycle(connection, now=utc_now())
    say(f"cycle {number} is closed: linkage and reconciliation are queued")


@click.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def figures(data: Path, *, as_json: bool) -> None:
    """Print the latest cycle's figures.

    They are exact and small: for the operator's screen, never for publication.
    """
    with opened_register(data) as (_, database), database.read() as connection:
        number = results.latest_reconciled(connection)
        latest = results.cycle(connection, number)
    if latest is None or latest.figures is None:
        raise InputError("no cycle has been reconciled yet", hint="close one with `clew register cycle`")
    content: dict[str, Any] = {"cycle": number, **json.loads(latest.figures)}
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    console = Console()
    for table in _tables(content):
        console.print(table)


def _tables(content: dict[str, Any]) -> list[Table]:
    """Lay figures out: single counts in one table, groups of counts in one each."""
    single = Table("figure", "count", title=f"Cycle {content['cycle']}", title_justify="left")
    tables = [single]
    for name, value in content.items():
        if name == "cycle":
            continue
        if not isinstance(value, dict):
            single.add_row(_words(name), f"{value:,}")
            continue
        table = Table("", "count", title=_words(name), title_justify="left")
        for key, count in value.items():
            table.add_row(key if key.isupper() else _words(key), f"{count:,}")
        tables.append(table)
    for table in tables:
        table.columns[1].justify = "right"
    return tables


def _words(name: str) -> str:
    return name.replace("_", " ")


@click.command()
@data_option
@audience_option
@click.option("--output", required=True, type=given_file, help="The CSV to write.")
def persons(data: Path, name: str, output: Path) -> None:
    """Write the register's persons under an audience's pseudonyms.

    The operator's list says which record handle belongs to whom; no other audience is given a handle, by
    which it could join its list with another's.
    """
    with opened_register(data) as (folder, database), database.write() as connection:
        audience = in_use(folder, connection, name)
        found = standing_members(connection)
        facts: dict[str, Fact] = {"what": "persons", "audience": name, "records": len(found)}
        # Before the file, so that there is no export without an entry.
        ledger.append(connection, EntryKind.SENSITIVE_READ, facts, now=stamp(utc_now()))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if audience.audience == OPERATOR:
        writer.writerow(("agency", "handle", "pseudonym"))
        writer.writerows((one.agency, one.handle, audience.of(one.person)) for one in found)
    else:
        writer.writerow(("pseudonym",))
        writer.writerows(sorted((audience.of(one),) for one in {one.person for one in found}))
    with write_whole(output, mode=0o600) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(text.getvalue().encode())
    say(f"{counted(len(found), 'record')} of {counted(len({one.person for one in found}), 'person')}")
