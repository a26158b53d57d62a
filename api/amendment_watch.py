"""Watching amendments: what differs from the cycle before is counted, and what is too much goes no further.

The register worker calls this while it reconciles.  :meth:`AmendmentWatch.review` only reads; what it found
is written by :func:`record_review` in the transaction that writes the cycle's results, so that a cycle and
its counts appear together.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from msgspec import structs
from sqlalchemy import Connection

from api.budgets import note_crossing, spend
from api.clock import stamp
from api.config import AmendmentSettings
from api.privacy_settings import BudgetSettings
from api.store import alerts, amendments, ledger, persons, results, submissions
from api.store.alerts import Hold
from api.store.payload import PayloadStore
from api.store.results import HeldSnapshot
from linkage.register.amendments import Amendment, Changes, compare_records
from linkage.register.probing import Alarm, AmendmentLimits, Noted, judge
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.wire.codes import Role
from linkage.wire.derivation import keyed_digest
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.moments import Moment
from linkage.wire.records import Payload

__all__ = ["AmendmentWatch", "Review", "record_review"]

_DIGEST_BYTES = 16
_LATE = dt.timedelta(days=31)
"""An absence may be written down so late and still be news."""


@dataclass(slots=True)
class Review:
    """What was found of each agency: amendments to record, subjects to hold back, alarms."""

    noted: dict[str, list[Noted]] = field(default_factory=dict)
    held: dict[str, frozenset[str]] = field(default_factory=dict)
    alarms: dict[str, tuple[Alarm, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cycles:
    """The snapshots of a cycle, of the one before, and of one a few cycles earlier."""

    now: Sequence[HeldSnapshot]
    before: Sequence[HeldSnapshot]
    earlier: Sequence[HeldSnapshot] | None


class AmendmentWatch:
    """Compares cycles; ``key`` makes the digests by which records are counted."""

    def __init__(self, store: PayloadStore, key: bytes, settings: AmendmentSettings) -> None:
        self._store = store
        self._key = key
        self._settings = settings

    def review(
        self,
        connection: Connection,
        number: int,
        snapshots: Sequence[HeldSnapshot],
        person_of: Mapping[tuple[str, str], str],
        *,
        now: dt.datetime,
    ) -> Review:
        """Compare each agency's snapshots of a cycle with those of the cycle before."""
        cycles = self._cycles(connection, number, snapshots)
        review = Review()
        for agency in sorted({one.agency for one in cycles.now} & {one.agency for one in cycles.before}):
            if _ids(cycles.now, agency) != _ids(cycles.before, agency):
                self._review_agency(connection, agency, cycles, person_of, review, number, now)
        return review

    def _cycles(self, connection: Connection, number: int, now: Sequence[HeldSnapshot]) -> _Cycles:
        before = _held_in(connection, number - 1)
        depth = max(1, number - 1 - self._settings.short_lived_cycles)
        earlier = _held_in(connection, depth) if depth < number - 1 else None
        return _Cycles(now, before or (), earlier)

    def _review_agency(
        self,
        connection: Connection,
        agency: str,
        cycles: _Cycles,
        person_of: Mapping[tuple[str, str], str],
        review: Review,
        number: int,
        now: dt.datetime,
    ) -> None:
        old, new = self._joined(agency, cycles.before), self._joined(agency, cycles.now)
        if old is None or new is None:
            return
        changes = compare_records(
            old,
            new,
            followed=self._followed(agency, cycles),
            earlier=self._handles(agency, cycles.earlier),
            since=_since(connection, agency, cycles.before),
        )
        known = amendments.noted(connection, agency)
        gone = {one.child for one in changes.amendments}
        last = amendments.last_persons(connection, agency, gone) | {
            key: person for key, person in person_of.items() if key[0] == agency
        }
        fresh = self._noted(agency, changes, known, last, number, stamp(now))
        held = [one for one in alerts.holds(connection) if one.agency == agency]
        verdict = judge(
            [one for one in known if one.noted_at >= self._oldest(now)] + fresh,
            self._limits(),
            cycle=number,
            children=sum(not one.dummy for one in old.children),
            backdated=changes.backdated_children,
            admitted={one.subject: one.admitted_at for one in held if one.admitted_at is not None},
            held=frozenset(one.subject for one in held if one.admitted_at is None),
        )
        review.noted[agency], review.held[agency] = fresh, verdict.held
        review.alarms[agency] = verdict.alarms

    def _noted(
        self,
        agency: str,
        changes: Changes,
        known: Sequence[Noted],
        person_of: Mapping[tuple[str, str], str],
        number: int,
        now: str,
    ) -> list[Noted]:
        """Turn changes into what is kept of them, and find what came back among what came."""

        def note(one: Amendment) -> Noted:
            person = person_of.get((agency, one.child))
            return Noted(
                number,
                self._digest(agency, one.record),
                self._digest(agency, one.child),
                "" if person is None else self._digest(agency, "person", person),
                one.kind,
                self._digest(agency, one.became) if one.became else "",
                now,
            )

        found = [note(one) for one in changes.amendments]
        return found + _back([*known, *found], changes.arrived, note)

    def hold_back(
        self,
        connection: Connection,
        records: Iterable[AgencyRecords],
        person_of: Mapping[tuple[str, str], str],
        review: Review,
        number: int,
    ) -> list[AgencyRecords]:
        """Return every agency's standing records, held subjects as they stood before they were held.

        A child that did not stand then is there without episodes and care spells.
        """
        held: dict[str, list[Hold]] = defaultdict(list)
        for one in alerts.holds(connection):
            if one.admitted_at is None:
                held[one.agency].append(one)
        for agency, subjects in review.held.items():
            held[agency].extend(Hold(agency, subject, number, None) for subject in sorted(subjects))
        return [
            _with_payload(entry, self._held_payload(connection, entry, held[agency], person_of))
            if held.get(agency)
            else entry
            for agency, entry in standing_records(records).items()
        ]

    def _held_payload(
        self,
        connection: Connection,
        entry: AgencyRecords,
        held: Sequence[Hold],
        person_of: Mapping[tuple[str, str], str],
    ) -> Payload:
        since = {one.subject: one.cycle for one in held}
        children: dict[int, set[str]] = defaultdict(set)
        for child in entry.payload.children:
            person = person_of.get((entry.agency, child.handle), "")
            subjects = self._digest(entry.agency, child.handle), self._digest(entry.agency, "person", person)
            cycles = [since[one] for one in subjects if one in since]
            if cycles:
                children[min(cycles)].add(child.handle)
        payload = _without_dated(entry.payload, set().union(*children.values()))
        for cycle, handles in sorted(children.items()):
            before = self._joined(entry.agency, _held_in(connection, cycle - 1) or ())
            if before is not None:
                payload = _with_dated(payload, before, handles)
        return payload

    def _joined(self, agency: str, snapshots: Iterable[HeldSnapshot]) -> Payload | None:
        """Return an agency's standing records of a cycle, or None if the store no longer has them."""
        own = [one for one in snapshots if one.agency == agency]
        loaded = [self._store.load(one.submission, agency) for one in own]
        payloads = [one for one in loaded if one is not None]
        if not payloads:
            return None
        role: Role = "council"  # of no matter here: it is the same for all
        return standing_records(AgencyRecords(agency, role, one) for one in payloads)[agency].payload

    def _followed(self, agency: str, cycles: _Cycles) -> frozenset[str]:
        """Return the handles of snapshots that another of the same period and epoch replaced, or replaces."""
        sides = [
            {(one.period, one.epoch): one.submission for one in side if one.agency == agency}
            for side in (cycles.before, cycles.now)
        ]
        replaced = [key for key in sides[0].keys() & sides[1].keys() if sides[0][key] != sides[1][key]]
        found = {side[key] for side in sides for key in replaced}
        return frozenset(handle for one in found for _, handle in self._store.statuses(one))

    def _handles(self, agency: str, snapshots: Sequence[HeldSnapshot] | None) -> frozenset[str] | None:
        if snapshots is None:
            return None
        held = [self._store.statuses(one.submission) for one in snapshots if one.agency == agency]
        if not held or not all(held):
            return None
        return frozenset(handle for one in held for _, handle in one)

    def _digest(self, *parts: str) -> str:
        return keyed_digest(self._key, "\x00".join(parts).encode())[:_DIGEST_BYTES].hex()

    def _oldest(self, now: dt.datetime) -> str:
        return stamp(now - dt.timedelta(days=self._settings.days))

    def _limits(self) -> AmendmentLimits:
        chosen = self._settings
        return AmendmentLimits(
            per_record=chosen.per_record,
            per_child=chosen.per_child,
            walking=chosen.walking,
            returns=chosen.returns,
            short_lived=chosen.short_lived,
            short_lived_share=chosen.short_lived_share,
            backdated=chosen.backdated,
            backdated_share=chosen.backdated_share,
        )


def record_review(
    connection: Connection,
    review: Review,
    number: int,
    settings: AmendmentSettings,
    budgets: BudgetSettings,
    *,
    now: dt.datetime,
) -> None:
    """Write what a review found: amendments, alerts, and what is held back because of them."""
    for agency, found in sorted(review.noted.items()):
        amendments.add_amendments(connection, agency, _once(found))
        if found:
            spent = spend(connection, budgets, agency, "amendments", len(_once(found)), now=now)
            note_crossing(connection, spent, now=now)
        for alarm in review.alarms[agency]:
            alert = alerts.add_alert(
                connection, agency, alarm.kind, alarm.count, cycle=number, now=stamp(now)
            )
            subjects = review.held[agency] if alarm.kind == "amendments" else frozenset()
            alerts.add_holds(connection, agency, subjects, cycle=number, alert=alert)
            facts: dict[str, Fact] = {
                "what": "raised",
                "agency": agency,
                "alarm": alarm.kind,
                "count": alarm.count,
                "cycle": number,
            }
            rows = {
                "alerts": [str(alert)],
                "amendment_holds": [f"{agency}/{one}/{number}" for one in sorted(subjects)],
            }
            ledger.append(connection, EntryKind.ALERT, facts, now=stamp(now), rows=rows)
    amendments.forget_before(connection, stamp(now - dt.timedelta(days=settings.days)))


def _back(
    noted: Iterable[Noted], arrived: Mapping[str, str], note: Callable[[Amendment], Noted]
) -> list[Noted]:
    """Find among what came what had been withdrawn: under its handle, or as another record of its person.

    The latter goes on as the record that it follows, so that a new handle does not begin a new count.
    """
    gone = [one for one in noted if one.kind in {"withdrawn", "short-lived"}]
    left = {one.record for one in gone}
    children = {one.person: one.record for one in gone if one.record == one.child and one.person}
    found = []
    for record, child in sorted(arrived.items()):
        back = note(Amendment(record, child, "returned"))
        if back.record in left:
            found.append(back)
        elif record == child and back.person in children:
            found.append(replace(back, record=children[back.person], became=back.record))
    return found


def _once(found: Iterable[Noted]) -> list[Noted]:
    return list({(one.record, one.kind): one for one in found}.values())


def _with_payload(entry: AgencyRecords, payload: Payload) -> AgencyRecords:
    return AgencyRecords(entry.agency, entry.role, payload)


def _without_dated(payload: Payload, children: set[str]) -> Payload:
    episodes = tuple(one for one in payload.episodes if one.child not in children)
    kept = {one.handle for one in episodes}
    return structs.replace(
        payload,
        episodes=episodes,
        care_spells=tuple(one for one in payload.care_spells if one.child not in children),
        interviews=tuple(one for one in payload.interviews if one.episode in kept),
    )


def _with_dated(payload: Payload, before: Payload, children: set[str]) -> Payload:
    """Add what some children's records said before, but what now stands under another child."""
    taken = {one.handle for one in payload.episodes} | {one.handle for one in payload.care_spells}
    episodes = tuple(one for one in before.episodes if one.child in children and one.handle not in taken)
    added = {one.handle for one in episodes}
    spells = tuple(one for one in before.care_spells if one.child in children and one.handle not in taken)
    return structs.replace(
        payload,
        episodes=payload.episodes + episodes,
        care_spells=payload.care_spells + spells,
        interviews=payload.interviews + tuple(one for one in before.interviews if one.episode in added),
    )


def _ids(snapshots: Iterable[HeldSnapshot], agency: str) -> set[str]:
    return {one.submission for one in snapshots if one.agency == agency}


def _held_in(connection: Connection, number: int) -> list[HeldSnapshot] | None:
    """Return the snapshots that a cycle's linkage held, or None if there was no such cycle."""
    cycle = results.cycle(connection, number)
    run = None if cycle is None else persons.run_of_job(connection, cycle.link_job)
    return None if run is None else results.run_snapshots(connection, run)


def _since(connection: Connection, agency: str, before: Iterable[HeldSnapshot]) -> Moment | None:
    """Return the moment before which an absence should have been in the snapshots of the cycle before."""
    own = [submissions.get(connection, one.submission) for one in before if one.agency == agency]
    written = [one.manifest.created.at for one in own]
    return Moment.minute(max(written) - _LATE) if written else None
