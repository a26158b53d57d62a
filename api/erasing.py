"""Erasing records: asked for, confirmed, done by both workers, certified.

1. An agency asks for records of its own (one signed request), or the operator asks and confirms, or the
   retention schedule decides.  From the transaction that confirms it on, the records are in no linkage and
   no reconciliation, and what arrives of them is left out.
2. Two jobs follow, each after everything before it has ended.  The register worker takes the records out of
   results and erases their payload (:mod:`api.erasing_payload`); the linking worker erases their encodings
   and, in the transaction that ends its job, every row of the shared database that names them
   (:mod:`api.erasing_encodings`).
3. A third job writes the shared database's file anew, so that neither a gap of it nor its log holds a handle.
4. Then, and not before, it counts as erased and can be certified; the certificate is stored before it is
   handed out, so that there is ever only one.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from api.clock import stamp
from api.settlement import give_up
from api.store import agencies, erasures, jobs, ledger, retention, submissions
from api.store.erasures import ErasureRow
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.certificates import sign_certificate
from linkage.wire.erasures import ErasedKind, Erasure, ErasureScope, Remaining
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.moments import Moment
from linkage.wire.submission import SubmissionState

__all__ = [
    "CONFIRM_WITHIN",
    "abandon_erasure",
    "ask_agency_erasure",
    "ask_erasure",
    "certify_erasure",
    "confirm_erasure",
    "erase_by_schedule",
    "erase_own_records",
]

CONFIRM_WITHIN = dt.timedelta(days=7)
"""An erasure that was asked for longer ago must be asked for again: what it is about may have changed."""

_BEGUN = "its agency's records were erased before it was accepted"


def erase_own_records(
    connection: Connection, agency: str, handles: Collection[str], *, now: dt.datetime
) -> tuple[str, int]:
    """Erase records because their agency asks; returns the erasure's name, and how many records it added.

    Asked for the same again while that erasure is under way, the answer is the same and nothing is added.  An
    erasure is about every record that was named with it, so that its certificate is.
    """
    live = erasures.live_of_agency(connection, agency, handles)
    named, known = set(handles), set(live.values())
    if live.keys() == named and len(known) == 1:
        return erasures.get(connection, known.pop()).name, 0
    number = _add(connection, "record", {agency: named}, agency=agency, lasting=True, now=now)
    _queue(connection, number, now=now)
    return erasures.get(connection, number).name, len(named)


def erase_by_schedule(
    connection: Connection, targets: Mapping[str, Collection[str]], *, now: dt.datetime
) -> int:
    """Erase what the retention schedule names; sent again, such a record is a new one."""
    number = _add(connection, "retention", targets, agency=None, lasting=False, now=now)
    _queue(connection, number, now=now)
    return number


def ask_erasure(
    connection: Connection,
    agency: str,
    handles: Collection[str],
    *,
    reason: str,
    now: dt.datetime,
) -> ErasureRow:
    """Ask for one person's records from one agency to be erased; nothing happens before it is confirmed."""
    targets = {agency: handles}
    number = _add(connection, "person", targets, agency=agency, lasting=True, now=now, reason=reason)
    return erasures.get(connection, number)


def ask_agency_erasure(connection: Connection, agency: str, *, reason: str, now: dt.datetime) -> ErasureRow:
    """Ask for everything that an agency sent to be erased; nothing happens before it is confirmed."""
    if agencies.agency_by_code(connection, agency) is None:
        raise InputError(f"no agency {agency} was ever enrolled", hint="see `clew register agency list`")
    number = _add(connection, "agency", {}, agency=agency, lasting=False, now=now, reason=reason)
    return erasures.get(connection, number)


def _add(
    connection: Connection,
    scope: ErasureScope,
    targets: Mapping[str, Collection[str]],
    *,
    agency: str | None,
    lasting: bool,
    now: dt.datetime,
    reason: str = "",
) -> int:
    return erasures.add(
        connection,
        scope,
        targets,
        name=secrets.token_hex(32),
        agency=agency,
        lasting=lasting,
        now=stamp(now),
        reason=reason,
        code=secrets.token_hex(4),
    )


def confirm_erasure(connection: Connection, number: int, code: str, *, now: dt.datetime) -> ErasureRow:
    """Let an erasure that was asked for happen; given again, it changes nothing.

    Raises :class:`InputError` for another code, or one asked for too long ago.
    """
    asked = erasures.find(connection, number)
    if asked is None:
        raise InputError(f"there is no erasure {number}", hint="see `clew register erase list --data DIR`")
    if asked.code != code:
        raise InputError(
            "--code: not the one that was printed when this erasure was asked for",
            hint=f"if it is lost, `clew register erase abandon {number} --data DIR`, and ask again",
        )
    if asked.confirmed_at is not None:
        return asked
    if now - dt.datetime.fromisoformat(asked.asked_at) > CONFIRM_WITHIN:
        raise InputError(
            f"erasure {number} was asked for more than {CONFIRM_WITHIN.days} days ago",
            hint="abandon it and ask again: what it is about may have changed",
        )
    if asked.scope == "agency" and asked.agency is not None:
        _end_agency(connection, asked.agency, now=now)
    _queue(connection, number, now=now)
    return erasures.get(connection, number)


def abandon_erasure(connection: Connection, number: int) -> None:
    """Forget an erasure that was not confirmed; raises :class:`InputError` for any other."""
    if not erasures.discard(connection, number):
        raise InputError(
            f"there is no erasure {number} that waits to be confirmed",
            hint="see `clew register erase list --data DIR`; one that was confirmed cannot be taken back",
        )


def _end_agency(connection: Connection, agency: str, *, now: dt.datetime) -> None:
    """Let an agency's card count no more, and no submission of it stand."""
    known = agencies.agency_by_code(connection, agency)
    if known is not None and known.enrolled:
        agencies.remove_agency(connection, agency, now=stamp(now))
    for one in submissions.every(connection, agency=agency):
        if one.state in {"open", "committed"}:
            give_up(connection, one, reason=_BEGUN, now=now)
        else:
            state: SubmissionState = "superseded" if one.state == "accepted" else one.state
            ended = {"reason": submissions.ERASED, "ended_at": stamp(now)}
            submissions.set_state(connection, one.id, state, now=stamp(now), **ended)


def _queue(connection: Connection, number: int, *, now: dt.datetime) -> None:
    erasures.set_values(
        connection,
        number,
        confirmed_at=stamp(now),
        payload_job=jobs.queue(connection, "erase-payload-records", barrier=True, now=now),
        encodings_job=jobs.queue(connection, "erase-encoding-records", barrier=True, now=now),
    )
    found = erasures.get(connection, number)
    facts: dict[str, Fact] = {
        "erasure": found.name,
        "scope": found.scope,
        "records": found.records,
        "step": "confirmed",
    }
    ledger.append(connection, EntryKind.ERASURE, facts, now=stamp(now))


def certify_erasure(connection: Connection, number: int, key: Ed25519PrivateKey) -> bytes | None:
    """Return the signed certificate of an erasure, always the same, or None before it is done."""
    found = erasures.find(connection, number)
    if found is None or found.erased_at is None or found.confirmed_at is None:
        return None
    if found.certificate is not None:
        return found.certificate.encode()
    counts = retention.removed_with(connection, number)
    for some in (found.payload_counts or {}, found.encodings_counts or {}):
        for kind, count in some.items():
            counts[kind] = counts.get(kind, 0) + count
    document = Erasure(
        erasure=found.name,
        scope=found.scope,
        agency=found.agency,
        asked=_moment(found.asked_at),
        erased=_moment(found.erased_at),
        records=found.records,
        counts=tuple(ErasedKind(kind=kind, count=counts[kind]) for kind in sorted(counts)),
        remains=_remains(found),
    )
    body = canonical(sign_certificate(document, key))
    erasures.set_values(connection, number, certificate=body.decode())
    return body


def _remains(found: ErasureRow) -> tuple[Remaining, ...]:
    lasting: tuple[Remaining, ...] = ("tombstones",) if found.lasting else ()
    return ("backups", "freed-blocks", "counts", "copies-sent", "ledger", *lasting)


def _moment(stamped: str) -> Moment:
    return Moment.minute(dt.datetime.fromisoformat(stamped))
