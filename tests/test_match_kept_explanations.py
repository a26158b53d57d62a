"""From what a linkage leaves, a person's pairs are explained as from all of it, less what others say."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from linkage.errors import InputError
from linkage.match.explanation import Explainer
from linkage.match.explanation_kept import (
    KeptExplanation,
    PersonExplainer,
    _strongest,
    kept_explanation,
)
from linkage.match.linkage import Known, Linkage, RecordId, Source
from linkage.profile import EncodingProfile
from tests.test_match_explanations_add_up import case

__all__ = ["case"]

Case = tuple[str, EncodingProfile, list[Source], Linkage, Explainer]


def _kept(explainer: Explainer) -> KeptExplanation:
    return json.decode(json.encode(kept_explanation(explainer)), type=KeptExplanation)


def _alone(sources: list[Source], records: list[RecordId]) -> list[Source]:
    """The encodings of some records, and no others."""
    found = []
    for source in sources:
        wanted = {one.handle for one in records if one.source == source.name}
        which = [text in wanted for text in source.encodings.handle_texts()]
        if any(which):
            found.append(Source(source.name, source.encodings.take(np.flatnonzero(which))))
    return found


def _person(linkage: Linkage) -> list[RecordId]:
    largest = int(np.bincount(linkage.clusters).argmax())
    members = np.flatnonzero(linkage.clusters == largest).tolist()
    return [linkage.records[one] for one in members][:6]


def test_every_pair_of_a_person_is_told_as_by_the_whole_linkage(case: Case) -> None:
    _, profile, sources, linkage, explainer = case
    records = _person(linkage)
    assert len(records) > 1
    known = [Known(records[0], records[1], same=True)]
    found = PersonExplainer(_alone(sources, records), profile, _kept(explainer), known=known)
    assert list(found.records) == records
    for a, b in combinations(records, 2):
        whole, alone = explainer.pair(a, b), found.pair(b, a)
        assert (alone.left, alone.right, alone.method) == (whole.left, whole.right, whole.method)
        assert alone.log_odds == pytest.approx(whole.log_odds - whole.others, abs=1e-6)
        assert (alone.start, alone.numbers) == pytest.approx((whole.start, whole.numbers), abs=1e-9)
        total = alone.start + sum(view.weight for view in alone.views) + alone.numbers
        assert total == pytest.approx(alone.log_odds, abs=1e-9)
        for one, other in zip(whole.views, alone.views, strict=True):
            assert (one.view, one.state) == (other.view, other.state)
            assert (one.similarity, one.deviations) == (other.similarity, other.deviations)
            assert other.weight == pytest.approx(one.weight, abs=1e-6)
            for exact, told in ((one.matches, other.matches), (one.strangers, other.strangers)):
                assert (told.speaks, told.median) == pytest.approx((exact.speaks, exact.median))
                assert (exact.below is None) == (told.below is None)
    assert found.pair(records[0], records[1]).known is True


def test_where_a_similarity_stands_is_told_to_the_class(case: Case) -> None:
    *_, explainer = case
    kept = _kept(explainer)
    for exact, told in zip(explainer._among, zip(kept.matches, kept.strangers, strict=True), strict=True):
        for among, spread in zip(exact, told, strict=True):
            for similarity in (0.0, 0.31, 0.62, 0.87, 1.0):
                below, class_of = among.standing(similarity).below, int(min(similarity * 20, 19))
                found = spread.standing(similarity).below
                if below is None:
                    assert found is None
                else:
                    slack = spread.shares[class_of] if similarity else spread.silent
                    assert found == pytest.approx(below, abs=slack / 2 + 1e-9)


def test_what_is_kept_names_no_record(case: Case) -> None:
    *_, linkage, explainer = case
    text = json.encode(kept_explanation(explainer)).decode()
    assert not any(record.handle in text for record in linkage.records)


def test_the_fewest_pairs_hold_all_together_and_the_weakest_comes_first(case: Case) -> None:
    _, profile, sources, linkage, explainer = case
    records = _person(linkage)
    found = PersonExplainer(_alone(sources, records), profile, _kept(explainer))
    around, tree = found.around()
    assert len(tree) == len(records) - 1
    odds = [found.pair(records[a], records[b]).log_odds for a, b in tree]
    assert odds == sorted(odds)
    drawn = {(one.left, one.right) for one in around.edges}
    assert set(tree) <= drawn
    weakest = {(one.left, one.right) for one in around.edges if one.weakest}
    assert weakest == set(tree[: min(3, len(tree) // 2)])
    with pytest.raises(InputError):
        found.pair(records[0], RecordId("nowhere", "0" * 32))


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(-5, 5), min_size=15))))
def test_no_other_tree_is_stronger(made: tuple[int, list[int]]) -> None:
    count, weights = made
    pairs = list(combinations(range(count), 2))
    odds = dict(zip(pairs, map(float, weights), strict=False))
    best = max(
        (sum(odds[one] for one in some) for some in combinations(pairs, count - 1) if _spans(count, some)),
        default=0.0,
    )
    assert sum(odds[one] for one in _strongest(count, odds)) == best


def _spans(count: int, pairs: tuple[tuple[int, int], ...]) -> bool:
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        for pair in pairs:
            there = set(pair) - {here} if here in pair else set()
            waiting += there - reached
            reached |= there
    return len(reached) == count
