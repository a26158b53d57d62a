"""Whether a linkage serves some children worse than others, by the truth: differences that are not chance.

Here the unit is a person.  Recall: of the pairs of a person's records, how many were found.  Precision: of
the links of a person's records, how many are right; a false link counts one half for each of its two persons,
for else every group would seem to have more false links than all others together.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from linkage.differences import FEWEST, Comparison, GroupColumn, GroupDifference, Outcome, compare_groups
from linkage.lab.evaluation_groups import Group, groups_of
from linkage.lab.evaluation_linked import Label, LinkedTables, Table

__all__ = [
    "CountedPersons",
    "compare_linked",
    "compared",
    "count_persons",
    "difference_figures",
    "person_groups",
    "sentences",
]

_RECALL, _PRECISION = "recall", "precision"
_SOURCES, _SOURCE = "sources", "source"
_AGE, _YEAR = "age band", "year of birth"
_MISSING, _NOTHING = "missing", "nothing"
_MOST = 60


def compare_linked(
    linked: LinkedTables, tables: Sequence[Table], truth: Mapping[Label, str], *, level: float = 0.05
) -> Comparison:
    """Compare recall and precision of a finished linkage between all groups that labelled data tell apart.

    ``level``: the chance that any difference is claimed where there is none.
    """
    return compared(
        linked.clusters, truth, person_groups(tables, truth), across=linked.mode == "link", level=level
    )


def person_groups(tables: Sequence[Table], truth: Mapping[Label, str]) -> list[Group]:
    """Return the groups that persons fall into: those of evaluation, and single sources."""
    groups = [one for one in groups_of(tables, truth) if one.kind not in {_SOURCES, _SOURCE}]
    if any(one.kind == _AGE for one in groups):  # the same told twice would only make all else less certain
        groups = [one for one in groups if one.kind != _YEAR]
    if 1 < len(tables) <= _MOST:
        for table in sorted(tables, key=lambda one: one.name):
            records = frozenset((table.name, rec_id) for rec_id in table.rec_ids)
            groups.append(Group(_SOURCE, table.name, records))
    return groups


def compared(
    clusters: Mapping[Label, Hashable],
    truth: Mapping[Label, str],
    groups: Iterable[Group],
    *,
    across: bool = False,
    level: float = 0.05,
) -> Comparison:
    """Compare groups by who was put together with whom; ``across``: pairs within a source do not count."""
    counted = count_persons(clusters, truth, across=across)
    return compare_groups(counted.outcomes, counted.columns(groups), level=level)


@dataclass(frozen=True, slots=True, eq=False)
class CountedPersons:
    """The persons of a linkage by the truth, in one order, and what was counted of them.

    ``records``: the persons of single records, by place.
    """

    names: tuple[str, ...]
    outcomes: tuple[Outcome, Outcome]
    records: Mapping[Label, int]

    def columns(self, groups: Iterable[Group]) -> list[GroupColumn]:
        """Return which persons fall into each group: by any of their records, or by all where it asks so."""
        count = len(self.names)
        every = np.bincount(list(self.records.values()), minlength=count)
        found = []
        for group in groups:
            within = [self.records[label] for label in group.records if label in self.records]
            held = np.bincount(np.array(within, dtype=np.int64), minlength=count)
            found.append(GroupColumn(group.kind, group.name, held == every if group.both else held > 0))
        return found


def count_persons(
    clusters: Mapping[Label, Hashable], truth: Mapping[Label, str], *, across: bool = False
) -> CountedPersons:
    """Count recall and precision person by person; ``across``: pairs within a source do not count."""
    labels = [label for label in clusters if label in truth]
    persons = _numbers(truth[label] for label in labels)
    found = _numbers(clusters[label] for label in labels)
    sources = _numbers(label[0] for label in labels) if across else None
    return CountedPersons(
        tuple(dict.fromkeys(truth[label] for label in labels)),
        _outcomes(persons, found, sources),
        dict(zip(labels, persons.tolist(), strict=True)),
    )


def _numbers(values: Iterable[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def _outcomes(
    persons: NDArray[np.int64], found: NDArray[np.int64], sources: NDArray[np.int64] | None
) -> tuple[Outcome, Outcome]:
    """Count of every person the true pairs and those missed, the links and those that are false."""
    count = int(persons.max(initial=-1)) + 1
    true, _ = _partners(persons, persons, sources, count)
    linked, correct = _partners(found, persons, sources, count)
    block = _blocks(persons, found, count)
    return (
        Outcome(_RECALL, true / 2, (true - correct) / 2, block),
        Outcome(_PRECISION, linked / 2, (linked - correct) / 2, block),
    )


def _partners(
    part: NDArray[np.int64], persons: NDArray[np.int64], sources: NDArray[np.int64] | None, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count for every person the partners of its records in a partition, and those of its own (count,)."""
    all_of = _together(part, sources)
    own = _together(part * (count + 1) + persons, sources)
    found, rightly = (np.bincount(persons, one, minlength=count).astype(np.float64) for one in (all_of, own))
    return found, rightly


def _together(part: NDArray[np.int64], sources: NDArray[np.int64] | None) -> NDArray[np.float64]:
    """Count for every record (n,) the other records of its part, with ``sources`` those of other sources."""
    sizes = _sizes(part)
    return sizes - (1 if sources is None else _sizes(part * (int(sources.max(initial=0)) + 1) + sources))


def _sizes(part: NDArray[np.int64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(part, return_inverse=True, return_counts=True)
    return counts[place.reshape(-1)].astype(np.float64)


def _blocks(persons: NDArray[np.int64], found: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Number the persons (count,) so that those whom false links join, even indirectly, have one number."""
    head = list(range(count))

    def root(person: int) -> int:
        while head[person] != person:
            head[person] = head[head[person]]
            person = head[person]
        return person

    order = np.argsort(found, kind="stable").tolist()
    for one, other in pairwise(order):
        if found[one] == found[other]:
            head[root(int(persons[one]))] = root(int(persons[other]))
    return np.array([root(person) for person in range(count)], dtype=np.int64)


def sentences(found: Comparison) -> list[str]:
    """Say in plain words which groups fare differently, and of how many nothing could be said."""
    said = [_sentence(one) for one in found.claimed]
    tested = sum(one.chance is not None for one in found.groups)
    if not said:
        said.append(f"No group differs from all others by more than chance ({tested} comparisons).")
    small = Counter(one.chance is None for one in found.groups)[True]
    if small:
        said.append(
            f"{small} comparisons were not made: fewer than {FEWEST} persons in the group, or outside it."
        )
    said.append(
        "Where no group differs in truth, anything at all is said to differ in at most "
        f"{100 * found.level:g} of 100 such reports."
    )
    return said


def _sentence(one: GroupDifference) -> str:
    if one.others is None or one.difference is None:
        raise ValueError("a group that was not tested has nothing claimed of it")
    own, others = 100 * one.share.value, 100 * one.others.value
    ends = sorted((abs(100 * one.difference.low), abs(100 * one.difference.high)))
    what = (
        f"Of 100 true pairs of records of {_who(one)} {own:.1f} are found, of others "
        if one.outcome == _RECALL
        else f"Of 100 links of {_who(one)} {own:.1f} are right, of others "
    )
    return (
        f"{what}{others:.1f}; the difference of {abs(own - others):.1f} ({ends[0]:.1f} to {ends[1]:.1f}) is "
        "more than chance."
    )


def _who(one: GroupDifference) -> str:
    if one.kind != _MISSING:
        return f"persons of {one.kind} “{one.name}”"
    lacks = "records that lack nothing" if one.name == _NOTHING else f"a record that lacks {one.name}"
    return f"persons with {lacks}"


def difference_figures(found: Comparison) -> dict[str, object]:
    """Return a comparison as JSON has it."""
    return {
        "level": found.level,
        "claimed": len(found.claimed),
        "sentences": sentences(found),
        "kinds": [
            {
                "measure": one.outcome,
                "kind": one.kind,
                "groups": one.groups,
                "p": one.chance,
                "p_adjusted": one.adjusted,
                "claimed": one.claimed,
            }
            for one in found.kinds
        ],
        "groups": [_figures(one) for one in found.groups],
    }


def _figures(one: GroupDifference) -> dict[str, object]:
    tested = one.others is not None and one.difference is not None
    return {
        "measure": one.outcome,
        "kind": one.kind,
        "name": one.name,
        "persons": one.units,
        "pairs": one.whole,
        "share": one.share.value,
        "interval": [one.share.low, one.share.high],
        "tested": tested,
        "others": one.others.value if one.others else None,
        "difference": one.difference.value if one.difference else None,
        "difference_interval": [one.difference.low, one.difference.high] if one.difference else None,
        "p_adjusted": one.chance,
        "claimed": one.claimed,
    }
