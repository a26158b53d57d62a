"""The folder in which a linkage lays its sealed rows for the cluster, and which it leaves empty.

All of it is written and read by the cluster, so that the linking worker needs no right on the storage of its
own.  A folder on this machine is made for this account alone.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from api.spark.failures import ClusterError, spoken
from api.spark.running import Cluster
from linkage.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Staged", "staged"]

_PRIVATE: Final = 0o700
_LOOKS_AGAIN, _SECONDS_BETWEEN = 20, 1.0
"""How often, after jobs were cancelled, to see whether a task wrote once more."""


class Staged:
    """The folder of one linkage."""

    def __init__(self, cluster: Cluster, place: str) -> None:
        self._cluster, self._place = cluster, place
        self._written: dict[str, str] = {}

    def add(self, name: str, frame: "DataFrame") -> None:
        """Write rows to a data set, behind those that it has."""
        self._written.setdefault(name, frame.schema.simpleString())
        frame.write.mode("append").option("compression", "none").parquet(self._path(name))

    def read(self, name: str, columns: str) -> "DataFrame":
        """Return a data set; ``columns``: its schema, so that no file is opened to find it."""
        return self._cluster.session.read.schema(columns).parquet(self._path(name))

    def end(self, *, well: bool) -> None:
        """Remove all data sets; where a linkage did not end ``well``, tasks may still write for a while.

        By Spark Connect nothing can be deleted, only overwritten: then empty files stay, of no rows.
        """
        local = _local(self._place)
        if self._cluster.connect:
            for name, columns in self._written.items():
                with suppress(ClusterError), spoken():
                    empty = self._cluster.session.createDataFrame([], columns)
                    empty.write.mode("overwrite").parquet(self._path(name))
        elif local is None:
            self._delete()
        if local is not None:
            shutil.rmtree(local, ignore_errors=True)
            for _ in range(0 if well else _LOOKS_AGAIN):
                time.sleep(_SECONDS_BETWEEN)
                if not local.exists():
                    break
                shutil.rmtree(local, ignore_errors=True)

    def _delete(self) -> None:
        context = self._cluster.session.sparkContext
        machine = context._jvm  # nothing public removes a folder
        if machine is None:
            return
        with suppress(ClusterError), spoken():
            path = machine.org.apache.hadoop.fs.Path(self._place)
            all_of_it = True
            path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, all_of_it)

    def _path(self, name: str) -> str:
        return f"{self._place}/{name}"


@contextmanager
def staged(cluster: Cluster, folder: str) -> Iterator[Staged]:
    """Open a folder of one linkage's own within ``folder``, a path or a URI, and remove it at the end."""
    place = f"{folder.rstrip('/')}/clew-{os.urandom(12).hex()}"
    local = _local(place)
    if local is not None:
        try:
            local.mkdir(mode=_PRIVATE, parents=True)
        except OSError as error:
            reason = (error.strerror or "cannot be written").lower()
            raise InputError(
                f"[spark] staging: {reason}", hint="name a folder that the linking worker may write to"
            ) from None
    made, well = Staged(cluster, place), False
    try:
        yield made
        well = True
    finally:
        made.end(well=well)


def _local(place: str) -> Path | None:
    parts = urlsplit(place)
    return Path(parts.path) if parts.scheme in {"", "file"} else None
