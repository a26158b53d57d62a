"""A bar for each stage on standard error, and only where somebody is looking."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["Stages", "stages"]

Advance = Callable[[int], None]
"""Told how much of a stage is done so far."""


class Stages:
    """Shows stages one after another; without a terminal it shows nothing."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def stage(self, name: str, total: int | None = None) -> Advance:
        """Begin a stage, ending the one before; returns what to tell about progress in it."""
        progress = self._progress
        if progress is None:
            return lambda _: None
        for task in progress.tasks:
            if not task.finished:
                progress.update(task.id, total=task.completed or 1, completed=task.completed or 1)
        added = progress.add_task(name, total=total)
        return lambda done: progress.update(added, completed=done)


@contextlib.contextmanager
def stages() -> Iterator[Stages]:
    """Show bars on standard error for the length of a block, if it is a terminal."""
    if not sys.stderr.isatty():
        yield Stages(None)
        return
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        shown = Stages(progress)
        yield shown
        shown.stage("done", 1)(1)
