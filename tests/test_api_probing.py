"""An agency that probes, by moving dates or inventing children, learns nothing more and is noticed."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from api.config import AmendmentSettings
from linkage.register.amendments import compare_records
from linkage.register.probing import AmendmentLimits, Noted, judge
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Episode, Payload
from tests.support.agency_desk import clew
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_payload, make_sent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as one:
        one.client(one.police).submit(make_sent(one.unit, one.police, children=(1, 2, 3)))
        yield one


class Agency:
    """A council that sends a new snapshot before every cycle."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._client = served.client(served.council)
        self._sequence = 0

    def cycle(self, payload: Payload, children: dict[str, int]) -> dict[str, str]:
        """Send a snapshot (child handle → child of the world), close a cycle and return every class."""
        self._sequence += 1
        sent = make_sent(
            self.served.unit,
            self.served.council,
            sequence=self._sequence,
            children=sorted(children.values()),
            payload=payload,
            handles=children,
        )
        self._client.submit(sent)
        self.served.workers.cycle()
        found = self._client.call("GET", "/v1/results").json()["findings"]
        return {one["episode"]: one["reconciliation_class"] for one in found}

    def alerts(self, *more: str) -> list[dict[str, object]]:
        done = clew("register", "alerts", "--data", self.served.unit.folder.root, "--json", *more)
        assert done.code == 0, done.err
        return list(json.loads(done.out))


def _snapshot(served: Served, days: dict[int, str], *, salt: str = "") -> tuple[Payload, dict[str, int]]:
    """One child record and one episode, of June 2024, per child of the world; ``salt``: other handles."""
    whole = make_payload(served.council, days)
    names = {handle("E09", one): handle("E09", one, salt) if salt else handle("E09", one) for one in days}
    children = tuple(structs.replace(one, handle=names[one.handle]) for one in whole.children)
    episodes = tuple(
        structs.replace(
            one,
            handle=handle("episode", number, salt),
            child=names[one.child],
            start=Moment.parse(f"2024-06-{day}T10:00Z"),
            end=Moment.parse(f"2024-06-{day}T18:00Z"),
        )
        for (number, day), one in zip(days.items(), whole.episodes, strict=True)
    )
    payload = structs.replace(whole, children=children, episodes=episodes)
    return payload, {names[handle("E09", one)]: one for one in days}


def test_a_date_that_walks_stands_still_before_the_class_flips(served: Served) -> None:
    agency = Agency(served)
    mine = handle("episode", 1, "")
    walk = ("18", "15", "12", "09", "06", "03")  # the police have the 3rd
    seen = [agency.cycle(*_snapshot(served, {1: day, 2: "03"}))[mine] for day in walk]
    assert set(seen) == {"COUNCIL_ONLY_M"}
    kinds = {one["kind"] for one in agency.alerts()}
    assert kinds == {"amendments", "walking-dates"}
    # Another record of the agency, which nobody moved, is compared as always.
    assert agency.cycle(*_snapshot(served, {1: "03", 2: "03"}))[handle("episode", 2, "")] == "MATCHED"
    text = clew("register", "alerts", "--data", served.unit.folder.root).out
    handles = [handle("E09", 1), handle("E09", 2), mine]
    assert [one for one in handles if one in text or one in json.dumps(agency.alerts())] == []
    # Once the operator admits it, the next cycle compares what the agency says now.
    number = next(str(one["number"]) for one in agency.alerts() if one["kind"] == "amendments")
    agency.alerts("--admit", number, "--close", number)
    assert agency.cycle(*_snapshot(served, {1: "03", 2: "03"}))[mine] == "MATCHED"
    assert number not in {str(one["number"]) for one in agency.alerts()}
    assert number in {str(one["number"]) for one in agency.alerts("--all")}
    audited = clew("register", "audit", "check", "--data", served.unit.folder.root)
    assert audited.code == 0, audited.err
    status = json.loads(clew("register", "status", "--data", served.unit.folder.root, "--json").out)
    assert status["alerts"] == len(agency.alerts())


def test_withdrawal_and_new_handles_reset_nothing(served: Served) -> None:
    agency = Agency(served)
    seen: set[str] = set()
    for number, day in enumerate(("21", "18", "15", "12", "09", "06", "03")):
        found = agency.cycle(*_snapshot(served, {1: day}, salt=f"again {number}"))
        seen |= set(found.values())
    assert seen <= {"COUNCIL_ONLY_M"}
    assert agency.alerts()


def test_invented_children_are_noticed(served: Served) -> None:
    agency = Agency(served)
    own = dict.fromkeys((1, 2), "03")
    for number in range(4):
        invented = {100 + 10 * number + one: "20" for one in range(3)} if number else {}
        agency.cycle(*_snapshot(served, own | invented))
    (found,) = agency.alerts()
    assert (found["agency"], found["kind"], found["count"]) == ("E09", "short-lived", 6)


def test_children_who_come_and_go_are_noticed(served: Served) -> None:
    agency = Agency(served)
    for number in range(5):
        agency.cycle(*_snapshot(served, {1: "03"} | ({2: "03"} if number % 2 == 0 else {})))
    assert "come-and-go" in {one["kind"] for one in agency.alerts()}


def test_the_first_snapshots_of_an_agency_raise_nothing(served: Served) -> None:
    agency = Agency(served)
    agency.cycle(*_snapshot(served, {1: "03", 2: "04"}))
    found = agency.cycle(*_snapshot(served, {1: "03", 2: "03", 3: "03"}))
    assert found[handle("episode", 2, "")] == "MATCHED"  # one correction takes effect at once
    served.workers.cycle()
    assert agency.alerts() == []


def test_an_alert_that_is_not_there_is_refused(served: Served) -> None:
    done = clew("register", "alerts", "--data", served.unit.folder.root, "--admit", "7")
    assert (done.code, "no alert 7" in done.err) == (1, True)


def test_honest_agencies_correct_every_month_and_raise_nothing(soak: bool) -> None:
    for seed in range(12 if soak else 3):
        assert _honest_year(random.Random(seed), children=400) == set()


def _honest_year(chance: random.Random, *, children: int) -> set[str]:
    """Live through 12 months of an agency that writes down late, mistakes, corrects, closes and withdraws."""
    chosen = AmendmentSettings()
    limits = AmendmentLimits(**{name: getattr(chosen, name) for name in AmendmentLimits.__dataclass_fields__})
    noted: list[Noted] = []
    kinds: set[str] = set()
    state = _State(chance, children)
    snapshots = [state.snapshot()]
    for month in range(1, 12):
        state.month(month)
        snapshots.append(state.snapshot())
        old, new = snapshots[-2:]
        handles = {
            one.handle for side in (old, new) for part in (side.children, side.episodes) for one in part
        }
        base = snapshots[max(0, month - 1 - chosen.short_lived_cycles)] if month > 1 else None
        earlier = None if base is None else {one.handle for one in (*base.children, *base.episodes)}
        since = Moment.minute(_when(month - 1, 1).at)
        changes = compare_records(old, new, followed=handles, earlier=earlier, since=since)
        noted += [
            Noted(month, one.record, one.child, "", one.kind, one.became, f"{month:02d}")
            for one in changes.amendments
        ]
        verdict = judge(
            noted,
            limits,
            cycle=month,
            children=len(old.children),
            backdated=changes.backdated_children,
            admitted={},
        )
        kinds |= {one.kind for one in verdict.alarms}
    assert len(noted) > children / 4
    return kinds


def _when(month: int, day: int) -> Moment:
    return Moment.parse(f"{2024 + (month + 3) // 12}-{(month + 3) % 12 + 1:02d}-{day:02d}T12:00Z")


class _State:
    """One honest agency's books."""

    def __init__(self, chance: random.Random, children: int) -> None:
        self._chance = chance
        self._number = 0
        self._children = [self._new() for _ in range(children)]
        self._episodes: dict[str, Episode] = {}
        self._wrong: list[str] = []
        self.month(0)

    def _new(self) -> str:
        self._number += 1
        return handle("honest", self._number)

    def month(self, month: int) -> None:
        chance = self._chance
        for _ in range(len(self._children) // 25):
            self._children.append(self._new())
        for one in chance.sample(self._children, 2):  # registered twice, found out, merged
            self._children.remove(one)
        for name in [name for name, one in self._episodes.items() if one.end is None]:
            self._change(name, end=_when(month, chance.randint(1, 27)))
        for name in self._wrong[: len(self._wrong) * 2 // 3]:
            self._wrong.remove(name)
            if name in self._episodes:
                moved = _when(month - 1, chance.randint(1, 27))
                self._change(name, start=moved, end=Moment.minute(moved.at.replace(hour=20)))
        known = set(self._children)
        self._episodes = {name: one for name, one in self._episodes.items() if one.child in known}
        for child in chance.choices(self._children, k=len(self._children) // 3):
            late = chance.random() < 0.1 and month
            start = _when(month - 1 if late else month, chance.randint(1, 27))
            made = Episode(
                handle=self._new(),
                child=child,
                version=1,
                kind="missing",
                start=start,
                end=None if chance.random() < 0.1 else Moment.minute(start.at.replace(hour=18)),
            )
            self._episodes[made.handle] = made
            if chance.random() < 0.15:
                self._wrong.append(made.handle)

    def _change(self, name: str, **values: object) -> None:
        self._episodes[name] = structs.replace(self._episodes[name], **values)

    def snapshot(self) -> Payload:
        known = tuple(Child(handle=one, version=1) for one in self._children)
        return Payload(agency="E09", children=known, episodes=tuple(self._episodes.values()))
