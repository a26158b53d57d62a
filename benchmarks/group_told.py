"""How often a difference between groups is claimed after disclosure control, where there is one or none.

``python -m benchmarks.group_told`` prints JSON (docs/governance/linkage-quality.md).  Children in care are
dealt as missed by lot, 5 % of them, and more of one group; six groups of three registers of different size.
"""

import json
from collections.abc import Mapping

import numpy as np

from api.disclosing import POLICY
from linkage.register.group_disclosure import told_rows
from linkage.register.group_quality import ALL, IN_CARE, QualityRow

_ONE, _USUAL, _SEED = "b", 0.05, 1
_REGISTERS: Mapping[str, Mapping[str, int]] = {
    "10,000 in care, 700 of them in the group": {"a": 7000, "b": 700, "c": 900, "d": 700, "e": 500, "f": 200},
    "2,000 in care, 150 of them in the group": {"a": 1400, "b": 150, "c": 180, "d": 140, "e": 90, "f": 40},
    "190 in care, 20 of them in the group": {"a": 138, "b": 20, "c": 18, "d": 14},
}
_MISSED = ((0.05, 200), (0.08, 50), (0.1, 50), (0.15, 50), (0.2, 50), (0.4, 50), (0.7, 50))


def main() -> None:
    """Print how many tables of how many claim that the group differs, and how many claim anything."""
    found = {
        name: {f"{missed:.0%} missed": _claims(sizes, missed, tables) for missed, tables in _MISSED}
        for name, sizes in _REGISTERS.items()
    }
    print(json.dumps(found, indent=2))


def _claims(sizes: Mapping[str, int], missed: float, tables: int) -> dict[str, int]:
    lot = np.random.default_rng(_SEED)
    group = anything = 0
    for _ in range(tables):
        dealt = {
            name: (size, int(lot.binomial(size, missed if name == _ONE else _USUAL)))
            for name, size in sizes.items()
        }
        whole = sum(size for size, _ in dealt.values()), sum(lost for _, lost in dealt.values())
        rows = [
            QualityRow(estimator=IN_CARE, kind=ALL, group=ALL, counted=whole),
            *(
                QualityRow(estimator=IN_CARE, kind="ethnicity", group=name, counted=pair)
                for name, pair in dealt.items()
            ),
        ]
        claimed = {one.group for one in told_rows(rows, POLICY) if one.claimed}
        group += _ONE in claimed
        anything += bool(claimed)
    return {"tables": tables, "the group": group, "anything": anything}


if __name__ == "__main__":
    main()
