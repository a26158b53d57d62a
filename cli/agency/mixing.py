"""Dummies: made-up children mixed from the parts of an agency's own, so that their encodings look like any.

A dummy takes after one child in what is there and what is missing: the number of names, an uncertain date of
birth, no postcode.  Every value comes from others: the forename of one of the same sex, the surname of a
second, year, month and day of birth of three more, the two halves of a postcode of two.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from random import Random
from typing import Any, Final

from stdnum.gb import nhs, upn

from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import Normalised, Normaliser
from linkage.encode.places import is_uk_postcode
from linkage.errors import InputError

__all__ = ["LEAST_CHILDREN", "Mixer"]

LEAST_CHILDREN: Final = 20
"""Of fewer children one could tell whose parts a dummy has."""

_TRIES: Final = 200
_VALUES: Final = tuple(
    field.name
    for field in fields(Normalised)
    if field.name not in ("shared_postcode", "tier", "refusals", "notices")
)
_WHOLE: Final = ("surname", "middle_name", "year", "month", "day", "locality")
_INWARD: Final = 3


class Mixer:
    """Mixes dummies from the sets of identifiers of at least :data:`LEAST_CHILDREN` children.

    ``chance`` decides; unforeseeable chance it must be.  Raises :class:`InputError` for too few children.
    """

    def __init__(self, children: Sequence[Sequence[Identifiers]], *, today: dt.date, chance: Random) -> None:
        if len(children) < LEAST_CHILDREN:
            raise InputError(
                f"dummies: {len(children)} children are too few to mix from",
                hint=f"at least {LEAST_CHILDREN} are needed, and the more there are the better",
            )
        self._normalise = Normaliser(today=today)
        self._chance = chance
        self._children = [tuple(map(self._normalise, variants)) for variants in children]
        self._real = {key for child in self._children for person in child for key in _recognised_by(person)}
        self._pools: dict[tuple[str, str], list[str]] = defaultdict(list)
        for child in self._children:
            for name in _VALUES:
                if value := getattr(child[0], name):
                    self._pools[name, _like(name, child[0])].append(value)

    def __repr__(self) -> str:
        return f"<Mixer of {len(self._children)} children>"

    def dummies(self, count: int) -> Iterator[tuple[Identifiers, ...]]:
        """Yield dummies, each as its sets of identifiers, the principal one first.

        No set shares both names, or a name and the whole date of birth, with a child that they are mixed
        from.  Raises :class:`InputError` if the children are too alike for that.
        """
        for _ in range(count):
            made = next(filter(None, (self._try() for _ in range(_TRIES))), ())
            if not made:
                raise InputError(
                    "dummies: the children of this source are too alike to mix others from",
                    hint="use a larger source, or do without dummies",
                )
            yield made

    def _try(self) -> tuple[Identifiers, ...]:
        """Mix one dummy; nothing if it would be a child that there is, or no child at all."""
        model = self._chance.choice(self._children)
        drawn: dict[tuple[str, str], str] = {}

        def instead(name: str, person: Normalised) -> str:
            # Of a child's several sets most values are the same, and so they must be of a dummy's.
            old = getattr(person, name)
            if old and (name, old) not in drawn:
                drawn[name, old] = self._drawn(name, _like(name, person))
            return drawn[name, old] if old else ""

        mixed = []
        for one in model:
            values: dict[str, Any] = {name: instead(name, one) for name in _VALUES}
            mixed.append(replace(one, **values))
        made = tuple(one.identifiers() for one in mixed)
        read = list(map(self._normalise, made))
        distinct = {(name, new) for (name, _), new in drawn.items()}
        if any(map(_differ, read, mixed)) or len(distinct) < len(drawn):
            return ()
        recognised = {key for one in read for key in _recognised_by(one)}
        return made if self._real.isdisjoint(recognised) else ()

    def _drawn(self, name: str, like: str) -> str:
        pool = self._pools[name, like] or self._pools[name, ""] or [""]
        if name in ("forename", "sex", *_WHOLE):
            return like if name == "sex" else self._chance.choice(pool)
        if name in _MADE:
            return _MADE[name](self._chance)
        first, second = self._chance.choice(pool), self._chance.choice(pool)
        if name == "postcode":
            return first[:-_INWARD] + second[-_INWARD:] if like else first
        return first[: len(first) // 2] + second[len(second) // 2 :]


def _like(name: str, person: Normalised) -> str:
    """Return what a value must have in common with that in whose place it comes."""
    if name in ("forename", "sex"):
        return person.sex
    if name in ("year", "month", "day"):
        return person.tier
    return "uk" if name == "postcode" and is_uk_postcode(person.postcode) else ""


def _differ(read: Normalised, meant: Normalised) -> bool:
    """Tell whether a mixture does not read as it was meant: the 30th of February, the first of January."""
    return any(getattr(read, name) != getattr(meant, name) for name in (*_VALUES, "tier"))


def _recognised_by(person: Normalised) -> Iterator[tuple[str, ...]]:
    """Yield the combinations of values by which a set of identifiers is the child's and no other's."""
    names = tuple(sorted((person.forename, person.surname)))
    born = (person.year, person.month, person.day)
    yield names
    if all(born):
        yield from ((*born, name) for name in names if name)


def _made_nhs_number(chance: Random) -> str:
    """Return a number of the range that is kept for tests, so that it is nobody's."""
    while True:
        number = f"999{chance.randrange(10**7):07}"
        if nhs.checksum(number) == 0:
            return number


def _made_upn(chance: Random) -> str:
    """Return a pupil number of a local authority that there is not."""
    digits = f"999{chance.randrange(10**9):09}"
    return f"{upn.calc_check_digit(digits)}{digits}"


_MADE: Final[dict[str, Callable[[Random], str]]] = {
    "nhs_number": _made_nhs_number,
    "upn": _made_upn,
}
