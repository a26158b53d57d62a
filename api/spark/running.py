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
        self._share = 0.0
        if connect:
            session.registerProgressHandler(cast("Any", self._heard))

    def run(self, what: str, action: Callable[[], _T], tell: Callable[[float], None] | None = None) -> _T:
        """Run an action of the cluster and return what it returns; its jobs bear a tag that begins so.

        ``tell`` gets, about twice a second, which share of the last stage's tasks is done; where it raises,
        the action's jobs are cancelled.  Raises :class:`ClewError` where the cluster fails.
        """
        tag, self._share = f"clew-{what}-{os.urandom(8).hex()}", 0.0
        with ThreadPoolExecutor(1, thread_name_prefix="spark") as pool:
            running = pool.submit(self._tagged, tag, action)
            try:
                while not wait([running], timeout=_LOOK_EVERY).done:
                    if tell is not None:
                        tell(self._share if self.connect else self._looked())
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

    def _looked(self) -> float:
        tracker = self.session.sparkContext.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in sorted(tracker.getActiveStageIds())]
        last = next((stage for stage in reversed(stages) if stage is not None), None)
        return self._share if last is None else last.numCompletedTasks / max(last.numTasks, 1)

    def _heard(self, stages: Iterable[Any] | None, **_others: object) -> None:
        last = max(stages or (), key=lambda stage: stage.stage_id, default=None)
        if last is not None:
            self._share = last.num_completed_tasks / max(last.num_tasks, 1)
