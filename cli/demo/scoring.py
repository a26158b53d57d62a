"""What the demonstration knows and no party does: how close the register came to the truth."""

import csv
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ClassCount", "LinkageEffect", "PairScore", "compare_classes", "linkage_effect", "score_persons"]


@dataclass(frozen=True, slots=True)
class PairScore:
    """Pairwise precision and recall of a partition of records against the true one."""

    pairs_found: int
    pairs_true: int
    pairs_right: int

    @property
    def precision(self) -> float:
        """Share of the pairs put together that belong together."""
        return self.pairs_right / self.pairs_found if self.pairs_found else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs that belong together which were put together."""
        return self.pairs_right / self.pairs_true if self.pairs_true else 1.0


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One reconciliation class: how many episodes the register put there, how many belong, how many both."""

    name: str
    register: int
    truth: int
    both: int


@dataclass(frozen=True, slots=True)
class LinkageEffect:
    """Episodes told another class than the truth's, of children linked rightly and of the others apart.

    A child is linked rightly if its person has all its records and nobody else's.
    """

    rightly: int
    rightly_other_class: int
    wrongly: int
    wrongly_other_class: int


def linkage_effect(
    person_of: Mapping[tuple[str, str], str],
    entity_of: Mapping[tuple[str, str], str],
    child_of: Mapping[tuple[str, str], tuple[str, str]],
    told: Mapping[tuple[str, str], str],
    truth: Mapping[tuple[str, str], str],
) -> LinkageEffect:
    """Tell what reconciliation made wrong from what linkage did; ``child_of``: an episode's child record."""
    persons: dict[str, set[str]] = {}
    entities: dict[str, set[str]] = {}
    for record, entity in entity_of.items():
        person = person_of.get(record, f"nobody {record}")
        persons.setdefault(entity, set()).add(person)
        entities.setdefault(person, set()).add(entity)
    counts: Counter[tuple[bool, bool]] = Counter()
    for episode, name in truth.items():
        found = persons.get(entity_of.get(child_of.get(episode, ("", "")), ""), set())
        rightly = len(found) == 1 and len(entities[next(iter(found))]) == 1
        counts[rightly, told.get(episode) != name] += 1
    return LinkageEffect(
        rightly=counts[True, False] + counts[True, True],
        rightly_other_class=counts[True, True],
        wrongly=counts[False, False] + counts[False, True],
        wrongly_other_class=counts[False, True],
    )


def score_persons(
    person_of: Mapping[tuple[str, str], str], entity_of: Mapping[tuple[str, str], str]
) -> PairScore:
    """Compare persons with the truth over the records that both know."""
    records = [record for record in entity_of if record in person_of]
    return PairScore(
        pairs_found=_pairs(person_of[r] for r in records),
        pairs_true=_pairs(entity_of.values()),
        pairs_right=_pairs((person_of[r], entity_of[r]) for r in records),
    )


def _pairs(groups: Iterable[Hashable]) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(groups).values())


def compare_classes(
    told: Mapping[tuple[str, str], str], truth: Mapping[tuple[str, str], str]
) -> list[ClassCount]:
    """Compare the class each agency was told with the true one, episode by episode."""
    names = sorted(set(truth.values()) | set(told.values()))
    register, expected = Counter(told.values()), Counter(truth.values())
    both = Counter(name for episode, name in truth.items() if told.get(episode) == name)
    return [ClassCount(name, register[name], expected[name], both[name]) for name in names]


def read_columns(path: Path, *columns: str) -> list[tuple[str, ...]]:
    """Read some columns of a CSV that one of our own commands wrote."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [tuple(row[column] for column in columns) for row in csv.DictReader(stream)]
