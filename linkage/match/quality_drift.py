"""Whether an agency's records still link as they used to.

A register keeps :class:`AgencyFigures` of every run.  A new run is compared with the earlier ones: a figure
has moved where chance in the numbers of records, and the spread that it has always had between runs, do not
explain the difference.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from linkage.match.linkage import Linkage

__all__ = ["AgencyFigures", "Figure", "Movement", "agency_figures", "compare_with_history"]

Figure = Literal["link rate", "mean log odds of links", "share without candidate"]

_LARGEST = 20.0
"""Log odds count as this much at most: a few pairs beyond all doubt are no news of an agency."""


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """How one agency's records fared in one run.

    ``linked``: records that share a person with another record; ``without_candidate``: records that agree
    with no other beyond noise; ``links``: kept pairs with a record of theirs that ended together, with the
    mean and the standard deviation of their log odds.
    """

    agency: str
    records: int
    linked: int
    without_candidate: int
    links: int
    mean_log_odds: float
    spread_log_odds: float


@dataclass(frozen=True, slots=True)
class Movement:
    """One figure of one agency against its history.

    ``now`` and ``before``; ``z``: the difference in standard errors; ``p``: the chance of one at least as
    large without any change; ``moved``: beyond what chance explains, all comparisons of the run considered.
    """

    agency: str
    figure: Figure
    now: float
    before: float
    z: float
    p: float
    moved: bool


def agency_figures(linkage: Linkage) -> tuple[AgencyFigures, ...]:
    """Return the figures of every agency in a finished linkage, by name."""
    names, agency = np.unique([record.source for record in linkage.records], return_inverse=True)
    pairs, count = linkage.pairs, len(linkage.records)
    sizes = np.bincount(linkage.clusters, minlength=1)
    linked = sizes[linkage.clusters] > 1 if count else np.zeros(0, dtype=np.bool_)
    seen = np.zeros(count, dtype=np.bool_)
    seen[pairs.left] = seen[pairs.right] = True
    ends = agency[pairs.left[pairs.link]], agency[pairs.right[pairs.link]]
    odds = np.clip(pairs.score[pairs.link], -_LARGEST, _LARGEST)
    return tuple(
        _figures(str(name), agency == number, linked, seen, odds[(ends[0] == number) | (ends[1] == number)])
        for number, name in enumerate(names.tolist())
    )


def _figures(
    name: str,
    own: NDArray[np.bool_],
    linked: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    odds: NDArray[np.float64],
) -> AgencyFigures:
    return AgencyFigures(
        agency=name,
        records=int(own.sum()),
        linked=int((own & linked).sum()),
        without_candidate=int((own & ~seen).sum()),
        links=len(odds),
        mean_log_odds=float(odds.mean()) if len(odds) else 0.0,
        spread_log_odds=float(odds.std()) if len(odds) else 0.0,
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """A mean of ``count`` observations and the variance of a single one."""

    mean: float
    count: int
    variance: float


def _rate(part: Callable[[AgencyFigures], int]) -> Callable[[AgencyFigures], _Sample]:
    def sample(figures: AgencyFigures) -> _Sample:
        share = part(figures) / max(figures.records, 1)
        return _Sample(share, figures.records, share * (1.0 - share))

    return sample


def _log_odds(figures: AgencyFigures) -> _Sample:
    return _Sample(figures.mean_log_odds, figures.links, figures.spread_log_odds**2)


_FIGURES: Mapping[Figure, Callable[[AgencyFigures], _Sample]] = {
    "link rate": _rate(lambda figures: figures.linked),
    "mean log odds of links": _log_odds,
    "share without candidate": _rate(lambda figures: figures.without_candidate),
}


def compare_with_history(
    now: Iterable[AgencyFigures], history: Mapping[str, Sequence[AgencyFigures]], *, level: float = 0.05
) -> tuple[Movement, ...]:
    """Compare every agency with its own earlier runs, the most surprising figure first.

    ``history``: the earlier figures by agency, in any order; an agency without any is passed over, and so is
    a figure that has no observations on either side.  Of all the comparisons returned, the chance that any
    is called moved without a change is at most ``level`` (Holm, Scandinavian Journal of Statistics 6, 1979).
    """
    found = [
        (figure, figures.agency, compared)
        for figures in sorted(now, key=lambda one: one.agency)
        for figure, sample in _FIGURES.items()
        if (compared := _compare(sample(figures), [sample(old) for old in history.get(figures.agency, ())]))
    ]
    found.sort(key=lambda one: (one[2].p, one[1], one[0]))
    movements, beyond = [], True
    for rank, (figure, agency, one) in enumerate(found):
        beyond = beyond and one.p <= level / (len(found) - rank)
        movements.append(Movement(agency, figure, one.now, one.before, one.z, one.p, beyond))
    return tuple(movements)


@dataclass(frozen=True, slots=True)
class _Compared:
    now: float
    before: float
    z: float
    p: float


def _compare(now: _Sample, earlier: Sequence[_Sample]) -> _Compared | None:
    """Compare a mean with earlier ones.

    Its variance is that of its observations, of the earlier mean, and of runs among themselves: what the
    earlier runs differ by beyond the chance of their observations (DerSimonian and Laird, 1986).
    """
    earlier = [sample for sample in earlier if sample.count]
    if not earlier or not now.count:
        return None
    counts = np.array([sample.count for sample in earlier], dtype=np.float64)
    means = np.array([sample.mean for sample in earlier])
    total = float(counts.sum())
    before = float((counts * means).sum() / total)
    within = _variance([*earlier, now])
    between = _between(counts, means, before, within)
    squared = float((counts**2).sum()) / total**2
    error = math.sqrt(within * (1.0 / now.count + 1.0 / total) + between * (1.0 + squared))
    z = (now.mean - before) / error
    return _Compared(now.mean, before, z, math.erfc(abs(z) / math.sqrt(2.0)))


def _variance(samples: Sequence[_Sample]) -> float:
    """Return the variance of one observation, about the mean of all; never quite zero.

    One observation is added that differs by one half: of few records, none of which was linked, not much
    follows.
    """
    total = sum(sample.count for sample in samples)
    mean = sum(sample.mean * sample.count for sample in samples) / total
    squares = sum(sample.count * (sample.variance + (sample.mean - mean) ** 2) for sample in samples)
    return (squares + 0.25) / (total + 1)


def _between(counts: NDArray[np.float64], means: NDArray[np.float64], mean: float, within: float) -> float:
    total = float(counts.sum())
    free = total - float((counts**2).sum()) / total
    if len(counts) < 2 or free <= 0.0:
        return 0.0
    excess = float((counts * (means - mean) ** 2).sum()) - (len(counts) - 1) * within
    return max(excess / free, 0.0)
