"""Similarities are those of what was encoded, not of the diffused bits, and noise is never read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.rows import Source, gather
from linkage.match.similarity import dice_estimates, fills, similarities
from linkage.wire.encodings import Encodings
from tests.oracles import match_oracle
from tests.test_match_comparison_is_exact import _profile


def test_without_diffusion_the_estimate_is_the_dice_coefficient() -> None:
    length = 256
    draws = np.random.default_rng(0)
    a, b = draws.random((50, length)) < 0.3, draws.random((50, length)) < 0.4
    dice = 2 * (a & b).sum(axis=1) / (a.sum(axis=1) + b.sum(axis=1))
    estimate = dice_estimates(
        (a != b).sum(axis=1, dtype=np.int32),
        fills(a.sum(axis=1, dtype=np.int32), length, 1),
        fills(b.sum(axis=1, dtype=np.int32), length, 1),
        length,
        1,
    )
    assert estimate == pytest.approx(dice)


@pytest.mark.parametrize("diffusion", [2, 3, 5, 8])
def test_diffusion_is_inverted_to_within_its_noise(diffusion: int) -> None:
    people = list(range(30)) * 2
    wide = {"views": 1, "view_bytes": 2048, "seed": 3, "fill": 0.1}
    plain = gather([Source("A", match_oracle.made_up_encodings(people, **wide))], _profile(1, 2048))
    diffused = gather(
        [Source("A", match_oracle.made_up_encodings(people, diffusion=diffusion, **wide))], _profile(1, 2048)
    )
    number = {record.handle: index for index, record in enumerate(plain.ids)}
    assert number == {record.handle: index for index, record in enumerate(diffused.ids)}
    pairs = np.array([(row, row + 30) for row in range(30)], dtype=np.int64)
    truth = similarities(plain, pairs, diffusions=(1,), noise_z=6.5)
    found = similarities(diffused, pairs, diffusions=(diffusion,), noise_z=6.5)
    assert found.active.all()
    assert np.abs(found.dice - truth.dice).max() < 0.06
    assert abs((found.dice - truth.dice).mean()) < 0.01


def test_a_missing_view_is_marked_and_says_nothing() -> None:
    part = match_oracle.made_up_encodings([1, 1, 1], views=2, view_bytes=32, seed=1, noise=0.0)
    bits = part.bits.copy()
    bits[2, 1] = 0
    part = Encodings(part.handles, part.variants, part.tiers, np.array([3, 3, 1], np.uint32), bits)
    rows = gather([Source("A", part)], _profile(2, 32))
    found = similarities(rows, np.array([(0, 1), (0, 2)]), diffusions=(1,), noise_z=6.5)
    assert found.missing.tolist() == [[False, False], [False, True]]
    assert found.active.tolist() == [[True, True], [True, False]]
    assert found.dice.tolist() == [[1.0, 1.0], [1.0, 0.0]]


def test_unrelated_records_stay_silent() -> None:
    part = match_oracle.made_up_encodings(range(60), views=1, view_bytes=128, seed=1, diffusion=3)
    rows = gather([Source("A", part)], _profile(1, 128))
    pairs = np.stack(np.triu_indices(60, 1), axis=1).astype(np.int64)
    found = similarities(rows, pairs, diffusions=(3,), noise_z=6.5)
    assert not found.active.any()
    assert not found.dice.any()


@given(
    distance=st.integers(0, 256),
    weight_a=st.integers(0, 256),
    weight_b=st.integers(0, 256),
    diffusion=st.integers(1, 16),
)
def test_any_counts_give_a_number_between_0_and_1(
    distance: int, weight_a: int, weight_b: int, diffusion: int
) -> None:
    a, b = (fills(np.array([weight], np.int32), 256, diffusion) for weight in (weight_a, weight_b))
    assert 0 <= a[0] <= 1
    estimate = dice_estimates(np.array([distance], np.int32), a, b, 256, diffusion)
    assert 0 <= estimate[0] <= 1
