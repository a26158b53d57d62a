"""Releases of statistics: one person prepares, another approves exactly that, and each step has its entry.

What a release holds is in :mod:`api.making_releases`; here is what becomes of it.  Nothing here opens what is
sealed, so that whoever approves needs no right on exact counts.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives import constant_time
from msgspec import Meta, Struct, structs
from sqlalchemy import Connection

from api.approving import approver_of
from api.clock import stamp
from api.names_alike import may_be_one
from api.store import jobs, ledger, releases
from api.store.ledger_rows import digests
from api.store.releases import KeptRelease
from linkage.errors import InputError, VerificationError
from linkage.register.disclosure import DisclosureFigures, DisclosurePolicy
from linkage.register.statistics.periods import Period
from linkage.wire.canonical import canonical, parse
from linkage.wire.epochs import DigestText
from linkage.wire.ledger import EntryKind, Fact

__all__ = [
    "Proposal",
    "ReleaseRequest",
    "approve_release",
    "enter",
    "known_release",
    "published_before",
    "read_name",
    "read_proposal",
    "read_request",
    "refuse_request",
    "reject_release",
    "request_release",
    "said_of",
    "withdraw_release",
]

_LONGEST_NAME = 80
_MAX_PROPOSAL_BYTES = 16 * 1024 * 1024


class Proposal(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is approved: whose, of what, by which rules, after which releases, and every file by its digest.

    ``ledger_entries`` and ``ledger_root``: what the ledger was when it was counted.  ``inputs``: SHA-256 of
    the exact tables and of all that stands beside them; ``released``: of the tables as they may leave.
    ``earlier``: number and digest of every release that was taken into account.  ``code``: the release of
    Clew that made it.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-release-proposal"] = "clew-release-proposal"
    version: int = 1
    proposed_by: str
    first: dt.date
    last: dt.date
    area: str | None
    tables: tuple[str, ...]
    cycle: Annotated[int, Meta(ge=1)]
    ledger_entries: int
    ledger_root: DigestText
    policy: DisclosurePolicy
    policy_digest: DigestText
    code: str
    inputs: DigestText
    released: DigestText
    files: dict[str, DigestText]
    earlier: tuple[tuple[int, DigestText], ...]
    figures: DisclosureFigures


class ReleaseRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody asked for at the console; ``refused``: why it cannot be counted so."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-release-request"] = "clew-release-request"
    version: int = 1
    asked_by: str
    first: dt.date
    last: dt.date
    area: str | None
    tables: tuple[str, ...]
    refused: str | None = None


def read_name(text: str) -> str:
    """Return a person's name as it is kept; raises :class:`InputError` for what is none."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError("--by: no name, a longer one than fits, or not text", hint="give your name")
    return name


def read_proposal(release: KeptRelease) -> Proposal:
    """Return what a release proposes; raises :class:`VerificationError` if it is not what its digest says."""
    data = release.proposal.encode()
    if hashlib.sha256(data).hexdigest() != release.digest:
        raise _changed(release.number)
    return parse(data, Proposal, limit=_MAX_PROPOSAL_BYTES)


def said_of(release: KeptRelease) -> Proposal | ReleaseRequest:
    """Return what a release proposes, or what was asked for where it was never counted.

    Raises :class:`VerificationError` if it is not what its digest says.
    """
    was_asked = json.loads(release.proposal).get("format") == "clew-release-request"
    return read_request(release) if was_asked else read_proposal(release)


def read_request(release: KeptRelease) -> ReleaseRequest:
    """Return what was asked for; raises :class:`VerificationError` if it is not what its digest says."""
    data = release.proposal.encode()
    if hashlib.sha256(data).hexdigest() != release.digest:
        raise _changed(release.number)
    return parse(data, ReleaseRequest, limit=_MAX_PROPOSAL_BYTES)


def request_release(
    connection: Connection,
    period: Period,
    *,
    area: str | None,
    numbers: Sequence[str],
    by: str,
    now: dt.datetime,
) -> int:
    """Ask the register worker to count a release; returns its number.  Raises :class:`InputError`."""
    name = read_name(by)
    asked = ReleaseRequest(
        asked_by=name, first=period.first, last=period.last, area=area, tables=tuple(numbers)
    )
    text = canonical(asked)
    digest = hashlib.sha256(text).hexdigest()
    number = releases.add_release(
        connection,
        digest=digest,
        proposal=text.decode(),
        proposed_by=name,
        now=stamp(now),
        state="requested",
    )
    enter(connection, "requested", number, digest, now)
    # Behind a cycle that is being worked on, which would make it impossible to count.
    jobs.queue(connection, "propose-release", now=now, barrier=True)
    return number


def refuse_request(connection: Connection, number: int, reason: str, *, now: dt.datetime) -> None:
    """Record why what was asked for cannot be counted."""
    found = known_release(connection, number)
    text = canonical(structs.replace(read_request(found), refused=reason))
    digest = hashlib.sha256(text).hexdigest()
    releases.set_release(connection, number, state="refused", digest=digest, proposal=text.decode())
    enter(connection, "refused", number, digest, now)


def known_release(connection: Connection, number: int) -> KeptRelease:
    """Return a release that is as the ledger says; raises :class:`linkage.errors.ClewError` otherwise."""
    found = releases.find_release(connection, number)
    if found is None:
        raise InputError(f"there is no release {number}", hint="see `clew register release list --data DIR`")
    key = ledger.row_key(connection)
    parts = [f"{number}/{part}" for part in releases.parts_of(connection, number)]
    for table, keys in (("releases", [str(number)]), ("release_contents", parts)):
        # What the ledger says of these rows alone: of all rows it would take a second in a large register.
        said = ledger.rows_said(connection, table, keys)
        if any(said.get(name) != one for name, one in digests(connection, table, key, keys=keys).items()):
            raise _changed(number)
    return found


def published_before(connection: Connection) -> list[KeptRelease]:
    """Return what anybody may have seen: releases that were approved, the oldest approval first.

    One that was withdrawn is among them: to withdraw is not to unsay.
    """
    found = [one for one in releases.all_releases(connection) if one.published]
    return sorted(found, key=lambda one: (one.decided_at or "", one.number))


def approve_release(
    connection: Connection,
    number: int,
    *,
    by: str,
    digest: str,
    now: dt.datetime,
) -> None:
    """Approve exactly the proposal of a digest, as an enrolled approver who did not prepare it.

    ``by``: the name that was typed, or of the account that is signed in; whom it stands for says
    :mod:`api.approving`.  Raises :class:`linkage.errors.ClewError` for whoever may be the same person, for
    somebody who is not enrolled, for another digest, and where another release was approved since this one
    was counted: the two together may say what neither says.
    """
    found, proposal = _proposed(connection, number)
    if not constant_time.bytes_eq(digest.strip().lower().encode(), found.digest.encode()):
        raise VerificationError(
            f"release {number} does not have this digest",
            hint="look at it with `clew register release show`, and approve what you saw",
        )
    given = read_name(by)
    name = approver_of(connection, given)
    if may_be_one(name, found.proposed_by) or may_be_one(given, found.proposed_by):
        raise InputError(
            f"release {number} was prepared by this person, or somebody whose name may be this person's",
            hint="somebody else must approve it; two people of such names propose under a fuller one",
        )
    before = tuple((one.number, one.digest) for one in published_before(connection))
    if before != proposal.earlier:
        raise InputError(
            f"release {number} was counted before another one was approved",
            hint="reject it and propose it again, so that the two together are looked at",
        )
    releases.set_release(connection, number, state="approved", decided_by=name, decided_at=stamp(now))
    enter(connection, "approved", number, found.digest, now)


def reject_release(connection: Connection, number: int, *, by: str, now: dt.datetime) -> None:
    """Reject a proposal, or what was asked for; what was counted for it goes.

    Raises :class:`linkage.errors.ClewError`.
    """
    name = read_name(by)
    found = known_release(connection, number)
    if found.state not in {"requested", "refused", "proposed"}:
        raise InputError(f"release {number} is {found.state} already")
    parts = releases.parts_of(connection, number)
    releases.drop_contents(connection, number)
    releases.set_release(connection, number, state="rejected", decided_by=name, decided_at=stamp(now))
    enter(connection, "rejected", number, found.digest, now, parts=parts)


def withdraw_release(connection: Connection, number: int, *, by: str, now: dt.datetime) -> None:
    """Let a release be exported no more; it was seen, and goes on to count for those after it.

    Raises :class:`linkage.errors.ClewError` for one that is not approved.
    """
    name = read_name(by)
    found = known_release(connection, number)
    if found.state != "approved":
        raise InputError(f"release {number} is {found.state}", hint="only an approved one is withdrawn")
    releases.set_release(connection, number, state="withdrawn", withdrawn_by=name, withdrawn_at=stamp(now))
    enter(connection, "withdrawn", number, found.digest, now)


def enter(
    connection: Connection,
    what: str,
    number: int,
    digest: str,
    now: dt.datetime,
    *,
    parts: list[str] | None = None,
) -> None:
    """Write the ledger's entry of a step; ``parts``: those that came or went with it."""
    facts: dict[str, Fact] = {"what": what, "number": number, "digest": digest}
    rows = {"releases": [str(number)], "release_contents": [f"{number}/{part}" for part in parts or ()]}
    ledger.append(connection, EntryKind.STATISTICS_RELEASE, facts, now=stamp(now), rows=rows)


def _proposed(connection: Connection, number: int) -> tuple[KeptRelease, Proposal]:
    found = known_release(connection, number)
    if found.state != "proposed":
        raise InputError(f"release {number} is {found.state} already")
    return found, read_proposal(found)


def _changed(number: int) -> VerificationError:
    return VerificationError(
        f"release {number} is not what it was when it was entered",
        hint="see `clew register audit check --data DIR`",
    )
