"""Neither worker opens what is the other one's: no store, no intake, no key, no module."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT, clew
from tests.support.served import Served, served_unit
from tests.support.unit import make_sent

_HOOK = textwrap.dedent(
    """
    import os, sys
    _note = os.open(os.environ["OPENED_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _events = {"open", "sqlite3.connect", "os.listdir", "os.scandir", "os.remove", "os.rename"}
    def _hook(event, arguments):
        if event in _events and arguments and isinstance(arguments[0], (str, bytes, os.PathLike)):
            os.write(_note, os.fsencode(arguments[0]) + b"\\n")
    sys.addaudithook(_hook)
    """
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _work(served: Served, which: str, tmp_path: Path) -> set[str]:
    """Run a worker as a process of its own; returns what it opened, relative to the data folder."""
    hooks, log = tmp_path / "hooks", tmp_path / f"opened-by-{which}.txt"
    hooks.mkdir(exist_ok=True)
    (hooks / "sitecustomize.py").write_text(_HOOK)
    env = {**os.environ, "PYTHONPATH": f"{hooks}{os.pathsep}{ROOT}", "OPENED_LOG": str(log)}
    root = served.unit.folder.root
    done = clew("register", "work", which, "--data", root, "--once", env=env)
    assert done.returncode == 0, done.stderr
    opened = {Path(line) for line in log.read_text().splitlines()}
    return {str(path.relative_to(root)) for path in opened if path.is_relative_to(root)}


def _within(opened: set[str], *places: str) -> set[str]:
    return {one for one in opened if any(one == place or one.startswith(place + "/") for place in places)}


def test_each_worker_opens_its_own_and_nothing_of_the_others(served: Served, tmp_path: Path) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council, children=(1, 2)))
    served.client(served.police).submit(make_sent(served.unit, served.police, children=(2, 3)))
    refused = make_sent(served.unit, served.other_council)
    refused.parts["payload"] = refused.parts["payload"][:-1]
    opened: dict[str, set[str]] = {"linking": set(), "register": set()}
    for which in ("linking", "register", "linking"):
        opened[which] |= _work(served, which, tmp_path)
    served.client(served.council).submit(make_sent(served.unit, served.council, sequence=2, children=(2,)))
    assert clew("register", "cycle", "--data", served.unit.folder.root).returncode == 0
    for which in ("linking", "register", "linking", "register"):
        opened[which] |= _work(served, which, tmp_path)
    answer = served.client(served.council).call("GET", "/v1/results").json()
    assert (answer["cycle"], len(answer["findings"])) == (1, 1)

    own = {
        "linking": ("secrets/linking.key", "intake/encodings", "encodings/encodings.db"),
        "register": ("secrets/register.key", "intake/payload", "payload/payload.db"),
    }
    for which, places in own.items():
        assert [place for place in places if not _within(opened[which], place)] == []
    assert _within(opened["linking"], "payload", "intake/payload") == set()
    assert _within(opened["register"], "encodings", "intake/encodings") == set()
    assert _within(opened["linking"], "secrets") == {"secrets/linking.key"}
    assert _within(opened["register"], "secrets") == {"secrets/register.key"}


_LOADED = textwrap.dedent(
    """
    import json, sys, threading
    from api.manage.options import opened_register
    from api.manage.running import _handlers
    from pathlib import Path
    with opened_register(Path(sys.argv[2])) as (folder, database):
        handlers = _handlers(sys.argv[1], folder, database)
        handlers.worker(lambda _: None).run(threading.Event(), once=True)
        handlers.close()
    print(json.dumps(sorted(sys.modules)))
    """
)


def _loaded(which: str, data: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, which, str(data)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return modules


def test_neither_workers_process_loads_the_others_modules(served: Served) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council))
    data = served.unit.folder.root
    never = {
        "linking": ("api.store.payload", "api.register_worker", "linkage.register", "flask", "waitress"),
        "register": (
            "api.store.encodings",
            "api.linking_worker",
            "linkage.match",
            "numba",
            "flask",
            "waitress",
        ),
    }
    # Both write entries, and the ledger's tree is no knowledge of the register.
    tree = {"linkage.register", "linkage.register.ledger_tree"}
    for which in ("linking", "register", "linking", "register"):
        loaded = [one for one in _loaded(which, data) if one not in tree]
        assert [m for m in loaded if any(m == one or m.startswith(one + ".") for one in never[which])] == []
    state = served.client(served.council).call("GET", "/v1/status").json()["submissions"][0]
    assert (state["state"], state["linked"]) == ("accepted", True)
