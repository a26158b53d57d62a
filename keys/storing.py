"""Writing and naming the files of key custody, so that whatever goes wrong is said about a file."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from keys.files import name_of, private_folder, read_limited, write_in_clear, write_private, write_public
from linkage.errors import ClewError, InputError
from linkage.wire.cards import AnyCard, read_card
from linkage.wire.limits import MAX_CARD_BYTES, MAX_MANIFEST_BYTES

__all__ = [
    "card_at",
    "make_folder",
    "naming",
    "read_as",
    "refuse_existing",
    "store_all",
    "store_in_clear",
    "store_private",
    "store_public",
    "taken_back",
]

Content = TypeVar("Content")


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name in front of whatever is found wrong with its content."""
    try:
        yield
    except ClewError as error:
        raise type(error)(f"{name_of(path)}: {error.message}", hint=error.hint) from None


def read_as(
    path: Path, reader: Callable[[bytes], Content], *, what: str, limit: int = MAX_MANIFEST_BYTES
) -> Content:
    """Read a small file by a reader of its format; whatever is wrong is said about the file by name."""
    data = read_limited(path, limit=limit, what=what)
    with naming(path):
        return reader(data)


def card_at(path: Path, kind: type[AnyCard], *, what: str = "card") -> AnyCard:
    """Read a card that its own key signed."""
    return read_as(path, lambda data: read_card(data, kind), what=what, limit=MAX_CARD_BYTES)


def refuse_existing(path: Path) -> None:
    """Raise :class:`InputError` if there is such a file: keys are never overwritten."""
    if path.exists():
        raise InputError(
            f"{name_of(path)}: is there already and is not replaced",
            hint="choose another place, or move it away",
        )


def make_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter."""
    with _as_input_error(path):
        return private_folder(path)


def store_private(path: Path, data: bytes) -> None:
    """Write a file for its owner only, whole or not at all."""
    with _as_input_error(path):
        write_private(path, data)


def store_in_clear(path: Path, data: bytes) -> None:
    """Write a new file that holds a secret in clear, for its owner only, and nothing beside it."""
    with _as_input_error(path):
        write_in_clear(path, data)


def store_public(path: Path, data: bytes) -> None:
    """Write a file that may be passed on, whole or not at all."""
    with _as_input_error(path):
        write_public(path, [data])


def store_all(files: Mapping[Path, bytes], *, private: frozenset[Path]) -> None:
    """Write several new files, in order, all or none: a failure takes back those already written."""
    written: list[Path] = []
    try:
        for path, data in files.items():
            written.append(path)
            (store_private if path in private else store_public)(path, data)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def taken_back(*paths: Path) -> Iterator[None]:
    """Remove new files that nobody was told of if the block fails: the same command can make them again."""
    try:
        yield
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _as_input_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not path.parent.exists():
            raise InputError(
                f"{name_of(path)}: not written: there is no folder {name_of(path.parent)}",
                hint="make the folder, or choose another place",
            ) from None
        if isinstance(error, FileExistsError):
            raise InputError(f"{name_of(path)}: not a folder", hint="choose another place") from None
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(
            f"{name_of(path)}: not written: {reason}",
            hint="check the space on the disk and who may write there",
        ) from None
