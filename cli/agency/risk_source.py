"""What only the extract and the key tell of a bundle: who shares a salt, and what the key opens.

The workspace keeps no identifiers, so the extract that the bundle was made of is read again.
"""

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from cli.agency.crosswalk import Crosswalk
from cli.agency.dummies import load_dummies
from cli.agency.encoding import Desk
from cli.agency.progress import Stages
from cli.agency.store import Store
from cli.sources.extract import Extract
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normalised, Normaliser
from linkage.encode.tokens import fields_of
from linkage.encode.view_parts import view_salt, view_tokens
from linkage.profile import EncodingProfile
from linkage.wire.derivation import KEY_BYTES
from linkage.wire.encodings import Encodings

__all__ = ["Dictionary", "Known", "Sharing", "known_people", "look_up", "sharing", "token_counts"]


class Dictionary(Struct, frozen=True, kw_only=True):
    """A dictionary attack on the agency's own bundle: every child of the extract encoded and looked up.

    ``rows``: of the bundle; ``found``: of them, those whose child the agency's key names; ``by_another_key``:
    rows of which even one view was met under a key that was made for this and thrown away.
    """

    rows: Annotated[int, Meta(ge=0)]
    found: Annotated[int, Meta(ge=0)]
    by_another_key: Annotated[int, Meta(ge=0)]


class Sharing(Struct, frozen=True, kw_only=True):
    """How many children share a salt in one view: most, the median child's, and those who share with nobody.

    Among those who share one, whoever knows one child's encoding learns something of the others'.
    """

    largest: Annotated[int, Meta(ge=0)]
    typical: float
    alone: Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """The people of a bundle whose identifiers the agency has: their records, and the principal set read."""

    people: Sequence[PersonRecord]
    principal: Mapping[bytes, Normalised]


def known_people(desk: Desk, extract: Extract, bundle: Encodings, *, today: dt.date) -> Known:
    """Return the children of an extract, and the dummies, of whom the bundle has rows."""
    there = {handle.tobytes() for handle in bundle.handles}
    people = [one for one in _people(desk, extract) if one.handle in there]
    normalise = Normaliser(today=today, only=fields_of(desk.profile))
    read = {one.handle: _principal(desk.profile, [*map(normalise, one.variants)]) for one in people}
    return Known(people, {handle: one for handle, one in read.items() if one is not None})


def _people(desk: Desk, extract: Extract) -> Iterator[PersonRecord]:
    with Store(desk.workspace.database_file) as store:
        crosswalk = Crosswalk(store, desk.identity)
        for child in extract.children:
            handle = crosswalk.handle_of("child", child.reference)
            if handle is not None:
                yield PersonRecord(bytes.fromhex(handle), child.variants)
    dummies = load_dummies(desk.workspace.dummies_file, desk.identity)
    yield from (one.person() for one in dummies.children) if dummies else ()


def _principal(profile: EncodingProfile, variants: Iterable[Normalised]) -> Normalised | None:
    """Return the first set of identifiers that has a view: the one that a child's first row is made of."""
    return next(
        (one for one in variants if any(view_salt(view, one) is not None for view in profile.views)), None
    )


def look_up(desk: Desk, known: Known, bundle: Encodings, stages: Stages, *, today: dt.date) -> Dictionary:
    """Encode everybody known under the agency's key, and under one of nobody's, and look the rows up."""
    own = _encoded(desk, desk.epoch_key.to_bytes(), known, stages, "with your key", today)
    named: dict[bytes, set[bytes]] = {}
    for row, handle in zip(_whole_rows(own), own.handles, strict=True):
        named.setdefault(row, set()).add(handle.tobytes())
    found = sum(
        handle.tobytes() in named.get(row, ())
        for row, handle in zip(_whole_rows(bundle), bundle.handles, strict=True)
    )
    other = _encoded(desk, os.urandom(KEY_BYTES), known, stages, "with another key", today)
    return Dictionary(rows=len(bundle), found=found, by_another_key=_rows_met(bundle, other))


def _encoded(desk: Desk, key: bytes, known: Known, stages: Stages, how: str, today: dt.date) -> Encodings:
    keys = EncodingKeys.from_epoch_key(key, desk.profile)
    progress = stages.stage(f"dictionary {how}", len(known.people))
    return Encoder(desk.profile, keys, today=today).encode(known.people, progress=progress)


def _whole_rows(table: Encodings) -> Iterator[bytes]:
    """Yield all that a row holds but its handle and variant."""
    for bits, exact in zip(table.bits, table.exact, strict=True):
        yield bits.tobytes() + exact.tobytes()


def _rows_met(bundle: Encodings, other: Encodings) -> int:
    """Return how many rows have a view, or an exact token, that occurs in another table too."""
    met = np.zeros(len(bundle), dtype=np.bool_)
    for column, theirs in ((bundle.bits, other.bits), (bundle.exact, other.exact)):
        for number in range(column.shape[1]):
            seen = {row.tobytes() for row in theirs[:, number] if row.any()}
            met |= np.fromiter((row.tobytes() in seen for row in column[:, number]), np.bool_, len(bundle))
    return int(met.sum())


def sharing(profile: EncodingProfile, known: Known) -> tuple[Sharing, ...]:
    """Return, view by view, how many of the people known share a salt."""
    found = []
    for view in profile.views:
        salts = Counter(view_salt(view, one) for one in known.principal.values())
        del salts[None]
        sizes = [size for size in salts.values() for _ in range(size)]
        found.append(
            Sharing(
                largest=max(sizes, default=0),
                typical=float(median(sizes)) if sizes else 0.0,
                alone=sum(size == 1 for size in sizes),
            )
        )
    return tuple(found)


def token_counts(
    profile: EncodingProfile, known: Known, handles: Sequence[bytes], view: int
) -> NDArray[np.int64]:
    """Return the number of tokens of each child's first row in a view; -1 for those who are not known."""
    counts = (
        len(view_tokens(profile.views[view], known.principal[handle])) if handle in known.principal else -1
        for handle in handles
    )
    return np.fromiter(counts, np.int64, len(handles))
