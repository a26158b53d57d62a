"""Every cycle tells of groups what its records allow, and governance and the pack read the same of it."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from msgspec import json, structs
from sqlalchemy import delete, select, update

from api.evidence.tables_linkage import linkage_tables
from api.group_quality import answered_links
from api.manage import register
from api.overview.group_quality import CONDITIONS, ESTIMATOR_WORDS, pack_sentences, told_by_groups
from api.store import answers, group_quality, known_link_samples, known_links, persons
from api.store.answers import Query
from api.store.group_quality import GroupQuality
from api.store.persons import RecordKey
from api.store.schema_quality import group_quality as kept
from api.store.schema_quality import known_link_samples as samples
from linkage.errors import ClewError
from linkage.match.linkage import Known, Linkage, Pairs, RecordId
from linkage.match.unaided import found_unaided
from linkage.register.group_quality import ANSWERS, ESTIMATORS, IN_CARE, KNOWN
from linkage.register.group_told import ToldCapture, ToldRow
from linkage.wire.records import Payload
from tests.support.console import needs_assets
from tests.support.governed_world import Shown, governed_console
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, handle, make_payload, make_sent

CHILDREN = range(1, 81)
LINKED = range(1, 61)  # under 61 to 80 the force's records are of other children


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A council and a force of eighty children in care, twenty of whom encodings do not bring together."""
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as opened:
        for desk in (opened.council, opened.police):
            encoded = {
                handle(desk.code, one): one if one in LINKED or desk.role == "council" else one + 500
                for one in CHILDREN
            }
            sent = make_sent(opened.unit, desk, children=CHILDREN, payload=_in_care(desk), handles=encoded)
            opened.client(desk).submit(sent)
            opened.workers.settle()
        yield opened


def _in_care(desk: Desk) -> Payload:
    """Let the force record all as missing from care; the last 35, of whom 20 are not linked, are girls."""
    made = make_payload(desk, CHILDREN, day="2024-06-03")
    return structs.replace(
        made,
        children=tuple(
            structs.replace(one, sex="F" if place >= 45 else "M", ethnicity="white")
            for place, one in enumerate(made.children)
        ),
        episodes=tuple(structs.replace(one, missing_from="care", responsible="E09") for one in made.episodes),
    )


_NAMES = register.list_commands(click.Context(register))


def _clew(served: Served, *words: str) -> Result:
    return CliRunner().invoke(register, [*words[:2], "--data", str(served.unit.folder.root), *words[2:]])


def _key(code: str, child: int) -> RecordKey:
    return code, handle(code, child)


def _join(served: Served, left: int, right: int, *more: str) -> Result:
    ends = [":".join(_key(*one)) for one in (("E09", left), ("P01", right))]
    return _clew(served, "link", "join", *ends, "--reason", "both told", *more)


def test_a_cycle_tells_of_groups_and_an_independent_link_counts_once_it_was_tried(served: Served) -> None:
    with served.workers.database.read() as connection:
        assert group_quality.newest(connection) is None
        assert told_by_groups(connection) is None
        assert pack_sentences(connection) == ["No cycle has told anything of groups yet."]
    cycle = served.workers.cycle()
    with served.workers.database.read() as connection:
        found = told_by_groups(connection)
        told = group_quality.newest(connection)
    assert found is not None
    assert told is not None
    assert found.cycle == told[0] == cycle
    assert [one.name for one in found.estimators] == [ESTIMATOR_WORDS[one] for one in ESTIMATORS]
    in_care = {(one.kind, one.group): one for one in told[1].rows if one.estimator == IN_CARE}
    everybody = in_care["all", "all"]
    assert (everybody.children, everybody.missed, everybody.share) == (80, 20, 0.75)
    girls, boys = in_care["sex", "female"], in_care["sex", "male"]
    assert (girls.children, girls.missed, girls.share, girls.tested) == (40, 20, 0.5, True)  # 20 of 35
    assert (boys.children, boys.missed, boys.share, boys.low) == (50, None, None, None)  # 0 tells
    assert [one.kind for one in told[1].rows if one.estimator == KNOWN] == ["all"]

    numbers = [_join(served, one, one, "--independent").stdout.strip() for one in (*range(1, 9), 61, 62, 63)]
    assert all(numbers)
    served.workers.settle()
    with served.workers.database.read() as connection:
        tried = {one.left: one.found for one in known_link_samples.sampled_links(connection)}
        person = {(one.agency, one.handle): one.person for one in persons.members(connection)}
    # All eleven are joined now, and of three of them only because somebody said so.
    assert all(person[_key("E09", one)] == person[_key("P01", one)] for one in (*range(1, 9), 61, 62, 63))
    assert tried == {_key("E09", one): one < 61 for one in (*range(1, 9), 61, 62, 63)}
    served.workers.cycle()
    with served.workers.database.read() as connection:
        told = group_quality.newest(connection)
        said = pack_sentences(connection)
        body = connection.execute(select(kept.c.body)).scalar_one()
    assert told is not None
    known = next(one for one in told[1].rows if (one.estimator, one.kind) == (KNOWN, "all"))
    assert (known.children, known.missed, known.share, known.high) == (10, None, None, 1.0)  # 3 of 11
    assert any("nothing can be told of" in one and "never leave an agency" in one for one in said)
    handles = {handle(code, one) for code in ("E09", "P01") for one in CHILDREN}
    text = body + repr(said)
    assert not [one for one in handles if one in text]
    assert not [one for one in person.values() if one in text]
    _has_no_exact_count(body)


def _has_no_exact_count(body: str) -> None:
    """What lies in the shared database, unsealed, is rounded already."""
    kept_there = json.decode(body)
    counts = [
        row[name]
        for row in kept_there["rows"] + kept_there["captures"]
        for name in ("children", "missed", "both", "only_council", "only_police", "estimate", "low", "high")
        if isinstance(row.get(name), int)
    ]
    assert counts
    assert [one for one in counts if one % 10] == []
    names = {name for row in kept_there["rows"] for name in row}
    assert not names & {"counted", "answered", "chance"}


def test_exact_counts_of_an_older_release_are_not_read(served: Served) -> None:
    with served.workers.database.write() as connection:
        body = connection.execute(select(kept.c.body)).scalar_one()
        older = json.encode({**json.decode(body), "version": 1}).decode()
        connection.execute(update(kept).values(body=older))
        assert group_quality.newest(connection) is None
        connection.execute(update(kept).values(body=body))
        assert group_quality.newest(connection) is not None


def test_only_a_new_decision_is_independent_and_it_goes_with_the_decision(served: Served) -> None:
    first = _join(served, 20, 20)
    assert first.exit_code == 0
    refused = _join(served, 20, 20, "--independent")
    assert isinstance(refused.exception, ClewError)
    assert "stands already" in refused.exception.message
    made = _join(served, 21, 21, "--independent").stdout.strip()
    assert _join(served, 21, 21, "--independent").stdout.strip() == made
    with served.workers.database.read() as connection:
        assert int(made) in known_link_samples.sampled_decisions(connection)
    assert _clew(served, "link", "undo", made).exit_code == 0
    with served.workers.database.write() as connection:
        assert connection.execute(select(samples).where(samples.c.decision == int(made))).all() == []
        connection.execute(delete(samples))
        assert known_links.all_links(connection)


def test_answers_that_stand_tell_of_each_link_once_and_contradictions_of_none(served: Served) -> None:
    def query(agency: str, number: int, contact: str, child: int, *, other: str | None = None) -> Query:
        other = handle(contact, child) if other is None else other
        return Query(agency, f"Q-{number:010X}", "COUNCIL_ONLY_M", handle(agency, child), contact, other)

    given = [
        (query("E09", 1, "P01", 31), ["not-same-child", "same-child"]),  # the last stands
        (query("E09", 2, "P01", 32), ["not-same-child"]),
        (query("E09", 3, "P01", 33), ["cannot-tell"]),
        (query("E09", 4, "P01", 34), []),
        (query("E09", 5, "P01", 35), ["same-child"]),
        (query("P01", 6, "E09", 35), ["not-same-child"]),  # the same link, the other way
        (query("E09", 7, "P01", 36), ["recorded-now"]),
        (query("E09", 8, "P01", 36), []),
        (query("E09", 9, "E09", 37), ["same-child"]),  # a quality question about its own records
        (query("E09", 10, "P01", 38, other=""), ["same-child"]),
    ]
    with served.workers.database.write() as connection:
        answers.note_queries(connection, [one for one, _ in given], 1)
        for one, codes in given:
            for code in codes:
                answers.add_answer(connection, one.agency, one.query, code, now="2026-03-01T09:30Z")
        numbers = {handle("E09", one): one for one in range(31, 39)}
        asked = (one for one in answered_links(connection) if one.left[1] in numbers)
        found = {numbers[one.left[1]]: one.right_link for one in asked}
    assert found == {31: True, 32: False, 33: None, 34: None, 35: None, 36: True}


def test_a_link_is_found_unaided_by_its_own_weight_or_by_others() -> None:
    import numpy as np

    records = tuple(RecordId("E09", f"{one}") for one in range(6))
    left, right = np.array([0, 1, 3]), np.array([1, 2, 4])
    score = np.array([6.0, 6.0, -4.0])
    pairs = Pairs(left, right, score, np.array([True, True, False]))
    linkage = Linkage(records, pairs, np.array([0, 0, 0, 1, 2, 3]))
    known = [
        Known(records[one], records[other], same=True) for one, other in ((0, 1), (0, 2), (3, 4), (4, 5))
    ]
    assert list(found_unaided(linkage, known, known).values()) == [True, True, False, False]
    told = found_unaided(linkage, known, known[:3])
    assert told == dict(zip(known[:3], [True, True, False], strict=True))
    away = Known(records[0], RecordId("E09", "gone"), same=True)
    assert found_unaided(linkage, [away], [away]) == {}
    assert found_unaided(linkage, known, []) == {}
    apart = Known(records[0], records[2], same=False)
    assert found_unaided(linkage, [apart, known[0]], [known[0]])[known[0]] in {True, False}


ROWS = (
    ToldRow(
        estimator=IN_CARE,
        kind="all",
        group="all",
        children=1200,
        missed=50,
        share=0.9583,
        low=0.95,
        high=0.97,
    ),
    ToldRow(
        estimator=IN_CARE,
        kind="ethnicity",
        group="black",
        children=210,
        missed=30,
        share=0.8571,
        low=0.803,
        high=0.898,
        others=0.9798,
        difference=-0.1227,
        difference_low=-0.177,
        difference_high=-0.081,
        tested=True,
        claimed=True,
    ),
    ToldRow(
        estimator=IN_CARE,
        kind="council",
        group="E09",
        children=600,
        missed=20,
        share=0.9667,
        low=0.949,
        high=0.978,
        others=0.95,
        difference=0.0167,
        difference_low=-0.007,
        difference_high=0.04,
        tested=True,
    ),
    ToldRow(estimator=IN_CARE, kind="sex", group="male", children=90, low=0.78, high=1.0),
    ToldRow(estimator=IN_CARE, kind="ethnicity", group="mixed", why="too few children, or too few others"),
    ToldRow(estimator=IN_CARE, kind="ethnicity", group="other", why="too few children, or too few others"),
    ToldRow(estimator=IN_CARE, kind="age", group="5-9", why="too few children, or too few others"),
    ToldRow(estimator=IN_CARE, kind="origin of the name", group="every group", why="names never leave"),
    ToldRow(estimator=ANSWERS, kind="all", group="all", why="fewer than four fifths have an answer"),
)
CAPTURES = (
    ToldCapture(
        kind="all",
        group="all",
        both=700,
        only_council=200,
        only_police=100,
        estimate=1010,
        low=1000,
        high=1020,
    ),
    ToldCapture(kind="ethnicity", group="other", why="too few children are on both lists"),
)
TOLD = GroupQuality(base=10, threshold=10, rows=ROWS, captures=CAPTURES)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with governed_console(tmp_path_factory.mktemp("unit") / "data") as opened:
        database = opened.world.unit.database()
        with database.write() as connection:
            newest = group_quality.newest(connection)
            cycle = 1 if newest is None else newest[0]
            group_quality.keep(connection, cycle, TOLD, now="x")
        database.close()
        yield opened


@needs_assets
def test_governance_reads_figures_conditions_and_what_cannot_be_told(shown: Shown) -> None:
    text = shown.text("/governance/quality").replace("\u00a0", " ")
    for estimator in ESTIMATORS:
        assert CONDITIONS[estimator] in text
    assert (
        "Children in care whom police recorded: of 100 of ethnicity “black” the linkage serves 85.7 rightly, "
        "of all others 98.0; the difference of 12.3 (8.1 to 17.7) is more than chance." in text
    )
    assert "Black 210 30 85.7 % 80.3 to 89.8 % -12.3 -17.7 to -8.1 more than chance" in text
    assert "E09 600 20 96.7 % 94.9 to 97.8 % +1.7 -0.7 to +4.0 not shown to be more than chance" in text
    assert "Male 90 c c 78.0 to 100.0 % too few were missed, here or of others, to compare" in text
    assert "The lowest share is that of “black” (ethnicity): 85.7 %." in text
    assert "Cannot be told: names never leave" in text
    assert "Cannot be told: fewer than four fifths have an answer" in text
    assert "Everybody 700 200 100 1,010 1,000 to 1,020" in text
    assert "Cannot be told: too few children are on both lists" in text
    assert "Counts are rounded to 10; c stands for a suppressed count: 1 to 10" in text
    page = shown.reader.get("/governance/quality").text
    assert page.count('class="clew-chart"') == 2


@needs_assets
def test_the_packs_tables_are_those_of_the_page(shown: Shown) -> None:
    from tests.support.evidence import seen

    with seen(shown.world.unit.folder) as one:
        tables = {table.name: table for table in linkage_tables(one)}
    rows = tables["group-quality"].rows
    black = next(row for row in rows if row[2] == "black")
    said = (ESTIMATOR_WORDS[IN_CARE], "ethnicity", "black", 210, 30, 0.8571, 0.803, 0.898)
    assert black == (*said, "more than chance")
    differences = tables["group-differences"].rows
    assert [row[2:] for row in differences] == [
        ("black", -0.1227, -0.177, -0.081, "more than chance"),
        ("Agency E09", 0.0167, -0.007, 0.04, "not shown to be more than chance"),
    ]
    male = next(row for row in rows if row[2] == "male")
    assert male[3:8] == (90, "c", "c", 0.78, 1.0)
    assert next(row for row in rows if row[2] == "mixed")[3:8] == (None,) * 5
    sentences = [row[1] for row in tables["group-findings"].rows]
    assert sentences[0] == (
        "Children in care whom police recorded: of 100 of ethnicity “black” the linkage serves 85.7 rightly, "
        "of all others 98.0; the difference of 12.3 (8.1 to 17.7) is more than chance."
    )
    assert (
        "Children in care whom police recorded: nothing can be told of ethnicity “mixed” and “other”; of age "
        "“5-9”, because there are too few children, or too few others." in sentences
    )
    captures = tables["group-captures"].rows
    assert captures[0] == ("everybody", 700, 200, 100, 1010, 1000, 1020, "")
    assert captures[1][-1] == "too few children are on both lists"
