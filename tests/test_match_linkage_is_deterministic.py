"""A linkage does not depend on orders, threads or names of handles, and binds what is known or declared."""

from collections.abc import Sequence

import numpy as np
import pytest

from linkage.errors import InputError
from linkage.match.linkage import Known, Linkage, RecordId, Source, link
from linkage.profile import Decision, EncodingProfile, Feature, View
from linkage.wire.encodings import Encodings
from tests.oracles import match_oracle

_FEATURE = Feature(field="surname", kind="bigrams", label="s", k=4)
PROFILE = EncodingProfile(
    name="made-up",
    length=512,
    diffusion=2,
    views=(
        View(name="a", salt=("year",), features=(_FEATURE,)),
        View(name="b", salt=("month",), features=(_FEATURE,)),
    ),
    decision=Decision(noise_z=5.0, thresholds={"a": 0.7, "b": 0.7}),
)


def _encode(people: Sequence[int], seed: int, noise: float = 0.1) -> Encodings:
    return match_oracle.made_up_encodings(
        people, views=2, view_bytes=64, seed=seed, noise=noise, fill=0.12, diffusion=2
    )


def _groups(linkage: Linkage) -> set[frozenset[RecordId]]:
    groups: dict[int, set[RecordId]] = {}
    for record, cluster in zip(linkage.records, linkage.clusters.tolist(), strict=True):
        groups.setdefault(cluster, set()).add(record)
    return {frozenset(group) for group in groups.values()}


def _ids(source: str, part: Encodings) -> list[RecordId]:
    return [RecordId(source, handle) for handle in part.handle_texts()]


def test_records_of_one_person_become_one_cluster_over_sources_and_within() -> None:
    a, b = _encode([1, 2, 3, 3], 1), _encode([2, 3, 4], 2)
    found = link([Source("A", a), Source("B", b)], PROFILE)
    ids_a, ids_b = _ids("A", a), _ids("B", b)
    assert _groups(found) == {
        frozenset({ids_a[0]}),
        frozenset({ids_a[1], ids_b[0]}),
        frozenset({ids_a[2], ids_a[3], ids_b[1]}),
        frozenset({ids_b[2]}),
    }
    assert list(found.records) == sorted(found.records)
    assert found.pairs.link.sum() == 4
    assert (found.pairs.left < found.pairs.right).all()


def test_order_of_sources_and_rows_threads_and_repetition_change_nothing() -> None:
    parts = {name: _encode(list(range(40)) * 2, seed, 0.25) for seed, name in enumerate(("A", "B", "C"))}
    first = link([Source(name, part) for name, part in parts.items()], PROFILE, threads=1)
    draws = np.random.default_rng(3)
    shuffled = [
        Source(name, parts[name].take(draws.permutation(len(parts[name])))) for name in ("C", "A", "B")
    ]
    again = link(shuffled, PROFILE, threads=2)
    assert first.records == again.records
    assert (first.clusters == again.clusters).all()
    for column in ("left", "right", "score", "link", "choice", "reasons"):
        assert (getattr(first.pairs, column) == getattr(again.pairs, column)).all()


def test_two_duplicate_free_sources_are_linked_one_to_one() -> None:
    a, b = _encode([1, 1, 2], 1), _encode([1, 2, 2], 2)
    found = link([Source("A", a, duplicate_free=True), Source("B", b, duplicate_free=True)], PROFILE)
    sizes = sorted(len(group) for group in _groups(found))
    assert sizes == [1, 1, 2, 2]
    assert all(len({record.source for record in group}) == len(group) for group in _groups(found))


def test_a_duplicate_free_source_is_never_joined_with_itself_among_several() -> None:
    a, b, c = _encode([1, 1], 1), _encode([1, 1], 2), _encode([1], 3)
    found = link([Source("A", a, duplicate_free=True), Source("B", b), Source("C", c)], PROFILE)
    for group in _groups(found):
        assert sum(record.source == "A" for record in group) <= 1


def test_the_best_of_several_variants_speaks_and_a_record_is_never_paired_with_itself() -> None:
    other, own = _encode([7, 1], 1), _encode([1], 2)
    twice = Encodings(
        np.repeat(other.handles[:1], 2, axis=0),
        np.array([0, 1], np.uint8),
        other.tiers,
        other.present,
        other.bits,
    )
    found = link([Source("A", twice), Source("B", own)], PROFILE)
    assert len(found.records) == 2
    assert len(found.pairs) == 1
    assert found.clusters.tolist() == [0, 0]


def test_tiers_are_compared_through_the_views_that_both_rows_have() -> None:
    a, b = _encode([1, 2], 1), _encode([1, 2], 2)
    uncertain = Encodings(b.handles, b.variants, np.array([1, 0], np.uint8), b.present, b.bits)
    found = link([Source("A", a), Source("B", uncertain)], PROFILE)
    assert len(found.pairs) == 2
    bits = b.bits.copy()
    bits[:, 0] = bits[1] = 0
    fewer = Encodings(b.handles, b.variants, uncertain.tiers, np.array([0b10, 0], np.uint32), bits)
    found = link([Source("A", a), Source("B", fewer)], PROFILE)
    assert len(found.pairs) == 1


def test_known_links_and_must_not_links_bind_and_absent_records_are_passed_over() -> None:
    a, b = _encode([1, 2], 1), _encode([1, 3], 2)
    ids_a, ids_b = _ids("A", a), _ids("B", b)
    gone = RecordId("A", "f" * 32)
    known = [
        Known(ids_a[0], ids_b[0], same=False),
        Known(ids_a[1], ids_b[1], same=True),
        Known(gone, ids_b[1], same=True),
    ]
    found = link([Source("A", a), Source("B", b)], PROFILE, known=known)
    assert _groups(found) == {
        frozenset({ids_a[0]}),
        frozenset({ids_b[0]}),
        frozenset({ids_a[1], ids_b[1]}),
    }
    with pytest.raises(InputError, match="known links"):
        link(
            [Source("A", a), Source("B", b)],
            PROFILE,
            known=[*known, Known(ids_a[0], ids_b[0], same=True)],
        )


def test_a_known_link_takes_its_records_out_of_a_one_to_one_linkage() -> None:
    a, b = _encode([1, 2], 1), _encode([1, 2], 2)
    ids_a, ids_b = _ids("A", a), _ids("B", b)
    sources = [Source("A", a, duplicate_free=True), Source("B", b, duplicate_free=True)]
    found = link(sources, PROFILE, known=[Known(ids_a[0], ids_b[1], same=True)])
    assert _groups(found) == {
        frozenset({ids_a[0], ids_b[1]}),
        frozenset({ids_a[1]}),
        frozenset({ids_b[0]}),
    }


def test_nothing_and_a_single_record_link_to_nothing() -> None:
    empty = _encode([], 1)
    found = link([Source("A", empty), Source("B", empty)], PROFILE)
    assert (found.records, len(found.pairs), len(found.clusters)) == ((), 0, 0)
    found = link([Source("A", _encode([1], 1)), Source("B", empty)], PROFILE)
    assert found.clusters.tolist() == [0]
    assert link([], PROFILE).records == ()


def test_persons_that_are_given_stay_as_they_are_and_new_records_join_them() -> None:
    a, b = _encode([1, 2, 3], 1), _encode([1, 4, 3, 5], 2)
    ids_a, ids_b = _ids("A", a), _ids("B", b)
    sources = [Source("A", a), Source("B", b)]
    given = {ids_a[0]: "p", ids_b[0]: "q", ids_a[1]: "r", ids_b[1]: "r"}  # the same apart, others together
    found = link(sources, PROFILE, persons=given)
    assert _groups(found) == {
        frozenset({ids_a[0]}),
        frozenset({ids_b[0]}),
        frozenset({ids_a[1], ids_b[1]}),
        frozenset({ids_a[2], ids_b[2]}),
        frozenset({ids_b[3]}),
    }
    gone = link(sources, PROFILE, persons={RecordId("Z", "00"): "p", ids_a[0]: "p"})
    assert _groups(gone) == _groups(link(sources, PROFILE))


def test_a_record_alike_to_two_persons_that_are_given_does_not_join_them() -> None:
    a, b, c = _encode([1], 1, 0.02), _encode([1], 2, 0.02), _encode([1], 3, 0.02)
    given = {_ids("A", a)[0]: "p", _ids("B", b)[0]: "q"}
    found = link([Source("A", a), Source("B", b), Source("C", c)], PROFILE, persons=given)
    assert len(_groups(found)) == 2
