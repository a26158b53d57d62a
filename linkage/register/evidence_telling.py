"""What both commands that verify an evidence pack share: its files' digests, and what they say of it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from linkage.errors import InputError
from linkage.register.evidence_check import EvidenceCheck
from linkage.wire.evidence import ENTRY_FILE, MANIFEST_FILE

__all__ = ["MAX_LEAVES_BYTES", "digests_of", "told_of"]

MAX_LEAVES_BYTES = 2 * 1024**3
"""Of the list of leaves: fifty million entries and more."""

_PIECE = 1024 * 1024
_MOST_FILES = 1000


def digests_of(names: Iterable[str], opened: Callable[[str], IO[bytes]]) -> dict[str, tuple[int, str]]:
    """Return size and SHA-256 of every file of a pack that its manifest lists; ``opened`` opens one to read.

    Raises :class:`InputError` where there are more files than a pack has, or one cannot be read.
    """
    listed = sorted(names)
    if len(listed) > _MOST_FILES:
        raise InputError(
            f"{len(listed):,} files: more than a pack has", hint="name the folder of one pack alone"
        )
    return {name: _digest(name, opened) for name in listed if name not in {MANIFEST_FILE, ENTRY_FILE}}


def _digest(name: str, opened: Callable[[str], IO[bytes]]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with opened(name) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{name}: {reason}", hint="check who may read it") from None
    return size, digest.hexdigest()


def told_of(found: EvidenceCheck) -> Iterator[str]:
    """Yield what a verified pack is, a line each: whose, of when, of which position of the ledger."""
    said = found.manifest
    yield f"evidence of {said.unit}, built {said.built} by release {said.release} of clew"
    yield f"fingerprint of the unit's card: {said.fingerprint}"
    yield f"the ledger had {said.size:,} entries, root {said.root}"
    yield f"digest of the pack: {found.digest}"
    if found.entered is None:
        yield "nothing proves that the ledger has this digest: compare it with what the unit's operator says"
    else:
        yield f"entry {found.entered:,} of the ledger has this digest"
