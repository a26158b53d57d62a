"""The system calls of each worker show that it opens nothing of the other's; needs strace."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.served import Served, served_unit
from tests.support.unit import make_sent

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed: run scripts/install-test-tools as root"
)

_OPENED = re.compile(r'\b(?:open|openat|openat2|creat|stat|newfstatat|rename|unlink)\([^"]*"([^"]*)"')


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _traced(which: str, data: Path, log: Path) -> set[str]:
    command = [sys.executable, "-m", "cli.main", "register", "work", which, "--data", str(data), "--once"]
    trace = ["strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file", "-o", str(log)]
    subprocess.run([*trace, *command], cwd=ROOT, check=True, capture_output=True, timeout=300)
    opened = {Path(text) for text in _OPENED.findall(log.read_text(errors="replace"))}
    return {str(path.relative_to(data)) for path in opened if path.is_relative_to(data)}


def test_each_worker_opens_nothing_of_the_others(served: Served, tmp_path: Path) -> None:
    data = served.unit.folder.root
    served.client(served.council).submit(make_sent(served.unit, served.council, children=(1, 2)))
    opened: dict[str, set[str]] = {"linking": set(), "register": set()}
    for turn, which in enumerate(("linking", "register", "linking", "register")):
        opened[which] |= _traced(which, data, tmp_path / f"trace-{turn}.txt")
    assert {"encodings/encodings.db", "secrets/linking.key", "register.db"} <= opened["linking"]
    assert {"payload/payload.db", "secrets/register.key", "register.db"} <= opened["register"]
    for which, others in (
        ("linking", ("payload", "intake/payload", "secrets/register.key")),
        ("register", ("encodings", "intake/encodings", "secrets/linking.key")),
    ):
        assert [p for p in opened[which] if any(p == o or p.startswith(o + "/") for o in others)] == []
