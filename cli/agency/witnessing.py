"""Being a witness of the unit's ledger: remember its newest checkpoint, and let it show no other history.

In the workspace's folder ``ledger`` lie the ledger's card and the newest checkpoint that was verified.  They
only ever grow: a unit that shows a shorter or another history is refused until its operator has said what
happened and somebody here has given the memory up.
"""

from pathlib import Path

from cli.agency.client import Unit
from cli.agency.workspace import Workspace
from keys.files import read_limited
from keys.storing import read_as, store_public
from linkage.errors import InputError, VerificationError
from linkage.register.ledger_tree import leaf_hash, verify_consistency, verify_inclusion
from linkage.wire.canonical import canonical
from linkage.wire.checkpoints import (
    Checkpoint,
    CheckpointAnswer,
    LedgerCard,
    read_checkpoint,
    read_ledger_card,
)
from linkage.wire.ledger import EntryKind, leaf_bytes, opened
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.notes import MAX_NOTE_BYTES
from linkage.wire.submission import AnyReceipt, LedgerReceipt

__all__ = [
    "check_receipt",
    "compare",
    "forget",
    "meet",
    "remembered",
    "remembered_note",
]

_HINT = (
    "do not go on; tell the operator, your custodians and the other agencies, and give them your checkpoint "
    "(`clew agency checkpoint show`)"
)


def meet(workspace: Workspace, unit: Unit) -> Checkpoint | None:
    """Have the unit prove that its ledger goes on from what is remembered, and remember what it shows.

    Returns the newest checkpoint; None for a unit without a ledger that never had one, or before an epoch was
    joined.  Raises :class:`VerificationError` for another history, which is kept as evidence.
    """
    if not workspace.unit_file.is_file():
        return None
    before = remembered(workspace)
    answer = unit.checkpoint(0 if before is None else before.size)
    if answer is None:
        if before is not None:
            raise _other_history("it says that it has none")
        return None
    return _proven(workspace, answer, before)


def check_receipt(workspace: Workspace, unit: Unit, receipt: AnyReceipt) -> None:
    """Check what a receipt proves: its entry says what was sent, and stands in the ledger that goes on.

    1. The ledger is the one that is remembered, or the unit's card vouches for it.
    2. The entry's statement is the one that its leaf commits to, and speaks of this submission.
    3. The proof leads from the leaf to the root of the checkpoint, which the ledger's key signed.
    4. The ledger goes on from that checkpoint, and from the one that is remembered.
    Receipts of version 1 prove none of this.  Raises :class:`VerificationError`.
    """
    if not isinstance(receipt, LedgerReceipt):
        return
    card = _believed(workspace, receipt.ledger)
    point = read_checkpoint(receipt.checkpoint, card.note_key)
    entry = receipt.entry
    said = opened(entry.leaf, entry.salt, entry.statement)
    facts = {name: said.facts.get(name) for name in _FACTS}
    if entry.leaf.kind != EntryKind.SUBMISSION_COMMITTED or facts != _expected(receipt):
        raise VerificationError("the receipt's ledger entry speaks of something else", hint=_HINT)
    proof = [bytes.fromhex(one) for one in receipt.proof]
    verify_inclusion(leaf_hash(leaf_bytes(entry.leaf)), entry.index, point.size, proof, point.root)
    meet(workspace, unit)
    answer = unit.checkpoint(point.size)
    if answer is None:
        raise _other_history("it says that it has none")
    _proven(workspace, answer, point)


def compare(workspace: Workspace, note: str, unit: Unit | None) -> str:
    """Compare a checkpoint that somebody else holds with one's own, in words.

    Two of one size must be one; otherwise the unit proves that it goes on from the other's, too.
    Raises :class:`VerificationError` if the unit showed two histories.
    """
    card, own = _card(workspace), remembered(workspace)
    if card is None or own is None:
        raise InputError("nothing is remembered yet", hint="run `clew agency status` first")
    other = read_checkpoint(note, card.note_key)
    if other.size == own.size:
        if other.root != own.root:
            _keep_conflict(workspace, note)
            raise _other_history(f"it signed two ledgers of {own.size} entries; both notes are the proof")
        return f"both of you were shown the same {own.size} entries"
    if unit is None:
        raise InputError(
            f"yours is of {own.size} entries, theirs of {other.size}",
            hint="give --url, so that the unit proves that one goes on from the other",
        )
    newest = meet(workspace, unit)
    answer = unit.checkpoint(other.size)
    if newest is None or answer is None:
        raise _other_history("it says that it has none")
    try:
        _proven(workspace, answer, other)
    except VerificationError:
        _keep_conflict(workspace, note)
        raise
    return f"the ledger of {newest.size} entries goes on from yours of {own.size} and theirs of {other.size}"


def forget(workspace: Workspace) -> Path:
    """Give up what is remembered, keeping it under another name; returns where it lies."""
    own = remembered(workspace)
    if own is None:
        raise InputError("nothing is remembered yet", hint="there is nothing to give up")
    kept = _folder(workspace) / f"given-up-{own.size}-{own.root.hex()[:8]}.txt"
    _checkpoint_file(workspace).replace(kept)
    return kept


def remembered(workspace: Workspace) -> Checkpoint | None:
    """Return the newest checkpoint that was verified, or None."""
    card, note = _card(workspace), remembered_note(workspace)
    return None if card is None or note is None else read_checkpoint(note, card.note_key)


def remembered_note(workspace: Workspace) -> str | None:
    """Return that checkpoint as the unit signed it."""
    path = _checkpoint_file(workspace)
    if not path.is_file():
        return None
    return read_limited(path, limit=MAX_NOTE_BYTES, what="checkpoint").decode("utf-8", "replace")


def _proven(workspace: Workspace, answer: CheckpointAnswer, before: Checkpoint | None) -> Checkpoint:
    """Check an answer against an older checkpoint and remember its own; keep what proves otherwise."""
    card = _believed(workspace, answer.ledger)
    newest = read_checkpoint(answer.checkpoint, card.note_key)
    if before is not None:
        proof = [bytes.fromhex(one) for one in answer.proof]
        try:
            verify_consistency(before.size, newest.size, before.root, newest.root, proof)
        except VerificationError as error:
            _keep_conflict(workspace, answer.checkpoint)
            raise _other_history(error.message) from None
    own = remembered(workspace)
    if own is None or newest.size > own.size:
        store_public(_checkpoint_file(workspace), answer.checkpoint.encode())
    return newest


def _believed(workspace: Workspace, card: LedgerCard) -> LedgerCard:
    """Return the ledger's card once the pinned unit vouches for it, and it is no other than before."""
    signing_key = workspace.unit_card().signing_key
    read_ledger_card(canonical(card), signing_key=signing_key)
    known = _card(workspace)
    if known is None:
        store_public(_folder(workspace) / "card.json", canonical(card))
    elif known.key != card.key:
        raise _other_history("its checkpoints are signed with another key")
    return card


def _card(workspace: Workspace) -> LedgerCard | None:
    path = workspace.path / "ledger" / "card.json"
    if not path.is_file():
        return None
    signing_key = workspace.unit_card().signing_key
    return read_as(
        path,
        lambda data: read_ledger_card(data, signing_key=signing_key),
        what="ledger card",
        limit=MAX_CARD_BYTES,
    )


def _checkpoint_file(workspace: Workspace) -> Path:
    return workspace.path / "ledger" / "checkpoint.txt"


def _folder(workspace: Workspace) -> Path:
    return workspace.folder("ledger")


def _keep_conflict(workspace: Workspace, note: str) -> None:
    """Keep a note that the unit signed and that does not agree with what is remembered: it is the proof."""
    number = len(list(_folder(workspace).glob("conflict-*.txt"))) + 1
    store_public(_folder(workspace) / f"conflict-{number}.txt", note.encode())


_FACTS = ("submission", "agency", "sequence", "encodings_sha256", "payload_sha256")


def _expected(receipt: LedgerReceipt) -> dict[str, object]:
    return {name: getattr(receipt, name) for name in _FACTS}


def _other_history(why: str) -> VerificationError:
    return VerificationError(
        f"THE LINKAGE UNIT SHOWS ANOTHER HISTORY THAN THE ONE THAT THIS WORKSPACE REMEMBERS: {why}",
        hint=_HINT,
    )
