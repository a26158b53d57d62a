"""``clew register link``: what the operator knows of two records, honoured at every linkage."""

from pathlib import Path

import click
from sqlalchemy import Connection

from api.clock import utc_now
from api.deciding import decide
from api.deciding import undo as undo_decision
from api.manage.options import data_option, opened_register, say
from api.store import known_link_samples, known_links
from api.store.persons import RecordKey
from linkage.errors import InputError

__all__ = ["link"]

_HANDLE_DIGITS = 32


@click.group()
def link() -> None:
    """Keep two records apart, join them, take that back, or list such decisions."""


_reason = click.option("--reason", required=True, help="Why; it is kept with the decision.")
_one = click.argument("one", metavar="AGENCY:HANDLE")
_other = click.argument("other", metavar="AGENCY:HANDLE")


@link.command("keep-apart")
@data_option
@_one
@_other
@_reason
def keep_apart(data: Path, one: str, other: str, reason: str) -> None:
    """Never let two records be one person, whatever their encodings say."""
    _decide(data, one, other, same=False, reason=reason)


@link.command()
@data_option
@_one
@_other
@_reason
@click.option(
    "--independent",
    is_flag=True,
    help="It was known before anybody looked at the linkage: it counts in how many links linkage finds.",
)
def join(data: Path, one: str, other: str, reason: str, independent: bool) -> None:  # noqa: FBT001
    """Let two records be one person, whatever their encodings say."""
    _decide(data, one, other, same=True, reason=reason, independent=independent)


def _decide(data: Path, one: str, other: str, *, same: bool, reason: str, independent: bool = False) -> None:
    left, right = _record(one), _record(other)
    with opened_register(data) as (_, database), database.write() as connection:
        number, new = decide(connection, left, right, same=same, reason=reason, now=utc_now())
        if independent:
            _sample(connection, number, new=new)
    what = "are one person" if same else "are kept apart"
    say(f"decision {number}: two records {what}{'' if new else ', as was decided already'}")
    click.echo(number)


def _sample(connection: Connection, number: int, *, new: bool) -> None:
    if not new and number not in known_link_samples.sampled_decisions(connection):
        raise InputError(
            f"decision {number} stands already, and nobody said then that it was known independently",
            hint="what was decided after a look at the linkage tells nothing of how many links it finds",
        )
    if new:
        known_link_samples.add_sample(connection, number)


@link.command()
@data_option
@click.argument("number", type=int)
def undo(data: Path, number: int) -> None:
    """Take the decision NUMBER back; the next linkage goes by the encodings again."""
    with opened_register(data) as (_, database), database.write() as connection:
        undo_decision(connection, number, now=utc_now())
    say(f"decision {number} is taken back")


@link.command("list")
@data_option
def list_(data: Path) -> None:
    """List decisions: number, joined or apart, the two records, when, reason."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in known_links.all_links(connection):
            what = "joined" if one.same else "apart"
            reason = "".join(character for character in one.reason if character.isprintable())
            cells = (str(one.id), what, ":".join(one.left), ":".join(one.right), one.decided_at, reason)
            click.echo("\t".join(cells))


def _record(text: str) -> RecordKey:
    agency, colon, handle = text.partition(":")
    digits = len(handle) == _HANDLE_DIGITS and set(handle) <= set("0123456789abcdef")
    if not (agency and colon and digits):
        raise InputError(
            "a record is written AGENCY:HANDLE",
            hint="take both from `clew register persons`; a handle has 32 lower-case hex digits",
        )
    return agency, handle
