"""Quality questions name nobody else's record, and nothing about them tells which had a reason."""

import hashlib

from msgspec import structs

from linkage.register.coverage import CoverageCalendar
from linkage.register.persons import gather_persons
from linkage.register.questions import SIZES, Question, questions_of, stands_out
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.register.spans import Tolerance
from linkage.wire.records import Child, Episode, Payload
from tests.support.reconcile_worlds import handle, moment

MANY = 40


def _lot(agency: str, kind: str, children: tuple[str, ...]) -> int:
    return int.from_bytes(hashlib.sha256(repr((agency, kind, children)).encode()).digest()[:8])


def _agency(agency: str, first: int, bands: dict[int, str]) -> AgencyRecords:
    """Forty children alike, each with an episode; ``bands``: the age bands of some."""
    children = tuple(Child(handle=handle(first + n), version=1, sex="F") for n in range(MANY))
    episodes = tuple(
        Episode(
            handle=handle(first + 1000 + n),
            child=handle(first + n),
            version=1,
            kind="missing",
            start=moment("2025-03-10"),
            age_band=bands.get(n, "10-15"),  # type: ignore[arg-type]
        )
        for n in range(MANY)
    )
    role = "council" if agency.startswith("E") else "police"
    return AgencyRecords(agency, role, Payload(agency=agency, children=children, episodes=episodes))  # type: ignore[arg-type]


def _asked(
    records: list[AgencyRecords], person_of: dict[tuple[str, str], str], asked: set[Question] | None = None
) -> list[Question]:
    standing = standing_records(records)
    calendar = CoverageCalendar(standing)
    persons = gather_persons(standing, person_of, calendar, Tolerance())
    return questions_of(persons, standing, _lot, asked=asked or set())


def _linked() -> tuple[list[AgencyRecords], dict[tuple[str, str], str]]:
    """Child 0 is twice in the council; child 5 is ten to the council and over sixteen to the police."""
    records = [_agency("E01", 0, {}), _agency("P01", 5000, {5: "16+"})]
    person_of = {("E01", handle(n)): f"p{n}" for n in range(MANY)}
    person_of |= {("P01", handle(5000 + n)): f"p{n}" for n in range(MANY)}
    person_of["E01", handle(1)] = "p0"
    return records, person_of


DOUBLE = Question("E01", "same-child", (handle(0), handle(1)))
BIRTH = Question("E01", "date-of-birth", (handle(5),))
BIRTH_OF_POLICE = Question("P01", "date-of-birth", (handle(5005),))


def test_what_has_a_reason_is_asked_among_as_many_that_have_none() -> None:
    found = _asked(*_linked())
    assert {DOUBLE, BIRTH, BIRTH_OF_POLICE} <= set(found)
    for agency in ("E01", "P01"):
        for kind in ("same-child", "date-of-birth"):
            assert sum((one.agency, one.kind) == (agency, kind) for one in found) == SIZES[0]


def test_an_agency_without_any_reason_is_asked_as_much() -> None:
    records, _ = _linked()
    found = _asked(records[:1], {})
    assert [one.kind for one in found].count("date-of-birth") == SIZES[0]
    assert [one.kind for one in found].count("same-child") == SIZES[0]


def test_questions_name_the_agencys_own_children_only() -> None:
    records, person_of = _linked()
    own = {entry.agency: {one.handle for one in entry.payload.children} for entry in records}
    for one in _asked(records, person_of):
        assert own[one.agency].issuperset(one.children)
        assert len(one.children) == {"same-child": 2, "date-of-birth": 1}[one.kind]


def test_at_most_half_of_a_round_has_a_reason() -> None:
    records, person_of = _linked()
    person_of |= {("E01", handle(n)): f"p{n - n % 2}" for n in range(30)}  # fifteen doubles
    found = [one for one in _asked(records, person_of) if (one.agency, one.kind) == ("E01", "same-child")]
    doubles = [one for one in found if int(one.children[0], 16) % 2 == 0 and int(one.children[0], 16) < 30]
    assert len(found) in SIZES or found == []
    assert len(doubles) <= len(found) / 2 or len(found) == 0


def test_where_there_are_too_few_children_for_decoys_nothing_is_asked() -> None:
    children = tuple(Child(handle=handle(n), version=1, sex="F") for n in range(3))
    few = AgencyRecords("E01", "council", Payload(agency="E01", children=children))
    assert _asked([few], {("E01", handle(0)): "p", ("E01", handle(1)): "p"}) == []


def test_nothing_is_asked_twice() -> None:
    records, person_of = _linked()
    first = _asked(records, person_of)
    second = _asked(records, person_of, set(first))
    assert not set(first) & set(second)
    assert {one.kind for one in second} == {"same-child", "date-of-birth"}


def test_the_same_records_are_asked_the_same() -> None:
    records, person_of = _linked()
    assert sorted(_asked(records, person_of)) == sorted(
        _asked(records[::-1], dict(sorted(person_of.items())))
    )


WANTED = Question("P01", "date-of-birth", (handle(5007),))


def _asked_for(wanted: set[Question], records: list[AgencyRecords] | None = None) -> list[Question]:
    records = records or _linked()[0]
    standing = standing_records(records)
    return questions_of([], standing, _lot, asked=set(), wanted=wanted)


def test_what_somebody_wants_asked_is_one_question_of_a_round_of_the_usual_size() -> None:
    unasked = _asked_for(set())
    assert WANTED not in unasked
    found = _asked_for({WANTED})
    assert WANTED in found
    assert [one[:2] for one in found] == [one[:2] for one in unasked]
    many = {Question("P01", "date-of-birth", (handle(5000 + n),)) for n in range(10)}
    told = [one for one in _asked_for(many) if one.agency == "P01" and one.kind == "date-of-birth"]
    assert len(told) == 32
    assert len(set(told) - many) >= len(told) // 2


def test_what_would_stand_out_is_not_asked() -> None:
    records, _ = _linked()
    payload = records[1].payload
    quiet = structs.replace(payload, episodes=payload.episodes[8:])
    dummies = (*payload.children[:7], structs.replace(payload.children[7], dummy=True), *payload.children[8:])
    for changed in (quiet, structs.replace(payload, children=dummies)):
        entry = AgencyRecords("P01", "police", changed)
        assert stands_out(WANTED, entry)
        assert WANTED not in _asked_for({WANTED}, [records[0], entry])
    assert not stands_out(WANTED, records[1])
    assert stands_out(Question("P01", "same-child", (handle(5007), handle(1))), records[1])
