"""Made-up people of all ages in their homes, as several sources with errors of their own hold them.

The world of children (:mod:`linkage.lab.world`) has the identifiers that agencies hold of children; this one
has those of general data: addresses and localities, parents and their children, people who share a name.
It serves to learn from and to test on; the truth is known by construction.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from linkage.encode.identifiers import Identifiers
from linkage.lab.draws import Draws, Weighted
from linkage.lab.misspell import nickname, typo
from linkage.lab.name_origin import NameOrigin
from linkage.lab.names import NameBook

__all__ = ["People", "Population", "draw_people"]

_KINDS = ("Street", "Road", "Close", "Avenue", "Lane", "Terrace", "Drive", "Court", "Place", "Crescent")
_BUILDINGS = ("House", "Cottage", "Court", "Farm", "Mansions", "Lodge", "Retirement Village", "Mews")
_ENDINGS = ("ton", "ham", "ford", "bury", "wick", "stead", " Heath", " Green", "ley", "worth")
_HOME_SIZES = Weighted(((1, 0.27), (2, 0.26), (3, 0.17), (4, 0.17), (5, 0.09), (6, 0.04)))
_FIRST_BIRTH, _BIRTHS_OVER = dt.date(1940, 1, 1), 20_000
_PARTNER_NAME_DIFFERS = 0.25
_MIDDLE_NAME = 0.6
_BUILDING_NAMED, _FLAT = 0.3, 0.15


@dataclass(frozen=True, slots=True)
class Population:
    """What a population and its records are like; shares between 0 and 1.

    ``homes``: households, of one person each unless ``families``.  ``sources`` each hold a person with
    probability ``coverage``, once or oftener: ``copies`` are the weights of one record, two, and so on.
    ``damage`` multiplies all rates of recording errors.  ``twins``: of later children, born with the one
    before; ``namesakes``: of children, named after a parent.  ``coarse_postcodes``: one
    postcode for a whole locality, as in many countries, instead of one for a few homes.  ``with_sex``,
    ``with_address`` and ``with_middle``: whether sources hold such a column at all.
    """

    homes: int
    sources: int = 2
    coverage: float = 0.6
    copies: tuple[float, ...] = (1.0,)
    damage: float = 1.0
    families: bool = True
    twins: float = 0.05
    namesakes: float = 0.03
    coarse_postcodes: bool = False
    with_sex: bool = True
    with_address: bool = True
    with_middle: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Records of every source, in random order: entity and identifiers; and every entity's home."""

    sources: dict[str, list[tuple[str, Identifiers]]]
    home_of: dict[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class _Person:
    entity: str
    home: str
    origin: NameOrigin
    forename: str
    middle: str
    surname: str
    sex: str
    born: dt.date
    address: str
    locality: str
    postcode: str


def draw_people(population: Population, seed: int) -> People:
    """Draw a population and its records; the same arguments give the same everywhere."""
    town = _Town(population, Draws(seed, "people"))
    people = [person for number in range(population.homes) for person in town.home(number)]
    clerk = _Clerk(town, Draws(seed, "records"))
    sources = {f"SOURCE{number + 1}": clerk.source(people) for number in range(population.sources)}
    return People(sources, {person.entity: person.home for person in people})


class _Town:
    def __init__(self, population: Population, draws: Draws) -> None:
        self.population = population
        self.draws = draws
        self.names = NameBook()
        self.count = 0
        self.places = [self._place() for _ in range(max(20, population.homes // 20))]

    def _place(self) -> tuple[str, str]:
        """Return a locality and its postcode, or the first half of its postcodes."""
        draws = self.draws
        stem = self._family_name().split()[0]
        district = f"Z{draws.pick('ABCDEFGH')}{draws.between(1, 29)}"
        code = f"{draws.between(1000, 9999)}" if self.population.coarse_postcodes else district
        return stem + draws.pick(_ENDINGS), code

    def _family_name(self) -> str:
        return self.names.surname(self.draws.weighted(self.names.families), self.draws)

    def whereabouts(self) -> tuple[str, str, str]:
        """Return an address, its locality and its postcode."""
        draws = self.draws
        locality, code = draws.pick(self.places)
        road = self._family_name()
        inward = f"{draws.below(10)}{draws.pick('ABDEFGHJLN')}{draws.pick('PQRSTUWXYZ')}"
        line = f"{draws.between(1, 160)} {road} {draws.pick(_KINDS)}"
        if draws.chance(_BUILDING_NAMED):
            line += f" {self._family_name()} {draws.pick(_BUILDINGS)}"
        if draws.chance(_FLAT):
            line = f"Flat {draws.between(1, 40)} {line}"
        postcode = code if self.population.coarse_postcodes else f"{code} {inward}"
        return line, locality, postcode

    def home(self, number: int) -> list[_Person]:
        """Draw one household: up to two adults, then children."""
        draws, names = self.draws, self.names
        origin = draws.weighted(names.families)
        surname = names.surname(origin, draws)
        where = self.whereabouts()
        first = _FIRST_BIRTH + dt.timedelta(days=draws.below(_BIRTHS_OVER))
        members: list[_Person] = []
        for place in range(draws.weighted(_HOME_SIZES) if self.population.families else 1):
            sex = draws.pick("FM")
            name = surname
            if place == 1 and draws.chance(_PARTNER_NAME_DIFFERS):
                name = names.surname(origin, draws)
            forename = names.forename(origin, sex, draws)
            if place > 1 and draws.chance(self.population.namesakes):
                forename = members[0].forename
            middle = names.forename(origin, sex, draws) if draws.chance(_MIDDLE_NAME) else ""
            born = self._birth(first, members)
            self.count += 1
            entity, home = f"P{self.count:06d}", f"H{number:06d}"
            members.append(_Person(entity, home, origin, forename, middle, name, sex, born, *where))
        return members

    def _birth(self, first: dt.date, members: list[_Person]) -> dt.date:
        if len(members) < 2:
            return first + dt.timedelta(days=self.draws.between(-2000, 2000))
        if len(members) > 2 and self.draws.chance(self.population.twins):
            return members[-1].born
        return first + dt.timedelta(days=self.draws.between(8000, 13_000))


class _Clerk:
    """Writes records down, with errors at the population's damage."""

    def __init__(self, town: _Town, draws: Draws) -> None:
        self.town = town
        self.names = town.names
        self.population = town.population
        self.draws = draws
        self.copies = Weighted(enumerate(self.population.copies, start=1))

    def source(self, people: list[_Person]) -> list[tuple[str, Identifiers]]:
        held = [
            (person.entity, self.record(person))
            for person in people
            if self.draws.chance(self.population.coverage)
            for _ in range(self.draws.weighted(self.copies))
        ]
        return self.draws.shuffled(held)

    def happens(self, rate: float) -> bool:
        return self.draws.chance(min(0.9, rate * self.population.damage))

    def record(self, person: _Person) -> Identifiers:
        """Write one record; the columns that this population lacks stay empty."""
        person = self._other_names(self._moved(person))
        population = self.population
        sex = person.sex if population.with_sex and not self.happens(0.02) else ""
        middle = person.middle[:1] if self.happens(0.3) else person.middle
        return Identifiers(
            forename="" if self.happens(0.015) else self._written(person.forename, 0.07),
            surname="" if self.happens(0.01) else self._written(person.surname, 0.07),
            middle_name=middle if population.with_middle else "",
            date_of_birth="" if self.happens(0.03) else self._date(person.born),
            sex=sex,
            address=self._place(person.address, 0.16) if population.with_address else "",
            locality=self._place(person.locality, 0.06) if population.with_address else "",
            postcode=self._place(person.postcode, 0.05),
        )

    def _moved(self, person: _Person) -> _Person:
        if not self.happens(0.08):
            return person
        address, locality, postcode = self.town.whereabouts()
        return replace(person, address=address, locality=locality, postcode=postcode)

    def _other_names(self, person: _Person) -> _Person:
        if self.happens(0.03):
            person = replace(person, surname=self.names.surname(person.origin, self.draws))
        if self.happens(0.05):
            person = replace(person, forename=nickname(person.forename, self.draws) or person.forename)
        if self.happens(0.015):
            person = replace(person, forename=person.surname, surname=person.forename)
        return person

    def _written(self, text: str, rate: float) -> str:
        """Return the text with as many slips as happen."""
        for _ in range(3):
            if len(text) > 2 and self.happens(rate):
                text = typo(text, self.draws)
        return text

    def _place(self, text: str, rate: float) -> str:
        return "" if self.happens(0.02) else self._written(text, rate)

    def _date(self, born: dt.date) -> str:
        if not self.happens(0.03):
            return born.isoformat()
        ways: tuple[Callable[[], str], ...] = (
            lambda: f"{born.year}-{born.day:02}-{born.month:02}",
            lambda: (born + dt.timedelta(days=self.draws.pick((-10, -1, 1, 10)))).isoformat(),
            lambda: f"{born.year + self.draws.pick((-10, -1, 1, 10))}-{born.month:02}-{born.day:02}",
            lambda: f"{born.year}-{self.draws.between(1, 12):02}-{born.day:02}",
        )
        return self.draws.pick(ways)()
