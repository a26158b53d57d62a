"""A unit whose stores truly hold so many encodings and episodes, and the rows that belong to them.

Kept in a folder, it is made once: :func:`opened` takes what is there if its sizes are the ones asked for.
"""

import datetime as dt
import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from msgspec import structs
from sqlalchemy import Connection

from api.checkpoints import open_signer
from api.clock import stamp, utc_now
from api.secret_files import read_worker_key
from api.store import areas, ledger
from api.store.bodies import BodyFolder
from api.store.encodings import EncodingStore
from api.store.payload import PayloadStore
from benchmarks.console_decided import fill_decided, fill_releases, fill_reviews
from benchmarks.console_rows import Filled, Sizes, add_entries, fill_history, fill_people, fill_work
from benchmarks.made_up_register import MadeUpRegister, made_up_register
from linkage.lab.world import simulate
from linkage.wire.canonical import canonical
from linkage.wire.encodings import Encodings, encodings_pieces
from linkage.wire.manifest import Manifest, manifest_id, part_context
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Coverage, Episode, Payload
from linkage.wire.seal import seal
from tests.support.unit import PROFILE, Desk, Unit, make_sent, make_unit

__all__ = ["made_of", "make_store"]

_SIZES = "benchmark-sizes.json"
_MADE_UP = 10
"""So many children a council has in the world that tables of releases are counted from."""


def made_of(folder: Path) -> Sizes | None:
    """Return the sizes of a store that was made before, or None where there is none."""
    found = folder / _SIZES
    return Sizes(**json.loads(found.read_text())) if found.is_file() else None


def make_store(folder: Path, sizes: Sizes) -> None:
    """Make a unit of these sizes in a new folder."""
    unit = make_unit(folder)
    councils = sizes.agencies - sizes.forces
    world = _timed(
        "tables' world", lambda: simulate(_MADE_UP * councils, 7, councils=councils, forces=sizes.forces)
    )
    register = made_up_register(world)
    desks = [unit.enrol(Desk(one.agency.code, one.agency.role)) for one in world.extracts]  # type: ignore[arg-type]
    random = np.random.default_rng(7)
    records = _handles(random, desks, sizes.encodings)
    filled = Filled(sizes, unit.epoch.epoch, utc_now(), desks, records, random)
    snapshots = {one.code: _standing(unit, one, sizes) for one in desks}
    _timed("encodings", lambda: _keep_encodings(unit, filled, snapshots))
    _timed("payload", lambda: _keep_payload(unit, filled, snapshots))
    _fill_shared(unit, filled, snapshots, register)
    (folder / _SIZES).write_text(json.dumps(asdict(sizes)))


def _timed(what: str, work: Callable[[], object]) -> object:
    began = time.monotonic()
    made = work()
    print(f"{what}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return made


def _handles(random: np.random.Generator, desks: Sequence[Desk], count: int) -> dict[str, list[str]]:
    """Share records out: a force has as many as four councils."""
    weights = np.array([4 if one.role == "police" else 1 for one in desks], dtype=float)
    ends = np.round(np.cumsum(weights) / weights.sum() * count).astype(int).tolist()
    text = random.bytes(16 * count).hex()
    handles = [text[at : at + 32] for at in range(0, len(text), 32)]
    return {one.code: handles[start:end] for one, start, end in zip(desks, [0, *ends], ends, strict=False)}


@dataclass(frozen=True)
class _Snapshot:
    """The snapshot of an agency that stands; its encodings part is sealed when it is stored."""

    manifest: Manifest

    @property
    def id(self) -> str:
        return manifest_id(canonical(self.manifest))


def _standing(unit: Unit, desk: Desk, sizes: Sizes) -> _Snapshot:
    return _Snapshot(make_sent(unit, desk, sequence=sizes.months).manifest)


def _keep_encodings(unit: Unit, filled: Filled, snapshots: dict[str, _Snapshot]) -> None:
    """Seal every agency's encodings to the linking worker and let its store take them over."""
    folder, now = unit.folder, stamp(filled.end)
    intake = BodyFolder(folder.intake_encodings)
    with closing(EncodingStore(folder.encodings, folder.location("encodings"))) as store:
        for desk in filled.desks:
            manifest = snapshots[desk.code].manifest
            rows = _encodings(filled.random, filled.records[desk.code])
            pieces = list(encodings_pieces(rows, agency=desk.code, profile_digest=PROFILE.digest))
            context = part_context(
                desk.code, filled.epoch, "encodings", period=manifest.period, sequence=manifest.sequence
            )
            sealed = b"".join(seal(pieces, unit.card.encodings_key, context=context))
            part = structs.replace(
                manifest.part("encodings"),
                sha256=hashlib.sha256(b"".join(pieces)).hexdigest(),
                size=sum(map(len, pieces)),
                sealed_sha256=hashlib.sha256(sealed).hexdigest(),
                sealed_size=len(sealed),
            )
            counts = structs.replace(
                manifest.counts, rows=len(rows), children=len(rows), episodes=len(_episodes_of(filled, desk))
            )
            manifest = structs.replace(manifest, parts=(part, manifest.part("payload")), counts=counts)
            snapshot = snapshots[desk.code] = _Snapshot(manifest)
            name = f"{snapshot.id}-{part.sealed_sha256}.sealed"
            intake.put(name, [sealed], sha256=part.sealed_sha256, size=len(sealed))
            store.add(snapshot.id, manifest, intake, name, now=now)
            intake.remove([name])


def _encodings(random: np.random.Generator, handles: Sequence[str]) -> Encodings:
    count, views = len(handles), len(PROFILE.views)
    names = np.frombuffer(bytes.fromhex("".join(sorted(handles))), dtype=np.uint8).reshape(-1, 16)
    bits = np.frombuffer(random.bytes(count * views * PROFILE.view_bytes), dtype=np.uint8)
    return Encodings(
        handles=names,
        variants=np.zeros(count, dtype=np.uint8),
        tiers=np.zeros(count, dtype=np.uint8),
        present=np.full(count, (1 << views) - 1, dtype=np.uint32),
        bits=bits.reshape(count, views, PROFILE.view_bytes),
    )


def _episodes_of(filled: Filled, desk: Desk) -> range:
    """Return the numbers of an agency's episodes: as large a share of them as of the children."""
    own, sizes = len(filled.records[desk.code]), filled.sizes
    before = sum(len(filled.records[one.code]) for one in filled.desks[: filled.desks.index(desk)])
    first, last = (round(at / sizes.encodings * sizes.episodes) for at in (before, before + own))
    return range(first, last)


def _keep_payload(unit: Unit, filled: Filled, snapshots: Mapping[str, _Snapshot]) -> None:
    """Let the register worker's store hold every child record and every episode, each sealed by itself."""
    key = read_worker_key(unit.folder.register_key, "register-worker")
    with closing(PayloadStore(unit.folder.location("payload"), key)) as store:
        for desk in filled.desks:
            snapshot, handles = snapshots[desk.code], filled.records[desk.code]
            payload = Payload(
                agency=desk.code,
                children=tuple(Child(handle=one, version=1, sex="F") for one in handles),
                episodes=tuple(_episode(desk, handles, number) for number in _episodes_of(filled, desk)),
                coverage=(Coverage(area="E09", month="2025-04"),),
            )
            store.add(snapshot.id, snapshot.manifest, payload, now=stamp(filled.end))
            store.settle(snapshot.id)


def _episode(desk: Desk, handles: Sequence[str], number: int) -> Episode:
    day = dt.date(2025, 4, 1) + dt.timedelta(days=number % 360)
    return Episode(
        handle=hashlib.sha256(f"{desk.code} {number}".encode()).hexdigest()[:32],
        child=handles[number % len(handles)],
        version=1,
        kind="missing",
        start=Moment.parse(f"{day}T10:00Z"),
        end=Moment.parse(f"{day}T18:00Z"),
        missing_from="care",
    )


def _fill_shared(
    unit: Unit, filled: Filled, snapshots: Mapping[str, _Snapshot], register: MadeUpRegister
) -> None:
    """Write the shared database, each part in a transaction of its own."""
    manifests = {code: (one.id, canonical(one.manifest).decode()) for code, one in snapshots.items()}

    def directory(connection: Connection) -> None:
        areas.replace_directory(connection, register.directory, now=stamp(filled.end))

    def releases(connection: Connection) -> None:
        fill_releases(connection, filled, unit.folder, register, count=filled.sizes.releases)

    parts: dict[str, Callable[[Connection], object]] = {
        "areas": directory,
        "submissions, jobs, linkages": lambda connection: fill_work(connection, filled, manifests),
        "persons": lambda connection: fill_people(connection, filled),
        "queries, views": lambda connection: fill_history(connection, filled),
        "reviews": lambda connection: fill_reviews(connection, filled, PROFILE),
        "erasures, retention": lambda connection: fill_decided(connection, filled),
        "ledger": lambda connection: add_entries(connection, filled),
        "releases": releases,
        "checkpoint": lambda connection: ledger.keep_checkpoint(
            connection, open_signer(unit.folder).checkpoint(connection)[1]
        ),
    }
    with closing(unit.database()) as database:
        for what, fill in parts.items():

            def one(fill: Callable[[Connection], object] = fill) -> None:
                with database.write() as connection:
                    fill(connection)

            _timed(what, one)
