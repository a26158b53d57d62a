"""Whether the unit can do what it is there for: write durably, and work on what it took.

Anybody may ask, so an answer is *ok* or *not ok* and nothing else, and asking often costs nothing: one
probe at a time, and its outcome serves everybody for a few seconds.  What is wrong goes to the log.
"""

import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from api.clock import Clock
from api.heartbeats import read_beats, unit_is_ready
from api.logs import fault_words
from api.store.database import Database
from api.store.probing import write_probe

__all__ = ["Health"]

_KEPT_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 3.0

_log = logging.getLogger("clew.health")


class Health:
    """Probes of one service."""

    def __init__(
        self, database: Database, intake: list[Path], heartbeats: Path, *, free_bytes: int, clock: Clock
    ) -> None:
        self._database = database
        self._intake = intake
        self._heartbeats = heartbeats
        self._free_bytes = free_bytes
        self._clock = clock
        self._writes = _Shared(self._probe)
        self._works = _Shared(self._probe_workers)

    def is_ok(self) -> bool:
        """Say whether a submission would be taken: the writer commits and the disk takes and keeps bytes."""
        return self._writes.outcome()

    def is_ready(self) -> bool:
        """Say whether submissions would be taken, and a warm worker of each kind lives to work on them."""
        return self.is_ok() and self._works.outcome()

    def _probe(self) -> bool:
        try:
            for folder in self._intake:
                if not self._has_space(folder):
                    return False
                _write_durably(folder)
            with self._database.write() as connection:
                write_probe(connection, now=self._clock())
        except Exception as error:  # noqa: BLE001 -- whatever keeps a probe from its end, the unit is not well
            _log.error("not ok: %s", fault_words(error))
            return False
        return True

    def _has_space(self, folder: Path) -> bool:
        free = shutil.disk_usage(folder).free
        if free < self._free_bytes:
            _log.error("not ok: %d bytes are free, [disk] free_bytes in unit.toml asks for more", free)
        return free >= self._free_bytes

    def _probe_workers(self) -> bool:
        ready = unit_is_ready(read_beats(self._heartbeats), now=self._clock())
        if not ready:
            _log.warning("not ready: no warm worker of each kind lives; see `clew register status`")
        return ready


class _Shared:
    """One probe for all who ask: run at most every few seconds, in a thread that may hang by itself."""

    def __init__(self, probe: Callable[[], bool]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._fresh_until = 0.0
        self._good = False
        self._running: threading.Event | None = None
        self._deadline = 0.0

    def outcome(self) -> bool:
        """Return what a probe of the last seconds said; False while one takes longer than our patience."""
        with self._lock:
            if time.monotonic() < self._fresh_until:
                return self._good
            if self._running is None:
                self._running, self._deadline = threading.Event(), time.monotonic() + _PATIENCE_SECONDS
                threading.Thread(target=self._run, name="probe", daemon=True).start()
            running, left = self._running, self._deadline - time.monotonic()
        if left <= 0 or not running.wait(left):
            _log.error("not ok: a probe hangs")
            return False
        return self._good

    def _run(self) -> None:
        good = False
        try:
            good = self._probe()
        finally:
            with self._lock:
                self._good, self._fresh_until = good, time.monotonic() + _KEPT_SECONDS
                running, self._running = self._running, None
            if running is not None:
                running.set()


def _write_durably(folder: Path) -> None:
    """Write and sync a file and its folder, as a chunk is, and take it away again."""
    path = folder / f".healthz.{secrets.token_hex(6)}.part"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, b"healthz")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
