"""Running audits: unit by unit in several processes, keeping what is done, and saying how it goes."""

import contextlib
import hashlib
import multiprocessing
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import astuple, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import linkage
from keys.files import replacing
from linkage.audited.report import AttackName, AuditReport, Sizes
from linkage.encode.identifiers import Identifiers
from linkage.errors import ClewError
from linkage.lab.attacks.targets import LegacyTarget, Target
from linkage.lab.audit import assemble, run_unit, units
from linkage.lab.audit_results import Unit, UnitResult

__all__ = ["Job", "run_audits"]

_ONE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_EVERY_SECONDS: Final = 30.0
_RECKONERS: Final = ("numpy", "scipy", "msgspec")


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    """One audit: what is attacked, in how many populations, of what size and, if need be, whose."""

    target: Target
    seeds: tuple[int, ...]
    sizes: Sizes
    people: tuple[Identifiers, ...] | None = None

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return everything that there is to run."""
        return units(self.target, seeds=self.seeds, sizes=self.sizes, people=self.people)

    @property
    def key(self) -> str:
        """Return what a kept unit depends on beside itself, in a few characters: the code, too.

        A schema's digest does not say which column holds what, so that it is not enough.
        """
        people = None if self.people is None else [astuple(one) for one in self.people]
        columns = self.target.columns if isinstance(self.target, LegacyTarget) else None
        attacked = (self.target.profile.digest, type(self.target).__name__, columns)
        told = msgspec.json.encode((*attacked, self.sizes, people, _code()))
        return hashlib.sha256(told).hexdigest()[:16]


@cache
def _code() -> str:
    """Return the digest of all code that figures hang on, ours and that of who reckons for us.

    All of :mod:`linkage`, for attacks reach far into it; another release finds other figures.
    """
    root, digest = Path(str(linkage.__file__)).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    digest.update(" ".join([sys.version, *(version(one) for one in _RECKONERS)]).encode())
    return digest.hexdigest()


def run_audits(jobs: Sequence[Job], *, processes: int, work: Path | None) -> list[AuditReport]:
    """Run every unit of every audit, and assemble the reports in the jobs' order.

    ``work``: units that lie there are not run again.  Raises :class:`linkage.errors.ClewError`.
    """
    wanted = [(place, unit) for place, job in enumerate(jobs) for unit in job.units]
    kept = [
        None if work is None else _Kept(work / f"{job.target.profile.digest[:8]}-{job.key}") for job in jobs
    ]
    found: dict[int, list[UnitResult]] = defaultdict(list)
    taken_up: dict[int, Counter[AttackName]] = defaultdict(Counter)
    left = []
    for place, unit in wanted:
        folder = kept[place]
        result = None if folder is None else folder.read(unit)
        if result is None:
            left.append((place, unit))
        else:
            found[place].append(result)
            taken_up[place][unit.attack] += 1
    spoilt = sum(folder.spoilt for folder in kept if folder is not None)
    if spoilt:
        click.echo(f"{spoilt} units are not as they were kept, and are run again", err=True)
    with _shown(len(wanted), len(wanted) - len(left)) as told:
        for place, result in _run(jobs, left, processes):
            folder = kept[place]
            if folder is not None:
                folder.write(result)
            found[place].append(result)
            told(f"{jobs[place].target.profile.name}: {result.unit.name}")
    return [
        assemble(
            job.target,
            found[place],
            seeds=job.seeds,
            sizes=job.sizes,
            people=job.people,
            taken_up=taken_up[place],
        )
        for place, job in enumerate(jobs)
    ]


class _KeptUnit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A finished unit, with the digest of what came of it: against accidents, not against a forger."""

    sha256: str
    result: msgspec.Raw


class _Kept:
    """A folder of finished units; ``spoilt``: how many were there and not as they were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.spoilt = 0
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, unit: Unit) -> UnitResult | None:
        """Return a unit's result; nothing if it is not there, or is not as it was kept."""
        try:
            kept = msgspec.json.decode(self._path(unit).read_bytes(), type=_KeptUnit)
            result = msgspec.json.decode(kept.result, type=UnitResult)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.spoilt += 1
            return None
        if result.unit != unit or kept.sha256 != _sha256(bytes(kept.result)):
            self.spoilt += 1
            return None
        return result

    def write(self, result: UnitResult) -> None:
        """Keep a unit's result; it is there whole or not at all."""
        written = msgspec.json.encode(result)
        kept = _KeptUnit(sha256=_sha256(written), result=msgspec.Raw(written))
        with replacing(self._path(result.unit)) as stream:
            stream.write(msgspec.json.encode(kept))

    def _path(self, unit: Unit) -> Path:
        return self._folder / f"{unit.name}.json"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_Work = tuple[int, Unit]


def _run(jobs: Sequence[Job], left: Sequence[_Work], processes: int) -> Iterator[tuple[int, UnitResult]]:
    if processes == 1 or len(left) < 2:
        for place, unit in left:
            job = jobs[place]
            yield place, run_unit(job.target, unit, sizes=job.sizes, people=job.people)
        return
    context = multiprocessing.get_context("spawn")  # what was never forked holds no lock of another thread
    others = {process.pid for process in multiprocessing.active_children()}
    with _one_thread_each():
        pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(tuple(jobs),))
        try:
            running = {pool.submit(_run_one, unit, place): place for place, unit in left}
            for done in as_completed(running):
                yield running[done], done.result()
            pool.shutdown()
        except BrokenProcessPool:
            raise ClewError(
                "a process of the audit was ended from outside, perhaps for want of memory",
                hint="give fewer --people, or --processes 1; with --work what is done need not be done again",
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                if process.pid not in others:
                    process.terminate()  # nobody waits for the unit that it is at
            raise


_jobs: tuple[Job, ...] = ()


def _begin(jobs: tuple[Job, ...]) -> None:
    global _jobs
    _jobs = jobs


def _run_one(unit: Unit, place: int) -> UnitResult:
    job = _jobs[place]
    return run_unit(job.target, unit, sizes=job.sizes, people=job.people)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that are begun meanwhile count with one thread each."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(slots=True)
class _Pace:
    """How many units are done, how fast, and how long the others will take."""

    total: int
    kept: int
    begun: float = field(default_factory=time.monotonic)
    ran: int = 0

    def words(self) -> str:
        """Say the rate, and the time left."""
        seconds = max(time.monotonic() - self.begun, 1e-3)
        if not self.ran:
            return ""
        rate = self.ran / seconds
        left = (self.total - self.kept - self.ran) / rate
        return f"{60 * rate:.0f} a minute, {_duration(left)} left"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {seconds:.0f} seconds"
    return f"about {seconds / 60:.0f} minutes"


@contextlib.contextmanager
def _shown(total: int, kept: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal, and elsewhere a line now and then, on standard error."""
    pace = _Pace(total, kept)
    if kept:
        click.echo(f"{kept} of {total} units were done before and are taken up", err=True)
    if not sys.stderr.isatty():
        yield _lines(pace)
        return
    columns = (
        TextColumn("{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("attacking", total=total, completed=kept, pace="")

        def told(what: str) -> None:
            pace.ran += 1
            bars.update(task, advance=1, description=what, pace=pace.words())

        yield told


def _lines(pace: _Pace) -> Callable[[str], None]:
    last = pace.begun

    def told(_: str) -> None:
        nonlocal last
        pace.ran += 1
        now = time.monotonic()
        if now - last >= _EVERY_SECONDS:
            last = now
            click.echo(f"{pace.kept + pace.ran} of {pace.total} units done, {pace.words()}", err=True)

    return told
