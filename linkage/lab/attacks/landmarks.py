"""The landmark attack: records of one's own choice among the others, and everybody placed by them.

Whoever may submit records, or holds the keys of one agency that does, need not wait for appeals: that
attacker has some people encoded, the landmarks, and chooses them so that as many others as possible share a
salt with one.  Two ways to go on from there.

``likeness`` sees only how far each encoding agrees with each landmark, which is less than the bits, as where
a service answers with similarities; places in a space are found by distances to landmarks (de Silva and
Tenenbaum, Sparse multidimensional scaling using landmark points, Stanford 2004), and tables of similarities
are turned round in this way (Culnane, Rubinstein and Teague, Vulnerabilities in the use of similarity tables
in combination with pseudonymisation, 2017).  ``bits`` sees the encodings themselves and predicts, as the
strongest known-pair attack does.

The attacker knows: a list of the people with every attribute, the profile, and the landmarks' encodings; no
key.
"""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge
from linkage.lab.attacks.known_pairs import known_pair_scores

__all__ = ["LANDMARK_METHODS", "LandmarkMethod", "chosen_landmarks", "landmark_scores"]

LandmarkMethod = Literal["bits", "likeness"]
LANDMARK_METHODS: Final[tuple[LandmarkMethod, ...]] = ("bits", "likeness")

_LEAST_VARIANCE: Final = 0.02


def chosen_landmarks(views: tuple[ViewKnowledge, ...], count: int) -> NDArray[np.intp]:
    """Return the people who, encoded, would tell most: each time whose salts most others share.

    A salt that has a landmark already counts for half with one, for a third with two, and so on.
    """
    people = len(views[0].salt)
    numbered = [np.unique(view.salt, return_inverse=True, return_counts=True) for view in views]
    taken = [np.zeros(len(salts), dtype=np.int64) for salts, _, _ in numbered]
    there = [view.salt >= 0 for view in views]
    chosen: list[int] = []
    free = np.ones(people, dtype=np.bool_)
    for _ in range(min(count, people)):
        gain = np.zeros(people)
        for (_, place, sizes), used, exists in zip(numbered, taken, there, strict=True):
            untold = np.maximum(sizes - 1 - used, 0)
            gain += np.where(exists, (untold / (1 + used))[place], 0.0)
        best = int(np.where(free, gain, -1.0).argmax())
        chosen.append(best)
        free[best] = False
        for (_, place, _), used in zip(numbered, taken, strict=True):
            used[place[best]] += 1
    return np.array(chosen, dtype=np.intp)


def landmark_scores(
    views: tuple[ViewKnowledge, ...],
    encoded: Encoded,
    landmarks: NDArray[np.intp],
    others: NDArray[np.intp],
    *,
    method: LandmarkMethod = "bits",
) -> NDArray[np.float32]:
    """Return how much better each listed person explains each encoding than a stranger (others, others)."""
    if method == "bits":
        return known_pair_scores(views, encoded, landmarks, others, others)
    scores = np.zeros((len(others), len(others)), dtype=np.float32)
    for number, view in enumerate(views):
        marks = landmarks[(view.salt[landmarks] >= 0) & encoded.present[landmarks, number]]
        rows = np.flatnonzero(encoded.present[others, number])
        columns = np.flatnonzero(np.isin(view.salt[others], view.salt[marks]))
        if len(marks) and len(rows) and len(columns):
            signs = encoded.signs(number, marks)
            width = signs.shape[1]  # of what came out: less than was hashed into where it was folded
            measured = encoded.signs(number, others[rows]) @ signs.T / np.float32(width)
            placed = _placed(view, measured, others[columns], marks, width)
            scores[np.ix_(rows, columns)] += placed
    return scores


def _placed(
    view: ViewKnowledge,
    measured: NDArray[np.float32],
    people: NDArray[np.intp],
    marks: NDArray[np.intp],
    width: int,
) -> NDArray[np.float32]:
    """Return the logarithms of odds of measured likenesses: normal, around what the construction has."""
    means = view.mean(marks)[None, :]
    stranger = float(view.mean(people).mean()) * means
    beyond = view.covariance(people, marks)
    expected = view.mean(people)[:, None] * means + beyond
    spread = np.maximum(1.0 - np.maximum(expected, stranger) ** 2, _LEAST_VARIANCE) / width
    slope = np.where(beyond == 0.0, 0.0, (expected - stranger) / spread)
    constant = np.where(beyond == 0.0, 0.0, (stranger**2 - expected**2) / (2 * spread)).sum(axis=1)
    return np.asarray(measured @ slope.T.astype(np.float32) + constant[None, :].astype(np.float32))
