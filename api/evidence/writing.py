"""Writing a pack: its entry in the ledger first, then the folder, whole or not at all.

Durability order: the pack is built in memory; its entry is committed, with the digest of its manifest; the
folder is written beside its place and put there at once.  Killed in between, the ledger speaks of a pack that
nobody has, which harms nobody; a pack of which the ledger does not speak would prove nothing.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from api.checkpoints import LedgerSigner
from api.clock import stamp
from api.evidence.building import Pack
from api.publishing.folders import write_folder
from api.store import ledger
from api.store.bodies import write_whole
from api.store.database import Database
from linkage.wire.canonical import canonical
from linkage.wire.evidence import ENTRY_FILE, EvidenceEntry, manifest_digest
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["enter_pack", "write_archive", "write_pack"]

_FIRST = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that an archive can name: none tells when it was written."""


def enter_pack(database: Database, signer: LedgerSigner, pack: Pack, *, now: dt.datetime) -> EvidenceEntry:
    """Write the pack's entry in the ledger, and return it with its proof."""
    manifest = pack.manifest
    facts: dict[str, Fact] = {
        "manifest": manifest_digest(manifest),
        "size": manifest.size,
        "root": manifest.root,
        "files": len(manifest.files),
    }
    with database.write() as connection:
        entry = ledger.append(connection, EntryKind.EVIDENCE_PACK, facts, now=stamp(now))
        point, note = signer.checkpoint(connection)
        proof = ledger.inclusion(connection, entry.index, point.size)
        went_on = ledger.consistency(connection, manifest.size, point.size)
    return EvidenceEntry(
        entry=entry,
        proof=tuple(one.hex() for one in proof),
        consistency=tuple(one.hex() for one in went_on),
        checkpoint=note,
    )


def write_pack(output: Path, pack: Pack, entry: EvidenceEntry) -> int:
    """Write the pack's files and its entry into a new folder; returns how many."""
    return write_folder(output, sorted(_all(pack, entry).items()))


def write_archive(output: Path, pack: Pack, entry: EvidenceEntry) -> int:
    """Write them as one archive; returns how many."""
    buffer = io.BytesIO()
    files = _all(pack, entry)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            told = zipfile.ZipInfo(f"{output.stem}/{name}", date_time=_FIRST)
            told.compress_type, told.create_system, told.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(told, files[name])
    with write_whole(output, mode=0o644) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(buffer.getvalue())
    return len(files)


def _all(pack: Pack, entry: EvidenceEntry) -> Mapping[str, bytes]:
    return {**pack.files, ENTRY_FILE: canonical(entry)}
