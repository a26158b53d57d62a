"""What was opened and found to be as proposed, kept while a publisher looks at it.

A release of every table takes seconds to open, and each of its pages needs it.  What is kept is named by a
digest of the sealed bytes and of the proposal: whatever changes in the database is opened and verified anew.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["OpenedParts"]

T = TypeVar("T")


class OpenedParts(Generic[T]):
    """The last few parts that one process opened."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, str, bytes], T] = OrderedDict()

    def of(self, number: int, proposal: str, sealed: bytes, open_it: Callable[[], T]) -> T:
        """Return what these bytes of a release hold; ``proposal``: digest of what it is verified against."""
        key = (number, proposal, hashlib.sha256(sealed).digest())
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            # In the lock: two who look at the same release at once would both open it.
            found = self._kept[key] = open_it()
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found
