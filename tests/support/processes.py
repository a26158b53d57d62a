"""The real commands as processes."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def clew(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


@contextmanager
def clew_running(*arguments: str | Path, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """A command that runs on; with ``log`` its messages go there, so that no full pipe can hold it up."""
    with contextlib.ExitStack() as opened:
        messages = subprocess.PIPE if log is None else opened.enter_context(log.open("a"))
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=messages,
            text=True,
            cwd=ROOT,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def content_of(path: Path, process: subprocess.Popen[str]) -> str:
    """Wait until a process has written a file."""
    for _ in range(600):
        if path.exists():
            return path.read_text().strip()
        assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("the file did not appear")
