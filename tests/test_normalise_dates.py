"""Every layout of a date of birth reads alike; no date is refused; placeholders lose what is untrue."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.dates import parse_date
from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import Normalised, normalise

TODAY = datetime.date(2025, 6, 30)
BIRTHDAYS = st.dates(datetime.date(1900, 1, 2), datetime.date(2099, 12, 31)).filter(
    lambda day: (day.month, day.day) != (1, 1)
)


@pytest.mark.parametrize(
    "text",
    [
        "31/03/2009",
        "31-03-2009",
        "31.3.2009",
        "31. 3. 2009",
        "31 03 2009",
        "31/3/09",
        "31-03-09",
        "2009-03-31",
        "2009/03/31",
        "2009-03-31T00:00:00",
        "2009-03-31T00:00:00.000Z",
        "2009-03-31Z",
        "2009-03-31+01:00",
        "2009-03-31T23:59:59.9999999+01:00",
        "20090331000000",
        "200903310000",
        "20090331T000000Z",
        "'31/03/2009",
        "31\\03\\2009",
        "31_03_2009",
        "31/03/2009 00:00:00.000",
        "31 Mar 2009 12:00 am",
        "2009-03-31 00:00:00+00:00",
        "31/03/2009 00:00",
        "31/03/2009 12:00:00 AM",
        "20090331",
        "31032009",
        "31 Mar 2009",
        "31-MAR-09",
        "31st March 2009",
        "the 31st of March, 2009",
        "March 31, 2009",
        "Tue 31 Mar 2009",
        "2009 March 31",
        "31Mar2009",
        "39903",
        "39903.0",
        "39903.75",
        "03/31/2009",
        "2009-31-03",
        " 31/03/2009\u200b",
        "３１／０３／２００９",
        "٣١/٠٣/٢٠٠٩",
        "31‐03–2009",
        "31\u0903/03/2009",
    ],
)
def test_every_layout_reads_alike(text: str) -> None:
    birth = parse_date(text, today=TODAY)
    assert birth.date == datetime.date(2009, 3, 31)
    assert (birth.uncertain, birth.refused) == (False, "")


def test_month_first_only_where_the_source_says_so() -> None:
    assert parse_date("03/04/2009").date == datetime.date(2009, 4, 3)
    assert parse_date("03/04/2009", "mdy").date == datetime.date(2009, 3, 4)
    assert parse_date("2009-04-03", "mdy").date == datetime.date(2009, 4, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("32/01/2009", "impossible-date"),
        ("30/13/2009", "impossible-date"),
        ("31/00/2009", "impossible-date"),
        ("2009-13-32", "impossible-date"),
        ("2009-00-12", "impossible-date"),
        ("01/07/2025", "future-date"),
        ("12/2025", "future-date"),
        ("03/03/1066", "implausible-year"),
        ("2150", "implausible-year"),
        ("01/01/1900", "placeholder-date"),
        ("00/00/0000", "placeholder-date"),
        ("00/00/00", "placeholder-date"),
        ("31/12/9999", "placeholder-date"),
        ("not known", "placeholder-date"),
        ("tomorrow", "not-a-date"),
        ("1234567", "not-a-date"),
        ("99999", "not-a-date"),
        ("12/", "not-a-date"),
        ("31/03/209", "not-a-date"),
        ("3 March April 2009", "not-a-date"),
        ("9" * 5000, "too-long"),
    ],
)
def test_what_is_no_date_of_birth_is_refused_with_a_reason(text: str, reason: str) -> None:
    birth = parse_date(text, today=TODAY)
    assert (birth.refused, birth.year, birth.month, birth.day) == (reason, 0, 0, 0)


def test_today_is_a_parameter_and_not_the_clock() -> None:
    assert parse_date("05/06/2098").date == datetime.date(2098, 6, 5)
    assert parse_date("30/06/2025", today=TODAY).date == TODAY


@pytest.mark.parametrize(
    ("text", "year"), [("1/2/00", 2000), ("1/2/49", 2049), ("1/2/50", 1950), ("1/2/99", 1999)]
)
def test_the_pivot_of_two_digit_years_is_fixed(text: str, year: int) -> None:
    birth = parse_date(text)
    assert (birth.year, birth.noticed) == (year, ("two-digit-year",))


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("03/31/2009", "day-month-swapped"),
        ("39903", "excel-serial"),
        ("2009", "partial-date"),
        ("01/01/2009", "first-of-january"),
        ("15", "age-only"),
    ],
)
def test_a_doubtful_reading_is_noticed(text: str, noticed: str) -> None:
    assert noticed in parse_date(text).noticed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2009", ("2009", "", "")),
        ("circa 2009", ("2009", "", "")),
        ("2009.0", ("2009", "", "")),
        ("00/00/2009", ("2009", "", "")),
        ("03/2009", ("2009", "03", "")),
        ("2009-03", ("2009", "03", "")),
        ("Mar 2009", ("2009", "03", "")),
        ("00/03/2009", ("2009", "03", "")),
        ("01/01/2009", ("2009", "", "")),
        ("2009-01-01", ("2009", "", "")),
        ("1 January 2009", ("2009", "", "")),
        ("15", ("", "", "")),
        ("age 15", ("", "", "")),
        ("15 yrs", ("", "", "")),
    ],
)
def test_parts_placeholders_and_ages_go_to_the_uncertain_tier(text: str, parts: tuple[str, ...]) -> None:
    person = normalise(Identifiers(date_of_birth=text))
    assert (_parts(person), person.tier) == (parts, "uncertain")


@pytest.mark.parametrize("text", ["15/03/2009", "01/03/2009", "31/12/2009"])
def test_a_placeholder_prone_day_alone_is_certain(text: str) -> None:
    person = normalise(Identifiers(date_of_birth=text))
    assert person.tier == "certain"
    assert person.day == text[:2]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("15/03/2009", ("2009", "03", "")),
        ("01/03/2009", ("2009", "03", "")),
        ("01/01/2009", ("2009", "", "")),
        ("12/03/2009", ("2009", "03", "12")),
        ("", ("", "", "")),
        ("31/02/2009", ("2009", "02", "")),
        ("32/02/2009", ("", "", "")),
    ],
)
def test_a_date_that_the_source_marks_loses_placeholder_days(text: str, parts: tuple[str, ...]) -> None:
    person = normalise(Identifiers(date_of_birth=text, birth_uncertain=True))
    assert (_parts(person), person.tier) == (parts, "uncertain")


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("31/02/2009", "02"),
        ("29/02/2009", "02"),
        ("30 Feb 2009", "02"),
        ("2009-04-31", "04"),
        ("31.11.09", "11"),
    ],
)
def test_a_day_that_its_month_does_not_have_leaves_month_and_year_certain(text: str, month: str) -> None:
    person = normalise(Identifiers(date_of_birth=text), today=TODAY)
    assert (_parts(person), person.tier) == (("2009", month, ""), "certain")
    assert "impossible-day" in {notice.reason for notice in person.notices}
    assert normalise(person.identifiers()).tier == "certain"
    assert parse_date("31/06/2025", today=datetime.date(2025, 5, 1)).refused == "future-date"


def test_a_refused_or_missing_date_leaves_the_record_in_the_certain_tier() -> None:
    assert normalise(Identifiers(date_of_birth="32/01/2009")).tier == "certain"
    assert normalise(Identifiers(date_of_birth="")).tier == "certain"


@given(
    BIRTHDAYS,
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y"]),
)
def test_what_is_written_is_what_is_read(day: datetime.date, layout: str) -> None:
    assert parse_date(day.strftime(layout)).date == day


@given(BIRTHDAYS.filter(lambda day: day.year >= 1928))
def test_spreadsheet_day_numbers_are_read_back(day: datetime.date) -> None:
    assert parse_date(str((day - datetime.date(1899, 12, 30)).days)).date == day


@given(st.text() | st.from_regex(r"[0-9]{1,4}[-/. ][0-9a-zA-Z]{1,4}[-/. ]?[0-9]{0,4}", fullmatch=True))
def test_any_text_is_a_date_a_part_or_refused(text: str) -> None:
    birth = parse_date(text, today=TODAY)
    assert not (birth.refused and birth.year)
    assert birth.date is None or birth.date <= TODAY
    assert repr(birth).endswith(("withheld>", f"{birth.refused}>"))


def _parts(person: Normalised) -> tuple[str, str, str]:
    return person.year, person.month, person.day
