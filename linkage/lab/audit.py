"""A privacy audit: every attack of the laboratory on one profile, over seeds, with control experiments.

    report = audit(shipped_profile("child-1"), seeds=(1, 2, 3), sizes=Sizes())

or, to run in several processes or to go on after an interruption, unit by unit:

    results = [run_unit(target, unit, sizes=sizes) for unit in units(target, seeds=seeds, sizes=sizes)]
    report = assemble(target, results, seeds=seeds, sizes=sizes)

Everything attacked is encoded under keys made from the seeds: throw-away keys, that open nothing.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from linkage.audited.described import DESCRIBED
from linkage.audited.measures import MEASURES, Measure, light_of
from linkage.audited.report import AttackName, AuditReport, Finding, Side, Sizes
from linkage.audited.setting import (
    GENERAL,
    ONE_VIEW,
    OWN_LIST,
    SETTINGS,
    WITHOUT_ROWS,
    left_out_words,
    setting_words,
)
from linkage.encode.identifiers import Identifiers
from linkage.encode.legacy.profile import LegacyProfile
from linkage.errors import InputError
from linkage.lab.attacks.targets import LegacyTarget, Target, target_of
from linkage.lab.audit_controls import control_units, controls_from, run_control
from linkage.lab.audit_intervals import interval
from linkage.lab.audit_results import Unit, UnitResult, Value
from linkage.lab.audit_units import units_of, values_of
from linkage.profile import EncodingProfile

__all__ = ["LEAST_PEOPLE", "Progress", "assemble", "audit", "run_unit", "units"]

Progress = Callable[[int, int, Unit], None]
"""Told how many units are done, of how many, and which was the last."""

Attacked = EncodingProfile | LegacyProfile | Target
LEAST_PEOPLE = 40
"""Of one's own: with fewer an attack's figures say nothing."""


def audit(
    profile: Attacked,
    *,
    seeds: Sequence[int],
    sizes: Sizes,
    people: Sequence[Identifiers] | None = None,
    progress: Progress | None = None,
) -> AuditReport:
    """Attack a profile in every way and report; ``people``: to attack in place of made-up ones.

    Raises :class:`InputError` for too few people, no seed, or a legacy schema that cannot be read as
    people's values.
    """
    work = units(profile, seeds=seeds, sizes=sizes, people=people)
    results = []
    for done, unit in enumerate(work, start=1):
        results.append(run_unit(profile, unit, sizes=sizes, people=people))
        if progress:
            progress(done, len(work), unit)
    return assemble(profile, results, seeds=seeds, sizes=sizes, people=people)


def units(
    profile: Attacked,
    *,
    seeds: Sequence[int],
    sizes: Sizes,
    people: Sequence[Identifiers] | None = None,
) -> tuple[Unit, ...]:
    """Return everything that an audit runs, the control experiments first; raises as :func:`audit`."""
    target_of(profile)
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError("an audit needs seeds, no two of them alike")
    if people is not None and len(people) < LEAST_PEOPLE:
        raise InputError(
            f"an audit of {len(people)} people says nothing", hint=f"give {LEAST_PEOPLE} people or more"
        )
    return (*control_units(), *units_of(sizes, seeds, people))


def run_unit(
    profile: Attacked, unit: Unit, *, sizes: Sizes, people: Sequence[Identifiers] | None = None
) -> UnitResult:
    """Run one unit; the same arguments give the same result in every process."""
    target = target_of(profile)
    if unit.control:
        return UnitResult(unit=unit, values=run_control(target, unit, sizes))
    return UnitResult(unit=unit, values=values_of(target, unit, sizes, people))


def assemble(
    profile: Attacked,
    results: Iterable[UnitResult],
    *,
    seeds: Sequence[int],
    sizes: Sizes,
    people: Sequence[Identifiers] | None = None,
    taken_up: Mapping[AttackName, int] | None = None,
) -> AuditReport:
    """Make the report of all units' results; a control experiment that is missing breaks it.

    ``taken_up``: how many units of each attack an earlier run had finished.

    Raises :class:`InputError` if a unit that is no control experiment is missing.
    """
    target = target_of(profile)
    by_unit = {result.unit: result for result in results}
    wanted = units(profile, seeds=seeds, sizes=sizes, people=people)
    missing = [unit.name for unit in wanted if not unit.control and unit not in by_unit]
    if missing:
        raise InputError(f"an audit lacks {len(missing)} results, the first of {missing[0]}")
    controls = tuple(controls_from(by_unit))
    own = None if people is None else len(people)
    values = [value for unit in wanted if not unit.control for value in by_unit[unit].values]
    return AuditReport(
        profile=target.profile.name,
        digest=target.profile.digest,
        weak=target.weak,
        setting=setting_words(sizes, own),
        seeds=tuple(seeds),
        sizes=sizes,
        own_people=own,
        attacks=DESCRIBED,
        findings=tuple(_findings(values)),
        controls=controls,
        left_out=left_out_words(sizes, own, tuple(_others(target, people))),
        broken=not all(control.reached for control in controls),
        taken_up=dict(taken_up or {}),
    )


def _others(target: Target, people: Sequence[Identifiers] | None) -> Iterator[str]:
    """Say what could not be run of this target and these people, however many."""
    if len(target.views) == 1:
        yield ONE_VIEW
    if isinstance(target, LegacyTarget):
        yield WITHOUT_ROWS
    if people is not None:
        yield OWN_LIST
    elif target.general:
        yield GENERAL


def _findings(values: Iterable[Value]) -> Iterator[Finding]:
    """Yield findings in the order of the measures, within one the strongest method first."""
    grouped: dict[tuple[str, Side], dict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
    for value in values:
        grouped[value.measure, value.side][value.method].append(value)
    for measure in MEASURES.values():
        for (name, side), methods in grouped.items():
            if name == measure.name:
                yield from _of_methods(measure, side, methods)


def _of_methods(measure: Measure, side: Side, methods: dict[str, list[Value]]) -> Iterator[Finding]:
    found = [(method, *_over_seeds(values)) for method, values in methods.items()]
    sign = 1.0 if measure.more_is_better else -1.0
    found.sort(key=lambda one: math.inf if one[2] is None else sign * one[2][0])
    for place, (method, some, spread) in enumerate(found):
        value, low, high = spread or (None, None, None)
        lit = place == 0 and side == "none"
        chances = [one.chance for one in some if one.chance is not None]
        yield Finding(
            attack=measure.attack,
            measure=measure.name,
            words=measure.words,
            value=value,
            low=low,
            high=high,
            seeds=len(some),
            light=light_of(measure, value) if lit else None,
            percent=measure.percent,
            setting=SETTINGS[side],
            method=method,
            side=side,
            strongest=place == 0,
            chance=sum(chances) / len(chances) if chances else None,
            green=measure.limits[0] if measure.limits else None,
            red=measure.limits[1] if measure.limits else None,
            more_is_better=measure.more_is_better,
        )


def _over_seeds(values: Sequence[Value]) -> tuple[list[Value], tuple[float, float, float] | None]:
    """Return the values that could be told, with mean and interval, or nothing where none could."""
    told = [one for one in values if one.value is not None]
    return told, interval(told) if told else None
