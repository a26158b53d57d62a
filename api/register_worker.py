"""The register worker: opens payload, reconciles, and knows nothing of the encodings.

It reads ``secrets/register.key``, ``intake/payload`` and its own store, and *handle → person* from the
shared database.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from api.amendment_watch import AmendmentWatch, Review, record_review
from api.asking import ask, settle_questions
from api.clock import Clock, day_of, stamp
from api.config import read_settings
from api.epoch_places import in_place, of_destruction, standing_epochs
from api.erasing_payload import PayloadEraser
from api.folders import DataFolder
from api.group_quality import told_of_groups
from api.held_records import held_records, run_of_cycle, standing_persons, tolerance_set
from api.part_intake import PartIntake, append_dropped
from api.payload_erasure import find_erasure, forget_in_register
from api.quarantine import without_records
from api.query_numbers import QueryNumbers
from api.requested_releases import RequestedReleases
from api.retention import RetentionSchedule
from api.rotation import require_job
from api.secret_files import read_worker_key
from api.store import (
    agencies,
    answers,
    epochs,
    group_quality,
    jobs,
    ledger,
    persons,
    records,
    results,
    retention,
    review,
    submissions,
)
from api.store.answers import Query
from api.store.bodies import BodyFolder
from api.store.database import Database
from api.store.payload import PayloadStore, survives_storage
from api.store.results import HeldSnapshot
from api.store.submissions import LEFT_OUT, Submission
from api.telling_episodes import EpisodeTelling
from api.urgent import note_conflicts
from api.worker import Say, Task, Worker
from linkage.errors import FormatError, LimitError
from linkage.register.overlap import overlaps
from linkage.register.reconcile import AgencyRecords, Reconciliation, reconcile
from linkage.register.urgent import urgent_conflicts
from linkage.wire.bundle import checked
from linkage.wire.canonical import canonical
from linkage.wire.compression import decompress
from linkage.wire.ledger import Cover
from linkage.wire.limits import MAX_LINE_BYTES
from linkage.wire.manifest import Manifest, part_context
from linkage.wire.records import Payload, read_payload
from linkage.wire.results import QualityQuestion, Results
from linkage.wire.seal import open_seal

__all__ = ["RegisterWorker", "lines"]


class RegisterWorker:
    """The handlers of the register worker's jobs."""

    def __init__(self, folder: DataFolder, database: Database, clock: Clock) -> None:
        key = read_worker_key(folder.register_key, "register-worker")
        self._key = key.sealing
        self._query_key = key.derive("query-numbers")
        self._database = database
        self._clock = clock
        self._intake = BodyFolder(folder.intake_payload)
        self._part = PartIntake("payload", self._intake, database, clock)
        settings = read_settings(folder.settings)
        self._store = PayloadStore(
            folder.location("payload"), key, folder.pool(), keep_opened=settings.reconciliation.opened_records
        )
        self._tombstone_key = key.derive("tombstones")
        self._schedule = RetentionSchedule(database, self._store, folder.settings, clock)
        self._eraser = PayloadEraser(
            database,
            self._store,
            self._intake,
            clock,
            tombstone_key=self._tombstone_key,
            query_number=QueryNumbers(self._query_key).number,
            stale_before=self._schedule.stale_before,
            cover=self._cover,
        )
        self._releases = RequestedReleases(folder, database, clock)
        self._settings, self._budgets = settings.amendments, settings.budgets
        self._tolerance, self._disclosure = tolerance_set(settings.reconciliation), settings.disclosure
        self._watch = AmendmentWatch(self._store, key.derive("amendments"), self._settings)
        self._episodes = EpisodeTelling(database, clock, held=self._held, tolerance=self._tolerance)

    def worker(self, say: Say) -> Worker:
        """Return the loop that runs these handlers."""
        return Worker(
            "register",
            self._database,
            {
                "check-payload": self.check,
                "drop-payload": self.drop,
                "settle-payload": self.settle,
                "withdraw-payload": self.withdraw,
                "reconcile": in_place(self._database, "register", self.reconcile, standing_epochs),
                "find-urgent": self.find_urgent,
                "erase-payload": in_place(self._database, "register", self.erase, of_destruction),
                "erase-payload-records": in_place(
                    self._database, "register", self._eraser.erase, standing_epochs
                ),
                "conceal-results": self._eraser.conceal,
                "retention": self._schedule.run,
                "propose-release": self._releases.count,
                "tell-episodes": self._episodes.tell,
            },
            clock=self._clock,
            say=say,
            now_and_then=self._look_around,
        )

    def _look_around(self) -> None:
        self._store.forget_changed()
        self._episodes.forget_expired()
        self._schedule.queue_when_due()

    def close(self) -> None:
        """Close the worker's own store."""
        self._store.close()

    def recover(self) -> None:
        """Remove bodies that a killed process had taken in and not yet removed from the intake."""
        self._part.recover()

    def check(self, task: Task) -> None:
        """Open one submission's payload, check every record, and store each sealed by itself.

        Order of durability: see :class:`PartIntake`.
        """
        self._part.check(task, opener=self._opener, keep=self._keep)

    def drop(self, task: Task) -> None:
        """Remove one refused submission's payload, from the intake and from the store."""
        submission, name, _ = self._part.submission(task)
        self._store.drop(submission.id)
        self._intake.remove([name])
        cover = self._cover(submission.id)
        with task.ending() as connection:
            files = [f"intake/payload/{name}"]
            append_dropped(connection, "payload", now=stamp(self._clock()), files=files, covers=[cover])

    def settle(self, task: Task) -> None:
        """Let an accepted snapshot's records stand, and end those of the snapshot that it replaces."""
        submission, _, _ = self._part.submission(task)
        with self._database.read() as connection:
            same = [one.id for one in submissions.of_epoch(connection, submission.epoch)]
        self._store.settle(submission.id, among=same)
        with task.ending():
            pass

    def withdraw(self, task: Task) -> None:
        """End the records of a snapshot that the operator withdrew."""
        submission, _, _ = self._part.submission(task)
        self._store.withdraw(submission.id)
        with task.ending():
            pass

    def reconcile(self, task: Task) -> None:
        """Compare the snapshots of a cycle's linkage and write every agency's results in one transaction."""
        number = task.job.cycle
        if number is None:
            raise LookupError("a job of this kind names a cycle")
        task.progress(0, 2)
        self._store.begin_round()
        outcome, queries, review = self._reconciled(number)
        task.progress(1, 2)
        numbers = QueryNumbers(self._query_key)
        with self._database.read() as connection:
            enrolled = [one.code for one in agencies.all_agencies(connection) if one.enrolled]
            asked, questions = ask(connection, number, outcome.persons, outcome.standing, numbers)
            told_by_group = told_of_groups(connection, outcome.standing, self._disclosure)
        told = {code: _results(outcome, code, number, asked.get(code, ())) for code in enrolled}
        bodies = {code: canonical(one).decode() for code, one in told.items()}
        figures = canonical(outcome.figures).decode()
        with task.ending() as connection:
            results.store_results(connection, number, bodies, figures=figures, now=stamp(self._clock()))
            group_quality.keep(connection, number, told_by_group, now=stamp(self._clock()))
            answers.note_queries(connection, [*queries, *questions], number)
            settle_questions(connection, outcome.standing, now=self._clock())
            record_review(connection, review, number, self._settings, self._budgets, now=self._clock())
            jobs.queue_urgent(connection, now=self._clock())

    def find_urgent(self, task: Task) -> None:
        """Find open/closed conflicts among what stands now, and make them known.

        Persons are those of the last linkage: of children whom it knew, a conflict waits for no batch.
        Whoever reviews a possible link is told how its episodes lie to each other, from the snapshots that
        the linkage held.
        """
        self._store.begin_round()
        with self._database.read() as connection:
            run = persons.latest_run(connection)
            number = results.latest_reconciled(connection)
            snapshots = [] if run is None else results.standing_snapshots(connection)
            person_of = standing_persons(connection)
            asked = review.pairs_without_shape(connection)
            linked = [] if run is None or not asked else results.run_snapshots(connection, run)
        held = self._held(number + 1, snapshots, person_of, Review())
        shapes = {}
        if asked:
            same = linked == snapshots
            shown = held if same else self._held(number + 1, linked, person_of, Review())
            shapes = overlaps(shown, asked, self._tolerance)
        numbers = QueryNumbers(self._query_key)
        found = urgent_conflicts(held, person_of, query_number=numbers.number, tolerance=self._tolerance)
        episodes = Counter({one.agency: len(one.payload.episodes) for one in held})
        with task.ending() as connection:
            note_conflicts(connection, found, episodes, self._settings, now=self._clock())
            review.set_shapes(connection, {asked[pair]: shape.text() for pair, shape in shapes.items()})

    def erase(self, task: Task) -> None:
        """Erase what is held of children that were never encoded again.

        Order of durability: see :mod:`api.payload_erasure`.
        """
        with self._database.read() as connection:
            asked = epochs.destruction_of_job(connection, task.job.id)
            require_job(connection, asked.link_job, "linkage")
            found = find_erasure(connection, self._store, asked.epoch)
            held_ones = submissions.of_epoch(connection, asked.epoch)
            held = [one.id for one in held_ones]
            said = retention.payload_said(connection)
        with self._database.write() as connection:
            forget_in_register(connection, asked, found, now=stamp(self._clock()))
        self._store.erase(found.children)
        self._intake.remove_of(held)
        # Of those too that an attempt before this one, which was killed, left with less than the ledger says.
        covers = [self._cover(one) for one in said if one in found.searched]
        with task.ending() as connection:
            files = submissions.body_files(held_ones, "intake/payload", "payload")
            append_dropped(connection, "payload", now=stamp(self._clock()), files=files, covers=covers)

    def _opener(self, submission: Submission) -> Callable[[Iterable[bytes]], Payload]:
        def open_part(sealed: Iterable[bytes]) -> Payload:
            payload = self._open(submission.manifest, sealed)
            if not survives_storage(payload):
                raise FormatError(
                    "payload: a record does not stay the same when it is written and read again"
                )
            return payload

        return open_part

    def _keep(self, submission: Submission, _: str, payload: Payload) -> Cover:
        """Store a payload, but of what is kept out since it was erased nothing."""
        with self._database.read() as connection:
            agency = submission.agency
            kept_out = records.read_tombstones(connection, "register", agency, self._tombstone_key)
        groups = (payload.children, payload.care_spells, payload.episodes)
        gone = kept_out.among(agency, (one.handle for group in groups for one in group))
        left = without_records(payload, gone)
        self._store.add(submission.id, submission.manifest, left, now=day_of(stamp(self._clock())))
        if gone:
            with self._database.write() as connection:
                submissions.set_reason(connection, submission.id, LEFT_OUT, now=stamp(self._clock()))
        return self._cover(submission.id)

    def _cover(self, submission: str) -> Cover:
        """Return what the ledger says of a submission's records, as they lie in this worker's store."""
        with self._database.read() as connection:
            key = ledger.row_key(connection)
        return Cover(what="payload", key=submission, digest=self._store.digest(submission, key))

    def _open(self, manifest: Manifest, sealed: Iterable[bytes]) -> Payload:
        part = manifest.part("payload")
        context = part_context(
            manifest.agency, manifest.epoch, "payload", period=manifest.period, sequence=manifest.sequence
        )
        plain = decompress(open_seal(sealed, self._key, context=context), limit=part.size)
        payload = read_payload(lines(checked(plain, sha256=part.sha256, what="part payload")))
        if payload.agency != manifest.agency:
            raise FormatError("payload: made for another agency than the manifest says")
        stated = {name: getattr(manifest.counts, name) for name in payload.counts()}
        if payload.counts() != stated:
            raise FormatError("payload: the numbers of records are not those that the manifest states")
        return payload

    def _reconciled(self, number: int) -> tuple[Reconciliation, list[Query], Review]:
        with self._database.read() as connection:
            run = run_of_cycle(connection, number)
            snapshots = results.run_snapshots(connection, run)
            person_of = standing_persons(connection)
            review = self._watch.review(connection, number, snapshots, person_of, now=self._clock())
            as_of = _made(connection, snapshots)
        held = self._held(number, snapshots, person_of, review)
        numbers = QueryNumbers(self._query_key)
        outcome = reconcile(
            held, person_of, query_number=numbers.number, tolerance=self._tolerance, as_of=as_of
        )
        return outcome, list(numbers.behind(held, outcome.results)), review

    def _held(
        self,
        number: int,
        snapshots: Sequence[HeldSnapshot],
        person_of: Mapping[tuple[str, str], str],
        review: Review,
    ) -> list[AgencyRecords]:
        """Return what counts of some snapshots: nothing quarantined or withdrawn, and nothing held back."""
        with self._database.read() as connection:
            held = held_records(connection, self._store, snapshots)
            return self._watch.hold_back(connection, held, person_of, review, number)


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut pieces into lines without their line feeds; the last line must have one too.

    Raises :class:`LimitError` for a line that is longer than any record, before it fills the memory.
    """
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        yield from whole
        if len(held) > MAX_LINE_BYTES:
            raise LimitError(f"payload: a line is longer than {MAX_LINE_BYTES} bytes")
    if held:
        raise FormatError("payload: the last line is cut short")


def _made(connection: Connection, snapshots: Iterable[HeldSnapshot]) -> dict[str, dt.datetime]:
    """Return when each agency's latest snapshot was made."""
    made: dict[str, dt.datetime] = {}
    for one in snapshots:
        submission = submissions.get(connection, one.submission)
        created = submission.manifest.created.at
        made[one.agency] = max(created, made.get(one.agency, created))
    return made


def _results(
    outcome: Reconciliation, agency: str, number: int, questions: Iterable[QualityQuestion]
) -> Results:
    found = outcome.results.get(agency)
    if found is None:
        return Results(agency=agency, cycle=number)
    return Results(
        agency=agency,
        cycle=number,
        findings=found.findings,
        missing=found.missing,
        overdue=found.overdue,
        questions=tuple(questions),
    )
