"""Whether a registration is admitted, checked before a single chunk is taken."""

import datetime as dt
import hashlib

from sqlalchemy import Connection

from api.agency_app.answers import keep
from api.agency_app.problems import parsed, refuse, refuse_revoked_epoch, refusing
from api.agency_app.quotas import charge, charge_budget, require_in_time
from api.agency_app.service import Service
from api.agency_app.statuses import full_status
from api.budgets import note_crossing
from api.clock import stamp
from api.config import Limits
from api.store import agencies, submissions
from api.store.agencies import Agency
from api.store.submissions import Submission
from linkage.errors import VerificationError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.canonical import canonical
from linkage.wire.encodings import row_bytes
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.limits import MAX_CARD_BYTES, MAX_LINE_BYTES
from linkage.wire.manifest import Manifest, manifest_id, read_manifest, verify_manifest
from linkage.wire.submission import Chunk, Registration

__all__ = ["MAX_REGISTRATION_BYTES", "admit"]

MAX_REGISTRATION_BYTES = 1024 * 1024
"""Two full chunk lists and a manifest written as JSON text come to less."""


def admit(service: Service, agency: Agency, body: bytes) -> tuple[Submission, bool]:
    """Register a submission; returns it and whether it is new.

    1. The registration and the manifest in it are parsed.
    2. Agency and role are those of the enrolled card, and the manifest is signed by its key.
    3. The chunk lists add up to the parts that the manifest names, within the unit's limits.
    4. A submission that is known is answered as before, whatever has changed since.
    5. The epoch is in force and not revoked, its profile, key and conformance are those of the bundle.
    6. The sizes of the parts can be those of as many records as the manifest counts.
    7. The sequence is above the last one committed and is nobody else's; so are the sealed parts among the
       agency's own submissions.  Another agency's are never looked at: an answer would tell what it sent.
    8. It is not one sending too many within some days ([batches]).
    9. The agency has records of the day left, and submissions of the cycle.
    """
    registration, manifest = _parsed(body)
    _check_sender(registration, manifest, agency)
    _check_sizes(registration, manifest, service.settings.limits)
    _check_chunks(registration)
    submission = manifest_id(registration.manifest.encode())
    digest = hashlib.sha256(canonical(registration)).hexdigest()
    now = service.clock()
    with service.database.write() as connection:
        known = submissions.find(connection, submission, agency=agency.code)
        if known is not None:
            if known.registration != digest:
                refuse("registration-differs", hint="send the chunks that were registered first")
            return known, False
        refuse_revoked_epoch(connection, manifest.epoch)
        epoch = _check_epoch(agencies.current_epoch(connection), manifest, now)
        _check_counts(manifest, shipped_profile(epoch.profile_name))
        _check_sequence(connection, agency, manifest)
        if submissions.part_listed(connection, agency.code, [one.sealed_sha256 for one in manifest.parts]):
            refuse("part-used", hint="encode again; the new bundle has parts of its own")
        if submissions.count_open(connection, agency.code) >= service.settings.limits.open_submissions:
            refuse("too-many-open", hint="commit one of the open submissions first")
        records = _all_records(manifest)
        require_in_time(connection, service.settings.batches, manifest, now=now)
        charge(connection, service.settings.limits, agency.code, "records", records, now=now)
        budgets = service.settings.budgets
        note_crossing(
            connection, charge_budget(connection, budgets, agency.code, "submissions", now=now), now=now
        )
        added = submissions.add_submission(
            connection, submission, registration, digest=digest, now=stamp(now)
        )
        keep(connection, 201, canonical(full_status(connection, added)))
        return added, True


def _parsed(body: bytes) -> tuple[Registration, Manifest]:
    registration = parsed(body, Registration, limit=MAX_REGISTRATION_BYTES)
    try:
        with refusing():
            return registration, read_manifest(registration.manifest.encode())
    except UnicodeEncodeError:  # JSON can name half a surrogate pair, which is no text
        refuse("malformed", "the manifest is not text")


def _check_sender(registration: Registration, manifest: Manifest, agency: Agency) -> None:
    if manifest.agency != agency.code:
        refuse("agency-mismatch", hint="submit each bundle with the identity of the agency that made it")
    if manifest.role != agency.role:
        refuse("role-mismatch", hint="ask the operator which role was enrolled")
    try:
        verify_manifest(
            registration.manifest.encode(), registration.signature, signing_key=agency.signing_key
        )
    except VerificationError as error:
        refuse("manifest-signature", error.message, hint=error.hint)


def _check_sizes(registration: Registration, manifest: Manifest, limits: Limits) -> None:
    lists: dict[str, tuple[Chunk, ...]] = {
        "encodings": registration.encodings,
        "payload": registration.payload,
    }
    for name, listed in lists.items():
        if sum(chunk.size for chunk in listed) != manifest.part(name).sealed_size:
            refuse("malformed", f"the chunks of {name} do not add up to the size in the manifest")
    total = sum(part.sealed_size for part in manifest.parts)
    _check_limit("bytes in its sealed parts", total, limits.submission_bytes)
    _check_limit("bytes in its largest part", max(part.size for part in manifest.parts), limits.part_bytes)
    _check_limit("records", _all_records(manifest), limits.records)


def _check_limit(what: str, number: int, limit: int) -> None:
    if number > limit:
        refuse("too-large", f"the submission has {number} {what}, this unit accepts {limit}")


def _check_chunks(registration: Registration) -> None:
    """Refuse a chunk listed twice: one upload would be written to disk as often as it is listed."""
    digests = [chunk.sha256 for chunk in (*registration.encodings, *registration.payload)]
    if len(set(digests)) != len(digests):
        refuse("malformed", "a chunk is listed twice", hint="sealed parts never hold the same bytes twice")


def _check_counts(manifest: Manifest, profile: EncodingProfile) -> None:
    """Refuse sizes that no honest part of so many records has, before any of it is taken."""
    rows, size = manifest.counts.rows, manifest.part("encodings").size
    each = row_bytes(len(profile.views), profile.view_bytes, len(profile.exact))
    if not rows <= size <= MAX_CARD_BYTES + rows * each:
        refuse("malformed", f"the encodings have {size} bytes, which is not a size of {rows} rows")
    records, size = _payload_records(manifest), manifest.part("payload").size
    if not records <= size <= (records + 1) * (MAX_LINE_BYTES + 1):
        refuse("malformed", f"the payload has {size} bytes, which is not a size of {records} records")


def _all_records(manifest: Manifest) -> int:
    return manifest.counts.rows + _payload_records(manifest)


def _payload_records(manifest: Manifest) -> int:
    counts = manifest.counts
    return counts.children + counts.care_spells + counts.episodes + counts.interviews + counts.coverage


def _check_epoch(epoch: EpochDescriptor | None, manifest: Manifest, now: dt.datetime) -> EpochDescriptor:
    if epoch is None:
        refuse("no-epoch", hint="ask the operator when the epoch will be adopted")
    if manifest.epoch != epoch.epoch:
        refuse("other-epoch", hint="join the epoch in force and encode again")
    if not _open_now(epoch, now):
        refuse("epoch-closed", f"it is open from {epoch.opens} to {epoch.closes}")
    if manifest.profile_digest != epoch.profile_digest:
        refuse("other-profile", hint="encode again with the profile that the epoch descriptor names")
    if manifest.key_check_value != epoch.key_check_value:
        refuse("other-key", hint="ask a custodian to wrap the epoch key for you again, and encode again")
    if manifest.conformance != epoch.conformance:
        refuse("other-conformance", hint="use a release of clew that passes `clew agency join`")
    return epoch


def _open_now(epoch: EpochDescriptor, now: dt.datetime) -> bool:
    closes = epoch.closes.at
    if epoch.closes.precision == "day":
        closes += dt.timedelta(days=1)  # the whole last day counts
    return epoch.opens.at <= now < closes


def _check_sequence(connection: Connection, agency: Agency, manifest: Manifest) -> None:
    # Read again in this transaction: a commit may have come in between.
    present = agencies.agency_by_code(connection, agency.code)
    last = 0 if present is None else present.sequence
    if manifest.sequence <= last:
        refuse(
            "sequence-behind",
            f"the last submission committed has sequence {last}, this one {manifest.sequence}",
            hint="encode again; the new bundle gets the next sequence",
        )
    if submissions.by_sequence(connection, agency.code, manifest.sequence) is not None:
        refuse(
            "sequence-used",
            f"another bundle with sequence {manifest.sequence} was registered",
            hint="go on with that bundle, or encode again; the new bundle gets the next sequence",
        )
