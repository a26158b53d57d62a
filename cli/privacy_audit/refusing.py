"""Keeping an audit away from anything real: it takes no register, no workspace, no key and no bundle.

An audit attacks what it has encoded itself.  Pointed at real encodings the same code would be an attack.  Of
a list of names nobody can tell whether its people are real: lists that lie where an agency works, and lists
with columns that only extracts of real systems have, are refused; for any other its caller answers.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from keys.files import name_of
from linkage.errors import InputError

__all__ = ["refuse_columns", "refuse_list", "refuse_real", "refuse_within"]

_HEAD_BYTES: Final = 64 * 1024
_FORMAT: Final = re.compile(rb'"format"\s*:\s*"(clew-[a-z-]+)"')
_TAKEN: Final = frozenset({b"clew-profile", b"clew-privacy-audit"})
_BEGINNINGS: Final = (
    (b"PK\x03\x04", "a bundle, or another archive"),
    (b"SQLite format 3\x00", "a database"),
    (b"clew-seal", "sealed"),
)
_MARKS: Final = {
    "unit.toml": "a linkage unit's folder",
    "register.db": "a linkage unit's folder",
    "ledger-card.json": "a linkage unit's folder",
    "workspace.db": "an agency's workspace",
    "wrapped-key.json": "an agency's workspace",
    "pins.json": "an agency's workspace",
    "custody-log.jsonl": "a key custodian's folder",
    "identity.json": "a folder of keys",
}
"""Files that real folders have, and what such a folder is."""

_NEAR: Final = 3
_DEEP: Final = 3
_REAL_COLUMN: Final = re.compile(
    r"(upn|uln|urn|crn|lac_?id|nhs(_(no|number))?|pnc(_?id)?|niche(_?id)?|unique_(child|pupil|learner)_.*"
    r"|(child|pupil|learner|person|client|case|nominal|report|incident|crime|custody|misper|ssid|family"
    r"|social_care)_?(id|ids|ref|refs|reference|no|number|urn)"
    r"|(local_)?(reference|ref)|(case|record|file|hospital|incident)_?(no|number|reference)"
    r"|uasc|legal_status|placement.*|responsible_council|home_postcode|missing_from|episode_.*)"
)
"""What only extracts of real systems say of people."""

_HINT: Final = (
    "an audit attacks made-up people under keys that it makes and throws away, and nothing else; run it on a "
    "machine that has no register, in a folder of its own"
)


def refuse_within(path: Path) -> None:
    """Raise :class:`InputError` for a path that is, or lies in, a folder with something real."""
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents):
        for mark, what in _MARKS.items():
            if (folder / mark).is_file():
                raise InputError(
                    f"{name_of(path)}: this is {what}, or lies in one (there is {mark}); an audit takes "
                    "nothing real",
                    hint=_HINT,
                )


def refuse_list(path: Path) -> None:
    """Raise :class:`InputError` for a list of people that lies where a party works, as extracts do.

    Beside a workspace lie the extracts that it encodes: so folders within the nearest three above the list
    count, too, and not only those that the list lies in.
    """
    refuse_real([path])
    for folder in path.resolve().parents[:_NEAR]:
        found = _marked_below(folder, depth=1)
        if found is not None:
            beside, what = found
            raise InputError(
                f"{name_of(path)}: {what} lies beside it ({beside}), and a list there is an extract of real "
                "children until somebody shows otherwise; an audit takes nothing real",
                hint="attack made-up people, or a list that is nobody's, in a folder of its own elsewhere",
            )


def refuse_columns(path: Path, columns: Iterable[str]) -> None:
    """Raise :class:`InputError` for a list with a column that only extracts of real systems have."""
    for column in columns:
        said = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
        if _REAL_COLUMN.fullmatch(said):
            raise InputError(
                f"{name_of(path)}: the column {said} is one of extracts of real systems; an audit takes "
                "nothing real",
                hint="attack made-up people, or a list of forename, surname, date_of_birth, sex and postcode "
                "that is nobody's; do not take the column away from real children",
            )


def _marked_below(folder: Path, *, depth: int) -> tuple[str, str] | None:
    """Return the first real folder within a folder, and what it is; what may not be listed is passed over."""
    try:
        inside = sorted(one for one in folder.iterdir() if one.is_dir() and not one.is_symlink())
    except OSError:
        return None
    for one in inside:
        for mark, what in _MARKS.items():
            if _is_file(one / mark):
                return f"{one.name}/{mark}", what
    for one in inside if depth > 1 else ():
        found = _marked_below(one, depth=depth - 1)
        if found is not None:
            return f"{one.name}/{found[0]}", found[1]
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def refuse_real(paths: Iterable[Path]) -> None:
    """Raise :class:`InputError` for a path that leads to something real, by its place or its content."""
    for path in paths:
        refuse_within(path)
        if path.is_dir():
            _refuse_folder(path)
        if path.is_file():
            what = _content(path)
            if what:
                raise InputError(f"{name_of(path)}: {what}; an audit takes nothing real", hint=_HINT)


def _refuse_folder(path: Path) -> None:
    found = _marked_below(path, depth=_DEEP)
    if found is None:
        raise InputError(f"{name_of(path)}: this is a folder", hint="name a file")
    where, what = found
    raise InputError(
        f"{name_of(path)}: in this folder is {what} ({where}); an audit takes nothing real", hint=_HINT
    )


def _content(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    for beginning, what in _BEGINNINGS:
        if head.startswith(beginning):
            return f"this is {what}"
    # A profile's own texts may say anything: only the first format that a file names is its own.
    found = _FORMAT.search(head)
    if found and found[1] not in _TAKEN:
        return f"this is a file of format {found[1].decode()}, of a register, an agency or a custodian"
    return ""
