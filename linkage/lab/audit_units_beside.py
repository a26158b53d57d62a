"""The units of an audit beside known pairs and graphs: landmarks, membership, rows, clear fields, timing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from linkage.lab.attacks.cross_variant import across_variants
from linkage.lab.attacks.cross_view import CROSS_METHODS, across_views
from linkage.lab.attacks.known_pairs import guess, known_pair_scores
from linkage.lab.attacks.landmarks import LANDMARK_METHODS, chosen_landmarks, landmark_scores
from linkage.lab.attacks.membership import TESTS, members_by_key, membership_from_scores
from linkage.lab.attacks.payload import uniqueness
from linkage.lab.attacks.ranking import Ranking
from linkage.lab.attacks.targets import ProfileTarget, Target
from linkage.lab.attacks.timing import RHYTHMS, arrivals, crowd_sizes, told_from_sizes
from linkage.lab.audit_crowds import People, chance, crowd, key, sides
from linkage.lab.audit_report import AttackName, Side, Sizes, Unit, Value

__all__ = ["BESIDE", "COUNTS", "SMALL", "beside_units"]

COUNTS: Final = (100, 500)
"""Landmarks, and known pairs of whoever asks who is a member."""

SMALL: Final = (2, 5, 10, 20)
"""Groups of fewer people than these, alike in their clear fields, are counted."""

_HALF: Final = 0.5


def beside_units(people: int, seed: int) -> Iterator[Unit]:
    """Yield the units of one seed; ``people``: how many are attacked."""
    for count in COUNTS:
        if 2 * count <= people:
            yield Unit(attack="landmarks", seed=seed, part=str(count))
            yield Unit(attack="membership", seed=seed, part=str(count))
    whole: tuple[AttackName, ...] = ("cross-view", "cross-variant", "payload", "timing")
    for attack in whole:
        yield Unit(attack=attack, seed=seed)


def _landmarks(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed, count = crowd(target, sizes, unit, people), int(unit.part)
    views, encoded = target.knowledge(listed.people), target.encode(listed.people, key(unit))
    marks = chosen_landmarks(views, count)
    others = np.setdiff1d(np.arange(len(listed)), marks)
    for method in LANDMARK_METHODS:
        scores = landmark_scores(views, encoded, marks, others, method=method)
        for side, numbers in sides(listed):
            inside = None if numbers is None else numbers[others]
            guesses = guess(scores.copy(), inside, np.random.default_rng(unit.seed))
            lucky = chance(inside, len(others))
            for measure, share, trials in (
                (f"landmarks-{count}", guesses.reidentified, len(others)),
                (f"landmarks-confident-{count}", guesses.most_confident, guesses.most_confident_count),
            ):
                yield Value(
                    measure=measure, method=method, side=side, value=share, trials=trials, chance=lucky
                )


def _membership(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed, count = crowd(target, sizes, unit, people), int(unit.part)
    views, encoded = target.knowledge(listed.people), target.encode(listed.people, key(unit))
    order = np.random.default_rng(unit.seed).permutation(len(listed))
    known, asked = order[:count], order[count:]
    members = len(asked) // 2
    held = asked[:members]
    if count == COUNTS[0]:
        found = members_by_key(encoded.take(held), encoded.take(asked), members)
        yield from _ranked("membership-right-key", "look-up", "none", found)
    scores = known_pair_scores(views, encoded, known, asked, held)
    for side, numbers in sides(listed):
        inside = None if numbers is None else (numbers[held], numbers[asked])
        alone = membership_from_scores(np.zeros_like(scores), members, inside).area
        for test in TESTS:
            found = membership_from_scores(scores, members, inside, test)
            yield from _ranked(f"membership-{count}", test, side, found, alone)
            yield Value(
                measure=f"membership-sure-{count}",
                method=test,
                side=side,
                value=found.sure,
                trials=found.sought,
            )


def _ranked(measure: str, method: str, side: Side, found: Ranking, lucky: float = _HALF) -> Iterator[Value]:
    yield Value(measure=measure, method=method, side=side, value=found.area, trials=found.worth, chance=lucky)


def _cross_view(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    encoded = target.encode(crowd(target, sizes, unit, people).people, key(unit))
    for method in CROSS_METHODS:
        found = across_views(encoded, np.random.default_rng(unit.seed), method)
        if found is not None:
            yield from _ranked("cross-view", method, "none", found)


def _cross_variant(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    if isinstance(target, ProfileTarget):
        listed = crowd(target, sizes, unit, people).first(2 * sizes.dense)
        rng = np.random.default_rng(unit.seed)
        found = across_variants(target.profile, listed.people, key(unit), rng)
        yield from _ranked("cross-variant", "discriminant", "none", found)


def _payload(target: Target, unit: Unit, sizes: Sizes, people: People) -> Iterator[Value]:
    listed = crowd(target, sizes, unit, people)
    for side, numbers in sides(listed):
        if numbers is not None:
            found = uniqueness(numbers)
            yield Value(measure="payload-alone", side=side, value=found.expected, trials=len(listed))
            for size in SMALL:
                yield Value(
                    measure=f"payload-below-{size}", side=side, value=found.below(size), trials=len(listed)
                )
    if listed.dated.any():
        found = uniqueness(listed.dated)
        yield Value(measure="payload-dates-alone", side="appeal", value=found.expected, trials=len(listed))
        yield Value(measure="payload-dates-unique", side="appeal", value=found.unique, trials=len(listed))


def _timing(target: Target, unit: Unit, sizes: Sizes, _people: People) -> Iterator[Value]:
    """Look at made-up agencies' batches; whose encodings are attacked makes no difference to those."""
    found = arrivals(sizes.children, 50 + unit.seed)
    everybody = len({one.child for one in found})
    for rhythm in RHYTHMS:
        alike = crowd_sizes(found, rhythm)
        for measure, share in (
            ("timing-alone", float((1.0 / alike).mean())),
            ("timing-single", float((alike == 1).mean())),
            ("timing-below-10", float((alike < 10).mean())),
        ):
            lucky = 1 / everybody if measure == "timing-alone" else None
            yield Value(measure=measure, method=rhythm, value=share, trials=len(alike), chance=lucky)
        told = told_from_sizes(found, rhythm, target.record_bytes)
        yield Value(measure="sizes-children", method=rhythm, value=told.children, trials=told.batches)
        yield Value(measure="sizes-episodes", method=rhythm, value=told.episodes, trials=told.batches)


BESIDE: Final[Mapping[AttackName, Callable[[Target, Unit, Sizes, People], Iterator[Value]]]] = {
    "landmarks": _landmarks,
    "membership": _membership,
    "cross-view": _cross_view,
    "cross-variant": _cross_variant,
    "payload": _payload,
    "timing": _timing,
}
