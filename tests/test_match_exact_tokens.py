"""Exact tokens are evidence: equal ones make a pair and speak for it, different ones against it."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import FormatError
from linkage.match import exact
from linkage.match.exact import DIFFERENT, NUMBER_ALONE, SAME, VIEWS_DENY, exact_pairs, number_evidence
from linkage.match.linkage import Linkage, Source, link
from linkage.match.rows import gather
from linkage.profile import Decision, EncodingProfile, ExactKind, Feature, View
from linkage.wire.encodings import Encodings
from tests.oracles import match_oracle

VIEWS, WIDTH = 2, 64
FEATURE = Feature(field="forename", kind="bigrams", label="g", k=2)


def _profile(*kinds: ExactKind) -> EncodingProfile:
    return EncodingProfile(
        name="made-up",
        length=8 * WIDTH,
        diffusion=1,
        views=tuple(View(name=f"v{n}", salt=("year",), features=(FEATURE,)) for n in range(VIEWS)),
        exact=kinds,
        decision=Decision(noise_z=5.0, thresholds={"v0": 0.8, "v1": 0.8}),
    )


def _token(number: int) -> NDArray[np.uint8]:
    octets = number.to_bytes(16, "big") if number else bytes(16)
    return np.frombuffer(octets, dtype=np.uint8)


def _source(name: str, people: list[int], numbers: list[list[int]], *, free: bool = False) -> Source:
    """Rows of people with tokens: ``numbers`` holds each row's, 0 for none."""
    seed = sum(map(ord, name))
    part = match_oracle.made_up_encodings(people, views=VIEWS, view_bytes=WIDTH, seed=seed, fill=0.12)
    kinds = len(numbers[0])
    tokens = np.array([[_token(one) for one in row] for row in numbers]).reshape(len(people), kinds, 16)
    return Source(name, replace(part, exact=tokens.astype(np.uint8)), duplicate_free=free)


def _score(found: Linkage, left: int, right: int) -> float | None:
    pairs = found.pairs
    which = np.flatnonzero((pairs.left == left) & (pairs.right == right))
    return float(pairs.score[which[0]]) if len(which) else None


def _one_pair(
    people: tuple[int, int], numbers: tuple[list[int], list[int]], *kinds: ExactKind
) -> float | None:
    sources = [_source("a", [people[0]], [numbers[0]]), _source("b", [people[1]], [numbers[1]])]
    return _score(link(sources, _profile(*kinds), threads=1), 0, 1)


def test_equal_numbers_add_to_what_the_views_say_and_different_ones_take_from_it() -> None:
    plain = _one_pair((1, 1), ([0], [0]), "nhs_number")
    assert plain is not None
    assert _one_pair((1, 1), ([5], [5]), "nhs_number") == pytest.approx(plain + SAME)
    assert _one_pair((1, 1), ([5], [6]), "nhs_number") == pytest.approx(plain + DIFFERENT)
    assert _one_pair((1, 1), ([5], [0]), "nhs_number") == pytest.approx(plain)
    both = _one_pair((1, 1), ([5, 7], [5, 8]), "nhs_number", "upn")
    assert both == pytest.approx(plain + SAME + DIFFERENT)


def test_the_weights_are_those_that_the_page_states() -> None:
    assert round(SAME, 1) == 6.2
    assert round(DIFFERENT, 1) == -3.9
    assert SAME > -DIFFERENT, "a number that two records share says more than one that they do not"


def test_a_number_alone_makes_a_pair_that_does_not_link_against_the_views() -> None:
    assert _one_pair((1, 2), ([0], [0]), "nhs_number") is None
    assert _one_pair((1, 2), ([5], [6]), "nhs_number") is None
    score = _one_pair((1, 2), ([5], [5]), "nhs_number")
    assert score == pytest.approx(NUMBER_ALONE + VIEWS_DENY)
    assert score is not None
    assert -2 < score < 0, "near enough to the threshold that somebody looks at it"


def test_a_number_links_records_that_have_no_view_in_common() -> None:
    sources = [_source("a", [1], [[5]]), _source("b", [2], [[5]])]
    for source, view in zip(sources, (0, 1), strict=True):
        source.encodings.present[:] = 1 << view
        source.encodings.bits[:, 1 - view] = 0
    found = link(sources, _profile("nhs_number"), threads=1)
    assert _score(found, 0, 1) == pytest.approx(NUMBER_ALONE)
    assert found.clusters.tolist() == [0, 0]


def test_two_numbers_alone_outweigh_views_that_deny() -> None:
    score = _one_pair((1, 2), ([5, 7], [5, 7]), "nhs_number", "upn")
    assert score == pytest.approx(NUMBER_ALONE + SAME + VIEWS_DENY)


def test_without_exact_tokens_in_the_profile_nothing_changes() -> None:
    people = [*range(30), *range(10)]
    plain = [_source(name, people, [[]] * len(people)) for name in "ab"]
    with_none = [_source(name, people, [[0]] * len(people)) for name in "ab"]
    without, absent = link(plain, _profile(), threads=1), link(with_none, _profile("upn"), threads=1)
    for column in ("left", "right", "score", "link"):
        assert np.array_equal(getattr(without.pairs, column), getattr(absent.pairs, column))
    assert np.array_equal(without.clusters, absent.clusters)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25))
def test_pairs_and_evidence_are_those_of_a_slow_comparison(rows: list[tuple[int, int, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])  # as they are compared: by handle
    part = match_oracle.made_up_encodings(range(len(rows)), views=VIEWS, view_bytes=WIDTH, seed=1)
    handles = np.array([_token(person + 1) for person, *_ in rows])
    variants = np.arange(len(rows), dtype=np.uint8)
    tokens = np.array([[_token(first), _token(second)] for _, first, second in rows])
    encodings = Encodings(handles, variants, part.tiers, part.present, part.bits, tokens)
    found = gather([Source("a", encodings)], _profile("nhs_number", "upn"))
    expected, evidence = [], []
    for left in range(len(rows)):
        for right in range(left + 1, len(rows)):
            same = [a == b for a, b in zip(rows[left][1:], rows[right][1:], strict=True) if a and b]
            if rows[left][0] != rows[right][0] and any(same):
                expected.append([left, right])
                evidence.append(sum(SAME if one else DIFFERENT for one in same))
    pairs = exact_pairs(found)
    assert pairs.tolist() == expected
    assert number_evidence(found, pairs) == pytest.approx(evidence)


def test_records_of_one_duplicate_free_source_are_no_pair_by_their_number() -> None:
    sources = [_source("a", [1, 2], [[5], [5]], free=True), _source("b", [3], [[5]])]
    pairs = exact_pairs(gather(sources, _profile("upn")))
    assert pairs.tolist() == [[0, 2], [1, 2]]


def test_the_order_of_sources_and_rows_changes_nothing() -> None:
    numbers = [[n % 7] for n in range(20)]
    one, other = _source("a", list(range(20)), numbers), _source("b", list(range(5, 25)), numbers)
    turned = Source("a", one.encodings.take(np.arange(20)[::-1].copy()))
    first = link([one, other], _profile("upn"), threads=1)
    second = link([other, turned], _profile("upn"), threads=1)
    assert np.array_equal(first.pairs.score, second.pairs.score)
    assert np.array_equal(first.clusters, second.clusters)


def test_a_flood_of_one_number_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "MAX_CANDIDATES", 100)
    rows = gather([_source("a", list(range(30)), [[5]] * 30)], _profile("upn"))
    with pytest.raises(Exception, match="the same number"):
        exact_pairs(rows)


def test_tokens_that_the_profile_does_not_have_or_lacks_are_refused() -> None:
    with pytest.raises(FormatError, match="exact"):
        gather([_source("a", [1], [[5]])], _profile())
    with pytest.raises(FormatError, match="exact"):
        gather([_source("a", [1], [[]])], _profile("upn"))


def test_the_profile_says_so_in_its_digest() -> None:
    digests = {_profile().digest, _profile("upn").digest, _profile("upn", "nhs_number").digest}
    assert len(digests) == 3
    with pytest.raises(ValueError, match="same number"):
        msgspec.structs.replace(_profile("upn"), exact=("upn", "upn")).__post_init__()
