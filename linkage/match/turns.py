"""Tasks of many threads whose results are taken in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_turn"]

_T = TypeVar("_T")


def in_turn(tasks: Iterable[Callable[[], _T]], pool: ThreadPoolExecutor, ahead: int) -> Iterator[_T]:
    """Yield the results of tasks in their order, at most ``ahead`` begun before they are asked for."""
    waiting: deque[Future[_T]] = deque()
    try:
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
