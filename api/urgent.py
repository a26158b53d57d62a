"""The urgent queue: open/closed conflicts are made known whenever a snapshot stands, and nothing else is.

An agency could use it to ask on demand: write down an invented open episode and look whether somebody holds
it as closed.  So a conflict, once told, stays told until the next cycle whatever the agency sends; an agency
is told only so many between two cycles, whatever is erased meanwhile, beyond which the operator alone sees
them and an alert is raised; and children whose records are held back for probing stand here as they do in
the cycle.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.clock import day_of, stamp
from api.config import AmendmentSettings
from api.store import alerts, answers, ledger, results, urgent
from api.store.answers import Query
from api.store.urgent import Key, UrgentRow
from linkage.register.urgent import UrgentConflict
from linkage.wire.canonical import parse
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.limits import MAX_PART_BYTES
from linkage.wire.results import Results

__all__ = ["ALARM", "note_conflicts"]

ALARM = "urgent-conflicts"


@dataclass(frozen=True, slots=True)
class _State:
    """What stands, what was there before, and what the latest cycle told anyway."""

    cycle: int
    now: str
    found: Mapping[Key, UrgentConflict]
    before: Mapping[Key, UrgentRow]
    in_results: frozenset[Key]


def note_conflicts(
    connection: Connection,
    found: Sequence[UrgentConflict],
    episodes: Mapping[str, int],
    settings: AmendmentSettings,
    *,
    now: dt.datetime,
) -> None:
    """Bring the queue up to date with what a linkage found, in the transaction of the job's end.

    ``episodes``: how many each agency's standing snapshots hold.
    """
    cycle = results.latest_reconciled(connection)
    state = _State(
        cycle=cycle,
        now=stamp(now),
        found={(one.agency, one.episode): one for one in found},
        before={one.key: one for one in urgent.all_rows(connection)},
        in_results=_told_by_cycle(connection, cycle, {one.agency for one in found}),
    )
    ended = [one for key, one in state.before.items() if key not in state.found]
    urgent.remove(connection, [one.key for one in ended if one.cycle < cycle or one.told_at is None])
    urgent.mark(connection, {one.key: {"standing": False} for one in ended})
    kept = {key: one for key, one in state.before.items() if key in state.found}
    urgent.mark(connection, {key: {"standing": True} for key in kept})
    told, withheld = _choose(state, kept, episodes, settings, _used(connection, state))
    fresh = [key for key in state.found if key not in state.before]
    urgent.add(connection, (_row(state, key, told=key in told) for key in fresh))
    urgent.mark(
        connection, {key: {"told_at": day_of(state.now), "cycle": cycle} for key in told if key in kept}
    )
    answers.note_queries(connection, (_query(state.found[key]) for key in sorted(told)), cycle)
    for agency, count in Counter(agency for agency, _ in told - state.in_results).items():
        urgent.note_told(connection, agency, count, cycle=cycle)
    for agency, count in sorted(Counter(agency for agency, _ in told).items()):
        facts: dict[str, Fact] = {"what": "urgent conflicts told", "agency": agency, "count": count}
        named = sorted(key for key in told if key[0] == agency)
        ledger.append(connection, EntryKind.RECORDS_NAMED, facts, now=state.now, records=named)
    for agency, count in sorted(withheld.items()):
        _raise_alert(connection, agency, count, state)


def _choose(
    state: _State,
    kept: Mapping[Key, UrgentRow],
    episodes: Mapping[str, int],
    settings: AmendmentSettings,
    used: Counter[str],
) -> tuple[frozenset[Key], Counter[str]]:
    """Return which conflicts are told now, and how many of each agency are not."""
    waiting = sorted(key for key in state.found if key not in kept or kept[key].told_at is None)
    told: set[Key] = set()
    withheld: Counter[str] = Counter()
    for key in waiting:
        agency = key[0]
        limit = max(settings.urgent, int(settings.urgent_share * episodes.get(agency, 0)))
        if key in state.in_results:
            told.add(key)
        elif state.cycle and used[agency] < limit:
            used[agency] += 1
            told.add(key)
        elif state.cycle:
            withheld[agency] += 1
    return frozenset(told), withheld


def _used(connection: Connection, state: _State) -> Counter[str]:
    """Return how many each agency was told of since the latest cycle, beyond what that told anyway."""
    agencies = {agency for agency, _ in state.found}
    return Counter({one: urgent.count_told(connection, one, cycle=state.cycle) for one in agencies})


def _query(one: UrgentConflict) -> Query:
    """Let a conflict's query number be answered as any other."""
    return Query(one.agency, one.query, "OPEN_CLOSED_CONFLICT", one.child, one.contact, one.other)


def _row(state: _State, key: Key, *, told: bool) -> UrgentRow:
    one = state.found[key]
    told_at = day_of(state.now) if told else None
    return UrgentRow(*key, one.contact, one.query, state.cycle, day_of(state.now), told_at, standing=True)


def _told_by_cycle(connection: Connection, cycle: int, agencies: set[str]) -> frozenset[Key]:
    found: set[Key] = set()
    for agency in agencies:
        body = results.results_of(connection, cycle, agency)
        if body is not None:
            told = parse(body.encode(), Results, limit=MAX_PART_BYTES)
            found |= {
                (agency, one.episode)
                for one in told.findings
                if one.reconciliation_class == "OPEN_CLOSED_CONFLICT"
            }
    return frozenset(found)


def _raise_alert(connection: Connection, agency: str, count: int, state: _State) -> None:
    """Raise an alert once a cycle and agency."""
    known = (
        one.agency == agency and one.kind == ALARM and one.cycle == state.cycle
        for one in alerts.all_alerts(connection)
    )
    if any(known):
        return
    alert = alerts.add_alert(connection, agency, ALARM, count, cycle=state.cycle, now=state.now)
    facts: dict[str, Fact] = {
        "what": "raised",
        "agency": agency,
        "alarm": ALARM,
        "count": count,
        "cycle": state.cycle,
    }
    ledger.append(connection, EntryKind.ALERT, facts, now=state.now, rows={"alerts": [str(alert)]})
