"""What the operator lets the unit trust: custodians, epochs, agencies."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection

from api.clock import stamp
from api.revoking import refuse_revoked_card, refuse_revoked_descriptor
from api.store import agencies
from api.store.agencies import Pinned
from linkage.errors import EpochError, InputError, VerificationError
from linkage.shipped_profiles import shipped_profile
from linkage.weak_profiles import require_epoch_profile
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, card_fingerprint, read_card
from linkage.wire.epochs import EpochDescriptor, content_digest, read_descriptor, verify_quorum
from linkage.wire.fingerprints import same_fingerprint

_FEWEST_SIGNATURES = 2

__all__ = ["adopt_epoch", "enrol_agency", "remove_agency"]


def adopt_epoch(
    connection: Connection,
    unit: UnitCard,
    descriptor_bytes: bytes,
    *,
    custodians: Sequence[CustodianCard],
    threshold: int | None,
    now: dt.datetime,
    allow_weak_profile: bool = False,
) -> tuple[EpochDescriptor, bool]:
    """Put an epoch in force; returns its descriptor and whether it is new.

    1. The custodians given are those pinned, or are pinned now if none were.
    2. Enough of the pinned ones signed the descriptor, unless it is the one in force: those who signed that
       may have been succeeded since.
    3. The workers' keys in it are this unit's own, its profile is the one shipped under that name,
       and not weak unless the operator allows it.
    4. It is newer than the epoch in force; the one in force may be given again, unchanged.
    Raises :class:`linkage.errors.ClewError`.
    """
    pinned = _pinned(connection, custodians, threshold)
    descriptor = read_descriptor(descriptor_bytes)
    content = content_digest(descriptor)
    if not _in_force(connection, descriptor, content):
        verify_quorum(descriptor, pinned=pinned.signing_keys, threshold=pinned.threshold)
    _check_content(descriptor, unit, allow_weak_profile=allow_weak_profile)
    refuse_revoked_descriptor(connection, content)
    if not _newer(connection, descriptor, content):
        return descriptor, False
    if agencies.pinned_custodians(connection) is None:
        agencies.pin_custodians(connection, custodians, threshold=pinned.threshold, now=stamp(now))
    agencies.add_epoch(
        connection, descriptor, text=descriptor_bytes.decode(), content=content, now=stamp(now)
    )
    return descriptor, True


def _pinned(connection: Connection, given: Sequence[CustodianCard], threshold: int | None) -> Pinned:
    pinned = agencies.pinned_custodians(connection)
    keys = frozenset(card.signing_key for card in given)
    if len(keys) != len(given):
        raise InputError("--custodian: the same card is given twice")
    if pinned is None:
        return _first(keys, threshold)
    if (given and keys != pinned.signing_keys) or (threshold not in {None, pinned.threshold}):
        raise VerificationError(
            "these are not the custodians, or not the threshold, that this unit pinned at first",
            hint="leave --custodian and --threshold out; find out who wants them changed",
        )
    return pinned


def _first(keys: frozenset[str], threshold: int | None) -> Pinned:
    if not keys or threshold is None:
        raise InputError(
            "no custodians are pinned yet", hint="give every custodian's card and the threshold this once"
        )
    if not 1 <= threshold <= len(keys):
        raise InputError(f"--threshold: {threshold} of {len(keys)} custodians cannot sign")
    if threshold < _FEWEST_SIGNATURES:
        raise InputError(
            "--threshold: with 1, one custodian alone could put any epoch in force",
            hint="give the number that the custodians agreed on at their ceremony, which is at least 2",
        )
    return Pinned(keys, threshold)


def _check_content(descriptor: EpochDescriptor, unit: UnitCard, *, allow_weak_profile: bool) -> None:
    own = (unit.encodings_key, unit.payload_key)
    if (descriptor.unit_encodings_key, descriptor.unit_payload_key) != own:
        raise EpochError(
            "the epoch descriptor names another linkage unit's keys",
            hint="the ceremony must be opened with this unit's own card, unit-card.json",
        )
    profile = shipped_profile(descriptor.profile_name)
    if profile.digest != descriptor.profile_digest:
        raise EpochError(
            "the epoch's profile is not the one that this release ships under that name",
            hint="use the release of clew that the ceremony was held with",
        )
    require_epoch_profile(profile, allow_weak=allow_weak_profile)
    if descriptor.closes.at < descriptor.opens.at:
        raise EpochError("the epoch closes before it opens")


def _in_force(connection: Connection, descriptor: EpochDescriptor, content: str) -> bool:
    current = agencies.current_epoch(connection)
    if current is None or descriptor.epoch != current.epoch:
        return False
    return agencies.epoch_contents(connection)[current.epoch] == content


def _newer(connection: Connection, descriptor: EpochDescriptor, content: str) -> bool:
    """Say whether a descriptor is new; raises :class:`VerificationError` if it is a step back."""
    if _in_force(connection, descriptor, content):
        return False
    current = agencies.current_epoch(connection)
    known = agencies.epoch_contents(connection)
    if descriptor.epoch in known:
        raise VerificationError(
            "an epoch of this name was adopted before, and this is not the descriptor in force",
            hint="a descriptor is never changed or brought back; ask the custodians what happened",
        )
    if current is not None and descriptor.opens.at <= current.opens.at:
        raise VerificationError(
            "the descriptor opens no later than the one in force",
            hint="ask the custodians for the latest descriptor",
        )
    return True


def enrol_agency(
    connection: Connection, card_bytes: bytes, *, fingerprint: str, now: dt.datetime
) -> tuple[AgencyCard, bool]:
    """Enrol an agency whose card has the fingerprint that the agency itself read out, in hex digits or words.

    Returns the card and whether it is new.  Raises :class:`linkage.errors.ClewError`.
    """
    card = read_card(card_bytes, AgencyCard)
    printed = card_fingerprint(card)
    if not same_fingerprint(fingerprint, printed):
        raise VerificationError(
            "the card does not have this fingerprint",
            hint="read the fingerprint out with the agency itself; never take it from whoever sent the card",
        )
    refuse_revoked_card(connection, card.signing_key)
    known = agencies.agency_by_code(connection, card.agency)
    if known is not None and known.enrolled:
        if known.fingerprint == printed:
            return card, False
        raise InputError(
            f"agency {card.agency} is enrolled with another card",
            hint="if its identity was replaced, remove the old card with `clew register agency remove` first",
        )
    if known is not None and known.role != card.role:
        raise InputError(f"agency {card.agency} was enrolled as a {known.role} before")
    holder = agencies.holder_of_key(connection, card.signing_key)
    if holder not in {None, card.agency}:
        raise InputError("this card's key was enrolled for another agency", hint="ask for a card of its own")
    agencies.add_agency(connection, card, text=card_bytes.decode(), fingerprint=printed, now=stamp(now))
    return card, True


def remove_agency(connection: Connection, code: str, *, now: dt.datetime) -> None:
    """Let an agency's card count no more; raises :class:`InputError` if it is not enrolled."""
    known = agencies.agency_by_code(connection, code)
    if known is None or not known.enrolled:
        raise InputError(f"no agency {code} is enrolled", hint="see `clew register agency list --data DIR`")
    agencies.remove_agency(connection, code, now=stamp(now))
