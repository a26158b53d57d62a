"""The linking worker: opens encodings, links them, and knows nothing of the payload.

It reads ``secrets/linking.key``, ``intake/encodings`` and its own store.  What it leaves in the shared
database is *handle → person*, and of possible links what reviewers may see (docs/decisions/0031).
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from api.clock import Clock, stamp
from api.comparison_journal import ComparisonJournal
from api.config import read_settings
from api.deciding import agreeing_persons
from api.encoding_bodies import EncodingBodies, latest_rows, without_handles
from api.epoch_places import in_place, of_destruction, standing_epochs
from api.erasing_encodings import EncodingsEraser
from api.explaining_persons import PersonExplanations
from api.folders import DataFolder
from api.kept_comparisons import EpochKeeper, KeptComparisons
from api.link_engine import link_engine
from api.link_inputs import inputs_digest, require_unchanged
from api.linking_state import Before, Outcome, carried_persons, grouped, still_carried
from api.part_intake import PartIntake, append_dropped
from api.person_history import PersonHistory
from api.repeated_rows import refuse_repeats
from api.review_outcomes import take_outcomes
from api.rotation import require_job
from api.secret_files import read_worker_key
from api.store import (
    agencies,
    epochs,
    jobs,
    known_link_samples,
    known_links,
    ledger,
    persons,
    records,
    review,
    revocations,
    submissions,
)
from api.store.bodies import BodyFolder
from api.store.database import Database
from api.store.encodings import EncodingStore
from api.store.ledger_files import bodies_said
from api.store.persons import Event, LinkRun, Pinned, RecordKey
from api.store.submissions import LEFT_OUT, Submission
from api.worker import Say, Task, Worker
from linkage.errors import EpochError
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings
from linkage.wire.ledger import Cover

__all__ = ["LinkingWorker", "latest_rows"]


class LinkingWorker:
    """The handlers of the linking worker's jobs."""

    def __init__(self, folder: DataFolder, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._intake = BodyFolder(folder.intake_encodings)
        self._part = PartIntake("encodings", self._intake, database, clock)
        self._store = EncodingStore(folder.encodings, folder.location("encodings"), folder.pool())
        key = read_worker_key(folder.linking_key, "linking-worker")
        self._tombstone_key = key.derive("tombstones")
        self._bodies = EncodingBodies(key, database, self._store)
        self._kept = KeptComparisons(folder.encodings, key)
        self._eraser = EncodingsEraser(
            database,
            self._store,
            self._bodies,
            self._kept,
            self._intake,
            clock,
            tombstone_key=self._tombstone_key,
        )
        self._journal = ComparisonJournal(folder.encodings, key)
        self._explanations = PersonExplanations(database, self._bodies, clock, key=key.derive("explanations"))
        settings = read_settings(folder.settings)
        self._settings, self._spark = settings.linkage, settings.spark
        self._link_when = settings.batches.link

    def worker(self, say: Say) -> Worker:
        """Return the loop that runs these handlers."""
        return Worker(
            "linking",
            self._database,
            {
                "check-encodings": self.check,
                "drop-encodings": self.drop,
                "link": in_place(self._database, "linking", self.link, standing_epochs),
                "erase-encodings": in_place(self._database, "linking", self.erase, of_destruction),
                "erase-encoding-records": in_place(
                    self._database, "linking", self.erase_records, standing_epochs
                ),
                "scrub": self._eraser.scrub,
                "explain-persons": self._explanations.explain,
            },
            clock=self._clock,
            say=say,
            warm_up=self.warm_up,
            link=self._link_when,
        )

    def warm_up(self) -> None:
        """Compile or load all that a linkage runs, so that the first one is no slower than the next."""
        # Here and not above: this takes seconds, and only who waits for jobs has them to spend.
        from linkage.match.warming import warm_up

        warm_up()

    def close(self) -> None:
        """Close the worker's own store."""
        self._store.close()

    def recover(self) -> None:
        """Remove what a killed process left behind: bodies already taken in, bodies without a row."""
        self._part.recover()
        self._store.sweep()

    def check(self, task: Task) -> None:
        """Open one submission's encodings, check every row, and take the sealed body over.

        Order of durability: see :class:`PartIntake`.
        """
        self._part.check(task, opener=self._opener, keep=self._keep)

    def drop(self, task: Task) -> None:
        """Remove one submission's encodings, from the intake and from the store."""
        submission, name, _ = self._part.submission(task)
        self._store.drop(submission.id, now=stamp(self._clock()))
        self._intake.remove([name])
        with task.ending() as connection:
            files = bodies_said(connection, [submission], "intake/encodings", "encodings")
            append_dropped(connection, "encodings", now=stamp(self._clock()), files=files)

    def link(self, task: Task) -> None:
        """Link the standing snapshots of the epoch in force and write persons in one transaction."""
        with self._database.write() as connection:
            take_outcomes(connection, now=self._clock())
            if task.job.cycle is not None:  # it does what those that wait for their batch were to do
                jobs.cancel_links(connection, task.job.id)
        before = self._before()
        outcome = self._compare(before, task)
        run = self._assign(before, outcome, job=task.job.id)
        with task.ending() as connection:
            now = stamp(self._clock())
            require_unchanged(connection, before)
            number = persons.store_run(connection, run, now=now)
            asked = outcome.review
            review.replace_round(connection, number, run.epoch, asked.pairs, asked.views, now=now)
            review.keep_figures(connection, run.epoch, outcome.figures)
            self._explanations.keep(connection, number, run.epoch, asked.kept, now=self._clock())
            known_link_samples.set_found(connection, outcome.unaided, number)
            submissions.mark_linked(connection, run.submissions)
            if task.job.cycle is None:  # with a cycle reconciliation follows, and the search after it
                jobs.queue_urgent(connection, now=self._clock())
        self._journal.forget()

    def erase_records(self, task: Task) -> None:
        """Erase the encodings of some records, and what is kept of comparing them."""
        self._journal.forget()
        self._eraser.erase(task)

    def erase(self, task: Task) -> None:
        """Erase the encodings of an epoch, then its memberships.

        Order: what is kept of its comparisons, the index's rows, then the bodies they name, then what is left
        of the intake, and the index written anew; only then one transaction of the shared database in which
        the memberships go and the epoch counts as destroyed.  A kill in between leaves less than before, and
        the next attempt does the rest.
        """
        with self._database.read() as connection:
            asked = epochs.destruction_of_job(connection, task.job.id)
            require_job(connection, asked.link_job, "linkage")
            require_job(connection, asked.payload_job, "erasure of payload")
            held = submissions.of_epoch(connection, asked.epoch)
        self._journal.forget()
        self._kept.remove(asked.epoch)
        self._store.erase(asked.epoch, [one.id for one in held])
        self._intake.remove_of([one.id for one in held])
        with task.ending() as connection:
            now = stamp(self._clock())
            bodies = bodies_said(connection, held, "intake/encodings", "encodings")
            append_dropped(connection, "encodings", now=now, files=bodies)
            erased = epochs.forget_members(connection, asked.epoch, now=now)
            submissions.end_epoch(connection, asked.epoch, now=now)
            epochs.set_destruction(connection, asked.epoch, now=now, memberships=erased, destroyed_at=now)

    def _opener(self, submission: Submission) -> Callable[[Iterable[bytes]], Encodings]:
        # A profile that is not shipped is the unit's own fault.
        profile = self._bodies.profile(submission.manifest)

        def open_part(sealed: Iterable[bytes]) -> Encodings:
            encodings = self._bodies.open(submission.manifest, sealed, profile)
            refuse_repeats(encodings)
            return encodings

        return open_part

    def _keep(self, submission: Submission, name: str, encodings: Encodings) -> Cover:
        """Take a body over; of one that holds records which are kept out, only the rest."""
        self._store.tidy(submission.id)
        with self._database.read() as connection:
            agency = submission.agency
            kept_out = records.read_tombstones(connection, "linking", agency, self._tombstone_key)
        gone = kept_out.among(agency, encodings.handle_texts())
        self._store.add(submission.id, submission.manifest, self._intake, name, now=stamp(self._clock()))
        if gone:
            self._bodies.replace(submission, without_handles(encodings, gone))
            with self._database.write() as connection:
                submissions.set_reason(connection, submission.id, LEFT_OUT, now=stamp(self._clock()))
        stored = self._store.get(submission.id)
        if stored is None:  # it was dropped before, and is not taken over again
            return Cover(what=ledger.FILE, key=f"encodings/{name}", digest=None)
        return Cover(
            what=ledger.FILE,
            key=f"encodings/{self._store.body_name(stored)}",
            digest=stored.sealed_sha256,
        )

    def _before(self) -> Before:
        with self._database.read() as connection:
            epoch = agencies.current_epoch(connection)
            if epoch is None:
                raise EpochError("no epoch is in force", hint="adopt one with `clew register epoch adopt`")
            members, last_linked = persons.persons_and_epochs(connection)
            every = agencies.all_agencies(connection)
            return Before(
                epoch=epoch,
                standing=submissions.accepted(connection),
                members=members,
                last_linked=last_linked,
                removed=frozenset(one.code for one in every if not one.enrolled),
                ending=frozenset(
                    one.name
                    for one in epochs.all_epochs(connection)
                    if one.state in {"being destroyed", "destroyed"}
                ),
                created=persons.created_runs(connection),
                carried=persons.carried(connection, epoch.epoch),
                revoked=revocations.revoked_epochs(connection),
                held_back=records.held_back(connection),
                known=known_links.all_links(connection),
                sampled=known_link_samples.sampled_decisions(connection),
                roles={one.code: one.role for one in every},
            )

    def _compare(self, before: Before, task: Task) -> Outcome:
        # The compiled kernels take seconds to load, and only this job needs them.
        from api.link_estimate import estimate
        from api.link_figures import link_figures
        from api.review_cases import for_review
        from linkage.match.linkage import Choice, Costs, Known, RecordId, Source, link
        from linkage.match.quality import estimate_quality
        from linkage.match.unaided import found_unaided

        current = before.comparable
        if not current:
            return Outcome([], before.carried)
        held = self._by_agency(current, before)
        carried = carried_persons(before, held)
        numbered = {
            one.id: Known(RecordId(*one.left), RecordId(*one.right), one.same) for one in before.known
        }
        known = list(numbered.values())
        sample = {number: one for number, one in numbered.items() if number in before.sampled}
        stated = self._settings
        sources = [Source(agency, rows) for agency, rows in held.items()]
        profile = shipped_profile(before.epoch.profile_name)
        keeper = self._keeper(before.epoch.epoch, task)
        task.tell(estimate(sources, profile, timed=keeper is None or not self._kept.has(before.epoch.epoch)))
        costs = Costs(stated.false_link, stated.missed_link, stated.review)
        given = {RecordId(*key): one for key, one in agreeing_persons(carried, before.known).items()}
        population = stated.population or None
        with link_engine(stated, self._spark, self._journal, profile, task.tell) as (engine, name):
            found = link(
                sources,
                profile,
                known=known,
                persons=given,
                costs=costs,
                population=population,
                engine=engine,
                keeper=keeper,
                progress=task.comparisons,
            )
        inputs = inputs_digest(
            sources, profile, known=known, persons=given, costs=costs, population=population
        )
        unaided = found_unaided(found, known, sample.values())
        clusters = grouped(found.records, found.clusters.tolist())
        precision = estimate_quality(found, known=known).links.precision
        return Outcome(
            clusters,
            carried,
            len(found.records),
            len(found.pairs),
            links=int(found.pairs.link.sum()),
            possible=int((found.pairs.choice == Choice.POSSIBLE).sum()),
            precision=(precision.value, precision.low, precision.high),
            method=found.method,
            review=for_review(sources, profile, found, known=known, population=population),
            figures=link_figures(sources, profile, found, known=known, roles=before.roles),
            pinned=Pinned(name, profile.digest, inputs),
            unaided={number: unaided[one] for number, one in sample.items() if one in unaided},
        )

    def _keeper(self, epoch: str, task: Task) -> EpochKeeper | None:
        # What hashing found is never kept as if everything had been compared.
        if self._settings.keep_comparisons and self._settings.candidates == "exhaustive":
            return EpochKeeper(self._kept, epoch, task)
        self._kept.remove()
        return None

    def _standing(self, submission: Submission, before: Before) -> Encodings:
        """Open a snapshot, less what its agency withdrew since, what is shielded and what is being erased."""
        hidden = before.held_back.of(submission.agency, submission.sequence)
        return without_handles(self._bodies.load(submission), hidden)

    def _by_agency(self, snapshots: Sequence[Submission], before: Before) -> dict[str, Encodings]:
        grouped: dict[str, list[Encodings]] = defaultdict(list)
        for one in sorted(snapshots, key=lambda snapshot: snapshot.sequence):
            grouped[one.agency].append(self._standing(one, before))
        return {agency: latest_rows(held) for agency, held in grouped.items()}

    def _assign(self, before: Before, outcome: Outcome, *, job: int) -> LinkRun:
        from linkage.match.persons_changed import assign_changed

        untouched = self._untouched(before, outcome)
        previous = {key: person for key, person in before.members.items() if key not in untouched}
        with self._database.read() as connection:
            past = PersonHistory(connection, untouched=untouched)
        assigned = assign_changed(
            outcome.clusters,
            previous,
            new_person=lambda: os.urandom(16).hex(),
            created=before.created,
            past=past,
            elsewhere={before.members[key] for key in untouched},
        )
        return LinkRun(
            job=job,
            epoch=before.epoch.epoch,
            submissions=[one.id for one in before.standing],
            records=outcome.records,
            pairs=outcome.pairs,
            links=outcome.links,
            possible=outcome.possible,
            precision=outcome.precision,
            method=outcome.method,
            pinned=outcome.pinned,
            persons=assigned.persons,
            untouched=untouched,
            carried=still_carried(before, untouched) | outcome.carried,
            events=[Event(one.kind, one.person, one.other, one.records) for one in assigned.events],
        )

    def _untouched(self, before: Before, outcome: Outcome) -> frozenset[RecordKey]:
        """Return the members that this run could not compare, and removed agencies' members.

        Without this they would count as withdrawn, and a new card for the same agency would make its children
        new persons.
        """
        linked = {key for cluster in outcome.clusters for key in cluster}
        absent = before.members.keys() - linked
        # Of an epoch that is being destroyed bodies may be gone already; its members go with it.
        ending = {key for key in absent if before.last_linked[key] in before.ending}
        away = frozenset(key for key in before.members if key[0] in before.removed)
        return away | ending | self._held_before(before, absent - ending - away)

    def _held_before(self, before: Before, absent: AbstractSet[RecordKey]) -> frozenset[RecordKey]:
        """Return those that only snapshots of older epochs hold and that were not withdrawn since.

        Where an agency has sent a period again, a record that was encoded again and is absent now was
        withdrawn, whatever the older snapshot holds.
        """
        if not absent:
            return frozenset()
        current = before.epoch.epoch
        compared = {one.id for one in before.comparable}
        again = {(one.agency, one.manifest.period) for one in before.comparable}
        held: set[RecordKey] = set()
        for one in before.standing:
            if one.id in compared or one.epoch in before.ending:
                continue
            keys = {(one.agency, text) for text in self._standing(one, before).handle_texts()} & absent
            if (one.agency, one.manifest.period) in again:
                keys = {key for key in keys if before.last_linked[key] != current}
            held |= keys
        return frozenset(held)
