"""Who may do what: what the operating system lets whom open, checkpoints, and witnesses of the ledger."""

import base64
import contextlib
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from api.checkpoints import outside_checkpoints, require_goes_on
from api.config import Settings
from api.folders import DataFolder
from api.store import ledger
from api.unit import read_own_ledger_card
from linkage.errors import ClewError
from linkage.wire.checkpoints import read_checkpoint

__all__ = ["CheckpointView", "PathRights", "Witness", "path_rights", "view_checkpoint", "witnesses"]


@dataclass(frozen=True, slots=True)
class PathRights:
    """A file or folder of the unit: whose it is, and who may read and write it."""

    name: str
    what: str
    owner: str
    group: str
    mode: str
    everybody: bool


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """The checkpoint that was signed last; ``good``: it is signed by the ledger's key and of this ledger.

    ``root`` is in hex, as proofs write it, ``noted`` in base 64, as the signed note does; ``later``: entries
    that came after it.
    """

    size: int
    root: str
    noted: str
    note: str
    later: int
    good: bool


@dataclass(frozen=True, slots=True)
class Witness:
    """A checkpoint that lies elsewhere, and whether the ledger goes on from it."""

    name: str
    size: int | None
    words: str
    good: bool


def path_rights(folder: DataFolder) -> list[PathRights]:
    """Return the rights of everything that a wall rests on; what cannot be looked at is left out."""
    listed: tuple[tuple[Path, str], ...] = (
        (folder.receipts_key, "signs receipts and certificates"),
        (folder.ledger_key, "signs checkpoints of the ledger"),
        (folder.linking_key, "opens encodings"),
        (folder.register_key, "opens payload and what is kept of releases"),
        (folder.releases_key, "opens what publishers look at"),
        (folder.audience_keys, "keys of pseudonyms"),
        (folder.intake_encodings, "sealed encodings on their way in"),
        (folder.intake_payload, "sealed payload on its way in"),
        (folder.encodings, "the linking worker's own store"),
        (folder.payload, "the register worker's own store"),
        (folder.register_database, "the shared database, where it is a file"),
        (folder.settings, "settings"),
    )
    return [found for path, what in listed if (found := _rights(folder, path, what)) is not None]


def _rights(folder: DataFolder, path: Path, what: str) -> PathRights | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return PathRights(
        name=path.relative_to(folder.root).as_posix(),
        what=what,
        owner=_named(path, "owner", found.st_uid),
        group=_named(path, "group", found.st_gid),
        mode=stat.filemode(found.st_mode),
        everybody=bool(found.st_mode & (stat.S_IROTH | stat.S_IWOTH)),
    )


def _named(path: Path, which: str, number: int) -> str:
    with contextlib.suppress(KeyError, NotImplementedError, OSError):
        return str(getattr(path, which)())
    return str(number)


def view_checkpoint(connection: Connection, folder: DataFolder) -> CheckpointView | None:
    """Return the checkpoint that was signed last, or None before the first."""
    note = ledger.newest_checkpoint(connection)
    if note is None:
        return None
    try:
        found = read_checkpoint(note, read_own_ledger_card(folder).note_key)
    except ClewError:
        return CheckpointView(0, "", "", note, 0, good=False)
    size = ledger.size_of(connection)
    good = found.size <= size and ledger.root_of(connection, found.size) == found.root
    noted = base64.b64encode(found.root).decode()
    return CheckpointView(found.size, found.root.hex(), noted, note, max(size - found.size, 0), good)


def witnesses(connection: Connection, folder: DataFolder, settings: Settings) -> Sequence[Witness]:
    """Return the checkpoints outside that the settings name, each compared with the ledger."""
    return [_witness(connection, folder, one) for one in _files(settings.service.outside_checkpoints)]


def _files(named: Iterable[str]) -> list[Path]:
    paths = [Path(one) for one in named]
    return [one for path in paths for one in (sorted(path.glob("*.txt")) if path.is_dir() else [path])]


def _witness(connection: Connection, folder: DataFolder, path: Path) -> Witness:
    try:
        (point,) = outside_checkpoints([path], read_own_ledger_card(folder))
        require_goes_on(connection, [point])
    except (ClewError, OSError) as error:
        words = error.message if isinstance(error, ClewError) else "cannot be read"
        return Witness(path.name, None, words, good=False)
    return Witness(path.name, point.size, "the ledger goes on from it", good=True)
