"""The threshold that a nation's unrelated pairs force, and the recall beyond it."""

import numpy as np
import pytest

from benchmarks.encoding.national import forced_threshold, loudest_views, recall_beyond
from benchmarks.encoding.plain_text import child_world
from linkage.shipped_profiles import shipped_profile


@pytest.mark.parametrize(("pairs", "z"), [(1e10, 6.65), (1e12, 7.30)])
def test_more_unrelated_pairs_force_a_higher_threshold(pairs: float, z: float) -> None:
    assert forced_threshold(pairs, 7) == pytest.approx(z, abs=0.01)


def test_every_true_pair_counts_and_clean_ones_are_loud() -> None:
    world = child_world(150, 3, "none")
    loudest = loudest_views(shipped_profile("child-1"), world, bytes(32))
    sizes = np.unique(world.entity, return_counts=True)[1]
    assert len(loudest) == (sizes * (sizes - 1) // 2).sum() > 10
    assert recall_beyond(loudest, 6.5) > 0.9
    assert recall_beyond(loudest, 6.5) >= recall_beyond(loudest, 9.0)
    assert recall_beyond(loudest, 1e9) == 0.0
