"""A custodian's share under its seal, and the key that shares give (docs/spec/keys-v1.md, section 6)."""

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.constant_time import bytes_eq

from keys.epoch_key import EpochKey
from keys.identity import Identity
from keys.shares import Share, combine, read_share, share_digest
from linkage.errors import ClewError, VerificationError
from linkage.wire.cards import CustodianCard
from linkage.wire.epochs import SHARE_TEXT_BYTES, EpochDescriptor, SealedShare, share_context
from linkage.wire.seal import open_seal, seal

__all__ = ["open_share", "recover", "require_listed", "seal_share"]


def seal_share(share: Share, descriptor: EpochDescriptor, *, holder: CustodianCard) -> SealedShare:
    """Seal a share of a descriptor's key to a custodian's card; all seals of shares are of one length."""
    words = share.text.encode("ascii").ljust(SHARE_TEXT_BYTES)
    context = share_context(descriptor, holder.signing_key)
    return SealedShare(
        epoch=descriptor.epoch,
        profile_digest=descriptor.profile_digest,
        key_check_value=descriptor.key_check_value,
        holder=holder.signing_key,
        ciphertext=b"".join(seal([words], holder.sealing_key, context=context)).hex(),
    )


def open_share(sealed: SealedShare, identity: Identity, descriptor: EpochDescriptor) -> Share:
    """Open a sealed share in memory; whether it is the right one says :func:`require_listed`.

    Another custodian's, another descriptor's and a damaged one give the same :class:`VerificationError`.
    """
    named = (sealed.epoch, sealed.profile_digest, sealed.key_check_value)
    expected = (descriptor.epoch, descriptor.profile_digest, descriptor.key_check_value)
    if named == expected and sealed.holder == identity.public_key:
        share = _opened(sealed, identity, share_context(descriptor, sealed.holder))
        if share is not None:
            return share
    raise VerificationError(
        "the share does not open for this identity in this epoch",
        hint="use the share that the ceremony made for you, with the descriptor of its epoch",
    )


def require_listed(share: Share, descriptor: EpochDescriptor, ceremonies: Iterable[bytes]) -> str:
    """Return the public key of the custodian as whose a descriptor lists a share.

    ``ceremonies`` are the ids of those of which it may be.  Raises :class:`VerificationError` for a share
    of another ceremony or closing, or of a key split with another threshold.
    """
    if share.threshold == descriptor.threshold and share.index < len(descriptor.custodians):
        custodian, listed = descriptor.custodians[share.index], descriptor.shares[share.index]
        for ceremony in ceremonies:
            digest = share_digest(share, ceremony=ceremony, custodian=custodian)
            if bytes_eq(bytes.fromhex(digest), bytes.fromhex(listed)):
                return custodian
    raise VerificationError(
        "the share is not one of those that the epoch descriptor lists",
        hint="it is of another ceremony, or of another closing of this one: ask for the right one",
    )


def recover(shares: Sequence[Share], descriptor: EpochDescriptor) -> EpochKey:
    """Return the epoch key that shares give together, checked against the descriptor's check value.

    Raises :class:`InputError` for too few shares and :class:`VerificationError` for shares that do not go
    together, or give another key.
    """
    epoch_key = combine(shares)
    if not epoch_key.matches(descriptor.key_check_value):
        raise VerificationError(
            "the shares give another key than the epoch descriptor states",
            hint="use shares of this epoch, and check each with `clew keys share check`",
        )
    return epoch_key


def _opened(sealed: SealedShare, identity: Identity, context: bytes) -> Share | None:
    ciphertext = bytes.fromhex(sealed.ciphertext)
    try:
        words = b"".join(open_seal([ciphertext], identity.sealing, context=context))
        return read_share(words.decode("ascii"))
    except (ClewError, ValueError):  # ValueError: not text inside
        return None
