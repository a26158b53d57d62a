"""The bundle container: a ZIP archive whose members are stored, never compressed (docs/spec/bundle-1.md).

Two forms hold the same manifest.  The *sealed* form is what leaves an agency; the *open* form stays there,
so that its officers can inspect what left.  Members are stored without compression and read only if they
are exactly those expected: a ZIP reader that unpacks whatever it finds is how archives do harm.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO, Literal

from linkage.errors import FormatError, LimitError, VerificationError
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.manifest import PART_NAMES, Manifest, read_manifest, read_signature
from linkage.wire.signing import Signature

__all__ = ["Bundle", "Form", "checked", "write_bundle"]

Form = Literal["open", "sealed"]
_PIECE_BYTES = 1024 * 1024
_EPOCH_START = (1980, 1, 1, 0, 0, 0)

# zipfile raises all of these for damaged archives, some of them from deep inside.
_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


def _member(name: str, form: Form) -> str:
    return f"{name}.{form}"


def write_bundle(
    target: BinaryIO, *, form: Form, manifest: bytes, signature: bytes, parts: dict[str, Iterable[bytes]]
) -> None:
    """Write a bundle; ``parts`` gives the pieces of each part in this form.

    Members carry no times, so that equal content gives equal files.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        _store(archive, "manifest.json", [manifest])
        _store(archive, "manifest.sig", [signature])
        for name in PART_NAMES:
            _store(archive, _member(name, form), parts[name])


def _store(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH_START)
    with archive.open(entry, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)


class Bundle:
    """A bundle opened for reading; the manifest is parsed, its signature not yet checked."""

    def __init__(self, source: BinaryIO) -> None:
        """Open a bundle and check its members; raises :class:`FormatError` or :class:`LimitError`."""
        try:
            self._archive = zipfile.ZipFile(source)
        except _DAMAGE:
            raise FormatError("not a bundle", hint="the file may be cut short or of another kind") from None
        self.form: Form = self._form()
        self.manifest_bytes = self._small("manifest.json")
        self.manifest: Manifest = read_manifest(self.manifest_bytes)
        self.signature_bytes = self._small("manifest.sig")
        self.signature: Signature = read_signature(self.signature_bytes)
        self._check_sizes()

    def _form(self) -> Form:
        entries = self._archive.infolist()
        names = [entry.filename for entry in entries]
        forms: tuple[Form, ...] = ("open", "sealed")
        for form in forms:
            expected = ["manifest.json", "manifest.sig", *(_member(name, form) for name in PART_NAMES)]
            if names == expected:
                if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                    raise FormatError("bundle: members are stored, never compressed")
                return form
        raise FormatError("bundle: it does not hold exactly the members of a bundle")

    def _small(self, name: str) -> bytes:
        if self._archive.getinfo(name).file_size > MAX_MANIFEST_BYTES:
            raise LimitError(f"bundle: {name} is larger than {MAX_MANIFEST_BYTES} bytes")
        try:
            return self._archive.read(name)
        except _DAMAGE:
            raise FormatError(f"bundle: {name} is damaged") from None

    def _check_sizes(self) -> None:
        for part in self.manifest.parts:
            expected = part.size if self.form == "open" else part.sealed_size
            if self._archive.getinfo(_member(part.name, self.form)).file_size != expected:
                raise FormatError(f"bundle: part {part.name} does not have the size that the manifest states")

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a part's bytes in this form, checking them against the manifest's digest at the end."""
        part = self.manifest.part(name)
        expected = part.sha256 if self.form == "open" else part.sealed_sha256
        return checked(self._raw(name), sha256=expected, what=f"part {name}")

    def _raw(self, name: str) -> Iterator[bytes]:
        try:
            member = self._archive.open(_member(name, self.form))
        except _DAMAGE:
            raise FormatError(f"bundle: part {name} is damaged") from None
        with member:
            while piece := self._piece(member, name):
                yield piece

    def _piece(self, member: IO[bytes], name: str) -> bytes:
        try:
            return member.read(_PIECE_BYTES)
        except _DAMAGE:
            raise FormatError(f"bundle: part {name} is damaged") from None


def checked(pieces: Iterable[bytes], *, sha256: str, what: str) -> Iterator[bytes]:
    """Pass pieces through and raise :class:`VerificationError` at the end if the digest differs.

    Whoever consumes the pieces must not act on them before the iterator ends.
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise VerificationError(f"{what}: the digest differs from the manifest's", hint="send the file again")
