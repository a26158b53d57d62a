"""Linear programs may open a cell by three and a half: it is brought to four then, and not called open."""

from hypothesis import given
from hypothesis import strategies as st

from linkage.register.disclosure import DisclosurePolicy
from linkage.register.disclosure.auditing import audit_of
from linkage.register.disclosure.history import System
from linkage.register.disclosure.protecting import values_to_reach
from tests.support.disclosure_worlds import areas, made_up, months, table

WORLD = made_up(1, councils=2, month_count=3, mean=6)
FRACTIONS = st.fractions(0, 12, max_denominator=6).map(float)


@given(FRACTIONS, FRACTIONS)
def test_every_value_to_reach_opens_enough_and_none_is_reached_already(one: float, other: float) -> None:
    system = System(DisclosurePolicy())
    dimensions = [(months(3), lambda absence: absence.month), (areas(2), lambda absence: absence.council)]
    system.add([table("T1", "incidents", dimensions, WORLD)])
    audit = audit_of(system)
    figure = min(system.targets)
    width = system.targets[figure].width
    audit.problem.low[figure], audit.problem.high[figure] = 0, 40
    audit.low[figure], audit.high[figure] = sorted((one, other))
    values = values_to_reach(audit, figure)
    assert values or audit.is_open(figure)
    if not audit.is_open(figure):
        for value in values:
            assert not audit.low[figure] <= value <= audit.high[figure]
            assert max(value, audit.high[figure]) - min(value, audit.low[figure]) >= width - 1e-5
