"""Bringing the record of whom a workspace trusts up to date, while its identity is open."""

import hashlib

from cli.agency.revoking import kept_revocations
from cli.agency.store import Store
from cli.agency.trusted import new_files, require_trusted, trusted_bytes, verified_record, write_trusted
from cli.agency.workspace import Workspace
from keys.identity import Identity
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard
from linkage.wire.epochs import EpochDescriptor, WrappedKey

__all__ = ["keep_epoch", "record_for", "record_news"]


def record_news(workspace: Workspace, identity: Identity) -> None:
    """Record successions and revocations that came without the passphrase; from then on none can be removed.

    Raises :class:`linkage.errors.VerificationError` if one of them does not verify.
    """
    _require_verified(workspace)
    if not new_files(workspace.path, verified_record(workspace.path, identity)):
        return
    with Store(workspace.database_file) as store, store.transaction():  # of two commands one waits
        record = verified_record(workspace.path, identity)
        files = record.files | new_files(workspace.path, record)
        write_trusted(workspace.path, identity, files, record.coming)


def keep_epoch(
    workspace: Workspace,
    identity: Identity,
    descriptor: EpochDescriptor,
    wrapped: WrappedKey,
    unit: UnitCard,
) -> None:
    """Keep what joining an epoch brought, and record it.

    The record first takes both what is there and what comes, so that a stopped joining can be begun again.
    """
    names = (workspace.epoch_file.name, workspace.wrapped_key_file.name, workspace.unit_file.name)
    contents = map(canonical, (descriptor, wrapped, unit))
    coming = {
        name: hashlib.sha256(content).hexdigest() for name, content in zip(names, contents, strict=True)
    }
    moved_away = frozenset({workspace.unit_file.name})
    with Store(workspace.database_file) as store, store.transaction():
        before = require_trusted(workspace.path, identity, moved_away=moved_away)
        write_trusted(workspace.path, identity, before, coming)
        workspace.save_epoch(descriptor, wrapped, unit)
        write_trusted(workspace.path, identity, before | coming)


def record_for(workspace: Workspace, old: Identity, new: Identity) -> bytes:
    """Return the record that a new identity of the workspace begins with: what the old one trusts.

    The wrapped key is not in it: that was made for the old card.
    """
    _require_verified(workspace)
    files = require_trusted(workspace.path, old)
    files.pop(workspace.wrapped_key_file.name, None)
    return trusted_bytes(new, files)


def _require_verified(workspace: Workspace) -> None:
    workspace.trust()
    kept_revocations(workspace)
