"""A processor without wide registers keeps the same pairs."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from linkage.match.kernel import candidate_pairs
from tests.test_match_comparison_is_exact import _rows

_SETTINGS = [
    {"noise_z": 3.0},
    {"noise_z": 3.0, "stages": (3, 9)},
    {"noise_z": 5.0, "miss": 0.01},
    {"noise_z": 0.0, "nearest": 3},
]


def digest_of_pairs(*lengths: int) -> str:
    """Return a digest of what every kind of comparison keeps of filters of so many words."""
    total = hashlib.sha256()
    for words in lengths:
        rows = _rows(words, 150, 2, words)
        for settings in _SETTINGS:
            total.update(np.ascontiguousarray(candidate_pairs(rows, **settings)).tobytes())  # type: ignore[arg-type]
    return total.hexdigest()


@pytest.mark.parametrize("processor", ["generic"])
def test_without_wide_registers_the_same_pairs_are_kept(processor: str, soak: bool) -> None:
    lengths = (9, 14, 17) if soak else (14,)  # each is compiled anew
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import digest_of_pairs; print(digest_of_pairs{lengths})"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""},
    )
    assert done.stdout.strip() == digest_of_pairs(*lengths)
