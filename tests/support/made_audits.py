"""Results of audits that were never run, and that contradict themselves nowhere."""

from collections.abc import Iterator, Mapping

from linkage.audited.described import DESCRIBED
from linkage.audited.expected import EXPECTED
from linkage.audited.measures import MEASURES, METHODS, light_of
from linkage.audited.report import AuditReport, Finding, Side, Sizes
from linkage.audited.setting import (
    SETTINGS,
    attacked,
    left_out_words,
    measured_sides,
    setting_words,
)
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile

SEEDS = (1, 2, 3, 4, 5)


def made_audit(
    profile: EncodingProfile | None = None,
    *,
    values: Mapping[str, float | None] | None = None,
    controls: Mapping[str, float] | None = None,
    sizes: Sizes | None = None,
    seeds: tuple[int, ...] = SEEDS,
) -> AuditReport:
    """Make a result: all green, but where ``values`` of measures or ``controls`` say otherwise."""
    attacked_profile, sizes = profile or shipped_profile("child-1"), sizes or Sizes()
    left_out = left_out_words(sizes, None, ())
    told = tuple(
        expected.of((controls or {}).get(name, 0.0 if expected.at_most else 1.0))
        for name, expected in EXPECTED.items()
    )
    found = [
        finding
        for name, sides in measured_sides(attacked(sizes, None), left_out).items()
        for side in sides
        for finding in _findings(name, side, values or {}, len(seeds))
    ]
    return AuditReport(
        profile=attacked_profile.name,
        digest=attacked_profile.digest,
        weak=attacked_profile.weak,
        setting=setting_words(sizes, None),
        seeds=seeds,
        sizes=sizes,
        own_people=None,
        attacks=DESCRIBED,
        findings=tuple(found),
        controls=told,
        left_out=left_out,
        broken=not all(control.reached for control in told),
    )


def _findings(name: str, side: Side, values: Mapping[str, float | None], seeds: int) -> Iterator[Finding]:
    measure = MEASURES[name]
    green, red = measure.limits or (None, None)
    usual = 1.0 if measure.more_is_better else 0.0075
    for place, method in enumerate(
        METHODS[measure.attack][:2] if name != "membership-right-key" else ("look-up",)
    ):
        value = values.get(name, usual)
        spread = () if value is None else (value, max(0.0, value - 0.001), min(1.0, value + 0.001))
        yield Finding(
            attack=measure.attack,
            measure=name,
            words=measure.words,
            value=spread[0] if spread else None,
            low=spread[1] if spread else None,
            high=spread[2] if spread else None,
            seeds=seeds if spread else 0,
            light=light_of(measure, value) if place == 0 and side == "none" else None,
            percent=measure.percent,
            setting=SETTINGS[side],
            method=method,
            side=side,
            strongest=place == 0,
            green=green,
            red=red,
            more_is_better=measure.more_is_better,
        )
