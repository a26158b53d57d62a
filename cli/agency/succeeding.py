"""Adopting a succession: other custodians count from then on."""

from pathlib import Path

from cli.agency.pins import AdoptedSuccession
from cli.agency.revoking import kept_revocations
from cli.agency.workspace import Workspace
from keys.storing import naming, read_as, store_public
from linkage.errors import VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import content_digest, signed_bytes
from linkage.wire.fingerprints import same_fingerprint
from linkage.wire.successions import (
    MAX_SUCCESSION_BYTES,
    Succession,
    read_succession,
    require_apart,
    verify_succession,
)

__all__ = ["adopt_succession"]


def adopt_succession(workspace: Workspace, path: Path, *, fingerprint: str) -> tuple[Succession, bool]:
    """Let the custodians of a succession count instead of those pinned; returns it and whether it is new.

    1. It has the fingerprint that a custodian read out.
    2. It is newer than any adopted here, of exactly the custodians who count here, complete, and without the
       linkage unit among those who come.
    3. It is kept together with the digests of what was believed until now: the epoch joined and revocations.
       That is one file, and until it is there nothing has changed.
    """
    succession = read_as(path, read_succession, what="succession", limit=MAX_SUCCESSION_BYTES)
    with naming(path):
        if not same_fingerprint(fingerprint, succession.fingerprint):
            raise VerificationError(
                "the succession does not have this fingerprint",
                hint="have a custodian whom you know read it out again; if it still differs, adopt nothing",
            )
        trust = workspace.trust()
        known = {signed_bytes(one.succession) for one in trust.adopted}
        if signed_bytes(succession) in known:
            return succession, False
        verify_succession(succession, pinned=trust.current.set, serial=trust.serial)
        if workspace.unit_file.is_file():
            require_apart(succession, workspace.unit_card())
    adopted = AdoptedSuccession(succession=succession, documents=_believed(workspace))
    kept = workspace.folder(workspace.successions.name) / f"adopted-{succession.serial:04d}.json"
    store_public(kept, canonical(adopted))
    return succession, True


def _believed(workspace: Workspace) -> tuple[str, ...]:
    """Return the digests of the documents kept here that those who go signed; their quorum is checked."""
    digests = [content_digest(one) for one in kept_revocations(workspace)]
    if workspace.epoch_file.is_file():
        digests.append(content_digest(workspace.descriptor()))
    before = {digest for one in workspace.trust().adopted for digest in one.documents}
    return tuple(sorted(set(digests) - before))
