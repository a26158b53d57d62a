"""What a line of the custody log says that an act was about: names, codes and digests, never a secret."""

from keys.messages import Ceremony
from linkage.wire.epochs import EpochDescriptor, WrappedKey, content_digest
from linkage.wire.revocations import Revocation, RevokedAgency

__all__ = ["ceremony_subjects", "descriptor_subjects", "revocation_subjects", "wrapped_subjects"]


def ceremony_subjects(ceremony: Ceremony) -> dict[str, str]:
    """Name a ceremony."""
    return {"ceremony": ceremony.id.hex(), "epoch": ceremony.epoch}


def descriptor_subjects(descriptor: EpochDescriptor) -> dict[str, str]:
    """Name an epoch descriptor, by what custodians sign of it."""
    return {"descriptor": content_digest(descriptor), "epoch": descriptor.epoch}


def wrapped_subjects(wrapped: WrappedKey) -> dict[str, str]:
    """Name a wrapped key, and whom it is for."""
    subjects = {"epoch": wrapped.epoch, "holder": wrapped.holder}
    return subjects if wrapped.agency is None else subjects | {"agency": wrapped.agency}


def revocation_subjects(revocation: Revocation) -> dict[str, str]:
    """Name what a revocation revokes."""
    subject = revocation.subject
    if isinstance(subject, RevokedAgency):
        return {"agency": subject.agency, "card-key": subject.signing_key}
    return {"descriptor": subject.descriptor, "epoch": subject.epoch}
