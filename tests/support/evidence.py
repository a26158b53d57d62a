"""A pack built from the world of the console, with an audit and an evaluation handed in."""

import atexit
import datetime as dt
import functools
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from api.checkpoints import open_signer
from api.clock import stamp
from api.config import read_settings
from api.evidence.building import Pack, build_pack
from api.evidence.gathering import Seen
from api.evidence.handed_in import HandedIn, read_handed_in
from api.evidence.writing import enter_pack, write_pack
from api.folders import DataFolder
from api.releasing import request_release
from api.store import accounts
from linkage.register.statistics.periods import read_period
from linkage.wire.evidence import EvidenceEntry
from tests.support.console_world import make_world
from tests.support.governed_world import govern
from tests.support.made_audits import made_audit
from tests.support.unit import PROFILE

NOW = dt.datetime(2026, 11, 23, 9, 30, 15, tzinfo=dt.UTC)
ACCOUNTS = {"olga": ("operator",), "gina": ("governance",), "petra": ("publisher", "reviewer")}


@dataclass(frozen=True)
class Built:
    """A pack as it was built and as it was written; ``before``: the register before it had the entry."""

    data: DataFolder
    before: DataFolder
    pack: Pack
    entry: EvidenceEntry
    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def evidence(self, sql: str, *given: object) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self.folder / 'evidence.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, given).fetchall()


def make_evidence_world(folder: Path) -> DataFolder:
    """Make a register with something in every table of the pack."""
    world = make_world(folder)
    govern(world)
    database = world.unit.database()
    with database.write() as connection:
        for name, roles in ACCOUNTS.items():
            known = {"handle": f"handle-{name}", "code": "0" * 64, "code_expires": "2026-12-01"}
            accounts.add_account(connection, name=name, roles=roles, now=stamp(NOW), **known)
        period = read_period("2025-04-01..2026-03-31")
        request_release(connection, period, area=None, numbers=("T1",), by="Petra Novak", now=NOW)
    database.close()
    return world.unit.folder


@contextmanager
def seen(data: DataFolder, handed_in: HandedIn | None = None) -> Iterator[Seen]:
    """Open a register as the command does, at one moment."""
    from api.manage.options import open_register

    database = open_register(data)
    try:
        with database.read() as connection:
            settings, signer = read_settings(data.settings), open_signer(data)
            yield Seen(connection, database, data, settings, signer, handed_in or HandedIn(), NOW)
    finally:
        database.close()


def handed_in(folder: Path) -> HandedIn:
    """Write an audit and an evaluation as their commands do, and read them."""
    (folder / "audit.json").write_text(json.dumps(audit_figures()))
    (folder / "evaluation.json").write_text(json.dumps(evaluation_figures()))
    return read_handed_in((folder / "audit.json",), (folder / "evaluation.json",))


@functools.cache
def shared_pack() -> Built:
    """Return the pack that tests look at and none changes; built once in a process."""
    place = Path(tempfile.mkdtemp(prefix="clew-test-evidence-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return build(place)


def build(place: Path) -> Built:
    """Make a world, build its pack, enter it in the ledger and write it."""
    data = make_evidence_world(place / "data")
    place.joinpath("given").mkdir()
    given = handed_in(place / "given")
    shutil.copytree(data.root, place / "before")
    with seen(data, given) as one:
        pack = build_pack(one)
        entry = enter_pack(one.database, one.signer, pack, now=NOW)
    write_pack(place / "pack", pack, entry)
    return Built(data, DataFolder(place / "before"), pack, entry, place / "pack")


def copied(built: Built, place: Path) -> Path:
    """Copy a written pack, to be spoilt."""
    shutil.copytree(built.folder, place)
    return place


def audit_figures(**changed: object) -> dict[str, object]:
    """A result of the profile in force, with something in every light."""
    found = made_audit(
        PROFILE, values={"known-pairs-100": 0.0123, "known-pairs-500": 0.2, "landmarks-100": 0.3}
    )
    return {**msgspec.to_builtins(found), **changed}


def _pairs(true: int, found: int, correct: int) -> dict[str, object]:
    precision, recall = correct / found, correct / true
    f1 = 2 * precision * recall / (precision + recall)
    shares = {"precision": precision, "recall": recall, "f1": f1}
    return {"true": true, "found": found, "correct": correct, **shares}


EVALUATED = {"F": (700, 690, 570), "M": (493, 494, 481), "not known": (7, 6, 6)}
"""True, found and correct pairs by sex: 130 are missed of F and 12 of M, 120 are false of F and 13 of M."""


CLAIM = (
    "Of 100 true pairs of records of persons of sex “F” 81.4 are found, of others 97.4; the difference of "
    "16.0 (12.9 to 19.1) is more than chance."
)


def evaluation_figures() -> dict[str, object]:
    spans = {"precision_interval": [0.0, 1.0], "recall_interval": [0.0, 1.0]}
    sums = [sum(one) for one in zip(*EVALUATED.values(), strict=True)]
    return {
        "format": "clew-evaluation",
        "version": 1,
        "name": "made-up children",
        "profile": PROFILE.name,
        "profile_digest": PROFILE.digest,
        "records": 3000,
        "pairs": _pairs(*sums),
        "groups": [
            {"kind": "sex", "name": name, **_pairs(*counts), **spans} for name, counts in EVALUATED.items()
        ],
        "group_differences": {
            "level": 0.95,
            "claimed": 1,
            "sentences": [CLAIM],
        },
        "seconds": {"encode": 1.0},
    }


__all__ = [
    "ACCOUNTS",
    "EVALUATED",
    "NOW",
    "Built",
    "audit_figures",
    "build",
    "copied",
    "evaluation_figures",
    "handed_in",
    "make_evidence_world",
    "seen",
    "shared_pack",
]
