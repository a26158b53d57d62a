"""Reconciliation agrees with a slow second implementation, whatever the order, and tells nobody too much."""

import datetime as dt
from collections import Counter
from dataclasses import replace
from itertools import chain

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from linkage.register.reconcile import AgencyRecords, Reconciliation, Tolerance, reconcile
from linkage.wire.records import Payload
from linkage.wire.results import Results
from tests.oracles.reconcile_oracle import reconcile_slowly
from tests.support.reconcile_worlds import ROLES, query_number, worlds


def _run(records: list[AgencyRecords], person_of: dict, **options: Tolerance) -> Reconciliation:
    return reconcile(records, person_of, query_number=query_number, **options)


def _plain(result: Reconciliation) -> tuple[dict, dict, dict]:
    findings = {
        agency: {f.episode: (f.reconciliation_class, set(f.differs)) for f in told.findings}
        for agency, told in result.results.items()
    }
    missing = {
        agency: Counter((m.child, m.reconciliation_class, m.month, m.contact, m.query) for m in told.missing)
        for agency, told in result.results.items()
    }
    return findings, missing, msgspec.to_builtins(result.figures)


@given(worlds())
def test_agrees_with_the_oracle(world: tuple) -> None:
    records, person_of = world
    assert _plain(_run(records, person_of)) == reconcile_slowly(records, person_of, query_number)


@given(worlds(), st.integers(0, 3), st.integers(0, 2000))
def test_agrees_with_the_oracle_at_other_tolerances(world: tuple, days: int, minutes: int) -> None:
    records, person_of = world
    day, minute = dt.timedelta(days=days), dt.timedelta(minutes=minutes)
    fast = _run(records, person_of, tolerance=Tolerance(day=day, minute=minute))
    slow = reconcile_slowly(records, person_of, query_number, day_tolerance=day, minute_tolerance=minute)
    assert _plain(fast) == slow


@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_anything_makes_no_difference(world: tuple, random) -> None:
    records, person_of = world

    def shuffled(items: tuple) -> tuple:
        return tuple(random.sample(items, len(items)))

    mixed = [
        replace(
            entry,
            payload=Payload(
                agency=entry.agency,
                children=shuffled(entry.payload.children),
                care_spells=shuffled(entry.payload.care_spells),
                episodes=shuffled(entry.payload.episodes),
                coverage=shuffled(entry.payload.coverage),
            ),
        )
        for entry in records
    ]
    random.shuffle(mixed)
    pairs = random.sample(sorted(person_of.items()), len(person_of))
    assert _run(mixed, dict(pairs)) == _run(records, person_of)


@given(worlds())
def test_every_episode_of_every_agency_gets_exactly_one_finding(world: tuple) -> None:
    records, person_of = world
    results = _run(records, person_of).results
    assert set(results) == set(ROLES)
    for entry in records:
        told = [finding.episode for finding in results[entry.agency].findings]
        assert sorted(told) == sorted(episode.handle for episode in entry.payload.episodes)


@given(worlds())
def test_an_agency_sees_no_handle_but_its_own(world: tuple) -> None:
    records, person_of = world
    results = _run(records, person_of).results
    for entry in records:
        told = results[entry.agency]
        sent = msgspec.json.encode(
            Results(agency=entry.agency, cycle=1, findings=told.findings, missing=told.missing)
        )
        for other in records:
            if other.agency != entry.agency:
                payload = other.payload
                for record in chain(payload.children, payload.care_spells, payload.episodes):
                    assert record.handle.encode() not in sent
        for person in set(person_of.values()):
            assert person.encode() not in sent


@given(worlds())
def test_only_three_classes_are_disclosed_and_only_about_own_children(world: tuple) -> None:
    records, person_of = world
    results = _run(records, person_of).results
    for entry in records:
        own = {child.handle for child in entry.payload.children}
        unseen = "OUT_OF_AREA_UNSEEN"
        allowed = {"council": ["POLICE_ONLY_CLA", unseen], "police": ["COUNCIL_ONLY_M"]}[entry.role]
        for told in results[entry.agency].missing:
            assert told.child in own
            assert told.reconciliation_class in allowed
            assert told.contact != entry.agency
            assert ROLES[told.contact] != entry.role or told.reconciliation_class == unseen


@given(worlds())
def test_figures_add_up(world: tuple) -> None:
    records, person_of = world
    figures = _run(records, person_of).figures
    councils, police = figures.missing_by_councils, figures.missing_by_police
    register = figures.missing_by_register
    reports = sum(len(entry.payload.episodes) for entry in records)
    assert sum(figures.findings_by_class.values()) == reports
    absences = sum(figures.episodes_by_class.values()) - figures.episodes_by_class["DUPLICATE_WITHIN_AGENCY"]
    assert register.episodes <= absences
    assert figures.open_episodes <= absences
    assert register.reports == councils.reports + police.reports
    assert register.child_records == councils.child_records + police.child_records
    assert max(councils.children, police.children) <= register.children <= councils.children + police.children
    assert max(councils.episodes, police.episodes) <= register.episodes <= councils.episodes + police.episodes
    assert register.children <= figures.children_in_register
    for side in (councils, police, register):
        assert side.children <= min(side.child_records, side.episodes)
        assert side.episodes <= side.reports
