"""Pairs of labelled records by group, rounded and suppressed as groups of the register are."""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from api.disclosing import POLICY
from api.evidence.values import Counts
from linkage.register.group_disclosure import told_rows
from linkage.register.group_quality import QualityRow
from linkage.register.group_told import ToldRow

__all__ = ["PRECISION", "RECALL", "ToldRows", "told_pairs"]

RECALL: Final = "recall"
PRECISION: Final = "precision"

_Key = tuple[str, str]
ToldRows = Mapping[str, Mapping[_Key, ToldRow]]


def told_pairs(pairs: Mapping[_Key, tuple[int, int, int]], counts: Counts) -> ToldRows:
    """Return what may be told of true, found and correct pairs by kind and group, by measure."""
    few = counts.threshold
    policy = structs.replace(POLICY, base=counts.base, threshold=few, cross_threshold=few)
    told = {}
    for measure, place in ((RECALL, 0), (PRECISION, 1)):
        rows = [
            QualityRow(estimator=measure, kind=kind, group=name, counted=(own[place], own[place] - own[2]))
            for (kind, name), own in pairs.items()
        ]
        told[measure] = {(row.kind, row.group): row for row in told_rows(rows, policy)}
    return told
