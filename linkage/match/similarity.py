"""From Hamming distances to similarity of what was encoded, view by view.

Keyed diffusion XORs t input bits into each output bit, which shrinks agreement to its t-th power; the
expectation of that map is inverted here (Armknecht, Heng and Schnell, PoPETs 2023).  A view that is missing
on either side says nothing; a view whose agreement is no more than noise is inactive, and its estimate must
not be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.kernel import noise_limit
from linkage.match.rows import Rows

__all__ = ["Similarities", "dice_estimates", "fills", "similarities", "similarities_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Similarities:
    """What the views say about pairs of rows.

    Shapes: ``dice`` (m, views) float64, between 0 and 1, the Dice coefficient of what both rows encoded, 0
    where inactive; ``active`` (m, views) bool, agreement beyond noise; ``missing`` (m, views) bool, the view
    is absent on either side.
    """

    dice: NDArray[np.float64]
    active: NDArray[np.bool_]
    missing: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.dice)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Similarities":
        """Return what is known of some of the pairs."""
        return Similarities(self.dice[which], self.active[which], self.missing[which])

    @classmethod
    def joined(cls, parts: Sequence["Similarities"]) -> "Similarities":
        """Return several parts, at least one, as one."""
        return cls(
            np.concatenate([part.dice for part in parts]),
            np.concatenate([part.active for part in parts]),
            np.concatenate([part.missing for part in parts]),
        )


def fills(weights: NDArray[np.int32], length: int, diffusion: int) -> NDArray[np.float64]:
    """Estimate the share of bits set before diffusion from the bits set after it."""
    return np.asarray((1.0 - _undiffused(1.0 - 2.0 * weights / length, diffusion)) / 2.0)


def _undiffused(agreement: NDArray[np.float64], diffusion: int) -> NDArray[np.float64]:
    return agreement if diffusion == 1 else np.clip(agreement, 0.0, 1.0) ** (1.0 / diffusion)


def dice_estimates(
    distances: NDArray[np.int32],
    fills_a: NDArray[np.float64],
    fills_b: NDArray[np.float64],
    length: int,
    diffusion: int,
) -> NDArray[np.float64]:
    """Estimate the Dice coefficient before diffusion, between 0 and 1; 0 where both filters are empty."""
    differing = (1.0 - _undiffused(1.0 - 2.0 * distances / length, diffusion)) / 2.0
    together = fills_a + fills_b
    share = np.divide(differing, together, out=np.ones_like(differing), where=together > 0)
    return np.asarray(np.clip(1.0 - share, 0.0, 1.0))


def similarities(
    rows: Rows, pairs: NDArray[np.int64], *, diffusions: Sequence[int], noise_z: float
) -> Similarities:
    """Compare pairs of rows (m, 2) in every view; ``diffusions``: each view's."""
    return similarities_of(rows, Candidates.of(rows, pairs), diffusions=diffusions, noise_z=noise_z)


def similarities_of(
    rows: Rows, candidates: Candidates, *, diffusions: Sequence[int], noise_z: float
) -> Similarities:
    """Say what distances that are known mean; the bits of ``rows`` are not read."""
    left, right = candidates.pairs.T
    missing = ~(rows.present[:, left] & rows.present[:, right])
    distances = candidates.distances.T.astype(np.int32)
    weights_a, weights_b = rows.weights[:, left], rows.weights[:, right]
    active = _speaks(distances, weights_a, weights_b, rows.length, noise_z) & ~missing
    dice = np.stack(
        [
            dice_estimates(
                distances[view],
                fills(weights_a[view], rows.length, diffusion),
                fills(weights_b[view], rows.length, diffusion),
                rows.length,
                diffusion,
            )
            for view, diffusion in enumerate(diffusions)
        ]
    )
    return Similarities(dice=np.where(active, dice, 0.0).T, active=active.T, missing=missing.T)


def _speaks(
    distances: NDArray[np.int32],
    weights_a: NDArray[np.int32],
    weights_b: NDArray[np.int32],
    length: int,
    noise_z: float,
) -> NDArray[np.bool_]:
    ua = length - 2 * weights_a.astype(np.int64)
    ub = length - 2 * weights_b.astype(np.int64)
    speaks: NDArray[np.bool_] = 2 * length * distances.astype(np.int64) + ua * ub < noise_limit(
        length, noise_z
    )
    return speaks
