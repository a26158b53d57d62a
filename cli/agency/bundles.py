"""Opening a bundle that lies on disk, and checking that it is whole and whose it is."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from keys.storing import naming
from linkage.errors import InputError, LimitError, VerificationError
from linkage.wire.bundle import Bundle
from linkage.wire.cards import AgencyCard
from linkage.wire.limits import MAX_BUNDLE_BYTES, MAX_LINE_BYTES
from linkage.wire.manifest import PART_NAMES, verify_manifest

__all__ = ["check_digests", "check_signature", "lines", "opened_bundle"]


@contextlib.contextmanager
def opened_bundle(path: Path) -> Iterator[Bundle]:
    """Open a bundle for the length of a block; whatever is wrong with it is said about the file."""
    try:
        stream = path.open("rb")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{path.name}: {reason}", hint="name a bundle that was written here") from None
    with stream, naming(path):
        if path.stat().st_size > MAX_BUNDLE_BYTES:
            raise LimitError(f"larger than {MAX_BUNDLE_BYTES} bytes")
        yield Bundle(stream)


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut pieces at line feeds, which stay; raises :class:`LimitError` for a line beyond the limit."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(held) > MAX_LINE_BYTES:
            raise LimitError(f"payload: a line is longer than {MAX_LINE_BYTES} bytes")
    if held:
        yield held


def check_signature(bundle: Bundle, card: AgencyCard | None) -> None:
    """Check the manifest's signature, against the agency's own card where there is one."""
    if card and card.agency != bundle.manifest.agency:
        raise VerificationError(
            f"this bundle is of {bundle.manifest.agency}, the workspace is of {card.agency}",
            hint="name the workspace that wrote it",
        )
    signing_key = card.signing_key if card else bundle.signature.key
    verify_manifest(bundle.manifest_bytes, bundle.signature, signing_key=signing_key)


def check_digests(bundle: Bundle) -> None:
    """Read every part once, to its digest."""
    for name in PART_NAMES:
        for _ in bundle.pieces(name):
            pass
