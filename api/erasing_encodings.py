"""The linking worker's part of erasing records: their rows of encodings, and every row that names them.

A body lies sealed as one piece; to take rows out of it, it is opened, and what is left is sealed anew by the
linking worker to its own key.  Order of durability, from which the rest follows:

1. how many rows go is stored in the shared database, once;
2. per body: the new one is written, fsynced, named, its folder fsynced; then one transaction of the index
   lets the row name the new one; then the old one is removed and the folder fsynced;
3. what is kept of the last comparison is put in its own place without them (:mod:`api.kept_comparisons`);
4. one transaction of the shared database forgets every row that names the records, leaves their tombstones
   and ends the job.

A kill after any step leaves a body that no row names, or rows that still go: the next attempt, which finds by
content what is left to do, removes either.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from api.clock import Clock, stamp
from api.encoding_bodies import EncodingBodies, without_handles
from api.kept_comparisons import KeptComparisons
from api.rotation import require_job
from api.store import erasures, jobs, ledger, records, submissions
from api.store.bodies import BodyFolder
from api.store.database import Database
from api.store.encodings import EncodingStore, StoredEncodings
from api.store.erasures import Counts, ErasureRow
from api.store.ledger_files import bodies_said
from api.store.submissions import Submission
from api.worker import Task
from linkage.wire.ledger import Fact

__all__ = ["EncodingsEraser", "without_handles"]

WORKER = "linking"


class EncodingsEraser:
    """Erases records from the linking worker's store and from the shared database."""

    def __init__(
        self,
        database: Database,
        store: EncodingStore,
        bodies: EncodingBodies,
        kept: KeptComparisons,
        intake: BodyFolder,
        clock: Clock,
        *,
        tombstone_key: bytes,
    ) -> None:
        self._database = database
        self._store = store
        self._intake = intake
        self._clock = clock
        self._key = tombstone_key
        self._bodies = bodies
        self._kept = kept

    def erase(self, task: Task) -> None:
        """Do the linking worker's part of an erasure; see the module."""
        with self._database.read() as connection:
            asked = erasures.of_job(connection, task.job.id)
            require_job(connection, asked.payload_job or 0, "erasure of payload")
            targets = records.targets_of(connection, asked.id)
        if asked.scope == "agency" and asked.agency is not None:
            self._erase_agency(asked, asked.agency)
            self._kept.forget({asked.agency: None}, held=task.held)
            self._end(task, asked, {asked.agency: None})
        else:
            self._erase_rows(asked, targets)
            self._kept.forget(targets, held=task.held)
            self._end(task, asked, targets)

    def _erase_rows(self, asked: ErasureRow, targets: Mapping[str, Collection[str]]) -> None:
        counts: Counts = {"encoding-rows": 0, "bodies-rewritten": 0}
        concerned = []
        for agency in sorted(targets):
            for stored in self._store.of_agency(agency):
                self._store.tidy(stored.submission)
                held = self._bodies.load(self._submission(stored))
                going = len(held) - len(without_handles(held, targets[agency]))
                if going:
                    counts["encoding-rows"] += going
                    counts["bodies-rewritten"] += 1
                    concerned.append((self._submission(stored), targets[agency]))
        self._keep_counts(asked, counts)
        for submission, handles in concerned:
            kept = without_handles(self._bodies.load(submission), handles)
            self._bodies.replace(submission, kept)

    def _submission(self, stored: StoredEncodings) -> Submission:
        with self._database.read() as connection:
            return submissions.get(connection, stored.submission)

    def _erase_agency(self, asked: ErasureRow, agency: str) -> None:
        held = self._store.of_agency(agency)
        rows = sum(one.rows for one in held)
        self._keep_counts(asked, {"encoding-rows": rows, "bodies-removed": len(held)})
        with self._database.read() as connection:
            sent = [one.id for one in submissions.every(connection, agency=agency)]
        self._store.erase_agency(agency, sent)
        self._intake.remove_of(sent)

    def _keep_counts(self, asked: ErasureRow, counts: Counts) -> None:
        """Store what goes, before it goes; a later attempt finds less and must not say so."""
        with self._database.write() as connection:
            if erasures.get(connection, asked.id).encodings_counts is None:
                erasures.set_values(connection, asked.id, encodings_counts=counts)

    def _end(self, task: Task, asked: ErasureRow, targets: Mapping[str, Collection[str] | None]) -> None:
        now = self._clock()
        with task.ending() as connection:
            counts = dict(erasures.get(connection, asked.id).encodings_counts or {})
            counts |= self._certify(connection, asked, targets, now=stamp(now))
            if asked.lasting:
                named = {agency: handles for agency, handles in targets.items() if handles is not None}
                records.add_tombstones(connection, WORKER, named, self._key, now=stamp(now))
            scrub = jobs.queue(connection, "scrub", now=now)
            erasures.set_values(
                connection, asked.id, encodings_counts=counts, forgotten_at=stamp(now), scrub_job=scrub
            )
            if counts.get("memberships"):
                jobs.queue_link_at_once(connection, now=now)
            else:  # a made-up handle is no linkage on demand
                jobs.queue_urgent(connection, now=now)

    def _certify(
        self,
        connection: Connection,
        asked: ErasureRow,
        targets: Mapping[str, Collection[str] | None],
        *,
        now: str,
    ) -> Counts:
        """Forget the records in every table, and write the ledger's entry of what changed with that."""
        named = erasures.named_by_ledger(connection, targets)
        forgotten = erasures.forget(connection, targets)
        held = [one for code in targets for one in submissions.every(connection, agency=code)]
        folders = ("intake/encodings", "encodings") if asked.scope == "agency" else ("encodings",)
        files: dict[str, str | None] = dict.fromkeys(bodies_said(connection, held, *folders))
        for code in targets:
            for stored in self._store.of_agency(code):
                files[f"encodings/{self._store.body_name(stored)}"] = stored.sealed_sha256
        facts: dict[str, Fact] = {
            "erasure": asked.name,
            "scope": asked.scope,
            "records": asked.records,
            "step": "erased",
        }
        changed = ("memberships", "carried", "person_event_records")
        rows = dict.fromkeys((*changed, "withdrawals", "shields", "known_links"))
        ledger.erase(connection, named, facts, now=now, rows=rows, files=files)
        return forgotten

    def scrub(self, task: Task) -> None:
        """Write the shared database anew, so that neither a gap nor its log holds what was erased."""
        with self._database.read() as connection:
            waiting = erasures.to_be_scrubbed(connection)
        if waiting:
            self._database.scrub()
        with task.ending() as connection:
            erasures.mark_erased(connection, waiting, now=stamp(self._clock()))
