"""What an audit measures, in words, and from where to where each measure is green.

Limits that TARGETS has stand in :data:`linkage.measured.METRICS`; the others are argued for in
docs/decisions/0036-attacks.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linkage.lab.audit_report import AttackName, Described
from linkage.measured import METRICS, Light, Metric, light

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


def _metric(name: str, attack: AttackName) -> Measure:
    metric = _METRICS[name]
    return Measure(
        name, attack, metric.words, metric.percent, metric.more_is_better, (metric.green, metric.red)
    )


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
    _metric("graph-dense-class", "graph"),
    _metric("bit-frequency-sd", "columns"),
    _metric("popcount-correlation", "columns"),
    _metric("unique-encodings", "columns"),
)
MEASURES: Final[Mapping[str, Measure]] = {measure.name: measure for measure in _ALL}

DESCRIBED: Final = (
    Described(
        attack="dictionary",
        title="Dictionary",
        does="Encodes a list of people under a key, and looks every encoding up.",
        knows="a list of the people, the profile, and a key: the right one, or a wrong one",
        papers=(
            (
                "Niedermeyer, Steinmetzer, Kroll, Schnell: Cryptanalysis of basic Bloom filters used for privacy "
                "preserving record linkage. Journal of Privacy and Confidentiality 6 (2014)"
            ),
        ),
    ),
    Described(
        attack="known-pairs",
        title="Known pairs",
        does="Learns from people whose encodings are known what all others' must look like.",
        knows="a list of the people with every attribute, the profile, and some people's encodings; no key",
        papers=(
            "Rasmussen, Williams: Gaussian Processes for Machine Learning. MIT Press (2006), section 2.2",
            "Hoerl, Kennard: Ridge regression. Technometrics 12 (1970)",
            "Saunders, Gammerman, Vovk: Ridge regression learning algorithm in dual variables. ICML (1998)",
        ),
    ),
    Described(
        attack="graph",
        title="Graph matching",
        does="Lines up how alike listed people are with how alike encodings are, without any known pair.",
        knows="a list of people of whom all or some are encoded, and the profile; no pair, no key",
        papers=(
            (
                "Vidanage, Christen, Ranbaduge, Schnell: A graph matching attack on privacy-preserving record "
                "linkage. CIKM (2020)"
            ),
            "Vogelstein et al.: Fast approximate quadratic programming for graph matching. PLoS ONE (2015)",
            (
                "Heng, Armknecht, Chen, Schnell: On the effectiveness of graph matching attacks against "
                "privacy-preserving record linkage. PLoS ONE 17 (2022)"
            ),
        ),
    ),
    Described(
        attack="columns",
        title="Columns and weights",
        does="Measures what bits give away by how often they are set, alone and together.",
        knows="the encodings only",
        papers=(
            (
                "Kuzu, Kantarcioglu, Durham, Malin: A constraint satisfaction cryptanalysis of Bloom filters in "
                "private record linkage. PETS (2011)"
            ),
        ),
    ),
)
