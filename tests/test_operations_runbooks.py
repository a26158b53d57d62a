"""The operator's runbooks do what they say: every command in them is typed as it stands, in its order."""

import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.backup import read_manifest
from api.checking import check_unit
from api.folders import DataFolder
from api.manage import register
from tests.support.processes import ROOT, clew_running, content_of
from tests.support.unit import make_unit

RUNBOOKS = ROOT / "docs" / "operations"
NAMES = ("install", "upgrade", "backup", "incident", "switch-off", "capacity")


def _blocks(name: str, language: str = "sh") -> list[list[str]]:
    text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
    return [block.splitlines() for block in re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)]


class _Machine:
    """A machine whose /srv is a folder of the test's."""

    def __init__(self, place: Path) -> None:
        self.srv = place / "srv"
        self.srv.mkdir()
        self.url = "http://127.0.0.1:8080"
        self.said = ""
        self.typed = 0

    @property
    def folder(self) -> DataFolder:
        return DataFolder(self.srv / "clew")

    def type(self, line: str) -> None:
        self.typed += 1
        meant = line.replace("/srv/", f"{self.srv}/").replace("http://127.0.0.1:8080", self.url)
        words = shlex.split(meant)
        if words[0] == "clew":
            assert words[1] == "register", line
            outcome = CliRunner().invoke(register, words[2:])
            assert outcome.exit_code == 0, (line, outcome.output, outcome.exception)
            self.said += outcome.output
        else:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (line, done.stderr)
            self.said += done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[_Machine]:
    made = _Machine(tmp_path)
    (made.srv / "backups").mkdir()
    return made


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _run(machine: _Machine, name: str) -> None:
    for block in _blocks(name):
        for line in block:
            machine.type(line)


def test_install(machine: _Machine, tmp_path: Path) -> None:
    with ExitStack() as running:
        for block in _blocks("install"):
            if any("readyz" in line for line in block):
                _start(machine, running, tmp_path)
            for line in block:
                machine.type(line)
    assert machine.said.count('{"status":"ok"}') == 2


def _start(machine: _Machine, running: ExitStack, place: Path) -> None:
    """Start the three processes with the commands that stand in the runbook, on a port of our own."""
    commands = [shlex.split(line[2:]) for block in _blocks("install", "console") for line in block]
    started = [words[1:] for words in commands if words[:2] == ["clew", "register"]]
    assert [words[1:3] for words in started] == [
        ["serve", "--data"],
        ["work", "linking"],
        ["work", "register"],
    ]
    for words in started:
        meant = [word.replace("/srv/", f"{machine.srv}/") for word in words]
        if words[1] == "serve":
            ready = place / "url.txt"
            options = ("--port", str(_free_port()), "--ready-file", str(ready))
            process = running.enter_context(clew_running(*meant, *options))
            machine.url = content_of(ready, process)
        else:
            process = running.enter_context(clew_running(*meant))
            assert process.stderr is not None
            while "worker: ready" not in process.stderr.readline():
                assert process.poll() is None


def test_backup(machine: _Machine) -> None:
    unit = make_unit(machine.folder.root)
    _run(machine, "backup")
    assert machine.typed >= 9
    assert list(check_unit(machine.folder)) == []
    assert (machine.folder.root / "unit-card.json").read_bytes() == unit.folder.unit_card.read_bytes()
    assert all((machine.folder.root / "secrets" / f"{one}.key").exists() for one in ("linking", "register"))


def test_upgrade(machine: _Machine) -> None:
    make_unit(machine.folder.root)
    _run(machine, "upgrade")
    assert read_manifest(machine.srv / "backups" / "before-upgrade")[0].files
    assert machine.said.count("nothing to do") == 3


def test_incident(machine: _Machine) -> None:
    make_unit(machine.folder.root)
    _run(machine, "incident")
    assert machine.typed >= 5


def test_switch_off(machine: _Machine) -> None:
    make_unit(machine.folder.root)
    _run(machine, "switch-off")
    assert list(machine.srv.iterdir()) == []


def test_capacity(machine: _Machine) -> None:
    make_unit(machine.folder.root)
    _run(machine, "capacity")
    assert machine.typed >= 2


@pytest.mark.parametrize("name", NAMES)
def test_what_is_typed_as_root_names_files_and_units_that_there_are(name: str) -> None:
    known = {path.stem for path in (ROOT / "deploy" / "systemd").glob("*.service")}
    for block in _blocks(name, "console"):
        for line in block:
            for path in re.findall(r"(?<![\w/])(?:deploy|requirements)/[\w./*-]+", line):
                assert list(ROOT.glob(path)), line
            if " systemctl " in f" {line} " and "daemon-reload" not in line:
                assert set(re.findall(r"clew-\w+", line)) == known, line


def test_each_runbook_has_commands_and_nothing_in_another_form() -> None:
    for name in NAMES:
        text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
        languages = set(re.findall(r"^```(\w+)$", text, re.M))
        assert "sh" in languages, name
        assert languages <= {"sh", "console", "nginx"}, name


def test_the_runbook_of_incidents_quotes_what_the_program_says() -> None:
    text = (RUNBOOKS / "incident.md").read_text(encoding="utf-8")
    code = "".join(path.read_text() for path in (ROOT / "api").rglob("*.py"))
    for words in ("bytes are free", "a probe hangs", "silent", "not ok"):
        assert words in text
        assert words in code
