"""What a link job finds when it starts, what came of comparing, and what it takes over from before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from api.store.known_links import KnownLink
from api.store.link_figures import LinkFigures
from api.store.persons import Carried, Pinned, RecordKey
from api.store.records import HeldBack
from api.store.review import NewPair
from api.store.review_evidence import ViewSpread
from api.store.submissions import Submission
from linkage.wire.codes import Role
from linkage.wire.encodings import Encodings
from linkage.wire.epochs import EpochDescriptor

__all__ = ["Before", "ForReview", "Outcome", "carried_persons", "grouped", "still_carried"]


@dataclass(frozen=True, slots=True)
class Before:
    """What stands when a link job starts."""

    epoch: EpochDescriptor
    standing: list[Submission]
    members: dict[RecordKey, str]
    last_linked: dict[RecordKey, str]
    removed: frozenset[str]
    ending: frozenset[str]
    created: dict[str, int]
    carried: dict[RecordKey, Carried]
    revoked: frozenset[str] = frozenset()
    held_back: HeldBack = field(default_factory=lambda: HeldBack({}, {}))
    known: Sequence[KnownLink] = ()
    sampled: frozenset[int] = frozenset()
    roles: Mapping[str, Role] = field(default_factory=dict)

    @property
    def comparable(self) -> list[Submission]:
        """The snapshots of the epoch in force; of a revoked epoch none: its key may be in anybody's hands."""
        epoch = self.epoch.epoch
        return [one for one in self.standing if one.epoch == epoch and epoch not in self.revoked]


@dataclass(frozen=True, slots=True)
class ForReview:
    """What reviewers are asked about after a linkage, how views are spread in it, and what to explain with.

    ``kept``: a :class:`linkage.match.explanation_kept.KeptExplanation` as JSON, None without pairs.
    """

    pairs: Sequence[NewPair] = ()
    views: Sequence[ViewSpread] = ()
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of comparing: clusters of records, how many there were of what, what it states of itself."""

    clusters: list[frozenset[RecordKey]]
    carried: dict[RecordKey, Carried] = field(default_factory=dict)
    records: int = 0
    pairs: int = 0
    links: int = 0
    possible: int = 0
    precision: tuple[float, float, float] | None = None
    method: str | None = None
    review: ForReview = field(default_factory=ForReview)
    figures: LinkFigures | None = None
    pinned: Pinned | None = None
    unaided: Mapping[int, bool] = field(default_factory=dict)
    """Decisions that were known independently, and whether the linkage joins their records by itself."""


def carried_persons(before: Before, held: Mapping[str, Encodings]) -> dict[RecordKey, Carried]:
    """Return the persons that records bring from older epochs into this one, for as long as they stay.

    Under another key the same records agree a little more or a little less, which is no reason to divide or
    to join persons.  Once the agency sends another encoding of a record there is: it counts afresh.
    """
    epoch, found = before.epoch.epoch, {}
    older = {key for key, last in before.last_linked.items() if last != epoch}
    known: Mapping[str, set[str]] = defaultdict(set)
    for agency, handle in older | before.carried.keys():
        known[agency].add(handle)
    for agency in sorted(known.keys() & held.keys()):
        for handle, digest in held[agency].record_digests(known[agency]).items():
            key = agency, handle
            if key in older:
                found[key] = Carried(before.members[key], digest)
            elif before.carried[key].encoding == digest:
                found[key] = before.carried[key]
    return found


def still_carried(before: Before, untouched: AbstractSet[RecordKey]) -> dict[RecordKey, Carried]:
    """Return what was carried of records that this run did not compare and that stay members.

    Once they are compared again, their links are no more to hang on the new key than before.
    """
    return {key: one for key, one in before.carried.items() if key in untouched}


def grouped(records: Sequence[tuple[str, str]], labels: Iterable[int]) -> list[frozenset[RecordKey]]:
    """Return the records of each cluster, by the clusters' labels of all records."""
    groups: Mapping[int, list[RecordKey]] = defaultdict(list)
    for record, label in zip(records, labels, strict=True):
        groups[label].append(record)
    return [frozenset(group) for group in groups.values()]
