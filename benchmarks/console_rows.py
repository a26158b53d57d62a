"""Rows of a register that has been at work for years, written to the shared database in bulk.

Everything that the console reads is there in the number that so many records bring with them: the functions
below each fill what belongs together, and return what those after them need.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from sqlalchemy import Connection, Table, insert, select, update

from api.clock import stamp
from api.store import ledger, schema, schema_audiences, schema_console
from api.store.ledger_rows import COVERED
from linkage.register.figures import count_figures
from linkage.register.ledger_tree import grown, leaf_hash
from linkage.wire.canonical import canonical
from linkage.wire.ledger import EntryKind, Fact, Leaf, Statement, commitment, leaf_bytes
from tests.support.unit import Desk

__all__ = ["Filled", "Sizes", "add_entries", "fill_history", "fill_people", "fill_work", "insert_all"]

_AT_ONCE = 20_000
_RUNS_A_MONTH = 28

Key = tuple[str, str]


@dataclass(frozen=True)
class Sizes:
    """How large the register is; the rest follows from these."""

    encodings: int
    episodes: int
    agencies: int = 200
    months: int = 36
    releases: int = 12

    @property
    def forces(self) -> int:
        """Police forces, about as many as there are for so many councils."""
        return max(1, self.agencies * 43 // 200)


@dataclass(frozen=True)
class Filled:
    """What later parts build on; ``records``: each agency's children, by handle."""

    sizes: Sizes
    epoch: str
    end: dt.datetime
    desks: Sequence[Desk]
    records: Mapping[str, Sequence[str]]
    random: np.random.Generator
    runs: list[int] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)

    def at(self, share: float) -> str:
        """Return a moment of the register's years, from 0, the first, to 1, now."""
        return stamp(self.end - dt.timedelta(days=30.4 * self.sizes.months * (1 - share)))

    def some(self, count: int) -> Iterator[Key]:
        """Yield so many records, the same ones each time."""
        codes = [one.code for one in self.desks]
        for number in range(count):
            handles = self.records[codes[number % len(codes)]]
            if handles:
                yield codes[number % len(codes)], handles[number // len(codes) % len(handles)]


def insert_all(connection: Connection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Insert rows, some thousands at a time."""
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        connection.execute(insert(table), some)


def fill_work(connection: Connection, filled: Filled, manifests: Mapping[str, tuple[str, str]]) -> None:
    """Submissions of every month with their parts, chunks and jobs; linkages and cycles.

    ``manifests``: by agency id and manifest of the snapshot that stands, which the workers' stores hold.
    """
    months, jobs = filled.sizes.months, _Numbers()
    submissions, queue = [], []
    for month in range(months):
        for desk in filled.desks:
            number, manifest = manifests[desk.code]
            last = month == months - 1
            number = number if last else secrets.token_hex(32)
            filled.snapshots.append(number) if last else None
            row = _submission(filled, desk, month, number, manifest)
            submissions.append(row)
            queue += [
                _job(filled, jobs, kind, month, submission=number)
                for kind in ("check-encodings", "check-payload", "settle-payload")
            ]
    queue[-1] |= {"state": "failed", "error": "OSError: no space left on the disk"}
    insert_all(connection, schema.submissions, submissions)
    sent = [one["id"] for one in submissions]
    sides = ("encodings", "payload")
    parts = [{"submission": one, "name": name} for one in sent for name in sides]
    shared = {"sha256": "ab" * 32, "size": 4 << 20}
    insert_all(connection, schema.parts, ({**one, **shared, "state": "valid"} for one in parts))
    chunks = (
        {"submission": one["submission"], "part": one["name"], **shared, "present": True} for one in parts
    )
    insert_all(
        connection, schema.chunks, ({**one, "position": place} for one in chunks for place in range(4))
    )
    agencies = schema.agencies
    connection.execute(update(agencies).values(sequence=months))
    _fill_runs(connection, filled, jobs, queue)


class _Numbers:
    """Numbers of jobs, in the order in which they are queued."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last


def _submission(filled: Filled, desk: Desk, month: int, number: str, manifest: str) -> dict[str, object]:
    at, newest = filled.at((month + 0.5) / filled.sizes.months), month % 12 == 11
    last = month == filled.sizes.months - 1
    moving = last and desk is filled.desks[-1]
    year = filled.end.year - (filled.sizes.months - 1 - month) // 12 - 1
    return {
        "id": number,
        "agency": desk.code,
        "sequence": month + 1,
        "state": "committed" if moving else ("accepted" if newest or last else "superseded"),
        "linked": not moving,
        "manifest": manifest,
        "signature": "s" * 400,
        "registration": "cd" * 32,
        "epoch": filled.epoch,
        "period_start": f"{year}-04-01",
        "period_end": f"{year + 1}-03-31",
        "registered_at": at,
        "committed_at": at,
        "settled_at": at,
        "receipt": "r" * 600,
        "ended_at": None if newest or last else at,
    }


def _job(filled: Filled, jobs: _Numbers, kind: str, month: float, **more: object) -> dict[str, object]:
    at = filled.at(month / filled.sizes.months)
    worker = "linking" if kind in {"link", "check-encodings"} else "register"
    row = {"id": jobs.next(), "kind": kind, "worker": worker, "submission": None, "cycle": None, "error": ""}
    return {**row, "state": "done", "not_before": at, "queued_at": at, "finished_at": at, **more}


def _fill_runs(
    connection: Connection, filled: Filled, jobs: _Numbers, queue: list[dict[str, object]]
) -> None:
    months, encodings = filled.sizes.months, filled.sizes.encodings
    runs, cycles = [], []
    for number in range(1, months * _RUNS_A_MONTH + 1):
        month = (number - 1) / _RUNS_A_MONTH
        queue.append(_job(filled, jobs, "link", month))
        share = 0.5 + 0.5 * number / (months * _RUNS_A_MONTH)
        precision = 0.98 + 0.01 * float(filled.random.random())
        runs.append(
            {
                "id": number,
                "job": queue[-1]["id"],
                "epoch": filled.epoch,
                "records": int(encodings * share),
                "pairs": int(encodings * share * 40),
                "links": int(encodings * share * 0.4),
                "persons": int(encodings * share * 0.6),
                "finished_at": filled.at(month / months),
                "possible": int(encodings * share * 0.002),
                "precision": precision,
                "precision_low": precision - 0.01,
                "precision_high": precision + 0.005,
                "method": "neighbours",
            }
        )
        queue.append(_job(filled, jobs, "find-urgent", month))
        if number % _RUNS_A_MONTH == 0:
            queue.append(_job(filled, jobs, "reconcile", month, cycle=number // _RUNS_A_MONTH))
            cycles.append((runs[-1]["job"], queue[-1]["id"], filled.at(month / months)))
    insert_all(connection, schema.jobs, queue)
    insert_all(connection, schema.link_runs, runs)
    filled.runs.extend(range(1, len(runs) + 1))
    held = ({"run": run, "submission": one} for run in filled.runs for one in filled.snapshots)
    insert_all(connection, schema.link_run_submissions, held)
    figures = canonical(count_figures([], children=int(encodings * 0.6))).decode()
    rows = [
        {"number": number, "closed_at": at, "link_job": link, "reconcile_job": reconcile, "figures": figures}
        | {"reconciled_at": at}
        for number, (link, reconcile, at) in enumerate(cycles, start=1)
    ]
    insert_all(connection, schema.cycles, rows)


def fill_people(connection: Connection, filled: Filled) -> None:
    """Persons, whose records they are, and how that came about: every record came in some linkage."""
    keys = [(code, handle) for code, handles in filled.records.items() for handle in handles]
    count = max(1, int(len(keys) * 0.6))
    persons = [one.hex() for one in _blocks(filled.random, count)]
    order = filled.random.permutation(len(keys))
    whose = np.concatenate([np.arange(count), filled.random.integers(0, count, len(keys) - count)])
    since = np.sort(filled.random.choice(filled.runs, count))
    made = ({"id": one, "created_run": int(run)} for one, run in zip(persons, since, strict=True))
    insert_all(connection, schema.persons, made)
    several = ("created", "joined")
    memberships, events, named = [], [], []
    for number, (place, person) in enumerate(zip(order.tolist(), whose.tolist(), strict=True), start=1):
        agency, handle = keys[place]
        run, who = int(since[person]), persons[person]
        memberships.append(
            {"agency": agency, "handle": handle, "person": who, "since_run": run, "epoch": filled.epoch}
        )
        events.append(
            {"id": number, "run": run, "kind": several[number > count], "person": who, "other": None}
        )
        named.append({"event": number, "agency": agency, "handle": handle})
    for number in range(len(events) + 1, len(events) + 1 + len(keys) // 200):
        one, other = persons[number % count], persons[(number * 7 + 1) % count]
        event = {"id": number, "run": filled.runs[-1], "kind": "merged", "person": one, "other": other}
        events.append(event)
    insert_all(connection, schema.memberships, memberships)
    insert_all(connection, schema.person_events, events)
    insert_all(connection, schema.person_event_records, named)


def _blocks(random: np.random.Generator, count: int) -> list[bytes]:
    data = random.bytes(16 * count)
    return [data[at : at + 16] for at in range(0, len(data), 16)]


def fill_history(connection: Connection, filled: Filled) -> None:
    """What else years bring: queries and answers, alerts, conflicts, requests, and who looked at what."""
    codes, cycles = [one.code for one in filled.desks], filled.sizes.months
    asked = filled.sizes.episodes // 5
    queries = [
        {
            "agency": agency,
            "query": f"Q-{number:010d}",
            "reconciliation_class": ("MATCHED_END_CONFLICT", "POLICE_ONLY_CLA", "COUNCIL_ONLY_M")[number % 3],
            "child": handle,
            "contact": codes[(number + 1) % len(codes)],
            "other": secrets.token_hex(16),
            "first_cycle": 1 + number % cycles,
            "last_cycle": cycles,
        }
        for number, (agency, handle) in enumerate(filled.some(asked))
    ]
    insert_all(connection, schema_audiences.queries, queries)
    said = ("record-right", "error-corrected", "not-ours")
    answers = (
        {
            "agency": one["agency"],
            "query": one["query"],
            "answer": said[place % 3],
            "answered_at": filled.at(0.9),
        }
        for place, one in enumerate(queries[: len(queries) * 3 // 4])
    )
    insert_all(connection, schema_audiences.answers, answers)
    alerts = (
        {"cycle": 1 + place % cycles, "agency": codes[place % len(codes)], "kind": "short-lived", "count": 7}
        | {"raised_at": filled.at(place / 300), "closed_at": filled.at(1) if place < 290 else None}
        for place in range(300)
    )
    insert_all(connection, schema_audiences.alerts, alerts)
    urgent = (
        {
            "agency": agency,
            "episode": handle,
            "contact": codes[place % len(codes)],
            "query": f"Q-{place:010d}",
        }
        | {"cycle": cycles, "arisen_at": filled.at(0.98), "told_at": None, "standing": place % 3 > 0}
        for place, (agency, handle) in enumerate(filled.some(max(30, asked // 100)))
    )
    insert_all(connection, schema_audiences.urgent_conflicts, urgent)
    _fill_views(connection, filled)


def _fill_views(connection: Connection, filled: Filled) -> None:
    pages = ("operator_attention", "operator_submissions", "governance_ledger", "review_pair")
    count = filled.sizes.months * 7000 * filled.sizes.encodings // 1_000_000
    rows = (
        {"at": filled.at(place / count), "account": f"person.{place % 40}", "page": pages[place % 4]}
        | {"address": "/operator/submissions?page=2"}
        for place in range(count)
    )
    insert_all(connection, schema_console.views, rows)


def add_entries(connection: Connection, filled: Filled) -> int:
    """Write the ledger's entries of those years, and one that covers everything as it is; returns its size.

    The tree's hashes are kept in memory meanwhile: one by one they would take most of an hour.
    """
    nodes = {
        (row.level, row.position): bytes.fromhex(row.hash)
        for row in connection.execute(select(schema.ledger_nodes))
    }
    first = size = ledger.size_of(connection)
    entries: list[dict[str, object]] = []
    statements: list[dict[str, object]] = []
    named: list[dict[str, object]] = []
    fresh: list[dict[str, object]] = []
    for statement in _statements(filled):
        salt, text = secrets.token_bytes(32), canonical(statement)
        leaf = Leaf(kind=statement.kind, day=statement.at[:10], commitment=commitment(salt, text))
        entries.append(
            {"entry": size, "kind": str(leaf.kind), "day": leaf.day, "commitment": leaf.commitment}
        )
        statements.append({"entry": size, "salt": salt.hex(), "statement": text.decode()})
        named += [{"entry": size, "agency": one, "handle": other} for one, other in statement.records]
        for level, place, digest in grown(size, leaf_hash(leaf_bytes(leaf)), lambda *where: nodes[where]):
            nodes[level, place] = digest
            fresh.append({"level": level, "position": place, "hash": digest.hex()})
        size += 1
    insert_all(connection, schema.ledger_entries, entries)
    insert_all(connection, schema.ledger_statements, statements)
    insert_all(connection, schema.ledger_records, named)
    insert_all(connection, schema.ledger_nodes, fresh)
    connection.execute(update(schema.ledger_head).values(size=size))
    everything = dict.fromkeys(COVERED)
    facts: dict[str, Fact] = {"what": "benchmark", "entries": size - first}
    ledger.append(connection, EntryKind.OTHER, facts, now=filled.at(1), rows=everything)
    return ledger.size_of(connection)


def _statements(filled: Filled) -> Iterator[Statement]:
    """Yield what was entered, month after month."""
    months = filled.sizes.months
    records = list(filled.some(2 * max(10, filled.sizes.encodings // 200)))
    for month in range(months):
        at = filled.at((month + 0.5) / months)
        for desk in filled.desks:
            facts: dict[str, Fact] = {"agency": desk.code, "sequence": month + 1}
            for kind in (
                EntryKind.SUBMISSION_COMMITTED,
                EntryKind.PART_CHECKED,
                EntryKind.PART_CHECKED,
                EntryKind.SUBMISSION_ACCEPTED,
                EntryKind.SUBMISSION_SUPERSEDED,
            ):
                yield Statement(kind=kind, at=at, facts=facts)
        for run in filled.runs[month * _RUNS_A_MONTH : (month + 1) * _RUNS_A_MONTH]:
            yield Statement(kind=EntryKind.LINK_RUN, at=at, facts={"run": run})
        for place in range(month, len(records) - 1, 2 * months):
            both = tuple(sorted({records[place], records[place + 1]}))
            for kind in (EntryKind.PERSONS_MERGED, EntryKind.REVIEW_DECISION, EntryKind.REVIEW_DECISION):
                yield Statement(kind=kind, at=at, facts={"run": filled.runs[-1]}, records=both)
        for number in range(20 * 20):
            yield Statement(kind=EntryKind.CONSOLE_SIGN_IN, at=at, facts={"account": f"person.{number % 40}"})
