"""How right the register's persons are, by the truth of a simulation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Quality", "measured_quality", "pair_quality"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Persons by pairs of records: ``precision`` of those in one person, ``recall`` of those of one child.

    ``whole``: of children with records in the register, the share whose records are one person and alone
    in it.
    """

    records: int
    children: int
    persons: int
    precision: float
    recall: float
    whole: float


def measured_quality(
    memberships: Iterable[tuple[str, str, str]], truth: Mapping[str, Mapping[bytes, int]]
) -> Quality:
    """Return the quality of memberships (agency, handle, person), by agencies' handles of children in truth.

    Raises :class:`KeyError` for a record that the truth does not know.
    """
    number: dict[str, int] = {}
    persons: list[int] = []
    children: list[int] = []
    for agency, handle, person in memberships:
        persons.append(number.setdefault(person, len(number)))
        children.append(truth[agency][bytes.fromhex(handle)])
    return pair_quality(np.array(persons, dtype=np.int64), np.array(children, dtype=np.int64))


def pair_quality(persons: NDArray[np.int64], children: NDArray[np.int64]) -> Quality:
    """Return the quality of records (n,) that each have a person and, in truth, a child."""
    if not len(persons):
        return Quality(0, 0, 0, 1.0, 1.0, 1.0)
    person_sizes = np.unique(persons, return_counts=True)[1]
    child_ids, child_sizes = np.unique(children, return_counts=True)
    both, both_sizes = np.unique(np.stack([persons, children]), axis=1, return_counts=True)
    right, said, true = (
        int((sizes * (sizes - 1) // 2).sum()) for sizes in (both_sizes, person_sizes, child_sizes)
    )
    size_of_person = dict(zip(np.unique(persons).tolist(), person_sizes.tolist(), strict=True))
    size_of_child = dict(zip(child_ids.tolist(), child_sizes.tolist(), strict=True))
    whole = sum(
        size == size_of_person[person] == size_of_child[child]
        for (person, child), size in zip(both.T.tolist(), both_sizes.tolist(), strict=True)
    )
    return Quality(
        records=len(persons),
        children=len(child_ids),
        persons=len(person_sizes),
        precision=right / said if said else 1.0,
        recall=right / true if true else 1.0,
        whole=whole / len(child_ids),
    )
