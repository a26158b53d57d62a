"""What an audit measures, in words, and from where to where each measure is green.

Limits that TARGETS has stand in :data:`linkage.measured.METRICS`; the others are argued for in
docs/decisions/0036-attacks.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linkage.lab.audit_described import DESCRIBED
from linkage.lab.audit_report import AttackName
from linkage.measured import DENSE_WORDS, METRICS, Light, Metric, light

__all__ = ["DESCRIBED", "MEASURES", "Measure", "light_of"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of one attack; ``limits``: where it has a light."""

    name: str
    attack: AttackName
    words: str
    percent: bool = True
    more_is_better: bool = False
    limits: tuple[float, float] | None = None


_METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in METRICS}


def light_of(measure: Measure, value: float) -> Light | None:
    """Return the light of a value, or None for a measure that has none."""
    if measure.name in _METRICS:
        return light(_METRICS[measure.name], value)
    if measure.limits is None:
        return None
    green, red = measure.limits
    sign = -1.0 if measure.more_is_better else 1.0
    if sign * (value - green) <= 0:
        return "green"
    return "red" if sign * (value - red) > 0 else "amber"


def _metric(name: str, attack: AttackName, words: str = "") -> Measure:
    metric = _METRICS[name]
    limits = metric.green, metric.red
    return Measure(name, attack, words or metric.words, metric.percent, metric.more_is_better, limits)


_TOLD: Final = (0.55, 0.70)
"""Of two, how often the right one is said; half is a toss."""


def _area(name: str, attack: AttackName, words: str, limits: tuple[float, float] | None) -> Measure:
    return Measure(name, attack, f"{words} (area under the curve)", percent=False, limits=limits)


_ALL: Final = (
    Measure("dictionary-right-key", "dictionary", "named by whoever holds the key and the encodings"),
    Measure(
        "dictionary-wrong-key",
        "dictionary",
        "named by the nearest encoding under another key",
        limits=(0.01, 0.05),
    ),
    *(_metric(f"known-pairs-{count}", "known-pairs") for count in (20, 100, 500)),
    Measure("known-pairs-1500", "known-pairs", "other records re-identified from 1,500 known pairs"),
    _metric("most-confident-100", "known-pairs"),
    *(
        Measure(
            f"most-confident-{count}",
            "known-pairs",
            f"right among the attacker's surest 5 % of guesses, {count:,} known pairs",
        )
        for count in (20, 500, 1500)
    ),
    _metric("graph-whole-overlap", "graph"),
    _metric("graph-partial-overlap", "graph"),
    _metric("graph-dense-class", "graph", DENSE_WORDS),
    _metric("bit-frequency-sd", "columns"),
    _metric("popcount-correlation", "columns"),
    _metric("unique-encodings", "columns"),
    Measure(
        "column-entropy",
        "columns",
        "entropy of a column, in bits; 1 is a column as often set as not",
        percent=False,
        more_is_better=True,
        limits=(0.9, 0.7),
    ),
    Measure(
        "columns-together",
        "columns",
        "correlation of two columns beyond chance, root of the mean square",
        percent=False,
        limits=(0.015, 0.03),
    ),
    Measure(
        "landmarks-100", "landmarks", "others re-identified from 100 chosen landmarks", limits=(0.02, 0.10)
    ),
    Measure(
        "landmarks-500", "landmarks", "others re-identified from 500 chosen landmarks", limits=(0.10, 0.50)
    ),
    *(
        Measure(
            f"landmarks-confident-{count}",
            "landmarks",
            f"right among the surest 5 % of guesses, {count:,} chosen landmarks",
        )
        for count in (100, 500)
    ),
    _area("cross-view", "cross-view", "two views of one child told from views of two children", _TOLD),
    _area("cross-variant", "cross-variant", "children with another name told from those without", None),
    _area("membership-right-key", "membership", "members told from others by whoever has the key", None),
    _area("membership-100", "membership", "members told from others, 100 known pairs, no key", _TOLD),
    _area("membership-500", "membership", "members told from others, 500 known pairs, no key", None),
    *(
        Measure(
            f"membership-sure-{count}",
            "membership",
            f"members found at one false alarm in a hundred, {count:,} known pairs",
            limits=(0.02, 0.10) if count == 100 else None,
        )
        for count in (100, 500)
    ),
    Measure("payload-alone", "payload", "named by the clear fields alone, without any encoding"),
    Measure("payload-below-2", "payload", "whose clear fields nobody else has"),
    *(
        Measure(f"payload-below-{size}", "payload", f"alike in clear fields with fewer than {size}")
        for size in (5, 10, 20)
    ),
    Measure("payload-dates-alone", "payload", "named by clear fields and all dates of spells and episodes"),
    Measure("payload-dates-unique", "payload", "whose clear fields and dates nobody else has"),
    Measure("timing-alone", "timing", "appeals named by the batch that the episode came with, at a guess"),
    Measure("timing-single", "timing", "appeals whose child is the only new one in its batch"),
    Measure("timing-below-10", "timing", "appeals with fewer than ten new children in the batch"),
    Measure("sizes-children", "timing", "batches whose number of children their length tells to a tenth"),
    Measure("sizes-episodes", "timing", "batches whose number of episodes their length tells to a tenth"),
)
MEASURES: Final[Mapping[str, Measure]] = {measure.name: measure for measure in _ALL}
