"""Every cycle tells of groups what its records allow, and governance and the pack read the same of it."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from msgspec import structs
from sqlalchemy import delete, select

from api.manage import register
from api.overview.group_quality import CONDITIONS, ESTIMATOR_WORDS, told_by_groups
from api.overview.groups import PackRow, pack_rows, pack_sentences
from api.store import group_quality, known_link_samples, known_links, persons
from api.store.group_quality import GroupQuality
from api.store.persons import RecordKey
from api.store.schema_quality import known_link_samples as samples
from linkage.errors import ClewError
from linkage.match.linkage import Known, Linkage, Pairs, RecordId
from linkage.match.unaided import found_unaided
from linkage.register.capture import CaptureRow
from linkage.register.group_quality import ANSWERS, ESTIMATORS, IN_CARE, KNOWN, QualityRow
from linkage.wire.records import Payload
from tests.support.console import needs_assets
from tests.support.governed_world import Shown, governed_console
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, handle, make_payload, make_sent

CHILDREN = range(1, 61)
LINKED = range(1, 51)  # under 51 to 60 the force's records are of other children


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A council and a force of sixty children in care, ten of whom the encodings do not bring together."""
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
    """Let the force record all as missing from care, and those who are not linked and five more as girls."""
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
        assert {one.estimator for one in pack_rows(connection)} == {"The linkage’s own weights of evidence"}
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
    assert in_care["all", "all"].children == len(CHILDREN)
    assert in_care["all", "all"].share == pytest.approx(50 / 60, abs=1e-4)
    girls = in_care["sex", "female"]
    assert (girls.children, girls.share, girls.claimed) == (15, pytest.approx(5 / 15, abs=1e-4), True)
    assert [one.kind for one in told[1].rows if one.estimator == KNOWN] == ["all"]

    numbers = [_join(served, one, one, "--independent").stdout.strip() for one in (*range(1, 9), 51, 52, 53)]
    assert all(numbers)
    served.workers.settle()
    with served.workers.database.read() as connection:
        tried = {one.left: one.found for one in known_link_samples.sampled_links(connection)}
        person = {(one.agency, one.handle): one.person for one in persons.members(connection)}
    # All eleven are joined now, and of three of them only because somebody said so.
    assert all(person[_key("E09", one)] == person[_key("P01", one)] for one in (*range(1, 9), 51, 52, 53))
    assert tried == {_key("E09", one): one < 51 for one in (*range(1, 9), 51, 52, 53)}
    served.workers.cycle()
    with served.workers.database.read() as connection:
        told = group_quality.newest(connection)
        rows = pack_rows(connection)
        said = pack_sentences(connection)
    assert told is not None
    known = next(one for one in told[1].rows if (one.estimator, one.kind) == (KNOWN, "all"))
    assert (known.children, known.share) == (11, pytest.approx(8 / 11, abs=1e-4))
    pack = next(one for one in rows if (one.estimator, one.kind) == (ESTIMATOR_WORDS[KNOWN], "all"))
    assert (pack.count, pack.share, pack.difference, pack.verdict) == ("10", "72.7 %", "", "")
    assert any("cannot be told" in one and "never leave an agency" in one for one in said)
    handles = {handle(code, one) for code in ("E09", "P01") for one in CHILDREN}
    text = repr(told) + repr(rows) + repr(said)
    assert not [one for one in handles if one in text]
    assert not [one for one in person.values() if one in text]


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
    QualityRow(estimator=IN_CARE, kind="all", group="all", children=1200, share=0.961, low=0.95, high=0.97),
    QualityRow(
        estimator=IN_CARE,
        kind="ethnicity",
        group="black",
        children=214,
        share=0.881,
        low=0.83,
        high=0.918,
        others=0.978,
        difference=-0.097,
        difference_low=-0.149,
        difference_high=-0.059,
        chance=0.002,
        claimed=True,
    ),
    QualityRow(
        estimator=IN_CARE,
        kind="council",
        group="E09",
        children=600,
        share=0.963,
        low=0.944,
        high=0.976,
        others=0.959,
        difference=0.004,
        difference_low=-0.018,
        difference_high=0.026,
        chance=1.0,
    ),
    QualityRow(estimator=IN_CARE, kind="origin of the name", group="every group", why="names never leave"),
    QualityRow(estimator=ANSWERS, kind="all", group="all", why="only 12 % of the links have an answer"),
)
CAPTURES = (
    CaptureRow(
        kind="all", group="all", council=900, police=800, both=700, estimate=1008.2, low=1001, high=1020
    ),
    CaptureRow(kind="ethnicity", group="other", why="too few children are on both lists"),
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with governed_console(tmp_path_factory.mktemp("unit") / "data") as opened:
        database = opened.world.unit.database()
        with database.write() as connection:
            newest = group_quality.newest(connection)
            cycle = 1 if newest is None else newest[0]
            group_quality.keep(connection, cycle, GroupQuality(rows=ROWS, captures=CAPTURES), now="x")
        database.close()
        yield opened


@needs_assets
def test_governance_reads_figures_conditions_and_what_cannot_be_told(shown: Shown) -> None:
    text = shown.text("/governance/quality").replace("\u00a0", " ")
    for estimator in ESTIMATORS:
        assert CONDITIONS[estimator] in text
    assert (
        "Children in care whom police recorded: of 100 of ethnicity “black” the linkage serves 88.1 rightly, "
        "of all others 97.8; the difference of 9.7 (5.9 to 14.9) is more than chance." in text
    )
    assert "Black 214 88.1 % 83.0 to 91.8 % -9.7 -14.9 to -5.9 0.002 more than chance" in text
    assert "Agency E09 600 96.3 % 94.4 to 97.6 % +0.4 -1.8 to +2.6 1.000 no more than chance" in text
    assert "The lowest share is that of “black” (ethnicity): 88.1 %." in text
    assert "Cannot be told: names never leave" in text
    assert "Cannot be told: only 12 % of the links have an answer" in text
    assert "Everybody 900 800 700 1008 1001 to 1020" in text
    assert "Cannot be told: too few children are on both lists" in text
    page = shown.reader.get("/governance/quality").text
    assert page.count('class="clew-chart"') == 2


@needs_assets
def test_the_packs_rows_are_those_of_the_page(shown: Shown) -> None:
    with shown.console.service.database.read() as connection:
        rows, said = pack_rows(connection), pack_sentences(connection)
    assert (
        PackRow(
            estimator=ESTIMATOR_WORDS[IN_CARE],
            kind="ethnicity",
            group="black",
            count="210",
            share="88.1 %",
            interval="83.0 to 91.8 %",
            difference="-9.7 points (-14.9 to -5.9)",
            verdict="more than chance",
        )
        in rows
    )
    assert [one.verdict for one in rows if one.share == "cannot be told"][:2] == [
        "names never leave",
        "only 12 % of the links have an answer",
    ]
    weights = [one for one in rows if one.estimator.endswith("weights of evidence")]
    assert {one.kind for one in weights} == {"all", "agency", "kind of agency", "record"}
    assert said[0].endswith("is more than chance.")
