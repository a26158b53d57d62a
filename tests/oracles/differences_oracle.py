"""Chances of groups by every way in which labels could have been dealt: slow, and obviously right."""

import math
from collections.abc import Sequence
from itertools import combinations

__all__ = ["exact_chances"]


def exact_chances(failing: int, groups: Sequence[Sequence[bool]], *, slack: float) -> list[float]:
    """Return for each group of a kind how often, by lot, some group of the kind stands out as much.

    Units count alike; the first ``failing`` of them failed.  ``groups``: which units are in each.
    ``slack``: what stands out less by so much counts as well.
    """
    units = range(len(groups[0]))
    counts = [[sum(group[one] for one in some) for group in groups] for some in combinations(units, failing)]
    steady = [[math.sqrt(count + 0.375) for count in row] for row in counts]
    middle = [sum(column) / len(steady) for column in zip(*steady, strict=True)]
    spread = [
        math.sqrt(sum((one - at) ** 2 for one in column) / len(steady))
        for column, at in zip(zip(*steady, strict=True), middle, strict=True)
    ]

    def striking(row: Sequence[float]) -> list[float]:
        return [
            abs(one - at) / wide if wide else 0.0 for one, at, wide in zip(row, middle, spread, strict=True)
        ]

    own = striking(steady[0])  # combinations come in order: the first is the first units
    most = [max(striking(row)) for row in steady]
    return [sum(one >= each - slack for one in most) / len(most) for each in own]
