"""How often what a linkage says of its own precision and recall holds, over many made-up worlds of children.

``python -m benchmarks.estimated_quality`` prints JSON (docs/decisions/0014).  Log odds are taken as the
linkage states them, and as a calibration with the truth of other worlds corrects them.
"""

import argparse
import json
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.lab.evaluation import LinkedTables, PairScores, encode_tables, link_tables, score
from linkage.lab.evaluation_calibration import weighed_pairs
from linkage.lab.learning import children_world
from linkage.match.linkage import Linkage, Pairs
from linkage.match.quality import CALIBRATION_ERROR, estimate_quality
from linkage.shipped_profiles import shipped_profile

_KEY = bytes(range(32))
_OTHERS_FROM = 1000
_BINS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="child-1")
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--noise", default="usual")
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--others", type=int, default=40, help="worlds to calibrate with")
    asked = parser.parse_args()

    def world(seed: int) -> tuple[LinkedTables, dict[tuple[str, str], str]]:
        made = children_world(asked.children, seed, asked.noise)
        profile = shipped_profile(asked.profile)
        linked = link_tables(encode_tables(made.tables, profile, _KEY), "multi", profile)
        return linked, dict(made.person)

    others = [world(_OTHERS_FROM + number) for number in range(asked.others)]
    stated, right, kept_share = _learned(others)
    found: dict[str, list[dict[str, float]]] = {}
    for seed in range(asked.worlds):
        linked, truth = world(seed)
        true, own = score(linked, truth).pairs, linked.linkage
        corrected = _with_log_odds(own, np.interp(own.pairs.score, stated, right))
        for what, linkage, error, share in (
            ("as stated", own, None, 1.0),
            ("calibrated elsewhere", corrected, CALIBRATION_ERROR, 1.0),
            ("calibrated elsewhere, taken as exact", corrected, 0.0, 1.0),
            ("calibrated elsewhere, share kept known", corrected, CALIBRATION_ERROR, kept_share),
        ):
            found.setdefault(what, []).append(_held(linkage, true, error, share))
    summary: dict[str, Any] = {"asked": vars(asked), "kept_share": kept_share}
    for what, rows in found.items():
        summary[what] = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    print(json.dumps(summary, indent=2))


def _held(linkage: Linkage, true: PairScores, error: float | None, kept_share: float) -> dict[str, float]:
    implied = estimate_quality(linkage, calibration_error=error, kept_share=kept_share).implied
    return {
        "precision held": implied.precision.holds(true.precision),
        "precision, estimate less truth": implied.precision.value - true.precision,
        "precision, width": implied.precision.high - implied.precision.low,
        "recall held": implied.recall.holds(true.recall),
        "recall, estimate less truth": implied.recall.value - true.recall,
    }


def _with_log_odds(linkage: Linkage, log_odds: NDArray[np.float64]) -> Linkage:
    pairs = linkage.pairs
    return replace(linkage, pairs=Pairs(pairs.left, pairs.right, log_odds, pairs.link))


def _learned(
    worlds: list[tuple[LinkedTables, dict[tuple[str, str], str]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return stated log odds, what they truly are (both by bin), and the share of true pairs weighed."""
    weighed = [weighed_pairs(*world) for world in worlds]
    log_odds = np.concatenate([one.log_odds for one in weighed])
    same = np.concatenate([one.same for one in weighed])
    edges = np.unique(np.quantile(log_odds, np.linspace(0, 1, _BINS + 1)))
    place = np.clip(np.searchsorted(edges, log_odds, side="right") - 1, 0, len(edges) - 2)
    count = np.maximum(np.bincount(place, minlength=len(edges) - 1), 1)
    true = np.bincount(place, weights=same, minlength=len(edges) - 1)
    stated = np.bincount(place, weights=log_odds, minlength=len(edges) - 1) / count
    right = np.maximum.accumulate(np.log((true + 0.05) / (count - true + 0.05)))
    kept_share = int(same.sum()) / sum(score(*world).pairs.true for world in worlds)
    return stated, right, kept_share


if __name__ == "__main__":
    main()
