"""The end of an epoch: closed by the operator, destroyed by both workers, certified by the unit.

1. ``close_epoch``: records that were not encoded again are quarantined, in one transaction.
2. ``ask_destruction``: three jobs are queued, each after everything before it has ended: a linkage, so that
   whatever was encoded again by now counts; the register worker erases; the linking worker erases and, in the
   transaction that ends its job, the memberships go and the epoch counts as destroyed.
3. ``certify``: the certificate is stored before it is handed out, so that there is ever only one.
"""

import datetime as dt

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from api.clock import stamp
from api.settlement import give_up
from api.store import agencies, epochs, jobs, submissions
from api.store.epochs import Destruction, Epoch
from linkage.errors import EpochError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.certificates import sign_certificate
from linkage.wire.destructions import Destruction as Certificate
from linkage.wire.destructions import ErasedSubmission, Remains
from linkage.wire.moments import Moment

__all__ = ["ask_destruction", "certify", "close_epoch", "require_job", "set_deadline"]

_CLOSED = "its epoch was closed before it was accepted"


def set_deadline(connection: Connection, name: str, day: dt.date, *, now: dt.datetime) -> None:
    """Set the last day for encoding again in the epoch in force.

    Raises :class:`InputError` for a day that is past, or beyond the epoch.
    """
    epoch = _known(connection, name)
    if day < now.astimezone(dt.UTC).date():
        raise InputError("--re-encode-by: the day is past", hint="give today or a day that is still to come")
    if day > epoch.descriptor.closes.date:
        raise InputError(
            f"--re-encode-by: epoch {name} closes before it, on {epoch.descriptor.closes}",
            hint="give that day or an earlier one",
        )
    epochs.set_deadline(connection, name, day.isoformat(), now=stamp(now))


def close_epoch(connection: Connection, name: str, *, early: bool, now: dt.datetime) -> bool:
    """Close an epoch that another has taken the place of; returns False if it was closed already.

    What its agencies have begun to send is refused.  Raises :class:`InputError` before the last day for
    encoding again has passed, unless ``early``.
    """
    epoch = _known(connection, name)
    if epoch.closed_at is not None:
        return False
    if epoch.state == "in force":
        raise InputError(
            f"epoch {name} is in force", hint="adopt the next one with `clew register epoch adopt` first"
        )
    if not early:
        _check_deadline(connection, now)
    epochs.close(connection, name, now=stamp(now))
    for one in submissions.of_epoch(connection, name):
        if one.state in {"open", "committed"}:
            give_up(connection, one, reason=_CLOSED, now=now)
    jobs.queue_link(connection, now=now)
    return True


def _check_deadline(connection: Connection, now: dt.datetime) -> None:
    current = next(one for one in epochs.all_epochs(connection) if one.state == "in force")
    hint = "`--now` closes it all the same; what was not encoded again is then told to nobody"
    if current.re_encode_by is None:
        raise InputError(f"epoch {current.name} was adopted without a day for encoding again", hint=hint)
    if now.astimezone(dt.UTC).date().isoformat() <= current.re_encode_by:
        raise InputError(f"agencies may encode again until {current.re_encode_by} ends (UTC)", hint=hint)


def ask_destruction(connection: Connection, name: str, *, now: dt.datetime) -> Destruction:
    """Queue the destruction of a closed epoch, once, and return how far it is."""
    epoch = _known(connection, name)
    if epoch.closed_at is None:
        hint = "close it with `clew register epoch close`"
        if epoch.state == "in force":
            hint = f"adopt the next one with `clew register epoch adopt` first, then {hint}"
        raise InputError(f"epoch {name} is {epoch.state}", hint=hint)
    found = epochs.destruction(connection, name)
    if found is not None:
        return found
    epochs.add_destruction(
        connection,
        name,
        link_job=jobs.queue(connection, "link", barrier=True, now=now),
        payload_job=jobs.queue(connection, "erase-payload", barrier=True, now=now),
        encodings_job=jobs.queue(connection, "erase-encodings", barrier=True, now=now),
        now=stamp(now),
    )
    return ask_destruction(connection, name, now=now)


def require_job(connection: Connection, number: int, what: str) -> None:
    """Raise :class:`InputError` unless a job that another rests on is done."""
    if jobs.job(connection, number).state != "done":
        raise InputError(
            f"the {what} before it did not finish",
            hint=f"mend what failed, then `clew register retry` job {number} and this one",
        )


def certify(connection: Connection, name: str, key: Ed25519PrivateKey, *, now: dt.datetime) -> bytes | None:
    """Return the signed certificate of a destroyed epoch, always the same, or None before it is destroyed."""
    epoch, found = _known(connection, name), epochs.destruction(connection, name)
    if found is None or found.destroyed_at is None:
        return None
    if found.certificate is not None:
        return found.certificate.encode()
    current = agencies.current_epoch(connection)
    if current is None or epoch.closed_at is None:
        raise EpochError("an epoch was destroyed that was never closed", hint="restore the database")
    document = Certificate(
        epoch=name,
        descriptor=epoch.content,
        closed=_moment(epoch.closed_at),
        destroyed=_moment(found.destroyed_at),
        submissions=_erased(connection, epoch),
        records=found.memberships or 0,
        payload_records=found.payload_records or 0,
        remains=Remains(
            epoch=current.epoch,
            records=epochs.count_members(connection),
        ),
    )
    body = canonical(sign_certificate(document, key))
    epochs.set_destruction(connection, name, now=stamp(now), certificate=body.decode())
    return body


def _erased(connection: Connection, epoch: Epoch) -> tuple[ErasedSubmission, ...]:
    """List what was accepted in an epoch; of the rest nothing was ever kept."""
    found = []
    for one in submissions.of_epoch(connection, epoch.name):
        part = one.manifest.part("encodings")
        if one.state in {"accepted", "superseded"}:
            found.append(
                ErasedSubmission(
                    submission=one.id,
                    agency=one.agency,
                    sequence=one.sequence,
                    encodings_sha256=part.sealed_sha256,
                    encodings_size=part.sealed_size,
                    rows=one.manifest.counts.rows,
                )
            )
    return tuple(found)


def _moment(stamped: str) -> Moment:
    return Moment.minute(dt.datetime.fromisoformat(stamped))


def _known(connection: Connection, name: str) -> Epoch:
    found = epochs.find_epoch(connection, name)
    if found is None:
        raise InputError("no epoch of this name was adopted", hint="see `clew register epoch list`")
    return found
