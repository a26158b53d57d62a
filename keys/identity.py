"""Identities: the private keys of an agency, a custodian or a ceremony's opener, under a passphrase."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys.files import read_limited
from keys.protected import COST, FLOOR, MAX_PROTECTED_BYTES, Cost, open_protected, protect, read_protected
from keys.storing import naming, refuse_existing, store_all
from linkage.errors import FormatError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import MAX_NAME, CustodianCard, read_card, sign_card
from linkage.wire.seal import SealingKey
from linkage.wire.signing import public_text

__all__ = [
    "Identity",
    "create_identity",
    "custodian_card",
    "load_identity",
    "protected_identity",
    "save_identity",
    "usable_name",
]

_SIGNING_BYTES = 32
_KIND = "identity"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Identity:
    """An Ed25519 key to sign with and a sealing key to receive with; its representation shows neither."""

    signing: Ed25519PrivateKey
    sealing: SealingKey

    def __repr__(self) -> str:
        return "Identity(…)"

    @property
    def public_key(self) -> str:
        """The public signing key as it is written in cards and signatures: who this is."""
        return public_text(self.signing.public_key())

    def has_halves(self, signing_key: str, sealing_key: str) -> bool:
        """Say whether these are the two public keys of this identity, as cards and terms name them."""
        return (self.public_key, self.sealing.public_text()) == (signing_key, sealing_key)

    def to_bytes(self) -> bytes:
        """Return the 128 private bytes: Ed25519 seed (32), then sealing key (96)."""
        return self.signing.private_bytes_raw() + self.sealing.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Identity":
        """Read the 128 private bytes; raises :class:`FormatError`."""
        sealing = SealingKey.from_bytes(data[_SIGNING_BYTES:])
        return cls(Ed25519PrivateKey.from_private_bytes(data[:_SIGNING_BYTES]), sealing)


def create_identity() -> Identity:
    """Draw a new identity from the operating system."""
    return Identity(Ed25519PrivateKey.generate(), SealingKey.generate())


def custodian_card(identity: Identity, name: str) -> CustodianCard:
    """Return a custodian's card, signed by itself; raises :class:`InputError` for an unusable name."""
    card = CustodianCard(
        name=usable_name(name), signing_key=identity.public_key, sealing_key=identity.sealing.public_text()
    )
    return read_card(canonical(sign_card(card, identity.signing)), CustodianCard)


def usable_name(name: str) -> str:
    """Return a name as a card has it, without spaces around it; raises :class:`InputError`."""
    if not name.strip() or not name.isprintable():
        raise InputError(
            "the name is empty or holds characters that cannot be shown", hint="give a plain name"
        )
    if len(name.strip()) > MAX_NAME:
        raise InputError("the name is too long", hint=f"use at most {MAX_NAME} characters")
    return name.strip()


def protected_identity(identity: Identity, passphrase: str, *, kind: str = _KIND, cost: Cost = COST) -> bytes:
    """Return an identity's file under a passphrase, for writing together with others."""
    return protect(identity.to_bytes(), passphrase, kind=kind, subject=identity.public_key, cost=cost)


def save_identity(
    path: Path, identity: Identity, passphrase: str, *, kind: str = _KIND, cost: Cost = COST
) -> None:
    """Write an identity under a passphrase, for its owner only; an existing file is never replaced."""
    refuse_existing(path)
    data = protected_identity(identity, passphrase, kind=kind, cost=cost)
    store_all({path: data}, private=frozenset({path}))


def load_identity(path: Path, passphrase: str, *, kind: str = _KIND, floor: Cost = FLOOR) -> Identity:
    """Open an identity; raises one of our errors, naming the file and never the passphrase.

    A wrong passphrase is a :class:`VerificationError` and costs as much work as the right one.
    """
    data = read_limited(path, limit=MAX_PROTECTED_BYTES, what=kind)
    with naming(path):
        protected = read_protected(data, kind=kind, floor=floor)
        identity = Identity.from_bytes(open_protected(protected, passphrase))
        if identity.public_key != protected.subject:
            raise FormatError(f"the {kind} is not the one that the file names")
    return identity
