"""What both commands that verify an evidence pack say of it."""

from collections.abc import Iterator

from linkage.register.evidence_check import EvidenceCheck
from linkage.register.evidence_folder import printable

__all__ = ["told_of", "verdict"]


def told_of(found: EvidenceCheck) -> Iterator[str]:
    """Yield what a verified pack is, a line each: whose, of when, of which position of the ledger."""
    said = found.manifest
    built, release = printable(said.built), printable(said.release)
    yield f"evidence of {said.unit}, built {built} by release {release} of clew"
    yield f"fingerprint of the unit's card: {said.fingerprint}"
    yield f"the ledger had {said.size:,} entries, root {said.root}"
    yield f"digest of the pack: {found.digest}"
    if found.entered is not None:
        yield f"the ledger has this digest: its entry number {found.entered:,} says so, counted from 0"
    elif found.told:
        yield "nothing in the pack proves that the ledger has this digest; it is the one that you were told"
    else:
        yield "nothing proves that the ledger has this digest: ask the operator for it, and give --digest"


def verdict(found: EvidenceCheck) -> str:
    """Return the last line about a pack in which nothing is wrong."""
    if found.entered is None:
        return "the pack is the one of the digest that you were told"
    return "the pack is as it was built"
