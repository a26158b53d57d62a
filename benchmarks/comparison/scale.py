"""Seconds and peak memory at several sizes, each in a process of its own, for the peak of one never falls."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.comparison.filters import rows_of
from linkage.match.kernel import candidate_pairs, warm_up

__all__ = ["NEAREST", "batch", "growth", "main"]

NEAREST = 30
_NOISE_Z, _WORDS, _BATCH = 7.0, 16, 100
_KIB_PER_MIB = 1024 if sys.platform != "darwin" else 1024 * 1024

_REGISTERS = (1_000_000, int(os.environ.get("CLEW_BENCH_REGISTER", "10000000")))
_SIZES = (12_500, 25_000, 50_000, int(os.environ.get("CLEW_BENCH_GROWTH", "100000")))

Row = dict[str, float]


def batch() -> list[Row]:
    """Compare a batch of 100 records with registers: of 1 M records, and of 10 M or what was asked for."""
    return [_measure("batch", rows, nearest) for rows in sorted({*_REGISTERS}) for nearest in (0, NEAREST)]


def growth() -> list[Row]:
    """Compare half of the rows with the other half, and with best candidates only also all with all."""
    return [_measure("growth", rows, nearest) for rows in sorted({*_SIZES}) for nearest in (0, NEAREST)]


def _measure(kind: str, rows: int, nearest: int) -> Row:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.comparison.scale", kind, str(rows), str(nearest)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    row: Row = json.loads(done.stdout)
    return row


def main() -> int:
    """Compare random filters of 1,024 bits, one view, and print the figures as JSON."""
    kind, count, nearest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    warm_up()
    total = count + _BATCH if kind == "batch" else count
    words = np.random.default_rng(1).integers(0, 2**64, (total, _WORDS), dtype=np.uint64)
    later = np.arange(total) >= (count if kind == "batch" else total // 2)
    rows = rows_of(words, later.astype(np.int32))
    new = later if kind == "batch" else None
    before = _peak_mib()
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        pairs = candidate_pairs(rows, noise_z=_NOISE_Z, new=new, nearest=nearest or None)
        best = min(best, time.perf_counter() - begun)
    figures = {"rows": count, "nearest": nearest, "seconds": best, "pairs": len(pairs)}
    print(json.dumps({**figures, "peak_mib": _peak_mib(), "rows_mib": before, "cores": os.cpu_count()}))
    return 0


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB


if __name__ == "__main__":
    sys.exit(main())
