"""What shows of records from outside: when they arrive, and how many bytes they are.

A public appeal is dated.  Whoever holds the encodings and sees which of them came, or changed, with the batch
after that day knows that the child's is one of them: the fewer came, the surer.  Whoever only sees sealed
bundles pass sees how long they are (on what sizes and times of sealed traffic tell: Dyer, Coull, Ristenpart
and Shrimpton, Peek-a-boo, I still see you, IEEE Symposium on Security and Privacy 2012; on what changes
between snapshots tell: Ji, Mittal and Beyah, Graph data anonymization, de-anonymization attacks, and
de-anonymizability quantification, IEEE Communications Surveys 19, 2017).

The attacker knows: from appeals the day on which a child's episode began and which agency holds the child,
and of each batch whose episodes are new in it, or only how many bytes it has.  These figures hang on
agencies and on how often they submit, hardly on the profile.
"""

import datetime as dt
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.lab.payloads import records_of
from linkage.lab.world import simulate
from linkage.wire.canonical import canonical

__all__ = ["RHYTHMS", "Arrival", "Rhythm", "Sizes", "arrivals", "crowd_sizes", "told_from_sizes"]

Rhythm = Literal["daily", "weekly", "monthly"]
RHYTHMS: Final[tuple[Rhythm, ...]] = ("daily", "weekly", "monthly")
_CLOSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Arrival:
    """An episode as its agency learns of it; ``record``: as a payload holds it."""

    agency: str
    child: str
    day: dt.date
    record: bytes


@dataclass(frozen=True, slots=True)
class Sizes:
    """Shares of batches whose counts are told to within a tenth; ``batches``: how many were asked about."""

    children: float
    episodes: float
    batches: int


def arrivals(children: int, seed: int) -> tuple[Arrival, ...]:
    """Return every episode of simulated agencies that make no errors, with the day on which it began."""
    received = records_of(simulate(children, seed, noise="none"))
    return tuple(
        Arrival(records.agency, episode.child, episode.start.at.date(), canonical(episode))
        for records in received.records
        for episode in records.payload.episodes
    )


def crowd_sizes(found: Sequence[Arrival], rhythm: Rhythm) -> NDArray[np.int64]:
    """Return for each episode how many children have a new episode in the same batch of the agency."""
    inside: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in found:
        inside[one.agency, _batch(one.day, rhythm)].add(one.child)
    return np.array([len(inside[one.agency, _batch(one.day, rhythm)]) for one in found], dtype=np.int64)


def told_from_sizes(found: Sequence[Arrival], rhythm: Rhythm, child_bytes: int) -> Sizes:
    """Guess the numbers of children and episodes in a batch from its length; ``child_bytes``: of encodings.

    Learned on every second batch, with the lengths of whose contents the attacker is familiar, asked about
    the others.
    """
    batches: Mapping[tuple[str, int], list[Arrival]] = _grouped(found, rhythm)
    contents = [batches[name] for name in sorted(batches)]
    lengths = np.array([_length(batch, child_bytes) for batch in contents], dtype=np.float64)
    counts = np.array(
        [[len({one.child for one in batch}), len(batch)] for batch in contents], dtype=np.float64
    )
    line = np.stack([lengths, np.ones(len(lengths))], axis=1)
    learned = np.linalg.lstsq(line[::2], counts[::2], rcond=None)[0]
    guessed = np.rint(line[1::2] @ learned)
    close = np.abs(guessed - counts[1::2]) <= _CLOSE * counts[1::2]
    return Sizes(float(close[:, 0].mean()), float(close[:, 1].mean()), len(close))


def _grouped(found: Sequence[Arrival], rhythm: Rhythm) -> dict[tuple[str, int], list[Arrival]]:
    grouped: dict[tuple[str, int], list[Arrival]] = defaultdict(list)
    for one in found:
        grouped[one.agency, _batch(one.day, rhythm)].append(one)
    return grouped


def _length(batch: Sequence[Arrival], child_bytes: int) -> int:
    """Return the bytes of what a batch's content packs to; encodings do not pack."""
    clear = b"\n".join(one.record for one in batch)
    return len({one.child for one in batch}) * child_bytes + len(zlib.compress(clear, 6))


def _batch(day: dt.date, rhythm: Rhythm) -> int:
    if rhythm == "daily":
        return day.toordinal()
    if rhythm == "weekly":
        return day.toordinal() // 7
    return 12 * day.year + day.month
