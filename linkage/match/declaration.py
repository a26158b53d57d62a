"""Is a source that declares itself free of duplicates free of them?  Asked before it is believed.

Where a declaration is false, duplicates become decoys that look like matches, and no second record of a
person is ever joined.  A declaration is *refuted* where, two standard errors allowed for, more than one
record in a hundred repeats another of its source.  What cannot be told is believed; so is a source of few
records.

- Views (or any profile but a plain filter that something was learned of): pairs within the source are weighed
  as those of a source that may hold duplicates, and their probabilities are summed.
- One similarity: the same, where there are no households.  And in any case pairs within the source are
  compared with those between it and the others.  What is more alike between than within is matches; the
  upper half of their hill is where duplicates would be too, since both come of recording a person twice.  As
  many pairs within as there are in that part, for each match there, as many duplicates can there be for each
  match: other pairs of a source, two people of one home, only add to them.  They add most to the lower part
  of the hill, so that its upper quarter and eighth must say nearly as much.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.decision import Judge
from linkage.match.experience import WEIGHING_Z
from linkage.match.kernel import candidate_pairs
from linkage.match.logistic import probability
from linkage.match.rows import Rows, Source, gather
from linkage.match.similarity import Similarities, similarities
from linkage.match.weighing import is_plain, weigh
from linkage.profile import EncodingProfile

__all__ = ["FEWEST_RECORDS", "MOST_REPEATED", "Declaration", "believed", "check_declarations"]

MOST_REPEATED: Final = 0.01
"""Of a source free of duplicates at most this share of records repeats another, by somebody's mistake."""

FEWEST_RECORDS: Final = 200
"""A smaller source is believed: one record more or less would decide."""

_LOOKED_AT: Final = 10_000
"""Records of a source that are looked at, evenly chosen; each is compared with all others."""

_NEAREST: Final = 30
_ERRORS: Final = 2.0
_DIGITS: Final = 6
"""Sums of many terms differ in their last digits between processors: nothing is decided by those."""

_STEP: Final = 0.005
_LOWEST: Final = 0.3
_PARTS: Final = (0.5, 0.25, 0.125)
_NEARLY: Final = 0.6
"""Where people of one home are counted, half as high a part of the hill says about half as much."""
_WINDOW, _MOSTLY_NOISE, _ENOUGH = 6, 0.2, 20
_FEWEST_MATCHES: Final = 50


@dataclass(frozen=True, slots=True)
class Declaration:
    """What became of a source's declaration that nobody occurs in it twice.

    ``records`` of it; ``share``: how many of them repeat another one, as far as can be told, and ``error``,
    its standard error; ``tested``: whether anything could be told.
    """

    source: str
    records: int
    share: float = 0.0
    error: float = 0.0
    tested: bool = False

    @property
    def duplicates(self) -> float:
        """How many records are expected to repeat another one of the source."""
        return self.share * self.records

    @property
    def refuted(self) -> bool:
        """Whether the declaration is not to be believed."""
        return self.tested and self.least > MOST_REPEATED

    @property
    def least(self) -> float:
        """The share of repeated records less what its error allows for."""
        return round(self.share - _ERRORS * self.error, _DIGITS)


def check_declarations(
    sources: Sequence[Source], profile: EncodingProfile, *, threads: int
) -> tuple[Declaration, ...]:
    """Test the declaration of every source that makes one, in the order of their names.

    Nothing but the encodings is looked at.  ``threads`` as for
    :func:`linkage.match.kernel.candidate_pairs`, and without influence on what comes out.
    Raises as :func:`linkage.match.rows.gather` does.
    """
    if not any(source.duplicate_free for source in sources):
        return ()
    rows = gather([replace(one, duplicate_free=False) for one in sources], profile)
    owner = rows.record_sources()
    declared = [
        (one.name, np.flatnonzero(owner == number))
        for number, one in enumerate(sorted(sources, key=lambda source: source.name))
        if one.duplicate_free
    ]
    large = [own for _, own in declared if len(own) >= FEWEST_RECORDS]
    chosen = np.zeros(len(owner), dtype=np.bool_)
    for own in large:
        chosen[own[np.linspace(0, len(own) - 1, min(len(own), _LOOKED_AT)).astype(np.int64)]] = True
    seen = _Seen.of(rows, chosen, profile, threads) if large and _is_one(profile) else None
    return tuple(
        _test(rows, name, own, chosen, seen, profile, threads)
        if len(own) >= FEWEST_RECORDS
        else Declaration(name, len(own))
        for name, own in declared
    )


def believed(sources: Iterable[Source], declarations: Iterable[Declaration]) -> list[Source]:
    """Return the sources without the declarations that were refuted."""
    refuted = {one.source for one in declarations if one.refuted}
    return [
        replace(source, duplicate_free=source.duplicate_free and source.name not in refuted)
        for source in sources
    ]


def _is_one(profile: EncodingProfile) -> bool:
    """Say whether one similarity judges: of a plain filter, or the loudest of views nobody has learned of."""
    return is_plain(profile) or not Judge(profile).experienced


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Pairs of rows (m, 2) of which one at least is looked at, and what they say."""

    pairs: NDArray[np.int64]
    found: Similarities

    @classmethod
    def of(cls, rows: Rows, chosen: NDArray[np.bool_], profile: EncodingProfile, threads: int) -> "_Seen":
        """Compare the records that are looked at, ``chosen`` (records,), with all."""
        pairs = candidate_pairs(
            rows,
            noise_z=0.0 if is_plain(profile) else profile.decision.noise_z,
            nearest=_NEAREST,
            new=chosen[rows.record],
            threads=threads,
        )
        return cls(pairs, similarities(rows, pairs, diffusions=profile.diffusions, noise_z=WEIGHING_Z))

    def take(self, which: NDArray[np.bool_]) -> "_Seen":
        """Return some of the pairs."""
        return _Seen(self.pairs[which], self.found.take(which))


_Estimate = tuple[float, float]
"""A share of records, and its standard error."""


def _test(
    rows: Rows,
    name: str,
    own: NDArray[np.intp],
    chosen: NDArray[np.bool_],
    seen: _Seen | None,
    profile: EncodingProfile,
    threads: int,
) -> Declaration:
    """Test one declaration: ``own`` are the records of the source; ``seen`` only for one similarity."""
    alone, looked_at = _only(rows, own), chosen[own]
    estimates: list[_Estimate | None] = []
    if seen is None:
        pairs = _Seen.of(alone, looked_at, profile, threads).pairs
        estimates.append(_of_weights(alone, pairs, looked_at, profile))
    else:
        mine = np.isin(rows.record[seen.pairs], own)
        within = seen.take(np.asarray(mine.all(axis=1)))
        judge = Judge(profile)
        if not judge.sees_homes(judge.describe(within.found)):
            first = int(np.searchsorted(rows.record, own[0]))
            estimates.append(_of_weights(alone, within.pairs - first, looked_at, profile))
        estimates.append(_of_one_similarity(rows, seen, mine.sum(axis=1), own, chosen))
    known = [Declaration(name, len(own), *one, tested=True) for one in estimates if one is not None]
    return max(known, key=lambda one: one.least, default=Declaration(name, len(own)))


def _of_weights(
    alone: Rows, pairs: NDArray[np.int64], looked_at: NDArray[np.bool_], profile: EncodingProfile
) -> _Estimate:
    """Estimate the share from the log odds of pairs within the source: of k records of one, k − 1 repeat."""
    weighed = weigh(alone, Candidates.of(alone, pairs), profile, paired=False)
    likely, count = probability(weighed.score), len(alone.ids)
    others = np.bincount(weighed.left, likely, count) + np.bincount(weighed.right, likely, count)
    others = others[looked_at]
    repeated = float((others / (1.0 + others)).sum())
    return _estimate(repeated, len(others))


def _only(rows: Rows, own: NDArray[np.intp]) -> Rows:
    """Return the rows of one source, which lie side by side as its records do."""
    part = slice(*np.searchsorted(rows.record, [own[0], own[-1] + 1]).tolist())
    return Rows(
        ids=rows.ids[int(own[0]) : int(own[-1]) + 1],
        words=rows.words[:, part],
        weights=rows.weights[:, part],
        present=rows.present[:, part],
        tiers=rows.tiers[part],
        record=rows.record[part] - np.int32(own[0]),
        apart=rows.apart[part],
        exact=rows.exact[:, part],
    )


def _of_one_similarity(
    rows: Rows,
    seen: _Seen,
    ends: NDArray[np.intp],
    own: NDArray[np.intp],
    chosen: NDArray[np.bool_],
) -> _Estimate | None:
    """Estimate the share from the most similar pairs within and between; None where no match is seen.

    ``ends`` (m,): how many of a pair's two records are the source's own.
    """
    mine = np.zeros(len(chosen), dtype=np.bool_)
    mine[own] = chosen[own]
    left, right, best = _pairs_of_records(rows, seen)
    times, ends = mine[left].astype(np.int64) + mine[right], ends[best]
    similarity = np.asarray(seen.found.dice.max(axis=1, initial=0.0))[best]
    steps = np.round(np.arange(1.0, _LOWEST, -_STEP), _DIGITS)
    inside, outside = (_at_least(similarity[ends == kind], times[ends == kind], steps) for kind in (2, 1))
    looked_at, others = int(mine.sum()), (len(chosen) - len(own)) / (len(own) - 1)
    matches = outside - others * inside
    last = _foot(outside, matches, 2 * looked_at)
    total = float(matches[last])
    if total < max(_FEWEST_MATCHES, 3.0 * np.sqrt(outside[last] + 2.0 * others**2 * inside[last])):
        return None
    return _agreed([_share(inside, matches, part, total, looked_at) for part in _PARTS])


def _agreed(shares: Sequence[_Estimate]) -> _Estimate:
    """Return the first estimate of which the next, of a higher part of the hill, says nearly as much."""
    for one, following in pairwise(shares):
        if following[0] >= _NEARLY * one[0]:
            return one
    return shares[-1]


def _share(
    inside: NDArray[np.float64], matches: NDArray[np.float64], part: float, total: float, looked_at: int
) -> _Estimate:
    """Estimate the share from the top of the hill that holds a part of its matches."""
    place = int((matches >= part * total).argmax())
    pairs = float(inside[place]) / 2.0  # each is seen from both its records
    scale = float(matches[place]) / total * looked_at
    return _estimate(pairs, scale)


def _estimate(repeated: float, records: float) -> _Estimate:
    return round(repeated / records, _DIGITS), round(max(repeated, 1.0) ** 0.5 / records, _DIGITS)


def _pairs_of_records(
    rows: Rows, seen: _Seen
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.intp]]:
    """Return pairs of records, and where each has its most similar pair of rows."""
    records = np.sort(rows.record[seen.pairs].astype(np.int64), axis=1)
    order = np.lexsort((-seen.found.dice.max(axis=1, initial=0.0), records[:, 1], records[:, 0]))
    records = records[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (records[1:] != records[:-1]).any(axis=1)
    return records[first, 0], records[first, 1], order[first]


def _at_least(
    similarity: NDArray[np.float64], times: NDArray[np.int64], steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Count pairs of at least each similarity; one counts for each of its records that is looked at."""
    order = np.argsort(-similarity)
    counted = np.concatenate([[0], np.cumsum(times[order])])
    return counted[np.searchsorted(-similarity[order], -steps, side="right")].astype(np.float64)


def _foot(outside: NDArray[np.float64], matches: NDArray[np.float64], most: int) -> int:
    """Return where the hill of matches ends, from its top down: where pairs are nearly all noise."""
    pairs, more = (
        np.concatenate([one[_WINDOW:] - one[:-_WINDOW], np.zeros(_WINDOW)]) for one in (outside, matches)
    )
    ended = ((outside >= _ENOUGH) & (more < _MOSTLY_NOISE * pairs)) | (outside > most)
    return int(ended.argmax()) if ended.any() else len(outside) - 1
