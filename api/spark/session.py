"""Opening a session with a cluster, or saying what is missing for one."""

import importlib.util
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from api.spark.engine import SparkEngine
from api.spark.failures import ClusterError, no_spark, spoken
from api.spark.running import Cluster
from api.spark.same_code import code_archive
from linkage.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from api.spark.settings import SparkSettings

__all__ = ["open_engine"]

_PACKAGES: Final = ("pyspark", "pyarrow", "pandas", "grpc")
_PORTS: Final = {"sc": 15002, "spark": 7077}
_SECONDS_TO_REACH: Final = 10.0

_CELLS_AT_A_TIME: Final = 16
"""Cells of some megabytes that are handed to a Python worker at once."""


@contextmanager
def open_engine(settings: "SparkSettings") -> Iterator[SparkEngine]:
    """Open a session as the settings say, and end it with the block.

    Raises :class:`InputError` where something is missing here and :class:`ClusterError` where the cluster
    cannot be reached, each saying how to mend it.
    """
    for package in _PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise no_spark(package)
    connect = settings.master.startswith("sc://")
    if not connect:
        _require_java()
    _require_reachable(settings.master)
    with tempfile.TemporaryDirectory(prefix="clew-spark-") as folder, _ended(connect=connect) as opened:
        with spoken():
            session = _connected(settings) if connect else _driven(settings)
            opened.append(session)
            _set(session, settings)
            if settings.ship_code:
                _ship(session, Path(folder))
        yield SparkEngine(
            Cluster(session, connect=connect),
            settings.staging,
            strip_rows=settings.strip_rows,
            partitions=settings.partitions,
        )


@contextmanager
def _ended(*, connect: bool) -> "Iterator[list[SparkSession]]":
    """End the sessions that the block opens, and what each leaves behind in this process and beside it."""
    opened: list[SparkSession] = []
    try:
        yield opened
    finally:
        for session in opened:
            with suppress(ClusterError), spoken():
                session.stop()
        if connect:
            os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)  # or a driver of its own would not start here
        else:
            _end_driver()


def _connected(settings: "SparkSettings") -> "SparkSession":
    from pyspark.sql import SparkSession

    _require_connect(settings.master)
    # A token comes from the environment (SPARK_CONNECT_AUTHENTICATE_TOKEN): settings hold no secrets.
    return SparkSession.builder.remote(settings.master).create()


def _require_connect(master: str) -> None:
    """Have a server that speaks something else found out in seconds; the session would try for minutes."""
    import grpc
    from pyspark.sql.connect.client.core import DefaultChannelBuilder

    with DefaultChannelBuilder(master).toChannel() as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=_SECONDS_TO_REACH)
        except grpc.FutureTimeoutError:
            raise ClusterError(
                "[spark] master: what answers there is no Spark Connect server, or one with TLS where the "
                "address names none, or the other way round",
                hint="mend the address (use_ssl=true for TLS; without it a token goes to localhost alone)",
            ) from None


def _driven(settings: "SparkSettings") -> "SparkSession":
    from pyspark.sql import SparkSession

    # The machines of a local master run this Python; others have their own (spark.pyspark.python).
    if settings.master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("clew linkage").master(settings.master)
    for name, value in {
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.maxResultSize": "0",  # what is collected is needed, and its size is told beforehand
        "spark.hadoop.fs.permissions.umask-mode": "077",
        "spark.task.maxFailures": "8",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _end_driver() -> None:
    """End the process that was the driver: it would hold its memory for as long as this one lives."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        process.stdin.close()  # this is how it knows
        process.wait()
    SparkContext._gateway = SparkContext._jvm = None


def _set(session: "SparkSession", settings: "SparkSettings") -> None:
    """Set what holds for this session alone."""
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(_CELLS_AT_A_TIME))
    session.conf.set("spark.sql.shuffle.partitions", str(max(settings.partitions, 2)))


def _ship(session: "SparkSession", folder: Path) -> None:
    archive = folder / "clew.zip"
    archive.write_bytes(code_archive())
    session.addArtifacts(str(archive), pyfile=True)


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    found = (Path(home) / "bin" / "java").is_file() if home else shutil.which("java") is not None
    if not found:
        raise InputError(
            "[spark] master: this machine has no Java, and a driver of its own needs one",
            hint="install Java 17 (Debian: openjdk-17-jre-headless) or set JAVA_HOME; "
            "by Spark Connect (sc://) none is needed here",
        )


def _require_reachable(master: str) -> None:
    """Try the address first: Spark itself would try for minutes."""
    parts = urlsplit(master)
    if parts.scheme not in _PORTS or parts.hostname is None:
        return
    port = parts.port or _PORTS[parts.scheme]
    try:
        socket.create_connection((parts.hostname, port), _SECONDS_TO_REACH).close()
    except OSError as error:
        reason = (error.strerror or "no answer").lower()
        raise ClusterError(
            f"[spark] master: {parts.hostname} at port {port} cannot be reached: {reason}",
            hint="start the cluster, or mend the address; then retry the job",
        ) from None
