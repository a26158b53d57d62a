"""Pack the data officer's page for Windows, to be unpacked and started with nothing to install.

    scripts/pack-desk --python python-3.13.….zip --sha256 DIGEST --output clew-desk.zip

In the zip lie the embeddable Python of python.org as it came, but for the file that says where modules are;
every package that requirements/desk.txt names, as the wheel for Windows with the digest that stands there;
and of this project what an agency uses, and nothing of the service.  The same input gives the same bytes.
"""

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NoReturn

from packaging.requirements import Requirement
from server_wheel import stripped_wheel

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "clew-desk"
ASSETS = ("pages/fetched/govuk-frontend.css", "pages/fetched/govuk-frontend.js")
KEPT = re.compile(
    r"cli/(__init__|main|dumps|options|outputs|roles)\.py"
    r"|cli/(agency|desk|sources)/.+"
    r"|keys/.+"
    r"|linkage/[a-z_0-9]+\.py"
    r"|linkage/(encode|register|wire)/.+"
    r"|pages/.+"
    r"|clew-[^/]+\.dist-info/.+"
)
"""Deny by default: a module that is new is left out until it is listed."""

COMMAND_GROUPS = frozenset({"agency"})
LONGEST_PATH = 160
"""Windows allows a whole path 260 characters by default; the rest is for where the zip is unpacked."""

_NEVER_CHANGED = (1980, 1, 1, 0, 0, 0)
_PATHS = re.compile(r"python3(\d{1,2})\._pth")
_PLATFORM = "win_amd64"

START = """\
@echo off
rem Starts the data officer's page of Clew.  Nothing is installed, and no administrator is needed.
setlocal
title Clew desk
if not exist "%~dp0python\\python.exe" (
  echo Unpack the whole zip first: right-click it, choose Extract All, and start desk.cmd in the new folder.
  pause
  exit /b 1
)
"%~dp0python\\python.exe" -X utf8 -m cli.main agency desk --workspace "%USERPROFILE%\\clew-workspace" %*
if errorlevel 1 pause
"""

READ_ME = """\
Clew desk
=========

1. Unpack the whole zip into a folder of your own, not into one that is copied to a cloud.
2. Start desk.cmd.  A window opens, and your browser with the page.  The page is for this machine alone.
3. When you are done, press "Stop and close" on the page.

Your keys are kept in the folder clew-workspace of your profile.  To have them elsewhere:

    desk.cmd --workspace D:\\somewhere\\clew-workspace

To remove Clew, delete this folder.  The workspace stays until you delete that, too.

manifest.sha256 has the SHA-256 of every file of this folder.  More: docs/desk.md of the project.
"""


class RefusedError(Exception):
    """Something is not as it must be; nothing is written."""


def main() -> int:
    """Read the command line, pack, and print the digest of what was packed."""
    parser = argparse.ArgumentParser(
        prog="pack-desk", description="Pack the data officer's page for Windows."
    )
    parser.add_argument(
        "--python", type=Path, required=True, metavar="ZIP", help="the embeddable package, amd64"
    )
    parser.add_argument("--sha256", required=True, help="its SHA-256, as python.org gives it")
    parser.add_argument("--output", type=Path, default=Path("clew-desk.zip"), metavar="ZIP")
    parser.add_argument("--requirements", type=Path, default=ROOT / "requirements/desk.txt", metavar="FILE")
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="take wheels from here and ask no index")
    asked = parser.parse_args()
    try:
        files = contents(asked.python, asked.sha256, asked.requirements, asked.wheels)
        data = packed(files)
        _write(asked.output, data)
    except RefusedError as refused:
        sys.stderr.write(f"pack-desk: {refused}\n")
        return 1
    sys.stdout.write(f"{hashlib.sha256(data).hexdigest()}  {asked.output.name}\n")
    return 0


def contents(python: Path, digest: str, requirements: Path, wheels: Path | None) -> dict[str, bytes]:
    """Return every file by its path; raises :class:`RefusedError`."""
    files, minor = _python(python, digest)
    files |= {"desk.cmd": _windows_text(START), "READ-ME.txt": _windows_text(READ_ME)}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        named = place / "requirements.txt"
        named.write_text("\n".join(for_windows(requirements.read_text(encoding="utf-8"), minor)) + "\n")
        _download(named, minor, place / "wheels", wheels)
        for wheel in [*sorted((place / "wheels").glob("*.whl")), _own_wheel(place)]:
            for path, data in _unpacked(wheel):
                if files.setdefault(path, data) != data:
                    raise RefusedError(f"{path}: two packages have it, and differ")
    _require_paths(files)
    lines = [f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files)]
    return files | {"manifest.sha256": "".join(lines).encode()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return the zip: in the order of names, at one time, with the same rights."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{FOLDER}/{path}", date_time=_NEVER_CHANGED)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=9)
    return target.getvalue()


def for_windows(text: str, minor: int) -> Iterator[str]:
    """Yield the requirements that hold on Windows under Python 3.``minor``, without their markers.

    pip reads markers as of the machine that it runs on, whatever platform it downloads for.
    """
    machine = {
        "implementation_name": "cpython",
        "implementation_version": f"3.{minor}.0",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_release": "10",
        "platform_system": "Windows",
        "platform_version": "10",
        "python_full_version": f"3.{minor}.0",
        "python_version": f"3.{minor}",
        "sys_platform": "win32",
        "extra": "",
    }
    for line in re.sub(r"\\\n", " ", text).splitlines():
        said, *hashes = line.partition("#")[0].split("--hash=")
        if not said.strip():
            continue
        one = Requirement(said.strip())
        if not hashes:
            raise RefusedError(f"{one.name}: no digest stands beside it")
        if one.marker is None or one.marker.evaluate(machine):
            yield " ".join([f"{one.name}{one.specifier}", *(f"--hash={digest.strip()}" for digest in hashes)])


def _python(path: Path, digest: str) -> tuple[dict[str, bytes], int]:
    """Return the files of the embeddable Python and its minor version, with our packages on its path."""
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != digest.strip().lower():
        raise RefusedError(f"{path.name}: its SHA-256 is not the one that was given; do not use this file")
    with _opened(path.name, data) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    found = [(name, match) for name in files if (match := _PATHS.fullmatch(name))]
    if len(found) != 1 or "python.exe" not in files:
        raise RefusedError(f"{path.name}: not the embeddable package of Python for Windows")
    ((name, match),) = found
    # Beside this file Python heeds no variable and no folder of the user: what is here, and nothing else.
    files[name] = _windows_text(f"python3{match[1]}.zip\n.\n..\\packages\n")
    return {f"python/{path}": content for path, content in files.items()}, int(match[1])


def _download(requirements: Path, minor: int, target: Path, wheels: Path | None) -> None:
    """Fetch a wheel for each requirement; pip holds each against its digest."""
    source = [] if wheels is None else ["--no-index", "--find-links", str(wheels.resolve())]
    tags = ["--platform", _PLATFORM, "--implementation", "cp", "--python-version", f"3.{minor}"]
    abis = [part for abi in (f"cp3{minor}", "abi3", "none") for part in ("--abi", abi)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", *tags, *abis, *source]
    _run(
        [*command, "-d", str(target), "-r", str(requirements)], "a package cannot be fetched as it is locked"
    )


def _own_wheel(place: Path) -> Path:
    """Build this project's wheel and leave in it what an agency uses."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "whole")]
    _run(command, "this project's wheel cannot be built")
    (whole,) = (place / "whole").glob("clew-*.whl")
    with zipfile.ZipFile(whole) as archive:
        lacking = sorted(set(ASSETS) - set(archive.namelist()))
    if lacking:
        raise RefusedError(f"{lacking[0]}: not there; run make assets")
    return stripped_wheel(whole, place / "own", kept=KEPT, groups=COMMAND_GROUPS)


def _unpacked(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a wheel where an installation would put them (PEP 427), but for its scripts."""
    with _opened(wheel.name, wheel.read_bytes()) as archive:
        for name in archive.namelist():
            kind = re.match(r"[^/]+\.data/([^/]+)/", name)
            if not name.endswith("/") and (kind is None or kind[1] in ("purelib", "platlib")):
                yield f"packages/{name[kind.end() if kind else 0 :]}", archive.read(name)


def _require_paths(files: Mapping[str, bytes]) -> None:
    """Refuse paths that lead elsewhere, that Windows holds for the same one, or that are too long for it."""
    seen: dict[str, str] = {}
    for path in files:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path or ":" in path:
            raise RefusedError(f"{path}: leads out of the folder")
        if seen.setdefault(path.casefold(), path) != path:
            raise RefusedError(f"{path}: Windows holds it for {seen[path.casefold()]}")
        if len(path) > LONGEST_PATH:
            raise RefusedError(f"{path}: longer than {LONGEST_PATH} characters")


def _opened(name: str, data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        raise RefusedError(f"{name}: not a zip") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{path.name}: {(error.strerror or 'cannot be read').lower()}") from None


def _run(command: list[str], fault: str) -> None:
    # A wheel's files carry one time, so that the same tree gives the same bytes.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        _refuse(f"{fault}:\n{done.stderr.strip()}")


def _refuse(words: str) -> NoReturn:
    raise RefusedError(words)


def _windows_text(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("ascii")


def _write(path: Path, data: bytes) -> None:
    """Write the whole file or nothing."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise RefusedError(f"{path.name}: {(error.strerror or 'cannot be written').lower()}") from None
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
