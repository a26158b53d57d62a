"""How much an attacker without the key learns: the audit's attacks on one population under one key."""

from typing import Final

from linkage.lab.attacks.targets import target_of
from linkage.lab.audit import run_unit, units
from linkage.lab.audit_report import Sizes, Unit
from linkage.lab.crowds import children, persons
from linkage.measured import METRICS
from linkage.profile import EncodingProfile

__all__ = ["privacy"]

_LIT: Final = frozenset(metric.name for metric in METRICS)


def privacy(profile: EncodingProfile, seed: int, sizes: Sizes) -> dict[str, float]:
    """Return what each method reached, by ``measure/method``, for the measures that a profile's lights have.

    The people are the attacker's own list, so that nothing stands in clear beside their encodings.
    """
    draw = persons if target_of(profile).general else children
    people = draw(sizes.people, 50 + seed).people
    found = {}
    for unit in units(profile, seeds=(seed,), sizes=sizes, people=people):
        if _is_lit(unit):
            for value in run_unit(profile, unit, sizes=sizes, people=people).values:
                found[f"{value.measure}/{value.method}"] = value.value
    return found


def _is_lit(unit: Unit) -> bool:
    return not unit.control and (unit.attack == "columns" or f"{unit.attack}-{unit.part}" in _LIT)
