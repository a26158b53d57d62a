"""Re-identification: one person asks, two approvers sign, and only the owning agency can open its handle."""

import datetime as dt
import secrets
from dataclasses import dataclass

from msgspec import structs
from sqlalchemy import Connection

from api.audiences import writer_of
from api.clock import stamp
from api.config import ReidentificationSettings
from api.folders import DataFolder
from api.names_alike import look_like_one
from api.separation import custodian_names
from api.store import agencies, audiences, ledger, persons, records
from api.store import reidentifications as store
from api.store.reidentifications import Approver, Request
from linkage.errors import FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, card_fingerprint, heard_name, read_card
from linkage.wire.fingerprints import same_fingerprint
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.moments import Moment
from linkage.wire.reidentification import (
    APPROVALS,
    MAX_REASON,
    Reidentification,
    approvals,
    read_reidentification,
    request_bytes,
)

__all__ = [
    "RATE_DAYS",
    "Approved",
    "approve_request",
    "counting_approvers",
    "enrol_approver",
    "file_request",
    "remove_approver",
    "state_of",
    "withdraw_request",
]

RATE_DAYS = 30
"""Requests are counted over so many days."""


@dataclass(frozen=True, slots=True)
class Approved:
    """Where a request stands after signatures came: who signed, and the agencies that see it now."""

    number: str
    signers: tuple[str, ...]
    agencies: tuple[str, ...]
    approved: bool


def enrol_approver(
    connection: Connection, card_bytes: bytes, *, fingerprint: str, now: dt.datetime
) -> CustodianCard:
    """Enrol an approver whose card has the fingerprint that he or she read out.

    Raises :class:`linkage.errors.ClewError` for a key or a name that somebody else of the unit has: nobody
    approves who is a custodian or an agency.
    """
    card = read_card(card_bytes, CustodianCard)
    if not same_fingerprint(fingerprint, card_fingerprint(card)):
        raise VerificationError(
            "the card does not have this fingerprint",
            hint="read the fingerprint out with its holder; never take it from whoever sent the card",
        )
    pinned = agencies.pinned_custodians(connection)
    if pinned is not None and card.signing_key in pinned.signing_keys:
        raise InputError("this is the card of a custodian", hint="custodians do not approve")
    if agencies.holder_of_key(connection, card.signing_key) is not None:
        raise InputError("this key was enrolled for an agency", hint="ask for a card of its own")
    known = store.all_approvers(connection)
    if any(one.signing_key == card.signing_key for one in known):
        raise InputError("this card is or was enrolled", hint="see `clew register approver list --data DIR`")
    if any(heard_name(one.name) == heard_name(card.name) for one in known if not one.removed):
        raise InputError("an approver of this name is enrolled", hint="two approvers have different names")
    if any(look_like_one(card.name, name) for name in custodian_names(connection).values()):
        raise InputError("a custodian has this name, or one like it", hint="custodians do not approve")
    store.add_approver(
        connection,
        card,
        text=card_bytes.decode(),
        fingerprint=card_fingerprint(card),
        now=stamp(now),
    )
    _enter_approver(connection, "approver enrolled", card.signing_key, now)
    return card


def remove_approver(connection: Connection, name: str, *, now: dt.datetime) -> None:
    """Let the approver of a name count no more; raises :class:`InputError` if there is none."""
    found = [one for one in _enrolled(connection).values() if heard_name(one.name) == heard_name(name)]
    if not found:
        raise InputError("no approver of this name is enrolled", hint="see `clew register approver list`")
    store.remove_approver(connection, found[0].signing_key, now=stamp(now))
    _enter_approver(connection, "approver removed", found[0].signing_key, now)


def file_request(
    folder: DataFolder,
    connection: Connection,
    *,
    unit: str,
    audience: str,
    text: str,
    reason: str,
    settings: ReidentificationSettings,
    now: dt.datetime,
) -> Reidentification:
    """Record a request for one pseudonym and return what approvers sign.

    Raises :class:`linkage.errors.ClewError` for a pseudonym of nobody, a reason that cannot be shown, and
    more requests than ``settings`` allow.
    """
    since = stamp(now - dt.timedelta(days=RATE_DAYS))
    if store.requested_since(connection, since) >= settings.requests_in_30_days:
        raise InputError(
            f"{settings.requests_in_30_days} requests were filed within {RATE_DAYS} days",
            hint="[reidentification] in unit.toml says how many may be",
        )
    writer = writer_of(folder, connection, audience, text)
    shown = writer.normal(text)
    person = next((one for one in audiences.all_persons(connection) if writer.of(one) == shown), None)
    if person is None:
        raise InputError(
            "no person of the register has this pseudonym",
            hint="check that --audience names the audience it came from",
        )
    moment = Moment.minute(now)
    expires = Moment.minute(moment.at + dt.timedelta(days=settings.valid_days))
    document = _readable(
        Reidentification(
            unit=unit,
            number="R-" + secrets.token_hex(5).upper(),
            audience=audience,
            pseudonym=shown,
            reason=reason.strip(),
            requested=moment,
            expires=expires,
        )
    )
    store.add_request(
        connection,
        document,
        text=canonical(document).decode(),
        person=person,
        now=stamp(now),
        expires=stamp(expires.at),
    )
    _enter(connection, "requested", document.number, now)
    return document


def _readable(document: Reidentification) -> Reidentification:
    try:
        return read_reidentification(canonical(document))
    except FormatError:
        raise InputError(
            f"--reason: it is empty, longer than {MAX_REASON} characters, or cannot be shown",
            hint="give one plain sentence, and nothing about the child",
        ) from None


def approve_request(connection: Connection, content: bytes, *, now: dt.datetime) -> Approved:
    """Take in a signed request; with two different enrolled approvers' signatures its agencies see it.

    Signatures may come in one file or in several.  What is signed must be, byte for byte, what was filed.
    Raises :class:`linkage.errors.ClewError`.
    """
    given = read_reidentification(content)
    known = store.find_request(connection, given.number)
    if known is None or request_bytes(known.document) != request_bytes(given):
        raise VerificationError(
            "this is not a request that was filed with this unit, or it was changed since",
            hint="have approvers sign the file that `clew register reidentify request` wrote",
        )
    if state_of(known, now) != "requested":
        raise InputError(f"request {given.number} is {state_of(known, now)}", hint="file another if need be")
    enrolled = counting_approvers(connection)
    if not approvals(given) or not approvals(given) <= enrolled.keys():
        raise VerificationError(
            "the request is not signed, or signed by somebody who is not an enrolled approver",
            hint="see `clew register approver list --data DIR`",
        )
    both = {one.key: one for one in (*known.document.signatures, *given.signatures)}
    ordered = tuple(both[key] for key in sorted(both))
    document = structs.replace(known.document, signatures=ordered)
    store.set_request(connection, given.number, document=canonical(document).decode())
    # Somebody who signed and was removed since counts no more.
    signers = tuple(sorted(enrolled[key].name for key in approvals(document) if key in enrolled))
    if len(signers) < APPROVALS:
        _enter(connection, "signed", given.number, now)
        return Approved(given.number, signers, (), approved=False)
    owners = _owners(connection, known)
    store.set_request(connection, given.number, state="approved", decided_at=stamp(now))
    store.add_notices(connection, given.number, owners)
    _enter(connection, "approved", given.number, now)
    facts: dict[str, Fact] = {"what": "owners asked", "number": given.number}
    ledger.append(connection, EntryKind.RECORDS_NAMED, facts, now=stamp(now), records=owners)
    return Approved(given.number, signers, tuple(sorted({agency for agency, _ in owners})), approved=True)


def _owners(connection: Connection, request: Request) -> list[tuple[str, str]]:
    enrolled = {one.code for one in agencies.all_agencies(connection) if one.enrolled}
    hidden = records.held_back(connection).hidden
    found = [
        (one.agency, one.handle)
        for one in persons.standing_members(connection)
        if one.person == request.person
        and one.agency in enrolled
        and one.handle not in hidden.get(one.agency, frozenset())
    ]
    if not found:
        raise InputError(
            "no enrolled agency holds a record of this person now", hint="nobody could open the pseudonym"
        )
    return found


def withdraw_request(connection: Connection, number: str, *, now: dt.datetime) -> None:
    """Let agencies see a request no more; raises :class:`InputError` for one that is not open."""
    known = store.find_request(connection, number)
    if known is None:
        raise InputError("there is no such request", hint="see `clew register reidentify list --data DIR`")
    if state_of(known, now) not in {"requested", "approved"}:
        raise InputError(f"request {number} is {state_of(known, now)} already")
    store.set_request(connection, number, state="withdrawn", decided_at=stamp(now))
    _enter(connection, "withdrawn", number, now)


def state_of(request: Request, now: dt.datetime) -> str:
    """Return requested, approved, withdrawn or expired."""
    over = request.expires_at <= stamp(now) and request.state != "withdrawn"
    return "expired" if over else request.state


def _enter(connection: Connection, what: str, number: str, now: dt.datetime) -> None:
    facts: dict[str, Fact] = {"what": what, "number": number}
    rows = {"reidentifications": [number]}
    ledger.append(connection, EntryKind.REIDENTIFICATION, facts, now=stamp(now), rows=rows)


def _enter_approver(connection: Connection, what: str, key: str, now: dt.datetime) -> None:
    facts: dict[str, Fact] = {"what": what, "key": key}
    rows = {"approvers": [key]}
    ledger.append(connection, EntryKind.CONFIGURATION_CHANGED, facts, now=stamp(now), rows=rows)


def counting_approvers(connection: Connection) -> dict[str, Approver]:
    """Return those whose signatures count: enrolled, and not a custodian or an agency since."""
    pinned = agencies.pinned_custodians(connection)
    custodians = frozenset[str]() if pinned is None else pinned.signing_keys
    return {
        key: one
        for key, one in _enrolled(connection).items()
        if key not in custodians and agencies.holder_of_key(connection, key) is None
    }


def _enrolled(connection: Connection) -> dict[str, Approver]:
    return {one.signing_key: one for one in store.all_approvers(connection) if not one.removed}
