"""What the linking worker keeps of its last comparison, so that the next one compares only what is new.

One file for the epoch in force, beside the bodies in the worker's own folder, sealed by the worker to itself.
No row names it and no backup holds it: what stands in it counts only for rows that are still what they were
(:mod:`linkage.match.kept`), so that an older file is as right as the newest, and none at all costs one
comparison of everything.

Order of durability: the file is written under another name and fsynced, then named in the writer's place of
the shared database, by whoever still holds the job.  A worker that was given up for dead could otherwise put
back what an erasure has taken out meanwhile.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from api.secret_files import WorkerKey
from api.store.bodies import BodyFolder, sync_folder, write_whole
from api.worker import Task
from linkage.errors import ClewError
from linkage.wire.derivation import keyed_digest
from linkage.wire.seal import open_seal, seal

if TYPE_CHECKING:  # the compiled kernels behind it take seconds to load, and few jobs need them
    from linkage.match.kept import Kept

__all__ = ["HELD", "EpochKeeper", "Held", "KeptComparisons"]

Held = Callable[[], AbstractContextManager[None]]
"""Enters the moment in which this process certainly holds its job."""

HELD: Final = ".kept"
_UNNAMED: Final = ".unnamed"


class KeptComparisons:
    """The files of kept comparisons, of which there is one but for the first linkage of an epoch."""

    def __init__(self, folder: Path, key: WorkerKey) -> None:
        self._folder = BodyFolder(folder)
        self._key = key.sealing
        self._own_key = key.derive("kept-comparison")

    def has(self, epoch: str) -> bool:
        """Say whether something is kept of an epoch."""
        return self._folder.has(_name(epoch))

    def load(self, epoch: str) -> "Kept | None":
        """Return what is kept of an epoch, or None; raises :class:`ClewError` for a damaged file."""
        from linkage.match.kept_format import read_kept

        if not self.has(epoch):
            return None
        pieces = self._folder.pieces(_name(epoch))
        return read_kept(open_seal(pieces, self._key, context=self._context(epoch)))

    def save(self, epoch: str, kept: "Kept", *, held: Held) -> None:
        """Keep this of an epoch, and nothing of any other."""
        self._write(epoch, kept, held)
        self._remove(name for name in self._folder.names(HELD) if name != _name(epoch))

    def remove(self, epoch: str | None = None) -> None:
        """Keep nothing any more of an epoch, or of any, and nothing half-written."""
        self._tidy()
        self._remove(self._folder.names(HELD) if epoch is None else [_name(epoch)])

    def forget(self, gone: Mapping[str, Collection[str] | None], *, held: Held) -> None:
        """Take records out of what is kept, by agency and handle; all of an agency for None.

        What cannot be read goes as a whole.
        """
        from linkage.match.kept import without

        self._tidy()
        for name in self._folder.names(HELD):
            epoch = name.removesuffix(HELD)
            try:
                kept = self.load(epoch)
            except ClewError:
                self._remove([name])
                continue
            which = None if kept is None else _rows_of(kept, gone)
            if kept is not None and which is not None and which.any():
                self._write(epoch, without(kept, which), held)

    def _write(self, epoch: str, kept: "Kept", held: Held) -> None:
        from linkage.match.kept_format import kept_pieces

        self._tidy()
        path = self._folder.path(_name(epoch))
        unnamed = path.with_name(path.name + _UNNAMED)
        sealed = seal(kept_pieces(kept), self._key.public_text(), context=self._context(epoch))
        with (
            write_whole(unnamed, mode=0o600) as descriptor,
            open(descriptor, "wb", closefd=False) as stream,
        ):
            stream.writelines(sealed)
        with held():
            unnamed.replace(path)
            sync_folder(path.parent)

    def _tidy(self) -> None:
        """Remove what a killed worker wrote and did not name: only one works on these files at a time."""
        written = [*self._folder.unfinished(), *self._folder.names(_UNNAMED)]
        self._remove(name for name in written if HELD in name)

    def _remove(self, names: Iterable[str]) -> None:
        if found := list(names):
            self._folder.remove(found)
            sync_folder(self._folder.folder)

    def _context(self, epoch: str) -> bytes:
        return b"clew/unit/kept/1\x00" + keyed_digest(self._own_key, epoch.encode())


class EpochKeeper:
    """Keeps the comparison of one linkage; see :class:`linkage.match.keeping.Keeper`."""

    def __init__(self, kept: KeptComparisons, epoch: str, task: Task) -> None:
        self._kept = kept
        self._epoch = epoch
        self._task = task

    def load(self) -> "Kept | None":
        """Return what is kept of the epoch; of a file that cannot be read say so, and compare everything."""
        try:
            return self._kept.load(self._epoch)
        except (ClewError, OSError) as error:
            self._task.tell(f"what was compared before cannot be used ({error}): everything is compared")
            return None

    def planned(self, new: int, rows: int, comparisons: int) -> None:
        """Say what is left to compare."""
        if new < rows:
            self._task.tell(
                f"{rows - new:,} of {rows:,} rows stand as they were compared before: {comparisons:,} "
                "comparisons are left"
            )

    def save(self, kept: "Kept") -> None:
        """Keep it for the next linkage of the epoch; a full disk is no reason to lose this one."""
        try:
            self._kept.save(self._epoch, kept, held=self._task.held)
        except OSError as error:
            self._task.tell(f"what was compared cannot be kept ({error.strerror}): it is compared again")


def _name(epoch: str) -> str:
    return f"{epoch}{HELD}"


def _rows_of(kept: "Kept", gone: Mapping[str, Collection[str] | None]) -> NDArray[np.bool_]:
    """Tell which rows (n,) are of records that go."""
    found = np.zeros(len(kept.rows), dtype=np.bool_)
    for agency, handles in gone.items():
        found |= kept.rows.of_records(agency, handles)
    return found
