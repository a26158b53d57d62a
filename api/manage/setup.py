"""``clew register init`` and ``epoch``: a new unit, and the epoch that it trusts."""

from pathlib import Path

import click

from api.clock import utc_now
from api.folders import DataFolder
from api.manage.options import data_option, given_file, opened_register, say
from api.trust import adopt_epoch
from api.unit import create_unit, read_given, read_unit_card
from linkage.weak_profiles import ALLOW_WEAK_PROFILE, named_by_digest
from linkage.wire.cards import CustodianCard, card_fingerprint, read_card
from linkage.wire.fingerprints import in_words
from linkage.wire.limits import MAX_CARD_BYTES, MAX_MANIFEST_BYTES

__all__ = ["epoch", "init"]


@click.command()
@data_option
@click.option("--name", required=True, help="The unit's name, as it will stand on its card.")
def init(data: Path, name: str) -> None:
    """Make a new unit: keys, card, settings, empty stores.

    Prints where the card lies; the ceremony needs it.
    """
    card = create_unit(data, name)
    say("made a linkage unit; its keys lie in secrets/ and are in no backup yet")
    say(f"fingerprint of its card: {card_fingerprint(card)}")
    say(f"  in words: {in_words(card_fingerprint(card))}")
    click.echo(DataFolder(data).unit_card)


@click.command()
@data_option
@click.option("--descriptor", required=True, type=given_file, help="The signed epoch descriptor.")
@click.option(
    "--custodian",
    "custodians",
    multiple=True,
    type=given_file,
    help="A custodian's card (repeat); pinned the first time.",
)
@click.option("--threshold", type=int, help="How many custodians must sign; pinned the first time.")
@click.option(
    ALLOW_WEAK_PROFILE, is_flag=True, help="Accept a profile whose encodings fall to known attacks."
)
def epoch(
    data: Path,
    descriptor: Path,
    custodians: tuple[Path, ...],
    threshold: int | None,
    *,
    allow_weak_profile: bool,
) -> None:
    """Put an epoch in force that enough of the pinned custodians signed."""
    cards = [read_card(read_given(path, limit=MAX_CARD_BYTES), CustodianCard) for path in custodians]
    content = read_given(descriptor, limit=MAX_MANIFEST_BYTES)
    with opened_register(data) as (folder, database):
        unit = read_unit_card(folder)
        with database.write() as connection:
            adopted, new = adopt_epoch(
                connection,
                unit,
                content,
                custodians=cards,
                threshold=threshold,
                now=utc_now(),
                allow_weak_profile=allow_weak_profile,
            )
    for card in cards:
        say(f"custodian {card.name}: {card_fingerprint(card)}")
        say(f"  in words: {in_words(card_fingerprint(card))}")
    state = "is in force now" if new else "was in force already"
    profile = named_by_digest(adopted.profile_name, adopted.profile_digest)
    say(f"epoch {adopted.epoch} {state}, open from {adopted.opens} to {adopted.closes}, profile {profile}")
