"""Verifying an evidence pack with nothing but the pack and the linkage unit's card.

The steps are those of docs/governance/evidence-pack.md, section 4: files against the manifest, leaves against
the signed checkpoint, and the ledger's entry against the manifest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from linkage.errors import ClewError, FormatError, VerificationError
from linkage.register.ledger_tree import (
    EMPTY_ROOT,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard, card_fingerprint
from linkage.wire.checkpoints import Checkpoint, read_checkpoint, read_ledger_card
from linkage.wire.evidence import (
    ENTRY_FILE,
    MANIFEST_FILE,
    EvidenceEntry,
    EvidenceManifest,
    differences,
    manifest_digest,
    read_evidence_entry,
    read_evidence_manifest,
)
from linkage.wire.ledger import EntryKind, Leaf, leaf_bytes, opened
from linkage.wire.notes import NoteKey

__all__ = ["LEAVES_FILE", "EvidenceCheck", "check_evidence"]

LEAVES_FILE = "ledger/leaves.csv"
_HEAD = "entry,kind,day,commitment"


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """What came of it: the manifest and its digest, checkpoints that are signed, and what is wrong, by file.

    ``entered``: the place of the entry that says the digest, or None where nothing proves one.  ``told``: the
    digest is the one that the verifier was told by another way.
    """

    manifest: EvidenceManifest
    digest: str
    checkpoints: tuple[Checkpoint, ...]
    entered: int | None
    told: bool
    wrong: tuple[tuple[str, str], ...]


def check_evidence(
    *,
    manifest: bytes,
    entry: bytes | None,
    leaves: bytes | None,
    found: Mapping[str, tuple[int, str]],
    odd: Mapping[str, str],
    unit: UnitCard,
    digest: str | None = None,
) -> EvidenceCheck:
    """Verify a pack; ``found``: size and SHA-256 of every other file of it, by name.

    ``odd``: what lies there besides, or is no file that can be read, by name with what is wrong.
    ``unit``: the card whose fingerprint the verifier has compared, never one that the pack brings.
    ``digest``: what the verifier was told that the pack's is.  Without it a pack must bring its entry of the
    ledger, for anybody can write a manifest that fits other files.  Raises :class:`FormatError` for a
    manifest that is none, and :class:`VerificationError` for one of another unit.
    """
    said = _manifest_of(manifest, unit)
    key = read_ledger_card(canonical(said.ledger), signing_key=unit.signing_key).note_key
    wrong = list(({**dict(differences(said, found)), **odd}).items())
    points: list[Checkpoint] = []
    entered: int | None = None
    try:
        points.append(_position(said, key))
        if leaves is not None:
            _check_leaves(leaves, points[0])
        elif LEAVES_FILE not in {one.name for one in said.files}:
            raise VerificationError("is not among the files of the manifest")
    except ClewError as error:
        wrong.append((LEAVES_FILE, error.message))
    own = manifest_digest(said)
    if digest not in (None, own):
        wrong.append((MANIFEST_FILE, "has another digest than the one that you were told"))
    if entry is not None:
        try:
            proof = read_evidence_entry(entry)
            points.append(_check_entry(proof, own, said, key))
            entered = proof.entry.index
        except (ClewError, ValueError) as error:
            wrong.append((ENTRY_FILE, error.message if isinstance(error, ClewError) else "is malformed"))
    elif digest is None and ENTRY_FILE not in odd:
        wrong.append((ENTRY_FILE, "is missing: nothing proves that the unit built this pack"))
    return EvidenceCheck(said, own, tuple(points), entered, digest == own, tuple(sorted(wrong)))


def _manifest_of(content: bytes, unit: UnitCard) -> EvidenceManifest:
    said = read_evidence_manifest(content)
    if (said.fingerprint, said.unit) != (card_fingerprint(unit), unit.name):
        raise VerificationError(
            "the pack is of another linkage unit than the card given",
            hint="give the card of the unit whose evidence it claims to be",
        )
    return said


def _position(said: EvidenceManifest, key: NoteKey) -> Checkpoint:
    point = read_checkpoint(said.checkpoint, key)
    if (point.size, point.root.hex()) != (said.size, said.root):
        raise VerificationError("the manifest names another position than its signed checkpoint")
    return point


def _check_leaves(leaves: bytes, point: Checkpoint) -> None:
    """Compute the root from the leaves and compare it with the one that is signed.

    Only complete subtrees that nothing was joined to yet are held, so that a long ledger needs no memory.
    """
    held: list[tuple[int, bytes]] = []
    size = 0
    for leaf in _leaves(leaves):
        held.append((0, leaf_hash(leaf_bytes(leaf))))
        while len(held) > 1 and held[-1][0] == held[-2][0]:
            (level, left), (_, right) = held[-2:]
            held[-2:] = [(level + 1, node_hash(left, right))]
        size += 1
    found = held.pop()[1] if held else EMPTY_ROOT
    while held:
        found = node_hash(held.pop()[1], found)
    if size != point.size or found != point.root:
        raise VerificationError("the leaves do not make the root that the unit signed")


def _leaves(content: bytes) -> Iterator[Leaf]:
    """Yield the leaves of a list; only a line feed ends a line, or other readers would see other lines."""
    try:
        head, *lines, last = content.decode("utf-8").split("\n")
        if head != _HEAD or last:
            raise FormatError("not a list of leaves")
        for place, line in enumerate(lines):
            entry, kind, day, commitment = line.split(",")
            if entry != str(place):
                raise FormatError("the leaves are out of order")
            yield Leaf(kind=EntryKind(kind), day=day, commitment=commitment)
    except ValueError:
        raise FormatError("not a list of leaves") from None


def _check_entry(proof: EvidenceEntry, digest: str, said: EvidenceManifest, key: NoteKey) -> Checkpoint:
    point, entry = read_checkpoint(proof.checkpoint, key), proof.entry
    path = [bytes.fromhex(one) for one in proof.proof]
    verify_inclusion(leaf_hash(leaf_bytes(entry.leaf)), entry.index, point.size, path, point.root)
    statement = opened(entry.leaf, entry.salt, entry.statement)
    if statement.kind != EntryKind.EVIDENCE_PACK or statement.facts.get("manifest") != digest:
        raise VerificationError("the ledger's entry is about another pack")
    if entry.index < said.size:
        raise VerificationError("the ledger's entry stands before the position that the pack names")
    went_on = [bytes.fromhex(one) for one in proof.consistency]
    verify_consistency(said.size, point.size, bytes.fromhex(said.root), point.root, went_on)
    return point
