"""Which region, nation and police force a council's area belongs to, as the operator states it.

The register knows councils by their codes only.  A directory is a CSV file with a row for each council and
the columns of :data:`COLUMNS`, in any order; codes are those that agencies were enrolled under.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from linkage.errors import InputError

__all__ = ["COLUMNS", "Area", "AreaDirectory", "read_areas"]

COLUMNS = (
    "area_code",
    "area_name",
    "region_code",
    "region_name",
    "country_code",
    "country_name",
    "force_code",
    "force_name",
)

_CODE = re.compile(r"[A-Z0-9]{2,12}")
_LONGEST_NAME = 80
_MOST_AREAS = 5000


class Area(NamedTuple):
    """One council's area; the fields are the columns of a directory."""

    area_code: str
    area_name: str
    region_code: str
    region_name: str
    country_code: str
    country_name: str
    force_code: str
    force_name: str


class AreaDirectory:
    """Every council's area, by code.

    Raises :class:`InputError` if two areas have one code, if a code has two names or places, or if one code
    is used for things of two kinds.
    """

    def __init__(self, areas: Iterable[Area] = ()) -> None:
        listed = sorted(areas)
        self.areas: Mapping[str, Area] = {area.area_code: area for area in listed}
        if len(self.areas) != len(listed):
            raise InputError("area directory: an area is listed twice", hint="give each council one row")
        self.names: dict[str, str] = {}
        self.region_of: dict[str, str] = {}
        self.country_of: dict[str, str] = {}
        kinds: dict[str, str] = {}
        for area in listed:
            for kind in ("area", "region", "country", "force"):
                code, name = getattr(area, f"{kind}_code"), getattr(area, f"{kind}_name")
                _same(kinds, code, kind, "is used for things of two kinds")
                _same(self.names, code, name, "has two names")
            _same(self.region_of, area.area_code, area.region_code, "lies in two regions")
            _same(self.country_of, area.region_code, area.country_code, "lies in two countries")

    def force_of(self, area: str | None) -> str | None:
        """Return the code of the force that covers a council's area, or None if that is not known."""
        found = self.areas.get(area or "")
        return None if found is None else found.force_code

    def countries(self) -> list[str]:
        """Return the codes of the countries, in order."""
        return sorted(set(self.country_of.values()))

    def regions(self, country: str) -> list[str]:
        """Return the codes of a country's regions, in order."""
        return sorted(region for region, one in self.country_of.items() if one == country)

    def councils(self, region: str) -> list[str]:
        """Return the codes of a region's councils, in order."""
        return [code for code, one in self.region_of.items() if one == region]

    def forces(self) -> list[str]:
        """Return the codes of the police forces, in order."""
        return sorted({area.force_code for area in self.areas.values()})

    def within(self, code: str) -> frozenset[str]:
        """Return the councils of a council, region, country or force; none for a code that is not listed."""
        return frozenset(
            one.area_code
            for one in self.areas.values()
            if code in (one.area_code, one.region_code, one.country_code, one.force_code)
        )


def _same(found: dict[str, str], code: str, value: str, fault: str) -> None:
    if found.setdefault(code, value) != value:
        raise InputError(f"area directory: {code} {fault}", hint="a code stands for one thing everywhere")


def read_areas(text: str) -> AreaDirectory:
    """Read a directory's CSV.

    Raises :class:`InputError` that names the line, the column and the cure.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        raise InputError("area directory: not a CSV file", hint="save it as CSV, in UTF-8") from None
    if not rows or sorted(cell.strip() for cell in rows[0][1]) != sorted(COLUMNS):
        raise InputError("area directory: wrong header", hint=f"the columns are {', '.join(COLUMNS)}")
    if len(rows) - 1 > _MOST_AREAS:
        raise InputError(f"area directory: more than {_MOST_AREAS} areas")
    header = [cell.strip() for cell in rows[0][1]]
    return AreaDirectory(_area(line, header, row) for line, row in rows[1:])


def _area(line: int, header: list[str], row: list[str]) -> Area:
    if len(row) != len(header):
        raise InputError(f"area directory, line {line}: {len(row)} cells", hint=f"give {len(header)}")
    cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
    for column, cell in cells.items():
        if column.endswith("_code") and not _CODE.fullmatch(cell):
            raise InputError(
                f"area directory, line {line}, {column}: not a code",
                hint="2 to 12 capital letters and digits, as agencies are enrolled",
            )
        if column.endswith("_name") and not (cell.isprintable() and 0 < len(cell) <= _LONGEST_NAME):
            raise InputError(
                f"area directory, line {line}, {column}: blank, too long or not text",
                hint=f"give a name of up to {_LONGEST_NAME} characters",
            )
    return Area(**cells)
