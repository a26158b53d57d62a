"""What governance reads beside the world of the console: figures of a linkage, certificates, a checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from msgspec import json
from sqlalchemy import Connection, insert, update

from api.checkpoints import open_signer
from api.clock import stamp, utc_now
from api.secret_files import read_receipts_key
from api.store import ledger, record_tables, review, schema
from api.store.link_figures import BINS, GroupFigures, LinkFigures, ScoreFigures
from api.store.review_evidence import Spread, ViewSpread
from api.store.schema_review import review_views
from linkage.wire.canonical import canonical
from linkage.wire.certificates import sign_certificate
from linkage.wire.destructions import Destruction, ErasedSubmission, Remains
from linkage.wire.erasures import ErasedKind, Erasure
from linkage.wire.ledger import EntryKind
from linkage.wire.moments import Moment
from tests.support.console import Console, serving_console
from tests.support.console_world import World, make_world
from tests.support.unit import PROFILE
from tests.test_console_operator_pages import token_of, words_of

__all__ = ["GROUPS", "Governed", "Shown", "govern", "governed_console"]


def _group(
    kind: str, name: str, counts: tuple[int, int, int, int], shares: tuple[float, float, float]
) -> GroupFigures:
    records, linked, links, possible = counts
    precision, low, high = shares
    return GroupFigures(
        kind=kind,
        name=name,
        records=records,
        linked=linked,
        links=links,
        possible=possible,
        precision=precision,
        low=low,
        high=high,
    )


GROUPS = (
    _group("all", "all", (2400, 1500, 900, 42), (0.985, 0.967, 0.995)),
    _group("agency", "E09", (900, 700, 610, 20), (0.991, 0.98, 0.998)),
    _group("agency", "E10", (500, 240, 200, 9), (0.962, 0.914, 0.985)),
    _group("agency", "P01", (1000, 560, 840, 40), (0.984, 0.965, 0.995)),
    _group("kind of agency", "council and police", (2400, 1400, 840, 40), (0.984, 0.965, 0.995)),
    _group("kind of agency", "police and police", (1000, 0, 0, 0), (1.0, 1.0, 1.0)),
    _group("record", "everything given", (2100, 1400, 860, 30), (0.988, 0.971, 0.996)),
    _group("record", "something missing", (280, 95, 90, 12), (0.941, 0.874, 0.973)),
)


@dataclass(frozen=True)
class Shown:
    """A console over the world, and somebody of governance who is signed in."""

    world: World
    console: Console
    reader: httpx.Client
    governed: "Governed"

    def send(self, **fields: str) -> httpx.Response:
        """Send the form by which the ledger is verified, or a checkpoint compared."""
        token = token_of(self.reader.get("/governance/checkpoints").text)
        return self.reader.post("/governance/checkpoints", data={"csrf_token": token} | fields)

    def text(self, address: str) -> str:
        answer = self.reader.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return words_of(answer.text)


@contextmanager
def governed_console(folder: Path) -> Iterator[Shown]:
    """Make the world of the console with what governance looks at, and serve it."""
    world = make_world(folder)
    governed = govern(world)
    with serving_console(world.unit.folder.root) as console:
        yield Shown(world, console, console.signed_in("gina", "governance"), governed)


@dataclass(frozen=True)
class Governed:
    """What was added; ``note``: the signed checkpoint."""

    note: str
    erasure: bytes


def govern(world: World) -> Governed:
    """Add to a world what only governance looks at."""
    folder, now = world.unit.folder, stamp(utc_now())
    database = world.unit.database()
    with database.write() as connection:
        review.keep_figures(connection, world.unit.epoch.epoch, _figures())
        rows = [
            {
                "position": place,
                "epoch": world.unit.epoch.epoch,
                "body": json.encode(_spread(one.name)).decode(),
            }
            for place, one in enumerate(PROFILE.views)
        ]
        connection.execute(insert(review_views), rows)
        facts = {"what": "persons", "audience": "operator", "records": 8}
        ledger.append(connection, EntryKind.SENSITIVE_READ, facts, now=now)
        erasure = _certified(connection, world)
        _, note = open_signer(folder).checkpoint(connection)
        ledger.keep_checkpoint(connection, note)
    database.close()
    return Governed(note, erasure)


def _figures() -> LinkFigures:
    linked, possible, apart = ([0] * BINS for _ in range(3))
    for place in range(BINS):
        apart[place] = max(0, 520 - 26 * place)
        possible[place] = 14 if place in (18, 19, 20, 21) else 0
        linked[place] = max(0, 90 - 3 * abs(place - 31)) if place > 21 else 0
    scores = ScoreFigures(
        low=-2.197, cut=0.0, high=2.944, apart=tuple(apart), possible=tuple(possible), linked=tuple(linked)
    )
    return LinkFigures(method="experience", calibration_error=0.5, noise=5.0, scores=scores, groups=GROUPS)


def _spread(view: str) -> ViewSpread:
    matches = [0.0] * 8 + [0.01, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.1, 0.1, 0.1, 0.08, 0.04]
    strangers = [0.0, 0.01, 0.02, 0.03, 0.02, 0.01] + [0.0] * 14
    return ViewSpread(
        view=view,
        matches=Spread(silent=round(1 - sum(matches), 4), shares=tuple(matches)),
        strangers=Spread(silent=round(1 - sum(strangers), 4), shares=tuple(strangers)),
    )


def _certified(connection: Connection, world: World) -> bytes:
    """Sign both certificates as the unit does, and let them lie where it keeps them."""
    key, moment = read_receipts_key(world.unit.folder.receipts_key), Moment.parse("2026-03-01T09:30Z")
    remains = Remains(epoch=world.unit.epoch.epoch, records=8)
    destruction = Destruction(
        epoch=world.unit.epoch.epoch,
        descriptor="5a" * 32,
        closed=moment,
        destroyed=moment,
        submissions=(
            ErasedSubmission(
                submission="6b" * 32,
                agency="E09",
                sequence=1,
                encodings_sha256="7c" * 32,
                encodings_size=9000,
                rows=12,
            ),
        ),
        records=3,
        payload_records=5,
        remains=remains,
    )
    erasure = Erasure(
        erasure="8d" * 32,
        scope="agency",
        agency="E10",
        asked=moment,
        erased=moment,
        records=0,
        counts=(ErasedKind(kind="encoding-rows", count=41), ErasedKind(kind="payload-children", count=17)),
        remains=("backups", "freed-blocks", "ledger"),
    )
    signed = canonical(sign_certificate(erasure, key))
    asked = {"certificate": canonical(sign_certificate(destruction, key)).decode()}
    connection.execute(update(schema.destructions).values(**asked, destroyed_at=stamp(utc_now())))
    connection.execute(update(record_tables.erasures).values(certificate=signed.decode()))
    return signed
