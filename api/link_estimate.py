"""How much work a linkage is, said before it starts: counted exactly, timed on a sample of its own rows."""

import time
from collections.abc import Sequence

import numpy as np

from api.worker import span_words
from linkage.match.kernel import candidate_pairs
from linkage.match.linkage import comparison_for
from linkage.match.rows import Source, gather
from linkage.match.size import WorkSize, work_size
from linkage.profile import EncodingProfile

__all__ = ["estimate", "predicted_seconds"]

_SAMPLE_ROWS = 4096
_LARGEST_SAMPLE = 1 << 16
"""As many as a strip: what is overhead beside so few is none beside millions."""

_LONG_ENOUGH = 0.5
"""Seconds that a sample takes at least, unless it is the largest."""

_WORTH_TIMING = 20
"""A linkage of so many samples is timed first; a smaller one would be over before its estimate."""


def estimate(sources: Sequence[Source], profile: EncodingProfile, *, timed: bool = True) -> str:
    """Say records, comparisons, memory and, where it is worth it, time.

    Not ``timed``: comparisons are at most those, since some were done before.
    """
    size = work_size(sources, profile)
    said = (
        f"{size.records:,} records of {len(sources)} agencies, {size.comparisons:,} comparisons, "
        f"at most about {size.memory / 1e9:.1f} GB of memory"
    )
    if not timed:
        return f"{said}, less what was compared before"
    seconds = predicted_seconds(sources, profile)
    return said if seconds is None else f"{said}, about {span_words(round(seconds))}"


def predicted_seconds(sources: Sequence[Source], profile: EncodingProfile) -> float | None:
    """Return how long comparing will take, timed on samples; None where it is not worth timing."""
    size = work_size(sources, profile)
    speed = _speed(sources, profile, size)
    return None if speed is None else size.comparisons / speed


def _speed(sources: Sequence[Source], profile: EncodingProfile, size: WorkSize) -> float | None:
    """Return comparisons per second, timed on ever larger samples; None where it is not worth timing."""
    speed, rows = None, _SAMPLE_ROWS
    while rows <= _LARGEST_SAMPLE:
        sample = _sample(sources, size.rows, rows)
        comparisons = work_size(sample, profile).comparisons
        if size.comparisons <= _WORTH_TIMING * max(comparisons, 1):
            break
        seconds = _seconds(sample, profile)
        speed, rows = comparisons / seconds, 2 * rows
        if seconds >= _LONG_ENOUGH:
            break
    return speed


def _sample(sources: Sequence[Source], rows: int, most: int) -> list[Source]:
    """Take some rows of every source, spread over it, in the proportions of the whole."""
    every = max(rows // most, 1)
    return [Source(one.name, one.encodings.take(np.arange(0, len(one.encodings), every))) for one in sources]


def _seconds(sample: Sequence[Source], profile: EncodingProfile) -> float:
    rows = gather(sample, profile)
    comparison = comparison_for(profile, len(rows))
    began = time.perf_counter()
    candidate_pairs(rows, noise_z=comparison.noise_z, nearest=comparison.nearest)
    return max(time.perf_counter() - began, 1e-9)
