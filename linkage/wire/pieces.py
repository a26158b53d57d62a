"""Taking exact numbers of bytes from a stream that comes in pieces of any size."""

from collections.abc import Iterable

__all__ = ["Pieces"]


class Pieces:
    """A stream of bytes that is read in other portions than it comes in."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer at the end."""
        while len(self._held) < size and self._more():
            pass
        return self._cut(size)

    def line(self, limit: int) -> bytes:
        """Return all up to the next line feed, without it; where none is within ``limit``, so many bytes."""
        while (end := self._held.find(b"\n", 0, limit)) < 0:
            if len(self._held) >= limit or not self._more():
                return self._cut(limit)
        return self._cut(end + 1)[:-1]

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._held += piece
        return True

    def _cut(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken
