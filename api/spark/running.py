"""Jobs on a cluster that are watched while they run, and called off when their linkage is."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from api.spark.failures import spoken

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Cluster"]

_T = TypeVar("_T")

_LOOK_EVERY: Final = 0.5
"""Seconds between two looks at a running job."""


class Cluster:
    """A session with a cluster; ``connect``: by Spark Connect, else this process is the driver itself."""

    def __init__(self, session: "SparkSession", *, connect: bool) -> None:
        self.session, self.connect = session, connect
        self._tasks, self._share = 0, 0.0
        if connect:
            session.registerProgressHandler(cast("Any", self._heard))

    def run(
        self,
        what: str,
        action: Callable[[], _T],
        tell: Callable[[float], None] | None = None,
        *,
        tasks: int = 0,
    ) -> _T:
        """Run an action of the cluster and return what it returns; its jobs bear a tag that begins so.

        ``tell`` gets, about twice a second, which share is done of the stage known by how many ``tasks``
        it has; where it raises, the action's jobs are cancelled.  Raises :class:`ClewError` where the cluster
        fails.
        """
        tag = f"clew-{what}-{os.urandom(8).hex()}"
        self._tasks, self._share = tasks, 0.0
        with ThreadPoolExecutor(1, thread_name_prefix="spark") as pool:
            running = pool.submit(self._tagged, tag, action)
            try:
                while not wait([running], timeout=_LOOK_EVERY).done:
                    if not self.connect:
                        self._look()
                    if tell is not None:
                        tell(self._share)
                return running.result()
            except BaseException:
                if not running.done():
                    self.session.interruptTag(tag)
                raise

    def _tagged(self, tag: str, action: Callable[[], _T]) -> _T:
        self.session.addTag(tag)
        try:
            with spoken():
                return action()
        finally:
            self.session.removeTag(tag)

    def _look(self) -> None:
        tracker = self.session.sparkContext.statusTracker()
        for stage in sorted(tracker.getActiveStageIds()):
            info = tracker.getStageInfo(stage)
            if info is not None:
                self._note(info.numTasks, info.numCompletedTasks)

    def _heard(self, stages: Iterable[Any] | None, **_others: object) -> None:
        for stage in sorted(stages or (), key=lambda stage: int(stage.stage_id)):
            self._note(stage.num_tasks, stage.num_completed_tasks)

    def _note(self, tasks: int, done: int) -> None:
        if tasks and tasks == self._tasks:
            self._share = done / tasks
