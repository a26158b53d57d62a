"""Keeping an audit away from anything real: it takes no register, no workspace, no key and no bundle.

An audit attacks what it has encoded itself.  Pointed at real encodings the same code would be an attack.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from keys.files import name_of
from linkage.errors import InputError

__all__ = ["refuse_real", "refuse_within"]

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


def refuse_real(paths: Iterable[Path]) -> None:
    """Raise :class:`InputError` for a path that leads to something real, by its place or its content."""
    for path in paths:
        refuse_within(path)
        if path.is_file():
            what = _content(path)
            if what:
                raise InputError(f"{name_of(path)}: {what}; an audit takes nothing real", hint=_HINT)


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
