"""Adopting a succession: other custodians are pinned from then on."""

import datetime as dt

from sqlalchemy import Connection

from api.clock import stamp
from api.store import agencies, successions
from linkage.errors import InputError, VerificationError
from linkage.wire.cards import UnitCard
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.fingerprints import same_fingerprint
from linkage.wire.successions import Succession, read_succession, require_apart, verify_succession

__all__ = ["adopt_succession"]


def adopt_succession(
    connection: Connection, unit: UnitCard, data: bytes, *, fingerprint: str, now: dt.datetime
) -> tuple[Succession, bool]:
    """Pin the custodians who come in place of those who go; returns the succession and whether it is new.

    1. It has the fingerprint that a custodian read out.
    2. It is newer than any adopted, of exactly the custodians pinned, complete, and without this unit.
    3. Epochs adopted before stay what they are; what those who went signed and was not adopted is refused.
    Raises :class:`linkage.errors.ClewError`.
    """
    pinned = agencies.pinned_custodians(connection)
    if pinned is None:
        raise InputError("no custodians are pinned yet", hint="adopt an epoch first: that pins them")
    succession = read_succession(data)
    if not same_fingerprint(fingerprint, succession.fingerprint):
        raise VerificationError(
            "the succession does not have this fingerprint",
            hint="have a custodian whom you know read it out again; if it still differs, adopt nothing",
        )
    if successions.is_adopted(connection, succession):
        return succession, False
    known = CustodianSet(threshold=pinned.threshold, custodians=tuple(sorted(pinned.signing_keys)))
    verify_succession(succession, pinned=known, serial=successions.last_serial(connection))
    require_apart(succession, unit)
    successions.add_succession(connection, succession, text=data.decode(), now=stamp(now))
    return succession, True
