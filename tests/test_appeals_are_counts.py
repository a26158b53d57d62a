"""Public appeals are counted by month and named by nothing; the advice stands where governance looks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from api.clock import utc_now
from api.config import read_settings
from api.overview import rotation
from api.overview.attention_privacy import privacy_notices
from api.overview.rotation import ASSUMPTIONS, rotation_view
from api.store import schema_privacy
from api.store.database import Database
from linkage.measured import Figure, Measured
from tests.support.agency_desk import Outcome, clew
from tests.support.unit import Unit, make_unit


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unit:
    def figure(value: float) -> Figure:
        return Figure(value=value, low=value * 0.8, high=value * 1.2, seeds=5)

    names = {"known-pairs-20": 0.001, "known-pairs-100": 0.015, "known-pairs-500": 0.3}
    privacy = {name: figure(value) for name, value in names.items()}
    made_up = Measured(setting="made up", privacy=privacy)  # type: ignore[arg-type]
    monkeypatch.setattr(rotation, "measured", lambda _: made_up)
    return make_unit(tmp_path / "data")


@pytest.fixture
def database(unit: Unit) -> Iterator[Database]:
    opened = unit.database()
    yield opened
    opened.close()


def _appeals(unit: Unit, *words: str) -> Outcome:
    return clew("register", "appeals", words[0], "--data", unit.folder.root, *words[1:])


def _month() -> str:
    return f"{utc_now():%Y-%m}"


def test_nothing_is_kept_but_a_month_and_a_number(unit: Unit, database: Database) -> None:
    assert _appeals(unit, "add", "--month", _month(), "--count", "7").code == 0
    columns = set(schema_privacy.public_appeals.columns.keys())
    assert columns == {"number", "month", "count", "entered_on", "withdrawn_on"}
    with database.read() as connection:
        (row,) = connection.execute(select(schema_privacy.public_appeals)).all()
    assert (row.month, row._mapping["count"], row.entered_on) == (_month(), 7, f"{utc_now():%Y-%m-%d}")


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-1", "2999-01", "2026-10-03"])
def test_a_month_is_a_month_that_has_begun(unit: Unit, month: str) -> None:
    refused = _appeals(unit, "add", "--month", month, "--count", "1")
    assert (refused.code, "not a month that has begun" in refused.err) == (1, True)


def test_the_advice_follows_the_counts_and_says_what_it_rests_on(unit: Unit, database: Database) -> None:
    advice = ("register", "epoch", "advice", "--data", unit.folder.root)
    assert "no public appeals are counted" in clew(*advice).out
    assert _appeals(unit, "estimate", "--per-year", "12").code == 0
    far = clew(*advice)
    assert far.code == 0
    assert re.search(r"rotate by (\d{4}-\d\d) \(\d{4}-\d\d to (\d{4}-\d\d|later than can be said)\)", far.out)
    assert all(one in far.err for one in ASSUMPTIONS)
    assert _pressing(unit, database) == []

    done = _appeals(unit, "estimate", "--per-year", "1200")
    assert "rotate by " in done.err
    (notice,) = _pressing(unit, database)
    assert notice.startswith("Epoch e1 should be rotated by ")

    listed = _appeals(unit, "list").out.splitlines()
    assert [line.split("\t")[1:3] for line in listed] == [["a year", "12"], ["a year", "1,200"]]
    assert _appeals(unit, "withdraw", "2").code == 0
    assert _appeals(unit, "withdraw", "2").code == 1
    assert _pressing(unit, database) == []


def test_of_the_shipped_profile_the_surest_guesses_end_it_and_the_sentence_says_so(
    unit: Unit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert _appeals(unit, "estimate", "--per-year", "80").code == 0
    with database.read() as connection:
        view = rotation_view(connection, now=utc_now())
    assert view is not None
    assert view.advice is not None
    bears = view.advice.capacity
    assert (view.profile, bears.curve) == ("child-1", "surest")
    assert bears.pairs <= 100  # beyond which they have no figure, and are not green
    assert f"beyond {bears.pairs:.0f} the share of the surest guesses that is right" in view.sentence
    assert "nothing is measured" not in view.sentence


def _pressing(unit: Unit, database: Database) -> list[str]:
    with database.read() as connection:
        found = list(privacy_notices(connection, read_settings(unit.folder.settings), utc_now()))
    return [one.title for one in found if one.place == "epochs"]


def test_without_figures_nothing_is_advised(
    unit: Unit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "measured", lambda _: None)
    assert _appeals(unit, "add", "--month", _month(), "--count", "400").code == 0
    with database.read() as connection:
        view = rotation_view(connection, now=utc_now())
    assert view is not None
    assert (view.advice, view.pressing) == (None, False)
    assert "nothing can be advised" in view.sentence
