"""Releases as publishers look at them, opened once: to read one of many tables takes a second."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Generic, TypeVar

from sqlalchemy import Connection

from api.folders import DataFolder
from api.open_releases import open_files, open_tables
from api.store.releases import KeptRelease
from linkage.register.released import ReleasedTable

__all__ = ["OpenedReleases"]

_KEPT = 6
"""How many releases stay open: those that some people look at, each with the one before it."""

T = TypeVar("T")


class _Newest(Generic[T]):
    """What was used last, by digest; what has the same digest is the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, digest: str) -> T | None:
        with self._lock:
            if digest not in self._kept:
                return None
            self._kept.move_to_end(digest)
            return self._kept[digest]

    def put(self, digest: str, opened: T) -> None:
        with self._lock:
            self._kept[digest] = opened
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


class OpenedReleases:
    """Tables and files of releases; of one that was rejected none, whatever was opened before."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._tables: _Newest[tuple[ReleasedTable, ...]] = _Newest()
        self._files: _Newest[Mapping[str, bytes]] = _Newest()

    def tables(self, connection: Connection, found: KeptRelease) -> tuple[ReleasedTable, ...] | None:
        """Return a release's tables as :func:`api.open_releases.open_tables` does."""
        if not found.counted:
            return None
        opened = self._tables.get(found.digest)
        if opened is None and (opened := open_tables(self._folder, connection, found)) is not None:
            self._tables.put(found.digest, opened)
        return opened

    def files(self, connection: Connection, found: KeptRelease) -> Mapping[str, bytes] | None:
        """Return a release's files as :func:`api.open_releases.open_files` does."""
        if not found.counted:
            return None
        opened = self._files.get(found.digest)
        if opened is None and (opened := open_files(self._folder, connection, found)) is not None:
            self._files.put(found.digest, opened)
        return opened
