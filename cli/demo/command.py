"""``clew demo``: the whole path in a made-up world, over a real socket, against the truth."""

import contextlib
import datetime as dt
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from subprocess import Popen

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.demo import stages
from cli.demo.outcome import Outcome, Timing, gather, show
from cli.demo.parties import wait_for_file
from cli.demo.rotation import ROTATION, rotated, steps_of
from cli.demo.world_files import joined_903, write_labelled
from keys.files import private_folder
from linkage.errors import InputError
from linkage.lab.burdens import read_burden
from linkage.lab.world import World, simulate

__all__ = ["demo", "play"]


@click.command()
@click.option(
    "--children",
    type=click.IntRange(50, 50_000),
    default=2000,
    show_default=True,
    help="Children in the world.",
)
@click.option("--councils", type=click.IntRange(1, 60), default=2, show_default=True, help="Councils in it.")
@click.option(
    "--forces", type=click.IntRange(1, 43), default=1, show_default=True, help="Police forces in it."
)
@click.option("--years", type=click.IntRange(1, 5), default=1, show_default=True, help="Years that it lasts.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same world.")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep every party's folder here (must not exist yet)."
)
@click.option(
    "--ssda903",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Instead of a made-up world join this folder's 903 return (no names) to made-up names.",
)
@click.option(
    "--burden",
    "burdens",
    multiple=True,
    metavar="TEXT",
    help="Spoil one group's records: 'ethnicity=black misspelt=0.3 missing=0.2'.",
)
@click.option(
    "--labelled",
    type=click.Path(path_type=Path),
    help="Play nothing: write the world here as labelled data for `clew evaluate` (must not exist yet).",
)
@click.option("--rotate", is_flag=True, help="Also make a new key, encode everything again, destroy the old.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures as JSON.")
def demo(
    children: int,
    councils: int,
    forces: int,
    years: int,
    seed: int,
    keep: Path | None,
    ssda903: Path | None,
    burdens: tuple[str, ...],
    labelled: Path | None,
    rotate: bool,  # noqa: FBT001
    json_file: Path | None,
) -> None:
    """Play the whole path in a made-up world, every party a process of its own.

    Councils and police forces, three key custodians and a linkage unit: key ceremony, encoding, signed
    submission over HTTP, linkage, reconciliation, and each agency's report; then the result beside the
    truth that only the simulator knows.  Nothing is left running; without --keep nothing is left at all.
    """
    if ssda903 is not None and burdens:
        raise InputError("--burden spoils records of a made-up world", hint="leave out --ssda903")
    spoilt = [read_burden(text) for text in burdens]
    imagine = (
        partial(simulate, children, seed, councils=councils, forces=forces, years=years, burdens=spoilt)
        if ssda903 is None
        else partial(joined_903, ssda903, seed)
    )
    if labelled is not None:
        _check_new(labelled, "--labelled")
        write_labelled(imagine(), labelled)
        click.echo(f"labelled data: {labelled}; read them with `clew evaluate`", err=True)
        return
    with _folder(keep) as folder:
        outcome = play(folder, imagine, rotate=rotate)
        show(outcome, Console(), kept=keep is not None)
        if json_file is not None:
            json_file.write_text(json.dumps(outcome.as_json(), indent=1) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="clew-demo-") as name:
            yield Path(name)
        return
    _check_new(keep, "--keep")
    yield private_folder(keep.absolute())


def _check_new(folder: Path, option: str) -> None:
    if folder.exists():
        raise InputError(
            f"the folder {folder.name} exists already", hint=f"give {option} a folder that is not there yet"
        )


@dataclass(slots=True)
class _Stopwatch:
    """Shows each stage's progress and notes what it took."""

    progress: Progress
    timings: list[Timing] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str, steps: int) -> Iterator[Callable[[], None]]:
        """Time one stage; the block calls what it is given once a step."""
        task = self.progress.add_task(name, total=steps)
        begun = time.perf_counter()
        yield lambda: self.progress.advance(task)
        self.progress.update(task, completed=steps)
        self.timings.append(Timing(name, time.perf_counter() - begun))


def play(folder: Path, imagine: Callable[[], World], *, rotate: bool = False) -> Outcome:
    """Play a world in a folder and return what came out of it."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        watch = _Stopwatch(progress)
        with watch.stage("imagining the world", 1) as done:
            world = imagine()
            cast = stages.make_cast(world, folder)
            done()
        today = dt.datetime.now(tz=dt.UTC).date()
        closes = (today + dt.timedelta(days=3 * 365)).isoformat()
        _prepare(cast, world, (min(world.period[0], today - dt.timedelta(days=1)).isoformat(), closes), watch)
        with _served(cast) as (url, workers):
            _submit_and_report(cast, url, workers, watch)
            outcome = gather(world, cast)
            if rotate:
                next_epoch = (today.isoformat(), closes)
                with watch.stage(ROTATION, steps_of(cast)) as done:
                    rotation = rotated(cast, url, workers, next_epoch, _days(world), done)
                outcome = replace(outcome, rotation=rotation)
    peaks = {stage: usage.peak_mib for stage, usage in cast.usage.items()}
    return replace(outcome, timings=watch.timings, peaks=peaks)


def _prepare(cast: stages.Cast, world: World, dates: tuple[str, str], watch: _Stopwatch) -> None:
    with watch.stage(stages.IDENTITIES, len(cast.custodians) + len(cast.desks)) as done:
        stages.make_identities(cast, done)
    with watch.stage(stages.CEREMONY, 2 * len(cast.custodians) + stages.THRESHOLD) as done:
        descriptor = stages.ceremony(cast, stages.FIRST_EPOCH, *dates, done)
    with watch.stage(stages.ENROLMENT, len(cast.desks)) as done:
        stages.enrol(cast, descriptor, done)
    with watch.stage(stages.ENCODE, len(cast.desks)) as done:
        stages.encode(cast, _days(world), done)


def _days(world: World) -> str:
    start, end = world.period
    return f"{start.isoformat()}..{end.isoformat()}"


@contextlib.contextmanager
def _served(cast: stages.Cast) -> Iterator[tuple[str, dict[str, Popen[bytes]]]]:
    """Let the unit's server and both its workers run; yields the URL and the workers."""
    data = ("--data", cast.data)
    ready = cast.unit.folder / "url.txt"
    serving = ("register", "serve", *data, "--port", "0", "--ready-file", ready)
    with contextlib.ExitStack() as running:
        service = running.enter_context(cast.unit.running(*serving, usage=cast.measured("serve")))
        workers = {
            f"{name} worker": running.enter_context(
                cast.unit.running("register", "work", name, *data, usage=cast.measured(f"{name} worker"))
            )
            for name in ("linking", "register")
        }
        yield wait_for_file(ready, service), workers


def _submit_and_report(
    cast: stages.Cast, url: str, workers: dict[str, Popen[bytes]], watch: _Stopwatch
) -> None:
    with watch.stage(stages.SUBMIT, 2 * len(cast.desks)) as done:
        stages.submit(cast, url, workers, done)
    with watch.stage(stages.RECONCILE, 1) as done:
        stages.close_cycle(cast, url, workers, done)
    with watch.stage(stages.REPORTS, len(cast.desks)) as done:
        stages.report(cast, url, done)
