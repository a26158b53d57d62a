"""The unit's three processes, started as an operator starts them and killed with SIGKILL, here or at a point.

A point is a system call: strace sends SIGKILL when a thread is about to make it for the n-th time, so that
what came before it is done and nothing after it is.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.processes import ROOT

STRACE = shutil.which("strace")

POINTS: Mapping[str, str] = {
    "a body or a folder is synced": "fsync",
    "a body gets its name": "rename",
    "pages of a commit are written": "pwrite64",
    "a commit is synced": "fdatasync",
    "a chunk is removed": "unlink",
    "an answer leaves": "sendto",
}
"""Before what the process is killed, and the system call that it is."""


class Injection:
    """What strace does to a running process and all its threads, until :meth:`end`."""

    def __init__(self, process: int, call: str, what: str, *, path: Path | None = None) -> None:
        assert STRACE is not None
        words = ["-f", "-o", "/dev/null", "-p", str(process), "-e", f"trace={call}"]
        words += [] if path is None else ["-P", str(path)]
        self._tracer = subprocess.Popen(
            [STRACE, *words, "-e", f"inject={call}:{what}"], stderr=subprocess.PIPE
        )
        assert self._tracer.stderr is not None
        self._tracer.stderr.readline()  # "Process … attached"

    def end(self) -> None:
        """Let go of the process, if it lives."""
        self._tracer.terminate()
        try:
            self._tracer.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:  # it may wait for the end of a process that has ended by itself
            self._tracer.kill()
            self._tracer.communicate()


def kill_at(process: int, call: str, nth: int) -> Injection:
    """Kill a process when one of its threads makes a call for the n-th time from now on."""
    return Injection(process, call, f"signal=SIGKILL:when={nth}")


def fail_at(process: int, call: str, error: str, *, which: str = "1+", path: Path | None = None) -> Injection:
    """Let calls fail that a process makes: they are not made and an error is their result."""
    return Injection(process, call, f"error={error}:when={which}", path=path)


@dataclass
class Running:
    """One process of the unit; its messages go to a file."""

    arguments: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, env: Mapping[str, str] | None = None) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", *self.arguments],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **env} if env else None,
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(30)

    def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def ended_within(self, seconds: float) -> bool:
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@dataclass
class Service(Running):
    """``clew register serve`` on a free port."""

    ready: Path = field(default=Path())

    def serve(self, env: Mapping[str, str] | None = None) -> str | None:
        """Start and return the URL once requests are served, or None if it was killed before."""
        self.ready.unlink(missing_ok=True)
        self.start(env)
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            if self.ready.exists():
                return self.ready.read_text().strip()
            if not self.alive:
                return None
            time.sleep(0.01)
        raise AssertionError("the service does not become ready")


def service(data: Path, place: Path) -> Service:
    ready = place / "ready.txt"
    arguments = ["register", "serve", "--data", str(data), "--port", "0", "--ready-file", str(ready)]
    return Service(arguments, place / "service.log", ready=ready)


def worker(data: Path, place: Path, which: str, *more: str) -> Running:
    return Running(["register", "work", which, "--data", str(data), *more], place / f"{which}.log")
