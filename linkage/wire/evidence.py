"""The manifest of an evidence pack: every file by its digest, and where the ledger was when it was built.

The pack itself is not signed.  An entry of the ledger says the digest of its manifest, and travels beside it
with the proof that it is in the ledger (docs/governance/evidence-pack.md).
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

from linkage.errors import InputError
from linkage.wire.canonical import canonical, parse
from linkage.wire.checkpoints import LedgerCard
from linkage.wire.epochs import DigestText
from linkage.wire.ledger import LedgerEntry
from linkage.wire.notes import MAX_NOTE_BYTES

__all__ = [
    "ENTRY_FILE",
    "MANIFEST_FILE",
    "MAX_EVIDENCE_BYTES",
    "EvidenceEntry",
    "EvidenceFile",
    "EvidenceManifest",
    "differences",
    "is_file_name",
    "manifest_digest",
    "read_digest",
    "read_evidence_entry",
    "read_evidence_manifest",
]

MANIFEST_FILE = "manifest.json"
ENTRY_FILE = "ledger-entry.json"
MAX_EVIDENCE_BYTES = 4 * 1024 * 1024

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
FileName = Annotated[str, Meta(pattern=rf"^{_PART}(/{_PART})*\Z", max_length=200)]


class EvidenceFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of the pack."""

    name: FileName
    size: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    sha256: DigestText


class EvidenceManifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a pack is: whose, of when, of which position of the ledger, and every other file of it.

    ``checkpoint``: the ledger's position as the unit signed it; ``size`` and ``root`` are what it says.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-evidence"] = "clew-evidence"
    version: int = 1
    unit: Annotated[str, Meta(min_length=1, max_length=120)]
    fingerprint: Annotated[str, Meta(max_length=120)]
    built: Annotated[str, Meta(max_length=27)]
    release: Annotated[str, Meta(max_length=40)]
    ledger: LedgerCard
    size: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    root: DigestText
    checkpoint: Annotated[str, Meta(max_length=MAX_NOTE_BYTES)]
    files: tuple[EvidenceFile, ...]


class EvidenceEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ledger's entry about a pack, with the proof that it is in the ledger of ``checkpoint``.

    ``consistency`` proves that the ledger of ``checkpoint`` goes on from the position that the pack names.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-evidence-entry"] = "clew-evidence-entry"
    version: int = 1
    entry: LedgerEntry
    proof: Annotated[tuple[DigestText, ...], Meta(max_length=64)]
    consistency: Annotated[tuple[DigestText, ...], Meta(max_length=128)]
    checkpoint: Annotated[str, Meta(max_length=MAX_NOTE_BYTES)]


def is_file_name(name: str) -> bool:
    """Say whether a pack may have a file of a name: letters, digits and signs that any system takes."""
    try:
        msgspec.convert(name, FileName)
    except msgspec.ValidationError:
        return False
    return True


def read_evidence_manifest(data: bytes) -> EvidenceManifest:
    """Read a manifest in canonical form."""
    return parse(data, EvidenceManifest, limit=MAX_EVIDENCE_BYTES, exact=True)


def read_evidence_entry(data: bytes) -> EvidenceEntry:
    """Read what proves that a pack stands in the ledger."""
    return parse(data, EvidenceEntry, limit=MAX_EVIDENCE_BYTES, exact=True)


def manifest_digest(manifest: EvidenceManifest) -> str:
    """Return SHA-256 of a manifest's canonical form, in hex: it stands for the whole pack."""
    return hashlib.sha256(canonical(manifest)).hexdigest()


def read_digest(text: str) -> str:
    """Read a pack's digest as people pass it on; raises :class:`InputError`."""
    digest = "".join(text.split()).lower()
    if re.fullmatch("[0-9a-f]{64}", digest) is None:
        raise InputError(
            "the digest given is none: not 64 digits from 0 to f",
            hint="it is what `clew register evidence build` printed, and stands in the ledger",
        )
    return digest


def differences(manifest: EvidenceManifest, found: Mapping[str, tuple[int, str]]) -> list[tuple[str, str]]:
    """Compare files with a manifest: by name, size and SHA-256; returns names with what is wrong."""
    known = {one.name: (one.size, one.sha256) for one in manifest.files}
    wrong = [(name, "is missing") for name in known if name not in found]
    wrong += [(name, "is not of this pack") for name in found if name not in known]
    wrong += [(name, "was changed") for name in known if name in found and found[name] != known[name]]
    return sorted(wrong)
