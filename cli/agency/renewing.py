"""Giving a workspace a new identity: other keys, another card, the same handles.

Durability order: the new identity, its record of whom it trusts, the dummies and its card are written to a
folder of their own and fsynced; then one transaction seals every crosswalk row anew and writes the journal
line, which is the moment at which the new identity counts; then the files take their places
(:mod:`cli.agency.settling`).  Stopped before the commit the workspace is the old one, after it the new one.
"""

import unicodedata

from msgspec import structs

from cli.agency.crosswalk import Crosswalk
from cli.agency.dummies import Dummies, load_dummies, save_dummies
from cli.agency.recording import record_for
from cli.agency.settling import RENEWAL, RENEWED, settle, settle_in
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from keys.files import sync_folder
from keys.identity import Identity, create_identity, protected_identity
from keys.storing import store_private, store_public
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, card_fingerprint, sign_card

__all__ = ["renew_workspace"]


def renew_workspace(workspace: Workspace, *, passphrase: str, new_passphrase: str) -> AgencyCard:
    """Make a new identity under a new passphrase and seal the workspace to it; returns the new card.

    Handles, versions, the journal and its sequence stay, and so do pins, epoch and revocations.  The wrapped
    key goes: it was made for the old card.  Of each record's content only a digest under the old key is
    known, which is given up: the next encoding counts every record as changed, once.
    Raises :class:`InputError`, and :class:`linkage.errors.VerificationError` if anything does not open or
    somebody changed whom the workspace trusts.
    """
    _require_other(passphrase, new_passphrase)
    with Store(workspace.database_file) as store, store.transaction():
        settle_in(workspace, store)
        old, before = workspace.identity(passphrase), workspace.card()
        crosswalk, dummies = Crosswalk(store, old), load_dummies(workspace.dummies_file, old)
        identity = create_identity()
        card = _card(before, identity)
        record = record_for(workspace, old, identity)
        _prepare(workspace, identity, card, record, dummies, new_passphrase)
        store.replace_records(crosswalk.sealed_for(identity))
        store.write_journal(_journal_line(before, card))
    settle(workspace)
    return card


def _require_other(passphrase: str, new_passphrase: str) -> None:
    if unicodedata.normalize("NFC", passphrase) == unicodedata.normalize("NFC", new_passphrase):
        raise InputError(
            "the new passphrase is the old one", hint="choose another: the old one may be known to somebody"
        )


def _card(before: AgencyCard, identity: Identity) -> AgencyCard:
    card = structs.replace(
        before,
        signing_key=identity.public_key,
        sealing_key=identity.sealing.public_text(),
        signature=None,
    )
    return sign_card(card, identity.signing)


def _prepare(
    workspace: Workspace,
    identity: Identity,
    card: AgencyCard,
    record: bytes,
    dummies: Dummies | None,
    passphrase: str,
) -> None:
    folder = workspace.folder(RENEWAL)
    store_private(folder / workspace.identity_file.name, protected_identity(identity, passphrase))
    store_private(folder / workspace.trusted_file.name, record)
    if dummies is not None:
        save_dummies(folder / workspace.dummies_file.name, dummies, identity)
    store_public(folder / workspace.card_file.name, canonical(card))
    sync_folder(workspace.path)  # the folder itself must outlast a power cut too


def _journal_line(before: AgencyCard, card: AgencyCard) -> JournalEntry:
    details = {
        "card": card_fingerprint(card),
        "card_before": card_fingerprint(before),
        "signing_key": card.signing_key,
    }
    return JournalEntry(RENEWED, details=details)
