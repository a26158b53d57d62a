"""A set of custodians: whose signatures count, and how many of them must have signed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from linkage.errors import InputError, VerificationError
from linkage.wire.epochs import EpochDescriptor, verify_quorum
from linkage.wire.signing import PublicKeyText

if TYPE_CHECKING:
    from linkage.wire.revocations import Revocation

__all__ = ["MAX_CUSTODIANS", "CustodianSet", "require_majority", "set_of", "verify_by_any"]

MAX_CUSTODIANS = 16


class CustodianSet(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Custodians by their public signing keys, in ascending order, and how many of them must sign."""

    threshold: Annotated[int, Meta(ge=2, le=MAX_CUSTODIANS)]
    custodians: Annotated[tuple[PublicKeyText, ...], Meta(min_length=2, max_length=MAX_CUSTODIANS)]


def require_majority(threshold: int, count: int) -> None:
    """Refuse to make a set of ``count`` custodians of whom two groups without a common member could sign.

    Both could sign a descriptor of one epoch, each its own.  For those who make a set; readers take any.
    Raises :class:`InputError`.
    """
    if 2 * threshold <= count:
        raise InputError(
            f"the threshold is not more than half: two groups of {threshold} of {count} could sign apart",
            hint=f"of {count} custodians at least {count // 2 + 1} must sign",
        )


def set_of(descriptor: EpochDescriptor) -> CustodianSet:
    """Return the custodians whom an epoch descriptor names; believe them once you believe it."""
    return CustodianSet(threshold=descriptor.threshold, custodians=tuple(sorted(descriptor.custodians)))


def verify_by_any(document: "EpochDescriptor | Revocation", sets: Sequence[CustodianSet]) -> CustodianSet:
    """Return the first of several sets whose quorum signed a document; every signature must verify.

    Raises :class:`VerificationError`, in the words of the first set, if none of them did.
    """
    refusals = []
    for one in sets:
        try:
            verify_quorum(document, pinned=one.custodians, threshold=one.threshold)
        except VerificationError as error:
            refusals.append(error)
        else:
            return one
    raise refusals[0] if refusals else ValueError("no set of custodians to check with")
