"""Whoever reads a table of linkage quality by group works out of it no small count, by whatever arithmetic.

The attacker enumerates: every (children, missed) of every group that fits all that is printed, with all sums,
is told of each suppressed count why it is, and knows by what formulas shares and intervals are made.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from api.disclosing import POLICY
from api.evidence.coarse import expected_shares
from api.evidence.values import Counts, Value
from linkage.register.capture import CaptureRow
from linkage.register.disclosure import DisclosurePolicy
from linkage.register.group_disclosure import told_captures, told_rows
from linkage.register.group_quality import ALL, ANSWERS, IN_CARE, QualityRow
from linkage.register.group_told import ToldRow
from linkage.shares import wilson_interval

Pair = tuple[int, int]
FEW = POLICY.cross_threshold
WIDER = replace(POLICY, base=20, threshold=8, cross_threshold=15, revision=5)


def _row(kind: str, group: str, children: int, missed: int) -> QualityRow:
    return QualityRow(estimator=IN_CARE, kind=kind, group=group, counted=(children, missed))


def _rows(kinds: dict[str, dict[str, Pair]]) -> list[QualityRow]:
    first = next(iter(kinds.values()))
    whole = [sum(one[place] for one in first.values()) for place in (0, 1)]
    return [
        _row(ALL, ALL, whole[0], whole[1]),
        *(_row(kind, name, *pair) for kind, groups in kinds.items() for name, pair in groups.items()),
    ]


def _dealt(seed: int) -> list[QualityRow]:
    """Deal some children to groups of two kinds, most of them small, and let some be missed."""
    lot = np.random.default_rng(seed)
    count = int(lot.integers(40, 260))
    missed = lot.random(count) < lot.choice([0.03, 0.1, 0.3])
    kinds: dict[str, dict[str, Pair]] = {}
    for kind, weights in (("ethnicity", [0.62, 0.2, 0.1, 0.05, 0.03]), ("sex", [0.5, 0.45, 0.05])):
        of = lot.choice(len(weights), count, p=weights)
        kinds[kind] = {
            f"{kind} {one}": (int((of == one).sum()), int(missed[of == one].sum()))
            for one in range(len(weights))
            if (of == one).any()
        }
    return _rows(kinds)


def _behind(count: int | None, exact: int, policy: DisclosurePolicy, most: int) -> range:
    """Return what may stand behind a printed count, by the rules and by why it is suppressed."""
    few, half = policy.cross_threshold, policy.base // 2
    if count is not None:
        return range(max(count - half, few + 1), count + half) if count else range(1)
    return range(1, few + 1) if 1 <= exact <= few else range(most + 1)


def _fitting(row: QualityRow, told: ToldRow, policy: DisclosurePolicy, most: int) -> NDArray[np.bool_]:
    """Return which (children, missed) fit what is printed of one group."""
    assert row.counted is not None
    children, missed = (
        _behind(shown, exact, policy, most)
        for shown, exact in zip((told.children, told.missed), row.counted, strict=True)
    )
    if told.children is None or (told.missed is None and told.low is None):
        missed = range(most + 1)
    found = np.zeros((most + 1, most + 1), dtype=np.bool_)
    for one, other in product(children, missed):
        if other <= one <= most:
            found[one, other] = True
    return found


def _summed(parts: Iterable[NDArray[np.bool_]], size: int) -> NDArray[np.bool_]:
    """Return which sums some choice of one of each part has."""
    sums = np.zeros((size, size), dtype=np.bool_)
    sums[0, 0] = True
    for part in parts:
        after = np.zeros_like(sums)
        for one, other in np.argwhere(part).tolist():
            after[one:, other:] |= sums[: size - one, : size - other]
        sums = after
    return sums


def _open(
    rows: Sequence[QualityRow], told: Sequence[ToldRow], policy: DisclosurePolicy
) -> Iterator[tuple[QualityRow, NDArray[np.int64]]]:
    """Yield every group with the (children, missed) that fit everything at once, as far as sums bind them."""
    assert rows[0].counted is not None
    most = rows[0].counted[0] + 2 * policy.base
    fits = [_fitting(row, one, policy, most) for row, one in zip(rows, told, strict=True)]
    kinds = [[p for p, row in enumerate(rows) if row.kind == kind] for kind in ("ethnicity", "sex")]
    whole = fits[0]
    for places in kinds:
        whole = whole & _summed((fits[one] for one in places), most + 1)
    yield rows[0], np.argwhere(whole)
    wholes = np.argwhere(whole).tolist()
    for places in kinds:
        for place in places:
            rest = _summed((fits[one] for one in places if one != place), most + 1)
            fitting = [
                (one, other)
                for one, other in np.argwhere(fits[place]).tolist()
                if any(a >= one and b >= other and rest[a - one, b - other] for a, b in wholes)
            ]
            yield rows[place], np.array(fitting)


@pytest.mark.parametrize("policy", [POLICY, WIDER], ids=["default", "wider"])
@pytest.mark.parametrize("seed", range(4))
def test_no_small_count_can_be_worked_out(seed: int, policy: DisclosurePolicy) -> None:
    rows = _dealt(seed)
    for row, fitting in _open(rows, told_rows(rows, policy), policy):
        assert row.counted is not None
        assert row.counted in set(map(tuple, fitting.tolist())), "the truth fits what is printed"
        for exact, values in zip(row.counted, fitting.T, strict=True):
            if 1 <= exact <= policy.cross_threshold:
                assert values.max() - values.min() >= policy.protection, (row, values)


def test_exact_shares_of_rounded_counts_would_give_them_away() -> None:
    """A control: the attack that the table above withstands must break what it is meant against."""
    share = wilson_interval(10, 11)
    printed = [round(100 * one, 1) for one in (share.value, share.low, share.high)]
    fits = [
        (count, missed)
        for count in range(5, 15)
        for missed in range(count + 1)
        for one in [wilson_interval(count - missed, count)]
        if [round(100 * each, 1) for each in (one.value, one.low, one.high)] == printed
    ]
    assert fits == [(11, 1)]


def test_all_else_follows_from_the_counts_that_are_printed() -> None:
    """Of other children with the same printed counts every other word of the table is the same."""
    assert sum(_alike(seed) for seed in range(5)) >= 5


def _alike(seed: int) -> int:
    rows = _dealt(seed)
    told, same = told_rows(rows, POLICY), 0
    lot = np.random.default_rng(seed)
    for _ in range(5):
        kinds: dict[str, dict[str, Pair]] = {}
        for row in rows[1:]:
            assert row.counted is not None
            kinds.setdefault(row.kind, {})[row.group] = row.counted
        for groups in kinds.values():  # one more of one group is missed, in each kind
            name = str(lot.choice(sorted(groups)))
            children, missed = groups[name]
            groups[name] = (children, min(missed + 1, children))
        if len({sum(pair[1] for pair in groups.values()) for groups in kinds.values()}) > 1:
            continue
        others = told_rows(_rows(kinds), POLICY)
        counts = [[(one.children, one.missed, one.low is None) for one in each] for each in (told, others)]
        if counts[0] == counts[1]:
            assert others == told
            same += 1
    return same


def test_groups_of_ten_are_few_and_a_hidden_one_is_not_the_rest() -> None:
    rows = _rows({"sex": {"female": (60, 12), "male": (55, 12)}, "ethnicity": {"a": (105, 21), "b": (10, 3)}})
    told = {(one.kind, one.group): one for one in told_rows(rows, POLICY)}
    assert told["ethnicity", "b"].children is None
    assert "too few" in told["ethnicity", "b"].why
    assert told["sex", "female"].children == 60
    assert told["sex", "female"].missed == 10


def test_a_share_is_that_of_rounded_counts_and_few_missed_bound_it() -> None:
    rows = _rows({"sex": {"female": (214, 26), "male": (977, 8)}})
    told = {one.group: one for one in told_rows(rows, POLICY)}
    female, male = told["female"], told["male"]
    assert (female.children, female.missed, female.share) == (210, 30, round(180 / 210, 4))
    assert (male.missed, male.share, male.high) == (None, None, 1.0) or male.low is None
    assert male.low is None or male.low <= 969 / 977


def test_groups_that_do_not_make_up_everybody_leave_a_rest_that_is_told_of_nobody() -> None:
    rows = [_row(ALL, ALL, 400, 60), _row("council", "E09", 214, 46), _row("council", "E10", 180, 12)]
    told = {one.group: one for one in told_rows(rows, POLICY)}
    assert list(told) == [ALL, "E09", "E10"]
    assert {one.why for one in told.values()} <= {"", "too few children, or too few others"}
    assert told["E09"].children in (210, None)


def test_a_claim_holds_whatever_stands_behind_the_roundings() -> None:
    rows = _rows({"sex": {"female": (214, 46), "male": (977, 38)}})
    told = {one.group: one for one in told_rows(rows, POLICY)}
    assert told["female"].claimed
    assert told["male"].claimed
    alike = _rows({"sex": {"female": (214, 21), "male": (977, 78)}})
    assert not any(one.claimed for one in told_rows(alike, POLICY))
    assert sum(one.tested for one in told_rows(alike, POLICY)) == 2


def test_where_nothing_differs_nothing_is_claimed() -> None:
    lot = np.random.default_rng(3)
    claims = 0
    for _ in range(40):
        groups = {}
        for one, count in enumerate((3000, 900, 500, 250)):
            groups[f"{one}"] = (count, int(lot.binomial(count, 0.08)))
        claims += any(one.claimed for one in told_rows(_rows({"ethnicity": groups}), POLICY))
    assert claims <= 2


@pytest.mark.parametrize("seed", range(4))
def test_two_lists_give_no_small_count_away(seed: int) -> None:
    """Those on both lists, or on one alone, may differ by few: none of these counts is exact or few."""
    lot = np.random.default_rng(seed)
    groups = {
        name: tuple(int(lot.integers(1, most)) for most in (90, 40, 20)) for name in ("a", "b", "c", "d")
    }
    sums = tuple(sum(one) for one in zip(*groups.values(), strict=True))
    rows = [
        CaptureRow(kind=kind, group=name, counted=(both + council, both + police, both))
        for kind, name, (both, council, police) in (
            (ALL, ALL, sums),
            *(("ethnicity", name, one) for name, one in groups.items()),
        )
    ]
    recall = [
        ToldRow(estimator=IN_CARE, kind=one.kind, group=one.group, children=200, missed=20) for one in rows
    ]
    recall = [replace(one, share=0.9, low=0.85, high=0.94) for one in recall]
    told = told_captures(rows, recall, POLICY)
    for one, row in zip((sums, *groups.values()), told, strict=True):
        shown = (row.both, row.only_council, row.only_police)
        if any(1 <= part <= FEW for part in one):
            assert shown == (None, None, None)
            assert row.estimate is None
        for part in (*shown, row.estimate, row.low, row.high):
            assert part is None or part % POLICY.base == 0
        if row.estimate is not None:
            assert row.low is not None
            assert row.high is not None
            assert row.low <= row.estimate <= row.high
    for place, name in enumerate(("both", "only_council", "only_police")):
        spans = [
            _behind(getattr(row, name), one[place], POLICY, 1000)
            for one, row in zip((sums, *groups.values()), told, strict=True)
        ]
        least, most = (sum(ends) for ends in zip(*((one[0], one[-1]) for one in spans[1:]), strict=True))
        for one, span in zip(groups.values(), spans[1:], strict=True):
            if 1 <= one[place] <= FEW:  # everybody less all other groups, as far as they are known
                low = max(span[0], spans[0][0] - (most - span[-1]))
                high = min(span[-1], spans[0][-1] - (least - span[0]))
                assert high - low >= POLICY.protection, (name, one)


def test_shares_that_a_linkage_expects_do_not_tell_how_many_links_there_are() -> None:
    """So many false links of so many: whatever count stands behind the rounded one, the same is printed."""
    counts = Counts(base=10, threshold=10)
    for wrong in range(8):
        printed: dict[int, set[tuple[Value, ...]]] = {}
        for links in range(11, 145):
            shares = [1 - part / links for part in (wrong / 2, wrong, wrong / 4)]
            shown = counts.of(links)
            assert isinstance(shown, int)
            printed.setdefault(shown, set()).add(tuple(expected_shares(counts, shares, links)))
        assert {len(each) for each in printed.values()} == {1}
    assert expected_shares(counts, [0.9, 0.8, 1.0], 10) == ["c", "c", "c"]
    assert expected_shares(counts, [None, None, None], 500) == [None] * 3
    assert expected_shares(counts, [1.0, 1.0, 1.0], 0) == [None] * 3
    assert expected_shares(counts, [0.985, 0.9666, 0.9951], 900) == [0.99, 0.96, 1.0]


def test_bounds_of_answers_are_of_rounded_counts_and_none_where_one_is_few() -> None:
    said = "fewer than four fifths of the links behind queries have an answer that tells"

    def why(*answered: int) -> str:
        row = QualityRow(estimator=ANSWERS, kind=ALL, group=ALL, answered=answered, why=said)  # type: ignore[arg-type]
        return told_rows([row], POLICY)[0].why

    assert why(52, 19, 41) == f"{said}; whatever the others are, 45 to 82 % are right"
    assert why(52, 3, 41) == said
