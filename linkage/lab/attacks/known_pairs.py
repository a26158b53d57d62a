"""The known-pair attack: from a few people whose encodings are known to many whose encodings are not.

Missing-child appeals publish a name and a date of birth on the day an episode begins, so somebody who holds
the encodings comes to know some pairs of person and encoding.  Under each view the attacker predicts the
encodings of all other listed people who share a salt with a known one, and gives every encoding to the person
who best explains it, all views together.

Three predictors.  ``kriging`` is the best linear prediction under the very covariance that the construction
has (Gaussian process regression; Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press
2006, section 2.2), so no other kernel of tokens can do better on average.  ``ridge`` is the usual attack:
linear regression of bits on tokens, which knows nothing of the construction (Hoerl and Kennard, Ridge
regression, Technometrics 12, 1970).  ``polynomial`` is kernel ridge regression with the share of common
tokens to the power of the number of bits that diffusion adds up, as anybody would guess who has read the
profile (Saunders, Gammerman and Vovk, Ridge regression learning algorithm in dual variables, ICML 1998).
What kriging says are odds, and they are shared out so that nobody gets two encodings and nobody's is left
over (Sinkhorn and Knopp, Concerning nonnegative matrices and doubly stochastic matrices, Pacific Journal of
Mathematics 21, 1967); a regression has no odds, and the likest is taken.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge

__all__ = ["METHODS", "Guesses", "Method", "guess", "known_pair_attack", "known_pair_scores"]

Method = Literal["kriging", "ridge", "polynomial"]
METHODS: Final[tuple[Method, ...]] = ("kriging", "ridge", "polynomial")

_NUGGET: Final = 0.02
_RIDGE: Final = 20.0
_POLYNOMIAL_RIDGE: Final = 0.1
_LEAST_DEGREE: Final = 2
_SUREST: Final = 0.98
_MOST_CONFIDENT: Final = 0.05
_ROUNDS: Final = 3
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
        surest = np.argsort(-self.confidence, kind="stable")[: self.most_confident_count]
        return float(self.right[surest].mean())

    @property
    def most_confident_count(self) -> int:
        """How many the most confident twentieth are."""
        return max(1, round(_MOST_CONFIDENT * len(self.right)))


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
    scores = known_pair_scores(views, encoded, known, others, others, method=method)
    return guess(scores, None if side is None else side[others], rng, odds=method == "kriging")


def known_pair_scores(
    views: tuple[ViewKnowledge, ...],
    encoded: Encoded,
    known: NDArray[np.intp],
    people: NDArray[np.intp],
    seen: NDArray[np.intp],
    *,
    method: Method = "kriging",
) -> NDArray[np.float32]:
    """Return how much better each listed person explains each encoding than nobody in particular does.

    The logarithms of odds, all views together (seen, people); 0 where nothing speaks.
    """
    scores = np.zeros((len(seen), len(people)), dtype=np.float32)
    for number, view in enumerate(views):
        taught = known[(view.salt[known] >= 0) & encoded.present[known, number]]
        columns = np.flatnonzero(np.isin(view.salt[people], view.salt[taught]))
        rows = np.flatnonzero(encoded.present[seen, number])
        if len(taught) and len(columns) and len(rows):
            predicted = _PREDICTORS[method](view, encoded.signs(number, taught), taught, people[columns])
            seen_bits = encoded.signs(number, seen[rows])
            nobody = float(view.mean(people[view.salt[people] >= 0]).mean())
            explain = _odds if method == "kriging" else _correlation
            scores[np.ix_(rows, columns)] += explain(seen_bits, predicted, nobody)
    return scores


def _correlation(
    seen_bits: NDArray[np.float32], predicted: NDArray[np.float64], nobody: float
) -> NDArray[np.float32]:
    """Return the likeness in place of odds: a regression without the right covariance has no odds."""
    beyond = predicted - nobody
    size = np.linalg.norm(beyond, axis=1, keepdims=True)
    return np.asarray((seen_bits - np.float32(nobody)) @ (beyond / (size + 1e-6)).T, dtype=np.float32)


def _odds(
    seen_bits: NDArray[np.float32], predicted: NDArray[np.float64], nobody: float
) -> NDArray[np.float32]:
    predicted, mean = np.clip(predicted, -_SUREST, _SUREST), float(np.clip(nobody, -_SUREST, _SUREST))
    zero, one = np.log((1 + predicted) / (1 + mean)), np.log((1 - predicted) / (1 - mean))
    slope, constant = ((zero - one) / 2).astype(np.float32), ((zero + one) / 2).sum(axis=1)
    return np.asarray(seen_bits @ slope.T + constant[None, :].astype(np.float32))


def _kriging(
    view: ViewKnowledge, known_bits: NDArray[np.float32], taught: NDArray[np.intp], people: NDArray[np.intp]
) -> NDArray[np.float64]:
    alike = view.covariance(taught, taught) + _NUGGET * np.eye(len(taught))
    weights = np.linalg.solve(alike, view.covariance(taught, people)).T
    mean_known, mean_people = view.mean(taught)[:, None], view.mean(people)[:, None]
    return np.asarray(mean_people + weights @ (known_bits - mean_known))


def _ridge(
    view: ViewKnowledge, known_bits: NDArray[np.float32], taught: NDArray[np.intp], people: NDArray[np.intp]
) -> NDArray[np.float64]:
    kernel, cross = _shared(view, taught, taught), _shared(view, taught, people)
    return _regression(known_bits, kernel + _RIDGE * np.eye(len(taught)), cross)


def _polynomial(
    view: ViewKnowledge, known_bits: NDArray[np.float32], taught: NDArray[np.intp], people: NDArray[np.intp]
) -> NDArray[np.float64]:
    degree = max(_LEAST_DEGREE, view.diffusion)
    here, there = (np.sqrt(np.maximum(view.drawn(some), 1.0)) for some in (taught, people))
    kernel = (_shared(view, taught, taught) / (here[:, None] * here[None, :])) ** degree
    cross = (_shared(view, taught, people) / (here[:, None] * there[None, :])) ** degree
    return _regression(known_bits, kernel + _POLYNOMIAL_RIDGE * np.eye(len(taught)), cross)


_PREDICTORS: Final = {"kriging": _kriging, "ridge": _ridge, "polynomial": _polynomial}


def _shared(view: ViewKnowledge, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the bits of the tokens that two people have in common (rows, columns); 0 if the salts differ."""
    return np.where(view.together(rows, columns), view.common(rows, columns), 0.0)


def _regression(
    known_bits: NDArray[np.float32], kernel: NDArray[np.float64], cross: NDArray[np.float64]
) -> NDArray[np.float64]:
    mean = known_bits.mean()
    return np.asarray(mean + np.linalg.solve(kernel, cross).T @ (known_bits - mean))


def guess(
    scores: NDArray[np.float32],
    side: NDArray[np.int64] | None,
    rng: np.random.Generator,
    *,
    odds: bool = True,
) -> Guesses:
    """Give every encoding to the person who explains it best; the diagonal of ``scores`` is right.

    ``odds``: whether scores are logarithms of odds.  Then they become chances first, in which every encoding
    is somebody's once and everybody has one: whoever explains many encodings well is none of them for sure.
    ``scores`` are overwritten.
    """
    if side is not None:
        scores[side[:, None] != side[None, :]] = _UNEXPECTED
    scores += rng.random(scores.shape, dtype=np.float32) * np.float32(1e-6)
    rows = np.arange(len(scores))
    if odds:
        _share_out(scores)
        chosen = scores.argmax(axis=1)
        return Guesses(chosen == rows, scores[rows, chosen].astype(np.float64))
    chosen = scores.argmax(axis=1)
    best = scores[rows, chosen].astype(np.float64)
    scores[rows, chosen] = -np.inf
    rival = scores.max(axis=1).astype(np.float64)
    return Guesses(chosen == rows, best - rival)


def _share_out(scores: NDArray[np.float32]) -> None:
    """Turn logarithms of odds into those of chances that add up to one by rows, and nearly so by columns.

    Rows come first: how well an encoding goes with anybody says nothing of whose it is.
    """
    for axis in (*(1, 0) * _ROUNDS, 1):
        scores -= scores.max(axis=axis, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=axis, keepdims=True))
