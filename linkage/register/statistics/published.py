"""What stands beside released tables: period, areas, coverage, quality of the links, and figures derived.

Everything here is made from released cells, or from what is about agencies and not about children.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from linkage.register.areas import AreaDirectory
from linkage.register.counts import Dimension, Key
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.periods import Period

__all__ = [
    "LEAST_BASE",
    "Beside",
    "LinkQuality",
    "LinkedShares",
    "TableGroup",
    "group_tables",
    "mean_per_child",
    "median_hours",
    "percent_of",
]

LEAST_BASE = 30
"""No mean and no median of fewer children or incidents, as released, is printed: symbol ``u``."""

_BAND_EDGES: Mapping[str, tuple[int, int]] = {
    "up-to-24h": (0, 24),
    "24h-48h": (24, 48),
    "48h-72h": (48, 72),
    "72h-120h": (72, 120),
    "120h-168h": (120, 168),
}
_LAST_BAND = "over-168h"


class LinkQuality(NamedTuple):
    """What the linkage says of its links; shares are of one, None where it could not tell."""

    records: int
    links: int
    possible: int
    precision: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What writers need beside the tables.

    ``rounding``: to what disclosure control rounds counts; ``draft``: nobody approved them.
    """

    period: Period
    directory: AreaDirectory
    coverage: AreaMonths
    quality: LinkQuality
    cycle: int
    rounding: int = 10
    draft: bool = False


@dataclass(frozen=True, slots=True)
class TableGroup:
    """The released tables of one number: one for each measure, with the same dimensions."""

    number: str
    title: str
    dimensions: tuple[Dimension, ...]
    measures: Mapping[str, ReleasedTable]

    @property
    def keys(self) -> list[Key]:
        """Return the cells' keys in the order of printing."""
        first = next(iter(self.measures.values()))
        places = [{code: place for place, code in enumerate(one.codes)} for one in self.dimensions]
        return sorted(
            first.cells, key=lambda key: tuple(place[code] for place, code in zip(places, key, strict=True))
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes of all measures, each once."""
        return tuple(dict.fromkeys(note for one in self.measures.values() for note in one.notes))

    @property
    def divided_by(self) -> tuple[Dimension, ...]:
        """Return its dimensions but time."""
        return tuple(one for one in self.dimensions if one.name != "time")

    def whole(self, key: Key) -> Key:
        """Return the cell that a percentage is of: the same time, the same area or group, all of the rest."""
        first = self.divided_by[0].name
        return tuple(
            code if dimension.name in {"time", first} else dimension.total
            for dimension, code in zip(self.dimensions, key, strict=True)
        )

    def group(self, key: Key) -> Key:
        """Return the cell of what the key's last code is directly part of."""
        last = self.dimensions[-1]
        return (*key[:-1], last.parents.get(key[-1], key[-1]))

    @property
    def has_groups(self) -> bool:
        """Tell whether codes of the last dimension, which is no place and no time, are parts of parts."""
        last = self.dimensions[-1]
        plain = last.name in {"area", "host_area", "force", "time"}
        return not plain and any(parent != last.total for parent in last.parents.values())

    @property
    def has_percentages(self) -> bool:
        """Tell whether anything but its first dimension and time divides the table."""
        return len(self.divided_by) > 1


def group_tables(tables: Iterable[ReleasedTable]) -> list[TableGroup]:
    """Put the measures of each number together, in the order of the numbers' first tables."""
    groups: dict[str, list[ReleasedTable]] = {}
    for table in tables:
        groups.setdefault(table.number, []).append(table)
    return [
        TableGroup(number, found[0].title, found[0].dimensions, {one.measure: one for one in found})
        for number, found in groups.items()
    ]


class LinkedShares:
    """Of each group's children, the share that councils and police both hold: T16, as released."""

    _GROUPS = ("ethnicity", "sex", "age_band", "area")

    def __init__(self, groups: Iterable[TableGroup]) -> None:
        self._shares: dict[tuple[str, str], str] = {}
        self._all = "x"
        for group in groups:
            if not group.number.startswith("T16"):
                continue
            time, first, held_by = group.dimensions
            cells = group.measures["children"].cells
            for code in first.codes:
                whole = cells.get((time.total, code, held_by.total))
                if whole is not None:
                    share = percent_of(cells[time.total, code, "both"], whole)
                    self._shares[first.name, code] = share
            self._all = self._shares.get((first.name, first.total), self._all)

    def of(self, codes: Mapping[str, str], totals: Mapping[str, str]) -> str:
        """Return the share of a row's group, the narrowest that is known of it; ``x`` without T16."""
        for name in self._GROUPS:
            if name in codes and codes[name] != totals[name] and (name, codes[name]) in self._shares:
                return self._shares[name, codes[name]]
        return self._all


def percent_of(part: ReleasedCell, whole: ReleasedCell) -> str:
    """Return a whole percentage of two released cells, or the symbol that stands for it.

    ``k``: more than nothing and under half a per cent; ``z``: a share of nothing.
    """
    if part.value is None:
        return part.text
    if whole.value is None:
        return whole.text
    if whole.value == 0:
        return "z"
    share = 100 * part.value / whole.value
    return "k" if 0 < share < 0.5 else f"{min(100, int(share + 0.5))}"


def mean_per_child(incidents: ReleasedCell, children: ReleasedCell) -> str:
    """Return incidents for each child to one decimal place, from released cells, or a symbol."""
    if children.value is None:
        return children.text
    if incidents.value is None:
        return incidents.text
    if children.value < LEAST_BASE:
        return "z" if children.value == 0 else "u"
    return f"{max(incidents.value, children.value) / children.value:.1f}"


def median_hours(bands: Mapping[str, ReleasedCell]) -> str:
    """Return the median of hours from released bands, to the nearest of 6 hours, or a symbol.

    Within a band, interviews are taken to be spread evenly; ``over-168`` if the median lies in the last one.
    """
    counts: list[int] = []
    for code in (*_BAND_EDGES, _LAST_BAND):
        cell = bands[code]
        if cell.value is None:
            return cell.text
        counts.append(cell.value)
    base = sum(counts)
    if base < LEAST_BASE:
        return "z" if base == 0 else "u"
    return _placed(counts, base / 2)


def _placed(counts: Sequence[int], half: float) -> str:
    below = 0
    for count, (low, high) in zip(counts, _BAND_EDGES.values(), strict=False):
        if count and below + count >= half:
            hours = low + (high - low) * (half - below) / count
            return f"{6 * round(hours / 6)}"
        below += count
    return "over-168"
