"""The one door between exact counts and anything that is written."""

from collections.abc import Sequence

from api.counting_tables import CountedRegister
from linkage.register.disclosure import Disclosure, DisclosurePolicy, Nesting, Release, disclose
from linkage.register.released import ReleasedTable
from linkage.register.statistics.divisions import SAME_CODES

__all__ = ["POLICY", "disclosed", "disclosed_with"]

POLICY = DisclosurePolicy(same=tuple((*code, *known) for code, known in SAME_CODES.items()))
"""The rules by which this release's tables leave."""


def disclosed(counted: CountedRegister) -> Sequence[ReleasedTable]:
    """Return what of exact counts may leave, as far as nothing left before."""
    return disclosed_with(counted, POLICY, ()).tables


def disclosed_with(
    counted: CountedRegister,
    policy: DisclosurePolicy,
    earlier: Sequence[Release],
    nestings: Sequence[Nesting] = (),
) -> Disclosure:
    """Return what of exact counts may leave after earlier releases, the oldest first.

    Raises :class:`linkage.errors.InputError` where no suppression protects every cell.
    """
    return disclose(counted.tables, policy, earlier, nestings)
