"""The one door between exact counts and anything that is written."""

from collections.abc import Sequence

from msgspec import structs

from api.counting_tables import CountedRegister
from api.policy_settings import DisclosureSettings
from linkage.register.disclosure import Disclosure, DisclosurePolicy, Nesting, Release, disclose
from linkage.register.released import ReleasedTable
from linkage.register.statistics.divisions import SAME_CODES
from linkage.register.statistics.tables import AT_MOST

__all__ = ["POLICY", "disclosed", "disclosed_with", "policy_set"]

POLICY = DisclosurePolicy(at_most=AT_MOST, same=tuple((*code, *known) for code, known in SAME_CODES.items()))
"""The rules by which tables leave, where the unit's settings say nothing else."""


def policy_set(settings: DisclosureSettings) -> DisclosurePolicy:
    """Return the rules with what the operator set."""
    return structs.replace(POLICY, **structs.asdict(settings))


def disclosed(counted: CountedRegister) -> Sequence[ReleasedTable]:
    """Return what of exact counts may leave, as far as nothing left before."""
    return disclosed_with(counted, policy_set(counted.rules), ()).tables


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
