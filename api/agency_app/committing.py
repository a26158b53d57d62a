"""Chunks in, and the commit that makes a submission durable and answers with a receipt."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives import constant_time
from sqlalchemy import Connection

from api.agency_app.answers import keep
from api.agency_app.problems import PROBLEM_TYPE, RefusedError, refuse, refuse_revoked_epoch
from api.agency_app.quotas import require_in_time
from api.agency_app.service import Service, chunk_name
from api.clock import stamp
from api.store import agencies, jobs, ledger, submissions
from api.store.bodies import BodyFolder, body_name, owner_of
from api.store.submissions import ChunkRow, Submission
from linkage.errors import VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.ledger import LedgerEntry
from linkage.wire.manifest import PART_NAMES, Part
from linkage.wire.moments import Moment
from linkage.wire.submission import LedgerReceipt, sign_receipt

__all__ = ["commit", "own_submission", "put_chunk"]


def own_submission(service: Service, agency: str, submission: str) -> Submission:
    """Return an agency's own submission; anybody else's does not exist."""
    with service.database.read() as connection:
        return _own(connection, agency, submission)


def _own(connection: Connection, agency: str, submission: str) -> Submission:
    found = submissions.find(connection, submission, agency=agency)
    if found is None:
        refuse("not-found", hint="register the submission first")
    return found


def put_chunk(service: Service, agency: str, submission: str, sha256: str, body: bytes) -> None:
    """Store one chunk: body, fsync, rename, folder, then the row, then the answer.

    A chunk that is there already, or whose submission has been committed, is answered as at first.
    """
    with service.database.read() as connection:
        found = _own(connection, agency, submission)
        listed = submissions.chunks_with_digest(connection, submission, sha256)
    if not listed:
        refuse("unknown-chunk", hint="send the chunks that were registered")
    if len(body) != listed[0].size:
        refuse("chunk-size", f"{listed[0].size} bytes were registered, {len(body)} came")
    if not constant_time.bytes_eq(hashlib.sha256(body).digest(), bytes.fromhex(sha256)):
        refuse("chunk-digest", hint="send the chunk again")
    if found.state != "open" or all(row.present for row in listed):
        return
    _store_chunk(service, found, sha256, body, list(dict.fromkeys(row.part for row in listed)))


def _store_chunk(service: Service, found: Submission, sha256: str, body: bytes, parts: Sequence[str]) -> None:
    name = chunk_name(found.id, sha256)
    try:
        for part in parts:
            service.intake[part].put(name, [body], sha256=sha256, size=len(body))
    except FileNotFoundError:
        # A commit has come since, and takes what is half-written with it.
        if own_submission(service, found.agency, found.id).state == "open":
            raise
        return
    with service.database.write_beside() as connection:
        submissions.mark_present(connection, found.id, sha256)
        late = submissions.state_of(connection, found.id) not in {None, "open"}
        # The row is ours now; had the registration been discarded meanwhile, the file may have gone with it.
        if not late and not all(service.intake[part].has(name) for part in parts):
            refuse("busy", hint="send the chunk again")
        keep(connection, 204)
    if late:  # another request brought the same chunk, and a commit has come since: nobody would remove it
        for part in parts:
            service.intake[part].remove([name])


def commit(service: Service, agency: str, submission: str) -> bytes:
    """Make a submission durable and return its receipt in canonical form; again gives the same receipt.

    1. Each part is put together from its chunks in order, and its digest and size are checked.
    2. Both bodies are fsynced, renamed and their folders fsynced.
    3. One transaction marks the submission committed, raises the agency's sequence, writes the ledger's
       entry, queues the two checks and stores the receipt, with a checkpoint over the ledger as it leaves it.
    4. The chunks go.  A fault before this leaves files that the next start removes.
    5. The receipt is the answer.  Without it nothing was promised, with it nothing can be lost.
    """
    with service.database.read() as connection:  # one reading: the same commit may come in twice at once
        found = _own(connection, agency, submission)
        if found.state != "open":
            return _receipt_of(found)
        rows = submissions.chunk_rows(connection, submission)
        _check_standing(connection, found)
    absent = len({row.sha256 for row in rows if not row.present})
    if absent:
        total = len({row.sha256 for row in rows})
        refuse("chunks-missing", f"{absent} of {total} chunks have not arrived", hint="send them")
    try:
        for part in found.manifest.parts:
            _assemble(service, found, part, [row for row in rows if row.part == part.name])
    except FileNotFoundError:
        # The same commit, come in twice: the other one was first and has removed the chunks.
        found = own_submission(service, agency, submission)
        if found.state == "open":
            _ask_again(service, submission, rows)
            refuse("chunks-missing", "chunks that had arrived are not there any more", hint="send them")
        return _late_receipt(service, found)
    committed = _store_commit(service, found)
    if committed is None:
        return _late_receipt(service, own_submission(service, agency, submission))
    receipt, closed = committed
    _remove_chunks(service, [submission, *closed])
    return receipt


def _late_receipt(service: Service, found: Submission) -> bytes:
    """Return the receipt that another request was given, or that was refused to it.

    Bodies that this one put together once more, after a worker had taken them, would lie there for ever.
    """
    with service.database.read() as connection:
        states = submissions.part_states(connection, found.id)
    for part in found.manifest.parts:
        if states.get(part.name) != "waiting":
            service.intake[part.name].remove([body_name(found.id, part.sealed_sha256)])
    return _receipt_of(found)


def _ask_again(service: Service, submission: str, rows: Sequence[ChunkRow]) -> None:
    """Let chunks count as missing whose files are not there: what cannot be read cannot be committed."""
    with service.database.write() as connection:
        for row in rows:
            if not service.intake[row.part].has(chunk_name(submission, row.sha256)):
                submissions.mark_present(connection, submission, row.sha256, present=False)


def _receipt_of(found: Submission) -> bytes:
    if found.receipt is None:
        refuse("not-open", found.reason, hint="encode again and submit the new bundle")
    return found.receipt.encode()


def _check_standing(connection: Connection, found: Submission) -> None:
    refuse_revoked_epoch(connection, found.epoch)
    agency = agencies.agency_by_code(connection, found.agency)
    if agency is not None and agency.sequence >= found.sequence:
        refuse("sequence-behind", f"the last submission committed has sequence {agency.sequence}")


def _assemble(service: Service, found: Submission, part: Part, rows: Sequence[ChunkRow]) -> None:
    folder = service.intake[part.name]
    pieces = _pieces(folder, found.id, rows)
    try:
        name = body_name(found.id, part.sealed_sha256)
        folder.put(name, pieces, sha256=part.sealed_sha256, size=part.sealed_size)
    except VerificationError:
        refused = RefusedError(
            "part-digest",
            f"part {part.name}; the registration was discarded and nothing of it was kept",
            "register the bundle again and send its chunks again",
        )
        if not _discard(service, found, refused):
            refuse("busy", hint="commit again")
        raise refused from None


def _pieces(folder: BodyFolder, submission: str, rows: Sequence[ChunkRow]) -> Iterator[bytes]:
    for row in rows:
        yield from folder.pieces(chunk_name(submission, row.sha256))


def _store_commit(service: Service, found: Submission) -> tuple[bytes, list[str]] | None:
    """Commit and return the receipt, and the submissions that this closed; None if another was first."""
    now = service.clock()
    with service.database.write() as connection:
        fresh = submissions.get(connection, found.id)
        if fresh.state != "open":
            return None
        _check_standing(connection, fresh)
        require_in_time(connection, service.settings.batches, fresh.manifest, now=now)
        agencies.raise_sequence(connection, found.agency, found.sequence)
        entry = submissions.set_state(
            connection, found.id, "committed", now=stamp(now), committed_at=stamp(now)
        )
        closed = _give_up_older(connection, found, stamp(now))
        jobs.queue(connection, "check-encodings", submission=found.id, now=now)
        jobs.queue(connection, "check-payload", submission=found.id, now=now)
        body = canonical(_receipt(service, connection, found, entry, now))
        submissions.set_receipt(connection, found.id, body.decode())
        keep(connection, 200, body)
    return body, closed


def _receipt(
    service: Service, connection: Connection, found: Submission, entry: LedgerEntry, now: dt.datetime
) -> LedgerReceipt:
    """Sign the receipt, with the proof that the entry is in the ledger as this commit leaves it."""
    point, note = service.signer.checkpoint(connection)
    ledger.keep_checkpoint(connection, note)
    proof = ledger.inclusion(connection, entry.index, point.size)
    receipt = LedgerReceipt(
        agency=found.agency,
        submission=found.id,
        sequence=found.sequence,
        received=Moment.minute(now),
        encodings_sha256=found.manifest.part("encodings").sealed_sha256,
        payload_sha256=found.manifest.part("payload").sealed_sha256,
        entry=entry,
        proof=tuple(one.hex() for one in proof),
        checkpoint=note,
        ledger=service.signer.card,
    )
    return sign_receipt(receipt, service.receipts_key)


def _give_up_older(connection: Connection, found: Submission, now: str) -> list[str]:
    """Close open submissions with a lower sequence: they can never be committed any more."""
    reason = "a later submission was committed before this one"
    open_ones = submissions.open_of_agency(connection, found.agency)
    closed = [one.id for one in open_ones if one.sequence < found.sequence]
    for submission in closed:
        submissions.set_state(connection, submission, "refused", now=now, reason=reason, settled_at=now)
        for name in PART_NAMES:
            submissions.set_part_state(connection, submission, name, "dropped")
    return closed


def _discard(service: Service, found: Submission, refused: RefusedError) -> bool:
    """Forget a registration whose chunks do not make up its parts, and its files.

    The files go while the rows are held: after that the same bundle may be registered again, and chunks that
    were acknowledged for it would go too.  A kill in between leaves chunks that are asked for again.
    Returns False, and changes nothing, where that has happened already: it is another registration now, which
    may have been committed.
    """
    with service.database.write() as connection:
        fresh = submissions.find(connection, found.id)
        if fresh is None or (fresh.state, fresh.registration) != ("open", found.registration):
            return False
        submissions.discard(connection, found.id)
        keep(connection, refused.problem.status, canonical(refused.problem), PROBLEM_TYPE)
        _remove_chunks(service, [found.id])
        for part in found.manifest.parts:
            service.intake[part.name].remove([body_name(found.id, part.sealed_sha256)])
    return True


def _remove_chunks(service: Service, closed: Sequence[str]) -> None:
    """Remove chunks, and what a killed process left half-written."""
    for folder in service.intake.values():
        found = (*folder.names(".chunk"), *folder.unfinished())
        folder.remove(name for name in found if owner_of(name) in closed)
