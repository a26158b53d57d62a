"""Signed notes (C2SP signed-note): a text, and under it lines of Ed25519 signatures by named keys.

A key's id is the first four bytes of SHA-256 of its name, a line feed, the type (1: Ed25519) and the public
key; a verifier key is written ``name+id+key``.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from linkage.errors import FormatError, VerificationError
from linkage.wire.signing import public_key

__all__ = ["MAX_NOTE_BYTES", "NoteKey", "note_key", "open_note", "read_note_key", "sign_note"]

MAX_NOTE_BYTES = 64 * 1024

_ED25519 = b"\x01"
_PREFIX = "\u2014 "
_MAX_SIGNATURES = 100
_NAME = re.compile(r"[^\s+]{1,255}")
_WRITTEN = re.compile(r"([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A name and the Ed25519 public key (32 bytes) that signs notes under it."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The key's four-byte id."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        """Return the key as it is written."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


def note_key(name: str, key: Ed25519PrivateKey) -> NoteKey:
    """Return the public side of a key that signs notes under a name."""
    return NoteKey(_checked_name(name), key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def read_note_key(text: str) -> NoteKey:
    """Read a verifier key; raises :class:`FormatError`."""
    match = _WRITTEN.fullmatch(text)
    data = _decoded(match[3]) if match else b""
    if match is None or len(data) != 33 or data[:1] != _ED25519:
        raise FormatError(
            "not the key of a ledger", hint="a key is written name+id+key, as the unit shows it"
        )
    key = NoteKey(match[1], data[1:])
    if key.id.hex() != match[2]:
        raise FormatError("the key of a ledger does not have the id that is written in it")
    public_key(key.public.hex())  # refuses a key for which anybody can sign
    return key


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the note: the text, an empty line, and one signature line."""
    _check_text(text)
    own = note_key(name, key)
    signature = base64.b64encode(own.id + key.sign(text.encode())).decode()
    return f"{text}\n{_PREFIX}{name} {signature}\n"


def open_note(note: str, key: NoteKey) -> str:
    """Return the text of a note that a key signed; signatures of other keys say nothing and are left out.

    Raises :class:`FormatError`, and :class:`VerificationError` if the key did not sign, or not this.
    """
    if len(note.encode("utf-8", "surrogatepass")) > MAX_NOTE_BYTES:
        raise FormatError("a signed note is too large")
    text, found, lines = note.rpartition("\n\n")
    text += "\n"
    if not found or not lines.endswith("\n"):
        raise FormatError("not a signed note")
    _check_text(text)
    signed = [_signature(line) for line in lines[:-1].split("\n")]
    if len(signed) > _MAX_SIGNATURES:
        raise FormatError("a signed note has too many signatures")
    own = [signature for name, key_id, signature in signed if (name, key_id) == (key.name, key.id)]
    if not own:
        raise VerificationError("the note is not signed by the key that is wanted")
    try:
        public_key(key.public.hex()).verify(own[0], text.encode())
    except InvalidSignature:
        raise VerificationError("the signature on the note does not verify") from None
    return text


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, found, encoded = line.removeprefix(_PREFIX).partition(" ")
    data = _decoded(encoded)
    if not line.startswith(_PREFIX) or not found or _NAME.fullmatch(name) is None or len(data) <= 4:
        raise FormatError("a signature line of the note is malformed")
    return name, data[:4], data[4:]


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == text else b""


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FormatError("the text of a note is not UTF-8") from None
    controls = any(ord(one) < 32 and one != "\n" for one in text)
    if not text.endswith("\n") or text == "\n" or controls:
        raise FormatError("the text of a note does not end with a line feed, or holds control characters")


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise FormatError("the name of a ledger's key has spaces or a plus sign in it")
    return name
