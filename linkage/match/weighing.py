"""How likely the records of each pair are one person, by whichever way the data at hand allow.

- ``decoys``: two sources, each declared free of duplicates; pairs within a source show what noise is like.
  Under a plain filter any number of sources, declared or hardly with duplicates in fact.
- ``valley``: one plain filter for everybody, and no households in sight; the histogram of similarities says
  where noise ends.
- ``surroundings``: one plain filter; what was learned in made-up worlds of pairs among their neighbours.
- ``experience``: what pairs look like under a shipped profile was learned in made-up worlds; how frequent
  each kind is comes from the data at hand.
- ``vectors``: experience of the loudest view, and where it sees no households what all views say together,
  as the persons in the data at hand show it.
- ``thresholds``: a profile that nobody has learned from, whose own thresholds decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.decision import Judge, evenly_chosen
from linkage.match.decoys import FEWEST_DECOYS, decoy_log_odds, unrivalled
from linkage.match.exact import number_evidence
from linkage.match.experience import WEIGHING_Z
from linkage.match.plain import describe_plain, plain_experience
from linkage.match.rows import Rows
from linkage.match.similarity import Similarities, similarities_of
from linkage.match.valley import PAIRS_PER_RECORD, valley_log_odds
from linkage.match.vectors import vector_log_odds
from linkage.profile import EncodingProfile

__all__ = ["Method", "Weighed", "is_plain", "weigh"]

Method = Literal["decoys", "valley", "surroundings", "experience", "vectors", "thresholds"]

_PAIRS_AT_A_TIME: Final = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Pairs of records, the smaller first, sorted, each once, with the log odds that both are one person.

    ``left``, ``right``, ``score`` (m,).  ``method``: by which way the log odds were found.  ``own`` (m,):
    what they were before each pair's rivals counted; None where rivals do not count.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    score: NDArray[np.float64]
    method: Method
    own: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Described:
    """Pairs of records by the best of their variants; how well each kind explains them is told on demand.

    Of many millions of pairs all explanations at once would not fit.  ``left``, ``right``, ``within``,
    ``numbers`` (m,): records, whether both are of one source, what exact numbers say.
    """

    rows: Rows
    profile: EncodingProfile
    judge: Judge
    candidates: Candidates
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    within: NDArray[np.bool_]
    numbers: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "_Described":
        """Return some of the pairs."""
        return replace(
            self,
            candidates=self.candidates.take(which),
            left=self.left[which],
            right=self.right[which],
            within=self.within[which],
            numbers=self.numbers[which],
        )

    def explained(self) -> Iterator[NDArray[np.float64]]:
        """Yield how well each kind explains pairs (some, kinds), by what the views say and numbers too."""
        start = 0
        for piece, found in _read(self.rows, self.candidates, self.profile):
            numbers = self.numbers[start : start + len(piece)]
            yield self.judge.with_numbers(self.judge.describe(found), numbers)
            start += len(piece)

    def without_numbers(self) -> NDArray[np.float64]:
        """Return how well each kind explains an even choice of pairs (some, kinds), by the views alone."""
        chosen = self.candidates.take(evenly_chosen(len(self.left)))
        parts = [self.judge.describe(found) for _, found in _read(self.rows, chosen, self.profile)]
        return np.concatenate(parts)

    def weighed(self) -> Weighed:
        """Weigh pairs by how frequent kinds are among an even choice of those within sources, and across."""
        inside, across = (np.flatnonzero(which) for which in (self.within, ~self.within))
        chosen = [which[evenly_chosen(len(which))] for which in (inside, across)]
        sample = self.take(np.concatenate(chosen))
        taught = self.judge.taught_by(np.concatenate(list(sample.explained())), sample.within)
        score, start = np.empty(len(self.left)), 0
        for densities in self.explained():
            part = slice(start, start + len(densities))
            for which, kind in ((self.within[part], True), (~self.within[part], False)):
                score[part][which] = taught[kind](densities[which])
            start += len(densities)
        return Weighed(self.left, self.right, score, "experience" if self.judge.experienced else "thresholds")


def is_plain(profile: EncodingProfile) -> bool:
    """Say whether no view is salted: any two records can then be alike to any degree."""
    return not any(view.salt for view in profile.views)


def weigh(
    rows: Rows,
    candidates: Candidates,
    profile: EncodingProfile,
    *,
    paired: bool,
    population: int | None = None,
) -> Weighed:
    """Weigh pairs of rows as pairs of records, each by the best of its variants; no bits are read.

    ``paired``: two sources, both declared free of duplicates; ``candidates`` then hold pairs within either,
    which are weighed against and not returned.  ``population``: how many people the sources are drawn from,
    where that is known; only experience asks.
    """
    judge, plain = Judge(profile, population), is_plain(profile)
    pairs, found = _describe(rows, candidates, profile, judge, keep=paired or plain)
    if found is None:
        return _by_vectors(rows, pairs, profile, judge)
    if plain and len(profile.views) == 1 and judge.experienced:
        return _weigh_plain(rows, pairs, found, judge)
    if paired:
        nearest = _nearest(found, len(rows.ids)) if plain else np.ones(len(found), dtype=np.bool_)
        return _weigh_paired(rows, pairs.take(nearest), found.take(nearest))
    if not judge.sees_homes(pairs.without_numbers()):
        log_odds = valley_log_odds(_loudest(found), pairs.left, pairs.right, len(rows.ids))
        if log_odds is not None:
            return Weighed(pairs.left, pairs.right, log_odds + pairs.numbers, "valley")
    return pairs.weighed()


def _weigh_paired(rows: Rows, pairs: _Described, found: Similarities) -> Weighed:
    between = pairs.take(~pairs.within)
    if len(pairs.within) - len(between.left) < FEWEST_DECOYS or not len(between.left):
        return between.weighed()
    first, second = np.bincount(rows.record_sources(), minlength=2).tolist()
    sizes = (first, second)
    log_odds = decoy_log_odds(found, pairs.left, pairs.right, pairs.within, sizes)
    own = log_odds[~pairs.within] + between.numbers
    score = unrivalled(own, between.left, between.right, sizes)
    return Weighed(between.left, between.right, score, "decoys", own)


def _weigh_plain(rows: Rows, pairs: _Described, found: Similarities, judge: Judge) -> Weighed:
    """Weigh pairs under one plain filter by the first way that the data allow."""
    sources, apart = rows.record_sources(), rows.record_apart()
    dice, count = found.dice[:, 0], len(rows.ids)
    plain = describe_plain(dice, _record_weights(rows), rows.length, pairs.left, pairs.right, pairs.within)
    free = pairs.within & (apart[pairs.left] >= 0)
    weighed = plain.by_decoys(free[plain.kept], np.bincount(sources))
    if weighed is not None:
        return _allowed(pairs, weighed[0].kept, weighed[1], free, "decoys")
    taught = judge.knowing(plain_experience())
    if not judge.sees_homes(pairs.without_numbers()) and not taught.sees_homes(plain.densities):
        log_odds = valley_log_odds(dice, pairs.left, pairs.right, count)
        if log_odds is not None:
            return _allowed(pairs, np.arange(len(dice)), log_odds, free, "valley")
    log_odds = plain.held_back(taught.weigh(plain.densities, plain.within))
    return _allowed(pairs, plain.kept, log_odds, free, "surroundings")


def _allowed(
    pairs: _Described,
    kept: NDArray[np.intp],
    log_odds: NDArray[np.float64],
    free: NDArray[np.bool_],
    method: Method,
) -> Weighed:
    """Return those of the pairs that were weighed and are not of one source without duplicates."""
    kept, log_odds = kept[~free[kept]], log_odds[~free[kept]]
    return Weighed(pairs.left[kept], pairs.right[kept], log_odds + pairs.numbers[kept], method)


def _record_weights(rows: Rows) -> NDArray[np.float64]:
    """Return how many bits each record's filter has, the mean of its variants."""
    count = len(rows.ids)
    total = np.bincount(rows.record, rows.weights[0], count)
    return np.asarray(total / np.maximum(np.bincount(rows.record, minlength=count), 1))


def _by_vectors(rows: Rows, pairs: _Described, profile: EncodingProfile, judge: Judge) -> Weighed:
    """Weigh pairs by experience, and by all views together where the data show what those mean."""
    judged = pairs.weighed()
    if not judge.experienced or judge.looks_at_every_view or judge.sees_homes(pairs.without_numbers()):
        return judged
    found = Similarities.joined([piece for _, piece in _read(rows, pairs.candidates, profile)])
    score = vector_log_odds(judged.score, found, pairs.left, pairs.right, rows.record_apart())
    return judged if score is None else Weighed(pairs.left, pairs.right, score, "vectors")


def _nearest(found: Similarities, records: int) -> NDArray[np.bool_]:
    """Mark the most similar pairs, eight per record: the bulk below says nothing about where noise ends."""
    similarity, most = _loudest(found), PAIRS_PER_RECORD * records
    least = np.partition(similarity, -most)[-most] if len(similarity) > most else 0.0
    return np.asarray(similarity >= least)


def _loudest(found: Similarities) -> NDArray[np.float64]:
    return np.asarray(found.dice.max(axis=1, initial=0.0))


def _describe(
    rows: Rows, candidates: Candidates, profile: EncodingProfile, judge: Judge, *, keep: bool
) -> tuple[_Described, Similarities | None]:
    """Describe pairs of records, each by its best variants; what the views say is kept only on demand."""
    pairs = _Described(
        rows,
        profile,
        judge,
        candidates,
        *_records(rows, candidates.pairs),
        number_evidence(rows, candidates.pairs),
    )
    if len(rows) > len(rows.ids):
        pairs = pairs.take(_best_variants(pairs))
    if not keep:
        return pairs, None
    return pairs, Similarities.joined([found for _, found in _read(rows, pairs.candidates, profile)])


def _read(
    rows: Rows, pairs: Candidates, profile: EncodingProfile
) -> Iterator[tuple[Candidates, Similarities]]:
    """Yield some pairs of rows at a time, at least once, and what the views say of them."""
    for start in range(0, max(len(pairs), 1), _PAIRS_AT_A_TIME):
        piece = pairs.take(slice(start, start + _PAIRS_AT_A_TIME))
        yield piece, similarities_of(rows, piece, diffusions=profile.diffusions, noise_z=WEIGHING_Z)


def _records(
    rows: Rows, candidates: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    records = np.sort(rows.record[candidates].astype(np.int64), axis=1)
    source = rows.source[candidates]
    return records[:, 0], records[:, 1], source[:, 0] == source[:, 1]


def _best_variants(pairs: _Described) -> NDArray[np.intp]:
    """Return where each pair of records has its best pair of rows, in the order of records."""
    rank = np.concatenate([pairs.judge.rank(densities) for densities in pairs.explained()])
    order = np.lexsort((-rank, pairs.right, pairs.left))
    left, right = pairs.left[order], pairs.right[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return order[first]
