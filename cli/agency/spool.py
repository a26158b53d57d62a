"""The spool: parts on disk while their digests are computed, in a private folder that is always removed.

It holds what the open bundle holds, handles and codes and bits, and never an identifier.
"""

import contextlib
import hashlib
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keys.files import private_folder
from linkage.wire.compression import compress
from linkage.wire.manifest import Part, PartName
from linkage.wire.seal import seal

__all__ = ["Spool", "SpooledPart", "open_spool", "sweep_spools"]

_PREFIX = "spool-"
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SpooledPart:
    """One part in both forms on disk, and its entry for the manifest."""

    entry: Part
    open_file: Path
    sealed_file: Path

    def open_pieces(self) -> Iterator[bytes]:
        """Yield the part's content."""
        return _pieces(self.open_file)

    def sealed_pieces(self) -> Iterator[bytes]:
        """Yield the seal around it."""
        return _pieces(self.sealed_file)


class Spool:
    """A private folder in which parts are written and sealed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def part(self, name: PartName, content: Iterable[bytes], *, context: bytes, public: str) -> SpooledPart:
        """Write a part's content and the seal around it; the payload is compressed before it is sealed."""
        open_file, sealed_file = self._folder / f"{name}.open", self._folder / f"{name}.sealed"
        sha256, size = _write(open_file, content)
        inner = _pieces(open_file)
        packed = compress(inner) if name == "payload" else inner
        sealed = seal(packed, public, context=context)
        sealed_sha256, sealed_size = _write(sealed_file, sealed)
        entry = Part(
            name=name, sha256=sha256, size=size, sealed_sha256=sealed_sha256, sealed_size=sealed_size
        )
        return SpooledPart(entry, open_file, sealed_file)

    def set_aside(self, name: str, content: Iterable[bytes]) -> Iterator[bytes]:
        """Write down what a part will hold before all about it is known; returns it piece by piece."""
        path = self._folder / f"{name}.aside"
        _write(path, content)
        return _pieces(path)


def sweep_spools(workspace: Path) -> None:
    """Remove the spools that killed commands left; the caller holds the workspace's transaction."""
    for left in workspace.glob(f"{_PREFIX}*"):
        shutil.rmtree(left)


@contextlib.contextmanager
def open_spool(workspace: Path) -> Iterator[Spool]:
    """Make a spool in a workspace and remove it at the end, and whatever a crash left of earlier ones.

    Only one command at a time may encode in a workspace; its transaction sees to that.
    """
    sweep_spools(workspace)
    folder = private_folder(workspace / f"{_PREFIX}{secrets.token_hex(6)}")
    try:
        yield Spool(folder)
    finally:
        shutil.rmtree(folder)


def _write(path: Path, pieces: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as stream:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            stream.write(piece)
    return digest.hexdigest(), size


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            yield piece
