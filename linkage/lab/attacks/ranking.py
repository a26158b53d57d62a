"""How well a number tells two kinds apart: the area under the curve, and what is found at few false alarms.

Hanley and McNeil, The meaning and use of the area under a receiver operating characteristic curve, Radiology
143 (1982); Carlini and others, Membership inference attacks from first principles, IEEE Symposium on
Security and Privacy (2022), on why the mean over all thresholds is not enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

__all__ = ["FALSE_ALARMS", "Ranking", "ranking"]

FALSE_ALARMS = 0.01
"""Share of the others for which the attacker may be wrong where a finding must be sure."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """``area``: how often one of the sought has the larger number than one of the others, ties half.

    ``sure``: share of the sought found with one false alarm in a hundred.  ``worth``: of how many
    independent guesses a share would be known as well as the area is.
    """

    area: float
    sure: float
    sought: int
    others: int

    @property
    def worth(self) -> int:
        """Guesses whose share has the variance that the area has, by Hanley and McNeil."""
        fewest = min(self.sought, self.others)
        area = min(max(self.area, 0.5 / fewest), 1 - 0.5 / fewest)
        above, twice = area / (2 - area), 2 * area**2 / (1 + area)
        spread = area * (1 - area)
        variance = (
            spread + (self.sought - 1) * (above - area**2) + (self.others - 1) * (twice - area**2)
        ) / (self.sought * self.others)
        return max(1, round(spread / variance))


def ranking(sought: NDArray[np.float64], others: NDArray[np.float64]) -> Ranking:
    """Compare the numbers of those sought and of the others, at least one of each."""
    ranks = rankdata(np.concatenate([sought, others]))
    beaten = float(ranks[: len(sought)].sum()) - len(sought) * (len(sought) + 1) / 2
    allowed = int(FALSE_ALARMS * len(others))
    threshold = np.sort(others)[len(others) - 1 - allowed]
    return Ranking(
        area=beaten / (len(sought) * len(others)),
        sure=float((sought > threshold).mean()),
        sought=len(sought),
        others=len(others),
    )
