"""Care spells: when, where and under whose responsibility children are looked after."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from linkage.lab.agencies import Country
from linkage.lab.draws import Draws, Weighted
from linkage.lab.households import Address, Child, draw_address, eighteenth_birthday
from linkage.lab.rates import Rates

__all__ = ["CareSpell", "draw_care", "looked_after_on"]

_DAY = dt.timedelta(days=1)
_SHORTEST = 15
_LEGAL = Weighted((("C2", 0.57), ("C1", 0.20), ("V2", 0.17), ("E1", 0.04), ("J1", 0.01), ("L1", 0.01)))
_CHANGES = Weighted(((0, 0.60), (1, 0.22), (2, 0.10), (3, 0.05), (4, 0.03)))
_PROVIDERS = Weighted((("PR1", 0.42), ("PR4", 0.45), ("PR2", 0.10), ("PR5", 0.03)))
_UNDER_10 = Weighted((("U6", 0.48), ("U4", 0.14), ("U1", 0.20), ("U5", 0.05), ("P1", 0.10), ("K2", 0.03)))
_UNDER_16 = Weighted((("U6", 0.46), ("U4", 0.16), ("U1", 0.12), ("P1", 0.07), ("K2", 0.17), ("R1", 0.02)))
_UNDER_18 = Weighted((("U6", 0.30), ("U4", 0.10), ("U1", 0.07), ("K2", 0.20), ("K3", 0.28), ("P1", 0.05)))
_UASC = Weighted((("K3", 0.55), ("U6", 0.35), ("K2", 0.10)))
_KINDS = {"U": "foster", "K2": "care home", "K3": "other", "P": "home", "R": "school"}
_CHILDREN_PER_HOME = 40
_LONGEST_BEFORE = 9 * 365


@dataclass(frozen=True, slots=True)
class CareSpell:
    """A time in one placement; the first and the last day both count as looked after.

    A change of placement ends one spell and begins the next on the same day.
    """

    council: int
    start: dt.date
    end: dt.date | None
    legal_status: str
    placement: str
    provider: str
    host: int
    address: Address

    @property
    def place(self) -> str:
        """The kind of place, in the words in which agencies say where a child went missing from."""
        return _KINDS.get(self.placement, _KINDS.get(self.placement[0], "other"))


def looked_after_on(spells: Sequence[CareSpell], day: dt.date) -> CareSpell | None:
    """The spell that covers a day, the later one where two meet; None if not looked after."""
    for spell in reversed(spells):
        if spell.start <= day and (spell.end is None or day <= spell.end):
            return spell
    return None


class _Placements:
    """Finds placements; children's homes are few and shared, under one postcode each."""

    def __init__(
        self, children: int, country: Country, period: tuple[dt.date, dt.date], rates: Rates, draws: Draws
    ) -> None:
        self.country = country
        self.first, self.last = period
        self.rates = rates
        self.draws = draws
        councils = range(len(country.councils))
        each = max(2, children // len(councils) // _CHILDREN_PER_HOME)
        self.homes = [[draw_address(country, council, draws) for _ in range(each)] for council in councils]

    def care(self, child: Child) -> tuple[CareSpell, ...]:
        """All care spells of a looked-after child that touch the period, in order."""
        draws, council = self.draws, child.home.council
        start, end = self.whole(child)
        stays = [(council, start, end)]
        room = (min(end, self.last) - max(start, self.first)).days
        if draws.chance(self.rates.moves_council) and len(self.country.councils) > 1 and room > _SHORTEST:
            moved = min(end, self.last) - dt.timedelta(days=draws.between(1, room - 1))
            other = (council + draws.between(1, len(self.country.councils) - 1)) % len(self.country.councils)
            stays = [(council, start, moved), (other, moved + _DAY, end)]
        return tuple(spell for stay in stays for spell in self.stay(child, *stay))

    def whole(self, child: Child) -> tuple[dt.date, dt.date]:
        """First and last day in care; the last may lie after the period."""
        draws = self.draws
        of_age = eighteenth_birthday(child.born)
        soonest, latest = max(self.first, child.born), min(self.last, of_age) - dt.timedelta(days=_SHORTEST)
        enters, leaves = draws.chance(self.rates.enters_care), draws.chance(self.rates.leaves_care)
        if enters or child.born >= self.first:
            start = soonest + dt.timedelta(days=draws.below(max(1, (latest - soonest).days)))
        else:
            longest = 500 if child.uasc else _LONGEST_BEFORE
            back = min(longest, (self.first - child.born).days)
            start = self.first - dt.timedelta(days=int(back * draws.uniform() * draws.uniform()))
        left = max(start, self.first) + dt.timedelta(days=_SHORTEST)
        if leaves and left < latest:
            return start, left + dt.timedelta(days=draws.below((latest - left).days))
        return start, of_age

    def stay(self, child: Child, council: int, start: dt.date, end: dt.date) -> list[CareSpell]:
        """The placements of one stay with one council."""
        draws = self.draws
        legal = "V2" if child.uasc else draws.weighted(_LEGAL)
        soonest, latest = max(start, self.first), min(end, self.last)
        inner = (latest - soonest).days - 1
        wanted = draws.weighted(_CHANGES) if inner > 0 else 0
        changes = sorted({soonest + dt.timedelta(days=draws.between(1, inner)) for _ in range(wanted)})
        known_end = end if end <= self.last else None
        edges = [start, *changes, end]
        return [
            self.spell(child, council, legal, first, known_end if last == end else last)
            for first, last in pairwise(edges)
        ]

    def spell(self, child: Child, council: int, legal: str, start: dt.date, end: dt.date | None) -> CareSpell:
        """One placement."""
        draws, councils = self.draws, len(self.country.councils)
        out = draws.chance(self.rates.out_of_area) and councils > 1
        host = (council + draws.between(1, councils - 1)) % councils if out else council
        age = (max(start, self.first) - child.born).days // 365
        placement = draws.weighted(
            _UASC if child.uasc else _UNDER_10 if age < 10 else _UNDER_16 if age < 16 else _UNDER_18
        )
        if placement == "P1":
            return CareSpell(council, start, end, legal, "P1", "PR0", child.home.council, child.home)
        if placement == "K2":
            return CareSpell(council, start, end, legal, "K2", "PR4", host, draws.pick(self.homes[host]))
        address = draw_address(self.country, host, draws)
        return CareSpell(council, start, end, legal, placement, draws.weighted(_PROVIDERS), host, address)


def draw_care(
    children: Sequence[Child],
    country: Country,
    period: tuple[dt.date, dt.date],
    rates: Rates,
    draws: Draws,
) -> dict[str, tuple[CareSpell, ...]]:
    """Draw the care spells of every looked-after child, by entity; others have none."""
    placements = _Placements(len(children), country, period, rates, draws)
    return {c.entity: placements.care(c) if c.looked_after else () for c in children}
