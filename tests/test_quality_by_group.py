"""What a linkage says of a group is true of that group, and of all records what it says of itself."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.match.choices import Choice
from linkage.match.linkage import Known
from linkage.match.quality import estimate_quality
from linkage.match.quality_groups import RecordGroup, quality_of_groups
from linkage.match.quality_pairs import implied_pairs, missed_pairs, settled
from tests.support.scored_worlds import linkage_of, scored_world


@given(st.integers(0, 200), st.integers(2, 4))
@settings(max_examples=12)
def test_every_stake_knows_its_records(seed: int, most: int) -> None:
    linkage = scored_world(seed, persons=25, most=most, clarity=3.5).linkage
    stakes = implied_pairs(linkage, settled(linkage, ()))
    found = dict(zip(zip(stakes.left.tolist(), stakes.right.tolist(), strict=True), stakes.kept, strict=True))
    records = range(len(linkage.records))
    inside = {
        (a, b) for a, b in itertools.combinations(records, 2) if linkage.clusters[a] == linkage.clusters[b]
    }
    kept = set(zip(linkage.pairs.left.tolist(), linkage.pairs.right.tolist(), strict=True))
    assert found.keys() == inside
    assert {pair for pair, was_kept in found.items() if was_kept} == kept & inside
    apart = missed_pairs(linkage, settled(linkage, ()))
    assert set(zip(apart.left.tolist(), apart.right.tolist(), strict=True)) == kept - inside


def test_all_records_are_the_linkage_itself() -> None:
    linkage = scored_world(3).linkage
    ids = linkage.records
    known = [Known(ids[0], ids[5], same=False), Known(ids[1], ids[2], same=True)]
    (whole,) = quality_of_groups(
        linkage, [RecordGroup("all", "all", np.ones(len(ids), dtype=np.bool_))], known=known
    )
    links = estimate_quality(linkage, known=known).links
    assert whole.links == links.pairs
    assert whole.precision == links.precision
    assert whole.records == len(ids)
    assert whole.possible == int((linkage.pairs.choice == Choice.POSSIBLE).sum())
    together = np.bincount(linkage.clusters)[linkage.clusters] > 1
    assert whole.linked == int(together.sum())


def test_a_pair_counts_where_it_belongs() -> None:
    # Of the links 0–1, 2–3 and 4–5 evidence of the first is thin; 6 is linked to nobody.
    linkage = linkage_of(np.array([0, 2, 4]), np.array([1, 3, 5]), np.array([0.2, 12.0, 9.0]), 7)
    assert linkage.pairs.link.all()
    thin, good = (np.isin(np.arange(7), some) for some in ((0, 6), (2, 3)))
    one, two, between, none = quality_of_groups(
        linkage,
        [
            RecordGroup("made", "thin", thin),
            RecordGroup("made", "good", good),
            RecordGroup("made", "between", thin, good),
            RecordGroup("made", "none", np.zeros(7, dtype=np.bool_)),
        ],
    )
    assert (one.records, one.linked, one.links) == (2, 1, 1)
    assert (two.records, two.linked, two.links) == (2, 2, 1)
    assert (between.records, between.linked, between.links) == (4, 0, 0)
    assert (none.records, none.links, none.precision.value) == (0, 0, 1.0)
    assert one.precision.value < 0.7 < 0.99 < two.precision.value
    assert one.precision.high - one.precision.low > two.precision.high - two.precision.low


def test_the_interval_of_few_links_is_no_narrower_than_their_number_allows() -> None:
    """However sure the weights are, thirteen links cannot show more than thirteen links can."""
    left, right = np.arange(0, 400, 2), np.arange(1, 400, 2)
    linkage = linkage_of(left, right, np.full(200, 12.0), 400)
    few, whole = quality_of_groups(
        linkage,
        [
            RecordGroup("record", "uncertain date", np.arange(400) < 26),
            RecordGroup("all", "all", np.ones(400, dtype=np.bool_)),
        ],
    )
    assert (few.links, whole.links) == (13, 200)
    assert few.precision.value > 0.99
    assert few.precision.low < 0.78  # Wilson's of 13 of 13 begins at 77.2 %
    assert few.precision.high == 1.0
    assert whole.precision.low > 0.97


def test_intervals_of_groups_hold_the_truth() -> None:
    held = total = 0
    for seed in range(25):
        world = scored_world(seed, clarity=6.0)
        linkage, count = world.linkage, len(world.person)
        halves = np.arange(count) % 2 == 0
        groups = [RecordGroup("half", "even", halves), RecordGroup("half", "both", halves, ~halves)]
        for group, found in zip(groups, quality_of_groups(linkage, groups), strict=True):
            pairs = linkage.pairs
            own = pairs.link & group.holds(pairs.left, pairs.right)
            right = world.person[pairs.left[own]] == world.person[pairs.right[own]]
            assert found.links == int(own.sum())
            held += found.precision.low - 1e-9 <= right.mean() <= found.precision.high + 1e-9
            total += 1
    assert held >= 0.9 * total
