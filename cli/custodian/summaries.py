"""What custodians are shown before they put their name to something; all of it on stderr."""

from collections.abc import Iterable

import click

from cli.roles import kind_of_agency
from keys.messages import Ceremony
from linkage.weak_profiles import named_by_digest
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, card_fingerprint
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.fingerprints import in_words

__all__ = ["card_text", "say", "shown", "summarise_agency", "summarise_ceremony", "summarise_epoch"]


def shown(text: str) -> str:
    """Return text that came from somebody else's file without anything that could steer a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def say(lines: Iterable[str]) -> None:
    """Write messages to stderr."""
    for line in lines:
        click.echo(line, err=True)


def summarise_ceremony(ceremony: Ceremony) -> None:
    """Show a ceremony's terms and everybody's fingerprints."""
    quorum = f"{ceremony.threshold} of {len(ceremony.custodians)}"
    say(
        (
            f"ceremony {ceremony.fingerprint}",
            f"  in words: {in_words(ceremony.fingerprint)}",
            f"  epoch {ceremony.epoch}, {ceremony.opens} to {ceremony.closes}",
            f"  profile {named_by_digest(ceremony.profile_name, ceremony.profile_digest)}",
            f"  linkage unit {card_text(ceremony.unit)}",
            f"  custodians, {quorum} must sign and together have the key:",
            *(f"    {card_text(card)}" for card in ceremony.custodians),
        )
    )


def summarise_epoch(descriptor: EpochDescriptor, ceremony: Ceremony) -> None:
    """Show what an epoch descriptor states and who has signed it."""
    profile = shown(named_by_digest(descriptor.profile_name, descriptor.profile_digest))
    names = [shown(card.name) for card in ceremony.custodians if _has_signed(card, descriptor)]
    say(
        (
            f"epoch descriptor {descriptor.epoch}, {descriptor.opens} to {descriptor.closes}",
            f"  profile {profile}, key check value {descriptor.key_check_value}",
            f"  linkage unit {card_text(ceremony.unit)}",
            f"  signed so far by: {', '.join(names) or 'nobody'} ({ceremony.threshold} needed)",
        )
    )


def summarise_agency(card: AgencyCard, epoch: str) -> None:
    """Show for whom the key of an epoch is, wrapped already or not."""
    kind = kind_of_agency(card.role)
    say((f"the key of epoch {epoch} for {card.agency}, {kind}", f"  {card_text(card)}"))


def card_text(card: AgencyCard | CustodianCard | UnitCard) -> str:
    """Return whose card it is, with its fingerprint in hex digits and in words."""
    fingerprint = card_fingerprint(card)
    return f"{shown(card.name)}  {fingerprint}\n      in words: {in_words(fingerprint)}"


def _has_signed(card: CustodianCard, descriptor: EpochDescriptor) -> bool:
    return any(signature.key == card.signing_key for signature in descriptor.signatures)
