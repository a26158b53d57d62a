"""Opening a bundle that lies on disk."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from keys.storing import naming
from linkage.errors import InputError, LimitError
from linkage.wire.bundle import Bundle
from linkage.wire.limits import MAX_BUNDLE_BYTES, MAX_LINE_BYTES

__all__ = ["lines", "opened_bundle"]


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
