"""A linkage unit with an epoch and agencies, made with the shared types alone, and what agencies send it."""

import atexit
import datetime as dt
import functools
import hashlib
import random
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs
from sqlalchemy import URL, make_url

from api.clock import utc_now
from api.folders import DataFolder
from api.store.database import SCHEMAS, Database, open_database
from api.trust import adopt_epoch, enrol_agency
from api.unit import create_unit, read_unit_card
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, card_fingerprint, sign_card
from linkage.wire.codes import Role
from linkage.wire.compression import compress
from linkage.wire.encodings import Encodings, encodings_pieces
from linkage.wire.epochs import EpochDescriptor, add_signature
from linkage.wire.manifest import (
    Counts,
    Manifest,
    Part,
    Period,
    manifest_id,
    part_context,
    read_signature,
    sign_manifest,
)
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Coverage, Episode, Payload, payload_lines
from linkage.wire.seal import SealingKey, seal
from linkage.wire.signing import public_text
from linkage.wire.submission import Chunk, Registration
from tests.support import databases

PROFILE: EncodingProfile = shipped_profile("child-1")
PERIOD = Period(start=Moment.parse("2024-04-01"), end=Moment.parse("2025-03-31"))
CHUNK_BYTES = 4096


@dataclass(frozen=True)
class Custodian:
    card: CustodianCard
    key: Ed25519PrivateKey


def make_custodian(name: str) -> Custodian:
    key = Ed25519PrivateKey.generate()
    card = CustodianCard(
        name=name, signing_key=public_text(key.public_key()), sealing_key=SealingKey.generate().public_text()
    )
    return Custodian(sign_card(card, key), key)


@dataclass(frozen=True)
class Desk:
    """An agency as the tests play it."""

    code: str
    role: Role
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def card(self) -> AgencyCard:
        card = AgencyCard(
            agency=self.code,
            role=self.role,
            name=f"Agency {self.code}",
            signing_key=public_text(self.key.public_key()),
            sealing_key=_SEALING.public_text(),
        )
        return sign_card(card, self.key)


_SEALING = SealingKey.generate()


@dataclass(frozen=True)
class Unit:
    folder: DataFolder
    card: UnitCard
    custodians: tuple[Custodian, ...]
    epoch: EpochDescriptor

    def database(self) -> Database:
        return open_database(self.folder.location("register"), "register")

    def enrol(self, desk: Desk) -> Desk:
        database = self.database()
        with database.write() as connection:
            fingerprint = card_fingerprint(desk.card)
            enrol_agency(connection, canonical(desk.card), fingerprint=fingerprint, now=utc_now())
        database.close()
        return desk


def make_descriptor(
    card: UnitCard, custodians: Sequence[Custodian], *, epoch: str = "e1", signers: int = 2, **changes: object
) -> EpochDescriptor:
    now = utc_now()
    descriptor = EpochDescriptor(
        epoch=epoch,
        profile_name=PROFILE.name,
        profile_digest=PROFILE.digest,
        key_check_value="0f" * 16,
        conformance="c0" * 32,
        opens=Moment.day((now - dt.timedelta(days=30)).date()),
        closes=Moment.day((now + dt.timedelta(days=300)).date()),
        unit_encodings_key=card.encodings_key,
        unit_payload_key=card.payload_key,
        transcript="77" * 32,
        threshold=2,
        custodians=tuple(one.card.signing_key for one in custodians),
        shares=tuple(hashlib.sha256(one.card.name.encode()).hexdigest() for one in custodians),
    )
    descriptor = structs.replace(descriptor, **changes)
    for custodian in custodians[:signers]:
        descriptor = add_signature(descriptor, custodian.key)
    return descriptor


def make_unit(folder: Path) -> Unit:
    """A unit whose first epoch is in force: a copy of one that this process made before.

    It lies in databases of the kind that the test is about (tests/support/databases.py).
    """
    made = _made_unit(databases.kind())
    shutil.copytree(made.folder.root, folder)
    if databases.kind() == "postgresql":
        settings = folder / "unit.toml"
        settings.write_text(_with_copies(settings.read_text(), made))
    return replace(made, folder=DataFolder(folder))


def set_limits(data: DataFolder, **limits: int) -> None:
    """Change limits of the agencies' service in the unit's settings, as an operator would."""
    tables = re.split(r"^(?=\[)", data.settings.read_text(), flags=re.MULTILINE)
    for name, number in limits.items():
        line = re.compile(rf"^{name} = [0-9]+$", flags=re.MULTILINE)
        places = [
            place
            for place, table in enumerate(tables)
            if table.startswith(("[service]", "[limits]")) and line.search(table)
        ]
        assert len(places) == 1, name
        tables[places[0]] = line.sub(f"{name} = {number}", tables[places[0]])
    data.settings.write_text("".join(tables))


def without_batches(data: DataFolder) -> None:
    """Let what is submitted be linked as it comes, however often: tests have no week to wait."""
    text = data.settings.read_text()
    for old, new in (('link = "day"', 'link = "arrival"'), ("snapshots = 2", "snapshots = 1000")):
        assert text.count(f"\n{old}\n") == 1, old
        text = text.replace(f"\n{old}\n", f"\n{new}\n")
    data.settings.write_text(text)


def _with_copies(settings: str, made: Unit) -> str:
    """Give a copied unit copies of its databases."""
    locations = {store: made.folder.location(store) for store in SCHEMAS}
    templates = {store: str(url.database) for store, url in locations.items() if isinstance(url, URL)}
    for store, url in databases.new_urls(templates=templates).items():
        settings = settings.replace(f"/{templates[store]}?", f"/{make_url(url).database}?")
    return settings


@functools.cache
def _made_unit(kind: databases.Kind) -> Unit:
    place = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    data = DataFolder(Path(place) / "data")
    create_unit(data.root, "Test unit", databases.new_urls(keep=True) if kind == "postgresql" else None)
    set_limits(data, requests_per_minute=1_000_000, in_flight=64)  # tests ask more, faster
    without_batches(data)
    card = read_unit_card(data)
    custodians = tuple(make_custodian(f"custodian {number}") for number in range(3))
    descriptor = make_descriptor(card, custodians)
    database = open_database(data.location("register"), "register")
    with database.write() as connection:
        adopt_epoch(
            connection,
            card,
            canonical(descriptor),
            custodians=[one.card for one in custodians],
            threshold=2,
            now=utc_now(),
        )
    database.close()
    return Unit(data, card, custodians, descriptor)


def handle(*parts: object) -> str:
    """A handle that stays the same from test to test."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def make_encodings(rows: Iterable[tuple[str, int]]) -> Encodings:
    """Encode (handle, child of the world): one child has the same bits everywhere, two do not."""
    pairs = sorted(rows)
    views = len(PROFILE.views)
    bits = [
        np.random.default_rng([child, 77]).integers(0, 256, (views, PROFILE.view_bytes), dtype=np.uint8)
        for _, child in pairs
    ]
    return Encodings(
        handles=np.array([list(bytes.fromhex(text)) for text, _ in pairs], dtype=np.uint8).reshape(-1, 16),
        variants=np.zeros(len(pairs), dtype=np.uint8),
        tiers=np.zeros(len(pairs), dtype=np.uint8),
        present=np.full(len(pairs), (1 << views) - 1, dtype=np.uint32),
        bits=np.array(bits, dtype=np.uint8).reshape(len(pairs), views, PROFILE.view_bytes),
    )


def make_payload(desk: Desk, children: Iterable[int], *, day: str = "2024-06-03") -> Payload:
    """One child record and one episode per child of the world."""
    known = list(children)
    missing_from = "care" if desk.role == "council" else "unknown"
    return Payload(
        agency=desk.code,
        children=tuple(Child(handle=handle(desk.code, one), version=1, sex="F") for one in known),
        episodes=tuple(
            Episode(
                handle=handle(desk.code, one, day),
                child=handle(desk.code, one),
                version=1,
                kind="missing",
                start=Moment.parse(f"{day}T10:00Z"),
                end=Moment.parse(f"{day}T18:00Z"),
                missing_from=missing_from,
                responsible="E09",
            )
            for one in known
        ),
        coverage=tuple(Coverage(area="E09", month=f"2024-{month:02d}") for month in range(4, 13)),
    )


@dataclass(frozen=True)
class Sent:
    """A bundle as it is submitted; tests change single fields to make it wrong."""

    manifest: Manifest
    signature: bytes
    parts: dict[str, bytes]

    @property
    def manifest_bytes(self) -> bytes:
        return canonical(self.manifest)

    @property
    def id(self) -> str:
        return manifest_id(self.manifest_bytes)

    def chunks(self) -> dict[str, list[bytes]]:
        return {
            name: [data[i : i + CHUNK_BYTES] for i in range(0, len(data), CHUNK_BYTES)]
            for name, data in self.parts.items()
        }

    def registration(self) -> Registration:
        lists = {
            name: tuple(Chunk(sha256=hashlib.sha256(one).hexdigest(), size=len(one)) for one in pieces)
            for name, pieces in self.chunks().items()
        }
        return Registration(
            manifest=self.manifest_bytes.decode(), signature=read_signature(self.signature), **lists
        )

    def changed(self, desk: Desk, **changes: object) -> "Sent":
        """The same bundle under a manifest that says something else, signed again."""
        manifest = structs.replace(self.manifest, **changes)
        return replace(self, manifest=manifest, signature=sign_manifest(canonical(manifest), desk.key))


def make_sent(
    unit: Unit,
    desk: Desk,
    *,
    sequence: int = 1,
    children: Sequence[int] = (1, 2, 3),
    period: Period = PERIOD,
    payload: Payload | None = None,
    encodings: bytes | None = None,
    day: str = "2024-06-03",
    counts: dict[str, int] | None = None,
    handles: dict[str, int] | None = None,
) -> Sent:
    """A bundle; ``handles``: of each child record the child of the world that it is."""
    payload = payload or make_payload(desk, children, day=day)
    rows = make_encodings((handles or {handle(desk.code, one): one for one in children}).items())
    plain = {
        "encodings": encodings
        or b"".join(encodings_pieces(rows, agency=desk.code, profile_digest=PROFILE.digest)),
        "payload": b"".join(payload_lines(payload)),
    }
    return seal_sent(
        unit,
        desk,
        plain,
        sequence=sequence,
        period=period,
        counts={"rows": len(rows), **payload.counts(), **(counts or {})},
    )


def seal_sent(
    unit: Unit,
    desk: Desk,
    plain: dict[str, bytes],
    *,
    counts: dict[str, int],
    sequence: int = 1,
    period: Period = PERIOD,
    contexts: dict[str, bytes] | None = None,
) -> Sent:
    public = {"encodings": unit.card.encodings_key, "payload": unit.card.payload_key}
    written = {"encodings": [plain["encodings"]], "payload": compress([plain["payload"]])}
    sealed = {}
    for name in public:
        context = (contexts or {}).get(name) or part_context(
            desk.code, unit.epoch.epoch, name, period=period, sequence=sequence
        )
        sealed[name] = b"".join(seal(written[name], public[name], context=context))
    manifest = Manifest(
        agency=desk.code,
        role=desk.role,
        period=period,
        sequence=sequence,
        epoch=unit.epoch.epoch,
        profile_digest=unit.epoch.profile_digest,
        key_check_value=unit.epoch.key_check_value,
        conformance=unit.epoch.conformance,
        counts=Counts(**counts),
        parts=tuple(
            Part(
                name=name,  # type: ignore[arg-type]
                sha256=hashlib.sha256(plain[name]).hexdigest(),
                size=len(plain[name]),
                sealed_sha256=hashlib.sha256(sealed[name]).hexdigest(),
                sealed_size=len(sealed[name]),
            )
            for name in ("encodings", "payload")
        ),
        created=Moment.minute(utc_now()),
    )
    return Sent(manifest, sign_manifest(canonical(manifest), desk.key), sealed)


def shuffled(items: Sequence[bytes], seed: int) -> list[bytes]:
    order = list(items)
    random.Random(seed).shuffle(order)
    return order
