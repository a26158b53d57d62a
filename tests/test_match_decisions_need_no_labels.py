"""Decisions fit the data at hand without labels, and say nothing about it that labels would be needed for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.decision import Judge, estimate_shares, estimate_shares_apart
from linkage.match.experience import Experience, evidence, grounds, kinds, shipped_experience
from linkage.match.similarity import Similarities
from linkage.profile import Decision, EncodingProfile, Feature, View
from linkage.shipped_profiles import shipped_profiles

PROFILES = list(shipped_profiles().values())


def _similarities(dice: list[list[float]], missing: list[list[bool]] | None = None) -> Similarities:
    values = np.array(dice)
    absent = np.zeros(values.shape, bool) if missing is None else np.array(missing)
    return Similarities(np.where(absent, 0, values), (values > 0) & ~absent, absent)


def _toy(shares: tuple[float, ...]) -> Experience:
    names = ("one person", "one home", *(f"chance {number}" for number in range(2, len(shares))))
    return Experience(names, np.array(shares), np.zeros((len(shares), 1)))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_shipped_profile_has_learned_experience_of_its_own_shape(profile: EncodingProfile) -> None:
    experience = shipped_experience(profile)
    assert experience is not None, "run: python -m benchmarks.learn_experience"
    views, detailed = len(profile.views), experience.every_view
    assert set(experience.kinds) <= set(kinds(profile, every_view=detailed))
    assert experience.weights.shape == (len(experience.kinds), 5 * views + 4 if detailed else 2 * views + 6)
    assert 0 < experience.persons.sum() < len(experience.kinds) - experience.homes.sum()
    assert experience.shares.sum() == pytest.approx(1, abs=0.01)
    assert (experience.shares > 0).all()
    assert len(grounds(profile)) == len(profile.views)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_agreement_of_everything_links_and_one_faint_view_does_not(profile: EncodingProfile) -> None:
    views = len(profile.views)
    judge = Judge(profile)
    lone = [[0.45 if place == view else 0.0 for place in range(views)] for view in range(views)]
    found = _similarities([[0.95] * views, *lone])
    weights = judge.weigh(judge.describe(found), np.zeros(len(found), dtype=np.bool_))
    assert weights[0] > 3
    assert (weights[1:] < weights[0] - 3).all()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_more_alike_in_the_same_views_the_higher_the_weight(profile: EncodingProfile) -> None:
    views = len(profile.views)
    judge = Judge(profile)
    ladder = np.linspace(0.6, 1.0, 9)
    weights = judge.rank(judge.describe(_similarities([[value] * views for value in ladder])))
    assert (np.diff(weights) > 0).all()


@given(
    st.lists(st.tuples(*[st.floats(-30, 30)] * 3), min_size=1, max_size=60),
    st.tuples(*[st.floats(0.05, 1)] * 3),
    st.randoms(use_true_random=False),
)
def test_shares_are_a_maximum_of_the_likelihood_whatever_the_order(
    densities: list[tuple[float, ...]], prior: tuple[float, ...], shuffler: object
) -> None:
    given_shares = np.array(prior) / sum(prior)
    experience = _toy(tuple(given_shares))
    values = np.array(densities)
    shares = estimate_shares(values, experience)
    assert shares.sum() == pytest.approx(1)

    def objective(candidate: np.ndarray) -> float:
        top = values.max(axis=1, keepdims=True)
        return float(np.log((np.exp(values - top) * candidate).sum(axis=1)).sum()) + 20 * float(
            (given_shares * np.log(candidate)).sum()
        )

    for kind in range(3):
        nudged = shares.copy()
        nudged[kind] += 0.02
        assert objective(nudged / nudged.sum()) <= objective(shares) + 1e-6
    order = list(range(len(values)))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    assert estimate_shares(values[order], experience) == pytest.approx(shares, abs=1e-6)


def test_a_handful_of_pairs_keeps_the_shares_that_were_learned() -> None:
    experience = _toy((0.5, 0.3, 0.2))
    assert estimate_shares(np.zeros((0, 3)), experience) == pytest.approx(experience.shares)
    shares = estimate_shares(np.array([[0.0, 5.0, 5.0]]), experience)
    assert shares == pytest.approx(experience.shares, abs=0.05)


def test_the_same_pair_weighs_less_where_such_pairs_are_mostly_relatives() -> None:
    experience = _toy((0.5, 0.5))
    doubtful, person, home = [0.0, 0.0], [0.0, -8.0], [-8.0, 0.0]
    without_families = estimate_shares(np.array([doubtful] + [person] * 200), experience)
    with_families = estimate_shares(np.array([doubtful] + [person] * 20 + [home] * 400), experience)
    assert without_families[0] > 0.8
    assert with_families[0] < 0.2


def test_the_data_choose_the_surroundings_that_explain_them() -> None:
    kinds_of_both = ("one person, children", "noise, children", "one person, people", "noise, people")
    experience = Experience(kinds_of_both, np.full(4, 0.25), np.zeros((4, 1)), every_view=True)
    like_children, in_doubt = [5.0, -2.0, -1.0, 2.0], [0.0, 0.0, 0.0, 0.0]
    children = np.array([like_children] * 60 + [in_doubt])
    shares = estimate_shares(children, experience)
    assert shares[2:].sum() < 1e-9
    assert shares.sum() == pytest.approx(1)
    nobody = estimate_shares(np.zeros((0, 4)), experience)
    assert nobody == pytest.approx(experience.shares)
    alone, with_others = (
        estimate_shares_apart(groups, experience)[0]
        for groups in ((children[-1:],), (children[-1:], children))
    )
    assert alone[2:].sum() > 0.4
    assert with_others[2:].sum() < 1e-9


def test_evidence_tells_missing_views_from_silent_ones() -> None:
    silent = evidence(_similarities([[0.8, 0.0]]))
    missing = evidence(_similarities([[0.8, 0.0]], [[False, True]]))
    assert silent[0].tolist() == pytest.approx([1, 0, 0, 0, 0.8, 0.64, 0.512, 1, 0.8])
    assert missing[0].tolist() == pytest.approx([1, 0, 0, 1, 0.8, 0.64, 0.512, 1, 0.8])


def test_evidence_of_every_view_tells_which_one_speaks_alone_and_how_loud() -> None:
    alone = evidence(_similarities([[0.0, 0.8]]), every_view=True)
    both = evidence(_similarities([[0.5, 0.8]]), every_view=True)
    loud = [0.8, 0.64, 0.512]
    assert alone[0].tolist() == pytest.approx([0, 1, 0, 0, *loud, 0, 1, 0, 0.8, 0, 0.8])
    assert both[0].tolist() == pytest.approx([1, 1, 0, 0, *loud, 0, 0, 0, 0, 0.8, 0.8])


def test_every_kind_of_one_person_counts_for_it() -> None:
    experience = Experience(
        ("one person clean", "one person damaged", "one home", "noise"), np.full(4, 0.25), np.zeros((4, 1))
    )
    assert experience.persons.tolist() == [True, True, False, False]
    assert experience.homes.tolist() == [False, False, True, False]


def test_a_profile_nobody_learned_from_links_by_its_thresholds() -> None:
    feature = Feature(field="surname", kind="bigrams", label="s", k=4)
    profile = EncodingProfile(
        name="made-up",
        length=64,
        diffusion=1,
        views=(
            View(name="a", salt=("year",), features=(feature,)),
            View(name="b", salt=("month",), features=(feature,)),
        ),
        decision=Decision(thresholds={"a": 0.8}),
    )
    judge = Judge(profile)
    found = _similarities([[0.85, 0.0], [0.75, 0.99], [0.0, 0.0]])
    weights = judge.weigh(judge.describe(found), np.zeros(len(found), dtype=np.bool_))
    assert weights[0] > 0 > weights[1] > weights[2]
    assert (judge.rank(judge.describe(found)) == weights).all()


def test_a_source_that_holds_nobody_twice_links_its_own_records_on_more_evidence() -> None:
    profile = PROFILES[0]
    judge, views = Judge(profile), len(profile.views)
    matches = [[0.95] * views] * 300
    chance = [[0.45 if place == 0 else 0.0 for place in range(views)]] * 300
    doubtful = [[0.5 if place < 2 else 0.0 for place in range(views)]] * 2
    found = _similarities([*matches, *chance, *doubtful])
    within = np.zeros(len(found), dtype=np.bool_)
    within[len(matches) : -1] = True
    across, inside = judge.weigh(judge.describe(found), within)[[-1, -2]]
    assert across > inside + 1
