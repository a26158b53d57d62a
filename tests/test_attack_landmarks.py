"""Landmarks of one's own choice open a plain filter, and tell little of salted and diffused views."""

import numpy as np
import pytest

from linkage.lab.attacks.known_pairs import guess, known_pair_attack
from linkage.lab.attacks.landmarks import LANDMARK_METHODS, LandmarkMethod, chosen_landmarks, landmark_scores
from linkage.lab.attacks.targets import target_of
from linkage.lab.crowds import Listed, children
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def crowd() -> Listed:
    return children(500, 3)


def reidentified(name: str, crowd: Listed, method: LandmarkMethod, *, shuffled: bool = False) -> float:
    target, rng = target_of(shipped_profile(name)), np.random.default_rng(1)
    views, encoded = target.knowledge(crowd.people), target.encode(crowd.people, KEY)
    if shuffled:
        encoded = encoded.take(rng.permutation(len(crowd)))
    marks = chosen_landmarks(views, 60)
    others = np.setdiff1d(np.arange(len(crowd)), marks)
    return guess(landmark_scores(views, encoded, marks, others, method=method), None, rng).reidentified


@pytest.mark.parametrize("method", LANDMARK_METHODS)
def test_landmarks_open_a_plain_filter(crowd: Listed, method: LandmarkMethod) -> None:
    assert reidentified("clk-plain", crowd, method) > 0.95


@pytest.mark.parametrize("method", LANDMARK_METHODS)
def test_landmarks_tell_nothing_of_strangers(crowd: Listed, method: LandmarkMethod) -> None:
    assert reidentified("clk-plain", crowd, method, shuffled=True) < 0.03


def test_landmarks_tell_little_of_the_default(crowd: Listed) -> None:
    assert reidentified("child-1", crowd, "bits") < 0.15


def test_chosen_landmarks_are_different_people_and_tell_more_than_drawn_ones(crowd: Listed) -> None:
    target = target_of(shipped_profile("child-1"))
    views, encoded = target.knowledge(crowd.people), target.encode(crowd.people, KEY)
    chosen = chosen_landmarks(views, 40)
    assert len(set(chosen.tolist())) == 40
    drawn = [np.random.default_rng(seed).choice(len(crowd), 40, replace=False) for seed in range(3)]
    right = [
        known_pair_attack(views, encoded, known, rng=np.random.default_rng(1)).right.sum()
        for known in (chosen, *drawn)
    ]
    assert right[0] > np.mean(right[1:])


def test_everybody_may_be_a_landmark(crowd: Listed) -> None:
    views = target_of(shipped_profile("child-1")).knowledge(crowd.people[:20])
    assert sorted(chosen_landmarks(views, 99).tolist()) == [*range(20)]
