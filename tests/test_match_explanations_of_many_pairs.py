"""Of very many pairs an even choice stands for all: explanations add up, and need no more memory for it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from linkage.match import decision
from linkage.match.explanation import Explainer
from linkage.match.explanation_rows import BestRows, Described
from linkage.match.linkage import link
from tests.test_match_explanations_add_up import CASES


def test_an_even_choice_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    most, profile, sources = 70, *CASES["experience"]()
    whole = Explainer(sources, profile, link(sources, profile, threads=1))
    monkeypatch.setattr(decision, "_MOST_PAIRS", most)
    linkage = link(sources, profile, threads=1)
    assert len(linkage.pairs) > 5 * most
    asked: list[int] = []
    described = BestRows.described

    def counted(rows: BestRows, left: NDArray[np.int64], right: NDArray[np.int64]) -> Described:
        asked.append(len(left))
        return described(rows, left, right)

    monkeypatch.setattr(BestRows, "described", counted)
    explainer = Explainer(sources, profile, linkage)
    assert asked == [pytest.approx(1.5 * most, abs=0.5 * most)]  # of pairs within a source, and across
    for place in range(0, len(linkage.pairs), 20):  # shares of kinds were estimated from the very same pairs
        found = explainer.pair(
            linkage.records[linkage.pairs.left[place]], linkage.records[linkage.pairs.right[place]]
        )
        parts = [found.start, *(view.weight for view in found.views), found.numbers, found.others]
        assert sum(parts) == pytest.approx(found.log_odds, abs=1e-9)
        assert found.others == pytest.approx(0.0, abs=1e-9)
    for some, every in zip(explainer.distributions(), whole.distributions(), strict=True):
        for one, other in zip(some, every, strict=True):
            assert one.silent == pytest.approx(other.silent, abs=0.2)
            assert sum(one.shares) + one.silent == pytest.approx(1.0)
