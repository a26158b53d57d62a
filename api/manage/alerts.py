"""``clew register alerts``: what looks like probing, and what is held back because of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from msgspec import to_builtins
from sqlalchemy import Connection

from api.clock import stamp, utc_now
from api.manage.options import data_option, opened_register, say
from api.store import alerts as store
from api.store import ledger
from api.store.alerts import Alert
from linkage.errors import InputError
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["alerts"]

_WORDS = {
    "amendments": "children whose records were amended too often; what is told of them stands still",
    "walking-dates": "records of which a date went the same way cycle after cycle",
    "come-and-go": "records that were withdrawn and came back again and again",
    "short-lived": "children with records that were there for a moment only",
    "backdated-children": "children who came with nothing but old absences",
    "urgent-conflicts": "open/closed conflicts beyond what is told between cycles; they wait for the cycle",
}


@click.command()
@data_option
@click.option("--all", "every", is_flag=True, help="Those that were closed too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.option("--admit", type=int, metavar="NUMBER", help="Let through what this alert holds back.")
@click.option("--close", type=int, metavar="NUMBER", help="Close this alert: it was dealt with.")
def alerts(data: Path, *, every: bool, as_json: bool, admit: int | None, close: int | None) -> None:
    """List alerts: number, cycle, agency, kind, count, how many are held back; never whose record.

    What is held back goes on standing as it did, until you admit it; closing an alert admits nothing.
    """
    with opened_register(data) as (_, database):
        if admit is not None or close is not None:
            with database.write() as connection:
                for number in (admit, close):
                    _require(None if number is None else store.find_alert(connection, number), number)
                _act(connection, admit, close)
        with database.read() as connection:
            found = [one for one in store.all_alerts(connection) if every or one.closed_at is None]
    if as_json:
        click.echo(json.dumps([to_builtins(one) for one in found], indent=2))
        return
    for one in found:
        state = "closed" if one.closed_at else "open"
        held = f"{one.holding:,} held back" if one.holding else "nothing held back"
        words = (str(one.number), f"cycle {one.cycle}", one.agency, one.kind, f"{one.count:,}", held, state)
        click.echo("\t".join((*words, _WORDS[one.kind])))


def _require(found: Alert | None, number: int | None) -> None:
    if number is not None and found is None:
        raise InputError(f"there is no alert {number}", hint="see `clew register alerts --all --data DIR`")


def _act(connection: Connection, admit: int | None, close: int | None) -> None:
    now = stamp(utc_now())
    if admit is not None:
        found = store.admit(connection, admit, now=now)
        holds = [f"{one.agency}/{one.subject}/{one.cycle}" for one in found]
        _enter(connection, "admitted", admit, {"amendment_holds": holds}, now)
        say(f"{len(found):,} children or persons are admitted: the next cycle compares what is sent now")
    if close is not None:
        store.close_alert(connection, close, now=now)
        _enter(connection, "closed", close, {"alerts": [str(close)]}, now)
        say(f"alert {close} is closed")


def _enter(
    connection: Connection, what: str, number: int, rows: Mapping[str, Sequence[str]], now: str
) -> None:
    facts: dict[str, Fact] = {"what": what, "alert": number}
    ledger.append(connection, EntryKind.ALERT, facts, now=now, rows=rows)
