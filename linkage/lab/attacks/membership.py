"""The membership question, whether a named child is among the encodings at all.

To be in a register of missing children is itself what must not be told.  For each listed person the
attacker asks how much better that person explains the encodings than a stranger would: the mean, over the
encodings that the person might be behind, of the odds that the known-pair attack gives (the likelihood
ratio, which no other test beats where it is right; Carlini and others, Membership inference attacks from
first principles, IEEE Symposium on Security and Privacy 2022; Homer and others, Resolving individuals
contributing trace amounts of DNA, PLoS Genetics 4, 2008).  With the clear fields an encoding counts only for
people who have the same, and how many encodings there are for how many such people speaks as well.

``likelihood`` is that mean; ``margin`` asks by how much the person explains some encoding better than any
other person asked for does, which forgives odds that are too sure of themselves.

The attacker knows: a list of people half of whom are encoded, the profile, some encodings' people, and no
key.  Whoever has the key encodes the person and looks: that attacker is never wrong.
"""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge
from linkage.lab.attacks.known_pairs import known_pair_scores
from linkage.lab.attacks.ranking import Ranking, ranking

__all__ = [
    "TESTS",
    "Test",
    "members_by_key",
    "membership",
    "membership_from_scores",
]

Test = Literal["likelihood", "margin"]
TESTS: Final[tuple[Test, ...]] = ("likelihood", "margin")
_NEVER: Final = -1e12


def membership(
    views: tuple[ViewKnowledge, ...],
    encoded: Encoded,
    known: NDArray[np.intp],
    members: NDArray[np.intp],
    others: NDArray[np.intp],
    *,
    side: NDArray[np.int64] | None = None,
    test: Test = "likelihood",
) -> Ranking:
    """Tell ``members``, whose encodings are held with those of ``known``, from ``others`` who have none."""
    asked = np.concatenate([members, others])
    scores = known_pair_scores(views, encoded, known, asked, members)
    inside = None if side is None else (side[members], side[asked])
    return membership_from_scores(scores, len(members), inside, test)


def membership_from_scores(
    scores: NDArray[np.float32],
    members: int,
    side: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    test: Test = "likelihood",
) -> Ranking:
    """Rank the people asked for, the first ``members`` of whom are behind the encodings.

    ``side``: the clear fields' numbers of the encodings and of the people asked for.
    """
    odds = scores.astype(np.float64)
    share = np.zeros(odds.shape[1])
    if side is not None:
        held, asked = side
        odds[held[:, None] != asked[None, :]] = -np.inf
        _, place, sizes = np.unique(asked, return_inverse=True, return_counts=True)
        share = np.log(sizes[place].astype(np.float64))
    found = _log_sum(odds) - share if test == "likelihood" else _best_margin(odds)
    return ranking(found[:members], found[members:])


def _best_margin(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each person explains some encoding better than everybody else asked for does."""
    two = np.partition(odds, -2, axis=1)[:, -2:]
    rival = np.where(odds == two[:, 1:], two[:, :1], two[:, 1:])
    with np.errstate(invalid="ignore"):
        margin = odds - np.maximum(rival, 0.0)
    return np.asarray(np.where(np.isfinite(margin), margin, _NEVER).max(axis=0))


def _log_sum(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the sum down each column; of nothing, one below every other."""
    most = odds.max(axis=0)
    there = np.isfinite(most)
    safe = np.where(there, most, 0.0)
    with np.errstate(divide="ignore"):
        total = np.log(np.exp(odds - safe[None, :]).sum(axis=0)) + safe
    return np.where(there, total, _NEVER)


def members_by_key(held: Encoded, own: Encoded, members: int) -> Ranking:
    """Ask by looking up: ``own`` are the encodings of everybody asked for, under the attacker's key."""
    there = {_row(held, place) for place in range(len(held))}
    found = np.array([_row(own, place) in there for place in range(len(own))], dtype=np.float64)
    return ranking(found[:members], found[members:])


def _row(encoded: Encoded, place: int) -> bytes:
    return bytes(encoded.bits[place].tobytes() + encoded.present[place].tobytes())
