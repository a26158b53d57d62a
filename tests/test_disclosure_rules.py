"""What the rules of disclosure control take and refuse, and what percentages say."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.register.counts import Cell, CountTable, Dimension
from linkage.register.disclosure import DisclosurePolicy, Nesting, disclose, whole_percentage
from linkage.register.disclosure.rounding import preimage, rounded
from linkage.register.released import ReleasedCell


@given(st.integers(0, 10_000), st.sampled_from([5, 10, 14]), st.sampled_from([10, 20]))
def test_a_rounded_count_leaves_open_just_what_rounds_to_it(value: int, threshold: int, base: int) -> None:
    if 1 <= value <= threshold:
        return
    shown = rounded(value, base)
    if shown:
        low, high = preimage(shown, threshold, base)
        assert low <= value <= high
        assert [one for one in range(threshold + 1, value + 40) if rounded(one, base) == shown] == [
            *range(low, high + 1)
        ]


@pytest.mark.parametrize(
    "unsafe",
    [
        {"base": 5},
        {"base": 11},
        {"threshold": 4},
        {"threshold": 10, "cross_threshold": 9},
        {"protection": 3},
        {"protection": 5},
        {"dominance_percent": 95},
        {"revision": 4},
        {"revision": 6},
        {"contributors": 1},
        {"rounding": 10},
    ],
)
def test_unsafe_rules_are_refused(unsafe: dict[str, int]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(unsafe, DisclosurePolicy)


def test_rules_are_named_by_their_digest() -> None:
    assert DisclosurePolicy().digest == msgspec.convert({}, DisclosurePolicy).digest
    assert DisclosurePolicy().digest != DisclosurePolicy(cross_threshold=12).digest


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        ("c", "40", "c"),
        ("20", "c", "c"),
        ("20", "40", "50"),
        ("10", "3000", "k"),
        ("10", "1000", "1"),
        ("0", "40", "0"),
        ("0", "0", "z"),
        ("20", "10", "100"),
        ("x", "40", "x"),
    ],
)
def test_percentages_are_made_of_what_is_printed(part: str, whole: str, text: str) -> None:
    cells = [ReleasedCell(one, int(one) if one.isdigit() else None) for one in (part, whole)]
    assert whole_percentage(*cells).text == text


def by_area(values: dict[str, int], *, largest: int = 1, period: str = "2025") -> CountTable:
    total = sum(values.values())
    area = Dimension(name="area", title="Area", codes=("E", *values), parents=dict.fromkeys(values, "E"))
    time = Dimension(name="time_period", title="Time", codes=(period,), parents={})
    cells = {(period, one): Cell(value, largest) for one, value in {"E": total, **values}.items()}
    return CountTable(number="T1", title="t", measure="incidents", dimensions=(time, area), cells=cells)


def test_a_count_that_one_child_makes_is_suppressed_however_large() -> None:
    cells = disclose([by_area({"A": 100, "B": 200}, largest=90)], DisclosurePolicy()).tables[0].cells
    assert cells["2025", "A"].text == "c"
    assert [cell.text for cell in cells.values()].count("c") > 1  # or a subtraction would tell


def test_a_council_of_two_former_ones_does_not_open_what_they_were() -> None:
    policy = DisclosurePolicy()
    first = disclose([by_area({"A": 3, "B": 60, "C": 40, "D": 30})], policy)
    second = disclose(
        [by_area({"AB": 63, "C": 40, "D": 30})], policy, [first.release], [Nesting("area", "AB", ("A", "B"))]
    )
    assert first.tables[0].cells["2025", "A"].text == "c"
    assert second.figures.narrowest is not None
    assert second.figures.narrowest >= policy.protection


def test_a_longer_period_does_not_tell_the_month_by_which_it_is_longer() -> None:
    policy = DisclosurePolicy()
    nesting = [Nesting("time_period", "Apr-Jul", ("Apr-Jun", "Jul"))]
    first = disclose([by_area({"A": 20, "B": 31}, period="Apr-Jun")], policy)
    second = disclose([by_area({"A": 22, "B": 31}, period="Apr-Jul")], policy, [first.release], nesting)
    # July is in no table, and A had two in it.
    assert second.figures.guarded > 0
    assert second.figures.narrowest is not None
    assert second.figures.narrowest >= policy.protection


def test_small_corrections_change_nothing_that_was_published() -> None:
    policy = DisclosurePolicy()
    first = disclose([by_area({"A": 14, "B": 3, "C": 40, "D": 0})], policy)
    later = disclose([by_area({"A": 15, "B": 0, "C": 45, "D": 2})], policy, [first.release])
    texts = {key[1]: cell.text for key, cell in later.tables[0].cells.items()}
    assert texts["A"] == "10"  # 15 alone would be 20: with one late record known, it was 14
    assert texts["B"] == "c"  # that it went would say how many it was
    assert texts["C"] == "50"
    assert texts["D"] == "c"  # told at once: later it would say how many it has become


def test_tables_that_contradict_each_other_are_refused() -> None:
    one, other = by_area({"A": 20, "B": 31}), by_area({"A": 21, "B": 30})
    with pytest.raises(InputError, match="disagree"):
        disclose([one, other], DisclosurePolicy())
    wrong = CountTable(
        number="T1",
        title="t",
        measure="incidents",
        dimensions=one.dimensions,
        cells={**one.cells, ("2025", "E"): Cell(60, 1)},
    )
    with pytest.raises(InputError, match="do not make the whole"):
        disclose([wrong], DisclosurePolicy())


def _divided(number: str, name: str, code: str, count: int) -> CountTable:
    """Sixty incidents of a year, divided into so many of one code and the rest."""
    parts = Dimension(
        name=name, title=name, codes=("total", code, "rest"), parents={code: "total", "rest": "total"}
    )
    return CountTable(
        number=number,
        title=name,
        measure="incidents",
        dimensions=(Dimension(name="time", title="Time", codes=("2025",), parents={}), parts),
        cells={
            ("2025", "total"): Cell(60, 1),
            ("2025", code): Cell(count, 1),
            ("2025", "rest"): Cell(60 - count, 1),
        },
    )


def test_codes_that_are_the_same_by_definition_are_one_quantity() -> None:
    tables = [_divided("T7", "duration", "open", 20), _divided("T9", "interview", "not-ended", 30)]
    same = DisclosurePolicy(same=(("interview", "not-ended", "duration", "open"),))
    with pytest.raises(InputError, match="T7 and T9 disagree about one quantity"):
        disclose(tables, same)
    assert len(disclose(tables, DisclosurePolicy()).tables) == 2


def test_what_cannot_be_protected_is_refused_with_its_table() -> None:
    time = Dimension(name="time", title="Time", codes=("2025",), parents={})
    whole = CountTable(
        number="T1", title="All", measure="incidents", dimensions=(time,), cells={("2025",): Cell(15, 1)}
    )
    parts = dict.fromkeys("abc", "total")
    reasons = Dimension(name="reason", title="Reason", codes=("total", *parts), parents=parts)
    cells = {("2025", "total"): Cell(15, 1), **{("2025", one): Cell(5, 1) for one in parts}}
    divided = CountTable(
        number="T18", title="Reasons", measure="incidents", dimensions=(time, reasons), cells=cells
    )
    # Published as 20 it was at least 15, and three counts of 5 at most are 15 only if each is 5.
    earlier = disclose([whole], DisclosurePolicy()).release
    with pytest.raises(InputError, match=r"3 suppressed cells cannot .* they stand in T18; leave out"):
        disclose([divided], DisclosurePolicy(), [earlier])
    shown = disclose([whole, divided], DisclosurePolicy()).tables[0]
    assert shown.cells["2025",].text == "c"
