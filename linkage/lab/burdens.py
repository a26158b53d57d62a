"""Groups of children whose records are worse than others', on purpose: what a bias report must find.

A burden comes on top of what :class:`linkage.lab.rates.Rates` do to everybody, from a stream of draws of its
own: the world with a burden and the one without are the same but for it.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from linkage.errors import InputError
from linkage.lab.agencies import Agency, Country
from linkage.lab.draws import Draws
from linkage.lab.households import Child
from linkage.lab.mess import Recorded
from linkage.lab.misspell import typo

__all__ = ["BURDENED", "Burden", "Burdener", "facts_of", "read_burden"]

BURDENED = ("age_band", "agency", "council", "ethnicity", "name_origin", "sex", "uasc")
"""What tells groups apart; ``agency`` is who holds the record, all else is said of the child."""

_DAMAGE = ("misspelt", "missing")
_WRITTEN = re.compile(r"(\w+)=(\S+)((?: (?:misspelt|missing)=[0-9]*\.?[0-9]+){1,2})")
_BANDS = ((1, "under-1"), (5, "1-4"), (10, "5-9"), (16, "10-15"))
_ETHNICITIES = {"W": "white", "M": "mixed", "A": "asian", "C": "asian", "B": "black", "O": "other"}
"""By the first letter of the code that the children-looked-after return has."""


@dataclass(frozen=True, slots=True)
class Burden:
    """Of a group's records, the share that is ``misspelt`` and the share in which fields are ``missing``.

    Misspelt: a slip in the forename and one in the surname.  Missing: no postcode, no middle name, and a date
    of birth whose day and month are a placeholder.  Raises :class:`InputError` for a kind of group that is
    not known, or a share that is none.
    """

    kind: str
    group: str
    misspelt: float = 0.0
    missing: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would have no effect without a word."""
        if self.kind not in BURDENED:
            raise InputError(
                f"burden: groups are not told apart by {self.kind}", hint=f"use one of {', '.join(BURDENED)}"
            )
        if not all(0.0 <= getattr(self, name) <= 1.0 for name in _DAMAGE):
            raise InputError("burden: a share is not between 0 and 1", hint="write, say, misspelt=0.3")


def read_burden(text: str) -> Burden:
    """Read a burden as people write it: ``ethnicity=black misspelt=0.3 missing=0.2``.

    Raises :class:`InputError` if it is written otherwise.
    """
    found = _WRITTEN.fullmatch(" ".join(text.split()))
    if found is None:
        raise InputError(
            "burden: not written as a group and what is wrong with its records",
            hint="write, say, 'ethnicity=black misspelt=0.3 missing=0.2'",
        )
    kind, group, damage = found.groups()
    shares = {name: float(share) for name, _, share in (part.partition("=") for part in damage.split())}
    return Burden(kind, group.replace("_", " "), **shares)


def facts_of(child: Child, country: Country, first: dt.date) -> dict[str, str]:
    """Return what is said of a child in a report by group; ``first``: the day on which ages are told."""
    age = first.year - child.born.year - ((first.month, first.day) < (child.born.month, child.born.day))
    return {
        "age_band": next((name for under, name in _BANDS if age < under), "16+"),
        "council": country.councils[child.home.council].code,
        "ethnicity": _ETHNICITIES.get(child.ethnicity[:1], "unknown"),
        "name_origin": child.origin.name,
        "sex": child.sex,
        "uasc": "yes" if child.uasc else "no",
    }


class Burdener:
    """Spoils one agency's records of the children who bear a burden; without any it draws nothing."""

    def __init__(self, burdens: Sequence[Burden], country: Country, first: dt.date, draws: Draws) -> None:
        self._burdens = burdens
        self._country = country
        self._first = first
        self._draws = draws

    def spoilt(self, record: Recorded, child: Child, agency: Agency) -> Recorded:
        """Return a record as it is after every burden that its child, or its agency, bears."""
        if not self._burdens:
            return record
        facts = facts_of(child, self._country, self._first) | {"agency": agency.code}
        for one in self._burdens:
            misspelt, missing = self._draws.chance(one.misspelt), self._draws.chance(one.missing)
            if facts[one.kind] == one.group:
                record = self._misspelt(record) if misspelt else record
                record = _bared(record) if missing else record
        return record

    def _misspelt(self, record: Recorded) -> Recorded:
        return replace(
            record,
            forename=typo(record.forename, self._draws),
            surname=typo(record.surname, self._draws),
        )


def _bared(record: Recorded) -> Recorded:
    born = min(record.born, record.born.replace(month=1, day=1))
    return replace(record, middle="", postcode="", address="", born=born)
