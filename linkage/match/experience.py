"""What pairs of records look like, learned once from made-up worlds and shipped with the release.

Pairs that agree beyond noise are one person; or two people of one home, who share a surname, an address and,
if twins, a date of birth; or two people who agree by chance, as namesakes do.  An experience says which kind
a pair is likely to be, given which views speak and how loudly.  How *frequent* each kind is differs between
data sets; :mod:`linkage.match.decision` estimates that from the data at hand.

No labelled data of anybody's went into it: :mod:`linkage.lab.learning` makes the worlds up, and learns again
with one command when a profile changes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.experience_data import EXPERIENCES
from linkage.match.similarity import Similarities
from linkage.profile import EncodingProfile, View

__all__ = [
    "HOME",
    "PERSON",
    "SURROUNDINGS",
    "WEIGHING_Z",
    "Experience",
    "evidence",
    "grounds",
    "kinds",
    "shipped_experience",
]

PERSON: Final = "one person"
HOME: Final = "one home"
SURROUNDINGS: Final = ("children", "people")
"""Whom the worlds are made of that an experience of every view is learned from."""

_AMONG: Final = ", "


def kinds(profile: EncodingProfile, *, every_view: bool = False) -> tuple[str, ...]:
    """Name the kinds of pairs that can be told apart under a profile.

    Pairs that agree by chance are one kind for each ground on which views can agree: born about the same
    time, living about the same place, or being namesakes.  ``every_view``: pairs of one person are then of
    three kinds by how much of the record was damaged, those that agree by noise alone are apart from those
    that agree by chance, and every kind is there once for children and once for people of any age.  How much
    damage there is, and whose world it is, then shows in the data at hand, as the shares of kinds do.
    """
    chance = tuple(f"chance of {ground}" for ground in dict.fromkeys(grounds(profile)))
    if not every_view:
        return (PERSON, HOME, *chance)
    persons = tuple(f"{PERSON} {how}" for how in ("in every view", "born alike", "otherwise"))
    return tuple(
        f"{kind}{_AMONG}{among}" for among in SURROUNDINGS for kind in (*persons, HOME, "noise", *chance)
    )


def grounds(profile: EncodingProfile) -> tuple[str, ...]:
    """Tell of every view what agreement on its salt rests on most: name, place or birth."""
    return tuple(_ground(view) for view in profile.views)


def _ground(view: View) -> str:
    if "names-phonetic" in view.salt:
        return "name"
    return "place" if {"postcode", "dwelling"} & set(view.salt) else "birth"


WEIGHING_Z = 3.5
"""While a pair is weighed, a view speaks beyond this many standard deviations of the noise.

Lower than in the comparison of all pairs: of the few pairs kept there, one view in four thousand speaks by
noise alone, while a real but faint agreement on a date or a postcode decides many a pair."""


@dataclass(frozen=True, slots=True, eq=False)
class Experience:
    """A multinomial logistic model of the kinds of pairs under one profile.

    ``kinds``: their names.  ``shares`` (kinds,): how frequent each kind was where this was learned.
    ``weights`` (kinds, features + 1): log odds of each kind by feature (:func:`evidence`), the constant last,
    up to a common term.  ``every_view``: which features those are.
    """

    kinds: tuple[str, ...]
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    every_view: bool = False

    @property
    def persons(self) -> NDArray[np.bool_]:
        """Which kinds (kinds,) are pairs of one person."""
        return np.array([kind.startswith(PERSON) for kind in self.kinds])

    @property
    def homes(self) -> NDArray[np.bool_]:
        """Which kinds (kinds,) are pairs of two people of one home."""
        return np.array([kind.startswith(HOME) for kind in self.kinds])

    @property
    def surroundings(self) -> tuple[NDArray[np.bool_], ...]:
        """Which kinds (kinds,) belong together, for each of the surroundings; all, where there is but one."""
        among = [kind.rpartition(_AMONG)[2] if self.every_view else "" for kind in self.kinds]
        return tuple(np.array([one == each for one in among]) for each in dict.fromkeys(among))

    def densities(self, found: Similarities) -> NDArray[np.float64]:
        """Return (m, kinds): how well each kind explains a pair, as logarithms up to a term per pair."""
        return self.explained(evidence(found, every_view=self.every_view))

    def explained(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the same (m, kinds) of pairs whose features (m, any) are at hand."""
        scores = features @ self.weights[:, :-1].T + self.weights[:, -1]
        return np.asarray(scores - np.log(self.shares))


def evidence(found: Similarities, *, every_view: bool = False) -> NDArray[np.float64]:
    """Return the features of pairs (m, 2·views + 5), or (m, 5·views + 3) of every view.

    Per view, whether it speaks; per view, whether it is missing; the largest Dice estimate of a view that
    speaks, with its square and cube; and whether that view is the only one that speaks, alone and times its
    estimate.  Of every view: which one is the only one, which one times its estimate, and the largest
    estimate times whether each view speaks.  The other views' own estimates are left out: they are of nearly
    the same tokens, and were measured to add nothing.
    """
    loudest = found.dice.max(axis=1, initial=0.0)[:, None]
    alone = (found.active.sum(axis=1) == 1)[:, None]
    told = [found.active, found.missing, loudest, loudest**2, loudest**3]
    if every_view:
        only = alone & found.active
        return np.concatenate([*told, only, only * found.dice, found.active * loudest], axis=1)
    return np.concatenate([*told, alone, alone * loudest], axis=1)


def shipped_experience(profile: EncodingProfile) -> Experience | None:
    """Return what is known of a profile's pairs, or None for a profile nobody has learned from."""
    learned = EXPERIENCES.get(profile.digest)
    if learned is None:
        return None
    every_view, names, shares, weights = learned
    return Experience(names, np.array(shares), np.array(weights), every_view)
