"""Whether memory grows with the comparisons that are kept back: pairs beyond noise, of which the best stay.

The lower ``noise_z``, the more pairs speak.  Each point is a process of its own, for a peak never falls.

    python -m benchmarks.scale_linkage.sweep FOLDER NOISE_Z    (one point, as JSON)
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.national.meters import Meter
from benchmarks.scale_linkage.encodings import PROFILE, Load, made_sources
from linkage.match.engine import LocalEngine
from linkage.match.kernel import candidate_pairs
from linkage.match.linkage import NEAREST
from linkage.match.plan import Comparison, plan_tiles
from linkage.match.rows import Source, gather
from tests.support.processes import ROOT

__all__ = ["TARGETS", "sweep"]

TARGETS = (10**7, 10**8, 10**9)
_SAMPLE_ROWS = 3000
_STEPS = 20


def sweep(
    folder: Path, load: Load, say: Callable[[str], None], targets: Sequence[int] = TARGETS
) -> dict[str, object]:
    """Measure the peak of memory at each number of pairs that speak, and how far it rises from least to most.

    ``slope``: the rise as a share of the peak at the least.  How many pairs speak is counted in a sample of
    the rows and scaled up.
    """
    sources = made_sources(folder, load, say)
    spoken = _Spoken(sources)
    points = []
    for target in targets:
        noise_z = spoken.noise_z(target)
        words = [sys.executable, "-m", "benchmarks.scale_linkage.sweep", str(folder), str(noise_z)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
        points.append({"kept_back": spoken.count(noise_z), **json.loads(done.stdout)})
        say(f"{points[-1]['kept_back']:,} pairs speak: {points[-1]['anonymous_bytes'] / 1e6:,.1f} MB")
    peaks = [float(point["anonymous_bytes"]) for point in points]
    return {"rows": spoken.rows, "points": points, "slope": round(peaks[-1] / peaks[0] - 1, 4)}


class _Spoken:
    """How many pairs speak, by a sample."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.rows = sum(len(one.encodings) for one in sources)
        every = max(1, self.rows // _SAMPLE_ROWS)
        chosen = [
            Source(one.name, one.encodings.take(np.arange(0, len(one.encodings), every))) for one in sources
        ]
        self._sample = gather(chosen, PROFILE)
        self._scale = self.rows * (self.rows - 1) / (len(self._sample) * (len(self._sample) - 1))

    def count(self, noise_z: float) -> int:
        """Return about how many pairs of all rows speak."""
        return round(len(candidate_pairs(self._sample, noise_z=noise_z)) * self._scale)

    def noise_z(self, target: int) -> float:
        """Return where about so many pairs speak."""
        low, high = -20.0, 20.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.count(middle) > target else (low, middle)
        return round(high, 4)


def main() -> int:
    folder, noise_z = Path(sys.argv[1]), float(sys.argv[2])
    load = Load(**json.loads((folder / "encodings" / "load.json").read_text()))
    rows = gather(made_sources(folder, load, lambda _: None), PROFILE)
    began = time.perf_counter()
    meter = Meter({"own": os.getpid()}, every_seconds=0.05)
    with meter.running():
        found = LocalEngine().candidates(rows, plan_tiles(rows), Comparison(noise_z, NEAREST))
    seconds = round(time.perf_counter() - began, 2)
    said = {"noise_z": noise_z, "pairs": len(found), "seconds": seconds}
    print(json.dumps({**said, **asdict(meter.used["own"])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
