"""Who may approve a release: an enrolled approver, and nobody who prepared it, by whatever name.

An account of the console stands for the approver whose card has the same name: the account ``asha.patel`` for
the card of Asha Patel.  So the page and the terminal have one rule, and one list of people.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection

from api.reidentifying import counting_approvers
from linkage.errors import InputError
from linkage.wire.cards import heard_name

__all__ = ["Standing", "approver_of", "find_approver", "may_be_one", "standing_of"]

_WORD = re.compile(r"[^\W\d_]+")


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
        own=any(_letters(one) == _letters(proposed_by) for one in names),
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
    wanted = _letters(name)
    found = same or [one for one in names if wanted and _letters(one) == wanted]
    return found[0] if len(found) == 1 else None


def may_be_one(one: str, other: str) -> bool:
    """Say whether two names may be one person's: ``paul``, ``p.smith`` and Paul Smith may.

    Every word of the shorter name is one of the longer, or the first letter of one.  What it takes for one
    and is two has to be told apart by names; what it took for two and is one could approve its own work.
    """
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    if _letters(one) == _letters(other):
        return True
    both = Counter(shorter) & Counter(longer)
    rest, left = list((Counter(shorter) - both).elements()), list((Counter(longer) - both).elements())
    for word in sorted(rest, key=len, reverse=True):  # letters last: they fit most
        same = next((known for known in left if known[0] == word[0] and 1 in {len(word), len(known)}), None)
        if same is None:
            return False
        left.remove(same)
    return True


def _plain(name: str) -> str:
    """Return a name as it is heard, without accents."""
    apart = unicodedata.normalize("NFKD", heard_name(name))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _letters(name: str) -> str:
    return "".join(letter for letter in _plain(name) if letter.isalnum())


def _words(name: str) -> list[str]:
    return _WORD.findall(_plain(name))
