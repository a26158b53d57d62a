"""Streaming compression with a limit on what comes out, so that a small file cannot fill a machine."""

import zlib
from collections.abc import Iterable, Iterator

from linkage.errors import FormatError, LimitError

__all__ = ["compress", "decompress"]

_PIECE_BYTES = 1024 * 1024


def compress(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Compress pieces to a zlib stream (RFC 1950)."""
    engine = zlib.compressobj(level=6)
    for piece in pieces:
        if packed := engine.compress(piece):
            yield packed
    yield engine.flush()


def decompress(pieces: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    """Decompress a zlib stream that may hold at most ``limit`` bytes.

    Raises :class:`LimitError` as soon as more comes out, and :class:`FormatError` for a damaged stream.
    """
    engine = zlib.decompressobj()
    total = 0
    for piece in pieces:
        waiting = piece
        while waiting and not engine.eof:
            try:
                plain = engine.decompress(waiting, _PIECE_BYTES)
            except zlib.error:
                raise FormatError("the compressed content is damaged") from None
            waiting = engine.unconsumed_tail
            total += len(plain)
            if total > limit:
                raise LimitError(f"the content unpacks to more than the {limit} bytes that were promised")
            yield plain
        if waiting or engine.unused_data:
            raise FormatError("the compressed content is followed by something else")
    if not engine.eof:
        raise FormatError("the compressed content is cut short")
