"""One act at a time, in a thread of its own, with its progress for a page to show."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from cli.agency.progress import Advance, Stages
from linkage.errors import ClewError, InputError

__all__ = ["Act", "Task", "Work"]

Act = Callable[[Stages], None]
"""What is done; it is told where to say how far it is."""

_log = logging.getLogger(__name__)
_AT_ONCE_SECONDS = 0.8
"""What ends so soon needs no page of its own."""


class _StoppedError(Exception):
    """Somebody pressed stop; whatever was begun is taken back on the way out."""


@dataclass(slots=True)
class Task:
    """An act under way, or the last one: ``back`` leads to its form, ``then`` to what it made."""

    title: str
    back: str
    then: str
    state: Literal["running", "done", "failed"] = "running"
    stage: str = "beginning"
    done: int = 0
    total: int | None = None
    error: ClewError | None = None
    stopping: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> int | None:
        """How much of the stage is done, where that is known."""
        return min(100, 100 * self.done // self.total) if self.total else None

    def require_going(self) -> None:
        """Raise if somebody pressed stop."""
        if self.stopping:
            raise _StoppedError


class _TaskStages(Stages):
    """Notes the stages in a task; at each step an act that shall stop does."""

    def __init__(self, task: Task) -> None:
        super().__init__(None)
        self._task = task

    def stage(self, name: str, total: int | None = None) -> Advance:
        task = self._task
        task.require_going()
        task.stage, task.done, task.total = name, 0, total

        def advance(done: int) -> None:
            task.require_going()
            task.done = done

        return advance


class Work:
    """Begins acts, never two at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.task: Task | None = None
        self.last_ended = time.monotonic()

    @property
    def is_busy(self) -> bool:
        """Whether an act is under way."""
        return self.task is not None and self.task.state == "running"

    def begin(self, title: str, act: Act, *, back: str, then: str) -> Task:
        """Begin an act, and wait a moment for it; raises :class:`InputError` while another one runs."""
        with self._lock:
            if self.is_busy:
                raise InputError(
                    "one thing at a time: something else is still being done", hint="wait until it has ended"
                )
            task = self.task = Task(title, back, then)
            self._thread = threading.Thread(target=self._run, args=(task, act), name="act", daemon=True)
            self._thread.start()
        task.ended.wait(_AT_ONCE_SECONDS)
        return task

    def stop(self, *, seconds: float = 0.0) -> None:
        """Ask what is under way to end at its next step, and wait so long for it."""
        task = self.task
        if task is not None:
            task.stopping = True
            task.ended.wait(seconds)

    def _run(self, task: Task, act: Act) -> None:
        try:
            act(_TaskStages(task))
            task.state = "done"
        except _StoppedError:
            self._fail(
                task, InputError("stopped: nothing half-written was left", hint="begin again at any time")
            )
        except ClewError as error:
            self._fail(task, error)
        except OSError as error:
            reason = (error.strerror or "cannot be read or written").lower()
            self._fail(task, InputError(reason, hint="check the space on the disk, and who may write there"))
        except Exception as error:  # noqa: BLE001 (a page must say that it failed; never a traceback, for it may hold data)
            _log.error("an act ended with %s", type(error).__name__)
            self._fail(
                task,
                ClewError(f"clew failed with {type(error).__name__}", hint="tell its makers what you did"),
            )
        finally:
            self.last_ended = time.monotonic()
            task.ended.set()

    def _fail(self, task: Task, error: ClewError) -> None:
        task.error = error.with_traceback(None)  # frames would keep the passphrase alive
        task.error.__context__ = task.error.__cause__ = None
        task.state = "failed"
