"""What lies in the folder of an evidence pack: every entry is looked at, no link is followed.

Nothing here opens a file: a command says how a folder is listed and a file opened.  A pack comes from
anybody, so that a name, a link, a pipe or a size in it may be meant to mislead.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Protocol

from linkage.errors import InputError
from linkage.register.evidence_check import LEAVES_FILE, EvidenceCheck, check_evidence
from linkage.wire.cards import UnitCard
from linkage.wire.evidence import ENTRY_FILE, MANIFEST_FILE, MAX_EVIDENCE_BYTES, read_evidence_manifest

__all__ = ["Entry", "PackFolder", "check_folder", "printable"]

_MAX_LEAVES_BYTES = 2 * 1024**3
"""Of the list of leaves: fifty million entries and more."""
_PIECE = 1024 * 1024
_MOST_FILES = 1000
_MOST_ENTRIES = 10_000


class Entry(Protocol):
    """An entry of a folder, as :func:`os.scandir` gives it."""

    @property
    def name(self) -> str:
        """Its name within the folder."""

    def is_file(self, *, follow_symlinks: bool) -> bool:
        """Say whether it is a plain file."""

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        """Say whether it is a folder."""


@dataclass(frozen=True, slots=True)
class PackFolder:
    """A pack's folder as a command has it looked at.

    ``listed`` gives the entries of a folder within, by its name; the empty name is the pack itself.
    ``opened`` opens a plain file, and follows no link and waits for nobody.  Both may raise ``OSError``.
    """

    listed: Callable[[str], AbstractContextManager[Iterable[Entry]]]
    opened: Callable[[str], IO[bytes]]


def check_folder(folder: PackFolder, *, unit: UnitCard, digest: str | None) -> EvidenceCheck:
    """Verify the pack in a folder; as :func:`check_evidence`.

    Raises :class:`InputError` too where there is no manifest to read, or more than a pack has.
    """
    manifest = _manifest(folder)
    sizes = {one.name: one.size for one in read_evidence_manifest(manifest).files}
    if len(sizes) > _MOST_FILES:
        raise InputError(f"{len(sizes):,} files: more than a pack has", hint="get the pack again")
    plain, odd = _walked(folder, sizes.keys() | {MANIFEST_FILE, ENTRY_FILE})
    found: dict[str, tuple[int, str]] = {}
    for name in sorted(plain & sizes.keys()):
        try:
            found[name] = _digest(folder, name, sizes[name])
        except OSError as error:
            odd[name] = _reason(error)
    return check_evidence(
        manifest=manifest,
        entry=_content(folder, ENTRY_FILE, MAX_EVIDENCE_BYTES, odd) if ENTRY_FILE in plain else None,
        leaves=_content(folder, LEAVES_FILE, _MAX_LEAVES_BYTES, odd) if LEAVES_FILE in found else None,
        found=found,
        odd=odd,
        unit=unit,
        digest=digest,
    )


def printable(text: str) -> str:
    """Return words of somebody else as a terminal may show them: what steers one is written out."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _walked(folder: PackFolder, known: Iterable[str]) -> tuple[set[str], dict[str, str]]:
    """Return the plain files that are known, and by name whatever else there is."""
    wanted = set(known)
    within = {name[:place] for name in wanted for place, one in enumerate(name) if one == "/"}
    plain: set[str] = set()
    odd: dict[str, str] = {}
    seen, left = 0, [""]
    while left:
        inside = left.pop()
        try:
            with folder.listed(inside) as entries:
                for one in entries:
                    seen += 1
                    if seen > _MOST_ENTRIES:
                        raise InputError(
                            "more files than a pack has", hint="name the folder of one pack alone"
                        )
                    name = f"{inside}/{one.name}" if inside else one.name
                    what = _wrong_with(one, name, wanted, within)
                    if what is not None:
                        odd[printable(name)] = what
                    elif name in within:
                        left.append(name)
                    else:
                        plain.add(name)
        except OSError as error:
            odd[inside or "."] = _reason(error)
    return plain, odd


def _wrong_with(entry: Entry, name: str, wanted: set[str], within: set[str]) -> str | None:
    if entry.is_dir(follow_symlinks=False):
        return None if name in within else "is a folder that is not of this pack"
    if not entry.is_file(follow_symlinks=False):
        return "is a link, a pipe or the like, and no plain file"
    return None if name in wanted else "is not of this pack"


def _manifest(folder: PackFolder) -> bytes:
    try:
        with folder.opened(MANIFEST_FILE) as stream:
            return stream.read(MAX_EVIDENCE_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{MANIFEST_FILE}: {_reason(error)}", hint="name the folder of a pack, and check who may read it"
        ) from None


def _content(folder: PackFolder, name: str, limit: int, odd: dict[str, str]) -> bytes | None:
    """Read a file whole, or note why it cannot be."""
    try:
        with folder.opened(name) as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        odd[name] = _reason(error)
        return None
    if len(content) > limit:
        odd[name] = "is larger than this program reads"
        return None
    return content


def _digest(folder: PackFolder, name: str, listed: int) -> tuple[int, str]:
    """Return size and SHA-256 of a file; of one that is too large, not further than one byte too far."""
    digest, size = hashlib.sha256(), 0
    with folder.opened(name) as stream:
        while size <= listed and (piece := stream.read(min(_PIECE, listed + 1 - size))):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _reason(error: OSError) -> str:
    return (error.strerror or "cannot be read").lower()
