"""``clew register erase``: records erased by the operator, in two steps, with a certificate."""

from pathlib import Path

import click

from api.audiences import OPERATOR, writer_of
from api.clock import stamp, utc_now
from api.erasing import (
    CONFIRM_WITHIN,
    abandon_erasure,
    ask_agency_erasure,
    ask_erasure,
    certify_erasure,
    confirm_erasure,
)
from api.held_files import clear_leftovers
from api.manage.options import data_option, given_file, opened_register, say, scrubbed
from api.secret_files import read_receipts_key
from api.store import erasures, persons
from api.store.bodies import write_whole
from api.store.database import Database
from api.store.erasures import ErasureRow
from api.unit import read_given
from linkage.counted import counted
from linkage.errors import InputError
from linkage.wire.erasures import MAX_ERASURE_BYTES

__all__ = ["erase"]

_reason = click.option(
    "--reason", required=True, help="Why, for the unit's own list; it is in no certificate."
)


@click.group()
def erase() -> None:
    """Erase one person's records from one agency, or an agency altogether: ask, then confirm."""


@erase.command("person")
@data_option
@click.argument("person", metavar="PSEUDONYM")
@click.option("--agency", required=True, metavar="CODE", help="The agency whose records of the person go.")
@_reason
def person_(data: Path, person: str, agency: str, reason: str) -> None:
    """Ask for one agency's records of the person PSEUDONYM to be erased.

    PSEUDONYM is the operator's, as `clew register persons` writes it.  Prints what confirms it.
    """
    with opened_register(data) as (folder, database), database.write() as connection:
        writer = writer_of(folder, connection, OPERATOR, person)
        wanted = writer.normal(person)
        members = [one for one in persons.members(connection) if one.agency == agency]
        found = [one.handle for one in members if writer.of(one.person) == wanted]
        if not found:
            raise InputError(
                "the agency has no record of a person with this pseudonym",
                hint="take agency and pseudonym from `clew register persons`",
            )
        asked = ask_erasure(connection, agency, found, reason=reason, now=utc_now())
    _tell(asked, f"{counted(len(found), 'child record')} of one person from {agency}")


@erase.command("agency")
@data_option
@click.argument("code")
@_reason
def agency_(data: Path, code: str, reason: str) -> None:
    """Ask for everything that the agency CODE sent to be erased.  Prints what confirms it."""
    with opened_register(data) as (_, database), database.write() as connection:
        asked = ask_agency_erasure(connection, code, reason=reason, now=utc_now())
        records = sum(one.agency == code for one in persons.members(connection))
    _tell(asked, f"all that {code} sent, {counted(records, 'child record')} of the register among it")


def _tell(asked: ErasureRow, what: str) -> None:
    say(f"erasure {asked.id} is asked for: {what}; nothing was erased yet")
    say(f"confirm it within {CONFIRM_WITHIN.days} days, by number and code; then it cannot be taken back")
    click.echo(f"{asked.id}\t{asked.code}")


@erase.command()
@data_option
@click.argument("number", type=int)
@click.option("--code", required=True, help="The code that was printed when it was asked for.")
def confirm(data: Path, number: int, code: str) -> None:
    """Let the erasure NUMBER happen: both workers do it, and it cannot be taken back."""
    with opened_register(data) as (_, database), database.write() as connection:
        asked = confirm_erasure(connection, number, code, now=utc_now())
    say(f"both workers erase now, jobs {asked.payload_job} and {asked.encodings_job}")
    say("from now on it counts in no linkage; `clew register erase certificate` once they are done")


@erase.command()
@data_option
@click.argument("number", type=int)
def abandon(data: Path, number: int) -> None:
    """Forget the erasure NUMBER, which was asked for and not confirmed."""
    with opened_register(data) as (_, database), database.write() as connection:
        abandon_erasure(connection, number)
    say(f"erasure {number} is abandoned; nothing was erased")


@erase.command("list")
@data_option
def list_(data: Path) -> None:
    """List erasures: number, scope, agency, records, state, when asked for, reason."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in erasures.all_erasures(connection):
            cells = (one.id, one.scope, one.agency or "-", one.records, one.state, one.asked_at, one.reason)
            click.echo("\t".join("".join(c for c in str(cell) if c.isprintable()) for cell in cells))


@erase.command()
@data_option
@click.argument("number", type=int)
@click.option("--output", required=True, type=given_file, help="The certificate to write.")
def certificate(data: Path, number: int, output: Path) -> None:
    """Write the certificate of the erasure NUMBER, always the same one, once it is done."""
    with opened_register(data) as (folder, database):
        key = read_receipts_key(folder.receipts_key)
        clear_leftovers(folder)
        _scrub(database, number)
        with database.write() as connection:
            found = erasures.find(connection, number)
            body = certify_erasure(connection, number, key)
    if found is None:
        raise InputError(f"there is no erasure {number}", hint="see `clew register erase list --data DIR`")
    if body is None:
        raise InputError(
            f"erasure {number} is not done: it is {found.state}",
            hint="confirm it first, with `clew register erase confirm`"
            if found.confirmed_at is None
            else "both workers must run; see `clew register status --data DIR`",
        )
    if output.exists() and read_given(output, limit=MAX_ERASURE_BYTES) != body:
        raise InputError(f"{output.name}: there is something else already", hint="choose another name")
    with write_whole(output, mode=0o644) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(body)
    say(f"erasure {number} is done; check the certificate with `clew register certificate check`")
    click.echo(output)


def _scrub(database: Database, number: int) -> None:
    """Clear gaps and logs where the workers are done and may not: their account does not own the tables."""
    with database.read() as connection:
        found = erasures.find(connection, number)
        waiting = erasures.to_be_scrubbed(connection)
    if found is None or found.id not in waiting:
        return
    scrubbed(database)
    with database.write() as connection:
        erasures.mark_erased(connection, waiting, now=stamp(utc_now()))
