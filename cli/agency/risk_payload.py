"""How far a child stands out in what travels in clear: who is the only one with its combination of fields."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, structs

from linkage.wire.records import Child, Episode, Payload, Record

__all__ = ["FEW", "Crowd", "Crowds", "KnownFacts", "payload_crowds"]

KnownFacts = Literal["child", "appeal", "everything"]

FEW: Final = 6
"""A group of fewer is small: statistics say nothing of one to five."""

_RANDOM: Final = {"handle": "", "child": "", "episode": "", "version": 1}


class Crowd(Struct, frozen=True, kw_only=True):
    """How many children have their combination of some clear fields alone, or with few others.

    ``facts``: "child", the child's own record; "appeal", what a public appeal says of one absence: sex, age
    band, council and day; "everything", all clear fields of all its records.  ``smallest`` and ``typical``
    are numbers of children, the latter of the median child's group; 0 where there is no child to count.
    """

    facts: KnownFacts
    children: Annotated[int, Meta(ge=0)]
    alone: Annotated[int, Meta(ge=0)]
    among_few: Annotated[int, Meta(ge=0)]
    smallest: Annotated[int, Meta(ge=0)]
    typical: float


@dataclass(frozen=True, slots=True, repr=False)
class Crowds:
    """The size of every child's group, by handle, for each set of facts."""

    of_child: Mapping[KnownFacts, Mapping[str, int]]

    def summed(self) -> tuple[Crowd, ...]:
        """Return the figures, which name nobody."""
        return tuple(_crowd(facts, sizes) for facts, sizes in self.of_child.items())


def payload_crowds(payload: Payload) -> Crowds:
    """Group the children of a payload; dummies are left out, for they are marked and have no absences."""
    children = {one.handle: one for one in payload.children if not one.dummy}
    return Crowds(
        {
            "child": _sizes((handle, _facts(one)) for handle, one in children.items()),
            "appeal": _sizes(
                (one.child, _as_published(children[one.child], one)) for one in payload.episodes
            ),
            "everything": _sizes(_histories(payload, children)),
        }
    )


def _sizes(pairs: Iterable[tuple[str, Hashable]]) -> dict[str, int]:
    """Return how many children share a child's combination: of several, the one that fewest share."""
    having: dict[Hashable, set[str]] = defaultdict(set)
    for child, combination in pairs:
        having[combination].add(child)
    sizes: dict[str, int] = {}
    for those in having.values():
        for child in those:
            sizes[child] = min(len(those), sizes.get(child, len(those)))
    return sizes


def _facts(child: Child) -> Hashable:
    return child.sex, child.ethnicity, child.responsible, frozenset(child.flags)


def _as_published(child: Child, episode: Episode) -> Hashable:
    council = episode.responsible or child.responsible
    return child.sex, episode.age_band, council, episode.start.date


def _histories(payload: Payload, children: Mapping[str, Child]) -> Iterable[tuple[str, Hashable]]:
    told = {handle: Counter([_bare(one)]) for handle, one in children.items()}
    child_of = {one.handle: one.child for one in payload.episodes}
    for spell in payload.care_spells:
        told[spell.child][_bare(spell)] += 1
    for episode in payload.episodes:
        told[episode.child][_bare(episode)] += 1
    for interview in payload.interviews:
        told[child_of[interview.episode]][_bare(interview)] += 1
    return ((child, frozenset(records.items())) for child, records in told.items())


def _bare(record: Record) -> Record:
    """Return a record without what is random or counts versions: what it says of a child."""
    random = {name: bare for name, bare in _RANDOM.items() if name in record.__struct_fields__}
    return structs.replace(record, **random)


def _crowd(facts: KnownFacts, sizes: Mapping[str, int]) -> Crowd:
    found = sorted(sizes.values())
    return Crowd(
        facts=facts,
        children=len(found),
        alone=sum(size == 1 for size in found),
        among_few=sum(size < FEW for size in found),
        smallest=found[0] if found else 0,
        typical=float(median(found)) if found else 0.0,
    )
