"""What a linkage says of its own quality is true, as far as its log odds are."""

import itertools
import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.clustering import ABSENT_WEIGHT
from linkage.match.linkage import Known, Linkage, Pairs, RecordId
from linkage.match.logistic import probability
from linkage.match.quality import (
    CALIBRATION_ERROR,
    CALIBRATION_ERRORS,
    Estimate,
    Quality,
    estimate_quality,
)
from linkage.match.quality_pairs import implied_pairs, missed_pairs, settled
from linkage.match.weighing import Method
from tests.support.scored_worlds import linkage_of, scored_world


@st.composite
def linkages(draw: st.DrawFn) -> Linkage:
    """Up to nine records, some pairs with log odds, and any clusters at all."""
    count = draw(st.integers(0, 9))
    pairs = list(itertools.combinations(range(count), 2))
    chosen = sorted(draw(st.lists(st.sampled_from(pairs), unique=True))) if pairs else []
    score = [draw(st.floats(-12, 12)) for _ in chosen]
    labels = np.array([draw(st.integers(0, 3)) for _ in range(count)], dtype=np.int64)
    clusters = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    left, right = np.array(chosen, dtype=np.int64).reshape(-1, 2).T
    ids = tuple(RecordId("A", f"{number:032x}") for number in range(count))
    return Linkage(ids, Pairs(left, right, np.array(score), clusters[left] == clusters[right]), clusters)


def slowly(linkage: Linkage) -> tuple[float, float, float]:
    """Expected right pairs, right kept pairs and missed pairs: every chain of every pair is walked."""
    pairs = linkage.pairs
    scored = zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True)
    doubt = {frozenset((a, b)): 1 / (1 + math.exp(score)) for a, b, score in scored}
    absent = 1 / (1 + math.exp(ABSENT_WEIGHT))
    right = right_kept = 0.0
    for cluster in set(linkage.clusters.tolist()):
        members = np.flatnonzero(linkage.clusters == cluster).tolist()
        best = {
            (a, b): doubt.get(frozenset((a, b)), absent) if a != b else 0.0 for a in members for b in members
        }
        for _ in members:
            best = {(a, b): min(best[a, middle] + best[middle, b] for middle in members) for a, b in best}
        for a, b in itertools.combinations(members, 2):
            right += 1 - best[a, b]
            right_kept += (1 - best[a, b]) * (frozenset((a, b)) in doubt)
    missed = sum(
        1 - doubt[frozenset((a, b))]
        for a, b in itertools.combinations(range(len(linkage.records)), 2)
        if frozenset((a, b)) in doubt and linkage.clusters[a] != linkage.clusters[b]
    )
    return right, right_kept, missed


@given(linkages())
def test_expected_figures_are_those_of_walking_every_chain(linkage: Linkage) -> None:
    right, right_kept, missed = slowly(linkage)
    quality = estimate_quality(linkage)
    for found, expected in ((quality.implied, right), (quality.links, right_kept)):
        assert found.false.value == pytest.approx(found.pairs - expected, abs=1e-9)
        assert found.missed.value == pytest.approx(missed, abs=1e-9)
        assert found.precision.value == pytest.approx(expected / found.pairs if found.pairs else 1)
        assert found.recall.value == pytest.approx(expected / (expected + missed) if expected + missed else 1)


def estimates(quality: Quality) -> list[Estimate]:
    return [
        getattr(part, name)
        for part in (quality.links, quality.implied)
        for name in ("precision", "recall", "false", "missed")
    ]


@given(linkages(), st.floats(0, 2), st.floats(0.01, 0.99))
def test_intervals_hold_their_estimates_and_shares_are_shares(
    linkage: Linkage, error: float, level: float
) -> None:
    quality = estimate_quality(linkage, calibration_error=error, level=level)
    for estimate in estimates(quality):
        assert 0 <= estimate.low <= estimate.value <= estimate.high
    for part in (quality.links, quality.implied):
        assert max(part.precision.high, part.recall.high) <= 1
        assert part.false.high <= part.pairs
    assert quality.links.pairs <= quality.implied.pairs
    assert quality == estimate_quality(linkage, calibration_error=error, level=level)


@given(linkages(), st.floats(0.1, 5))
def test_more_evidence_is_never_less_precision(linkage: Linkage, more: float) -> None:
    pairs = linkage.pairs
    raised = Linkage(
        linkage.records, Pairs(pairs.left, pairs.right, pairs.score + more, pairs.link), linkage.clusters
    )
    before, after = estimate_quality(linkage), estimate_quality(raised)
    assert after.implied.precision.value >= before.implied.precision.value - 1e-12
    assert after.implied.missed.value >= before.implied.missed.value - 1e-12


@given(linkages(), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(linkage: Linkage, random: object) -> None:
    order = list(range(len(linkage.records)))
    random.shuffle(order)  # type: ignore[attr-defined]
    place = np.argsort(np.array(order, dtype=np.int64)) if order else np.zeros(0, np.int64)
    ends = np.sort(np.stack([place[linkage.pairs.left], place[linkage.pairs.right]], axis=1), axis=1)
    sort = np.lexsort((ends[:, 1], ends[:, 0]))
    pairs = Pairs(ends[sort, 0], ends[sort, 1], linkage.pairs.score[sort], linkage.pairs.link[sort])
    moved = Linkage(linkage.records, pairs, linkage.clusters[np.array(order, dtype=np.int64)])
    one, other = estimates(estimate_quality(linkage)), estimates(estimate_quality(moved))
    assert [each.value for each in one] == pytest.approx([each.value for each in other])


def test_nothing_linked_is_nothing_wrong() -> None:
    none = np.zeros(0, dtype=np.int64)
    quality = estimate_quality(linkage_of(none, none, np.zeros(0), 0))
    assert quality.implied.precision == Estimate(1, 1, 1)
    assert quality.implied.false == Estimate(0, 0, 0)


def test_a_person_whose_ends_never_agreed_is_as_good_as_its_chain() -> None:
    chain = linkage_of(np.array([0, 1]), np.array([1, 2]), np.array([6.0, 6.0]), 3)
    assert chain.clusters.tolist() == [0, 0, 0]
    implied = implied_pairs(chain, settled(chain, ()))
    (end,) = implied.log_odds[~implied.kept]
    doubt = 1 / (1 + math.exp(6))
    assert 1 / (1 + math.exp(end)) == pytest.approx(2 * doubt)


def test_a_cluster_too_large_to_be_sound_counts_as_it_is() -> None:
    count = 70
    left = np.arange(count - 1)
    linkage = Linkage(
        tuple(RecordId("A", f"{number:032x}") for number in range(count)),
        Pairs(left, left + 1, np.full(count - 1, 9.0), np.ones(count - 1, bool)),
        np.zeros(count, np.int64),
    )
    quality = estimate_quality(linkage)
    assert quality.implied.pairs == count * (count - 1) // 2
    assert quality.implied.precision.value < 0.2
    assert quality.links.precision.value > 0.99


def test_what_somebody_knows_is_beyond_doubt() -> None:
    pairs = np.array([0, 2]), np.array([1, 3]), np.array([0.5, -0.5])
    linkage = linkage_of(*pairs, 4)
    ids = linkage.records
    known = [Known(ids[1], ids[0], same=True), Known(ids[2], ids[3], same=False)]
    quality = estimate_quality(linkage, known=known)
    assert quality.implied.false.high == pytest.approx(0, abs=1e-9)
    assert quality.implied.missed.high == pytest.approx(0, abs=1e-9)
    said = settled(linkage, [Known(ids[0], ids[3], same=False)])
    assert len(missed_pairs(linkage, said).log_odds) == 2
    stranger = Known(RecordId("Z", "0"), ids[0], same=True)
    assert estimate_quality(linkage, known=[stranger]) == estimate_quality(linkage)


def test_true_pairs_that_the_comparison_is_known_to_lose_count_as_missed() -> None:
    linkage = scored_world(1).linkage
    all_kept, some_lost = estimate_quality(linkage), estimate_quality(linkage, kept_share=0.8)
    assert some_lost.implied.recall.value == pytest.approx(0.8 * all_kept.implied.recall.value)
    assert some_lost.implied.precision == all_kept.implied.precision


@pytest.mark.parametrize(
    "wrong", [{"level": 0.0}, {"level": 1.0}, {"calibration_error": -0.1}, {"kept_share": 0.0}]
)
def test_arguments_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="estimate_quality"):
        estimate_quality(scored_world(0, persons=3).linkage, **wrong)  # type: ignore[arg-type]


def test_a_surer_level_and_a_worse_calibration_widen_the_interval() -> None:
    linkage = scored_world(3).linkage

    def width(**options: float) -> float:
        precision = estimate_quality(linkage, **options).implied.precision  # type: ignore[arg-type]
        return precision.high - precision.low

    assert width(level=0.5) < width(level=0.95)
    assert width(calibration_error=0.0) < width(calibration_error=1.0)


def test_a_way_that_was_measured_to_err_by_more_has_wider_intervals() -> None:
    linkage = scored_world(3).linkage
    for method in get_args(Method):
        found = estimate_quality(replace(linkage, method=method))
        stated = CALIBRATION_ERRORS.get(method, CALIBRATION_ERROR)
        assert found == estimate_quality(linkage, calibration_error=stated)
        assert (stated > CALIBRATION_ERROR) == (method not in {"decoys", "thresholds"})


def drawn_truth(seed: int, error: float) -> tuple[Linkage, float]:
    """A linkage of two hundred clusters, and its true precision, drawn from the very odds that it states.

    Each record of a cluster hangs on an earlier one by some log odds; the truth severs it there or does not,
    so that the errors of one cluster come together.  ``error``: of all stated log odds.
    """
    random = np.random.default_rng(seed)
    left, right, score, right_pairs, count, pairs = [], [], [], 0, 0, 0
    clusters: list[int] = []
    for number in range(200):
        size = int(random.integers(1, 5))
        piece = [0] * size
        for record in range(1, size):
            anchor, odds = int(random.integers(record)), float(random.normal(4.0, 2.0))
            left.append(count + anchor)
            right.append(count + record)
            score.append(odds + error)
            severed = random.random() > probability(np.array(odds))
            piece[record] = record if severed else piece[anchor]
        right_pairs += sum(a == b for a, b in itertools.combinations(piece, 2))
        pairs += size * (size - 1) // 2
        clusters += [number] * size
        count += size
    ends = np.array([left, right], dtype=np.int64)
    order = np.lexsort((ends[1], ends[0]))
    ids = tuple(RecordId("A", f"{one:032x}") for one in range(count))
    kept = Pairs(*ends[:, order], np.array(score)[order], np.ones(len(score), bool))
    return Linkage(ids, kept, np.array(clusters, dtype=np.int64)), right_pairs / pairs


def test_the_interval_holds_the_true_precision_in_nine_of_ten_worlds() -> None:
    held = high = low = 0
    errors = np.random.default_rng(0).normal(0.0, 0.25, 100)
    for seed, error in enumerate(errors.tolist()):
        linkage, true = drawn_truth(seed, error)
        precision = estimate_quality(linkage, calibration_error=0.25).implied.precision
        held += precision.holds(true)
        high += precision.high < true
        low += precision.low > true
        assert precision.high - precision.low < 0.15  # an interval that says nothing would hold everything
    assert held >= 90, (held, high, low)


def test_the_interval_holds_in_worlds_that_were_clustered() -> None:
    held = 0
    for seed in range(100):
        world = scored_world(seed, persons=100, clarity=6.0)
        precision = estimate_quality(world.linkage, calibration_error=0.0).implied.precision
        held += precision.holds(float(world.implied().mean()))
        assert precision.high - precision.low < 0.05
    assert held >= 90


def test_where_every_record_has_rivals_the_estimate_errs_on_the_safe_side() -> None:
    """Clustering also weighs rivals, which log odds of single pairs do not know: it does better."""
    surplus = []
    for seed in range(30):
        world = scored_world(seed, most=2, clarity=4.5)
        estimated = estimate_quality(world.linkage).implied.precision.value
        surplus.append(float(world.implied().mean()) - estimated)
    assert 0 < np.mean(surplus) < 0.06
