"""The epoch key sealed to one agency (docs/spec/keys-v1.md, section 6)."""

from keys.epoch_key import EpochKey
from keys.identity import Identity
from linkage.errors import ClewError, VerificationError
from linkage.wire.cards import AgencyCard
from linkage.wire.epochs import EpochDescriptor, WrappedKey, wrap_context
from linkage.wire.seal import open_seal, seal

__all__ = ["belongs_to", "unwrap_key", "wrap_key"]


def wrap_key(epoch_key: EpochKey, descriptor: EpochDescriptor, *, holder: AgencyCard) -> WrappedKey:
    """Seal the epoch key to an agency's card; custodians sign the result.

    The caller has checked the card with its agency.  Raises :class:`VerificationError` if the key is not
    the descriptor's: wrapping it would send the agency to encode under a key that nobody accepts.
    """
    if not epoch_key.matches(descriptor.key_check_value):
        raise VerificationError("the epoch key is not the one that the epoch descriptor states")
    context = wrap_context(descriptor.epoch, descriptor.profile_digest, holder.signing_key)
    return WrappedKey(
        epoch=descriptor.epoch,
        profile_digest=descriptor.profile_digest,
        key_check_value=descriptor.key_check_value,
        holder=holder.signing_key,
        agency=holder.agency,
        ciphertext=b"".join(seal([epoch_key.to_bytes()], holder.sealing_key, context=context)).hex(),
    )


def belongs_to(wrapped: WrappedKey, descriptor: EpochDescriptor) -> bool:
    """Say whether a wrapped key names the epoch, profile and key of a descriptor."""
    return (wrapped.epoch, wrapped.profile_digest, wrapped.key_check_value) == (
        descriptor.epoch,
        descriptor.profile_digest,
        descriptor.key_check_value,
    )


def unwrap_key(wrapped: WrappedKey, identity: Identity, descriptor: EpochDescriptor) -> EpochKey:
    """Open a wrapped key in memory and check it against the descriptor's check value.

    The caller has verified the quorum of both documents first (``linkage.wire.epochs.verify_quorum``).
    Another agency's key, another epoch's, another profile's and a damaged one give one and the same
    :class:`VerificationError`.
    """
    if wrapped.holder == identity.public_key and belongs_to(wrapped, descriptor):
        context = wrap_context(descriptor.epoch, descriptor.profile_digest, wrapped.holder)
        epoch_key = _opened(wrapped.ciphertext, identity, context)
        if epoch_key is not None and epoch_key.matches(descriptor.key_check_value):
            return epoch_key
    raise VerificationError(
        "the wrapped key does not open for this identity in this epoch",
        hint="ask the custodians for a wrapped key made for your card and this epoch descriptor",
    )


def _opened(ciphertext: str, identity: Identity, context: bytes) -> EpochKey | None:
    try:
        material = b"".join(open_seal([bytes.fromhex(ciphertext)], identity.sealing, context=context))
        return EpochKey(material)
    except (ClewError, ValueError):  # ValueError: an odd number of hex digits, or not 32 bytes inside
        return None
