"""Keeping what custodians revoked, and refusing to work with it."""

from pathlib import Path

from cli.agency.workspace import Workspace
from keys.storing import store_public
from linkage.errors import EpochError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import EpochDescriptor, content_digest
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.revocations import (
    Revocation,
    RevokedAgency,
    RevokedEpoch,
    read_revocation,
)

__all__ = [
    "is_epoch_revoked",
    "keep_revocation",
    "kept_revocations",
    "require_card_counts",
    "require_epoch_counts",
    "require_epoch_name_counts",
]

_FOLDER = "revocations"


def keep_revocation(workspace: Workspace, path: Path) -> tuple[Revocation, bool]:
    """Keep a revocation that enough of the pinned custodians signed; returns it and whether it is new."""
    revocation = _read(workspace, path)
    kept = workspace.folder(_FOLDER) / f"revoked-{revocation.subject_digest[:32]}.json"
    if kept.exists():
        return _read(workspace, kept), False
    store_public(kept, canonical(revocation))
    return revocation, True


def kept_revocations(workspace: Workspace) -> tuple[Revocation, ...]:
    """Return what is kept, the quorum of each checked again: a damaged one stops the work, it may be ours."""
    paths = sorted((workspace.path / _FOLDER).glob("revoked-*.json"))
    return tuple(_read(workspace, path) for path in paths)


def require_epoch_counts(workspace: Workspace, descriptor: EpochDescriptor) -> None:
    """Raise :class:`EpochError` if custodians revoked this descriptor."""
    if is_epoch_revoked(workspace, descriptor):
        _refuse_epoch(descriptor.epoch)


def is_epoch_revoked(workspace: Workspace, descriptor: EpochDescriptor) -> bool:
    """Say whether custodians revoked this descriptor, as far as this workspace was told."""
    digest = content_digest(descriptor)
    return any(one.descriptor == digest for one in _epochs(workspace))


def require_epoch_name_counts(workspace: Workspace, epoch: str) -> None:
    """Raise :class:`EpochError` if custodians revoked an epoch of this name, which is all a bundle states."""
    if any(one.epoch == epoch for one in _epochs(workspace)):
        _refuse_epoch(epoch)


def require_card_counts(workspace: Workspace) -> None:
    """Raise :class:`VerificationError` if custodians revoked this workspace's own card."""
    own = workspace.card().signing_key
    subjects = (one.subject for one in kept_revocations(workspace))
    if any(isinstance(one, RevokedAgency) and one.signing_key == own for one in subjects):
        raise VerificationError(
            "custodians revoked this workspace's card: the linkage unit refuses whatever it signs",
            hint="give it a new identity with clew agency renew, have the new card enrolled, and join again",
        )


def _epochs(workspace: Workspace) -> tuple[RevokedEpoch, ...]:
    subjects = (one.subject for one in kept_revocations(workspace))
    return tuple(one for one in subjects if isinstance(one, RevokedEpoch))


def _refuse_epoch(epoch: str) -> None:
    raise EpochError(
        f"custodians revoked epoch {epoch}: nothing is encoded or submitted in it any more",
        hint="ask the custodians for the new epoch; join it and encode again",
    )


def _read(workspace: Workspace, path: Path) -> Revocation:
    return workspace.read_signed(path, read_revocation, what="revocation", limit=MAX_CARD_BYTES)
