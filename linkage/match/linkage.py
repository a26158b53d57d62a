"""One linkage from end to end: compare, weigh, decide, cluster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.choices import DEFAULT_COSTS, Choice, Costs, choose_among, own_reasons, with_reasons
from linkage.match.clustering import Link, one_to_one
from linkage.match.clustering_bound import bounded
from linkage.match.clustering_components import connected_components
from linkage.match.declaration import Declaration, believed, check_declarations
from linkage.match.engine import Engine, LocalEngine
from linkage.match.exact import with_pairs_by_number
from linkage.match.hashing import HashedEngine
from linkage.match.incremental import Clusters, Statements
from linkage.match.incremental_places import place_of
from linkage.match.keeping import Keeper, compare
from linkage.match.kernel import Progress
from linkage.match.plan import Comparison, quiet_z
from linkage.match.population import check_population
from linkage.match.rows import RecordId, Rows, Source, gather
from linkage.match.weighing import Method, is_plain, weigh
from linkage.profile import EncodingProfile

__all__ = ["Choice", "Costs", "Known", "Linkage", "Pairs", "RecordId", "Source", "link"]


NEAREST: Final = 30
"""Candidates of a row among its own source, and as many among all others: nobody is in a register oftener."""


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody knows of two records: that they are the ``same`` person, or that they are not."""

    left: RecordId
    right: RecordId
    same: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of records that agree beyond noise, each once, the smaller record first, sorted.

    Shapes (m,): ``left`` and ``right`` int64, indices of records; ``score`` float64, the log odds that both
    are one person; ``link`` bool, both ended as one person; ``choice`` int8, link, possible link or non-link
    (:class:`Choice`) at the costs of the linkage; ``reasons`` uint8, why the possible ones are
    (:class:`linkage.match.choices.Reason`), 0 elsewhere.

    Given without choices, pairs have those of the default costs by where they ended and their own log odds.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    score: NDArray[np.float64]
    link: NDArray[np.bool_]
    choice: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, dtype=np.int8))
    reasons: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))

    def __post_init__(self) -> None:
        if len(self.choice) != len(self.left):
            reasons = own_reasons(self.score, self.link)
            object.__setattr__(self, "reasons", reasons)
            object.__setattr__(self, "choice", with_reasons(self.link, reasons))

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """The outcome: ``records`` sorted by source and handle, ``pairs``, and ``clusters`` (n,) int64.

    Clusters are numbered from 0 in the order of their smallest records.  ``method``: how weights of evidence
    were found (:mod:`linkage.match.weighing`).  ``costs``: at which choices were made.  ``own`` (pairs,): the
    log odds before each pair's rivals counted, where that is how they were found; else None.
    ``declarations``: what became of those of sources (:mod:`linkage.match.declaration`).
    """

    records: tuple[RecordId, ...]
    pairs: Pairs
    clusters: NDArray[np.int64]
    method: Method = "experience"
    costs: Costs = DEFAULT_COSTS
    own: NDArray[np.float64] | None = None
    declarations: tuple[Declaration, ...] = ()

    def cluster_choices(self) -> NDArray[np.int8]:
        """Return the :class:`Choice` (clusters,) for every cluster.

        POSSIBLE: one of its pairs, within it or with another cluster, is a possible link, so that somebody's
        answer could change it.  Else LINK where it holds several records, and NONE where it is one alone.
        """
        sizes = np.bincount(self.clusters)
        found = np.where(sizes > 1, np.int8(Choice.LINK), np.int8(Choice.NONE))
        possible = self.pairs.choice == Choice.POSSIBLE
        found[self.clusters[self.pairs.left[possible]]] = Choice.POSSIBLE
        found[self.clusters[self.pairs.right[possible]]] = Choice.POSSIBLE
        return found

    @property
    def refuted(self) -> tuple[str, ...]:
        """The sources that declared themselves free of duplicates and were linked as if they had not."""
        return tuple(one.source for one in self.declarations if one.refuted)


def comparison_for(profile: EncodingProfile, rows: int) -> Comparison:
    """Return what a comparison of so many rows keeps under a profile."""
    if is_plain(profile):
        return Comparison(0.0, NEAREST)
    return Comparison(quiet_z(profile.decision.noise_z, len(profile.views), rows), NEAREST)


def link(
    sources: Sequence[Source],
    profile: EncodingProfile,
    *,
    known: Iterable[Known] = (),
    persons: Mapping[RecordId, str] | None = None,
    costs: Costs = DEFAULT_COSTS,
    population: int | None = None,
    threads: int = 0,
    engine: Engine | None = None,
    keeper: Keeper | None = None,
    progress: Progress | None = None,
) -> Linkage:
    """Link the records of all sources at the profile's own settings, without labels.

    Two sources, both free of duplicates, are linked one to one, best pairs first; anything else is
    clustered.  A declaration that the records refute is not believed, and the outcome says so.
    ``known`` decisions bind; those about records that are no longer there are passed over.
    ``persons``: whose some records are for certain, as after a change of the key: those of one person stay
    together, and no pair of two persons' records is joined for its own sake.
    ``costs``: what a false link, a missed link and a review cost (:mod:`linkage.match.choices`): they choose
    what is a possible link, and only costs out of the ordinary move the cut of persons.
    ``population``: how many people the sources are drawn from, where that is known and the records at hand
    are few (:mod:`linkage.match.population`).
    ``threads`` 0 means one per processor; ``engine``: who compares and clusters, this process if None
    (:mod:`linkage.match.engine`); ``keeper``: where comparisons are kept from linkage to linkage, so that
    only what is new is compared (:mod:`linkage.match.keeping`); ``progress`` gets comparisons done and in
    all.  The result does not depend on the order of sources, rows or known pairs, nor on threads, the engine
    or what was kept; but one that hashes (:mod:`linkage.match.hashing`) says what it may have missed, and
    what it found is not kept.
    Raises :class:`InputError` where known decisions contradict each other or a declaration, and for a
    population that cannot be.
    """
    if keeper is not None and isinstance(engine, HashedEngine):
        raise ValueError("what hashing found is not kept as if everything had been compared")
    check_population(population)
    declarations = check_declarations(sources, profile, threads=threads)
    sources = believed(sources, declarations)
    rows = gather(sources, profile)
    paired = len(sources) == 2 and all(source.duplicate_free for source in sources)
    compared = rows.within_sources_too() if paired or is_plain(profile) else rows  # the decoys are within
    engine = LocalEngine(threads) if engine is None else engine
    comparison = comparison_for(profile, len(rows))
    candidates = compare(compared, engine, comparison, profile.digest, keeper=keeper, progress=progress)
    weighed = weigh(rows, candidates, profile, paired=paired, population=population)
    left, right, score, own = weighed.left, weighed.right, weighed.score, weighed.own
    if profile.exact:
        own = own if own is None else with_pairs_by_number(rows, left, right, own)[2]
        left, right, score = with_pairs_by_number(rows, left, right, score)
    same, different = _known_links(rows.ids, known)
    if persons:
        together, kept_apart = _held(rows.ids, persons, left, right)
        same, different = same + together, different + kept_apart
    made = _clustered(engine, rows, (left, right, score - costs.cut), same, different, paired=paired)
    said = _said(len(rows.ids), left, right, same, different)
    choice, reasons = choose_among(made, costs, said, rivals_counted=own is not None)
    clusters = np.unique(made.labels, return_inverse=True)[1].astype(np.int64)
    pairs = Pairs(left, right, score, clusters[left] == clusters[right], choice, reasons)
    return Linkage(rows.ids, pairs, clusters, weighed.method, costs, own, declarations)


def _clustered(
    engine: Engine,
    rows: Rows,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    same: Sequence[Link],
    different: Sequence[Link],
    *,
    paired: bool,
) -> Clusters:
    """Cluster weighed pairs, or choose them one to one, and return all of them with what came of it."""
    ids, (left, right, weights) = rows.ids, pairs
    chosen = np.ones(len(left), dtype=np.bool_)
    if paired:
        chosen = one_to_one(left, right, weights, same=same, different=different)
    joined = left[chosen], right[chosen], weights[chosen]
    apart = rows.record_apart()
    labels = bounded(
        lambda doubted: engine.clusters(
            len(ids), *joined[:2], doubted, apart=apart, same=same, different=different
        ),
        *joined,
    )
    free = np.unique(rows.source[rows.apart >= 0], return_index=True)[1]
    names = (ids[record].source for record in rows.record[rows.apart >= 0][free].tolist())
    statements = Statements.of(
        ((ids[a], ids[b]) for a, b in same if a != b),
        ((ids[a], ids[b]) for a, b in different if a != b),
        names,
    )
    return Clusters(ids, left.view(), right.view(), weights, statements, labels.astype(np.int64))


def _said(
    count: int,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    same: Sequence[Link],
    different: Sequence[Link],
) -> NDArray[np.int8]:
    """Tell of every pair (m,) whether it is known, or follows: 1 one person, -1 two, 0 nobody has said."""
    links, apart = (np.array(pairs, dtype=np.int64).reshape(-1, 2) for pairs in (same, different))
    person = connected_components(count, links[:, 0], links[:, 1])
    ends, others = (np.sort(person[pairs], axis=1) for pairs in (np.stack([left, right], axis=1), apart))
    denied = np.isin(ends[:, 0] * count + ends[:, 1], others[:, 0] * count + others[:, 1])
    return np.where(ends[:, 0] == ends[:, 1], 1, np.where(denied, -1, 0)).astype(np.int8)


def _known_links(ids: Sequence[RecordId], known: Iterable[Known]) -> tuple[list[Link], list[Link]]:
    same: list[Link] = []
    different: list[Link] = []
    for pair in known:
        left, right = place_of(ids, pair.left), place_of(ids, pair.right)
        if left is not None and right is not None:
            (same if pair.same else different).append((left, right))
    return same, different


def _held(
    ids: Sequence[RecordId],
    persons: Mapping[RecordId, str],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> tuple[list[Link], list[Link]]:
    """Return the links that hold each person's records together, and the pairs of two persons' records."""
    number = {person: index for index, person in enumerate(sorted(set(persons.values())))}
    person = np.array([number[persons[one]] if one in persons else -1 for one in ids], dtype=np.int64)
    first: dict[int, int] = {}
    together = [
        (first[whose], record)
        for record, whose in enumerate(person.tolist())
        if whose >= 0 and first.setdefault(whose, record) != record
    ]
    apart = (person[left] >= 0) & (person[right] >= 0) & (person[left] != person[right])
    return together, list(zip(left[apart].tolist(), right[apart].tolist(), strict=True))
