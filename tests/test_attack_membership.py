"""Whether a named child is among the encodings: told with the key, from a plain filter, not from others."""

import numpy as np
import pytest

from linkage.lab.attacks.membership import TESTS, Test, members_by_key, membership
from linkage.lab.attacks.ranking import Ranking, ranking
from linkage.lab.attacks.targets import target_of
from linkage.lab.crowds import Listed, children
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def crowd() -> Listed:
    return children(600, 4)


def asked(name: str, crowd: Listed, test: Test, side: np.ndarray | None = None) -> Ranking:
    target = target_of(shipped_profile(name))
    views, encoded = target.knowledge(crowd.people), target.encode(crowd.people, KEY)
    order = np.random.default_rng(2).permutation(len(crowd))
    known, members, others = order[:100], order[100:350], order[350:]
    return membership(views, encoded, known, members, others, side=side, test=test)


def test_whoever_has_the_key_is_never_wrong(crowd: Listed) -> None:
    target = target_of(shipped_profile("child-1"))
    encoded = target.encode(crowd.people, KEY)
    found = members_by_key(encoded.take(np.arange(300)), encoded, 300)
    assert (found.area, found.sure) == (1.0, 1.0)
    other = members_by_key(target.encode(crowd.people[:300], bytes(32)), encoded, 300)
    assert other.area == 0.5


def test_known_pairs_tell_members_behind_a_plain_filter(crowd: Listed) -> None:
    assert asked("clk-plain", crowd, "margin").area > 0.95
    assert asked("clk-plain", crowd, "likelihood").area > 0.85


@pytest.mark.parametrize("test", TESTS)
def test_known_pairs_hardly_tell_members_of_the_default(crowd: Listed, test: Test) -> None:
    assert abs(asked("child-1", crowd, test).area - 0.5) < 0.1


def test_clear_fields_of_ones_own_tell_everything(crowd: Listed) -> None:
    assert asked("child-1", crowd, "likelihood", np.arange(len(crowd))).area == 1.0
    alike = np.zeros(len(crowd), dtype=np.int64)
    assert asked("child-1", crowd, "likelihood", alike).area == pytest.approx(
        asked("child-1", crowd, "likelihood").area
    )


def test_an_area_is_how_often_the_sought_are_ahead() -> None:
    rng = np.random.default_rng(3)
    sought, others = rng.integers(0, 9, 70).astype(float), rng.integers(0, 7, 90).astype(float)
    ahead = np.mean([(one > other) + (one == other) / 2 for one in sought for other in others])
    assert ranking(sought, others).area == pytest.approx(ahead)


def test_few_false_alarms_are_counted() -> None:
    others = np.arange(200, dtype=float)
    assert ranking(np.array([198.0, 197.5, 197.0, 50.0]), others).sure == 0.5
    assert ranking(np.array([198.0, 199.0]), others[:50]).sure == 1.0


def test_an_area_is_worth_the_guesses_that_its_variance_says() -> None:
    rng = np.random.default_rng(5)
    found = [ranking(rng.normal(0.8, 1, 80), rng.normal(0, 1, 120)) for _ in range(400)]
    areas = np.array([one.area for one in found])
    expected = np.mean([one.area * (1 - one.area) / one.worth for one in found])
    assert expected == pytest.approx(areas.var(), rel=0.3)
