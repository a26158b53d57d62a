"""Councils and police forces of a country that does not exist, their areas, and what they submit."""

import datetime as dt
from dataclasses import dataclass

from linkage.errors import InputError
from linkage.lab.draws import Draws
from linkage.lab.rates import Rates

__all__ = ["MOST_COUNCILS", "Agency", "Country", "make_country", "months_between"]

MOST_COUNCILS = 190

_FIRST = (
    "Eastmere", "Wexholme", "Northolme", "Calderwick Fell", "Ambermere", "Stonewold", "Harrowmere", "Linfell",
    "Marshwold", "Ottermere", "Penfell", "Quarrywold",
)  # fmt: skip
_HEADS = (
    "Alder", "Barrow", "Cinder", "Dunmere", "Elver", "Fallow", "Gorse", "Heron", "Ivel", "Juniper", "Kestrel",
    "Lapwing", "Moorhen", "Nether", "Osprey", "Plover", "Rook", "Sedge", "Tansy", "Upper",
)  # fmt: skip
_TAILS = ("fell", "mere", "wold", "holme", "garth", "strand", "carr", "haven", "isle", "march")

# Letters that start no postcode of the United Kingdom, in positions that validators allow.
_POSTCODE_AREAS = (
    "EB", "AE", "AF", "AG", "AH", "AW", "CC", "CE", "CG", "CN", "EA", "ED", "EE", "EG", "FA", "FB",
    "FC", "JA", "JB", "JC", "NA", "NB", "NC", "ND", "OA", "OB", "OC", "PB", "PC", "RA", "RB", "RC",
    "TB", "TC", "UA", "UC", "WB", "YA",
)  # fmt: skip
_DISTRICTS = 12


@dataclass(frozen=True, slots=True)
class Agency:
    """A data custodian: a council or a police force, and the councils whose areas it covers."""

    code: str
    name: str
    role: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """All agencies, and which (area, month) each of them did submit."""

    councils: tuple[Agency, ...]
    forces: tuple[Agency, ...]
    months: tuple[str, ...]
    not_submitted: frozenset[tuple[str, str, str]]
    """(agency code, area, month)"""
    everything_missing: frozenset[str]
    """Councils that record every absence as type M."""
    in_capitals: frozenset[str]
    """Forces that write surnames in capitals."""

    def force_of(self, area: str) -> Agency:
        """The police force that covers a council's area."""
        return next(force for force in self.forces if area in force.areas)

    def submits(self, agency: Agency, area: str, month: str) -> bool:
        """Whether an agency submitted what began in an area in a month."""
        return (
            area in agency.areas
            and month in self.months
            and (agency.code, area, month) not in self.not_submitted
        )

    def coverage(self, agency: Agency) -> tuple[tuple[str, str], ...]:
        """Every (area, month) that an agency submitted, in order."""
        return tuple((a, m) for a in agency.areas for m in self.months if self.submits(agency, a, m))

    def district(self, council: int, draws: Draws) -> str:
        """An outward postcode in a council's area."""
        area = _POSTCODE_AREAS[council % len(_POSTCODE_AREAS)]
        first = _DISTRICTS * (council // len(_POSTCODE_AREAS)) + 1
        return f"{area}{draws.between(first, first + _DISTRICTS - 1)}"


def months_between(first: dt.date, last: dt.date) -> tuple[str, ...]:
    """The calendar months that a period touches, written ``YYYY-MM``."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    start = first.year * 12 + first.month - 1
    return tuple(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(start, start + count))


def make_country(
    councils: int, forces: int, period: tuple[dt.date, dt.date], rates: Rates, draws: Draws
) -> Country:
    """Found the agencies and decide what they leave out.

    Raises :class:`InputError` if there are too few or too many of them.
    """
    if not 1 <= councils <= MOST_COUNCILS:
        raise InputError("simulator: wrong number of councils", hint=f"give 1 to {MOST_COUNCILS}")
    if not 1 <= forces <= councils:
        raise InputError("simulator: wrong number of police forces", hint="give 1 to the number of councils")
    founded = tuple(_council(number) for number in range(councils))
    police = tuple(_force(number, forces, founded) for number in range(forces))
    months = months_between(*period)
    mislabelling = draws.shuffled(founded)[: int(councils * rates.everything_missing + 1e-9)]
    shouting = [force for force in police if draws.chance(rates.surnames_in_capitals)]
    return Country(
        councils=founded,
        forces=police,
        months=months,
        not_submitted=_gaps((*founded, *police), months, rates.months_not_submitted, draws),
        everything_missing=frozenset(council.code for council in mislabelling),
        in_capitals=frozenset(force.code for force in shouting),
    )


def _council(number: int) -> Agency:
    names = (*_FIRST, *(head + tail for tail in _TAILS for head in _HEADS))
    code = f"E0600{9001 + number}"
    return Agency(code, names[number], "council", (code,))


def _force(number: int, forces: int, councils: tuple[Agency, ...]) -> Agency:
    first, last = (len(councils) * n // forces for n in (number, number + 1))
    areas = tuple(council.code for council in councils[first:last])
    return Agency(f"E2300{9001 + number}", f"{councils[first].name} Police", "police", areas)


def _gaps(
    agencies: tuple[Agency, ...], months: tuple[str, ...], rate: float, draws: Draws
) -> frozenset[tuple[str, str, str]]:
    """Months not submitted: never two running, and at least one a side if there are any at all."""
    gaps: list[tuple[str, str, str]] = []
    for agency in agencies:
        for area in agency.areas:
            open_months = [month for month in months if draws.chance(rate)]
            gaps += [(agency.code, area, month) for month in _apart(open_months, months)]
    for role in ("council", "police"):
        side = [agency for agency in agencies if agency.role == role]
        codes = {agency.code for agency in side}
        if rate > 0 and not any(code in codes for code, _, _ in gaps):
            agency = draws.pick(side)
            gaps.append((agency.code, draws.pick(agency.areas), draws.pick(months)))
    return frozenset(gaps)


def _apart(chosen: list[str], months: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    for month in chosen:
        if not kept or months.index(month) - months.index(kept[-1]) > 1:
            kept.append(month)
    return kept
