"""The known-pair attack: from a few people whose encodings are known to many whose encodings are not.

Missing-child appeals publish a name and a date of birth on the day an episode begins, so somebody who holds
the encodings comes to know some pairs of person and encoding.  Under each view the attacker predicts the
encodings of all other listed people who share a salt with a known one, and gives every encoding to the person
who best explains it, all views together.

Two predictors.  ``kriging`` is the best linear prediction under the very covariance that the construction
has (Gaussian process regression; Rasmussen and Williams 2006, 2.2), so no other kernel of tokens can do
better on average.  ``ridge`` is the usual attack: linear regression of bits on tokens, which knows nothing of
the construction.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge

__all__ = ["Guesses", "Method", "known_pair_attack"]

Method = Literal["kriging", "ridge"]

_NUGGET: Final = 0.02
_RIDGE: Final = 20.0
_SUREST: Final = 0.98
_MOST_CONFIDENT: Final = 0.05
_UNEXPECTED: Final = np.float32(-1e9)


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """One guess per person who was not known: whether it is right (m,), and how sure the attacker is (m,)."""

    right: NDArray[np.bool_]
    confidence: NDArray[np.float64]

    @property
    def reidentified(self) -> float:
        """Share of the people not known before whose encodings were told."""
        return float(self.right.mean())

    @property
    def most_confident(self) -> float:
        """Share of right guesses among the most confident twentieth."""
        count = max(1, round(_MOST_CONFIDENT * len(self.right)))
        return float(self.right[np.argsort(-self.confidence, kind="stable")[:count]].mean())


def known_pair_attack(
    views: tuple[ViewKnowledge, ...],
    encoded: Encoded,
    known: NDArray[np.intp],
    *,
    rng: np.random.Generator,
    method: Method = "kriging",
    side: NDArray[np.int64] | None = None,
) -> Guesses:
    """Attack the encodings of everybody but the ``known`` people.

    ``side`` (n,): people whose clear payload fields are alike have one number; the attacker then looks among
    those only.  ``rng`` breaks ties: an encoding that nothing explains is guessed at random.
    """
    others = np.setdiff1d(np.arange(len(encoded)), known)
    scores = np.zeros((len(others), len(others)), dtype=np.float32)
    place = np.full(len(encoded), -1, dtype=np.intp)
    place[others] = np.arange(len(others))
    for number, view in enumerate(views):
        taught = known[(view.salt[known] >= 0) & encoded.present[known, number]]
        people = others[np.isin(view.salt[others], view.salt[taught])] if len(taught) else taught
        if len(people):
            seen = others[encoded.present[others, number]]
            found = _view_scores(view, encoded, number, taught, people, seen, method)
            scores[np.ix_(place[seen], place[people])] += found
    return _guess(scores, None if side is None else side[others], rng)


def _view_scores(
    view: ViewKnowledge,
    encoded: Encoded,
    number: int,
    taught: NDArray[np.intp],
    people: NDArray[np.intp],
    seen: NDArray[np.intp],
    method: Method,
) -> NDArray[np.float32]:
    """Return how much better each person explains each encoding than nobody in particular (seen, people)."""
    known_bits = encoded.signs(number, taught)
    if method == "ridge":
        return _ridge_scores(view, known_bits, taught, people, encoded.signs(number, seen))
    alike = view.covariance(taught, taught) + _NUGGET * np.eye(len(taught))
    weights = np.linalg.solve(alike, view.covariance(taught, people)).T
    mean_known, mean_people = view.mean(taught)[:, None], view.mean(people)[:, None]
    predicted = np.clip(mean_people + weights @ (known_bits - mean_known), -_SUREST, _SUREST)
    nobody = float(np.clip(view.mean(seen).mean(), -_SUREST, _SUREST))
    zero, one = np.log((1 + predicted) / (1 + nobody)), np.log((1 - predicted) / (1 - nobody))
    slope, constant = ((zero - one) / 2).astype(np.float32), ((zero + one) / 2).sum(axis=1)
    return np.asarray(encoded.signs(number, seen) @ slope.T + constant[None, :].astype(np.float32))


def _ridge_scores(
    view: ViewKnowledge,
    known_bits: NDArray[np.float32],
    taught: NDArray[np.intp],
    people: NDArray[np.intp],
    seen_bits: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the correlation of each encoding with the ridge regression of each person's."""
    weighted = view.tokens.multiply(np.sqrt(view.bits)[None, :]).tocsr()
    kernel = np.where(view.together(taught, taught), (weighted[taught] @ weighted[taught].T).toarray(), 0.0)
    cross = np.where(view.together(taught, people), (weighted[taught] @ weighted[people].T).toarray(), 0.0)
    mean = known_bits.mean()
    predicted = np.linalg.solve(kernel + _RIDGE * np.eye(len(taught)), cross).T @ (known_bits - mean)
    size = np.linalg.norm(predicted, axis=1, keepdims=True)
    return np.asarray(seen_bits @ (predicted / (size + 1e-6)).T, dtype=np.float32)


def _guess(scores: NDArray[np.float32], side: NDArray[np.int64] | None, rng: np.random.Generator) -> Guesses:
    if side is not None:
        scores[side[:, None] != side[None, :]] = _UNEXPECTED
    scores += rng.random(scores.shape, dtype=np.float32) * np.float32(1e-6)
    rows = np.arange(len(scores))
    chosen = scores.argmax(axis=1)
    best = scores[rows, chosen].astype(np.float64)
    scores[rows, chosen] = -np.inf
    rival = scores.max(axis=1).astype(np.float64)
    return Guesses(chosen == rows, best - rival)
