"""The stages of the demonstration, in order; each drives real commands and returns what the next needs."""

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import TypeVar

from cli.demo.parties import Party, Usage
from cli.demo.world_files import write_areas, write_extract
from keys.files import read_limited
from linkage.errors import ClewError
from linkage.lab.world import Extract, World
from linkage.wire.cards import AgencyCard, card_fingerprint, read_card
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = [
    "CEREMONY",
    "CUSTODIANS",
    "ENCODE",
    "ENROLMENT",
    "FIRST_EPOCH",
    "IDENTITIES",
    "RECONCILE",
    "REPORTS",
    "SUBMIT",
    "THRESHOLD",
    "Advance",
    "Cast",
    "Desk",
    "all_alive",
    "at_once",
    "ceremony",
    "close_cycle",
    "encode",
    "enrol",
    "join",
    "make_cast",
    "make_identities",
    "report",
    "submit",
]

CUSTODIANS = ("custodian-a", "custodian-b", "custodian-c")
THRESHOLD = 2
FIRST_EPOCH = "demo-1"
PROFILE = "child-1"

IDENTITIES = "identities"
CEREMONY = "key ceremony"
ENROLMENT = "agencies join and are enrolled"
ENCODE = "check and encode"
SUBMIT = "submit, accept and link"
RECONCILE = "reconcile"
REPORTS = "reports"

_ACCEPT_SECONDS = 1800.0

T = TypeVar("T")
Advance = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """An agency's desk: the party, its extract and the files it works with."""

    party: Party
    extract: Extract

    @property
    def code(self) -> str:
        """The agency's code."""
        return self.extract.agency.code

    @property
    def workspace(self) -> Path:
        """The agency's workspace folder."""
        return self.party.folder / "workspace"

    @property
    def mapping(self) -> str:
        """The shipped mapping that reads the agency's extract."""
        if "header" in self.extract.tables:
            return "ssda903"
        return "council-csv" if self.extract.agency.role == "council" else "police-csv"

    @property
    def bundle(self) -> Path:
        """The bundle that leaves."""
        return self.party.folder / "outbox" / "bundle.clew"

    @property
    def report(self) -> Path:
        """The reconciliation list."""
        return self.party.folder / "report.xlsx"

    @property
    def references(self) -> Path:
        """The agency's own list of its references and handles."""
        return self.party.folder / "references.csv"

    def secret(self) -> tuple[str | Path, ...]:
        """Options that name the workspace and its passphrase file."""
        return "--workspace", self.workspace, "--passphrase-file", self.party.passphrase_file


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who takes part, each with a folder of their own, and a table where public files are laid."""

    custodians: tuple[Party, ...]
    unit: Party
    desks: tuple[Desk, ...]
    table: Path
    usage: dict[str, Usage] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The linkage unit's data folder."""
        return self.unit.folder / "data"

    @property
    def unit_card(self) -> Path:
        """The linkage unit's public card."""
        return self.data / "unit-card.json"

    def custodian_cards(self) -> list[str | Path]:
        """Options that name every custodian's card."""
        return [
            word for c in self.custodians for word in ("--custodian", c.folder / "identity" / "card.json")
        ]

    def measured(self, stage: str) -> Usage:
        """Return the meter of a stage."""
        return self.usage.setdefault(stage, Usage())


def make_cast(world: World, folder: Path) -> Cast:
    """Give every party of the world its folder and every agency the extract of its own case system."""
    desks = []
    for extract in world.extracts:
        party = Party(folder / f"agency-{extract.agency.code}", extract.agency.name)
        write_extract(extract, party.folder / "extract")
        (party.folder / "outbox").mkdir()
        desks.append(Desk(party, extract))
    table = folder / "public-table"
    table.mkdir()
    custodians = tuple(Party(folder / name, name) for name in CUSTODIANS)
    return Cast(custodians, Party(folder / "linkage-unit", "linkage unit"), tuple(desks), table)


def at_once(act: Callable[[T], None], items: Iterable[T], advance: Advance) -> None:
    """Let several parties act at the same time, two for the two cores that this is meant for."""

    def one(item: T) -> None:
        act(item)
        advance()

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(one, items))


def make_identities(cast: Cast, advance: Advance) -> None:
    """Make the linkage unit, and an identity for every custodian and every agency."""
    usage = cast.measured(IDENTITIES)
    cast.unit.run("register", "init", "--data", cast.data, "--name", "Demo linkage unit", usage=usage)
    settings = cast.data / "unit.toml"  # a demonstration waits for no batch
    settings.write_text(settings.read_text().replace('link = "day"', 'link = "arrival"'))
    at_once(lambda custodian: _make_identity(custodian, usage), cast.custodians, advance)
    at_once(lambda desk: _begin(cast, desk, usage), cast.desks, advance)


def ceremony(cast: Cast, epoch: str, opens: str, closes: str, advance: Advance) -> Path:
    """Hold the key ceremony of an epoch and return the descriptor that custodians signed."""
    usage = cast.measured(CEREMONY)
    folder = cast.table / f"ceremony-{epoch}"
    opener = cast.custodians[0]
    opened = opener.run(
        *("keys", "ceremony", "open", "--epoch", epoch, "--profile", PROFILE, "--unit", cast.unit_card),
        *cast.custodian_cards(),
        *("--threshold", str(THRESHOLD), "--opens", opens, "--closes", closes, "--folder", folder),
        *("--passphrase-file", opener.passphrase_file),
        usage=usage,
    )
    heard = ("--fingerprint", opened.strip())
    for step in (("commit", *heard), ("contribute",)):
        at_once(lambda c, step=step: _take_part(c, step, folder, usage), cast.custodians, advance)  # type: ignore[misc]
    opener.run(
        *("keys", "ceremony", "close", "--folder", folder, "--passphrase-file", opener.passphrase_file),
        usage=usage,
    )
    descriptor = folder / "epoch.json"
    for custodian in cast.custodians[:THRESHOLD]:
        custodian.run("keys", "sign", descriptor, "--folder", folder, *_identity(custodian), usage=usage)
        advance()
    return descriptor


def _make_identity(custodian: Party, usage: Usage) -> None:
    custodian.run(
        *("keys", "identity", custodian.name, "--out", custodian.folder / "identity"),
        *("--passphrase-file", custodian.passphrase_file),
        usage=usage,
    )


def _take_part(custodian: Party, step: tuple[str, ...], folder: Path, usage: Usage) -> None:
    custodian.run("keys", "ceremony", *step, "--folder", folder, *_identity(custodian), usage=usage)


def _identity(custodian: Party) -> tuple[str | Path, ...]:
    return "--identity", custodian.folder / "identity", "--passphrase-file", custodian.passphrase_file


def enrol(cast: Cast, descriptor: Path, advance: Advance) -> None:
    """Let the unit trust the epoch, and every agency join it and be enrolled."""
    usage = cast.measured(ENROLMENT)
    cast.unit.run(
        *("register", "epoch", "adopt", "--data", cast.data, "--descriptor", descriptor),
        *cast.custodian_cards(),
        *("--threshold", str(THRESHOLD)),
        usage=usage,
    )
    at_once(lambda desk: join(cast, desk, descriptor, usage), cast.desks, advance)
    for desk in cast.desks:
        fingerprint = _fingerprint_by_telephone(desk)
        cast.unit.run(
            *("register", "agency", "add", "--data", cast.data, desk.workspace / "card.json"),
            *("--fingerprint", fingerprint),
            usage=usage,
        )
    areas = write_areas((desk.extract.agency for desk in cast.desks), cast.unit.folder / "areas.csv")
    cast.unit.run("register", "areas", "import", "--data", cast.data, areas, usage=usage)


def _fingerprint_by_telephone(desk: Desk) -> str:
    card = read_limited(desk.workspace / "card.json", limit=MAX_CARD_BYTES, what="card")
    return card_fingerprint(read_card(card, AgencyCard))


def _begin(cast: Cast, desk: Desk, usage: Usage) -> None:
    agency = desk.extract.agency
    desk.party.run(
        *("agency", "init", "--agency", agency.code, "--role", agency.role, "--name", agency.name),
        *cast.custodian_cards(),
        *("--threshold", str(THRESHOLD), *desk.secret()),
        usage=usage,
    )


def join(cast: Cast, desk: Desk, descriptor: Path, usage: Usage) -> None:
    """Let custodians wrap an epoch's key for an agency, and the agency join the epoch."""
    wrapped = cast.table / f"for-{desk.code}-{descriptor.parent.name}"
    holder = ("--agency", desk.workspace / "card.json", "--fingerprint", _fingerprint_by_telephone(desk))
    present = [word for custodian in cast.custodians[:THRESHOLD] for word in _identity(custodian)]
    cast.custodians[0].run(
        *("keys", "wrap", "--epoch", descriptor, *holder, "--out", wrapped, *present), usage=usage
    )
    key = ("--wrapped-key", wrapped / f"wrapped-{desk.code}.json")
    desk.party.run("agency", "join", descriptor, *key, "--unit", cast.unit_card, *desk.secret(), usage=usage)


def encode(cast: Cast, period: str, advance: Advance) -> None:
    """Let every agency check and encode its extract into a bundle."""
    usage = cast.measured(ENCODE)
    at_once(lambda desk: _encode(desk, period, usage), cast.desks, advance)


def _encode(desk: Desk, period: str, usage: Usage) -> None:
    source = desk.party.folder / "extract"
    fixes = desk.party.folder / "fix-list.csv"
    desk.party.run(
        *("agency", "check", source, "--mapping", desk.mapping, "--period", period),
        *("--workspace", desk.workspace, "--fixes", fixes),
        usage=usage,
    )
    desk.party.run(
        *("agency", "encode", source, "--mapping", desk.mapping, "--period", period),
        *("--output", desk.bundle, *desk.secret()),
        usage=usage,
    )


def submit(
    cast: Cast,
    url: str,
    workers: dict[str, Popen[bytes]],
    advance: Advance,
    bundle_of: Callable[[Desk], Path] = lambda desk: desk.bundle,
) -> None:
    """Let every agency submit its bundle, and wait until the unit has accepted and linked all of them."""
    usage = cast.measured(SUBMIT)
    at_once(lambda desk: _quietly(desk, usage, "submit", bundle_of(desk), "--url", url), cast.desks, advance)
    for desk in cast.desks:
        _wait_until_linked(desk, url, workers)
        advance()


def _quietly(desk: Desk, usage: Usage, *words: str | Path) -> None:
    desk.party.run("agency", *words, *desk.secret(), usage=usage)


def _wait_until_linked(desk: Desk, url: str, workers: dict[str, Popen[bytes]]) -> None:
    deadline = time.monotonic() + _ACCEPT_SECONDS
    while time.monotonic() < deadline:
        answer = json.loads(desk.party.run("agency", "status", "--url", url, "--json", *desk.secret()))
        states = {one["state"] for one in answer["submissions"]}
        if "refused" in states:
            raise ClewError(f"{desk.party.name}: the linkage unit refused the submission")
        if answer["submissions"] and all(one.get("linked") for one in answer["submissions"]):
            return
        all_alive(workers)
        time.sleep(0.5)
    raise ClewError("the linkage unit did not finish linking in time", hint="see log.txt in its folder")


def all_alive(workers: dict[str, Popen[bytes]]) -> None:
    """Raise :class:`ClewError` if a worker has ended."""
    for name, process in workers.items():
        if process.poll() is not None:
            raise ClewError(f"{name} ended early", hint="see log.txt in the linkage unit's folder")


def close_cycle(
    cast: Cast, url: str, workers: dict[str, Popen[bytes]], advance: Advance, number: int = 1
) -> None:
    """Close the cycle with a number and wait until results are there."""
    cast.unit.run("register", "cycle", "--data", cast.data, usage=cast.measured(RECONCILE))
    deadline = time.monotonic() + _ACCEPT_SECONDS
    desk = cast.desks[0]
    while time.monotonic() < deadline:
        answer = json.loads(desk.party.run("agency", "status", "--url", url, "--json", *desk.secret()))
        if answer["cycle"] >= number:
            advance()
            return
        all_alive(workers)
        time.sleep(0.5)
    raise ClewError("the linkage unit did not close the cycle in time", hint="see log.txt in its folder")


def report(cast: Cast, url: str, advance: Advance) -> None:
    """Let every agency pull its results and join them with its own references."""
    usage = cast.measured(REPORTS)

    def one(desk: Desk) -> None:
        _quietly(desk, usage, "report", "--url", url, "--output", desk.report)
        _quietly(desk, usage, "references", "--output", desk.references)

    at_once(one, cast.desks, advance)
