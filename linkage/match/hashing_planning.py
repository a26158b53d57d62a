"""The plan of a hashed comparison: made of a sample compared exhaustively, before the rest is touched."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.hashing_blocks import blocks_of
from linkage.match.hashing_draws import drawn_order
from linkage.match.hashing_report import LARGEST_SHOWN, HashPlan
from linkage.match.hashing_samples import Sample, compare_sample
from linkage.match.hashing_tuning import Option, Promise, Tables, cover, cover_limit, missed, options
from linkage.match.kernel import noise_limit
from linkage.match.plan import Comparison
from linkage.match.rows import Rows
from linkage.profile import EncodingProfile

__all__ = ["Hashing", "Planned", "extended", "plan_hashing", "smallest_check"]

_SAMPLED: Final = (1000, 4000)
_SAMPLED_SHARE, _MOST_SAMPLED = 0.04, 0.25
"""Of all records that share is sampled for tuning, within bounds, and never more than a quarter."""

_FEWEST_LIKELY: Final = 100
"""With fewer likely pairs in the sample nobody can tell how they lie."""

_SPARE: Final = 0.25
"""Tables are to miss a quarter of what the promise allows, so that a check can show that it is kept."""

_PAIRS_TO_CHECK: Final = 15.0
"""A check of so many pairs for each that the promise allows to miss shows that a quarter of it is."""

_Z_SQUARED: Final = 3.84
_WORTHWHILE: Final = 0.5
"""Hashing must promise half the cost at least: its costs are estimates, a check may fail, and it misses
pairs."""

_BEYOND_MEASURE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Hashing:
    """What is promised of hashed candidates.

    ``completeness``: which share is found, of the pairs that the ``promise`` is about
    (:mod:`linkage.match.hashing_tuning`).  ``always``: hash even where comparing everything is estimated to
    be as cheap, to measure it.  Raises :class:`InputError` for a share below a half or so near to 1 that no
    check could show it.
    """

    completeness: float = 0.99
    promise: Promise = "likely"
    always: bool = False

    def __post_init__(self) -> None:
        """Refuse a promise that makes no sense."""
        if not 0.5 <= self.completeness <= 0.9999:
            raise InputError(
                "completeness of hashed candidates: a share from 0.5 to 0.9999 is needed",
                hint="to miss nothing compare exhaustively, which is the default",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan, and what it was made of: what running it and adding to it ask for.

    ``new`` (n,): the rows that are compared with all, None for every row; ``order``: the records that can be
    sampled, in the order in which they are; the first ``plan.sampled`` of them are in ``sample``.
    """

    plan: HashPlan
    profile: EncodingProfile
    limit: int
    new: NDArray[np.bool_] | None
    order: NDArray[np.int64]
    sample: Sample
    choices: tuple[Option, ...]
    affordable: float


def plan_hashing(
    rows: Rows,
    new: NDArray[np.bool_] | None,
    comparison: Comparison,
    profile: EncodingProfile,
    hashing: Hashing,
    exhaustive: int,
    pool: ThreadPoolExecutor,
    threads: int,
) -> Planned:
    """Plan a comparison of rows; ``exhaustive``: how many comparisons it takes without hashing.

    Depends on nothing but rows, profile and settings.
    """
    limit = min(noise_limit(rows.length, comparison.noise_z), 4 * rows.length**2)
    records = np.unique(rows.record if new is None else rows.record[new]).astype(np.int64)
    order = records[drawn_order(profile.digest, "sampled", len(records))]
    few = min(
        max(_SAMPLED[0], int(_SAMPLED_SHARE * len(order))), _SAMPLED[1], int(_MOST_SAMPLED * len(order))
    )
    sample = compare_sample(rows, order[:few], profile, limit, pool, threads)
    choices = tuple(options(rows, new, sample, profile.digest))
    affordable = (_BEYOND_MEASURE if hashing.always else 1.0) * exhaustive
    tables = _tables(rows, sample, choices, limit, hashing, affordable)
    to_check = _to_check(sample, len(order) - few, hashing)
    costs = {one.hashed: one for one in choices}
    compared = sum(count * costs[one].comparisons for one, count in tables or ())
    spent = sum(count * costs[one].cost for one, count in tables or ())
    sampling = sample.comparisons * (1.0 + to_check / max(sample.records, 1))
    reason = _reason(sample, tables, to_check, spent + sampling, exhaustive, hashing)
    kept = sample.promised(likely=hashing.promise == "likely")
    expected = 1.0 - float(missed(rows, sample, tables)[kept].mean()) if tables and kept.any() else 0.0
    plan = HashPlan(
        digest=profile.digest,
        views=tuple(view.name for view in profile.views),
        completeness=hashing.completeness,
        promise=hashing.promise,
        tables=tables or (),
        expected=expected,
        comparisons=round(compared + sampling),
        cost=round(spent + sampling),
        exhaustive=exhaustive,
        sampled=few,
        likely=int(sample.likely.sum()),
        to_check=to_check,
        largest=() if reason else _largest(rows, new, tables or (), profile.digest),
        reason=reason,
    )
    return Planned(plan, profile, limit, new, order, sample, choices, affordable)


def _tables(
    rows: Rows,
    sample: Sample,
    choices: tuple[Option, ...],
    limit: int,
    hashing: Hashing,
    affordable: float,
) -> Tables | None:
    if hashing.promise == "limit":
        return cover_limit(rows, choices, limit, hashing.completeness, affordable)
    return cover(rows, [sample], choices, 1.0 - _SPARE * (1.0 - hashing.completeness), affordable)


def smallest_check(completeness: float) -> float:
    """Return how many pairs a check needs at least: were all of them found, the interval would be above."""
    return _Z_SQUARED * completeness / (1.0 - completeness)


def _to_check(sample: Sample, left: int, hashing: Hashing) -> int:
    """Return how many records are to be compared exhaustively to check the promise."""
    pairs = int(sample.promised(likely=hashing.promise == "likely").sum())
    if pairs == 0:
        return 0
    wanted = _PAIRS_TO_CHECK / (1.0 - hashing.completeness)
    return min(math.ceil(wanted * sample.records / pairs), left // 2)


def _reason(
    sample: Sample, tables: Tables | None, to_check: int, cost: float, exhaustive: int, hashing: Hashing
) -> str:
    """Return why everything is to be compared; empty if hashing is worth it."""
    pairs = int(sample.promised(likely=hashing.promise == "likely").sum())
    if pairs < _FEWEST_LIKELY:
        return f"with {pairs} likely pairs in a sample nobody can tell how they lie"
    if pairs / sample.records * to_check < smallest_check(hashing.completeness):
        return "with so few records a check could not show that the promise is kept"
    if not tables:
        return "no number of tables keeps the promise at less cost"
    if cost > _WORTHWHILE * exhaustive and not hashing.always:
        return f"hashing would cost {cost / exhaustive:.2f} of that"
    return ""


def _largest(rows: Rows, new: NDArray[np.bool_] | None, tables: Tables, digest: str) -> tuple[int, ...]:
    """Return the sizes of the ten largest blocks of the first tables of all ways of hashing."""
    sizes = [np.zeros(0, dtype=np.int64)]
    for hashed, _ in tables:
        numbers = np.flatnonzero(rows.present[hashed.view]).astype(np.int32)
        sizes.append(blocks_of(rows, numbers, new, hashed, digest, 0).sizes)
    return tuple(np.sort(np.concatenate(sizes))[::-1][:LARGEST_SHOWN].tolist())


def extended(rows: Rows, made: Planned, samples: list[Sample], tables: Tables, spare: float) -> Tables | None:
    """Return more tables, those there are among them, that miss only ``spare`` of what the promise allows.

    ``samples``: all that there are by now.  None where they are not to be had at less than all comparisons.
    """
    if made.plan.promise == "limit":
        return tuple((hashed, 2 * count) for hashed, count in tables)
    target = 1.0 - spare * (1.0 - made.plan.completeness)
    return cover(rows, samples, made.choices, target, made.affordable, begun=tables)
