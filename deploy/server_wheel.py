"""Make the wheel that a linkage unit's machine gets: what is not there cannot be loaded, by anybody.

    python deploy/server_wheel.py clew-….whl FOLDER

Takes the project's wheel and writes one of the same name into FOLDER with the modules listed here and no
others, and with the one command group that they make up.  A module that is new is left out until it is
listed: deny by default.
"""

import base64
import configparser
import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path

KEPT = re.compile(
    r"api/.+"
    r"|cli/(__init__|main|dumps)\.py"
    r"|linkage/[a-z_0-9]+\.py"
    r"|linkage/(audited|match|register|wire)/.+"
    r"|pages/.+"
    r"|clew-[^/]+\.dist-info/.+"
)
COMMAND_GROUPS = frozenset({"register"})


def server_wheel(source: Path, folder: Path) -> Path:
    """Write the stripped wheel and return where it is."""
    return stripped_wheel(source, folder, kept=KEPT, groups=COMMAND_GROUPS)


def stripped_wheel(source: Path, folder: Path, *, kept: re.Pattern[str], groups: frozenset[str]) -> Path:
    """Write a wheel with the files and the command groups that are kept, and return where it is."""
    with zipfile.ZipFile(source) as whole:
        names = [name for name in whole.namelist() if kept.fullmatch(name) and not name.endswith("/")]
        contents = {name: whole.read(name) for name in names}
    record = next(name for name in contents if name.endswith(".dist-info/RECORD"))
    entries = next(name for name in contents if name.endswith(".dist-info/entry_points.txt"))
    contents[entries] = _own_groups(contents[entries].decode(), groups).encode()
    del contents[record]
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in sorted(contents.items())]
    contents[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as stripped:
        for name, data in contents.items():
            stripped.writestr(zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0)), data)
    return target


def _own_groups(text: str, groups: frozenset[str]) -> str:
    """Leave out the entry points of command groups whose code is left out."""
    entries = configparser.ConfigParser(delimiters=("=",))
    entries.optionxform = str  # type: ignore[assignment,method-assign]
    entries.read_string(text)
    for name in [one for one in entries["clew.commands"] if one not in groups]:
        entries.remove_option("clew.commands", name)
    written = io.StringIO()
    entries.write(written)
    return written.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.stdout.write(f"{server_wheel(Path(sys.argv[1]), Path(sys.argv[2]))}\n")
