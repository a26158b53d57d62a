"""Linkage quality by group: what the newest linkage says of itself, and what the newest release tells.

Two sources, because no worker may see both.  The linking worker tells agencies, kinds of agency and what
records lack apart; it sees no sex, age or ethnicity.  Of those only statistics speak, of whose records hold a
child, as they left disclosure control.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from linkage.register.counts import Key
from linkage.register.released import ReleasedCell, ReleasedTable

__all__ = ["GroupShare", "held_by_both", "wilson"]

_NORMAL = 1.959963984540054
"""Of a normal distribution 95 % lie within so many standard deviations."""

_WORDS = {"T16b": "sex", "T16c": "ethnicity", "T16d": "age"}


@dataclass(frozen=True, slots=True)
class GroupShare:
    """Of a group's children, the share that councils and police both hold, with its interval.

    ``children`` and ``share`` rest on rounded figures; None where disclosure control printed a symbol.
    """

    kind: str
    name: str
    children: int | None
    share: float | None
    low: float | None = None
    high: float | None = None


def held_by_both(tables: Sequence[ReleasedTable]) -> list[GroupShare]:
    """Return the shares of tables T16b to T16d of a release, as it prints them, over all its time."""
    return [
        share
        for one in tables
        if one.number in _WORDS and one.measure == "children"
        for share in _shares(_WORDS[one.number], one)
    ]


def _shares(kind: str, table: ReleasedTable) -> Iterator[GroupShare]:
    group, held = table.dimensions[-2], table.dimensions[-1]
    rest = tuple(one.total for one in table.dimensions[:-2])
    for code in group.codes:
        whole, both = (_cell(table.cells, (*rest, code, one)) for one in (held.total, "both"))
        if whole is None or both is None:
            continue
        name = "all" if code == group.total else group.labels.get(code, code)
        if whole.value is None or both.value is None or whole.value == 0:
            yield GroupShare(kind, name, whole.value, None)
            continue
        share = min(both.value / whole.value, 1.0)
        yield GroupShare(kind, name, whole.value, share, *wilson(share, whole.value))


def _cell(cells: Mapping[Key, ReleasedCell], key: Key) -> ReleasedCell | None:
    return cells.get(key)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the interval of Wilson that holds a share of so many 19 times in 20; of none it is all."""
    if count <= 0:
        return 0.0, 1.0
    square = _NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    half = _NORMAL / (1 + square) * sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)
