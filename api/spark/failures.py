"""What a cluster's failures mean, in words that say how to mend them.

Spark's own messages are long, and may quote paths and plans; they are in the cluster's log.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from linkage.errors import ClewError, InputError

__all__ = ["NO_SPARK", "ClusterError", "no_spark", "spoken"]

NO_SPARK: Final = "[linkage] engine: this installation has no Spark"

_MISSING: Final = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z0-9_.]{1,60})'")
_OTHER_CODE: Final = "another release of Clew"
_CHANGED: Final = "was changed since it was written"
_NO_START: Final = re.compile(r"JAVA_GATEWAY_EXITED|UnsupportedClassVersionError")
_MEMORY: Final = re.compile(r"MemoryError|OutOfMemoryError|Python worker exited unexpectedly")


class ClusterError(ClewError):
    """A cluster cannot be reached, or gave up a job."""

    usual_hint = "see the cluster's own log; then retry the job"


def no_spark(missing: str) -> InputError:
    """Return the error for an installation without the packages of extra ``spark``."""
    return InputError(
        f"{NO_SPARK} ({missing} is missing)",
        hint="install requirements/spark.txt, or the extra: pip install 'clew[spark]'; "
        'or set [linkage] engine = "local"',
    )


@contextmanager
def spoken() -> Iterator[None]:
    """Turn what Spark raises in the block into a :class:`ClusterError`."""
    from grpc import RpcError
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException, RpcError) as error:
        raise _said(str(error)) from None


def _said(message: str) -> ClusterError:
    missing = _MISSING.search(message)
    if missing is not None:
        return ClusterError(
            f"the cluster's machines have no Python package {missing[1]}",
            hint="docs/operations/spark.md says what has to be there; or set [spark] ship_code = true",
        )
    if _OTHER_CODE in message:
        return ClusterError(
            "the cluster's machines have another release of Clew than the linking worker",
            hint="install the same one there, or set [spark] ship_code = true",
        )
    if _CHANGED in message:
        return ClusterError(
            "the cluster's storage: staged rows were changed since they were written",
            hint="find out who can write to the staging folder; then retry the job",
        )
    if _NO_START.search(message):
        return ClusterError(
            "Spark could not be started on this machine",
            hint="look at what stands before this in the log; it needs Java 17 or newer",
        )
    if _MEMORY.search(message):
        return ClusterError(
            "the cluster's machines ran out of memory",
            hint="give Python workers more room, or set a smaller [spark] strip_rows",
        )
    return ClusterError("the cluster gave up a job of the linkage")
