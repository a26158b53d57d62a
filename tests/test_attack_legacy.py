"""CLKs under a legacy schema are attacked as encodings of ours are, and fall as a plain filter does."""

import numpy as np
import pytest

from linkage.audited.report import Sizes
from linkage.encode.legacy.profile import LegacyProfile
from linkage.errors import InputError
from linkage.lab.attacks.known_pairs import METHODS, Method, guess, known_pair_attack
from linkage.lab.attacks.landmarks import landmark_scores
from linkage.lab.attacks.targets import LegacyTarget, target_of
from linkage.lab.audit import assemble, run_unit, units
from linkage.lab.crowds import Listed, children
from tests.support.legacy import feature, ignored, profile, schema

KEY = bytes(range(32))
DATE = {"type": "date", "format": "%Y-%m-%d"}
SIZES = Sizes(people=300, graph=80, dense=60, controls=300, children=150)


def people_schema(**config: object) -> LegacyProfile:
    return profile(
        schema(
            ignored("id"),
            feature("first_name"),
            feature("surname", strategy={"bitsPerFeature": 100}),
            feature("dob", format=DATE, comparison={"type": "ngram", "n": 1, "positional": True}),
            **config,  # type: ignore[arg-type]
        ),
        "clkhash",
    )


@pytest.fixture(scope="module")
def crowd() -> Listed:
    return children(300, 8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("folds", [{}, {"xor_folds": 1}])
def test_a_hundred_known_people_open_clks(crowd: Listed, method: Method, folds: dict[str, int]) -> None:
    target = target_of(people_schema(**folds))
    views, encoded = target.knowledge(crowd.people), target.encode(crowd.people, KEY)
    known = np.random.default_rng(1).choice(len(crowd), 100, replace=False)
    guesses = known_pair_attack(views, encoded, known, rng=np.random.default_rng(1), method=method)
    assert guesses.reidentified > 0.9


@pytest.mark.parametrize("folds", [0, 2])
def test_what_is_expected_of_two_clks_is_what_they_show(crowd: Listed, folds: int) -> None:
    target, rows = target_of(people_schema(xor_folds=folds)), np.arange(60)
    (known,) = target.knowledge(crowd.people)
    expected = known.covariance(rows, rows) + known.mean(rows)[:, None] * known.mean(rows)[None, :]
    measured = np.zeros_like(expected)
    for seed in range(8):
        signs = target.encode(crowd.people[:60], bytes((seed,)) * 32).signs(0, rows)
        measured += signs @ signs.T / signs.shape[1] / 8
    apart = ~np.eye(60, dtype=np.bool_)
    assert np.abs(measured - expected)[apart].max() < 0.12
    assert abs((measured - expected)[apart].mean()) < 0.02


def test_likeness_to_landmarks_opens_folded_clks(crowd: Listed) -> None:
    """Twice folded, a CLK has a quarter of the bits that were hashed into: odds go by those that came out."""
    target = target_of(people_schema(xor_folds=2))
    views, encoded = target.knowledge(crowd.people), target.encode(crowd.people, KEY)
    scores = landmark_scores(views, encoded, np.arange(20), np.arange(20, 300), method="likeness")
    assert guess(scores, None, np.random.default_rng(1)).reidentified > 0.8


def test_an_audit_of_clks_is_red(crowd: Listed) -> None:
    attacked = people_schema()
    work = [
        unit for unit in units(attacked, seeds=(1,), sizes=SIZES, people=crowd.people) if not unit.control
    ]
    results = [run_unit(attacked, unit, sizes=SIZES, people=crowd.people) for unit in work]
    report = assemble(attacked, results, seeds=(1,), sizes=SIZES, people=crowd.people)
    assert report.weak
    assert {"known-pairs-20", "known-pairs-100", "landmarks-100"} <= {one.measure for one in report.red}
    assert any("no rows for" in line for line in report.left_out)


def test_a_column_that_nothing_is_known_of_is_named(crowd: Listed) -> None:
    odd = profile(schema(feature("xyzzy")))
    with pytest.raises(InputError, match="xyzzy"):
        target_of(odd).knowledge(crowd.people[:3])
    said = LegacyTarget(odd, columns=(("xyzzy", "surname"),))
    assert len(said.encode(crowd.people[:3], KEY)) == 3
