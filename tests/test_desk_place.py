"""The folder of what is uploaded stays for as long as its desk is open, and no longer."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cli.desk.serving import private_place

_KILLED = "import os, signal; from cli.desk.serving import private_place\n"
_KILLED += "with private_place() as place: print(place, flush=True); os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing but these desks has folders here."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_no_number_of_other_desks_sweeps_away_a_living_one(temporary: Path) -> None:
    with private_place() as place:
        tempfile.tempdir = str(temporary)  # as another process has it
        (place / "children.csv").write_text("child\n", encoding="ascii")
        for _ in range(12):
            with private_place() as other:
                assert other != place
            tempfile.tempdir = str(temporary)
            assert (place / "children.csv").exists()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_desk_left_is_erased_by_the_next(temporary: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-c", _KILLED], stdout=subprocess.PIPE, text=True, check=False, timeout=120
    )
    left = Path(made.stdout.strip())
    assert left.parent == temporary
    assert left.is_dir()
    with private_place():
        assert not left.exists()
