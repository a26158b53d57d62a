"""Words for what an agency is, the same wherever one is shown."""

from typing import Final

from linkage.wire.codes import Role

__all__ = ["kind_of_agency"]

_KINDS: Final[dict[Role, str]] = {"council": "a council", "police": "a police force"}


def kind_of_agency(role: Role) -> str:
    """Return what an agency of a role is, with its article."""
    return _KINDS[role]
