"""Checkpoints of the ledger (C2SP tlog-checkpoint): origin, size and root, signed as a note.

The ledger's card binds the key that signs them to the linkage unit: it is signed with the key on the unit's
card, which agencies pin when they join.
"""

import base64
import binascii
import re
from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.epochs import DigestText
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.notes import MAX_NOTE_BYTES, NoteKey, note_key, open_note, read_note_key, sign_note
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "Checkpoint",
    "CheckpointAnswer",
    "LedgerCard",
    "make_ledger_card",
    "read_checkpoint",
    "read_ledger_card",
    "sign_checkpoint",
]

_ROOT_BYTES = 32
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class Checkpoint(Struct, frozen=True, kw_only=True):
    """The ledger at one moment: how many entries it has, and the root (32 bytes) over them."""

    origin: str
    size: int
    root: bytes


class LedgerCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which key signs the ledger's checkpoints (a verifier key, whose name is the origin); signed."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-ledger-card"] = "clew-ledger-card"
    version: int = 1
    key: Annotated[str, Meta(max_length=400)]
    signature: Signature | None = None

    @property
    def note_key(self) -> NoteKey:
        """The key in a form that opens notes."""
        return read_note_key(self.key)


class CheckpointAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The unit's newest checkpoint (a signed note), who signs it, and the proof for whom remembers one.

    ``proof``: that the ledger goes on from the size ``since``, in the order of RFC 6962.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-checkpoint"] = "clew-checkpoint"
    version: int = 1
    ledger: LedgerCard
    since: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    checkpoint: Annotated[str, Meta(max_length=MAX_NOTE_BYTES)]
    proof: Annotated[tuple[DigestText, ...], Meta(max_length=128)]


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the checkpoint as a signed note."""
    root = base64.b64encode(checkpoint.root).decode()
    return sign_note(f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n", checkpoint.origin, key)


def read_checkpoint(note: str, key: NoteKey) -> Checkpoint:
    """Read a checkpoint that a ledger's key signed.

    Raises :class:`FormatError` or :class:`VerificationError`.
    """
    origin, size, root, *_ = (*open_note(note, key).split("\n"), "", "", "")
    data = _decoded(root)
    if _SIZE.fullmatch(size) is None or len(data) != _ROOT_BYTES:
        raise FormatError("not a checkpoint of a ledger")
    if origin != key.name:
        raise VerificationError("the checkpoint is of another ledger")
    return Checkpoint(origin=origin, size=int(size), root=data)


def make_ledger_card(origin: str, key: Ed25519PrivateKey, unit_key: Ed25519PrivateKey) -> LedgerCard:
    """Return the card of a ledger's key, signed with the linkage unit's key."""
    card = LedgerCard(key=str(note_key(origin, key)))
    return structs.replace(card, signature=sign(unit_key, canonical(card), domain=card.format))


def read_ledger_card(data: bytes, *, signing_key: str) -> LedgerCard:
    """Read a ledger's card and check the signature of the linkage unit whose key the caller trusts."""
    card = parse(data, LedgerCard, limit=MAX_CARD_BYTES, exact=True)
    if card.signature is None or card.signature.key != signing_key:
        raise VerificationError("the ledger's card is not signed by this linkage unit")
    verify(card.signature, canonical(structs.replace(card, signature=None)), domain=card.format)
    read_note_key(card.key)
    return card


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == text else b""
