"""A small cluster on this machine for tests: a master and two executors, each a process of its own.

The package that pip installs is no place to write to, and its executors know nothing of this checkout: a
folder of the test's own stands in for it, with what the executors are to find in their configuration.
"""

import contextlib
import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.spark.engine import SparkEngine
from api.spark.session import open_engine
from api.spark.settings import SparkSettings

ROOT = Path(__file__).parents[2]
CLUSTER = "local-cluster[2,1,1024]"


def why_not() -> str | None:
    """Say why no cluster can be started here, or return None."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed: see requirements/spark.txt"
    if _java_version() < 17:
        return "Java 17 or newer is not installed: run scripts/install-test-tools as root"
    return None


@functools.cache
def _java_version() -> int:
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else shutil.which("java")
    if java is None or not Path(java).is_file():
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    quoted = said.split('"')
    first = quoted[1].split(".")[0] if len(quoted) > 1 else ""
    return int(first) if first.isdigit() else 0


def require() -> None:
    """Skip a test, and say why, where no cluster can be started."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)


@contextlib.contextmanager
def home(folder: Path, **options: str) -> Iterator[Path]:
    """Make a folder that stands in for the installed package while the block runs; ``options``: of Spark."""
    found = importlib.util.find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    installed, place = Path(found.origin).parent, folder / "spark-home"
    (place / "conf").mkdir(parents=True)
    for name in ("bin", "jars", "python", "sbin"):
        (place / name).symlink_to(installed / name)
    usual = {
        "spark.ui.enabled": "false",
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "512m",
        # A machine that others keep busy is slow, and nobody is lost for that.
        "spark.network.timeout": "600s",
        "spark.executor.heartbeatInterval": "60s",
        "spark.python.authenticate.socketTimeout": "300s",
        "spark.local.dir": str(folder / "local"),
        # What pays in hours and costs in seconds: compiling plans and hot loops, planning anew on the way.
        "spark.driver.extraJavaOptions": _SHORT_LIVED,
        "spark.executor.extraJavaOptions": _SHORT_LIVED,
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        **options,
    }
    lines = [f"{name} {value}\n" for name, value in usual.items()]
    (place / "conf" / "spark-defaults.conf").write_text("".join(lines))
    (place / "conf" / "log4j2.properties").write_text(_QUIET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(place))
        patch.setenv("SPARK_CONF_DIR", str(place / "conf"))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(ROOT))
        yield place


_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

_QUIET = """\
rootLogger.level = error
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1}: %m%n%ex
"""


@contextlib.contextmanager
def engine(master: str, staging: Path, **settings: object) -> Iterator[SparkEngine]:
    """Open an engine as the linking worker does; executors take this checkout's own code."""
    stated = {"strip_rows": 512, "partitions": 2, "ship_code": False, **settings}
    with open_engine(SparkSettings(master=master, staging=str(staging), **stated)) as opened:  # type: ignore[arg-type]
        yield opened


def executors() -> list[int]:
    """Return the process numbers of the executors that this process's cluster has now."""
    parents, found = {}, []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            number, words = int(place.name), (place / "cmdline").read_bytes()
            parents[number] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if b"CoarseGrainedExecutorBackend" in words:
                found.append(number)
    return sorted(one for one in found if os.getpid() in _ancestors(one, parents))


def _ancestors(number: int, parents: dict[int, int]) -> Iterator[int]:
    while number in parents:
        number = parents[number]
        yield number
