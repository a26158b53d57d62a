"""An agency has budgets for what it asks and causes; near the end the operator is told, beyond it waits."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from api.budgets import BUDGETS, BudgetName, near, note_crossing, span_of, spend, standing
from api.clock import stamp, utc_now
from api.config import read_settings
from api.console_accounts import invite_account
from api.cycle import abandon_cycle, close_cycle
from api.overview.attention_privacy import privacy_notices
from api.privacy_settings import BudgetSettings
from api.store import budgets as store
from api.store import jobs, persons, schema, schema_privacy
from api.store.database import Database
from api.store.persons import LinkRun
from linkage.wire.canonical import canonical
from linkage.wire.record_requests import RecordRequest
from tests.support.agency_desk import clew
from tests.support.serving import serving
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, handle, make_sent, make_unit

SMALL = BudgetSettings(results=5, withdrawals=10, erasures=1, share=0.0)


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    made = make_unit(tmp_path / "data")
    made.enrol(Desk("E09", "council"))
    return made


@pytest.fixture
def database(unit: Unit) -> Iterator[Database]:
    opened = unit.database()
    yield opened
    opened.close()


def _alerts(database: Database) -> list[dict[str, object]]:
    """What the ledger's alerts say, in order."""
    query = select(schema.ledger_statements.c.statement).order_by(schema.ledger_statements.c.entry)
    with database.read() as connection:
        said = [json.loads(one) for one in connection.scalars(query)]
    return [one["facts"] for one in said if one["kind"] == "alert"]


def _limited(unit: Unit, **limits: int) -> None:
    head, mark, tail = unit.folder.settings.read_text().partition("\n[budgets]\n")
    for name, number in limits.items():
        default = getattr(BudgetSettings(), name)
        assert f"\n{name} = {default}\n" in tail, name
        tail = tail.replace(f"\n{name} = {default}\n", f"\n{name} = {number}\n", 1)
    unit.folder.settings.write_text(head + mark + tail)


def test_every_budget_has_its_setting_and_fits_its_column() -> None:
    counted = {name for name in BudgetSettings.__struct_fields__ if name not in {"share", "warn_percent"}}
    assert set(BUDGETS) == counted
    columns = schema_privacy.budget_uses.c
    assert max(map(len, BUDGETS)) <= columns.budget.type.length


def test_it_is_told_near_the_end_and_at_it_and_refused_beyond(database: Database) -> None:
    crossed = []
    for _ in range(6):
        with database.write() as connection:
            spent = spend(connection, SMALL, "E09", "results", now=utc_now())
            note_crossing(connection, spent, now=utc_now())
        crossed.append((spent.used, spent.allowed, spent.crossed))
    assert crossed == [
        (1, True, None),
        (2, True, None),
        (3, True, None),
        (4, True, "near"),
        (5, True, "reached"),
        (5, False, None),
    ]
    assert [(one["what"], one["used"]) for one in _alerts(database)] == [
        ("budget near", 4),
        ("budget reached", 5),
    ]
    with database.read() as connection:
        (found,) = near(connection, SMALL, now=utc_now())
    assert (found.agency, found.budget.name, found.level) == ("E09", "results", "reached")


def test_erasing_is_counted_and_never_refused(database: Database) -> None:
    with database.write() as connection:
        spent = spend(connection, SMALL, "E09", "erasures", 40, now=utc_now())
    assert (spent.allowed, spent.used, spent.crossed) == (True, 40, "reached")


def test_a_cycle_begins_anew_when_it_is_closed_and_goes_on_when_that_is_given_up(database: Database) -> None:
    now = utc_now()

    def used() -> int:
        with database.read() as connection:
            one = next(one for one in standing(connection, SMALL, now=now) if one.budget.name == "results")
        return one.used

    with database.write() as connection:
        assert span_of(connection, "cycle", now) == "cycle 1"
        spend(connection, SMALL, "E09", "results", now=now)
    assert used() == 1
    with database.write() as connection:
        close_cycle(connection, now=now)
        assert span_of(connection, "cycle", now) == "cycle 2"
    assert used() == 0
    with database.write() as connection:
        spend(connection, SMALL, "E09", "results", 4, now=now)
    assert used() == 4
    with database.write() as connection:
        abandon_cycle(connection, now=now)
    assert used() == 1
    with database.read() as connection:
        assert span_of(connection, "year", now.replace(year=2031)) == "year 2031"


def test_nothing_but_two_people_lets_an_agency_begin_a_span_anew(database: Database) -> None:
    settings = BudgetSettings(results=3, shields=3, share=0.0)
    new_year = dt.datetime(2027, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
    eve = new_year - dt.timedelta(seconds=2)

    def allowed(name: BudgetName, now: dt.datetime) -> bool:
        with database.write() as connection:
            return spend(connection, settings, "E09", name, now=now).allowed

    assert [allowed("results", eve) for _ in range(4)] == [True, True, True, False]
    with database.write() as connection:
        close_cycle(connection, now=eve)
    assert allowed("results", eve)  # of the next cycle
    with database.write() as connection:
        abandon_cycle(connection, now=eve)
    assert not allowed("results", eve)
    assert [allowed("shields", eve) for _ in range(4)] == [True, True, True, False]
    assert allowed("shields", new_year)  # a clock across New Year ...
    assert not allowed("shields", eve)  # ... and back
    with database.read() as connection:
        assert store.used(connection, "E09", "shields", span="year 2027") == 1


def test_spans_long_over_are_forgotten_and_the_present_one_never(database: Database) -> None:
    with database.write() as connection:
        for number in [*range(1, 60), 5, 7]:
            store.charge(connection, "E09", "results", 1, span=f"cycle {number}", limit=9)
        kept = [span for _, _, span, _ in store.all_used(connection)]
    assert len(kept) <= 26
    assert {"cycle 7", "cycle 59"} <= set(kept)


def test_records_count_against_what_the_agency_holds(unit: Unit, database: Database) -> None:
    settings = BudgetSettings(withdrawals=0, share=0.5)
    desk = Desk("E10", "council")
    unit.enrol(desk)
    with database.write() as connection:
        assert not spend(connection, settings, "E10", "withdrawals", now=utc_now()).allowed
        job = jobs.queue(connection, "link", now=utc_now())
        people = {("E10", handle("E10", number)): f"{number:032x}" for number in range(6)}
        run = LinkRun(job, "e1", [], 6, 0, 0, people, frozenset(), [], {})
        persons.store_run(connection, run, now=stamp(utc_now()))
        spent = spend(connection, settings, "E10", "withdrawals", 3, now=utc_now())
        assert (spent.allowed, spent.limit) == (True, 3)


def test_a_request_beyond_it_is_refused_until_two_people_raise_it(unit: Unit, database: Database) -> None:
    _limited(unit, openings=2, withdrawals=3)
    desk = Desk("P01", "police")
    unit.enrol(desk)
    handles = tuple(handle("P01", number) for number in range(4))
    raised = (
        *("register", "budgets", "raise", "--data", unit.folder.root, "P01", "openings", "--more", "2"),
        *("--reason", "moved to another system"),
    )
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        assert [client.call("GET", "/v1/requests").status_code for _ in range(2)] == [200, 200]
        refused = client.call("GET", "/v1/requests")
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:clew:problem:limit-reached")
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400
        body = canonical(RecordRequest(handles=handles))
        assert client.call("POST", "/v1/records/withdraw", body).status_code == 429
        body = canonical(RecordRequest(handles=handles[:3]))
        assert client.call("POST", "/v1/records/withdraw", body).status_code == 200

        alone = clew(*raised, "--by", "p.smith", "--agreed-by", "Paul Smith")
        assert (alone.code, "may be one person" in alone.err) == (1, True)
        done = clew(*raised, "--by", "Asha Patel", "--agreed-by", "Tom Reed")
        assert done.code == 0, done.err
        assert client.call("GET", "/v1/requests").status_code == 200
    facts = [one for one in _alerts(database) if one["what"] == "budget raised"]
    assert [(one["agency"], one["more"], one["agreed_by"]) for one in facts] == [("P01", 2, "Tom Reed")]
    listed = clew("register", "budgets", "list", "--data", unit.folder.root, "--agency", "P01", "--json")
    shown = {one["budget"]: one for one in json.loads(listed.out)}
    assert (shown["openings"]["used"], shown["openings"]["limit"]) == (3, 4)
    assert (shown["withdrawals"]["used"], shown["withdrawals"]["level"]) == (3, "reached")
    with database.read() as connection:
        notices = list(privacy_notices(connection, read_settings(unit.folder.settings), utc_now()))
    assert [one.title for one in notices if one.place == "agencies"] == ["1 budget used up"]


def test_nobody_raises_it_but_people_whom_the_unit_knows_and_no_further_than_once_again(
    unit: Unit, database: Database
) -> None:
    raised = ("register", "budgets", "raise", "--data", unit.folder.root, "E09", "openings", "--reason", "x")

    def refused(more: int, by: str, agreed_by: str) -> str:
        done = clew(*raised, "--more", str(more), "--by", by, "--agreed-by", agreed_by)
        return "" if done.code == 0 else done.err

    assert "may be one person" in refused(1, "psmith", "Paul Smith")
    assert "may be one person" in refused(1, "bob.smith", "Robert Smith")
    assert "500 at most" in refused(501, "Asha Patel", "Tom Reed")
    assert refused(400, "Asha Patel", "Tom Reed") == ""  # nobody has an account yet
    assert "100 at most" in refused(101, "Asha Patel", "Tom Reed")
    with database.write() as connection:
        invite_account(connection, "asha.patel", ["operator"], now=utc_now())
        invite_account(connection, "treed", ["governance"], now=utc_now())
    assert "--agreed-by: nobody of this name" in refused(100, "asha.patel", "Tom Reed")
    assert "--by: nobody of this name" in refused(100, "Some Body", "treed")
    assert refused(99, "Asha Patel", "treed") == ""
    assert refused(1, "asha.patel", "custodian 0") == ""
    assert "raised by all that is set" in refused(1, "asha.patel", "treed")


def test_what_is_refused_leaves_nothing_behind(unit: Unit, database: Database) -> None:
    _limited(unit, submissions=1)
    desk = Desk("P01", "police")
    unit.enrol(desk)
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        first = make_sent(unit, desk, children=(1,))
        client.submit(first)
        assert client.register(first).status_code == 200  # known, and so no second one
        other = make_sent(unit, desk, sequence=2, children=(1,))
        assert client.register(other).status_code == 429
        assert client.call("GET", f"/v1/submissions/{other.id}").status_code == 404
    with database.read() as connection:
        span = span_of(connection, "cycle", utc_now())
        assert store.used(connection, "P01", "submissions", span=span) == 1
