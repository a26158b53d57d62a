"""Comparing what is new with everything, where a finished comparison was kept, and everything where none was.

The outcome is the same (:mod:`linkage.match.kept`).  What was kept counts only if it was compared on the same
terms: the profile, how long lists are, and which sources are not compared with themselves.  Of what counts as
noise at least as little may have been left out as now: a register that grows keeps what it has, one that
shrinks by so much that more counts again compares everything once.
"""

import hashlib
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from linkage.match.candidates import Candidates
from linkage.match.engine import Engine
from linkage.match.kept import RESERVE, Compared, Kept, Standing, best_of, joined, quieter, standing
from linkage.match.kept_rows import RowNames, names_of
from linkage.match.kernel import Progress, score_limit
from linkage.match.plan import Comparison, Plan, plan_tiles
from linkage.match.rows import Rows

__all__ = ["Keeper", "compare", "terms_of"]

_DOMAIN: Final = b"clew/kept/1\x00"


class Keeper(Protocol):
    """Where a comparison is kept for the next one."""

    def load(self) -> Kept | None:
        """Return what was kept last; None if there is nothing, or nothing that can be read."""
        ...

    def planned(self, new: int, rows: int, comparisons: int) -> None:
        """Take note of how many rows are compared with all, of how many in all, and what work that is."""
        ...

    def save(self, kept: Kept) -> None:
        """Keep this, and nothing else, for the next linkage."""
        ...


def compare(
    rows: Rows,
    engine: Engine,
    comparison: Comparison,
    profile_digest: str,
    *,
    keeper: Keeper | None = None,
    progress: Progress | None = None,
) -> Candidates:
    """Return the candidates of all rows; with a ``keeper`` no pair is compared that was before.

    ``profile_digest``: under which profile rows were encoded; others are never compared with them.  What an
    engine that hashes found must not be kept: what it missed would be missed for ever.
    """
    if keeper is None:
        return engine.candidates(rows, plan_tiles(rows, strip_rows=engine.strip_rows), comparison, progress)
    longer = replace(comparison, nearest=comparison.nearest + RESERVE)
    names, terms = names_of(rows), terms_of(rows, longer, profile_digest)
    limit = score_limit(rows.length, comparison.noise_z)
    before = _standing(keeper, terms, limit, names, comparison)
    plan = plan_tiles(rows, new=before.new, strip_rows=engine.strip_rows)
    keeper.planned(int(before.new.sum()), len(rows), int(plan.comparisons(rows).sum()))
    found = _found(rows, engine, plan, longer, progress)
    kept = Kept(terms, limit, rows.length, longer.nearest, names, before.compared, before.depths)
    kept = joined(before, found, kept)
    del before, found
    keeper.save(kept)
    return best_of(kept.rows, kept.compared, kept.length, comparison.nearest).candidates()


def terms_of(rows: Rows, comparison: Comparison, profile_digest: str) -> str:
    """Return SHA-256, in hex, over all that decides which pairs of given rows count."""
    apart = sorted({rows.ids[record].source for record in np.unique(rows.record[rows.apart >= 0]).tolist()})
    said = profile_digest, rows.length, comparison.nearest, comparison.miss, apart
    return hashlib.sha256(_DOMAIN + repr(said).encode()).hexdigest()


def _standing(keeper: Keeper, terms: str, limit: int, names: RowNames, comparison: Comparison) -> Standing:
    kept = keeper.load()
    if kept is None or kept.terms != terms or kept.limit < limit:
        return Standing.of_nothing(names)
    kept = quieter(kept, limit) if kept.limit > limit else kept
    return standing(kept, names, least=comparison.nearest)


def _found(
    rows: Rows, engine: Engine, plan: Plan, comparison: Comparison, progress: Progress | None
) -> Compared:
    return Compared.of(engine.candidates(rows, plan, comparison, progress))
