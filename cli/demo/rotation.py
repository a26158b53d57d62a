"""The demonstration's second epoch: a new key, everything encoded again, the old encodings destroyed.

Every agency leaves some children out of its fresh extract, on purpose, so that something is quarantined.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from cli.demo import stages
from cli.demo.scoring import read_columns
from cli.demo.stages import Advance, Cast, Desk
from cli.demo.world_files import write_extract
from linkage.errors import ClewError
from linkage.lab.world import Extract, Table

__all__ = ["ROTATION", "Rotation", "read_pseudonyms", "rotated", "steps_of"]

ROTATION = "rotation of the key"
SECOND_EPOCH = "demo-2"

_LEFT_OUT_EVERY = 20
_CHILD_COLUMNS = ("child_id", "child_ref", "CHILD")
_EPISODE_COLUMN = "episode_id"
_DESTROY_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did to the children's records of all agencies."""

    before: int
    left_out: int
    pseudonyms_changed: int
    """Counted after the second epoch is linked, and again after the first is destroyed."""
    quarantined: int
    after: int


Pseudonyms = dict[tuple[str, str], str]


def read_pseudonyms(cast: Cast) -> Pseudonyms:
    """Return the operator's pseudonym of every (agency, handle) in the register."""
    file = cast.unit.folder / "persons.csv"
    cast.unit.run("register", "persons", "--data", cast.data, "--output", file)
    return {(a, h): p for a, h, p in read_columns(file, "agency", "handle", "pseudonym")}


def steps_of(cast: Cast) -> int:
    """Return how often :func:`rotated` says that it has advanced."""
    ceremony, cycles = 2 * len(cast.custodians) + stages.THRESHOLD, 2
    return ceremony + 4 * len(cast.desks) + cycles  # each desk joins, encodes, submits and is linked


def rotated(
    cast: Cast,
    url: str,
    workers: dict[str, Popen[bytes]],
    dates: tuple[str, str],
    period: str,
    advance: Advance,
) -> Rotation:
    """Play the rotation; ``dates``: of the new epoch; ``period``: what is encoded again."""
    before = read_pseudonyms(cast)
    descriptor = stages.ceremony(cast, SECOND_EPOCH, *dates, advance)
    usage = cast.measured(stages.ENROLMENT)
    cast.unit.run("register", "epoch", "adopt", "--data", cast.data, "--descriptor", descriptor, usage=usage)
    stages.at_once(lambda desk: stages.join(cast, desk, descriptor, usage), cast.desks, advance)
    left_out: set[tuple[str, str]] = set()
    stages.at_once(
        lambda desk: left_out.update(_encode_again(cast, desk, period, before)), cast.desks, advance
    )
    stages.submit(cast, url, workers, advance, _bundle_of)
    stages.close_cycle(cast, url, workers, advance, 2)
    during = read_pseudonyms(cast)
    cast.unit.run("register", "epoch", "close", "--data", cast.data, stages.FIRST_EPOCH, "--now")
    quarantined = _quarantined(cast)
    stages.close_cycle(cast, url, workers, advance, 3)
    _destroy(cast, workers)
    after = read_pseudonyms(cast)
    stayed = {key: name for key, name in before.items() if key not in left_out}
    return Rotation(
        before=len(before),
        left_out=len(left_out),
        pseudonyms_changed=_changed(before, during) + _changed(stayed, after),
        quarantined=quarantined,
        after=len(after),
    )


def _changed(before: Pseudonyms, after: Pseudonyms) -> int:
    return sum(after.get(key) != name for key, name in before.items())


def _bundle_of(desk: Desk) -> Path:
    return desk.bundle.with_name("again.clew")


def _encode_again(cast: Cast, desk: Desk, period: str, before: Pseudonyms) -> Iterable[tuple[str, str]]:
    """Let an agency encode a fresh extract; returns whom it left out, by agency and handle."""
    handles = {
        reference: handle
        for kind, reference, handle in read_columns(desk.references, "kind", "local_reference", "handle")
        if kind == "child" and (desk.code, handle) in before
    }
    chosen = set(sorted(handles)[::_LEFT_OUT_EVERY])
    source = write_extract(_without(desk.extract, chosen), desk.party.folder / "fresh-extract")
    desk.party.run(
        *("agency", "reencode", source, "--mapping", desk.mapping, "--period", period),
        *("--output", _bundle_of(desk), "--allow-withdrawals", *desk.secret()),
        *("--left-out", desk.party.folder / "left-out.csv"),
        usage=cast.measured(stages.ENCODE),
    )
    return {(desk.code, handles[reference]) for reference in chosen}


def _without(extract: Extract, children: set[str]) -> Extract:
    """Return an extract without some children, their episodes, and what belongs to these."""
    episodes: set[str] = set()
    tables = {}
    for name, table in extract.tables.items():
        dropped = [row for row in table.rows if _cells(table, row, _CHILD_COLUMNS) & children]
        for row in dropped:
            episodes |= _cells(table, row, (_EPISODE_COLUMN,))
        gone = set(dropped)
        tables[name] = Table(table.columns, [row for row in table.rows if row not in gone])
    for name, table in tables.items():
        kept = [row for row in table.rows if not _cells(table, row, (_EPISODE_COLUMN,)) & episodes]
        tables[name] = Table(table.columns, kept)
    return Extract(extract.agency, tables, extract.coverage)


def _cells(table: Table, row: tuple[str, ...], columns: Iterable[str]) -> set[str]:
    return {row[table.columns.index(one)] for one in columns if one in table.columns}


def _quarantined(cast: Cast) -> int:
    listed = json.loads(cast.unit.run("register", "epoch", "list", "--data", cast.data, "--json"))
    return sum(one["quarantined"] for one in listed["epochs"] if one["epoch"] == stages.FIRST_EPOCH)


def _destroy(cast: Cast, workers: dict[str, Popen[bytes]]) -> None:
    """Destroy the first epoch: the same command until the workers are done and the certificate is there."""
    certificate = cast.unit.folder / "destroyed.json"
    deadline = time.monotonic() + _DESTROY_SECONDS
    while time.monotonic() < deadline:
        destroy = ("register", "epoch", "destroy", "--data", cast.data, stages.FIRST_EPOCH)
        cast.unit.run(*destroy, "--certificate", certificate)
        if certificate.exists():
            cast.unit.run("register", "certificate", "check", certificate, "--unit", cast.unit_card)
            return
        stages.all_alive(workers)
        time.sleep(0.5)
    raise ClewError("the linkage unit did not destroy the epoch in time", hint="see log.txt in its folder")
