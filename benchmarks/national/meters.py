"""What processes use, read from /proc (Linux): processor, memory at its largest, and what lies on disk."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Meter", "Used", "disk_bytes", "own_tree"]

_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_SECONDS = 1.0
_KIB = 1024


@dataclass(slots=True)
class Used:
    """Of one process and those it started: seconds of processor, largest resident and anonymous bytes."""

    cpu_seconds: float = 0.0
    rss_bytes: int = 0
    anonymous_bytes: int = 0


class Meter:
    """Watches processes by name while a block runs."""

    def __init__(
        self,
        processes: Mapping[str, int],
        *,
        every_seconds: float = _EVERY_SECONDS,
        note: Callable[[int], None] | None = None,
    ) -> None:
        """``note`` is told the anonymous bytes of all processes together, sample by sample."""
        self._processes, self._every, self._note = processes, every_seconds, note
        self._began = {name: _look(pid)[0] for name, pid in processes.items()}
        self.used = {name: Used() for name in processes}

    @contextmanager
    def running(self) -> Iterator["Meter"]:
        """Sample now and then until the block ends."""
        over = threading.Event()

        def sample() -> None:
            while not over.wait(self._every):
                self.look()

        thread = threading.Thread(target=sample, name="meter", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()
            self.look()

    def look(self) -> None:
        """Take one sample of every process."""
        together = 0
        for name, pid in self._processes.items():
            cpu, rss, anonymous = _look(pid)
            used = self.used[name]
            used.cpu_seconds = max(used.cpu_seconds, cpu - self._began[name])
            used.rss_bytes = max(used.rss_bytes, rss)
            used.anonymous_bytes = max(used.anonymous_bytes, anonymous)
            together += anonymous
        if self._note is not None:
            self._note(together)


def _look(pid: int) -> tuple[float, int, int]:
    """Return seconds of processor, resident and anonymous bytes of a process and its descendants."""
    cpu, rss, anonymous = 0.0, 0, 0
    for one in own_tree(pid):
        try:
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:  # it ended in between
            continue
        # With cutime and cstime: what children that ended had used.
        cpu += sum(map(int, stat[11:15])) / _TICKS
        rss += _kib(status, "VmRSS:") * _KIB
        anonymous += _kib(status, "RssAnon:") * _KIB
    return cpu, rss, anonymous


def _kib(status: str, name: str) -> int:
    lines = (line for line in status.splitlines() if line.startswith(name))
    return sum(int(line.split()[1]) for line in lines)


def own_tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from own_tree(int(child))


def disk_bytes(folder: Path) -> dict[str, int]:
    """Return the bytes of files below each entry of a folder; what goes while it is read counts nothing."""
    return {one.name: _bytes(one) for one in sorted(folder.iterdir())}


def _bytes(path: Path) -> int:
    try:
        if path.is_file():
            return path.stat().st_size
        return sum(_bytes(one) for one in path.iterdir()) if path.is_dir() else 0
    except OSError:
        return 0
