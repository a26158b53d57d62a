"""Candidates by hashing, for profiles without diffusion: sublinear, with a promise that each run is held to.

Rows that agree in a table's places of a view meet in a block, and pairs that meet are compared exactly as
exhaustive comparison does it; the lists of nearest, and everything after, are the same.  What is kept thus
counts, at its very score, but some of what counts never meets.  How much of it does is promised, tuned
(:mod:`linkage.match.hashing_tuning`) and measured anew in each run on records that nothing was tuned to:
where the interval's lower end is below the promise tables are added, and in the end everything is compared.

Diffusion XORs t bits into one, so that agreement shrinks to its t-th power and true pairs agree on too few
bits for any number of tables that is worth it: such profiles are refused, and never hashed silently.

Source: docs/decisions/0043-hashed-candidates.md.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.candidates import Candidates
from linkage.match.engine import Clustering, LocalEngine, distinct_pairs
from linkage.match.hashing_planning import Hashing, plan_hashing
from linkage.match.hashing_report import HashPlan, HashReport
from linkage.match.hashing_running import run_hashing
from linkage.match.kernel import Progress
from linkage.match.kernel_lists import empty_lists
from linkage.match.plan import Comparison, Plan
from linkage.match.rows import Rows
from linkage.profile import EncodingProfile

__all__ = ["HashPlan", "HashReport", "HashedEngine", "Hashing", "new_rows", "refuse_diffused"]


def refuse_diffused(profile: EncodingProfile) -> None:
    """Raise :class:`InputError` unless every view of the profile is undiffused."""
    diffused = [view.name for view, times in zip(profile.views, profile.diffusions, strict=True) if times > 1]
    if diffused:
        raise InputError(
            f"candidates cannot be hashed under {profile.name}: its view {diffused[0]} is diffused, which "
            "shrinks the agreement of true pairs to its t-th power, and hashing would lose links",
            hint="compare exhaustively, which is the default; profiles without diffusion can be hashed",
        )


def _nothing(_: HashPlan | HashReport) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class HashedEngine:
    """This process, with hashed candidates.

    ``profile``: the one that the rows are encoded under; raises :class:`InputError` for one with diffusion.
    ``local``: who clusters, and who compares everything where that is as cheap or a promise is not kept.
    ``planned`` is called with the plan before the run, ``done`` with the report after it.
    """

    profile: EncodingProfile
    hashing: Hashing = field(default_factory=Hashing)
    local: LocalEngine = field(default_factory=LocalEngine)
    planned: Callable[[HashPlan], None] = _nothing
    done: Callable[[HashReport], None] = _nothing

    def __post_init__(self) -> None:
        """Refuse a profile whose pairs hashing would lose."""
        refuse_diffused(self.profile)

    @property
    def strip_rows(self) -> int:
        """How many rows a strip of its plans has."""
        return self.local.strip_rows

    def candidates(
        self, rows: Rows, plan: Plan, comparison: Comparison, progress: Progress | None = None
    ) -> Candidates:
        """Return the pairs that were found among the best of one of their rows.

        ``progress`` gets comparisons done and in all as they are expected.  ``comparison.miss`` plays no
        part: pairs that meet are compared exactly.
        """
        threads = self.local.threads or os.cpu_count() or 1
        new = new_rows(rows, plan)
        exhaustive = int(plan.comparisons(rows).sum())
        with ThreadPoolExecutor(threads) as pool:
            made = plan_hashing(rows, new, comparison, self.profile, self.hashing, exhaustive, pool, threads)
            self.planned(made.plan)
            lists = empty_lists(len(rows), comparison.nearest)
            report = run_hashing(rows, made, lists, pool, threads, progress)
        self.done(report)
        if report.exhaustive:
            return self.local.candidates(rows, plan, comparison, progress)
        return Candidates.of(rows, distinct_pairs(lists))

    @property
    def clusters(self) -> Clustering:
        """What clusters weighed pairs."""
        return self.local.clusters


def new_rows(rows: Rows, plan: Plan) -> NDArray[np.bool_] | None:
    """Return which rows (n,) a plan compares with all, None for every row; else rows are not compared.

    Raises :class:`ValueError` for a plan that is not one of :func:`linkage.match.plan.plan_tiles`.
    """
    new = np.zeros(len(rows), dtype=np.bool_)
    fresh = sorted({left for left, _ in plan.places.tolist()})
    for strip in fresh:
        new[plan.strips[strip]] = True
    every = [(left, right) for left in fresh for right in range(left, len(plan.strips))]
    if sum(map(len, plan.strips)) != len(rows) or list(map(tuple, plan.places.tolist())) != every:
        raise ValueError("hashing compares whole plans: all rows, or new rows with all")
    return None if new.all() else new
