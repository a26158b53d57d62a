"""Whether groups fare differently, or only seem to: tests that hold however many groups are looked at.

The unit is a person, never a pair: pairs of one person stand and fall together.  Of every unit it is known
how much of it counts and how much of that failed.  Were a group like all others, its labels could as well
have been dealt by lot; so labels are dealt by lot, some thousand times, among units that count alike, and
what the lot does is what chance does (Fisher, The Design of Experiments, 1935).  Units of one *block* failed
together (two persons in one false link): where they bear the same label the lot deals them the same.

Of each kind of groups (sex, say) the group that stands out most is held against the one that stands out most
under the lot (Westfall and Young, Resampling-Based Multiple Testing, 1993), which tests every group against
all others and the kind as a whole at once.  Kinds are held to Holm's rule (Scandinavian Journal of Statistics
6, 1979).  So the chance that anything is claimed where nothing differs is ``level``, over all kinds together.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.shares import Interval, difference_interval, wilson_interval

__all__ = ["FEWEST", "Comparison", "GroupColumn", "GroupDifference", "KindTest", "Outcome", "compare_groups"]

FEWEST = 10
"""A group of fewer units, or one that leaves fewer others, is neither tested nor shown."""

_DRAWS, _LEAST_DRAWS = 4000, 999
_FEWEST_ALIKE = 30
_CELLS = 16_000_000
"""So many labels are held at once; where very many units failed, fewer draws tell as much."""

_SETTLED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What is measured of units (n,): how much of each counts, and how much of that failed.

    ``name``: what the share that did not fail is called; ``block``: a number that units have in common which
    failed together.
    """

    name: str
    whole: NDArray[np.float64]
    failed: NDArray[np.float64]
    block: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GroupColumn:
    """One group of a kind: which units (n,) belong to it."""

    kind: str
    name: str
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """One group against all others.

    ``units``: of the group, of those that count; ``whole``: what counts of them.  ``share``: of it that did
    not fail; ``difference``: that less the ``others``' share.  ``chance``: how often the lot alone makes some
    group of the kind stand out as much, all kinds considered; None, like ``others`` and ``difference``, where
    the group or the rest was too small to be tested.
    """

    outcome: str
    kind: str
    name: str
    units: int
    whole: float
    share: Interval
    others: Interval | None = None
    difference: Interval | None = None
    chance: float | None = None
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class KindTest:
    """Whether any group of a kind differs: ``chance`` by itself, ``adjusted`` with all kinds considered."""

    outcome: str
    kind: str
    groups: int
    chance: float
    adjusted: float
    claimed: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything: each group, and each kind that could be tested, in the order in which they were given."""

    level: float
    groups: tuple[GroupDifference, ...]
    kinds: tuple[KindTest, ...]

    @property
    def claimed(self) -> tuple[GroupDifference, ...]:
        """The groups that fare differently, and not by chance."""
        return tuple(one for one in self.groups if one.claimed)


def compare_groups(
    outcomes: Sequence[Outcome], columns: Sequence[GroupColumn], *, level: float = 0.05, draws: int = _DRAWS
) -> Comparison:
    """Compare every group with all others in every outcome; the same input gives the same answer.

    ``level``: the chance that anything is claimed where nothing differs; ``draws``: how often labels are
    dealt.  Raises :class:`ValueError` for columns of another length than the outcomes, or for more failed
    than there is.
    """
    for one in outcomes:
        if any(len(column.inside) != len(one.whole) for column in columns):
            raise ValueError("compare_groups: a group tells of other units than an outcome does")
        if np.any((one.failed < 0) | (one.failed > one.whole + _SETTLED)):
            raise ValueError("compare_groups: more of a unit failed than there is of it")
    tested = [_Tested(one, columns, draws) for one in outcomes]
    held = _held(tested, level)
    return Comparison(
        level,
        tuple(one.difference(place, held) for one in tested for place in range(len(columns))),
        tuple(one.test for one in held.values()),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """A kind's test, and by what Holm's rule multiplied its chance."""

    test: KindTest
    factor: int
    level: float

    def group(self, chance: float) -> tuple[float, bool]:
        """Return a group's chance with all kinds considered, and whether its difference is claimed."""
        adjusted = max(self.test.adjusted, min(1.0, chance * self.factor))
        return adjusted, adjusted <= self.level


_Kinds = Mapping[tuple[str, str], _Held]


def _held(tested: Sequence["_Tested"], level: float) -> _Kinds:
    """Hold all kinds of all outcomes to Holm's rule."""
    chances = {(one.name, kind): found for one in tested for kind, found in one.kinds().items()}
    ordered = sorted(chances, key=lambda key: min(chances[key]))
    held: dict[tuple[str, str], _Held] = {}
    worst = 0.0
    for place, key in enumerate(ordered):
        factor, chance = len(ordered) - place, min(chances[key])
        worst = max(worst, min(1.0, chance * factor))
        held[key] = _Held(KindTest(*key, len(chances[key]), chance, worst, worst <= level), factor, level)
    return {key: held[key] for key in chances}


class _Tested:
    """One outcome with its groups, and what the lot makes of them."""

    def __init__(self, outcome: Outcome, columns: Sequence[GroupColumn], draws: int) -> None:
        counts = outcome.whole > 0
        self.name = outcome.name
        self._columns = columns
        self._whole = outcome.whole[counts]
        self._failed = np.minimum(outcome.failed[counts], self._whole)
        self._block = outcome.block[counts]
        inside = [column.inside[counts] for column in columns]
        self._inside = np.array(inside, dtype=np.bool_).reshape(len(columns), len(self._whole)).T
        self._effect = self._design_effect()
        self._chance = self._chances(draws)

    def kinds(self) -> dict[str, list[float]]:
        """Return the kinds with a group that could be tested, each with the chances of its groups."""
        found: dict[str, list[float]] = {}
        for place, chance in self._chance.items():
            found.setdefault(self._columns[place].kind, []).append(chance)
        return found

    def difference(self, place: int, kinds: _Kinds) -> GroupDifference:
        """Return one group against all others."""
        column, own = self._columns[place], self._inside[:, place]
        share = self._share(own)
        known = (self.name, column.kind, column.name, int(own.sum()), float(self._whole[own].sum()), share)
        if place not in self._chance:
            return GroupDifference(*known)
        others = self._share(~own)
        chance, claimed = kinds[self.name, column.kind].group(self._chance[place])
        return GroupDifference(*known, others, difference_interval(share, others), chance, claimed)

    def _share(self, which: NDArray[np.bool_]) -> Interval:
        whole, failed = float(self._whole[which].sum()), float(self._failed[which].sum())
        return wilson_interval(max(whole - failed, 0.0), whole, effect=self._effect)

    def _design_effect(self) -> float:
        """Return how much more shares of these units vary than if all that counts stood alone."""
        whole, failed = self._whole.sum(), self._failed.sum()
        if not whole:
            return 1.0
        blocks = np.unique(self._block, return_inverse=True)[1].reshape(-1)
        if failed in (0, whole):  # nothing tells; at worst all of a block does the same
            return max(1.0, float((np.bincount(blocks, self._whole) ** 2).sum() / whole))
        share = failed / whole
        strayed = np.bincount(blocks, self._failed - share * self._whole)
        return max(1.0, float((strayed**2).sum() / (whole * share * (1 - share))))

    def _chances(self, draws: int) -> dict[int, float]:
        """Return for each column that can be tested how often the lot lets one of its kind stand out so."""
        sizes = self._inside.sum(axis=0)
        enough = np.flatnonzero((sizes >= FEWEST) & (len(self._whole) - sizes >= FEWEST))
        found: dict[int, float] = {}
        failing = np.flatnonzero(self._failed)
        draws = min(draws, max(_LEAST_DRAWS, _CELLS // max(1, len(failing))))
        dealt = self._deal(failing, draws if len(enough) else 0)
        for kind in dict.fromkeys(self._columns[place].kind for place in enough.tolist()):
            places = [place for place in enough.tolist() if self._columns[place].kind == kind]
            inside = self._inside[:, places]
            found.update(zip(places, self._of_kind(inside, failing, dealt).tolist(), strict=True))
        return {place: found[place] for place in enough.tolist()}

    def _of_kind(
        self, inside: NDArray[np.bool_], failing: NDArray[np.int64], dealt: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return the chances (g,) of the groups of one kind, ``inside`` (n, g)."""
        weights, draws = self._weights(failing, inside), len(dealt)
        own = _steady(self._failed[failing] @ inside[failing])
        by_lot = np.empty((draws, inside.shape[1]))
        step = max(1, _CELLS // max(1, len(failing) * inside.shape[1]))
        for start in range(0, draws, step):
            some = inside[dealt[start : start + step]]
            by_lot[start : start + step] = _steady(np.einsum("k,dkg->dg", weights, some.astype(np.float64)))
        middle, spread = by_lot.mean(axis=0), by_lot.std(axis=0)
        scale = np.where(spread > _SETTLED, spread, np.inf)  # what the lot cannot move is not striking
        striking = np.abs(own - middle) / scale
        most = (np.abs(by_lot - middle) / scale).max(axis=1)
        beyond = (most[:, None] >= striking - _SETTLED).sum(axis=0)
        return np.asarray((1 + beyond) / (1 + draws))

    def _weights(self, failing: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how much failed (k,) goes by each failing unit's label: its block's, where labels agree."""
        first: dict[int, int] = {}
        goes_by = np.arange(len(failing))
        for place, unit in enumerate(failing.tolist()):
            lead = first.setdefault(int(self._block[unit]), place)
            if np.array_equal(inside[failing[lead]], inside[unit]):
                goes_by[place] = lead
        weights = np.bincount(goes_by, self._failed[failing], minlength=len(failing))
        return weights.astype(np.float64)

    def _deal(self, failing: NDArray[np.int64], draws: int) -> NDArray[np.int32]:
        """Deal to each failing unit, anew in every draw, a unit (d, k) that counts as much as it does."""
        stratum = _alike(self._whole)
        seen = hashlib.sha256(self._whole.tobytes() + self._failed.tobytes()).digest()
        lot = np.random.default_rng(int.from_bytes(seen[:8], "big"))
        places = np.empty((draws, len(failing)), dtype=np.int32)
        for one in np.unique(stratum[failing]).tolist():
            members = np.flatnonzero(stratum == one)
            wanted = np.flatnonzero(stratum[failing] == one)
            for number in range(draws):
                places[number, wanted] = members[lot.choice(len(members), len(wanted), replace=False)]
        return places


def _steady(failed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let small counts vary as much as large ones (Anscombe, Biometrika 35, 1948)."""
    return np.sqrt(failed + 0.375)


def _alike(whole: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the strata (n,) of units that count alike; what few units have goes with its neighbours."""
    sizes, place, counts = np.unique(whole, return_inverse=True, return_counts=True)
    numbers, held, number = np.empty(len(sizes), dtype=np.int64), 0, 0
    for at, count in enumerate(counts.tolist()):
        numbers[at], held = number, held + count
        if held >= _FEWEST_ALIKE and counts[at + 1 :].sum() >= _FEWEST_ALIKE:
            held, number = 0, number + 1
    return np.asarray(numbers[place.reshape(-1)])
