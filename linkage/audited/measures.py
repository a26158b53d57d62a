"""What an audit measures, in words, and from where to where each measure is green.

Limits that TARGETS has stand in :data:`linkage.measured.METRICS`; the others are argued for in
docs/decisions/0036-attacks.md.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linkage.audited.report import AttackName
from linkage.measured import DENSE_WORDS, METRICS, Light, Metric, light

__all__ = ["KNOWN", "LANDMARKS", "MEASURES", "METHODS", "RHYTHMS", "Measure", "light_of"]

KNOWN: Final = (20, 100, 500, 1500)
"""Known pairs."""

LANDMARKS: Final = (100, 500)
"""Chosen landmarks, and known pairs of whoever asks who is a member."""

RHYTHMS: Final[Mapping[str, str]] = {
    "daily": "daily batches",
    "weekly": "weekly batches",
    "monthly": "monthly batches",
}

METHODS: Final[Mapping[AttackName, tuple[str, ...]]] = {
    "dictionary": ("look-up", "nearest"),
    "known-pairs": ("kriging", "ridge", "polynomial"),
    "landmarks": ("bits", "likeness"),
    "graph": ("Frank-Wolfe",),
    "columns": ("",),
    "cross-view": ("agreement", "weights"),
    "cross-variant": ("discriminant",),
    "membership": ("look-up", "likelihood", "margin"),
    "payload": ("",),
    "timing": ("",),
}
"""By which methods each attack is made; measures that are only counted have none."""


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


def light_of(measure: Measure, value: float | None) -> Light | None:
    """Return the light of a value, or None for a measure that has none, or a value that cannot be told."""
    if value is None or not math.isfinite(value):
        return None
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
    *(_metric(f"known-pairs-{count}", "known-pairs") for count in KNOWN[:3]),
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
        for count in LANDMARKS
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
        for count in LANDMARKS
    ),
    Measure("payload-alone", "payload", "named by the clear fields alone, without any encoding"),
    Measure("payload-below-2", "payload", "whose clear fields nobody else has"),
    *(
        Measure(f"payload-below-{size}", "payload", f"alike in clear fields with fewer than {size}")
        for size in (5, 10, 20)
    ),
    Measure("payload-dates-alone", "payload", "named by clear fields and all dates of spells and episodes"),
    Measure("payload-dates-unique", "payload", "whose clear fields and dates nobody else has"),
    *(
        Measure(f"{name}-{rhythm}", "timing", f"{batches} of small agencies: {words}")
        for name, words in (
            ("timing-alone", "appeals named by the batch that the episode came with, at a guess"),
            ("timing-single", "appeals whose child is the only new one in its batch"),
            ("timing-below-10", "appeals with fewer than ten new children in the batch"),
            ("sizes-children", "batches whose number of children their length tells to a tenth"),
            ("sizes-episodes", "batches whose number of episodes their length tells to a tenth"),
        )
        for rhythm, batches in RHYTHMS.items()
    ),
)
MEASURES: Final[Mapping[str, Measure]] = {measure.name: measure for measure in _ALL}
