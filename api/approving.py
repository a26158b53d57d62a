"""Who may approve a release: an enrolled approver, and nobody who prepared it, by whatever name.

An account of the console stands for the approver whose card has the same name: the account ``asha.patel`` for
the card of Asha Patel.  So the page and the terminal have one rule, and one list of people.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from api.names_alike import letters_of, may_be_one
from api.reidentifying import counting_approvers
from linkage.errors import InputError
from linkage.wire.cards import heard_name

__all__ = ["Standing", "approver_of", "find_approver", "standing_of"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account may do about a proposal.

    ``approver``: the card's name of the approver it stands for, or None; ``own``: it proposed it; ``alike``:
    the name of whoever did may be this person's; ``others``: enrolled approvers who may approve it.
    """

    approver: str | None
    own: bool
    alike: bool
    others: tuple[str, ...]

    @property
    def may_approve(self) -> bool:
        """Say whether the account may approve."""
        return self.approver is not None and not self.alike


def standing_of(connection: Connection, account: str, proposed_by: str) -> Standing:
    """Return what an account may do about what somebody proposed."""
    approver = find_approver(connection, account)
    names = (account, approver or account)
    enrolled = sorted(one.name for one in counting_approvers(connection).values())
    return Standing(
        approver=approver,
        own=any(letters_of(one) == letters_of(proposed_by) for one in names),
        alike=any(may_be_one(one, proposed_by) for one in names),
        others=tuple(one for one in enrolled if one != approver and not may_be_one(one, proposed_by)),
    )


def approver_of(connection: Connection, name: str) -> str:
    """Return the name on the card of the approver of a name; raises :class:`InputError` if there is none."""
    found = find_approver(connection, name)
    if found is None:
        raise InputError(
            "no approver of this name is enrolled",
            hint="only an enrolled approver approves: see `clew register approver list --data DIR`",
        )
    return found


def find_approver(connection: Connection, name: str) -> str | None:
    """Return the name on the card of the enrolled approver of a name, however that is written, or None.

    Of two cards whose names differ in signs only neither is meant.
    """
    names = [one.name for one in counting_approvers(connection).values()]
    same = [one for one in names if heard_name(one) == heard_name(name)]
    wanted = letters_of(name)
    found = same or [one for one in names if wanted and letters_of(one) == wanted]
    return found[0] if len(found) == 1 else None
