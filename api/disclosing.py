"""The one door between exact counts and anything that is written."""

from collections.abc import Sequence

from api.counting_tables import CountedRegister
from linkage.errors import InputError
from linkage.register.released import ReleasedTable

__all__ = ["disclosed"]


def disclosed(counted: CountedRegister) -> Sequence[ReleasedTable]:
    """Return what of exact counts may leave: tables that passed disclosure control.

    Raises :class:`InputError`: this release has no disclosure control, and nothing passes without it.
    """
    raise InputError(
        f"{len(counted.tables)} tables are counted, and none may be written: there is no disclosure control",
        hint="exact counts never leave the linkage unit",
    )
