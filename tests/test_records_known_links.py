"""What the operator decided of two records holds at every linkage, over withdrawals and other keys."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auditing import check_unit
from api.checkpoints import open_signer
from api.clock import utc_now
from api.deciding import agreeing_persons, decide, undo
from api.erasing import erase_own_records
from api.settlement import withdraw_submission
from api.store import known_links, persons, record_tables, schema
from api.store.known_links import KnownLink
from api.store.persons import Carried, RecordKey
from api.trust import adopt_epoch
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.moments import Moment
from tests.support.served import Served, copied_unit, served_unit
from tests.support.unit import Desk, Unit, handle, make_descriptor, make_sent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        _send(opened, opened.council, (1, 2, 3), 1)
        _send(opened, opened.police, (2, 3, 4), 1)
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


def _send(served: Served, desk: Desk, children: tuple[int, ...], sequence: int, **more: Any) -> str:
    unit = more.pop("unit", served.unit)
    sent = make_sent(unit, desk, sequence=sequence, children=children, **more)
    served.client(desk).submit(sent)
    served.workers.settle()
    return sent.id


def _record(code: str, child: int) -> RecordKey:
    return code, handle(code, child)


def _members(served: Served) -> dict[RecordKey, str]:
    with served.workers.database.read() as connection:
        return {(one.agency, one.handle): one.person for one in persons.members(connection)}


def _decide(served: Served, one: RecordKey, other: RecordKey, *, same: bool) -> int:
    with served.workers.database.write() as connection:
        number, _ = decide(connection, one, other, same=same, reason="told by both", now=utc_now())
    served.workers.settle()
    return number


COUNCIL_2, POLICE_2 = _record("E09", 2), _record("P01", 2)
COUNCIL_1, POLICE_4 = _record("E09", 1), _record("P01", 4)


def _holds(served: Served) -> bool:
    found = _members(served)
    return found[COUNCIL_2] != found[POLICE_2] and found[COUNCIL_1] == found[POLICE_4]


def test_decisions_hold_over_withdrawal_return_and_rotation_until_they_are_undone(served: Served) -> None:
    before = _members(served)
    assert before[COUNCIL_2] == before[POLICE_2]
    assert before[COUNCIL_1] != before[POLICE_4]
    apart = _decide(served, POLICE_2, COUNCIL_2, same=False)
    joined = _decide(served, COUNCIL_1, POLICE_4, same=True)
    assert _holds(served)
    again = _send(served, served.council, (1, 2, 3), 2)
    assert _holds(served)
    with served.workers.database.write() as connection:
        withdraw_submission(connection, again, now=utc_now())
    served.workers.settle()
    assert COUNCIL_2 not in _members(served)
    _send(served, served.council, (1, 2, 3), 3)
    assert _holds(served)
    rotated = _rotate(served)
    _send(served, served.council, (1, 2, 3), 4, unit=rotated)
    _send(served, served.police, (2, 3, 4), 4, unit=rotated)
    assert _holds(served)
    with served.workers.database.write() as connection:
        undo(connection, apart, now=utc_now())
        undo(connection, joined, now=utc_now())
    # Under the new key what was carried from the old one holds until the agency amends the record.
    served.workers.settle()
    with served.workers.database.read() as connection:
        assert known_links.all_links(connection) == []


def _rotate(served: Served) -> Unit:
    unit = served.unit
    opens = Moment.day(utc_now().date())
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=opens)
    with served.workers.database.write() as connection:
        adopt_epoch(
            connection, unit.card, canonical(descriptor), custodians=(), threshold=None, now=utc_now()
        )
    return Unit(unit.folder, unit.card, unit.custodians, descriptor)


def test_decisions_made_after_a_rotation_overrule_what_was_carried(served: Served) -> None:
    rotated = _rotate(served)
    _send(served, served.council, (1, 2, 3), 2, unit=rotated)
    _send(served, served.police, (2, 3, 4), 2, unit=rotated)
    with served.workers.database.read() as connection:
        assert persons.carried(connection, "e2")
    _decide(served, POLICE_2, COUNCIL_2, same=False)
    _decide(served, COUNCIL_1, POLICE_4, same=True)
    assert _holds(served)


def test_undone_the_encodings_decide_again(served: Served) -> None:
    before = _members(served)
    number = _decide(served, COUNCIL_2, POLICE_2, same=False)
    with served.workers.database.write() as connection:
        undo(connection, number, now=utc_now())
        with pytest.raises(InputError, match="no decision"):
            undo(connection, number, now=utc_now())
    served.workers.settle()
    assert _members(served) == before


def test_what_contradicts_is_refused_with_the_decision_that_it_contradicts(served: Served) -> None:
    first = _decide(served, COUNCIL_1, POLICE_4, same=True)
    second = _decide(served, POLICE_4, _record("P01", 3), same=True)
    apart = _decide(served, COUNCIL_2, COUNCIL_1, same=False)
    cases = [
        (COUNCIL_1, _record("P01", 3), False, f"decision {first} with {second} says"),
        (POLICE_4, COUNCIL_1, False, f"decision {first} says"),
        (COUNCIL_2, _record("P01", 3), True, f"decision {apart} keeps records"),
        (COUNCIL_1, COUNCIL_1, True, "one and the same"),
        (COUNCIL_1, ("P01", "ab" * 16), True, "never in the register"),
    ]
    for one, other, same, words in cases:
        with served.workers.database.write() as connection, pytest.raises(InputError, match=words):
            decide(connection, one, other, same=same, reason="x", now=utc_now())
    with served.workers.database.write() as connection:
        assert decide(connection, POLICE_4, COUNCIL_1, same=True, reason="x", now=utc_now()) == (first, False)


def test_a_decision_goes_with_an_erased_record(served: Served) -> None:
    _decide(served, COUNCIL_2, POLICE_2, same=False)
    with served.workers.database.write() as connection:
        erase_own_records(connection, "P01", [POLICE_2[1]], now=utc_now())
    served.workers.settle()
    with served.workers.database.read() as connection:
        assert known_links.all_links(connection) == []


def test_a_decision_that_somebody_takes_out_of_the_database_is_found(served: Served) -> None:
    _decide(served, COUNCIL_2, POLICE_2, same=False)
    with served.workers.database.write() as connection:
        unit = served.unit
        key, signer = unit.card.signing_key, open_signer(unit.folder)
        assert check_unit(connection, unit.folder, signer, signing_key=key, outside=()).findings == []
        connection.execute(record_tables.known_links.delete())
        found = check_unit(connection, unit.folder, signer, signing_key=key, outside=()).findings
    assert [one.where for one in found] == ["known_links 1"]


def test_a_run_states_how_good_it_is(served: Served) -> None:
    with served.workers.database.read() as connection:
        run = connection.execute(schema.link_runs.select()).all()[-1]
    assert (run.records, run.links, run.possible) == (6, 2, 0)
    assert 0.0 <= run.precision_low <= run.precision <= run.precision_high <= 1.0
    assert run.method


RECORDS = [("A", str(number)) for number in range(7)]
_pairs = st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda pair: pair[0] != pair[1])


@given(
    st.lists(st.tuples(_pairs, st.booleans()), max_size=8),
    st.dictionaries(st.sampled_from(RECORDS), st.sampled_from(["p", "q", "r"])),
)
def test_what_was_carried_never_contradicts_decisions_and_gives_way_only_where_it_would(
    decisions: Sequence[tuple[tuple[RecordKey, RecordKey], bool]], brought: dict[RecordKey, str]
) -> None:
    known: list[KnownLink] = []
    for (one, other), same in decisions:
        left, right = sorted((one, other))
        candidate = KnownLink(len(known), left, right, same, "", "")
        if _consistent([*known, candidate], {}):
            known.append(candidate)
    carried = {key: Carried(person, "") for key, person in brought.items()}
    found = agreeing_persons(carried, known)
    assert _consistent(known, found)
    assert set(found) <= set(brought)
    for one in brought:
        for other in brought:
            if one in found and other in found and brought[one] == brought[other]:
                assert found[one] == found[other]
    if _consistent(known, brought):
        assert set(found) == set(brought)


def _consistent(known: Sequence[KnownLink], whose: dict[RecordKey, str]) -> bool:
    """The slow, obvious way: let groups grow until nothing changes."""
    group = {record: {record} for record in RECORDS}
    joined = [(one.left, one.right) for one in known if one.same]
    joined += [(a, b) for a in whose for b in whose if whose[a] == whose[b]]
    changed = True
    while changed:
        changed = False
        for left, right in joined:
            union = group[left] | group[right]
            if union != group[left] or union != group[right]:
                changed = True
                for record in union:
                    group[record] = union
    return not any(one.right in group[one.left] for one in known if not one.same)
