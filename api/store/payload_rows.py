"""How a record of the payload is sealed into its row, and read from it again."""

import os
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row

from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, decoder, explain
from linkage.wire.records import (
    AnyRecord,
    CareSpell,
    Child,
    Coverage,
    Episode,
    Payload,
    Record,
    ReturnInterview,
)

__all__ = ["all_records", "open_row", "sealed_row", "speaks_of", "survives_storage"]

_NONCE_BYTES = 12

_decoder = decoder(AnyRecord)


def all_records(payload: Payload) -> Iterator[AnyRecord]:
    """Yield every record, children first."""
    yield from payload.children
    yield from payload.care_spells
    yield from payload.episodes
    yield from payload.interviews
    yield from payload.coverage


def _place(record: AnyRecord) -> tuple[str, str, int]:
    """Return kind, handle and version as the row shows them."""
    kind = str(record.__struct_config__.tag)
    if isinstance(record, Coverage):
        return kind, "", 0
    if isinstance(record, ReturnInterview):
        return kind, record.episode, record.version
    return kind, record.handle, record.version


def _bound(submission: str, agency: str, kind: str, handle: str, version: int) -> bytes:
    """Bind a sealed record to its row, so that rows cannot be swapped; the status may change."""
    return "\x00".join(("clew/payload-row/1", submission, agency, kind, handle, str(version))).encode()


def sealed_row(aead: AESGCM, submission: str, agency: str, record: AnyRecord) -> dict[str, object]:
    """Seal a record into a row that can be opened nowhere else."""
    kind, handle, version = _place(record)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + aead.encrypt(nonce, canonical(record), _bound(submission, agency, kind, handle, version))
    return {
        "submission": submission,
        "agency": agency,
        "kind": kind,
        "handle": handle,
        "version": version,
        "status": "waiting",
        "sealed": sealed,
    }


def open_row(aead: AESGCM, row: Row[Any]) -> Record:
    """Open a row; raises :class:`VerificationError` if it was changed, moved or sealed under another key."""
    bound = _bound(row.submission, row.agency, row.kind, row.handle, row.version)
    try:
        plain = aead.decrypt(row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:], bound)
    except InvalidTag:
        raise VerificationError(
            "payload store: a record does not open", hint="restore the store from a backup"
        ) from None
    return _parsed(plain)


def speaks_of(record: Record, handles: Collection[str], episodes: Collection[str]) -> bool:
    """Say whether a record is one of some children or records, or an interview about one of some episodes."""
    if isinstance(record, Child):
        return record.handle in handles
    if isinstance(record, CareSpell | Episode):
        return record.child in handles or record.handle in handles
    return isinstance(record, ReturnInterview) and record.episode in episodes


def _parsed(plain: bytes) -> AnyRecord:
    try:
        record: AnyRecord = _decoder.decode(plain)
    except msgspec.ValidationError as error:
        raise FormatError(f"record: {explain(error)}") from None
    return record


def survives_storage(payload: Payload) -> bool:
    """Say whether every record reads back from what the store would write as the same record.

    A record that does not would fail every reconciliation after it was accepted.  Whatever writing or parsing
    raises is raised.
    """
    return all(_parsed(canonical(record)) == record for record in all_records(payload))
