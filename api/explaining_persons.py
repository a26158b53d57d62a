"""Why a person's records are one person: prepared by the linking worker when an operator asks.

A linkage leaves how it weighed pairs, sealed by the worker to itself (docs/decisions/0032).  With that and
the encodings of one person's records their pairs can be explained in a moment, as often as somebody asks,
and nothing has to be kept of the millions of pairs that nobody asks about.
"""

import datetime as dt
import os
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import json
from sqlalchemy import Connection

from api.clock import Clock, stamp
from api.encoding_bodies import EncodingBodies, latest_rows, with_handles, without_handles
from api.store import agencies, jobs, known_links, person_sheets, records, submissions
from api.store.database import Database
from api.store.known_links import KnownLink
from api.store.person_evidence import PersonEvidence, SeenPair
from api.store.person_sheets import Explanations, Sheet
from api.store.persons import RecordKey
from api.store.records import HeldBack
from api.store.review_evidence import Spread, ViewSpread
from api.store.submissions import Submission
from api.worker import Task
from linkage.errors import VerificationError
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings

__all__ = ["PersonExplanations"]

_NONCE_BYTES = 12

MOST_RECORDS = 30
"""Of a larger person only so many records are compared and drawn."""

MOST_PAIRS = 12
"""So many pairs are explained view by view, the weakest of those that hold a person together first."""


class PersonExplanations:
    """Keeps what a linkage leaves to explain with, and explains the persons that are asked about."""

    def __init__(self, database: Database, bodies: EncodingBodies, clock: Clock, *, key: bytes) -> None:
        self._database = database
        self._bodies = bodies
        self._clock = clock
        self._cipher = AESGCM(key)

    def keep(
        self, connection: Connection, run: int, epoch: str, kept: bytes | None, *, now: dt.datetime
    ) -> None:
        """Keep what a linkage leaves, in its transaction; sheets that are shown are made anew."""
        sealed = None
        if kept is not None:
            nonce = os.urandom(_NONCE_BYTES)
            sealed = nonce + self._cipher.encrypt(nonce, kept, _context(epoch))
        person_sheets.keep_explanations(connection, run, epoch, sealed)
        if person_sheets.begin_again(connection, now=stamp(now)):
            jobs.queue_sheets(connection, now=now)

    def explain(self, task: Task) -> None:
        """Prepare the evidence of every sheet that waits for it."""
        now = stamp(self._clock())
        with self._database.read() as connection:
            waiting = person_sheets.waiting_sheets(connection, "evidence", now=now)
            named = {one.id: person_sheets.records_of(connection, one.id) for one in waiting}
            kept = person_sheets.explanations(connection)
            epoch = agencies.current_epoch(connection)
            standing = submissions.accepted(connection)
            held_back = records.held_back(connection)
            known = known_links.all_links(connection)
        prepared: list[tuple[Sheet, PersonEvidence]] = []
        if kept is not None and epoch is not None and kept.epoch == epoch.epoch:
            current = [one for one in standing if one.epoch == epoch.epoch]
            wanted = {key for some in named.values() for key in some}
            held = self._held(wanted, current, held_back)
            explained = _Explained(self._opened(kept), epoch.profile_name, held, known)
            for done, one in enumerate(waiting):
                task.progress(done, len(waiting), what="persons")
                prepared.append((one, explained.person(named[one.id])))
        with task.ending() as connection:
            for one, found in prepared:
                person_sheets.fill_sheet(
                    connection, one, "evidence", found.text(), run=kept.run if kept else None
                )

    def _opened(self, kept: Explanations) -> bytes:
        nonce, rest = kept.sealed[:_NONCE_BYTES], kept.sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, _context(kept.epoch))
        except InvalidTag:
            raise VerificationError(
                "what the last linkage left to explain with was not sealed by this worker",
                hint="let a linkage run; it leaves it anew",
            ) from None

    def _held(
        self, wanted: set[RecordKey], current: Sequence[Submission], held_back: HeldBack
    ) -> dict[str, Encodings]:
        """Return the encodings of some records alone, by agency, as a linkage would hold them."""
        held: dict[str, Encodings] = {}
        for agency in sorted({code for code, _ in wanted}):
            handles = {handle for code, handle in wanted if code == agency}
            snapshots = [
                with_handles(self._load(one, held_back), handles) for one in current if one.agency == agency
            ]
            if snapshots:
                held[agency] = latest_rows(snapshots)
        return held

    def _load(self, one: Submission, held_back: HeldBack) -> Encodings:
        return without_handles(self._bodies.load(one), held_back.of(one.agency, one.sequence))


class _Explained:
    """Explains persons one after the other by what one linkage left."""

    def __init__(
        self, kept: bytes, profile: str, held: Mapping[str, Encodings], known: Sequence[KnownLink]
    ) -> None:
        # The compiled kernels take seconds to load, and no other job of a worker that starts needs them.
        from linkage.match.explanation_kept import KeptExplanation

        self._kept = json.decode(kept, type=KeptExplanation)
        self._profile = shipped_profile(profile)
        self._held = held
        self._known = known

    def person(self, named: Sequence[RecordKey]) -> PersonEvidence:
        """Explain what holds some records together, those of them that can be compared."""
        from api.review_cases import evidence_of, seen_edges
        from linkage.match.explanation_kept import PersonExplainer
        from linkage.match.linkage import Known, RecordId, Source
        from linkage.match.review_cases import Around

        there = {
            (agency, text) for agency, encodings in self._held.items() for text in encodings.handle_texts()
        }
        place_of = {key: place for place, key in enumerate(named)}
        chosen = set([key for key in named if key in there][:MOST_RECORDS])
        if not chosen:
            return PersonEvidence(places=(), agencies=(), edges=(), pairs=(), spreads=())
        sources = []
        for agency in sorted({code for code, _ in chosen}):
            handles = {handle for code, handle in chosen if code == agency}
            sources.append(Source(agency, with_handles(self._held[agency], handles)))
        known = [
            Known(RecordId(*one.left), RecordId(*one.right), one.same)
            for one in self._known
            if one.left in chosen and one.right in chosen
        ]
        nobody = Around((), (), ())
        explainer = PersonExplainer(sources, self._profile, self._kept, known=known)
        around, tree = explainer.around()
        rests_on = {one.name: one.salt for one in self._profile.views}
        return PersonEvidence(
            places=tuple(place_of[one] for one in around.records),
            agencies=tuple(one.source for one in around.records),
            edges=seen_edges(around, len(around.records)),
            pairs=tuple(
                SeenPair(
                    left=left,
                    right=right,
                    evidence=evidence_of(
                        explainer.pair(around.records[left], around.records[right]), nobody, rests_on
                    ),
                )
                for left, right in tree[:MOST_PAIRS]
            ),
            spreads=self._spreads(),
        )

    def _spreads(self) -> tuple[ViewSpread, ...]:
        kept = zip(self._profile.views, self._kept.matches, self._kept.strangers, strict=True)
        return tuple(
            ViewSpread(
                view=view.name,
                matches=Spread(silent=round(matches.silent, 4), shares=_rounded(matches.shares)),
                strangers=Spread(silent=round(strangers.silent, 4), shares=_rounded(strangers.shares)),
            )
            for view, matches, strangers in kept
        )


def _rounded(shares: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(one, 4) for one in shares)


def _context(epoch: str) -> bytes:
    return b"clew/unit/explanations/1\x00" + epoch.encode()
