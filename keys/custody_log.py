"""The custody log: who did what with which key, one signed line each (docs/spec/keys-v1.md, section 9).

::

    line 1   {"action": …, "at": …, "previous": 64 zeros,      "sequence": 1, "signature": …, "subjects": …}
    line 2   {"action": …, "at": …, "previous": hash of line 1, "sequence": 2, …}

A line is durable before the act that it tells of is published: what cannot be logged is not done.
"""

import contextlib
import datetime as dt
import errno
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, structs

from keys.digests import labelled_digest
from keys.files import name_of, read_limited, sync_folder
from keys.identity import Identity
from keys.storing import naming
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.cards import CustodianCard, read_card
from linkage.wire.epochs import DigestText
from linkage.wire.limits import MAX_LINE_BYTES
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "KEYLESS_ACTIONS",
    "MAX_LOG_BYTES",
    "NO_ENTRY",
    "CustodyLog",
    "CustodyLogExport",
    "Head",
    "LogEntry",
    "LogLines",
    "check_lines",
    "read_export",
]

MAX_LOG_BYTES = 16 * 1024 * 1024
"""Some 25,000 entries: more than a custodian makes in a life."""

NO_ENTRY = "0" * 64
"""What the first entry names as the hash of the one before."""

_TORN = "torn-line"

KEYLESS_ACTIONS = frozenset({_TORN, "kept-revocation"})
"""What is done without a key, and so logged without a signature; every other line must have one."""

ActionText = Annotated[str, Meta(pattern=r"^[a-z][a-z-]{1,39}\Z")]
SubjectName = Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,31}\Z")]
SubjectText = Annotated[str, Meta(min_length=1, max_length=200)]


class LogEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One act: when, what, with or to what (names, codes and digests, nothing else), signed.

    ``previous`` is the hash of the line before.  Without ``signature`` the identity was not open.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-custody-entry"] = "clew-custody-entry"
    version: int = 1
    sequence: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    at: Moment
    action: ActionText
    subjects: Annotated[dict[SubjectName, SubjectText], Meta(max_length=16)]
    previous: DigestText
    signature: Signature | None = None


class Head(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long a log is and the hash of its last line: who keeps it notices when the end is cut off."""

    entries: Annotated[int, Meta(ge=0)]
    digest: DigestText


class CustodyLogExport(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole log for a reviewer, with the card whose key signed it."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-custody-log"] = "clew-custody-log"
    version: int = 1
    card: CustodianCard
    entries: tuple[LogEntry, ...]
    head: Head

    @property
    def lines(self) -> tuple[bytes, ...]:
        """The lines of the log that was exported."""
        return tuple(canonical(entry) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class LogLines:
    """The complete lines of a log, and the bytes of a last one that was not written to its end."""

    lines: tuple[bytes, ...]
    torn: bytes = b""

    @property
    def head(self) -> Head:
        """The head of the complete lines."""
        return Head(entries=len(self.lines), digest=_digest(self.lines[-1]) if self.lines else NO_ENTRY)

    def entries(self) -> tuple[LogEntry, ...]:
        """Read every complete line; the chain is still to be checked."""
        return tuple(_read_line(line, number) for number, line in enumerate(self.lines, 1))


class CustodyLog:
    """The log in a folder: a custodian's own, or that of a ceremony, which its one-time key signs."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "custody-log.jsonl"

    def append(self, action: str, subjects: Mapping[str, str], identity: Identity | None) -> LogEntry:
        """Add a line and return it once it is durable.

        ``subjects`` are names, codes and digests by kind, such as ``{"epoch": "2025-26"}``: never a secret
        and never anything about a child.  A last line that a killed command left unfinished was never
        reported as written: it is cut off, and a line of its own says so.  Raises :class:`InputError`.
        """
        try:
            with self._opened() as descriptor:
                found = _split(_read_all(descriptor))
                added = _added(found, action, subjects, identity)
                _write(descriptor, added, after=sum(len(line) + 1 for line in found.lines))
        except OSError as error:
            reason = (error.strerror or "cannot be written").lower()
            raise InputError(
                f"{name_of(self.path)}: not written: {reason}",
                hint="nothing is done with a key that cannot be logged: check the space and who may write",
            ) from None
        return added[-1]

    def read(self) -> LogLines:
        """Return the lines as they stand; a folder without a log has none."""
        if not self.path.exists():
            return LogLines(())
        return _split(read_limited(self.path, limit=MAX_LOG_BYTES, what="custody log"))

    def check(self, signing_key: str, *, against: Head | None = None) -> Head:
        """Check the whole log, see :func:`check_lines`; an unfinished last line is refused last.

        Raises :class:`VerificationError`, which says at which line the chain breaks and how.
        """
        found = self.read()
        with naming(self.path):
            check_lines(found.lines, signing_key, against=against)
            if found.torn:
                raise VerificationError(
                    f"line {len(found.lines) + 1} is torn: a command was killed while it wrote, or the end "
                    f"was cut; the {len(found.lines)} lines before it hold",
                    hint="the next command that writes here cuts it off and logs that it did",
                )
        return found.head

    def export(self, card: CustodianCard) -> CustodyLogExport:
        """Return the whole checked log for a reviewer; an unfinished last line is left out."""
        found = self.read()
        with naming(self.path):
            check_lines(found.lines, card.signing_key)
            return CustodyLogExport(card=card, entries=found.entries(), head=found.head)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """Open the log as its only writer, and make the name of a new one durable."""
        new = not self.path.exists()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self.path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            _require_own_file(descriptor)
            _lock(descriptor)
            yield descriptor
            if new:
                sync_folder(self.path.parent)
        finally:
            os.close(descriptor)


def check_lines(lines: Sequence[bytes], signing_key: str, *, against: Head | None = None) -> None:
    """Check a log's lines: form, order, hashes, signatures, and an earlier head if there is one.

    1. Every line is an entry in canonical form whose signature, if it has one, is by ``signing_key``.
    2. Every line has its place in ``sequence`` and names the hash of the line before.
    3. With ``against``, the line that was the last then is there, unchanged.  Without it nobody can tell
       that the end was cut off, nor that an unsigned last line was changed.
    Raises :class:`VerificationError` for the first line at which that fails, saying how.
    """
    previous = NO_ENTRY
    for number, line in enumerate(lines, 1):
        entry = _read_line(line, number)
        _check_signature(entry, number, signing_key)
        if entry.sequence != number:
            _refuse(number, _misplaced(entry, number, lines))
        if entry.previous != previous:
            _refuse(number, "what stands before it was changed or removed: the hash that it names is another")
        previous = _digest(line)
    if against is not None:
        _check_against(lines, against)


def read_export(data: bytes) -> CustodyLogExport:
    """Read an exported log and check it whole; raises one of our errors."""
    export = parse(data, CustodyLogExport, limit=MAX_LOG_BYTES, exact=True)
    card = read_card(canonical(export.card), CustodianCard)
    check_lines(export.lines, card.signing_key)
    if LogLines(export.lines).head != export.head:
        raise VerificationError(
            "the entries do not lead to the head that the export states: removed or added at the end"
        )
    return export


def _check_signature(entry: LogEntry, number: int, signing_key: str) -> None:
    if entry.signature is None:
        return
    if entry.signature.key != signing_key:
        _refuse(number, "a foreign signature: by another key than the log's owner's")
    try:
        verify(entry.signature, _unsigned(entry), domain=entry.format)
    except ClewError:
        _refuse(number, "changed after it was signed")


def _misplaced(entry: LogEntry, number: int, lines: Sequence[bytes]) -> str:
    if entry.sequence < number:
        return f"reordered, or inserted: it is entry {entry.sequence}"
    wanted = f'"sequence":{number},'.encode()
    if any(wanted in line for line in lines[number:]):
        return f"reordered: entry {number} stands further down"
    return f"entries {number} to {entry.sequence - 1} were removed"


def _check_against(lines: Sequence[bytes], head: Head) -> None:
    if len(lines) < head.entries:
        raise VerificationError(
            f"the end was cut off: {len(lines)} lines, and there were {head.entries} when it was exported",
            hint="ask its owner what happened; the export holds what is missing",
        )
    digest = _digest(lines[head.entries - 1]) if head.entries else NO_ENTRY
    if digest != head.digest:
        _refuse(head.entries, "not the line that was exported: the log was written anew since")


def _refuse(number: int, how: str) -> None:
    raise VerificationError(
        f"the chain breaks at line {number}: {how}",
        hint="keep the file as it is, compare it with the last export, and tell the other custodians",
    )


def _read_line(line: bytes, number: int) -> LogEntry:
    try:
        return parse(line, LogEntry, limit=MAX_LINE_BYTES, exact=True)
    except FormatError as error:
        raise VerificationError(
            f"the chain breaks at line {number}: changed: {error.message}",
            hint="keep the file as it is, compare it with the last export, and tell the other custodians",
        ) from None


def _split(data: bytes) -> LogLines:
    *lines, torn = data.split(b"\n")
    return LogLines(tuple(lines), torn)


def _digest(line: bytes) -> str:
    return labelled_digest("clew/custody-log/1", line).hex()


def _unsigned(entry: LogEntry) -> bytes:
    return canonical(structs.replace(entry, signature=None))


def _added(
    found: LogLines, action: str, subjects: Mapping[str, str], identity: Identity | None
) -> list[LogEntry]:
    acts = [(action, dict(subjects))]
    if found.torn:
        digest = labelled_digest("clew/custody-log/1", found.torn).hex()
        acts.insert(0, (_TORN, {"bytes": str(len(found.torn)), "digest": digest}))
    added: list[LogEntry] = []
    previous, sequence = found.head.digest, _last_sequence(found)
    for name, about in acts:
        sequence += 1
        added.append(_entry(name, about, identity, previous=previous, sequence=sequence))
        previous = _digest(canonical(added[-1]))
    return added


def _last_sequence(found: LogLines) -> int:
    """Return the last line's own number; a line that was damaged counts by its place."""
    with contextlib.suppress(VerificationError, IndexError):
        return _read_line(found.lines[-1], len(found.lines)).sequence
    return len(found.lines)


def _entry(
    action: str, subjects: dict[str, str], identity: Identity | None, *, previous: str, sequence: int
) -> LogEntry:
    entry = LogEntry(
        sequence=sequence,
        at=Moment.minute(dt.datetime.now(dt.UTC)),
        action=action,
        subjects=subjects,
        previous=previous,
    )
    if identity is not None:
        signature = sign(identity.signing, _unsigned(entry), domain=entry.format)
        entry = structs.replace(entry, signature=signature)
    return parse(canonical(entry), LogEntry, limit=MAX_LINE_BYTES, exact=True)


def _require_own_file(descriptor: int) -> None:
    """Refuse a log that is another file under this name: what stands there would be cut and written to."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise OSError(errno.EMLINK, "it is a link to another file, or none")


def _read_all(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    if size > MAX_LOG_BYTES:
        raise InputError(
            "custody-log.jsonl: larger than a log may grow", hint="export it, and move it to the archive"
        )
    os.lseek(descriptor, 0, os.SEEK_SET)
    pieces = bytearray()
    while len(pieces) < size and (piece := os.read(descriptor, size - len(pieces))):
        pieces += piece
    return bytes(pieces)


def _write(descriptor: int, entries: Sequence[LogEntry], *, after: int) -> None:
    """Write lines behind the complete ones, in place of an unfinished one; a failure leaves none of them."""
    data = b"".join(canonical(entry) + b"\n" for entry in entries)
    os.ftruncate(descriptor, after)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    except BaseException:
        os.ftruncate(descriptor, after)
        raise


def _lock(descriptor: int) -> None:
    """Wait until no other command writes here; closing the file lets go."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, MAX_LOG_BYTES * 2, os.SEEK_SET)  # beyond what anybody reads
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        with contextlib.suppress(OSError):  # some network drives lock nothing; appending is one act there too
            fcntl.flock(descriptor, fcntl.LOCK_EX)
