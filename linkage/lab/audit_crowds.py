"""Whom the units of an audit attack, under which key, and what guessing reaches."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from linkage.audited.report import Side, Sizes
from linkage.audited.setting import attacked
from linkage.encode.identifiers import Identifiers
from linkage.lab.attacks.targets import Target
from linkage.lab.audit_results import Unit
from linkage.lab.crowds import Listed, children, crowd_of, persons

__all__ = ["People", "chance", "crowd", "key", "room", "sides"]

People = Sequence[Identifiers] | None


def room(sizes: Sizes, people: People) -> int:
    """Return how many people are attacked."""
    return attacked(sizes, None if people is None else len(people))


def crowd(target: Target, sizes: Sizes, unit: Unit, people: People) -> Listed:
    """Return the people whom a unit attacks."""
    if people is not None:
        return crowd_of(people, sizes.people, unit.seed)
    return _made_up(target.general, sizes.people, 50 + unit.seed)


@lru_cache(maxsize=2)
def _made_up(general: bool, count: int, seed: int) -> Listed:  # noqa: FBT001 - only called here
    return persons(count, seed) if general else children(count, seed)


def key(unit: Unit) -> bytes:
    """Return a unit's throw-away key."""
    return np.random.default_rng(unit.seed).bytes(32)


def sides(listed: Listed) -> Iterator[tuple[Side, np.ndarray | None]]:
    """Yield what else the attacker may know; nothing of people whose clear fields are all alike."""
    yield "none", None
    if listed.payload.any():
        yield "payload", listed.payload
        yield "appeal", listed.appealed


def chance(numbers: np.ndarray | None, count: int) -> float:
    """Return the share that whoever knows the clear fields alone guesses rightly."""
    return (1 if numbers is None else len(np.unique(numbers))) / count
