"""What is measured, and measuring in turns, so that what else the machine does disturbs everybody alike."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Measurement", "one_core", "seconds_in_turns"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure, its unit, and the peer's figure for the same work in the same run."""

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer's figure ours is."""
        return self.value / self.peer_value if self.peer_value else None


def seconds_in_turns(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run each work once a round and return the least processor time of each: the least disturbed."""
    for work in works.values():
        work()
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - begun)
    return best


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those it starts, to one core where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
