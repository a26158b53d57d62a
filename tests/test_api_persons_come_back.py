"""What is taken back gives back every person, through the real worker and store; what was erased does not."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from api.clock import utc_now
from api.rotation import ask_destruction, close_epoch
from api.settlement import withdraw_submission
from api.store import persons
from api.trust import adopt_epoch, enrol_agency, remove_agency
from linkage.match.person_events import PersonEvent
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.encodings import Encodings, encodings_pieces
from linkage.wire.moments import Moment
from tests.oracles import history_oracle
from tests.support.served import Served, served_unit
from tests.support.unit import PROFILE, Desk, Unit, handle, make_descriptor, make_encodings, make_sent

Looks = Mapping[int, int | tuple[int, ...]]
"""An agency's records, and the child of the world that each looks like; several for several variants."""

Persons = dict[tuple[str, int], str]


pytestmark = [pytest.mark.usefixtures("each_database"), pytest.mark.postgresql("soak")]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


class Sender:
    """Sends snapshots of one unit's agencies, each with the next sequence, and says who is who after it."""

    def __init__(self, served: Served) -> None:
        self.served, self.unit = served, served.unit
        self.desks = {one.code: one for one in (served.council, served.other_council, served.police)}
        self._sequences: dict[str, int] = dict.fromkeys(self.desks, 0)
        self.latest: dict[str, str] = {}

    def send(self, code: str, looks: Looks, *, settle: bool = True) -> Persons:
        desk = self.desks[code]
        self._sequences[code] += 1
        part, rows = _encoded(desk, looks)
        sent = make_sent(
            self.unit,
            desk,
            sequence=self._sequences[code],
            children=tuple(looks),
            encodings=part,
            counts={"rows": rows},
        )
        self.served.client(desk).submit(sent)
        self.latest[code] = sent.id
        return self.settle() if settle else {}

    def withdraw(self, code: str) -> Persons:
        with self.served.workers.database.write() as connection:
            withdraw_submission(connection, self.latest[code], now=utc_now())
        return self.settle()

    def settle(self) -> Persons:
        self.served.workers.settle()
        names = {handle(code, child): child for code in self.desks for child in range(30)}
        with self.served.workers.database.read() as connection:
            members = {(one.agency, one.handle): one.person for one in persons.members(connection)}
            history = history_oracle.history(connection)
        assert _replayed(history) == members
        return {(agency, names[text]): person for (agency, text), person in members.items()}


def _encoded(desk: Desk, looks: Looks) -> tuple[bytes, int]:
    variants = [
        (handle(desk.code, child), number, like)
        for child, several in looks.items()
        for number, like in enumerate(several if isinstance(several, tuple) else (several,))
    ]
    variants.sort()
    rows = Encodings.joined([make_encodings([(text, like)]) for text, _, like in variants])
    for place, (_, number, _) in enumerate(variants):
        rows.variants[place] = number
    pieces = encodings_pieces(rows, agency=desk.code, profile_digest=PROFILE.digest)
    return b"".join(pieces), len(rows)


def _replayed(history: Sequence[Sequence[PersonEvent]]) -> dict[tuple[str, str], str]:
    """Who belongs to whom by the events alone; each must fit what was before it."""
    found: dict[tuple[str, str], str] = {}
    for event in itertools.chain.from_iterable(history):
        for record in event.records:
            before = "" if event.kind in ("created", "joined") else event.person
            assert found.pop(record, "") == before, event.kind
            after = {"left": "", "merged": event.other, "split": event.other}.get(event.kind, event.person)
            if after:
                found[record] = after
    return found


def _kinds(served: Served) -> list[str]:
    with served.workers.database.read() as connection:
        return [event.kind for events in history_oracle.history(connection) for event in events]


def _partition(found: Persons) -> set[frozenset[tuple[str, int]]]:
    return {frozenset(key for key in found if found[key] == person) for person in found.values()}


ONE: Looks = {1: 1, 2: 2, 3: 3}
OTHER: Looks = {8: (1, 9), 3: 3, 4: 4}
"""Record 8 has the looks of two children: it draws the council's 1 and the force's 9 together."""
FORCE: Looks = {9: 9, 3: 3, 5: 5}
WORLD: dict[str, Looks] = {"E09": ONE, "E10": OTHER, "P01": FORCE}


@pytest.mark.postgresql("always")
def test_a_batch_that_merged_persons_is_withdrawn_and_sent_again(served: Served) -> None:
    sender = Sender(served)
    sender.send("E09", ONE)
    before = sender.send("P01", FORCE)
    assert before["E09", 1] != before["P01", 9]
    merged = sender.send("E10", OTHER)
    assert merged["E09", 1] == merged["E10", 8] == merged["P01", 9]
    assert sender.withdraw("E10") == before
    assert sender.send("E10", OTHER) == merged
    assert sender.withdraw("E10") == before
    assert set(_kinds(served)) == {"created", "joined", "left", "merged", "split"}


def test_batches_are_withdrawn_in_any_order_and_all_come_back_in_any_other(
    served: Served, soak: bool
) -> None:
    sender = Sender(served)
    for code, looks in WORLD.items():
        everybody = sender.send(code, looks)
    orders = list(itertools.permutations(WORLD))
    for out, back in list(zip(orders, reversed(orders), strict=True))[:: 1 if soak else 3]:
        for code in out:
            left = sender.withdraw(code)
        assert left == {}
        for code in back:
            found = sender.send(code, WORLD[code])
        assert found == everybody


def test_a_correction_that_is_taken_back_gives_back_the_persons(served: Served) -> None:
    sender = Sender(served)
    sender.send("E09", ONE)
    before = sender.send("P01", FORCE)
    moved = sender.send("P01", {9: 1, 3: 7, 5: 5})  # 9 is the council's 1 after all, and 3 nobody's
    assert moved["P01", 9] == moved["E09", 1] == before["E09", 1]
    assert moved["P01", 3] not in before.values()
    assert sender.send("P01", FORCE) == before
    assert sender.send("P01", {9: 1, 3: 7, 5: 5}) == moved
    assert sender.send("P01", FORCE) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_whenever_all_is_as_it_once_was_persons_are_who_they_were(served: Served, seed: int) -> None:
    draw, sender = random.Random(seed), Sender(served)
    choices: dict[str, list[Looks]] = {
        "E09": [ONE, {1: 1, 2: 9, 3: 3}, {2: 2}],
        "E10": [OTHER, {8: 1, 4: 4}, {8: (9, 2), 3: 4}],
        "P01": [FORCE, {9: 1, 5: 2}, {9: 9}],
    }
    standing: dict[str, int] = {}
    seen: dict[tuple[tuple[str, int], ...], Persons] = {}
    for _ in range(12):
        code = draw.choice(sorted(WORLD))
        if code in standing and draw.random() < 0.4:
            del standing[code]
            found = sender.withdraw(code)
        else:
            standing[code] = draw.randrange(3)
            found = sender.send(code, choices[code][standing[code]])
        assert seen.setdefault(tuple(sorted(standing.items())), found) == found
    assert len(seen) > 4


def test_agencies_that_come_one_at_a_time_in_any_order_are_linked_as_at_once(
    tmp_path: Path, soak: bool
) -> None:
    found = []
    for number, order in enumerate(list(itertools.permutations(WORLD))[:: 1 if soak else 2]):
        for one_at_a_time in (True, False)[: 1 + (number == 0)]:
            with served_unit(tmp_path / f"{number}-{one_at_a_time}") as served:
                sender = Sender(served)
                for code in order:
                    sender.send(code, WORLD[code], settle=one_at_a_time)
                found.append(_partition(sender.settle()))
    assert all(one == found[0] for one in found)
    assert {("E09", 1), ("E10", 8), ("P01", 9)} in found[0]


def _rotate(sender: Sender, epoch: str = "e2") -> None:
    opens = Moment.day((utc_now() - dt.timedelta(days=1)).date())
    descriptor = make_descriptor(sender.unit.card, sender.unit.custodians, epoch=epoch, opens=opens)
    with sender.served.workers.database.write() as connection:
        adopt_epoch(
            connection, sender.unit.card, canonical(descriptor), custodians=(), threshold=None, now=utc_now()
        )
    sender.unit = Unit(sender.unit.folder, sender.unit.card, sender.unit.custodians, descriptor)


def _destroy(sender: Sender, epoch: str = "e1") -> None:
    database = sender.served.workers.database
    with database.write() as connection:
        close_epoch(connection, epoch, early=True, now=utc_now())
    sender.settle()
    with database.write() as connection:
        ask_destruction(connection, epoch, now=utc_now())
    sender.settle()
    database.scrub()  # as the command does before it hands out the certificate


def _holds(served: Served, *texts: str) -> set[str]:
    """Which of some texts stand, as text or as bytes, in any file of the unit."""
    files = [path.read_bytes() for path in served.unit.folder.root.rglob("*") if path.is_file()]
    return {text for text in texts for one in files if text.encode() in one or bytes.fromhex(text) in one}


@pytest.mark.postgresql("never")  # it looks for a handle in the files
def test_who_was_erased_comes_back_as_somebody_new(served: Served) -> None:
    sender = Sender(served)
    gone, left_out = handle("E09", 1), handle("E09", 2)
    before = sender.send("E09", ONE)
    sender.send("E09", {2: 2, 3: 3})  # 1 is withdrawn, and 2 will not be encoded again
    assert gone in _holds(served, gone)
    _rotate(sender)
    sender.send("E09", {3: 3})
    _destroy(sender)
    assert _holds(served, gone, left_out) == set()
    after = sender.send("E09", ONE)
    assert after["E09", 3] == before["E09", 3]
    assert {after["E09", 1], after["E09", 2]}.isdisjoint(before.values())


def test_who_is_withdrawn_in_an_epoch_that_goes_on_comes_back_after_another_was_destroyed(
    served: Served,
) -> None:
    sender = Sender(served)
    sender.send("E09", {2: 2})
    _rotate(sender)
    before = sender.send("E09", {1: 1, 2: 2})
    sender.send("E09", {2: 2})
    _destroy(sender)
    assert sender.send("E09", {1: 1, 2: 2}) == before


def test_what_was_carried_into_an_epoch_outlasts_an_agency_that_is_removed_for_a_while(
    served: Served,
) -> None:
    sender = Sender(served)
    sender.send("E09", ONE)
    before = sender.send("P01", FORCE)
    _rotate(sender)
    sender.send("E09", ONE)
    assert sender.send("P01", {9: 1, 3: 7, 5: 5}) == before  # under this key 9 looks like another's child
    with served.workers.database.write() as connection:
        remove_agency(connection, "P01", now=utc_now())
    served.workers.cycle()
    with served.workers.database.write() as connection:
        again = Desk("P01", "police")
        enrol_agency(
            connection, canonical(again.card), fingerprint=card_fingerprint(again.card), now=utc_now()
        )
    served.workers.cycle()
    assert sender.settle() == before


def test_what_was_carried_outlasts_a_new_snapshot_that_the_operator_withdraws(served: Served) -> None:
    sender = Sender(served)
    sender.send("E09", ONE)
    before = sender.send("P01", FORCE)
    _rotate(sender)
    sender.send("E09", ONE)
    assert sender.send("P01", {9: 1, 3: 7, 5: 5}) == before
    assert sender.withdraw("P01") == before  # the snapshot of the older epoch still speaks for them
    assert sender.send("P01", {9: 1, 3: 7, 5: 5}) == before
