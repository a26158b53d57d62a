"""Sealed bodies and chunks: files named by their content, durable before anything says that they exist.

Order of durability, from which everything else follows:

1. the bytes are written to a temporary file and their digest and size are checked;
2. the file is fsynced, so that a power cut cannot leave a name over missing bytes;
3. it is renamed to its final name, so that a reader sees the whole body or none;
4. the folder is fsynced, so that the name itself survives;
5. only now may the caller commit a row that names the body, and only after that answer anybody.
"""

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from linkage.errors import VerificationError

__all__ = ["BodyFolder", "body_name", "chunk_name", "owner_of", "sync_folder", "write_whole"]

_PIECE_BYTES = 1024 * 1024
_STALE_SECONDS = 24 * 3600.0
_SUFFIX = ".part"


def body_name(submission: str, sealed_sha256: str) -> str:
    """Name a sealed body's file; both are digests that the caller has already parsed.

    It holds the submission: were a body named by its digest alone, a second submission that lists the same
    digest would own the same file, and refusing one would remove the other's.
    """
    return f"{submission}-{sealed_sha256}.sealed"


def chunk_name(submission: str, sha256: str) -> str:
    """Name a chunk's file.  It holds the submission: one agency's chunks never serve as another's."""
    return f"{submission}-{sha256}.chunk"


def owner_of(name: str) -> str:
    """Return the submission that a body, a chunk, or one of them half-written belongs to."""
    return name.removeprefix(".").partition("-")[0]


class BodyFolder:
    """A flat folder of bodies; names are made of digests that the caller has already parsed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Return where a body lies, whether it is there or not."""
        return self.folder / name

    def put(self, name: str, pieces: Iterable[bytes], *, sha256: str, size: int) -> None:
        """Store a body durably, or nothing at all.

        Raises :class:`VerificationError` if the bytes do not have the stated digest and size.
        """
        with write_whole(self.path(name), mode=0o640) as descriptor:
            digest, count = hashlib.sha256(), 0
            for piece in pieces:
                _write_all(descriptor, piece)
                digest.update(piece)
                count += len(piece)
            if count != size or digest.hexdigest() != sha256:
                raise VerificationError("the bytes do not have the digest and size that were stated")

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a body's bytes; raises :class:`FileNotFoundError` if there is none."""
        with self.path(name).open("rb") as stream:
            while piece := stream.read(_PIECE_BYTES):
                yield piece

    def verify(self, name: str, *, sha256: str, size: int) -> None:
        """Check that a stored body is what it was; raises :class:`VerificationError` if it is not."""
        digest, count = hashlib.sha256(), 0
        for piece in self.pieces(name):
            digest.update(piece)
            count += len(piece)
        if count != size or digest.hexdigest() != sha256:
            raise VerificationError(
                f"{self.folder.name}: a stored body is damaged", hint="restore it from a backup"
            )

    def has(self, name: str) -> bool:
        """Say whether a body is there."""
        return self.path(name).is_file()

    def remove(self, names: Iterable[str]) -> None:
        """Remove bodies; one that is not there is no fault, because a retry must be harmless."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def remove_of(self, submissions: Iterable[str]) -> None:
        """Remove every body and chunk of these submissions, half-written ones too, and make that durable."""
        owners = frozenset(submissions)
        self.remove(entry.name for entry in list(self.folder.iterdir()) if owner_of(entry.name) in owners)
        sync_folder(self.folder)

    def names(self, suffix: str) -> list[str]:
        """Return the names of the bodies that end in ``suffix``."""
        return sorted(entry.name for entry in self.folder.iterdir() if entry.name.endswith(suffix))

    def unfinished(self) -> list[str]:
        """Return the names of files that are being written, or were when a process was killed."""
        return self.names(_SUFFIX)

    def sweep_unfinished(self) -> None:
        """Remove what a killed process left half-written.

        Only what is a day old: a younger file may belong to another process that is still writing it.
        """
        oldest = time.time() - _STALE_SECONDS
        for entry in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if entry.name.endswith(_SUFFIX) and entry.stat().st_mtime < oldest:
                    entry.unlink()


@contextlib.contextmanager
def write_whole(path: Path, *, mode: int) -> Iterator[int]:
    """Open a file descriptor whose content takes ``path``'s place only when the block ends well."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{_SUFFIX}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        try:
            # The mode of open() passes through the process's umask, which may shut out the worker's account.
            os.fchmod(descriptor, mode)
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a folder's names durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
