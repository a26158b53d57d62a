"""The register worker's part of erasing records: results that tell of them, then the payload itself.

Order: first the shared database loses the lines of results and learns how many records go, in one
transaction; then the store loses the records, in one transaction, and its file is written anew; then the
tombstones are left and the job ends.  What to erase is found in the store, so the store comes after the
results: after a kill the next attempt finds the same again, or nothing.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from api.clock import Clock, stamp
from api.part_intake import append_dropped
from api.pruning import pruned
from api.quarantine import without_records
from api.store import answers, erasures, jobs, ledger, records, results, retention, submissions, urgent
from api.store.bodies import BodyFolder
from api.store.database import Database
from api.store.erasures import Counts, ErasureRow
from api.store.ledger_files import bodies_said
from api.store.payload import PayloadStore
from api.worker import Task
from linkage.register.spans import month_of
from linkage.wire.canonical import canonical, parse
from linkage.wire.ledger import Cover, EntryKind, Fact
from linkage.wire.limits import MAX_PART_BYTES
from linkage.wire.records import Payload
from linkage.wire.results import MissingEpisode, Results

__all__ = ["Found", "PayloadEraser"]

WORKER = "register"

QueryNumber = Callable[[str, str, str], str]


@dataclass(slots=True)
class Found:
    """Records of the payload store that something is about: by submission, and what results call them.

    An episode may have been told of in several months, because an agency moved it.  A record may be gone from
    the store and still be told of: of ``strangers``, agencies with such a record, ``held`` are the episodes
    that the store does hold; whose any other was, nobody can say any more.
    """

    handles: dict[str, set[str]] = field(default_factory=dict)
    children: set[tuple[str, str]] = field(default_factory=set)
    episodes: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    held: set[tuple[str, str]] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def tells(self, agency: str, episode: str) -> bool:
        """Say whether a finding of an agency's own results has to go."""
        own = (agency, episode)
        return own in self.episodes or (agency in self.strangers and own not in self.held)

    def add(self, submission: str, payload: Payload, handles: Collection[str]) -> None:
        """Note what of one snapshot some handles are about; an episode comes with its month."""
        left = without_records(payload, handles)
        kept = {one.handle for one in left.episodes}
        agency = payload.agency
        going = [one for one in payload.episodes if one.handle not in kept]
        for one in going:
            self.episodes[agency, one.handle].add(month_of(one.start))
        gone = {
            "payload-children": len(payload.children) - len(left.children),
            "payload-care-spells": len(payload.care_spells) - len(left.care_spells),
            "payload-episodes": len(going),
            "payload-interviews": len(payload.interviews) - len(left.interviews),
        }
        if any(gone.values()):
            self.handles[submission] = set(handles)
            self.counts.update(gone)


class PayloadEraser:
    """Erases records from the payload store and from results."""

    def __init__(
        self,
        database: Database,
        store: PayloadStore,
        intake: BodyFolder,
        clock: Clock,
        *,
        tombstone_key: bytes,
        query_number: QueryNumber,
        stale_before: Callable[[dt.datetime], dt.datetime],
        cover: Callable[[str], Cover],
    ) -> None:
        """``stale_before``: snapshots that were superseded before that moment go with a scheduled erasure.

        ``cover``: what the ledger is to say of a snapshot's records as they lie in the store.
        """
        self._database = database
        self._store = store
        self._intake = intake
        self._clock = clock
        self._key = tombstone_key
        self._query_number = query_number
        self._stale_before = stale_before
        self._cover = cover

    def erase(self, task: Task) -> None:
        """Do the register worker's part of an erasure; see the module."""
        with self._database.read() as connection:
            asked = erasures.of_job(connection, task.job.id)
            targets = records.targets_of(connection, asked.id)
        if asked.scope == "agency" and asked.agency is not None:
            self._erase_agency(asked, asked.agency)
        else:
            self._erase_records(asked, targets)
        now = stamp(self._clock())
        concerned = {*targets, asked.agency} - {None}
        with self._database.read() as connection:
            sent = [one for code in concerned for one in submissions.every(connection, agency=code)]
            said = retention.payload_said(connection)
        held = {one for code in self._store.agencies() for one in self._store.snapshots_of(code)}
        covers = [self._cover(one) for one in said if one not in held or one in {each.id for each in sent}]
        with task.ending() as connection:
            folders = ("intake/payload",) if asked.scope == "agency" else ()
            files = bodies_said(connection, sent, *folders)
            append_dropped(connection, "payload", now=now, files=files, covers=covers)
            if asked.lasting:
                records.add_tombstones(connection, WORKER, targets, self._key, now=now)

    def conceal(self, task: Task) -> None:
        """Take what is shielded out of the results of every cycle."""
        with self._database.read() as connection:
            found = self._find(records.shielded(connection))
        with task.ending() as connection:
            self._forget_results(connection, found)
            urgent.forget(connection, [*found.children, *found.episodes])
            jobs.queue_urgent(connection, now=self._clock())  # of what still stands
            self._append(connection, {"step": "shielded"})

    def _erase_records(self, asked: ErasureRow, targets: Mapping[str, Collection[str]]) -> None:
        stale = self._stale() if asked.scope == "retention" else []
        found = self._find(targets)
        counts = dict(found.counts)
        if stale:
            counts["payload-superseded"] = sum(self._store.count(one) for one in stale)
        with self._database.write() as connection:
            told = self._forget_results(connection, found)
            self._keep_counts(connection, asked, counts | told)
            self._append(connection, {"erasure": asked.name, "step": "results"})
        self._store.erase(found.handles, whole=stale)

    def _stale(self) -> list[str]:
        before = stamp(self._stale_before(self._clock()))
        with self._database.read() as connection:
            stale = [one.id for one in retention.stale_snapshots(connection, before=before)]
        return [one for one in stale if self._store.count(one)]

    def _erase_agency(self, asked: ErasureRow, agency: str) -> None:
        held = self._store.snapshots_of(agency)
        counts: Counter[str] = Counter()
        for one in held:
            counts.update(self._store.counts(one))
        with self._database.write() as connection:
            sent = [one.id for one in submissions.every(connection, agency=agency)]
            told = {
                "results": results.forget_agency(connection, agency),
                "results-of-others": _rewrite(connection, lambda _, one: one.contact == agency)[1],
            }
            self._keep_counts(connection, asked, dict(counts) | told)
            self._append(connection, {"erasure": asked.name, "step": "results"})
        self._store.erase({}, whole=held)
        self._intake.remove_of(sent)

    def _append(self, connection: Connection, facts: Mapping[str, Fact]) -> None:
        """Write the ledger's entry of results that were changed."""
        now = stamp(self._clock())
        ledger.append(connection, EntryKind.ERASURE, facts, now=now, rows={"results": None})

    def _find(self, targets: Mapping[str, Collection[str]]) -> Found:
        found = Found()
        for agency, handles in sorted(targets.items()):
            found.children |= {(agency, handle) for handle in handles}
            seen: set[str] = set()
            for submission in self._store.snapshots_of(agency):
                payload = self._store.load(submission, agency)
                if payload is not None:
                    found.add(submission, payload, handles)
                    found.held |= {(agency, one.handle) for one in payload.episodes}
                    for group in (payload.children, payload.care_spells, payload.episodes):
                        seen.update(one.handle for one in group)
            if not seen.issuperset(handles):
                found.strangers.add(agency)
        return found

    def _keep_counts(self, connection: Connection, asked: ErasureRow, counts: Counts) -> None:
        """Store what goes, before it goes; a later attempt finds less and must not say so."""
        if erasures.get(connection, asked.id).payload_counts is None:
            erasures.set_values(connection, asked.id, payload_counts=counts)

    def _forget_results(self, connection: Connection, found: Found) -> Counts:
        by_month: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (agency, episode), months in found.episodes.items():
            for month in months:
                by_month[agency, month].append(episode)
        asked = answers.queries_about(connection, found.children)

        def rests_on(receiver: str, told: MissingEpisode) -> bool:
            if (receiver, told.query) in asked:
                return True
            possible = by_month.get((told.contact, told.month), ())
            return any(told.query == self._query_number(receiver, told.child, one) for one in possible)

        own, others = _rewrite(connection, rests_on, found)
        return {"results": own, "results-of-others": others}


def _rewrite(
    connection: Connection,
    rests_on: Callable[[str, MissingEpisode], bool],
    found: Found | None = None,
) -> tuple[int, int]:
    """Take lines out of all results; returns how many of the records' own agency, and of others.

    Questions go too, and are not counted: most of them say nothing of a record but that the lot fell on it.
    """
    about = found or Found()
    counted: Counter[str] = Counter()

    def change(agency: str, body: str) -> str:
        told = parse(body.encode(), Results, limit=MAX_PART_BYTES)
        findings = tuple(one for one in told.findings if not about.tells(agency, one.episode))
        own = tuple(one for one in told.missing if (agency, one.child) not in about.children)
        missing = tuple(one for one in own if not rests_on(agency, one))
        counted["own"] += len(told.findings) - len(findings) + len(told.missing) - len(own)
        counted["others"] += len(own) - len(missing)
        left = pruned(told, findings, missing, children=about.children)
        if (findings, missing, left.questions) == (told.findings, told.missing, told.questions):
            return body
        return canonical(left).decode()

    results.rewrite_results(connection, change)
    return counted["own"], counted["others"]
