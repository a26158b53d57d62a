"""dev."""

import numpy as np


def pair_weights(found, profile):
    thr = np.array([profile.decision.thresholds.get(v.name, 0.6) for v in profile.views])
    return np.where(found.active, found.dice - thr, -1.0).max(axis=1) * 30
