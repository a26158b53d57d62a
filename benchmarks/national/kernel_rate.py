"""The comparison kernel's own rate here: random filters, best candidates, on one core and on all."""

import os
import platform
import time
from typing import Any

import numpy as np

from benchmarks.comparison.filters import random_filters, rows_of
from linkage.match.kernel import candidate_pairs, warm_up
from linkage.match.linkage import NEAREST
from linkage.shipped_profiles import shipped_profile

__all__ = ["measured_kernel"]

_ROWS = 100_000
_ROUNDS = 2
_PROFILE = shipped_profile("child-1")


def measured_kernel(rows: int = _ROWS, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Return comparisons a second by number of threads, taken in turns, the best of each.

    The rows are of two sources, half and half, both of which may hold duplicates.
    """
    warm_up()
    filters = random_filters(rows, _PROFILE.view_bytes // 8, 0.5, seed=1)
    made = rows_of(filters, (np.arange(rows) >= rows // 2).astype(np.int32)).within_sources_too()
    pairs = rows * (rows - 1) // 2
    best: dict[str, float] = {}
    for _ in range(rounds):
        for threads in sorted({1, os.cpu_count() or 1}):
            began = time.perf_counter()
            candidate_pairs(made, noise_z=_PROFILE.decision.noise_z, nearest=NEAREST, threads=threads)
            rate = pairs / (time.perf_counter() - began)
            best[str(threads)] = max(round(rate), best.get(str(threads), 0))
    return {
        "rows": rows,
        "bits": 8 * _PROFILE.view_bytes,
        "noise_z": _PROFILE.decision.noise_z,
        "nearest": NEAREST,
        "per_second": best,
        "machine": {"cores": os.cpu_count(), "machine": platform.machine()},
        "load": round(os.getloadavg()[0], 2),
    }
