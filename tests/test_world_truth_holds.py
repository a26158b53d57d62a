"""The simulated world's truth agrees with what a slow and obvious reader makes of the exported strings."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import get_args

import pytest

from linkage.lab.payloads import records_of
from linkage.lab.world import Extract, Table, World, simulate
from linkage.wire.results import ReconciliationClass
from tests.oracles.days_oracle import classify_by_days

CLASSES = set(get_args(ReconciliationClass))
WORLDS = [
    pytest.param({"children": 2000, "seed": 1}, id="two councils"),
    pytest.param({"children": 3000, "seed": 2, "councils": 7, "forces": 3, "noise": "heavy"}, id="heavy"),
    pytest.param({"children": 700, "seed": 3, "councils": 3, "forces": 2, "years": 3}, id="three years"),
    pytest.param({"children": 1500, "seed": 4, "noise": "none"}, id="no noise"),
    pytest.param({"children": 1000, "seed": 5, "councils": 1, "noise": "heavy"}, id="one council"),
]
DAY = dt.timedelta(days=1)
FAR = dt.datetime(2100, 1, 1)


def records(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def read(text: str) -> dt.datetime | None:
    if not text:
        return None
    return dt.datetime.strptime(text, "%d/%m/%Y") if "/" in text else dt.datetime.fromisoformat(text)


@dataclass(frozen=True)
class Seen:
    """An episode as the exported strings tell it."""

    agency: str
    reference: str
    entity: str
    role: str
    kind: str
    start: dt.datetime
    end: dt.datetime | None
    responsible: str
    area: str

    @property
    def key(self) -> tuple[str, str]:
        return self.agency, self.reference

    @property
    def month(self) -> str:
        return self.start.strftime("%Y-%m")

    def span(self) -> tuple[dt.date, dt.date]:
        return self.start.date(), (self.end or FAR).date()


def seen(world: World) -> list[Seen]:
    return [each for extract in world.extracts for each in seen_by(world, extract)]


def seen_by(world: World, extract: Extract) -> Iterator[Seen]:
    code = extract.agency.code
    for row in records(extract.tables["episodes"]):
        if extract.agency.role == "council":
            reference, child, kind, start, end = (
                row[name] for name in ("episode_id", "child_id", "type", "start", "end")
            )
            responsible, area = code, code
        else:
            reference, child, start, end = (
                row[name] for name in ("report_ref", "child_ref", "last_seen", "found")
            )
            kind, responsible, area = row["risk_final"], row["responsible_council"], row["area"]
        entity = world.truth.entity_of[code, child]
        began = read(start)
        assert began is not None
        yield Seen(code, reference, entity, extract.agency.role, kind, began, read(end), responsible, area)


def near(one: Seen, other: Seen, tolerance: int) -> bool:
    """Whether two intervals touch, in whole days."""
    (a, b), (c, d) = one.span(), other.span()
    return (c - b).days <= tolerance and (a - d).days <= tolerance


def reconciled(world: World) -> dict[tuple[str, str], str]:
    """Classes from strings, by going through every child's every day."""
    held = records_of(world)
    found = classify_by_days(held.records, held.person_of)
    return {(agency, held.reference_of[agency, handle]): name for (agency, handle), name in found.items()}


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    return simulate(**request.param)


def test_a_slow_reader_of_the_strings_finds_the_same_classes(world: World) -> None:
    expected = world.truth.episode_class
    found = reconciled(world)
    assert found.keys() == expected.keys()
    assert [(key, found[key], expected[key]) for key in found if found[key] != expected[key]] == []


def test_reports_of_one_event_are_one_cluster_in_time(world: World) -> None:
    """Same event: intervals touch, but for a split's parts.  Others: at least eight days between."""
    by_entity: dict[str, list[Seen]] = {}
    for each in seen(world):
        by_entity.setdefault(each.entity, []).append(each)
    for episodes in by_entity.values():
        for one, other in combinations(episodes, 2):
            if world.truth.event_of[one.key] == world.truth.event_of[other.key]:
                parts = one.agency == other.agency and one.end and other.end
                assert near(one, other, 1) or parts
            else:
                assert not near(one, other, 7)


def test_every_class_occurs_among_two_thousand_children() -> None:
    for seed in (1, 7, 20):
        counts = Counter(simulate(2000, seed).truth.episode_class.values())
        assert counts.keys() == CLASSES
        assert min(counts.values()) >= 3


def test_without_noise_nothing_conflicts() -> None:
    counts = Counter(simulate(2000, 11, noise="none").truth.episode_class.values())
    assert counts.keys() == {
        "MATCHED", "COUNCIL_ONLY_A", "POLICE_ONLY_NOT_CLA", "POLICE_ONLY_UNLINKED",
    }  # fmt: skip


def test_times_lie_in_the_period_and_mean_the_same_day_in_utc(world: World) -> None:
    first, last = world.period
    for each in seen(world):
        assert first <= each.start.date() <= last
        if each.end:
            assert each.start <= each.end
            assert each.end.date() <= last
        if each.role == "police":
            assert each.start.hour >= 2
            assert each.end is None or each.end.hour >= 2


def test_an_absence_is_submitted_only_where_coverage_says_so(world: World) -> None:
    coverage = {extract.agency.code: set(extract.coverage) for extract in world.extracts}
    assert all((each.area, each.month) in coverage[each.agency] for each in seen(world))


def test_children_are_exactly_those_asked_for() -> None:
    for count in (1, 17, 400):
        world = simulate(count, 5, noise="heavy")
        assert len(set(world.truth.entity_of.values())) == count
        assert world.truth.household_of.keys() == set(world.truth.entity_of.values())


def test_local_references_are_unique_and_all_accounted_for(world: World) -> None:
    children: list[tuple[str, str]] = []
    episodes: list[tuple[str, str]] = []
    for extract in world.extracts:
        code = extract.agency.code
        if extract.agency.role == "council":
            children += [(code, row["child_id"]) for row in records(extract.tables["children"])]
            own = {reference for agency, reference in children if agency == code}
            for name in ("care_spells", "episodes"):
                assert {row["child_id"] for row in records(extract.tables[name])} <= own
            ids = [row["episode_id"] for row in records(extract.tables["episodes"])]
            interviews = [row["episode_id"] for row in records(extract.tables["interviews"])]
            assert len(interviews) == len(set(interviews))
            assert set(interviews) <= set(ids)
        else:
            rows = records(extract.tables["episodes"])
            children += sorted({(code, row["child_ref"]) for row in rows})
            ids = [row["report_ref"] for row in rows]
        episodes += [(code, reference) for reference in ids]
    assert len(children) == len(set(children))
    assert len(episodes) == len(set(episodes))
    assert set(children) == world.truth.entity_of.keys()
    assert set(episodes) == world.truth.episode_class.keys() == world.truth.event_of.keys()


def test_figures_count_events_and_not_reports(world: World) -> None:
    figures = world.truth.figures
    missing = {key for key, truth in world.truth.episode_class.items() if truth not in ("COUNCIL_ONLY_A",)}
    graded_away = {each.key for each in seen(world) if each.kind in ("NAR", "A")}
    events = {world.truth.event_of[key] for key in missing - graded_away}
    assert figures.recorded_children <= figures.children
    assert figures.recorded_events <= figures.events
    # Councils that record every absence as missing make some of type A look like type M.
    assert figures.recorded_events <= len(events)
    if world.seed == 4:
        assert figures.recorded_events == len(events) == figures.events


def test_return_interviews_follow_the_return(world: World) -> None:
    for extract in world.extracts:
        if extract.agency.role != "council":
            continue
        ended = {row["episode_id"]: read(row["end"]) for row in records(extract.tables["episodes"])}
        for row in records(extract.tables["interviews"]):
            back = ended[row["episode_id"]]
            assert back is not None
            if row["offered"] == "N":
                assert not any(row[name] for name in ("offered_date", "outcome", "completed", "interviewer"))
                continue
            offered = read(row["offered_date"])
            assert offered is not None
            assert offered >= back
            if row["completed"]:
                held = dt.datetime.strptime(row["completed"], "%d/%m/%Y %H:%M")
                assert row["outcome"] == "accepted"
                assert held.date() >= offered.date()
                assert row["reasons"]
