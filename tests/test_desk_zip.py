"""What is packed for Windows: exactly what is locked, the same bytes again, and it serves its page.

Python for Windows is a stand-in here, and so are the packages: what they do on Windows no test here can show.
"""

import hashlib
import os
import re
import site
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from pages.assets import MissingAssetsError, read_assets
from tests.support.processes import ROOT

PURE, OLDER, NATIVE, ELSEWHERE = (
    "made_up_pure-2.0-py3-none-any.whl",
    "made_up_pure-1.0-py3-none-any.whl",
    "made_up_native-1.0-cp313-cp313-win_amd64.whl",
    "made_up_linux-1.0-py3-none-any.whl",
)


@pytest.fixture(scope="module", autouse=True)
def _assets() -> None:
    try:
        read_assets()
    except MissingAssetsError as error:
        pytest.skip(f"the page cannot be packed: {error}")


@dataclass(frozen=True)
class Bench:
    """A folder with a stand-in of Python for Windows, wheels and a lock that names them."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "python.zip"

    @property
    def output(self) -> Path:
        return self.folder / "clew-desk.zip"

    def pack(self, **changed: str | Path) -> subprocess.CompletedProcess[str]:
        options: dict[str, str | Path] = {
            "python": self.python,
            "sha256": hashlib.sha256(self.python.read_bytes()).hexdigest(),
            "output": self.output,
            "requirements": self.folder / "lock.txt",
            "wheels": self.folder / "wheels",
        }
        arguments = [
            part for name, value in (options | changed).items() for part in (f"--{name}", str(value))
        ]
        return subprocess.run(
            [ROOT / "scripts" / "pack-desk", *arguments],
            env={**os.environ, "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
        )


def _zip(path: Path, files: Mapping[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def _wheel(folder: Path, name: str, **files: str) -> str:
    """Write a wheel and return its line of a lock."""
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    tag = name.removesuffix(".whl").split("-", 2)[2]
    kept = {f"{info}/METADATA": metadata, f"{info}/RECORD": ""}
    kept[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    path = _zip(folder / name, kept | files)
    return f"--hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _bench(folder: Path) -> Bench:
    wheels = folder / "wheels"
    scripts = "made_up_pure-2.0.data/scripts/starter"
    elsewhere = "made_up_pure-2.0.data/purelib/made_up_pure/more.py"
    pure = _wheel(wheels, PURE, **{"made_up_pure/__init__.py": "new", scripts: "no", elsewhere: "more"})
    older = _wheel(wheels, OLDER, **{"made_up_pure/__init__.py": "old"})
    native = _wheel(wheels, NATIVE, **{"made_up_native.pyd": "native"})
    linux = _wheel(wheels, ELSEWHERE, **{"made_up_linux.py": "no"})
    (folder / "lock.txt").write_text(
        f"made-up-pure==1.0 ; python_full_version < '3.12' \\\n    {older}\n    # via\n    #   nothing\n"
        f"made-up-pure==2.0 ; python_full_version >= '3.12' \\\n    --hash=sha256:{'0' * 64} \\\n    {pure}\n"
        f"made-up-native==1.0 \\\n    {native}\n"
        f"made-up-linux==1.0 ; sys_platform == 'linux' \\\n    {linux}\n"
    )
    binaries = ("python.exe", "pythonw.exe", "python313.dll", "python313.zip")
    _zip(
        folder / "python.zip",
        {name: name for name in binaries} | {"python313._pth": "python313.zip\r\n.\r\n"},
    )
    return Bench(folder)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return _bench(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = _bench(tmp_path_factory.mktemp("bench"))
    done = bench.pack()
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hashlib.sha256(bench.output.read_bytes()).hexdigest()}  clew-desk.zip\n"
    return bench


@pytest.fixture(scope="module")
def files(made: Bench) -> dict[str, bytes]:
    with zipfile.ZipFile(made.output) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert all(name.startswith("clew-desk/") for name in found)
    return {name.removeprefix("clew-desk/"): data for name, data in found.items()}


def test_it_holds_what_is_locked_for_windows_and_nothing_else(files: dict[str, bytes]) -> None:
    assert files["packages/made_up_pure/__init__.py"] == b"new", (
        "the version for its Python, not for this one"
    )
    assert files["packages/made_up_pure/more.py"] == b"more"
    assert files["packages/made_up_native.pyd"] == b"native"
    assert not any("made_up_linux" in name or "starter" in name for name in files)
    tops = {name.split("/")[1] for name in files if name.startswith("packages/")}
    ours = {one for one in tops if not one.startswith("made_up")}
    assert ours == {"cli", "clew-0.1.0.dist-info", "keys", "linkage", "pages"}


def test_nothing_of_the_service_is_in_it(files: dict[str, bytes]) -> None:
    for absent in ("api", "linkage/match", "linkage/lab", "cli/demo", "cli/custodian"):
        assert not any(name.startswith(f"packages/{absent}/") for name in files), absent
    assert "packages/linkage/encode/__init__.py" in files
    groups = re.findall(r"^(\w+) = ", files["packages/clew-0.1.0.dist-info/entry_points.txt"].decode(), re.M)
    assert groups == ["clew", "agency"]


def test_python_looks_for_modules_here_and_nowhere_else(files: dict[str, bytes]) -> None:
    assert files["python/python.exe"] == b"python.exe"
    assert files["python/python313._pth"] == b"python313.zip\r\n.\r\n..\\packages\r\n"
    start = files["desk.cmd"].decode("ascii")
    assert start.count("\n") == start.count("\r\n")
    assert '"%~dp0python\\python.exe" -X utf8 -m cli.main agency desk' in start


def test_the_manifest_has_every_file(files: dict[str, bytes]) -> None:
    listed = dict(reversed(line.split("  ")) for line in files["manifest.sha256"].decode().splitlines())
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    del expected["manifest.sha256"]
    assert listed == expected


def test_the_same_input_gives_the_same_bytes(made: Bench) -> None:
    before = made.output.read_bytes()
    again = made.folder / "again.zip"
    assert made.pack(output=again).returncode == 0
    assert again.read_bytes() == before


def test_another_python_than_the_one_named_is_refused(bench: Bench) -> None:
    refused = bench.pack(sha256="0" * 64)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "its SHA-256 is not the one that was given" in refused.stderr
    assert not bench.output.exists()


def test_what_is_no_python_for_windows_is_refused(bench: Bench) -> None:
    _zip(bench.python, {"python.exe": "", "readme.txt": ""})
    assert "not the embeddable package" in bench.pack().stderr
    bench.python.write_bytes(b"no zip")
    assert "not a zip" in bench.pack().stderr
    assert not bench.output.exists()


def test_a_wheel_that_was_changed_is_refused(bench: Bench) -> None:
    _wheel(bench.folder / "wheels", NATIVE, **{"made_up_native.pyd": "changed"})
    refused = bench.pack()
    assert refused.returncode == 1
    assert "a package cannot be fetched as it is locked" in refused.stderr
    assert not bench.output.exists()


def test_a_requirement_without_a_digest_is_refused(bench: Bench) -> None:
    (bench.folder / "lock.txt").write_text("made-up-native==1.0\n")
    assert "made-up-native: no digest stands beside it" in bench.pack().stderr
    assert not bench.output.exists()


@pytest.fixture(scope="module")
def packages(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was packed, unpacked."""
    folder = tmp_path_factory.mktemp("unpacked")
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "packages"


def _environment(packages: Path) -> dict[str, str]:
    """The packed files first, then this machine's libraries: what is packed is for Windows."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(packages), *site.getsitepackages()])}


def _python() -> str:
    """The interpreter without this project's environment, which would find the tree."""
    return str(getattr(sys, "_base_executable", sys.executable))


def test_every_module_that_was_packed_can_be_loaded(packages: Path) -> None:
    paths = [
        path.relative_to(packages)
        for top in ("cli", "keys", "linkage")
        for path in (packages / top).rglob("*.py")
    ]
    names = sorted(str(path.with_suffix("")).replace(os.sep, ".").removesuffix(".__init__") for path in paths)
    assert len(names) > 150
    load = f"import importlib; [importlib.import_module(name) for name in {names!r}]"
    done = subprocess.run(
        [_python(), "-P", "-c", load], env=_environment(packages), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_was_packed_serves_its_page(packages: Path, tmp_path: Path) -> None:
    with _running(
        packages, "agency", "desk", "--workspace", tmp_path / "workspace", "--no-browser"
    ) as address:
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=30.0) as client:
            answer = client.get(address)
        assert answer.status_code == 200
        assert "Make your workspace" in answer.text


@contextmanager
def _running(packages: Path, *arguments: str | Path) -> Iterator[str]:
    check = f"import cli, pages; assert cli.__file__.startswith({str(packages)!r}), cli.__file__"
    start = f"{check}; import sys; from cli.main import main; sys.exit(main())"
    process = subprocess.Popen(
        [_python(), "-P", "-c", start, *map(str, arguments)],
        env=_environment(packages),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        address = next((line.strip() for line in lines if line.startswith("http://")), "")
        assert address, "it said no address"
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=60)
