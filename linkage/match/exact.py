"""Exact tokens as evidence: two records that carry, or do not carry, one NHS or pupil number.

Profiles have none unless a register decides otherwise; without them nothing here is ever asked.

A number speaks loudly but is not proof: of the records that carry one, a few carry another person's, most
often a brother's or sister's.  With the share e of such records, two records of one person have the same
number with the probability (1 - e)², and two people have different ones nearly always.  A share s of the
mistakes is taken to be between two people whom the views confuse as well.  So, as natural logarithms,

    the same number    log((1 - e)² / 2 e s)     = +6.2
    different numbers  log(1 - (1 - e)²)         = -3.9

with e = 1 % and s = 10 %, which nobody has measured on records of missing children: both are cautious
guesses.

Two records whose views do not agree at all are a pair by their number alone.  Then either the number is
wrong, 2 e to (1 - e)², or so are all views, which happens to about one pair in a hundred that have them.
"""

from collections.abc import Iterator
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.errors import LimitError
from linkage.match.kernel import MAX_CANDIDATES
from linkage.match.rows import Rows

__all__ = [
    "DIFFERENT",
    "NUMBER_ALONE",
    "SAME",
    "VIEWS_DENY",
    "exact_pairs",
    "number_evidence",
    "with_pairs_by_number",
]

_WRONG: Final = 0.01
"""Share of records with another person's number."""
_CONFUSED: Final = 0.1
"""Share of those whose number is that of somebody with whom the views confuse them."""
_VIEWS_LOST: Final = 0.01
"""Share of one person's pairs of records of which no view that both have agrees beyond noise."""

SAME: Final = log((1 - _WRONG) ** 2 / (2 * _WRONG * _CONFUSED))
DIFFERENT: Final = log(1 - (1 - _WRONG) ** 2)
NUMBER_ALONE: Final = log((1 - _WRONG) ** 2 / (2 * _WRONG))
"""Log odds of a pair with one number and no view that both have."""
VIEWS_DENY: Final = log(_VIEWS_LOST)
"""What is to be added to those where they have a view in common, and it denies."""


def exact_pairs(rows: Rows) -> NDArray[np.int64]:
    """Return the pairs of rows (m, 2) that have an equal exact token, smaller first, sorted, each once.

    Rows of one record, or of one duplicate-free source, are no pairs.  Raises :class:`LimitError` if
    they are more than anybody could want.
    """
    found = [np.zeros((0, 2), dtype=np.int64)]
    count = 0
    for tokens in rows.exact:
        for some in _equal(tokens):
            count += len(some)
            if count > MAX_CANDIDATES:
                raise LimitError(
                    f"linkage: more than {MAX_CANDIDATES} pairs have the same number",
                    hint="one number on many records is the usual cause: look at them",
                )
            found.append(np.sort(some, axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    left, right = pairs.T
    apart = (rows.apart[left] == rows.apart[right]) & (rows.apart[left] >= 0)
    return np.asarray(pairs[(rows.record[left] != rows.record[right]) & ~apart])


def number_evidence(rows: Rows, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what the numbers say about pairs of rows (m, 2), as log odds to be added; 0 where one is absent.

    Two kinds of numbers say twice as much.
    """
    said = np.zeros(len(pairs))
    for tokens in rows.exact:
        left, right = tokens[pairs[:, 0]], tokens[pairs[:, 1]]
        both = left.any(axis=1) & right.any(axis=1)
        same = (left == right).all(axis=1)
        said += np.where(both, np.where(same, SAME, DIFFERENT), 0.0)
    return said


def with_pairs_by_number(
    rows: Rows, left: NDArray[np.int64], right: NDArray[np.int64], score: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Add the pairs of records that only a number brings to those that views brought, each with its score.

    All (m,): records of a pair, the smaller first, and log odds; sorted by records.
    """
    pairs = exact_pairs(rows)
    records = np.sort(rows.record[pairs].astype(np.int64), axis=1)
    count = max(len(rows.ids), 1)
    keys = records[:, 0] * count + records[:, 1]
    alone = ~np.isin(keys, left * count + right)
    pairs, keys = pairs[alone], keys[alone]
    compared = (rows.present[:, pairs[:, 0]] & rows.present[:, pairs[:, 1]]).any(axis=0)
    odds = NUMBER_ALONE - SAME + number_evidence(rows, pairs) + np.where(compared, VIEWS_DENY, 0.0)
    order = np.lexsort((odds, keys))  # of several variants the one that says least: another may deny
    new, first = np.unique(keys[order], return_index=True)
    all_keys = np.concatenate([left * count + right, new])
    scores = np.concatenate([score, odds[order][first]])
    order = np.argsort(all_keys, kind="stable")
    return all_keys[order] // count, all_keys[order] % count, scores[order]


def _equal(tokens: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
    """Yield all pairs of rows with one token: neighbours in the order of tokens, then those two apart, ..."""
    there = np.flatnonzero(tokens.any(axis=1))
    order = there[np.lexsort((tokens[there, 1], tokens[there, 0]))]
    ordered = tokens[order]
    for distance in range(1, len(order)):
        same = (ordered[distance:] == ordered[:-distance]).all(axis=1)
        if not same.any():  # nor are any two further apart, for equal tokens lie next to each other
            return
        yield np.stack([order[:-distance][same], order[distance:][same]], axis=1).astype(np.int64)
