"""When a child's records go: by the last day that they speak of, by age bands, and by nothing else."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.register.retention import RetentionRules, due_days
from linkage.wire.codes import AgeBand
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Episode, Payload, ReturnInterview

RULES = RetentionRules()
CHILD = "c" * 32


def _day(text: str) -> Moment:
    return Moment.parse(text)


def _episode(start: str, end: str | None, band: AgeBand = "10-15", handle: str = "e" * 32) -> Episode:
    ended = None if end is None else _day(end)
    return Episode(
        handle=handle, child=CHILD, version=1, kind="missing", start=_day(start), end=ended, age_band=band
    )


def _payload(
    *episodes: Episode, spells: Sequence[CareSpell] = (), interviews: Sequence[ReturnInterview] = ()
) -> Payload:
    return Payload(
        agency="E09",
        children=(Child(handle=CHILD, version=1),),
        episodes=episodes,
        care_spells=tuple(spells),
        interviews=tuple(interviews),
    )


def _due(*snapshots: tuple[Payload, str], rules: RetentionRules = RULES) -> str:
    found = due_days([(payload, dt.date.fromisoformat(end)) for payload, end in snapshots], rules)
    return found[CHILD].isoformat()


def _spell(end: str | None) -> CareSpell:
    return CareSpell(
        handle="d" * 32,
        child=CHILD,
        version=1,
        start=_day("2020-01-01"),
        end=None if end is None else _day(end),
    )


@pytest.mark.parametrize(
    ("band", "due"),
    [("16+", "2026-06-03"), ("10-15", "2028-06-02"), ("5-9", "2033-06-02"), ("under-1", "2038-06-02")],
)
def test_six_years_after_the_last_day_but_not_before_the_child_is_certainly_eighteen(
    band: AgeBand, due: str
) -> None:
    assert _due((_payload(_episode("2020-06-02", "2020-06-03", band)), "2021-03-31")) == due


def test_of_several_age_bands_the_one_that_proves_most_counts() -> None:
    episodes = (
        _episode("2018-01-01", "2018-01-02", "unknown"),
        _episode("2019-05-01", "2019-05-02", "16+", "f" * 32),
    )
    assert _due((_payload(*episodes), "2020-03-31")) == "2025-05-02"


def test_a_child_who_is_still_missing_is_kept_a_year_beyond_eighteen() -> None:
    payload = _payload(_episode("2010-06-02", None, "10-15"))
    assert _due((payload, "2011-03-31")) == "2019-06-02"
    closed = _payload(_episode("2010-06-02", "2011-05-01", "10-15"))
    assert _due((payload, "2011-03-31"), (closed, "2012-03-31")) == "2018-06-02"


def test_whatever_a_record_speaks_of_counts_as_its_last_day() -> None:
    episode = _episode("2019-06-02", "2019-06-03", "16+")
    interview = ReturnInterview(episode=episode.handle, version=1, completed=_day("2019-07-01"))
    assert _due((_payload(episode, interviews=[interview]), "2020-03-31")) == "2025-07-01"
    assert _due((_payload(episode, spells=[_spell("2020-02-29")]), "2020-03-31")) == "2026-03-01"
    assert _due((_payload(episode, spells=[_spell(None)]), "2020-03-31")) == "2026-03-31"


def test_a_child_without_an_episode_goes_two_years_after_the_last_period_that_held_it() -> None:
    assert _due((_payload(), "2020-03-31"), (_payload(), "2021-03-31")) == "2023-03-31"
    assert _due((_payload(spells=[_spell(None)]), "2020-03-31")) == "2022-03-31"


def test_ages_can_be_left_out_of_account() -> None:
    rules = RetentionRules(until_age=0)
    assert _due((_payload(_episode("2020-06-02", "2020-06-03", "1-4")), "2021-03-31"), rules=rules) == (
        "2026-06-03"
    )


_DATES = st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1))
_BANDS = st.sampled_from(["under-1", "1-4", "5-9", "10-15", "16+", "unknown"])


@given(st.lists(st.tuples(_DATES, st.integers(0, 400), _BANDS), min_size=1, max_size=6), st.integers(0, 25))
def test_a_record_is_never_due_before_its_years_nor_before_its_age(
    made: list[tuple[dt.date, int, AgeBand]], age: int
) -> None:
    episodes = [
        _episode(str(start), str(start + dt.timedelta(days=length)), band, f"{number:032x}")
        for number, (start, length, band) in enumerate(made)
    ]
    rules = RetentionRules(until_age=age)
    end = dt.date(2031, 3, 31)
    due = due_days([(_payload(*episodes), end)], rules)[CHILD]
    last = max(start + dt.timedelta(days=length) for start, length, _ in made)
    assert due.year - last.year >= 6
    more = due_days([(_payload(*episodes[:-1]), end), (_payload(*episodes), end)], rules)[CHILD]
    assert more == due
