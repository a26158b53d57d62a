"""Where the linking worker keeps how far a comparison is: a sealed file in its own folder.

It holds lists of row numbers and scores, nothing that says whose they are, and is of use with the very same
encodings only.  It is written anew now and then, forgotten when the linkage is written, and no backup has it:
without it a comparison begins again.
"""

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.secret_files import WorkerKey
from api.store.bodies import write_whole
from linkage.errors import FormatError, VerificationError, VersionError
from linkage.wire.derivation import keyed_digest
from linkage.wire.seal import open_seal, seal

if TYPE_CHECKING:
    from linkage.match.kernel_lists import NearestLists

__all__ = ["ComparisonJournal"]

_NAME: Final = "comparison.journal"
_PIECE_BYTES: Final = 1 << 20
_EVERY: Final = 120.0
"""Seconds between two savings at least; a kill costs no more of the comparison than that."""

_SHARE: Final = 20.0
"""Saving takes at most one part in so many of the time."""


class ComparisonJournal:
    """The journal of one linking worker's folder (:class:`linkage.match.engine.Journal`).

    Whoever has the job of a linkage has the journal; two who believe so write whole files, one after another.
    """

    def __init__(self, folder: Path, key: WorkerKey, *, every: float = _EVERY) -> None:
        self._path = folder / _NAME
        self._key = key.sealing
        self._context = b"clew/unit/comparison/1\x00" + keyed_digest(key.derive("comparison"), b"journal")
        self._every = every
        self._saved, self._took = time.monotonic(), 0.0

    def resume(self, digest: str, lists: "NearestLists") -> int:
        """Fill lists with what was saved of this plan, and return how many of its tiles are in them."""
        # The compiled lists take seconds to load; who only forgets a journal does not need them.
        from linkage.match.saved_lists import read_lists

        self._saved = time.monotonic()
        try:
            with self._path.open("rb") as stream:
                sealed = iter(lambda: stream.read(_PIECE_BYTES), b"")
                return read_lists(open_seal(sealed, self._key, context=self._context), lists, digest) or 0
        except FileNotFoundError:
            return 0
        except (FormatError, VerificationError, VersionError):
            lists.counts[:] = 0  # damaged, or another release's: the comparison begins again
            return 0

    def due(self) -> bool:
        """Say whether it is time to save again."""
        return time.monotonic() - self._saved >= max(self._every, _SHARE * self._took)

    def save(self, digest: str, tiles: int, lists: "NearestLists") -> None:
        """Write lists in which so many tiles of a plan are in the place of what was saved before."""
        from linkage.match.saved_lists import lists_pieces

        began = time.monotonic()
        pieces = seal(lists_pieces(lists, digest, tiles), self._key.public_text(), context=self._context)
        with write_whole(self._path, mode=0o600) as descriptor, open(descriptor, "wb", closefd=False) as file:
            for piece in pieces:
                file.write(piece)
        self._saved = time.monotonic()
        self._took = self._saved - began

    def forget(self) -> None:
        """Remove what was saved, and what a kill left half-written."""
        for path in (self._path, *self._path.parent.glob(f".{_NAME}.*.part")):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
