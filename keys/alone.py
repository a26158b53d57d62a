"""One command at a time: what two make of one secret at once would fit together with nothing."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from keys.files import name_of
from linkage.errors import InputError

__all__ = ["alone"]


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other commands from a secret's file for the length of a block, if the system can.

    A file that is not there is nobody's.  Raises :class:`InputError` where another command is at work.
    """
    with contextlib.ExitStack() as held:
        if path.exists() and sys.platform != "win32":  # there a lock would keep the block itself from reading
            descriptor = os.open(path, os.O_RDONLY)
            held.callback(os.close, descriptor)
            _lock(descriptor, path)
        yield


def _lock(descriptor: int, path: Path) -> None:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"{name_of(path)}: another command is at work here", hint="wait until it has ended"
        ) from None
    except OSError:  # some network drives lock nothing
        return
