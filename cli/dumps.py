"""No image of a process's memory on disk: it would hold passphrases, shares and keys in clear."""

import contextlib
import ctypes
import sys

__all__ = ["leave_no_dump"]

_PR_SET_DUMPABLE = 4


def leave_no_dump() -> None:
    """Let the system write no dump of this process, nor other processes of this account read its memory.

    The limit holds where a dump would be a file; on Linux the flag also holds where a program takes it.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
