"""What is suppressed stays open: every table of whole numbers that fits a release is tried."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.register.counts import Cell, CountTable, Dimension
from linkage.register.disclosure import DisclosurePolicy, disclose
from tests.oracles.disclosure_oracle import possible_values

MOST = 24


def two_by_two(leaves: tuple[int, int, int, int]) -> CountTable:
    values = dict(zip(itertools.product("AB", "AB"), leaves, strict=True))
    cells = {}
    for row, column in itertools.product("TAB", "TAB"):
        among = itertools.product("AB" if row == "T" else row, "AB" if column == "T" else column)
        value = sum(values[one] for one in among)
        cells[row, column] = Cell(value, min(value, 1))
    tree = {"codes": ("T", "A", "B"), "parents": {"A": "T", "B": "T"}}
    dimensions = (
        Dimension(name="area", title="Area", **tree),
        Dimension(name="ethnicity", title="Ethnicity", **tree),
    )
    return CountTable(number="T3", title="t", measure="children", dimensions=dimensions, cells=cells)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(0, 14)] * 4))
def test_every_suppressed_cell_has_the_promised_number_of_values(leaves: tuple[int, int, int, int]) -> None:
    policy = DisclosurePolicy()
    table = two_by_two(leaves)
    made = disclose([table], policy)
    cells = made.tables[0].cells
    thresholds = {key: 10 if "T" not in key else 5 for key in cells}
    truth = {key: cell.value for key, cell in table.cells.items()}
    possible = possible_values(cells, truth, thresholds, most=MOST)
    for key, values in possible.items():
        assert truth[key] in values
        assert max(values) - min(values) >= policy.protection, (leaves, key, sorted(values))
        assert len(values) > policy.protection, (leaves, key, sorted(values))
    assert made.figures.narrowest is None or made.figures.narrowest >= policy.protection
    for key, cell in cells.items():
        if 1 <= truth[key] <= thresholds[key]:
            assert cell.text == "c"
        elif cell.value is not None:
            assert cell.value == (truth[key] + 5) // 10 * 10
            assert (cell.value == 0) == (truth[key] == 0)


def test_a_row_that_is_all_in_one_column_does_not_say_so() -> None:
    cells = disclose([two_by_two((30, 0, 20, 20))], DisclosurePolicy()).tables[0].cells
    assert cells["A", "A"].text == "30"
    assert cells["A", "B"].text == "c"


def test_nothing_is_said_of_the_parts_of_a_small_count() -> None:
    cells = disclose([two_by_two((2, 1, 40, 40))], DisclosurePolicy()).tables[0].cells
    assert [cells["A", one].text for one in "TAB"] == ["c", "c", "c"]
    zero = disclose([two_by_two((2, 0, 40, 40))], DisclosurePolicy()).tables[0].cells
    assert zero == cells
