"""Files that appear whole or not at all, readable by their owner only where they hold secrets."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from linkage.errors import InputError, LimitError

__all__ = [
    "name_of",
    "open_unfollowed",
    "private_folder",
    "read_limited",
    "replacing",
    "sync_folder",
    "write_in_clear",
    "write_private",
    "write_public",
]


def name_of(path: Path) -> str:
    """Return what a message calls a path: its last part, or all of one without parts, as ``.``."""
    return path.name or str(path)


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Open a file that takes ``path``'s place only when the block ends well.

    The content is fsynced before the rename and the folder after it: otherwise a power cut could leave the
    new name over an empty file.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        # A device or a pipe would be gone from the system, and a file in its place.
        raise OSError(errno.EINVAL, "not a plain file", os.fspath(path))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        # Opened in here: a signal may come as soon as the file is there.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _open_plain(path: str, flags: int) -> int:
    # Without waiting: the other end of a pipe may never come.
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    reason = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
    raise OSError(reason, os.strerror(reason) if stat.S_ISDIR(mode) else "not a plain file")


def open_unfollowed(path: Path) -> BinaryIO:
    """Open a plain file of a stranger's folder; raises ``OSError`` for a link, a pipe or a device."""
    return open(path, "rb", opener=_open_unfollowed)


def _open_unfollowed(path: str, flags: int) -> int:
    return _open_plain(path, flags | getattr(os, "O_NOFOLLOW", 0))


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder holds."""
    if os.name == "nt":  # Windows has no way to open a folder for fsync; NTFS journals the rename
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read."""
    with replacing(path, mode=0o600) as stream:
        stream.write(data)


def write_in_clear(path: Path, data: bytes) -> None:
    """Write a new file that holds a secret in clear, for its owner only, under its own name from the start.

    Killed in the middle it leaves a part of it there, and not under a hidden name that nobody would delete.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_public(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that may be passed on."""
    with replacing(path) as stream:
        for piece in pieces:
            stream.write(piece)


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter, or close one that is there to everybody else.

    Raises :class:`InputError` for somebody else's folder: its owner could take out what is put there.
    """
    for missing in reversed([one for one in path.parents if not one.exists()]):
        # Whatever the umask is: who may write there could put another folder in this one's place.
        missing.mkdir(exist_ok=True, mode=0o755)
    path.mkdir(exist_ok=True, mode=0o700)
    if os.name != "nt":  # Windows has neither these modes nor these owners
        found = path.stat()
        if found.st_uid != os.geteuid():
            raise InputError(
                f"folder {name_of(path)}: belongs to another user",
                hint="choose a folder of your own, or a new one",
            )
        if found.st_mode & 0o077:
            path.chmod(0o700)
    return path


def read_limited(path: Path, *, limit: int, what: str, plain: bool = True) -> bytes:
    """Read a small file whole; raises :class:`InputError` or :class:`LimitError` naming what it is.

    A pipe or device, which somebody may have put into a shared folder, is refused and never waited for;
    without ``plain`` it is read.
    """
    try:
        with open(path, "rb", opener=_open_plain if plain else None) as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"{what} {name_of(path)}: {reason}", hint="check the path and who may read it"
        ) from None
    if len(data) > limit:
        raise LimitError(f"{what} {path.name}: larger than {limit} bytes", hint="is it the right file?")
    return data
