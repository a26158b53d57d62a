"""Everything that one evaluation has to say of a finished linkage, as values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite

import numpy as np

from linkage.differences import Comparison
from linkage.lab.evaluation_calibration import FEW_BINS, Reliability, WeighedPairs, reliability, weighed_pairs
from linkage.lab.evaluation_differences import compare_linked, difference_figures
from linkage.lab.evaluation_groups import GroupScores, groups_of, score_groups
from linkage.lab.evaluation_intervals import Share
from linkage.lab.evaluation_linked import Label, LinkedTables, Table
from linkage.lab.evaluation_oracle import Oracle, oracle
from linkage.lab.evaluation_scores import PairScores, Scores, score
from linkage.match.choices import Costs
from linkage.match.quality import Estimate, Quality, estimate_quality
from linkage.match.quality_costs import Reckoning, Refusal, charged, reckon, refusals
from linkage.profile import EncodingProfile

__all__ = ["DOUBTFUL", "Estimate", "Evaluation", "LargeCluster", "evaluate_linkage", "figures_of"]

DOUBTFUL = (0.01, 0.99)
"""Probabilities between which a pair is in doubt; of all pairs nearly every one is beyond."""

_LARGEST = 10


@dataclass(frozen=True, slots=True)
class LargeCluster:
    """One of the largest clusters: its labelled records and how many persons they truly are."""

    records: int
    persons: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A finished linkage by its own account (``estimated``) and by the truth.

    ``estimated`` saw no truth.  ``oracle`` chose its cut with the truth: no default can be asked to reach it.
    ``calibration`` is over all weighed pairs, ``doubtful`` over those with a probability between .01 and
    .99.  ``differences``: which groups fare otherwise than others, person by person.  ``reckoned``: choices
    and what they are expected to cost at the ``costs`` of the linkage; ``charged``: what they did, of the
    pairs that the truth knows.  ``refusals``: why the linkage should not go by itself.
    """

    scores: Scores
    oracle: Oracle
    weighed: WeighedPairs
    calibration: Reliability
    doubtful: Reliability
    groups: tuple[GroupScores, ...]
    differences: Comparison
    estimated: Quality
    costs: Costs
    reckoned: Reckoning
    charged: Reckoning
    refusals: tuple[Refusal, ...]
    largest: tuple[LargeCluster, ...]


def evaluate_linkage(
    linked: LinkedTables,
    tables: Sequence[Table],
    truth: Mapping[Label, str],
    *,
    profile: EncodingProfile | None = None,
    calibration_error: float | None = None,
    kept_share: float = 1.0,
) -> Evaluation:
    """Hold a finished linkage of labelled tables against the truth, and against what it says of itself.

    ``profile``: that of the linkage, without which no refusal is looked for.
    ``calibration_error`` and ``kept_share``: what calibration and comparison say of themselves.
    """
    weighed = weighed_pairs(linked, truth)
    doubtful = weighed.between(*DOUBTFUL)
    reckoned, costs = reckon(linked.linkage), linked.linkage.costs
    true = weighed.same.astype(np.float64)
    estimated = estimate_quality(linked.linkage, calibration_error=calibration_error, kept_share=kept_share)
    return Evaluation(
        scores=score(linked, truth),
        oracle=oracle(linked, truth),
        weighed=weighed,
        calibration=reliability(weighed.probability, weighed.same),
        doubtful=reliability(doubtful.probability, doubtful.same, FEW_BINS),
        groups=tuple(score_groups(linked, truth, groups_of(tables, truth))),
        differences=compare_linked(linked, tables, truth),
        estimated=estimated,
        costs=costs,
        reckoned=reckoned,
        charged=charged(weighed.choice, weighed.linked, true, reckoned.questions, costs),
        refusals=() if profile is None else refusals(linked.linkage, profile, estimated),
        largest=_largest(linked, truth),
    )


def _largest(linked: LinkedTables, truth: Mapping[Label, str]) -> tuple[LargeCluster, ...]:
    sizes = Counter(linked.clusters[label] for label in linked.clusters if label in truth)
    named = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))[:_LARGEST]
    persons: dict[int, set[str]] = {cluster: set() for cluster in named}
    for label, cluster in linked.clusters.items():
        if cluster in persons and label in truth:
            persons[cluster].add(truth[label])
    return tuple(LargeCluster(sizes[cluster], len(persons[cluster])) for cluster in named)


def figures_of(evaluation: Evaluation) -> dict[str, object]:
    """Return the figures of an evaluation as JSON has them, without any identifier."""
    scores, best = evaluation.scores, evaluation.oracle.best
    return {
        "pairs": _pair_figures(scores.pairs),
        "bcubed": {
            "precision": scores.bcubed.precision,
            "recall": scores.bcubed.recall,
            "f1": scores.bcubed.f1,
        },
        "clusters": {
            "true": scores.clusters_true,
            "found": scores.clusters_found,
            "largest_true": scores.largest_true,
            "largest_found": scores.largest_found,
        },
        "largest_clusters": [asdict(one) for one in evaluation.largest],
        "oracle": {
            "truth_seen": True,
            "exact": evaluation.oracle.exact,
            "threshold": best.threshold,
            **_pair_figures(best.pairs),
            "default_falls_short_by": best.pairs.f1 - scores.pairs.f1,
            "cuts": [
                {"threshold": cut.threshold, "precision": cut.pairs.precision, "recall": cut.pairs.recall}
                for cut in evaluation.oracle.cuts
            ],
        },
        "calibration": {
            "all": _calibration_figures(evaluation.calibration),
            "doubtful": {"between": list(DOUBTFUL), **_calibration_figures(evaluation.doubtful)},
        },
        "estimated": _estimated_figures(evaluation),
        "choices": _choice_figures(evaluation),
        "groups": [
            {
                "kind": one.kind,
                "name": one.name,
                **_pair_figures(one.pairs),
                "precision_interval": _interval(one.precision),
                "recall_interval": _interval(one.recall),
            }
            for one in evaluation.groups
        ],
        "group_differences": difference_figures(evaluation.differences),
    }


def _pair_figures(pairs: PairScores) -> dict[str, object]:
    return {
        "true": pairs.true,
        "found": pairs.found,
        "correct": pairs.correct,
        "precision": pairs.precision,
        "recall": pairs.recall,
        "f1": pairs.f1,
    }


def _calibration_figures(found: Reliability) -> dict[str, object]:
    return {
        "pairs": found.pairs,
        "expected_calibration_error": found.error,
        "brier": found.brier,
        "bins": [
            {
                "from": one.low,
                "to": one.high,
                "stated": one.stated,
                "true": one.true.value,
                "interval": _interval(one.true),
                "pairs": one.true.whole,
            }
            for one in found.bins
        ],
    }


def _estimated_figures(evaluation: Evaluation) -> dict[str, object]:
    estimated, pairs = evaluation.estimated, evaluation.scores.pairs
    implied, links = estimated.implied, estimated.links
    return {
        "truth_seen": False,
        "level": estimated.level,
        "calibration_error": estimated.calibration_error,
        "precision": _estimate(implied.precision),
        "precision_interval_holds_the_true_one": implied.precision.holds(pairs.precision),
        "recall": _estimate(implied.recall),
        "recall_interval_holds_the_true_one": implied.recall.holds(pairs.recall),
        "false_pairs": _estimate(implied.false),
        "missed_pairs": _estimate(implied.missed),
        "links": {
            "pairs": links.pairs,
            "precision": _estimate(links.precision),
            "recall": _estimate(links.recall),
        },
    }


def _choice_figures(evaluation: Evaluation) -> dict[str, object]:
    costs, reckoned, true = evaluation.costs, evaluation.reckoned, evaluation.charged
    return {
        "costs": {
            "false_link": costs.false_link,
            "missed_link": costs.missed_link,
            "review": costs.review if isfinite(costs.review) else None,
        },
        "asked_between": [costs.low, costs.high],
        "links": reckoned.links,
        "possible_links": reckoned.possible,
        "non_links": reckoned.none,
        "questions": reckoned.questions,
        "expected": _charge(reckoned),
        "true": {"truth_seen": True, **_charge(true)},
        "refused_automatic": [refusal.name.lower() for refusal in evaluation.refusals],
    }


def _charge(one: Reckoning) -> dict[str, float]:
    return {
        "false_links": one.false,
        "missed_links": one.missed,
        "cost": one.cost,
        "cost_without_review": one.unreviewed,
    }


def _estimate(one: Estimate) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high}


def _interval(one: Share) -> list[float]:
    return [one.low, one.high]
