"""The dictionary attack: whoever can encode encodes a list of people and looks every encoding up.

With the right key this is no attack but what a key holder can always do, and it names everybody whose
encodings nobody else has: the reason why keys and encodings are apart (Niedermeyer, Steinmetzer, Kroll and
Schnell, Cryptanalysis of basic Bloom filters used for privacy preserving record linkage, Journal of Privacy
and Confidentiality 6, 2014, on why an unkeyed hash falls to it).  With a wrong key it must do no better than
guessing.  Besides equal encodings the attacker then looks for the nearest, all views together, which finds
whatever does not hang on the key.

The attacker knows: a list of the people, the profile, and a key.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded

__all__ = ["Dictionary", "looked_up", "nearest"]

_UNEXPECTED: Final = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """How many of the encodings that nobody else has were named rightly: ``named`` of ``unique``."""

    named: int
    unique: int

    @property
    def share(self) -> float:
        """Share of the uniquely encodable people who were named; 0 if there is none."""
        return self.named / self.unique if self.unique else 0.0


def looked_up(held: Encoded, dictionary: Encoded) -> Dictionary:
    """Look every held encoding up among the attacker's, both in the order of one list of people."""
    held_rows, own_rows = _rows(held), _rows(dictionary)
    places: dict[bytes, list[int]] = {}
    for place, row in enumerate(own_rows):
        places.setdefault(row, []).append(place)
    unique = [person for person, row in enumerate(own_rows) if len(places[row]) == 1]
    named = sum(places.get(held_rows[person]) == [person] for person in unique)
    return Dictionary(named, len(unique))


def nearest(
    held: Encoded,
    dictionary: Encoded,
    rng: np.random.Generator,
    side: NDArray[np.int64] | None = None,
) -> float:
    """Return the share of held encodings whose nearest one in the dictionary is the same person's.

    ``rng`` puts the list into an order that tells nothing and breaks ties.  ``side``: as for known pairs.
    """
    count = len(held)
    order = rng.permutation(count)
    likeness = np.zeros((count, count), dtype=np.float32)
    for view in range(held.present.shape[1]):
        here = np.flatnonzero(held.present[:, view])
        there = np.flatnonzero(dictionary.present[order, view])
        agreed = held.signs(view, here) @ dictionary.signs(view, order[there]).T
        likeness[np.ix_(here, there)] += agreed
    if side is not None:
        likeness[side[:, None] != side[order][None, :]] = _UNEXPECTED
    likeness += rng.random(likeness.shape, dtype=np.float32)
    return float((order[likeness.argmax(axis=1)] == np.arange(count)).mean())


def _rows(encoded: Encoded) -> list[bytes]:
    """Return each person's encoding as one row of bytes, with the views that exist."""
    return [
        bits.tobytes() + present.tobytes()
        for bits, present in zip(encoded.bits, encoded.present, strict=True)
    ]
