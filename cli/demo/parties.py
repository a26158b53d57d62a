"""The parties of the demonstration: each runs the real command in its own folder and nothing else."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from keys.files import private_folder, write_private
from linkage.errors import ClewError

__all__ = ["Party", "Usage", "wait_for_file"]

_STOP_SECONDS = 20.0
_READY_SECONDS = 60.0


@dataclass(slots=True)
class Usage:
    """What the processes of one stage cost: the largest resident set of any of them, in MiB."""

    peak_mib: float = 0.0
    processes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, peak_mib: float) -> None:
        """Count one ended process."""
        with self._lock:
            self.processes += 1
            self.peak_mib = max(self.peak_mib, peak_mib)


class Party:
    """One party: a folder that only it can enter, a passphrase, and the ``clew`` command."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = private_folder(folder)
        self.name = name
        self.passphrase_file = folder / "passphrase.txt"
        if not self.passphrase_file.exists():
            write_private(self.passphrase_file, secrets.token_urlsafe(18).encode() + b"\n")
        self._log = folder / "log.txt"

    def run(self, *arguments: str | Path, usage: Usage | None = None) -> str:
        """Run one command to its end and return what it wrote to standard output.

        Raises :class:`ClewError` with the command's own last words if it fails.
        """
        process = self._start(arguments, stdout=subprocess.PIPE)
        with cast("IO[bytes]", process.stdout) as stream:
            output = stream.read().decode()
        _wait(process, usage)
        if process.returncode != 0:
            raise ClewError(
                f"{self.name}: clew {' '.join(map(str, arguments[:3]))} ended with {process.returncode}",
                hint=f"see {self._log.name} in the folder of this party; it says: {self._last_words()}",
            )
        return output

    @contextlib.contextmanager
    def running(
        self, *arguments: str | Path, usage: Usage | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a service for as long as the block lasts, then stop it and wait until it has ended."""
        process = self._start(arguments, stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            _stop(process, usage)

    def _start(self, arguments: tuple[str | Path, ...], *, stdout: int) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            log.write(f"$ clew {' '.join(map(str, arguments))}\n".encode())
            log.flush()
            return subprocess.Popen(
                [sys.executable, "-m", "cli.main", *map(str, arguments)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=log,
            )

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return " / ".join(line for line in lines[-3:] if not line.startswith("$"))


def wait_for_file(path: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until a service has written its ready file and return its content."""
    deadline = time.monotonic() + _READY_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ClewError(
                "the service did not become ready", hint="see log.txt in the linkage unit's folder"
            )
        time.sleep(0.05)
    return path.read_text(encoding="utf-8").strip()


def _stop(process: subprocess.Popen[bytes], usage: Usage | None) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    timer = threading.Timer(_STOP_SECONDS, process.kill)
    timer.start()
    try:
        _wait(process, usage)
    finally:
        timer.cancel()


def _wait(process: subprocess.Popen[bytes], usage: Usage | None) -> None:
    """Wait for a process, keeping its peak memory where the platform tells it."""
    if usage is None or process.returncode is not None or not hasattr(os, "wait4"):
        process.wait()
        return
    _, status, resources = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    scale = 1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0
    usage.add(resources.ru_maxrss / scale)
