"""An overdue return interview is told to the council responsible for the child, and to nobody else."""

import datetime as dt
from dataclasses import replace

import pytest
from msgspec import structs

from linkage.errors import FormatError, VersionError
from linkage.register.reconcile import AgencyRecords, reconcile
from linkage.wire.canonical import canonical, parse
from linkage.wire.records import ReturnInterview
from linkage.wire.results import Finding, OverdueInterview, Results
from tests.support.reconcile_worlds import COUNCIL, FORCE, HOST, ROLES, Register, handle, moment, query_number

MADE = dt.datetime(2025, 3, 15, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def register() -> Register:
    return Register()


def _overdue(
    register: Register, made: dt.datetime = MADE, *interviews: ReturnInterview
) -> dict[str, tuple[OverdueInterview, ...]]:
    def told_of(entry: AgencyRecords) -> AgencyRecords:
        own = interviews if entry.agency == COUNCIL else ()
        return replace(entry, payload=structs.replace(entry.payload, interviews=own))

    records = [told_of(entry) for entry in register.records()]
    told = reconcile(
        records, register.linked, query_number=query_number, as_of=dict.fromkeys(ROLES, made)
    ).results
    return {agency: one.overdue for agency, one in told.items() if one.overdue}


@pytest.mark.parametrize(
    ("end", "late"),
    [
        ("2025-03-12 12:00", False),
        ("2025-03-12 11:59", True),
        ("2025-03-12", False),  # until midnight the child may have been away
        ("2025-03-11", True),
        (None, False),
    ],
)
def test_72_hours_after_the_return(register: Register, end: str | None, late: bool) -> None:
    register.absent("own", COUNCIL, "2025-03-10", end)
    own = OverdueInterview(episode=register.episodes[COUNCIL][0].handle)
    assert _overdue(register) == ({COUNCIL: (own,)} if late else {})


def _interview(register: Register, **facts: object) -> ReturnInterview:
    return ReturnInterview(episode=register.episodes[COUNCIL][0].handle, version=1, **facts)  # type: ignore[arg-type]


def test_an_interview_that_was_held_or_declined_is_not_overdue(register: Register) -> None:
    register.absent("own", COUNCIL, "2025-03-01", "2025-03-03")
    held = _interview(register, offered=True, outcome="accepted", completed=moment("2025-03-08 10:00"))
    assert _overdue(register, MADE, held) == {}
    for outcome in ("declined", "unable"):
        assert _overdue(register, MADE, _interview(register, offered=True, outcome=outcome)) == {}
    for waiting in (_interview(register, offered=False), _interview(register, outcome="accepted")):
        assert len(_overdue(register, MADE, waiting)[COUNCIL]) == 1


def test_an_away_episode_and_a_repeated_one_have_no_interview_of_their_own(register: Register) -> None:
    register.absent("away", COUNCIL, "2025-02-01", "2025-02-02", kind="away")
    register.absent("first", COUNCIL, "2025-03-01", "2025-03-03")
    register.absent("again", COUNCIL, "2025-03-01", "2025-03-03")
    assert len(_overdue(register)[COUNCIL]) == 1


def test_of_an_episode_that_it_lacks_a_council_learns_that_its_interview_is_overdue(
    register: Register,
) -> None:
    register.in_care(COUNCIL, "2024-01-01")
    register.absent("police", FORCE, "2025-03-10 20:00", "2025-03-11 09:00")
    child, episode = register.children[COUNCIL][0], register.episodes[FORCE][0].handle
    query = query_number(COUNCIL, child, episode)
    assert _overdue(register) == {COUNCIL: (OverdueInterview(query=query),)}
    assert _overdue(register, dt.datetime(2025, 3, 13, tzinfo=dt.UTC)) == {}


def test_no_force_and_no_host_council_is_told(register: Register) -> None:
    register.absent("own", COUNCIL, "2025-03-01", "2025-03-02")
    register.absent("police", FORCE, "2025-03-01", "2025-03-02")
    register.absent("host", HOST, "2025-03-01", "2025-03-02", responsible=COUNCIL)
    assert set(_overdue(register)) == {COUNCIL}


def test_an_overdue_interview_is_of_an_episode_or_of_a_query() -> None:
    for wrong in ({}, {"episode": handle(1), "query": "Q-0123456789"}):
        with pytest.raises(ValueError):
            OverdueInterview(**wrong)


def test_results_of_the_first_version_are_read_and_of_an_unknown_one_refused() -> None:
    old = (
        b'{"agency":"E01","cycle":3,"findings":[{"episode":"%s","reconciliation_class":"MATCHED"}],'
        b'"format":"clew-results","missing":[],"version":%d}'
    )
    episode = handle(1).encode()
    read = parse(old % (episode, 1), Results, limit=4096)
    assert (read.version, read.findings) == (1, (Finding(episode=handle(1), reconciliation_class="MATCHED"),))
    with pytest.raises(VersionError):
        parse(old % (episode, 3), Results, limit=4096)
    mixed = canonical(Results(agency="E01", cycle=1, overdue=(OverdueInterview(episode=handle(1)),)))
    assert parse(mixed, Results, limit=4096).version == 2
    with pytest.raises(FormatError):
        parse(mixed.replace(b'"version":2', b'"version":1'), Results, limit=4096)
