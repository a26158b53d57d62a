"""A command that was killed leaves no share in clear but under the name that its holder knows to delete."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.custody_world import Stages, clew_keys, in_the_epoch, refused, stages
from tests.support.processes import ROOT

__all__ = ["in_the_epoch", "stages"]

_KILLED = """
import os, signal, sys
from tests.support import custody_world
real, left = os.fsync, int(sys.argv[1])
def fsync(descriptor):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = fsync
print(custody_world.clew_keys(*sys.argv[2:]))
"""


def _sheet(world: Path) -> list[str]:
    words = ["share", "sheet", "--identity", world / "asha", "--epoch", world / "ceremony" / "epoch.json"]
    more = ["--out", world / "sheet" / "asha.html", "--passphrase-file", world / "passphrase"]
    return [str(word) for word in words + more]


@pytest.mark.parametrize("nth", [2, 3])
def test_a_killed_command_hides_no_share(stages: Stages, tmp_path: Path, nth: int) -> None:
    world = stages.at("signed", tmp_path)
    (world.path / "sheet").mkdir()
    script = [sys.executable, "-c", _KILLED, str(nth), *_sheet(world.path)]
    killed = subprocess.run(script, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stdout
    left = {path.name for path in (world.path / "sheet").iterdir()}
    assert left <= {"asha.html"}, killed.stdout


def test_a_full_disk_leaves_no_half_sheet(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("signed", tmp_path)
    (world.path / "sheet").mkdir()
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    refused(clew_keys(*_sheet(world.path)), "asha.html: not written: no space left on device")
    assert list((world.path / "sheet").iterdir()) == []


def test_attack_a_link_in_the_place_of_a_sheet_gets_no_words(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    (world.path / "sheet").mkdir()
    (world.path / "sheet" / "asha.html").symlink_to(world.path / "elsewhere")
    refused(clew_keys(*_sheet(world.path)), "asha.html")
    assert not (world.path / "elsewhere").exists()
