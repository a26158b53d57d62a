"""What a custodian's command checks before it lets a key work."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from cli.custodian.summaries import shown
from keys.custodian_folder import CustodianFolder
from keys.identity import Identity
from keys.messages import Ceremony
from keys.storing import card_at, naming, read_as
from linkage.errors import EpochError, InputError, VerificationError
from linkage.shipped_profiles import shipped_profile
from linkage.weak_profiles import require_epoch_profile
from linkage.wire.cards import AgencyCard, CustodianCard, card_fingerprint
from linkage.wire.custodian_sets import require_majority
from linkage.wire.epochs import EpochDescriptor, WrappedKey, read_descriptor, read_wrapped_key
from linkage.wire.fingerprints import same_fingerprint
from linkage.wire.moments import Moment

__all__ = [
    "agency_by_fingerprint",
    "conformance_of",
    "descriptor_at",
    "profile_digest",
    "require_dates",
    "require_fingerprint",
    "require_fit_profile",
    "require_known_profile",
    "require_not_closed",
    "require_own",
    "require_quorum",
    "today",
    "verified_descriptor",
    "wrapped_key_at",
]


def descriptor_at(path: Path) -> EpochDescriptor:
    """Read an epoch descriptor, not yet to be believed."""
    return read_as(path, read_descriptor, what="epoch descriptor")


def wrapped_key_at(path: Path) -> WrappedKey:
    """Read a wrapped key, not yet to be believed."""
    return read_as(path, read_wrapped_key, what="wrapped key")


def verified_descriptor(path: Path, own: CustodianFolder) -> EpochDescriptor:
    """Read an epoch descriptor signed by enough of the custodians that this one pinned."""
    descriptor = descriptor_at(path)
    with naming(path):
        own.verify(descriptor)
    return descriptor


def require_fingerprint(found: str, given: str, *, what: str) -> None:
    """Refuse unless the fingerprint that somebody read out is this one, in hex digits or in words."""
    if not same_fingerprint(given, found):
        raise VerificationError(
            f"the fingerprint given is not that of {what}",
            hint="have it read out again; if it still differs, the file is not theirs: stop",
        )


def agency_by_fingerprint(path: Path, fingerprint: str) -> AgencyCard:
    """Read an agency's card and compare it with the fingerprint that the agency read out."""
    card = card_at(path, AgencyCard)
    require_fingerprint(card_fingerprint(card), fingerprint, what=f"the card {path.name}")
    return card


def today() -> dt.date:
    """Return today's date in England."""
    return dt.datetime.now(ZoneInfo("Europe/London")).date()


def require_dates(opens: Moment, closes: Moment) -> None:
    """Refuse the dates of an epoch that nobody could use."""
    if closes.date <= opens.date:
        raise InputError(
            "the epoch closes before it opens, or on the same day", hint="give --closes a later day"
        )
    if closes.date < today():
        raise InputError(f"the epoch would have closed on {closes}", hint="give the dates of a new epoch")


def require_quorum(threshold: int, custodians: Sequence[CustodianCard]) -> None:
    """Refuse custodians given twice, and a number of them that cannot hold the key together."""
    twice = [key for key, count in Counter(card.signing_key for card in custodians).items() if count > 1]
    if twice:
        name = next(shown(card.name) for card in custodians if card.signing_key == twice[0])
        raise InputError(f"a custodian occurs twice: {name}", hint="give each custodian's card once")
    if len(custodians) < 2:
        raise InputError(
            f"custodians' cards given: {len(custodians)}, needed: 2 or more",
            hint="repeat --custodian: nobody may have the key alone",
        )
    if not 2 <= threshold <= len(custodians):
        how = "lower than two" if threshold < 2 else "higher than the number of custodians"
        raise InputError(
            f"the threshold is {how}",
            hint=f"give --threshold a number from {len(custodians) // 2 + 1} to {len(custodians)}",
        )
    require_majority(threshold, len(custodians))


def require_own(identity: Identity, card: CustodianCard) -> None:
    """Refuse an identity that is not the one of the card by which it was let in."""
    if identity.public_key != card.signing_key:
        raise VerificationError(
            "the identity is not the one of the card", hint="restore your folder from its copy"
        )


def require_not_closed(descriptor: EpochDescriptor) -> None:
    """Refuse an epoch whose last day is over: no agency may join it any more."""
    if descriptor.closes.date < today():
        raise EpochError(
            f"epoch {descriptor.epoch} closed on {descriptor.closes}",
            hint="ask the custodians for a new ceremony",
        )


def profile_digest(name: str) -> str:
    """Return the digest of an encoding profile that comes with this release."""
    return shipped_profile(name).digest


def require_fit_profile(name: str, *, allow_weak: bool) -> None:
    """Refuse a profile that no epoch may have, and a weak one unless the custodian allows it."""
    require_epoch_profile(shipped_profile(name), allow_weak=allow_weak)


def require_known_profile(ceremony: Ceremony) -> None:
    """Refuse a ceremony for a profile that this release has otherwise."""
    if profile_digest(ceremony.profile_name) != ceremony.profile_digest:
        raise EpochError(
            f"this release has another encoding profile under the name {ceremony.profile_name}",
            hint="everyone in a ceremony needs the same release of clew",
        )


def conformance_of(ceremony: Ceremony) -> Callable[[bytes], str]:
    """Return what computes the conformance digest of a ceremony's profile from an epoch key."""
    from linkage.encode.conformance import (
        conformance_digest,
    )  # loads numpy, which most commands here do not need

    require_known_profile(ceremony)
    profile = shipped_profile(ceremony.profile_name)
    return lambda epoch_key: conformance_digest(profile, epoch_key)
