"""Answers refine the calibration for the next linkage, and never more than they warrant."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.match import quality_answers
from linkage.match.logistic import probability
from linkage.match.quality_answers import Answer, Calibration, refine

answers = st.lists(st.builds(Answer, st.floats(-8, 8), st.booleans(), st.floats(0.01, 1.0)), max_size=30)


def drawn(seed: int, count: int, *, shift: float = 0.0, slope: float = 1.0) -> list[Answer]:
    """Answers about pairs in doubt, asked the more often the nearer to even; the truth is on a line."""
    random = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        log_odds = float(random.normal(0.0, 2.5))
        chance = float(1.2 * probability(np.array(log_odds)) * probability(np.array(-log_odds)) + 0.05)
        if random.random() < chance:
            same = bool(random.random() < probability(np.array(shift + slope * log_odds)))
            found.append(Answer(log_odds, same, chance))
    return found


@settings(max_examples=60)
@given(answers, st.lists(st.integers(-30, 30), min_size=2, max_size=5))
def test_the_order_of_pairs_stays_and_errors_are_numbers(said: list[Answer], log_odds: list[int]) -> None:
    learned = refine(said)
    before = np.array(log_odds, dtype=np.float64)
    after = learned.calibration.apply(before)
    assert (np.sign(np.subtract.outer(before, before)) == np.sign(np.subtract.outer(after, after))).all()
    assert all(0 <= learned.calibration.standard_error(one) < 10 for one in log_odds)
    assert learned.effective <= learned.answers + 1e-9
    assert learned.calibration.standard_error(0.0) <= Calibration().standard_error(0.0) + 1e-9


@settings(max_examples=40)
@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(said: list[Answer], random: object) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert refine(shuffled) == refine(said)


def objective(said: list[Answer], shift: float, slope: float) -> float:
    """The weighted log likelihood with its prior, term by term."""
    weights = np.array([1 / one.chance for one in said])
    weights = weights * (weights.sum() / (weights**2).sum())
    total = -(shift**2) / (2 * 0.5**2) - (slope - 1) ** 2 / (2 * 0.15**2)
    for one, weight in zip(said, weights, strict=True):
        chance = float(probability(np.array(shift + slope * one.log_odds)))
        total += weight * np.log(chance if one.same else 1 - chance)
    return total


@pytest.mark.parametrize("seed", range(5))
def test_no_other_line_explains_the_answers_better(seed: int) -> None:
    said = drawn(seed, 60, shift=1.0)
    found = refine(said).calibration
    best = objective(said, found.shift, found.slope)
    for shift in np.linspace(-1, 2, 31):
        for slope in np.linspace(0.4, 1.6, 25):
            assert objective(said, float(shift), float(slope)) <= best + 1e-9


def test_no_answers_change_nothing() -> None:
    learned = refine([])
    assert (learned.calibration.shift, learned.calibration.slope, learned.answers) == (0, 1, 0)
    assert learned.before == learned.after


def test_a_few_answers_change_little_and_many_find_the_truth() -> None:
    few = refine([Answer(1.0, same=False)] * 3).calibration
    assert -0.5 < few.shift < 0
    many = refine(drawn(1, 3000, shift=-1.0, slope=0.8))
    assert many.calibration.shift == pytest.approx(-1.0, abs=0.2)
    assert many.calibration.slope == pytest.approx(0.8, abs=0.1)
    assert many.after.log_loss < many.before.log_loss
    assert many.held_out.log_loss < many.before.log_loss
    assert abs(many.after.expected - many.after.observed) < abs(many.before.expected - many.before.observed)
    assert many.calibration.standard_error(0.0) < 0.1


def test_the_truth_lies_within_two_standard_errors_mostly() -> None:
    held = 0
    for seed in range(60):
        found = refine(drawn(seed, 400, shift=0.4)).calibration
        at = float(found.apply(np.array(1.0)))
        held += abs(at - 1.4) <= 2 * found.standard_error(1.0)
    assert held >= 53


def test_answers_count_by_the_inverse_of_their_chance() -> None:
    """Pairs of one kind asked ten times as often as another weigh no more together."""
    rare, frequent = [Answer(2.0, same=True, chance=0.05)] * 5, [Answer(-2.0, same=True, chance=0.5)] * 50
    figures = refine(rare + frequent).before
    assert figures.expected == pytest.approx(0.5)


def test_answers_that_turn_everything_round_do_not_turn_the_order() -> None:
    contrary = [Answer(float(x), same=x < 0) for x in np.linspace(-6, 6, 400)]
    assert refine(contrary).calibration.slope >= 0.2


@pytest.mark.parametrize(
    "wrong", [Answer(0.0, True, 0.0), Answer(0.0, True, 1.5), Answer(float("nan"), True)]
)
def test_answers_without_a_chance_are_refused(wrong: Answer) -> None:
    with pytest.raises(InputError, match="answers"):
        refine([wrong])


def test_learning_has_no_way_to_a_decision() -> None:
    source = inspect.getsource(quality_answers)
    assert "Linkage" not in source
    assert "cluster" not in source
