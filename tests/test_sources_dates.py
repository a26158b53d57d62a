"""Dates are read as their sources mean them: local in, UTC out, at the precision that was written."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources.dates import DateReader, age_band, local_day, only_midnights
from linkage.wire.moments import Moment

READER = DateReader("dmy")
LONDON = ZoneInfo("Europe/London")
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31))
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))


@given(DAYS)
def test_every_way_of_writing_a_day_is_the_same_day(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    styles = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%d-%b-%Y", "%Y%m%d")
    for text in (
        *(day.strftime(style) for style in styles),
        str(serial),
        f"{day.day}/{day.month}/{day.year}",
    ):
        assert READER.read(text) == Moment.day(day)
    assert DateReader("mdy").read(day.strftime("%m/%d/%Y")) == Moment.day(day)


@given(DAYS, TIMES)
def test_wall_time_becomes_utc(day: dt.date, time: dt.time) -> None:
    wall = dt.datetime.combine(day, time.replace(fold=0))  # no source says which of two equal hours
    expected = Moment.minute(wall.replace(tzinfo=LONDON))
    for style in (
        "%d/%m/%Y %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%d/%m/%Y %I:%M %p",
        "%d.%m.%Y %H.%M",
    ):
        assert READER.read(wall.strftime(style)) == expected
    assert READER.read(wall.strftime("%Y-%m-%dT%H:%MZ")) == Moment.minute(wall.replace(tzinfo=dt.UTC))


@given(DAYS, TIMES)
def test_the_local_day_of_a_time_is_the_day_that_was_written(day: dt.date, time: dt.time) -> None:
    moment = READER.read(f"{day.isoformat()}T{time:%H:%M}")
    # An hour that the clocks skip is read as if they had not changed yet, which keeps it within its day.
    assert local_day(moment) == day
    assert local_day(Moment.day(day)) == day


def test_the_hour_that_happens_twice_is_the_first_one_and_the_skipped_hour_is_read_by_the_old_clock() -> None:
    assert str(READER.read("27/10/2024 01:30")) == "2024-10-27T00:30Z"
    assert str(READER.read("31/03/2024 01:30")) == "2024-03-31T01:30Z"
    assert str(READER.read("2024-07-01T12:00+02:00")) == "2024-07-01T10:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2025", "32/01/2025", "13/13/2025", "2025-13-01", "00/00/0000", "01/01/0001", "01/01/1066",
        "99999", "12", "yesterday", "",
        "01/06/2025 25:00", "01/06/2025 12:61", "01/06/2025 13:00 pm", "1/1/203", "٣",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        READER.read(text)
    assert not text or text not in str(refused.value)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    try:
        moment = READER.read(text)
    except (ValueError, OverflowError):
        return
    assert Moment.parse(str(moment)) == moment


def test_two_digit_years_lie_in_this_century() -> None:
    assert str(READER.read("05/06/09")) == "2009-06-05"
    assert str(READER.read("5-Jun-99")) == "2099-06-05"


def test_a_column_of_midnights_holds_days() -> None:
    assert only_midnights(["2024-05-01 00:00:00", "", "2024-05-02T00:00"])
    assert not only_midnights(["2024-05-01 00:00:00", "2024-05-02 10:00"])
    assert not only_midnights(["01/05/2024", ""])
    assert str(DateReader("dmy", days_only=True).read("2024-05-01 00:00:00")) == "2024-05-01"


@given(st.dates(dt.date(2000, 1, 1), dt.date(2015, 1, 1)), st.integers(-400, 8000))
def test_age_bands_agree_with_counting_birthdays(born: dt.date, days: int) -> None:
    start = born + dt.timedelta(days=days)
    assert age_band(born, start) == _band_by_counting(born, start)


def _band_by_counting(born: dt.date, start: dt.date) -> str:
    if start < born:
        return "unknown"
    age, day = 0, born
    while True:
        day = _birthday(born, age + 1)
        if day > start:
            break
        age += 1
    for limit, band in ((1, "under-1"), (5, "1-4"), (10, "5-9"), (16, "10-15")):
        if age < limit:
            return band
    return "16+"


def _birthday(born: dt.date, age: int) -> dt.date:
    """A child of 29 February turns older on 1 March of a common year."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return dt.date(born.year + age, 3, 1)


def test_without_a_date_of_birth_there_is_no_band() -> None:
    assert age_band(None, dt.date(2025, 1, 1)) == "unknown"
