"""One agency cannot keep the linking worker busy for all with the same row over and over."""

import numpy as np
import pytest

from api.repeated_rows import MOST_ALIKE, refuse_repeats
from linkage.errors import FormatError
from tests.support.unit import handle, make_encodings


def test_a_flood_of_equal_rows_is_refused() -> None:
    flood = make_encodings((handle("E09", number), 1) for number in range(MOST_ALIKE + 1))
    with pytest.raises(FormatError, match="same bits"):
        refuse_repeats(flood)


def test_one_view_alone_is_enough() -> None:
    rows = make_encodings((handle("E09", number), number) for number in range(MOST_ALIKE + 1))
    rows.bits[:, 2] = rows.bits[0, 2]
    with pytest.raises(FormatError):
        refuse_repeats(rows)


def test_views_that_are_absent_do_not_count() -> None:
    rows = make_encodings((handle("E09", number), number) for number in range(2 * MOST_ALIKE))
    rows.present[:] &= ~np.uint32(1)
    rows.bits[:, 0] = 0
    refuse_repeats(rows)


def test_honest_duplicates_pass() -> None:
    refuse_repeats(make_encodings((handle("E09", number), number % 50) for number in range(200)))
