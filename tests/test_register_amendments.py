"""What differs between two cycles is found, whatever it is dressed up as, and progress is no amendment."""

from msgspec import structs

from linkage.register.amendments import compare_records
from linkage.register.probing import AmendmentLimits, Noted, judge
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Episode, Payload
from tests.support.unit import handle

LIMITS = AmendmentLimits(
    per_record=4,
    per_child=12,
    walking=3,
    returns=2,
    short_lived=5,
    short_lived_share=0.01,
    backdated=20,
    backdated_share=0.2,
)


def _episode(number: int, start: str, end: str | None = None, **changes: object) -> Episode:
    made = Episode(
        handle=handle("episode", number),
        child=handle("child", 1),
        version=1,
        kind="missing",
        start=Moment.parse(start),
        end=None if end is None else Moment.parse(end),
    )
    return structs.replace(made, **changes)


def _payload(*episodes: Episode, children: tuple[int, ...] = (1,)) -> Payload:
    known = tuple(Child(handle=handle("child", one), version=1) for one in children)
    return Payload(agency="E09", children=known, episodes=episodes)


def _kinds(old: Payload, new: Payload, earlier: frozenset[str] | None = None) -> list[str]:
    every = {one.handle for side in (old, new) for one in (*side.children, *side.episodes, *side.care_spells)}
    return [one.kind for one in compare_records(old, new, followed=every, earlier=earlier).amendments]


def test_every_move_of_a_date_is_found() -> None:
    old = _payload(_episode(1, "2025-06-05T10:00Z", "2025-06-06"))
    for start, end, kinds in (
        ("2025-06-05T10:00Z", "2025-06-06", []),
        ("2025-06-05T09:00Z", "2025-06-06", ["start-earlier"]),
        ("2025-06-06", "2025-06-06", ["start-later"]),
        ("2025-06-05T10:00Z", "2025-06-07", ["end-later"]),
        ("2025-06-05", "2025-06-05", ["end-earlier"]),
        ("2025-06-05T10:00Z", None, ["reopened"]),
    ):
        assert _kinds(old, _payload(_episode(1, start, end))) == kinds, (start, end)


def test_progress_and_precision_are_no_amendments() -> None:
    old = _payload(_episode(1, "2025-06-05"))
    assert _kinds(old, _payload(_episode(1, "2025-06-05T21:30Z", "2025-06-08"))) == []
    assert _kinds(old, _payload(_episode(1, "2025-06-05"), _episode(2, "2025-07-01"))) == []
    assert _kinds(_payload(), _payload(children=(1, 2))) == []


def test_a_record_under_a_new_handle_is_the_one_it_replaces() -> None:
    old = _payload(_episode(1, "2025-06-05"))
    (found,) = compare_records(
        old,
        _payload(_episode(2, "2025-06-07")),
        followed={handle("episode", 1), handle("episode", 2)},
        earlier=None,
    ).amendments
    assert (found.kind, found.record, found.became) == (
        "replaced",
        handle("episode", 1),
        handle("episode", 2),
    )
    assert _kinds(old, _payload(_episode(2, "2025-08-07"))) == ["withdrawn"]


def test_what_was_there_for_a_moment_is_told_from_what_was_there_long() -> None:
    old, new = _payload(children=(1, 2, 3)), _payload(children=(1,))
    assert _kinds(old, new) == ["withdrawn", "withdrawn"]
    long = frozenset({handle("child", 1), handle("child", 2)})
    assert sorted(_kinds(old, new, long)) == ["short-lived", "withdrawn"]


def test_what_ended_with_its_period_or_epoch_was_withdrawn_by_nobody() -> None:
    old, new = _payload(_episode(1, "2025-06-05"), children=(1, 2)), _payload()
    assert compare_records(old, new, followed=frozenset(), earlier=None).amendments == ()


def test_recoding_and_care_spells_count_as_dates_do() -> None:
    old = _payload(_episode(1, "2025-06-05"))
    assert _kinds(old, _payload(_episode(1, "2025-06-05", kind="away"))) == ["recoded"]
    assert _kinds(old, _payload(_episode(1, "2025-06-05", responsible="E10"))) == ["recoded"]
    spell = CareSpell(
        handle=handle("spell"), child=handle("child", 1), version=1, start=Moment.parse("2024-01-01")
    )
    held = structs.replace(_payload(), care_spells=(spell,))
    moved = structs.replace(spell, start=Moment.parse("2023-12-01"), end=Moment.parse("2025-01-01"))
    short = structs.replace(spell, legal_status="V4")
    assert _kinds(held, structs.replace(held, care_spells=(moved,))) == ["start-earlier"]
    assert _kinds(held, structs.replace(held, care_spells=(short,))) == ["recoded"]
    assert _kinds(held, _payload()) == ["withdrawn"]


def test_dummies_are_nobody() -> None:
    made_up = tuple(Child(handle=handle("child", one), version=1, dummy=True) for one in (2, 3))
    with_dummies = structs.replace(_payload(), children=(*_payload().children, *made_up))
    assert _kinds(with_dummies, _payload()) == []


def _noted(cycle: int, record: str, kind: str = "start-later", became: str = "") -> Noted:
    return Noted(cycle, record, "child", "person", kind, became, f"2025-{cycle:02d}")  # type: ignore[arg-type]


def _judged(noted: list[Noted], **changes: object) -> tuple[set[str], set[str]]:
    values = {"cycle": max(one.cycle for one in noted), "children": 10, "backdated": 0, "admitted": {}}
    verdict = judge(noted, LIMITS, **(values | changes))  # type: ignore[arg-type]
    return set(verdict.held), {one.kind for one in verdict.alarms}


def test_the_limit_of_a_record_is_met_in_its_fifth_cycle_whatever_its_handle() -> None:
    assert _judged([_noted(cycle, "a") for cycle in range(1, 5)])[0] == set()
    assert _judged([_noted(cycle, "a") for cycle in range(1, 6)])[0] == {"child", "person"}
    chain = [_noted(cycle, f"r{cycle}", "replaced", f"r{cycle + 1}") for cycle in range(1, 6)]
    assert _judged(chain) == ({"child", "person"}, {"amendments", "walking-dates"})


def test_two_changes_in_one_cycle_are_one_try() -> None:
    both = [_noted(cycle, "a", kind) for cycle in (1, 2, 3, 4) for kind in ("start-later", "end-later")]
    assert _judged(both)[0] == set()


def test_many_records_of_one_child_add_up() -> None:
    assert _judged([_noted(1, f"r{number}") for number in range(12)])[0] == set()
    assert _judged([_noted(1, f"r{number}") for number in range(13)])[0] == {"child", "person"}


def test_what_was_admitted_counts_no_more() -> None:
    noted = [_noted(cycle, "a") for cycle in range(1, 6)]
    admitted = {"child": "2025-03", "person": "2025-03"}
    assert _judged(noted, admitted=admitted)[0] == set()
    assert "amendments" not in _judged(noted, held=frozenset({"child", "person"}))[1]


def test_alarms_of_a_date_that_walks_and_of_records_that_come_and_go() -> None:
    assert _judged([_noted(1, "a"), _noted(2, "a")])[1] == set()
    assert _judged([_noted(1, "a"), _noted(2, "a"), _noted(4, "a")])[1] == {"walking-dates"}
    zigzag = [_noted(1, "a"), _noted(2, "a", "start-earlier"), _noted(3, "a")]
    assert _judged(zigzag)[1] == set()
    back = [_noted(cycle, "a", "returned") for cycle in (2, 4)]
    assert _judged(back)[1] == {"come-and-go"}
    assert _judged(back, cycle=5)[1] == set()


def test_alarms_have_a_least_number_and_a_share() -> None:
    brief = [Noted(3, f"c{one}", f"c{one}", "", "short-lived", "", "2025-03") for one in range(5)]
    assert _judged(brief[:4])[1] == set()
    assert _judged(brief)[1] == {"short-lived"}
    assert _judged(brief, children=10_000)[1] == set()
    assert _judged(brief[:1], backdated=20)[1] == {"backdated-children"}
    assert _judged(brief[:1], backdated=19)[1] == set()
    assert _judged(brief[:1], backdated=20, children=1000)[1] == set()
