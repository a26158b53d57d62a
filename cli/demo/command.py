"""``clew demo``: the whole path in a made-up world, over a real socket, against the truth."""

import contextlib
import datetime as dt
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.demo import stages
from cli.demo.outcome import Outcome, Timing, gather, show
from cli.demo.parties import wait_for_file
from cli.demo.world_files import joined_903
from keys.files import private_folder
from linkage.errors import InputError
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
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same world.")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep every party's folder here (must not exist yet)."
)
@click.option(
    "--ssda903",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Instead of a made-up world join this folder's 903 return (no names) to made-up names.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures as JSON.")
def demo(children: int, seed: int, keep: Path | None, ssda903: Path | None, json_file: Path | None) -> None:
    """Play the whole path in a made-up world, every party a process of its own.

    Two councils, a police force, three key custodians and a linkage unit: key ceremony, encoding, signed
    submission over HTTP, linkage, reconciliation, and each agency's report; then the result beside the
    truth that only the simulator knows.  Nothing is left running; without --keep nothing is left at all.
    """
    with _folder(keep) as folder:
        imagine = partial(simulate, children, seed) if ssda903 is None else partial(joined_903, ssda903, seed)
        outcome = play(folder, imagine)
        show(outcome, Console(), kept=keep is not None)
        if json_file is not None:
            json_file.write_text(json.dumps(outcome.as_json(), indent=1) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="clew-demo-") as name:
            yield Path(name)
        return
    if keep.exists():
        raise InputError(
            f"the folder {keep.name} exists already", hint="give --keep a folder that is not there yet"
        )
    yield private_folder(keep.absolute())


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


def play(folder: Path, imagine: Callable[[], World]) -> Outcome:
    """Play a world in a folder and return what came out of it."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        watch = _Stopwatch(progress)
        with watch.stage("imagining the world", 1) as done:
            world = imagine()
            cast = stages.make_cast(world, folder)
            done()
        _prepare(cast, world, watch)
        _serve_and_report(cast, watch)
    return gather(world, cast, watch.timings)


def _prepare(cast: stages.Cast, world: World, watch: _Stopwatch) -> None:
    start, end = world.period
    period = f"{start.isoformat()}..{end.isoformat()}"
    with watch.stage(stages.CEREMONY, 3 * len(cast.custodians) + stages.THRESHOLD) as done:
        descriptor = stages.ceremony(cast, *_epoch_dates(start), done)
    with watch.stage(stages.ENROLMENT, len(cast.desks)) as done:
        stages.enrol(cast, descriptor, done)
    with watch.stage(stages.ENCODE, len(cast.desks)) as done:
        stages.encode(cast, period, done)


def _epoch_dates(start: dt.date) -> tuple[str, str]:
    """Return an epoch that is open today, whenever the world's records are from."""
    today = dt.datetime.now(tz=dt.UTC).date()
    return min(start, today).isoformat(), (today + dt.timedelta(days=3 * 365)).isoformat()


def _serve_and_report(cast: stages.Cast, watch: _Stopwatch) -> None:
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
        url = wait_for_file(ready, service)
        with watch.stage(stages.SUBMIT, 2 * len(cast.desks)) as done:
            stages.submit(cast, url, workers, done)
        with watch.stage(stages.RECONCILE, 1) as done:
            stages.reconcile(cast, url, workers, done)
        with watch.stage(stages.REPORTS, len(cast.desks)) as done:
            stages.report(cast, url, done)
