"""Submitting a bundle: register, send what is missing, commit, and keep the receipt once it verifies."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.agency.bundles import check_signature, opened_bundle
from cli.agency.client import Unit
from cli.agency.progress import Stages
from cli.agency.revoking import require_card_counts, require_epoch_name_counts
from cli.agency.store import JournalEntry, Store
from cli.agency.witnessing import check_receipt, meet
from cli.agency.workspace import Workspace
from keys.storing import store_public
from linkage.errors import ClewError, InputError, VerificationError
from linkage.wire.bundle import Bundle
from linkage.wire.manifest import PART_NAMES, Manifest, manifest_id
from linkage.wire.submission import AnyReceipt, Chunk, Registration, read_receipt

__all__ = ["CHUNK_BYTES", "chunked", "submit_bundle"]

CHUNK_BYTES = 1024 * 1024
LARGE_CHUNK_BYTES = 4 * CHUNK_BYTES
LARGE_PART_BYTES = 1024 * CHUNK_BYTES
"""Beyond this a part goes in large chunks, so that its list stays within the protocol's limit."""


def submit_bundle(path: Path, workspace: Workspace, unit: Unit, stages: Stages) -> AnyReceipt:
    """Submit a sealed bundle and return the verified receipt.

    Sending the same bundle again is harmless and goes on where it stopped: the unit says which chunks it
    lacks.  Raises :class:`InputError` for an open bundle, :class:`linkage.errors.EpochError` for one of a
    revoked epoch, :class:`VerificationError` if the agency's card is revoked, and whatever the unit refuses.
    """
    with opened_bundle(path) as bundle:
        if bundle.form != "sealed":
            raise InputError(
                "this is the open copy, which stays here",
                hint="submit the bundle beside it, without .open in its name",
            )
        check_signature(bundle, workspace.card())
        require_card_counts(workspace)
        require_epoch_name_counts(workspace, bundle.manifest.epoch)
        signing_key = workspace.unit_card().signing_key
        meet(workspace, unit)
        stages.stage("reading the bundle")
        chunks = {name: _chunk_list(bundle, name) for name in PART_NAMES}
        submission = manifest_id(bundle.manifest_bytes)
        registration = Registration(
            manifest=bundle.manifest_bytes.decode("utf-8"),
            signature=bundle.signature,
            encodings=chunks["encodings"],
            payload=chunks["payload"],
        )
        status = unit.register(registration)
        if status.submission != submission:
            raise VerificationError("the linkage unit speaks of another submission", hint="check the address")
        _send_missing(bundle, unit, submission, frozenset(status.missing), stages)
        data = unit.commit(submission)
        receipt = _checked(data, bundle.manifest, submission, signing_key=signing_key)
        check_receipt(workspace, unit, receipt)
    _keep(workspace, data, receipt)
    return receipt


def chunked(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut pieces anew into chunks of ``size`` bytes, the last one shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _chunks(bundle: Bundle, name: str) -> Iterator[bytes]:
    """Yield a part's chunks; the same part is always cut alike, for the list is registered once."""
    large = bundle.manifest.part(name).sealed_size > LARGE_PART_BYTES
    return chunked(bundle.pieces(name), LARGE_CHUNK_BYTES if large else CHUNK_BYTES)


def _chunk_list(bundle: Bundle, name: str) -> tuple[Chunk, ...]:
    return tuple(
        Chunk(sha256=hashlib.sha256(chunk).hexdigest(), size=len(chunk)) for chunk in _chunks(bundle, name)
    )


def _send_missing(
    bundle: Bundle, unit: Unit, submission: str, missing: frozenset[str], stages: Stages
) -> None:
    advance = stages.stage("sending", len(missing))
    waiting = set(missing)
    for name in PART_NAMES:
        for chunk in _chunks(bundle, name):
            sha256 = hashlib.sha256(chunk).hexdigest()
            if sha256 in waiting:
                unit.put_chunk(submission, sha256, chunk)
                waiting.discard(sha256)
                advance(len(missing) - len(waiting))
    if waiting:
        raise ClewError(
            "the linkage unit asks for chunks that are not in this bundle", hint="encode and submit again"
        )


def _checked(data: bytes, manifest: Manifest, submission: str, *, signing_key: str) -> AnyReceipt:
    receipt = read_receipt(data, signing_key=signing_key)
    said = (receipt.agency, receipt.submission, receipt.sequence)
    digests = (receipt.encodings_sha256, receipt.payload_sha256)
    expected = tuple(manifest.part(name).sealed_sha256 for name in PART_NAMES)
    if said != (manifest.agency, submission, manifest.sequence) or digests != expected:
        raise VerificationError(
            "the receipt is for something else than what was sent", hint="tell the linkage unit's operator"
        )
    return receipt


def _keep(workspace: Workspace, data: bytes, receipt: AnyReceipt) -> None:
    store_public(workspace.folder("receipts") / f"{receipt.submission}.json", data)
    with Store(workspace.database_file) as store, store.transaction():
        store.write_journal(
            JournalEntry(
                "submit",
                sequence=receipt.sequence,
                submission=receipt.submission,
                details={"received": str(receipt.received)},
            )
        )
