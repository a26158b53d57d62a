"""How much work a linkage is, said before it starts: counted exactly, timed on a sample of its own rows."""

import time
from collections.abc import Sequence

import numpy as np

from api.worker import span_words
from linkage.match.kernel import candidate_pairs
from linkage.match.linkage import NEAREST
from linkage.match.rows import Source, gather
from linkage.match.size import work_size
from linkage.profile import EncodingProfile

__all__ = ["estimate", "predicted_seconds"]

_SAMPLE_ROWS = 4096
_WORTH_TIMING = 20
"""A linkage of so many samples is timed first; a smaller one would be over before its estimate."""


def estimate(sources: Sequence[Source], profile: EncodingProfile) -> str:
    """Say records, comparisons, memory and, where it is worth it, time."""
    size = work_size(sources, profile)
    said = (
        f"{size.records:,} records of {len(sources)} agencies, {size.comparisons:,} comparisons, "
        f"at most about {size.memory / 1e9:.1f} GB of memory"
    )
    seconds = predicted_seconds(sources, profile)
    return said if seconds is None else f"{said}, about {span_words(round(seconds))}"


def predicted_seconds(sources: Sequence[Source], profile: EncodingProfile) -> float | None:
    """Return how long the comparisons will take, by a sample; None where that is not worth timing."""
    size = work_size(sources, profile)
    sample = _sample(sources, size.rows)
    comparisons = work_size(sample, profile).comparisons
    if size.comparisons <= _WORTH_TIMING * max(comparisons, 1):
        return None
    return size.comparisons / _speed(sample, profile, comparisons)


def _sample(sources: Sequence[Source], rows: int) -> list[Source]:
    """Take some rows of every source, spread over it, in the proportions of the whole."""
    every = max(rows // _SAMPLE_ROWS, 1)
    return [Source(one.name, one.encodings.take(np.arange(0, len(one.encodings), every))) for one in sources]


def _speed(sample: Sequence[Source], profile: EncodingProfile, comparisons: int) -> float:
    """Return comparisons per second."""
    rows = gather(sample, profile)
    began = time.perf_counter()
    candidate_pairs(rows, noise_z=profile.decision.noise_z, nearest=NEAREST)
    return comparisons / max(time.perf_counter() - began, 1e-9)
