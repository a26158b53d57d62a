"""Opening the linking worker's bodies: as an agency sealed them, or as the worker itself sealed them anew.

A body from which rows were erased is sealed to the worker's own public key, in a context that holds a keyed
digest under the worker's private key: only the worker can have made it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from api.secret_files import WorkerKey
from api.store import agencies
from api.store.database import Database
from api.store.encodings import EncodingStore
from api.store.submissions import Submission
from linkage.errors import EpochError, FormatError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.bundle import checked
from linkage.wire.canonical import parse
from linkage.wire.derivation import keyed_digest
from linkage.wire.encodings import Encodings, EncodingsHeader, encodings_pieces, read_encodings
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.manifest import Manifest, part_context
from linkage.wire.seal import open_seal, seal, sealed_size

__all__ = ["EncodingBodies", "latest_rows", "with_handles", "without_handles"]


class EncodingBodies:
    """The bodies of the linking worker's store, opened and put in each other's place."""

    def __init__(self, key: WorkerKey, database: Database, store: EncodingStore) -> None:
        self._key = key.sealing
        self._own_key = key.derive("encodings-sealed-anew")
        self._database = database
        self._store = store

    def profile(self, manifest: Manifest) -> EncodingProfile:
        """Return the profile of the epoch that a submission was made in."""
        with self._database.read() as connection:
            return shipped_profile(agencies.epoch_by_name(connection, manifest.epoch).profile_name)

    def open(self, manifest: Manifest, sealed: Iterable[bytes], profile: EncodingProfile) -> Encodings:
        """Open a sealed part as it came and check it against its manifest and its epoch's profile."""
        part = manifest.part("encodings")
        if part.sealed_size != sealed_size(part.size):
            raise FormatError("encodings: the manifest's two sizes do not belong together")
        context = part_context(
            manifest.agency, manifest.epoch, "encodings", period=manifest.period, sequence=manifest.sequence
        )
        plain = open_seal(sealed, self._key, context=context)
        pieces = _checked_header(
            checked(plain, sha256=part.sha256, what="part encodings"),
            manifest,
            profile,
            rows=manifest.counts.rows,
        )
        return read_encodings(pieces)[1]

    def load(self, submission: Submission) -> Encodings:
        """Open a body of the worker's own store again."""
        stored = self._store.get(submission.id)
        if stored is None:
            raise FormatError(
                "encodings: a standing submission is not in the store", hint="restore the store"
            )
        manifest, profile = submission.manifest, self.profile(submission.manifest)
        pieces = self._store.bodies.pieces(self._store.body_name(stored))
        if stored.sealed_sha256 == manifest.part("encodings").sealed_sha256:
            return self.open(manifest, pieces, profile)
        plain = open_seal(pieces, self._key, context=self._own_context(stored.submission))
        return read_encodings(_checked_header(plain, manifest, profile, rows=stored.rows))[1]

    def replace(self, submission: Submission, encodings: Encodings) -> None:
        """Put a body with other rows in the place of the one that is held of a submission."""
        stored = self._store.get(submission.id)
        if stored is None:
            return
        manifest, profile = submission.manifest, self.profile(submission.manifest)
        plain = encodings_pieces(
            encodings,
            agency=manifest.agency,
            profile_digest=manifest.profile_digest,
            exact=profile.exact,
        )
        context = self._own_context(stored.submission)
        sealed = seal(plain, self._key.public_text(), context=context)
        self._store.replace(stored, sealed, rows=len(encodings))

    def _own_context(self, submission: str) -> bytes:
        return b"clew/unit/encodings/1\x00" + keyed_digest(self._own_key, submission.encode())


def _checked_header(
    pieces: Iterable[bytes], manifest: Manifest, profile: EncodingProfile, *, rows: int
) -> Iterator[bytes]:
    """Pass pieces through, after the header line in front of them was compared with what is expected.

    Reading the rows takes memory and time in the shape that the header states, which must be ours first.
    Without a header line everything passes: the reader of the rows says what is wrong.
    """
    rest, start = iter(pieces), b""
    while b"\n" not in start and len(start) < MAX_CARD_BYTES and (piece := next(rest, b"")):
        start += piece
    line, found, _ = start.partition(b"\n")
    if found:
        header = parse(line, EncodingsHeader, limit=MAX_CARD_BYTES)
        _check_header(header, manifest, profile, rows=rows)
    return chain((start,), rest)


def _check_header(
    header: EncodingsHeader, manifest: Manifest, profile: EncodingProfile, *, rows: int
) -> None:
    if header.agency != manifest.agency:
        raise FormatError("encodings: made for another agency than the manifest says")
    if header.profile_digest != manifest.profile_digest:
        raise EpochError("encodings: made under another profile than the manifest says")
    if not header.fits(profile):
        raise FormatError("encodings: they do not have the shape of the epoch's profile")
    if header.rows != rows:
        raise FormatError("encodings: the number of rows is not the one that the manifest states")


def without_handles(encodings: Encodings, handles: Collection[str]) -> Encodings:
    """Return the rows of all records but some."""
    if not handles:
        return encodings
    kept = np.array([text not in handles for text in encodings.handle_texts()], dtype=np.bool_)
    return encodings if kept.all() else encodings.take(np.flatnonzero(kept))


def with_handles(encodings: Encodings, handles: Collection[str]) -> Encodings:
    """Return the rows of some records alone."""
    kept = np.array([text in handles for text in encodings.handle_texts()], dtype=np.bool_)
    return encodings.take(np.flatnonzero(kept))


def latest_rows(snapshots: Sequence[Encodings]) -> Encodings:
    """Join one agency's snapshots, given oldest first: of a handle in several the newest speaks alone."""
    seen: set[str] = set()
    kept: list[Encodings] = []
    for encodings in reversed(snapshots):
        handles = encodings.handle_texts()
        fresh = np.array([handle not in seen for handle in handles], dtype=np.bool_)
        kept.append(encodings.take(np.flatnonzero(fresh)))
        seen.update(handles)
    return Encodings.joined(kept)
