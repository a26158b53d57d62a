"""Families and the true identifiers of their children: siblings, twins, and children on their own."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from linkage.lab.agencies import Country
from linkage.lab.draws import Draws, Weighted
from linkage.lab.name_origin import NameOrigin
from linkage.lab.names import NameBook, canary_name
from linkage.lab.rates import Rates

__all__ = ["Address", "Child", "draw_address", "draw_children", "eighteenth_birthday", "upn"]

_YEAR = 365.25

_CARE_FAMILY = Weighted(((1, 0.52), (2, 0.26), (3, 0.14), (4, 0.05), (5, 0.03)))
_HOME_FAMILY = Weighted(((1, 0.92), (2, 0.08)))
_CARE_AGES = Weighted((((0, 1), 0.05), ((1, 5), 0.14), ((5, 10), 0.18), ((10, 16), 0.38), ((16, 18), 0.25)))
_HOME_AGES = Weighted((((4, 10), 0.08), ((10, 16), 0.60), ((16, 18), 0.32)))
_UASC_AGES = Weighted((((12, 15), 0.08), ((15, 16), 0.15), ((16, 18), 0.77)))
_UASC_BOYS = 0.95
_BOYS = 0.51
_SAME_SEX_TWINS = 0.65
_SAME_INITIAL = 0.10
_SAME_INITIAL_TWINS = 0.30
_MIDDLE_NAME = 0.65
_YOUNGEST_AT_HOME = 4.5
_CANARY_EVERY, _FEWEST_CANARIES = 200, 12

_ROADS = (
    "Larch", "Beech", "Chapel", "Mill", "Quarry", "Station", "Orchard", "Windmill", "Foundry",
    "Canal", "Priory", "Meadow", "Sycamore", "Lime Tree", "Coronation", "Alma", "Trafalgar",
    "Gladstone", "Albion", "Clarence", "Harebell", "Kingfisher", "Bramble", "Tannery", "Ropewalk",
    "Almshouse", "Whitebeam", "Cobbler's", "Fuller's",
)  # fmt: skip
_KINDS = ("Road", "Street", "Close", "Avenue", "Lane", "Terrace", "Drive", "Court", "Gardens", "Crescent")
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


class Address(NamedTuple):
    """Where somebody lives; ``council`` is the number of the council whose area it lies in."""

    line: str
    postcode: str
    council: int


@dataclass(frozen=True, slots=True)
class Child:
    """A child as they truly are; agencies write this down, each in its own way."""

    entity: str
    household: str
    origin: NameOrigin
    looked_after: bool
    uasc: bool
    twin: bool
    forename: str
    middle: str
    surname: str
    other_surname: str
    """The surname of the other side of the family: a mother's, a step-father's, a grandfather's."""
    sex: str
    born: dt.date
    ethnicity: str
    home: Address
    former_home: Address
    upn: str
    canary: bool


class _Family(NamedTuple):
    origin: NameOrigin
    looked_after: bool
    uasc: bool
    ethnicity: str
    surname: str
    other_surname: str
    home: Address
    former_home: Address


def eighteenth_birthday(born: dt.date) -> dt.date:
    """The day a child turns 18; born on 29 February, it is 1 March."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return dt.date(born.year + 18, 3, 1)


def draw_address(country: Country, council: int, draws: Draws) -> Address:
    """A home in a council's area, under a postcode that no place in the United Kingdom has."""
    inward = f"{draws.below(10)}{draws.pick(_INWARD)}{draws.pick(_INWARD)}"
    line = f"{draws.between(1, 140)} {draws.pick(_ROADS)} {draws.pick(_KINDS)}"
    return Address(line, f"{country.district(council, draws)} {inward}", council)


def upn(draws: Draws) -> str:
    """A unique pupil number with the right check letter, of a local authority number that is not in use."""
    digits = (
        f"9{draws.below(100):02d}{draws.below(10_000):04d}{draws.between(8, 25):02d}{draws.below(1000):03d}"
    )
    total = sum(place * int(digit) for place, digit in enumerate(digits, start=2))
    return _UPN_LETTERS[total % 23] + digits


class _Registry:
    """Makes children one after another, so that each family can look at those it has."""

    def __init__(
        self, country: Country, period: tuple[dt.date, dt.date], rates: Rates, draws: Draws, count: int
    ) -> None:
        self.country = country
        self.first, self.last = period
        self.rates = rates
        self.draws = draws
        self.names = NameBook()
        self.canary_every = min(_CANARY_EVERY, max(1, count // _FEWEST_CANARIES))
        self.children: list[Child] = []
        self.households = 0
        self.looked_after = 0
        self.uasc = 0
        self.sizes = Weighted((n, 1.0 / (n + 3)) for n in range(1, len(country.councils) + 1))

    def family(self) -> _Family:
        """A family without its children."""
        draws, rates = self.draws, self.rates
        care = draws.chance(_steered(rates.looked_after, self.looked_after, len(self.children)))
        uasc = draws.chance(_steered(rates.uasc, self.uasc, self.looked_after)) and care
        origin = draws.weighted(self.names.uasc if uasc else self.names.families)
        council = draws.weighted(self.sizes) - 1
        former = council if draws.chance(0.8) else draws.weighted(self.sizes) - 1
        return _Family(
            origin, care, uasc, draws.weighted(Weighted(origin.ethnicities)),
            self.names.surname(origin, draws), self.names.surname(origin, draws),
            draw_address(self.country, council, draws), draw_address(self.country, former, draws),
        )  # fmt: skip

    def household(self, room: int) -> None:
        """A family and its children, at most ``room`` of them."""
        family, draws = self.family(), self.draws
        self.households += 1
        sizes = _CARE_FAMILY if family.looked_after else _HOME_FAMILY
        size = 1 if family.uasc else draws.weighted(sizes)
        twins = draws.chance(self.rates.twins * _mean(sizes) / 2) and not family.uasc
        births = self.births(family, max(size, 2) if twins else size, twins=twins)[:room]
        siblings: list[Child] = []
        for born in births:
            siblings.append(self.child(family, born, births.count(born) > 1, siblings))
        self.children += siblings
        self.looked_after += len(siblings) if family.looked_after else 0
        self.uasc += len(siblings) if family.uasc else 0

    def births(self, family: _Family, size: int, *, twins: bool) -> list[dt.date]:
        """Birth dates of siblings, at least ten months apart, all of them children during the period."""
        born = self.first_birth(family)
        births = [born, born] if twins else [born]
        while len(births) < size:
            gap = dt.timedelta(days=self.draws.between(310, 1500))
            younger, older = max(births) + gap, min(births) - gap
            if self.is_child(family, younger):
                births.append(younger)
            elif self.is_child(family, older):
                births.append(older)
            else:
                break
        return births

    def first_birth(self, family: _Family) -> dt.date:
        """A birth date by the ages at which children come into this world."""
        ages = _UASC_AGES if family.uasc else _CARE_AGES if family.looked_after else _HOME_AGES
        while True:
            low, high = self.draws.weighted(ages)
            on = self.first + dt.timedelta(days=self.draws.below((self.last - self.first).days))
            born = on - dt.timedelta(days=self.draws.between(int(low * _YEAR), int(high * _YEAR)))
            if self.is_child(family, born):
                return born

    def is_child(self, family: _Family, born: dt.date) -> bool:
        """Whether somebody born then is of an age to be in this world for two months of the period at least.

        A shorter time could fall into a month that police did not submit, and the child into no extract.
        """
        youngest = dt.timedelta(days=60 if family.looked_after else int(_YOUNGEST_AT_HOME * _YEAR))
        of_age = eighteenth_birthday(born)
        return born <= self.last - youngest and of_age > self.first + dt.timedelta(days=70)

    def child(self, family: _Family, born: dt.date, twin: bool, siblings: list[Child]) -> Child:  # noqa: FBT001
        """One child of a family."""
        draws = self.draws
        same_born = next((s for s in siblings if s.born == born), None)
        sex = "M" if draws.chance(_UASC_BOYS if family.uasc else _BOYS) else "F"
        if same_born and draws.chance(2 * _SAME_SEX_TWINS - 1):
            sex = same_born.sex
        forename = self.forename(family, sex, siblings, twin=same_born is not None)
        canary = (len(self.children) + len(siblings)) % self.canary_every == 0
        middle = canary_name(draws) if canary else self.middle(family, sex, forename)
        home = family.home
        if canary:
            home = home._replace(line=f"1 {canary_name(draws)} Close")
        return Child(
            entity=f"C{len(self.children) + len(siblings) + 1:07d}",
            household=f"H{self.households:07d}",
            origin=family.origin,
            looked_after=family.looked_after,
            uasc=family.uasc,
            twin=twin,
            forename=forename,
            middle=middle,
            surname=family.surname,
            other_surname=family.other_surname,
            sex=sex,
            born=born,
            ethnicity=family.ethnicity,
            home=home,
            former_home=family.former_home,
            upn=upn(draws) if not family.uasc and (self.first - born).days > 5 * _YEAR else "",
            canary=canary,
        )

    def forename(self, family: _Family, sex: str, siblings: list[Child], *, twin: bool) -> str:
        """A forename that no sibling has, now and then with a sibling's initial."""
        draws, taken = self.draws, {sibling.forename for sibling in siblings}
        alike = draws.chance(_SAME_INITIAL_TWINS if twin else _SAME_INITIAL)
        while True:
            if siblings and alike:
                name = self.names.initial_kept(family.origin, sex, siblings[-1].forename[0], draws)
            else:
                name = self.names.forename(family.origin, sex, draws)
            if name not in taken:
                return name

    def middle(self, family: _Family, sex: str, forename: str) -> str:
        """A middle name, or none."""
        name = self.names.forename(family.origin, sex, self.draws)
        return name if self.draws.chance(_MIDDLE_NAME) and name != forename and " " not in name else ""


def _mean(sizes: Weighted[int]) -> float:
    edges = (0.0, *sizes.cumulated)
    weights = [high - low for low, high in pairwise(edges)]
    return sum(size * weight for size, weight in zip(sizes.items, weights, strict=True)) / edges[-1]


def _steered(share: float, have: int, total: int) -> float:
    """The chance that the next family is of a kind, so that ``share`` of all *children* come to be.

    Families of one kind are larger than others', and their size depends on ages; steering by what has been
    drawn so far needs no formula for that.
    """
    return min(1.0, max(0.0, share + (share * total - have) / 10))


def draw_children(
    count: int,
    country: Country,
    period: tuple[dt.date, dt.date],
    rates: Rates,
    draws: Draws,
) -> tuple[Child, ...]:
    """Draw exactly ``count`` children in their families; one in some hundreds carries canaries."""
    registry = _Registry(country, period, rates, draws, count)
    while len(registry.children) < count:
        registry.household(count - len(registry.children))
    return tuple(registry.children)
