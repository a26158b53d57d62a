"""A command that is struck down in the middle leaves no image of its memory, which holds what was typed."""

import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import ROOT

PHRASE = b"seven small boats at anchor"


def _let_dump() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    os.setsid()


def _dumps(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("core")]


def _struck_down(folder: Path, *words: str, script: str) -> int:
    """Type a passphrase at a prompt, wait for the next prompt, and strike the process down."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=_let_dump,
    )
    os.close(theirs)
    try:
        _read_until(ours, b"passphrase")
        os.write(ours, PHRASE + b"\n")
        _read_until(ours, b"epeat")
        process.send_signal(signal.SIGQUIT)
        return process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_until(terminal: int, words: bytes) -> None:
    seen, end = b"", time.monotonic() + 60
    while words not in seen:
        assert time.monotonic() < end
        seen += os.read(terminal, 4096)


@pytest.mark.skipif(sys.platform != "linux", reason="each system dumps in its own way")
def test_attack_a_dump_of_a_command_that_was_quit(tmp_path: Path) -> None:
    if not Path("/proc/sys/kernel/core_pattern").read_text().startswith("core"):
        pytest.skip("this machine hands dumps to a program")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this machine dumps nothing")
    plain = tmp_path / "plain"
    plain.mkdir()
    prompt = "import getpass; a = getpass.getpass('passphrase '); getpass.getpass('repeat ')"
    assert _struck_down(plain, script=prompt) == -signal.SIGQUIT
    assert _dumps(plain) != [], "this test would find a dump"
    ours = tmp_path / "ours"
    ours.mkdir()
    identity = ("keys", "identity", "Dev", "--out", str(tmp_path / "dev"))
    script = "import sys; from cli.main import main; sys.exit(main())"
    assert _struck_down(ours, *identity, script=script) == -signal.SIGQUIT
    assert _dumps(ours) == []
