"""One linkage from end to end: compare, weigh, decide, cluster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import Link, cluster, one_to_one
from linkage.match.exact import with_pairs_by_number
from linkage.match.kernel import Progress, candidate_pairs
from linkage.match.rows import RecordId, Source, gather
from linkage.match.weighing import Method, is_plain, weigh
from linkage.profile import EncodingProfile

__all__ = ["Known", "Linkage", "Pairs", "RecordId", "Source", "link"]


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
    are one person, positive where the pair by itself would link; ``link`` bool, both ended as one person.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    score: NDArray[np.float64]
    link: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """The outcome: ``records`` sorted by source and handle, ``pairs``, and ``clusters`` (n,) int64.

    Clusters are numbered from 0 in the order of their smallest records.  ``method``: how weights of evidence
    were found (:mod:`linkage.match.weighing`).
    """

    records: tuple[RecordId, ...]
    pairs: Pairs
    clusters: NDArray[np.int64]
    method: Method = "experience"


def link(
    sources: Sequence[Source],
    profile: EncodingProfile,
    *,
    known: Iterable[Known] = (),
    persons: Mapping[RecordId, str] | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> Linkage:
    """Link the records of all sources at the profile's own settings, without labels.

    Two sources, both free of duplicates, are linked one to one, best pairs first; anything else is
    clustered.  ``known`` decisions bind; those about records that are no longer there are passed over.
    ``persons``: whose some records are for certain, as after a change of the key: those of one person stay
    together, and no pair of two persons' records is joined for its own sake.
    ``threads`` 0 means one per processor; ``progress`` gets tiles compared and tiles in all.  The result
    does not depend on the order of sources, rows or known pairs, nor on threads.
    Raises :class:`InputError` where known decisions contradict each other or a declaration.
    """
    rows = gather(sources, profile)
    paired = len(sources) == 2 and all(source.duplicate_free for source in sources)
    compared = rows.within_sources_too() if paired or is_plain(profile) else rows  # the decoys are within
    candidates = candidate_pairs(
        compared,
        noise_z=0.0 if is_plain(profile) else profile.decision.noise_z,
        nearest=NEAREST,
        threads=threads,
        progress=progress,
    )
    weighed = weigh(rows, candidates, profile, paired=paired)
    left, right, score = weighed.left, weighed.right, weighed.score
    if profile.exact:
        left, right, score = with_pairs_by_number(rows, left, right, score)
    same, different = _known_links(rows.ids, known)
    if persons:
        together, kept_apart = _held(rows.ids, persons, left, right)
        same, different = same + together, different + kept_apart
    apart = rows.record_apart()
    clustered, links = (left, right), score
    if paired:
        chosen = one_to_one(left, right, score, same=same, different=different)
        clustered, links = (left[chosen], right[chosen]), score[chosen]
    labels = cluster(len(rows.ids), *clustered, links, apart=apart, same=same, different=different)
    clusters = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    pairs = Pairs(left, right, score, clusters[left] == clusters[right])
    return Linkage(rows.ids, pairs, clusters, weighed.method)


def _known_links(ids: Sequence[RecordId], known: Iterable[Known]) -> tuple[list[Link], list[Link]]:
    number = {record: index for index, record in enumerate(ids)}
    same: list[Link] = []
    different: list[Link] = []
    for pair in known:
        if pair.left in number and pair.right in number:
            (same if pair.same else different).append((number[pair.left], number[pair.right]))
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
