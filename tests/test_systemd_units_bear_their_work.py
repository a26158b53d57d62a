"""A unit of systemd is closed as far as its process bears, and no further."""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.console import needs_assets
from tests.support.unit import make_unit

UNITS = Path(__file__).parents[1] / "deploy" / "systemd"
_MDWE = "import ctypes, sys; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0;"
"""What ``MemoryDenyWriteExecute=yes`` asks of the kernel (PR_SET_MDWE), from Linux 6.3 on."""


def unit_of(name: str) -> str:
    return (UNITS / f"clew-{name}.service").read_text()


def kernel_can() -> bool:
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(66, 0, 0, 0, 0) >= 0


needs_kernel = pytest.mark.skipif(not kernel_can(), reason="the kernel cannot deny it")


@needs_assets
@needs_kernel
def test_the_console_runs_no_memory_that_it_wrote_and_draws_nothing(tmp_path: Path) -> None:
    assert "MemoryDenyWriteExecute=yes" in unit_of("console")
    make_unit(tmp_path / "data")
    words = (
        f"{_MDWE} from api.console_app.app import load_console;"
        "app = load_console(sys.argv[1]);"
        "assert app.test_client().get('/sign-in', base_url='http://localhost').status_code == 200;"
        "assert not {'altair', 'vl_convert', 'numba'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", words, tmp_path / "data"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_workers_that_compile_may_run_what_they_wrote() -> None:
    # One draws charts with an engine that compiles, and would be killed in the midst of a release; the other
    # compiles its kernels.
    for name in ("register", "linking"):
        assert "\nMemoryDenyWriteExecute" not in unit_of(name)


def test_the_key_that_two_accounts_have_is_of_a_group_that_both_are_in() -> None:
    groups = {
        name: set(re.findall(r"^SupplementaryGroups=(.*)$", unit_of(name), re.M)[0].split())
        for name in ("console", "linking", "register", "service")
    }
    assert {name for name, found in groups.items() if "clew-releases" in found} == {"console", "register"}
