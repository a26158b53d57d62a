"""The agencies' side: the commands' own code, called in processes that each play many agencies.

Every agency has its workspace with an identity, a wrapped epoch key, a crosswalk and a journal, encodes from
files, and submits signed and sealed bundles over a socket.  Three things are cheaper than in life, and none
of them is the unit's: passphrases cost little to open, a workspace is opened once for all months, and
custodians sign in memory.
"""

import csv
import datetime as dt
import resource
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from msgspec import structs

from benchmarks.national.case_systems import CaseSystems, as_of
from benchmarks.national.nation import Nation, Scale
from cli.agency.client import Unit
from cli.agency.crosswalk import Crosswalk
from cli.agency.encoding import Desk, open_copy, open_desk
from cli.agency.joining import join_epoch, make_workspace
from cli.agency.making import BundleRequest, make_bundle
from cli.agency.progress import Stages
from cli.agency.shield_choice import NO_SHIELD
from cli.agency.store import Store
from cli.agency.submitting import submit_bundle
from cli.agency.workspace import Workspace
from keys.wrapping import wrap_key
from linkage.lab.agencies import Agency
from linkage.lab.extracts import Table
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard
from linkage.wire.epochs import add_signature
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from tests.support.agency_desk import Epoch, cheap_passphrases

__all__ = ["Asked", "Month", "Player", "Sent", "make_desks", "records_of"]

_PHRASE = "made up, and thrown away"
_THRESHOLD = 2
_RECORDS = ("children", "care_spells", "episodes", "interviews", "coverage")


@dataclass(frozen=True, slots=True)
class Month:
    """A simulated month: its number from 1, and the first day of its year and its own last day."""

    number: int
    first: dt.date
    last: dt.date

    @classmethod
    def of(cls, scale: Scale, number: int) -> "Month":
        """Return a month of a scale."""
        begins = scale.period[0]
        year = begins.year + (number - 1) // 12
        months = begins.month - 1 + (number - 1) % 12 + 1
        after = dt.date(year + months // 12, months % 12 + 1, 1)
        return cls(number, dt.date(year, begins.month, begins.day), after - dt.timedelta(days=1))

    @property
    def period(self) -> Period:
        """The whole year: each month's bundle takes the place of the one before."""
        end = dt.date(self.first.year + 1, self.first.month, self.first.day) - dt.timedelta(days=1)
        return Period(start=Moment.day(self.first), end=Moment.day(end))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what kind, how long until its answer began, and bytes of HTTP there and back."""

    kind: str
    seconds: float
    up: int
    down: int
    status: int


@dataclass(slots=True)
class Sent:
    """What one agency's month came to; seconds of wall time, and of processor."""

    agency: str
    rows: int = 0
    children: int = 0
    episodes: int = 0
    records: int = 0
    encodings_bytes: int = 0
    payload_bytes: int = 0
    encode_seconds: float = 0.0
    submit_seconds: float = 0.0
    cpu_seconds: float = 0.0
    asked: list[Asked] = field(default_factory=list)


class _Timed(httpx.BaseTransport):
    """The network, with a stopwatch."""

    def __init__(self) -> None:
        self._real = httpx.HTTPTransport()
        self.asked: list[Asked] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        response = self._real.handle_request(request)
        seconds = time.perf_counter() - began
        up = _head_bytes(request.headers) + len(request.url.raw_path) + len(request.read())
        down = _head_bytes(response.headers) + int(response.headers.get("content-length", "0"))
        kind = _kind(request.method, request.url.path)
        self.asked.append(Asked(kind, seconds, up, down, response.status_code))
        return response

    def close(self) -> None:
        self._real.close()


def _head_bytes(headers: httpx.Headers) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers.raw) + 16


def records_of(counts: Mapping[str, int]) -> int:
    """Return how many records of the payload a manifest counts."""
    return sum(counts.get(kind, 0) for kind in _RECORDS)


def _kind(method: str, path: str) -> str:
    """A request without what names one submission or one place in the ledger."""
    words = path.strip("/").split("/")[1:]
    return " ".join((method, *(word for word in words if not _is_number(word))))


def _is_number(word: str) -> bool:
    return word.isdecimal() or len(word) == 64


def make_desks(folder: Path, agencies: Sequence[Agency], epoch: Epoch, unit: UnitCard) -> Iterator[bytes]:
    """Make every agency's workspace and join the epoch; yields the cards for the unit to enrol."""
    table = folder / "table"
    table.mkdir(parents=True)
    cards = [_written(table / f"custodian-{n}.json", one.card) for n, one in enumerate(epoch.members)]
    descriptor, unit_file = (
        _written(table / "epoch.json", epoch.descriptor), _written(table / "unit.json", unit)
    )  # fmt: skip
    today = dt.datetime.now(dt.UTC).date()
    with cheap_passphrases():
        for agency in agencies:
            workspace = Workspace(folder / agency.code / "workspace")
            card = make_workspace(
                workspace,
                agency=agency.code,
                role="council" if agency.role == "council" else "police",
                name=agency.name,
                custodians=cards,
                threshold=_THRESHOLD,
                passphrase=_PHRASE,
            )
            wrapped = wrap_key(epoch.key, epoch.descriptor, holder=card)
            for member in epoch.members[:_THRESHOLD]:
                wrapped = add_signature(wrapped, member.identity.signing)
            key = _written(folder / agency.code / "wrapped.json", wrapped)
            join_epoch(
                workspace, descriptor=descriptor, wrapped_key=key, unit=unit_file,
                passphrase=_PHRASE, today=today,
            )  # fmt: skip
            yield canonical(card)


def _written(path: Path, document: object) -> Path:
    path.write_bytes(canonical(document))
    return path


class Player:
    """Plays agencies within one process; desks that were opened stay open."""

    def __init__(self, folder: Path, scale: Scale, url: str) -> None:
        self._folder, self._url = folder / "agencies", url
        self._systems = CaseSystems(folder / "world", Nation(scale))
        self._scale = scale
        self._desks: dict[str, Desk] = {}

    def send(self, agency: str, number: int) -> Sent:
        """Encode what an agency's case system exports at the end of a month, and submit it.

        An agency that holds no child yet, or submitted none of the year's months so far, sends nothing.
        """
        month = Month.of(self._scale, number)
        place, desk, sent = self._folder / agency, self._desk(agency), Sent(agency)
        used = _cpu()
        tables = as_of(self._systems.tables(agency), month.first, month.last)
        if not tables["coverage"].rows or not tables.get("children", tables["episodes"]).rows:
            return sent  # nothing to tell yet: it sends nothing
        source = _written_tables(place / "extract", tables)
        began, bundle = time.perf_counter(), place / "bundle.clew"
        request = BundleRequest(
            source=source,
            mapping="council-csv" if desk.card.role == "council" else "police-csv",
            workspace=desk.workspace,
            period=month.period,
            areas=(),
            output=bundle,
            overwrite=True,
            fixes=None,
            shielding=NO_SHIELD,
            last_year=None,
            allow_empty=False,
            allow_withdrawals=False,
            allow_weak_profile=False,
        )
        _, encoded = make_bundle(request, desk, Stages(None), remark=lambda _: None)
        sent.encode_seconds = time.perf_counter() - began
        counts = encoded.manifest.counts
        sent.rows, sent.children, sent.episodes = counts.rows, counts.children, counts.episodes
        sent.records = records_of(structs.asdict(counts))
        sent.encodings_bytes = encoded.manifest.part("encodings").sealed_size
        sent.payload_bytes = encoded.manifest.part("payload").sealed_size
        began = time.perf_counter()
        with self._unit(desk) as (unit, timed):
            submit_bundle(bundle, desk.workspace, unit, Stages(None))
        sent.submit_seconds, sent.asked = time.perf_counter() - began, timed.asked
        sent.cpu_seconds = _cpu() - used
        for path in (bundle, open_copy(bundle)):  # an agency keeps them; 36 times 196 would fill the disk
            path.unlink()
        return sent

    def results(self, agency: str) -> Sent:
        """Pull an agency's results of the last cycle."""
        desk, sent, used = self._desk(agency), Sent(agency), _cpu()
        with self._unit(desk) as (unit, timed):
            unit.results()
        sent.asked, sent.cpu_seconds = timed.asked, _cpu() - used
        return sent

    def children(self, agency: str) -> list[tuple[bytes, int]]:
        """Return the handles under which an agency's children travel, each with who it is in truth."""
        desk, truth = self._desk(agency), self._systems.truth(agency)
        with Store(desk.workspace.database_file) as store:
            crosswalk = Crosswalk(store, desk.identity)
            handles = ((crosswalk.handle_of("child", reference), who) for reference, who in truth.items())
            return [(bytes.fromhex(handle), who) for handle, who in handles if handle is not None]

    def _desk(self, agency: str) -> Desk:
        if agency not in self._desks:
            workspace = Workspace(self._folder / agency / "workspace")
            with cheap_passphrases():
                today = dt.datetime.now(dt.UTC).date()
                self._desks[agency] = open_desk(workspace, _PHRASE, today=today)
        return self._desks[agency]

    @contextmanager
    def _unit(self, desk: Desk) -> Iterator[tuple[Unit, _Timed]]:
        timed = _Timed()
        with Unit(self._url, desk.identity, transport=timed) as unit:
            yield unit, timed


def _written_tables(folder: Path, tables: Mapping[str, Table]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, table in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(table.columns)
            writer.writerows(table.rows)
    return folder


def _cpu() -> float:
    """Seconds of processor that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
