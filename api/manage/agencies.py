"""``clew register agency``: who may submit."""

from pathlib import Path

import click

from api.clock import utc_now
from api.manage.options import data_option, given_file, opened_register, say
from api.store.agencies import all_agencies
from api.trust import enrol_agency, remove_agency
from api.unit import read_given
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["agency"]


@click.group()
def agency() -> None:
    """Enrol agencies, list them, or let a card count no more."""


@agency.command()
@data_option
@click.argument("card", type=given_file)
@click.option(
    "--fingerprint", required=True, help="The fingerprint, as the agency read it out: hex digits or words."
)
def add(data: Path, card: Path, fingerprint: str) -> None:
    """Enrol the agency that holds CARD."""
    content = read_given(card, limit=MAX_CARD_BYTES)
    with opened_register(data) as (_, database), database.write() as connection:
        enrolled, new = enrol_agency(connection, content, fingerprint=fingerprint, now=utc_now())
    state = "is enrolled now" if new else "was enrolled already"
    say(f"{enrolled.role} {enrolled.agency} ({enrolled.name}) {state}")


@agency.command("list")
@data_option
def list_(data: Path) -> None:
    """List agencies: code, role, state, last sequence, fingerprint, name."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in all_agencies(connection):
            state = "enrolled" if one.enrolled else "removed"
            click.echo("\t".join((one.code, one.role, state, str(one.sequence), one.fingerprint, one.name)))


@agency.command()
@data_option
@click.argument("code")
def remove(data: Path, code: str) -> None:
    """Let the card of the agency CODE count no more.

    What it submitted stays; a new card may be enrolled after it.
    """
    with opened_register(data) as (_, database), database.write() as connection:
        remove_agency(connection, code, now=utc_now())
    say(f"the card of {code} counts no more")
