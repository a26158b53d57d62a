"""``clew register succession``: the custodians who succeeded to those pinned count."""

from pathlib import Path

import click

from api.clock import utc_now
from api.manage.options import data_option, given_file, opened_register, say
from api.separation import overlaps
from api.succeeding import adopt_succession
from api.unit import read_given, read_unit_card
from linkage.wire.cards import card_fingerprint
from linkage.wire.fingerprints import in_words
from linkage.wire.successions import MAX_SUCCESSION_BYTES

__all__ = ["succession"]


@click.command()
@data_option
@click.argument("file", type=given_file)
@click.option(
    "--fingerprint",
    required=True,
    help="The succession's fingerprint, as a custodian read it out: hex digits or words.",
)
def succession(data: Path, file: Path, fingerprint: str) -> None:
    """Pin the custodians in the succession FILE in place of those pinned; it cannot be taken back.

    Enough of those pinned must have signed it, and every one who comes.  Adopted epochs stay adopted.
    """
    content = read_given(file, limit=MAX_SUCCESSION_BYTES)
    with opened_register(data) as (folder, database):
        unit = read_unit_card(folder)
        with database.write() as connection:
            adopted, new = adopt_succession(connection, unit, content, fingerprint=fingerprint, now=utc_now())
            together = overlaps(connection)
    incoming = adopted.incoming
    for card in incoming.custodians:
        say(f"custodian {card.name}: {card_fingerprint(card)}")
        say(f"  in words: {in_words(card_fingerprint(card))}")
    say(f"succession {adopted.serial} {'is adopted now' if new else 'was adopted already'}")
    for found in together:
        say(f"caution: {found.words}; these duties are for two people")
    if new:
        say(f"from now on {incoming.threshold} of these {len(incoming.custodians)} custodians must sign")
