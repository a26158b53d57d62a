"""What a linkage unit's machine gets holds no key custody, encoding, laboratory or agency command, and runs.

There is no container engine in a test: the files are made by the script that the Containerfile runs.
"""

import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import ROOT, content_of
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, make_sent, make_unit

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
ABSENT = ("keys", "linkage/encode", "linkage/lab", "cli/agency", "cli/custodian", "cli/sources", "cli/demo")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the image, as pip puts them there."""
    place = tmp_path_factory.mktemp("image")
    subprocess.run(
        [DEPLOY / "build-server-wheel", place / "wheel"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        check=True,
    )
    (wheel,) = (place / "wheel").iterdir()
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "--quiet"]
    subprocess.run([*pip, "--target", place / "site", wheel], check=True, capture_output=True)
    return place / "site"


def _files(installed: Path) -> list[str]:
    return sorted(str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file())


def test_the_file_list_holds_one_side_only(installed: Path) -> None:
    files = _files(installed)
    assert len(files) > 100
    assert [one for one in files if one.startswith(ABSENT)] == []
    allowed = re.compile(
        r"api/.*|cli/(__init__|main|dumps)\.py|linkage/(audited|match|register|wire)/.*|linkage/\w+\.py|pages/.*|bin/clew"
        r"|clew-[\d.]+\.dist-info/.*"
    )
    assert [one for one in files if not allowed.fullmatch(one)] == []
    for path in (ROOT / "api").rglob("*.py"):
        assert str(path.relative_to(ROOT)) in files
    for path in (ROOT / "api" / "evidence" / "texts").glob("*.md"):
        assert str(path.relative_to(ROOT)) in files
    assert "api/evidence/locked.txt" in files


def test_only_the_units_own_command_is_registered(installed: Path) -> None:
    (entries,) = installed.glob("clew-*.dist-info/entry_points.txt")
    text = entries.read_text()
    assert re.findall(r"^(\w+) = ", text, re.M) == ["clew", "register"]


def _environment(installed: Path) -> dict[str, str]:
    """The image's files first, then the libraries; not this project's own tree."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(installed), *site.getsitepackages()])}


def _python() -> str:
    """The interpreter without this project's environment, which would find the tree."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _clew(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_python(), "-P", "-m", "cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=_environment(installed),
        cwd=installed,
        check=False,
    )


@contextmanager
def _running(installed: Path, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [_python(), "-P", "-m", "cli.main", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(installed),
        cwd=installed,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_other_sides_commands_and_modules_are_not_there(installed: Path) -> None:
    for group in ("agency", "keys", "demo", "evaluate", "profile"):
        done = _clew(installed, group, "--help")
        assert (done.returncode, f"No such command '{group}'" in done.stderr) == (2, True)
    shown = _clew(installed, "--help").stdout
    assert re.findall(r"^  (\w+)  ", shown, re.M) == ["register"]
    program = "import importlib.util as u, sys; sys.exit(any(map(u.find_spec, sys.argv[1:])))"
    absent = ["keys", "linkage.encode", "linkage.lab", "cli.agency", "cli.custodian"]
    command = [_python(), "-P", "-c", program]
    environment = _environment(installed)
    assert subprocess.run([*command, *absent], env=environment, check=False).returncode == 0
    assert subprocess.run([*command, "api.unit"], env=environment, check=False).returncode == 1


def test_every_module_that_is_there_can_be_loaded(installed: Path) -> None:
    modules = [
        one.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for one in _files(installed)
        if one.endswith(".py") and "/migrations/" not in one
    ]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run(
        [_python(), "-P", "-c", program, *modules],
        env=_environment(installed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_service_and_both_workers_run_from_these_files_alone(
    installed: Path, tmp_path: Path, soak: bool
) -> None:
    unit, ready = make_unit(tmp_path / "data"), tmp_path / "url.txt"
    desk, data = unit.enrol(Desk("E09", "council")), unit.folder.root
    with _running(
        installed, "register", "serve", "--data", data, "--port", "0", "--ready-file", ready
    ) as server:
        with SigningClient(content_of(ready, server), desk.key) as client:
            client.submit(make_sent(unit, desk))
        # The last one compares: kernels of new files are compiled anew, which takes a minute.
        for which in ("linking", "register", "linking")[: 3 if soak else 2]:
            done = _clew(installed, "register", "work", which, "--data", data, "--once")
            assert done.returncode == 0, done.stderr
    shown = _clew(installed, "register", "status", "--data", data)
    assert "1 accepted" in shown.stdout
    assert _clew(installed, "register", "check", "--data", data).returncode == 0


def test_the_containerfile_takes_the_wheel_that_this_test_looked_at() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    first, final = text.split("\nFROM ")[1:]
    assert "RUN deploy/build-server-wheel /server" in first
    copied = re.findall(r"^COPY (.*)$", final, re.M)
    assert copied == [
        "requirements/${REQUIREMENTS}.txt /tmp/requirements.txt",
        "--from=build /server /tmp/server",
    ]
    assert re.search(r"^ARG REQUIREMENTS=register$", final, re.M)
    assert "--require-hashes" in final
    assert re.search(r"^USER clew$", final, re.M)
    assert "ENTRYPOINT" in final


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units_and_finds_them_closed(tmp_path: Path) -> None:
    assert len(UNITS) == 4
    for unit in UNITS:
        text = unit.read_text().replace("/opt/clew/bin/clew", shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text)
    units = sorted(map(str, tmp_path.glob("*.service")))
    verified = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    for unit in units:
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout[-300:]


def test_each_unit_keeps_its_account_from_what_is_the_others() -> None:
    hidden = {unit.stem: re.findall(r"-(/srv/clew\S+)", unit.read_text()) for unit in UNITS}
    assert "/srv/clew/payload" in hidden["clew-linking"]
    assert "/srv/clew/encodings" in hidden["clew-register"]
    assert {"/srv/clew/encodings", "/srv/clew/payload"} <= set(hidden["clew-service"])
    own = {
        "clew-service": ("receipts", "ledger"),
        "clew-linking": ("linking",),
        "clew-register": ("register", "releases"),
        "clew-console": ("console", "pseudonyms", "releases"),
    }
    for name, keys in own.items():
        secrets = {one for one in hidden[name] if "/secrets/" in one}
        others = {
            f"/srv/clew/secrets/{one}.key"
            for one in ("receipts", "ledger", "linking", "register", "console", "pseudonyms", "releases")
            if one not in keys
        }
        others |= {"/srv/clew/secrets/audiences"} if "pseudonyms" not in keys else set()
        others |= {"/srv/clew/secrets/sign-on.secret"} if "console" not in keys else set()
        assert secrets == others
