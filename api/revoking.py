"""Acting on what custodians revoked: a card or an epoch counts no more, and never again."""

import datetime as dt

from sqlalchemy import Connection

from api.clock import stamp
from api.store import agencies, revocations
from linkage.errors import EpochError, InputError, VerificationError
from linkage.wire.epochs import verify_quorum
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch, read_revocation

__all__ = ["refuse_revoked_card", "refuse_revoked_descriptor", "revoke"]


def revoke(connection: Connection, data: bytes, *, now: dt.datetime) -> tuple[Revocation, bool]:
    """Act on a revocation; returns it and whether it is new.

    1. Enough of the pinned custodians signed it.
    2. The card's key, or the descriptor, is not one that this unit knows under another name.
    3. It is recorded; an enrolled card is removed, as `clew register agency remove` does.
    Raises :class:`linkage.errors.ClewError`.
    """
    pinned = agencies.pinned_custodians(connection)
    if pinned is None:
        raise InputError("no custodians are pinned yet", hint="adopt an epoch first: that pins them")
    revocation = read_revocation(data)
    verify_quorum(revocation, pinned=pinned.signing_keys, threshold=pinned.threshold)
    _check_names(connection, revocation)
    new = revocations.add_revocation(connection, revocation, text=data.decode(), now=stamp(now))
    subject = revocation.subject
    if isinstance(subject, RevokedAgency):
        enrolled = agencies.agency_by_key(connection, subject.signing_key)
        if enrolled is not None:
            agencies.remove_agency(connection, enrolled.code, now=stamp(now))
    return revocation, new


def _check_names(connection: Connection, revocation: Revocation) -> None:
    """Refuse a revocation that names what this unit knows under another name: it would hit the wrong one."""
    subject = revocation.subject
    if isinstance(subject, RevokedEpoch):
        known = agencies.epoch_contents(connection)
        other = any(name != subject.epoch and known[name] == subject.descriptor for name in known)
    else:
        other = agencies.holder_of_key(connection, subject.signing_key) not in {None, subject.agency}
    if other:
        raise VerificationError(
            "what is revoked is known here under another name",
            hint="nothing was changed; ask the custodians what they mean to revoke",
        )


def refuse_revoked_card(connection: Connection, signing_key: str) -> None:
    """Raise :class:`VerificationError` for a card that custodians revoked."""
    if revocations.is_card_revoked(connection, signing_key):
        raise VerificationError(
            "custodians revoked this card: it is never enrolled again",
            hint="the agency makes a new card with `clew agency renew`; enrol that one",
        )


def refuse_revoked_descriptor(connection: Connection, content: str) -> None:
    """Raise :class:`EpochError` for a descriptor that custodians revoked."""
    if revocations.is_descriptor_revoked(connection, content):
        raise EpochError(
            "custodians revoked this epoch: its descriptor is never adopted again",
            hint="adopt the descriptor of a new ceremony",
        )
