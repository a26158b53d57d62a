"""On a standalone cluster, a master and workers that know one secret and encrypt, persons are the same."""

import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.spark.engine import SparkEngine
from linkage.match.linkage import link
from tests.support import spark, spark_worlds
from tests.test_spark_links_as_locally import _require_same


@dataclass(frozen=True)
class Standalone:
    """An engine whose cluster is processes of their own, its staging folder, and their logs."""

    engine: SparkEngine
    staging: Path
    logs: tuple[Path, ...]


@contextlib.contextmanager
def daemon(home: Path, log: Path, *words: str) -> Iterator[None]:
    """Run one of Spark's own daemons while the block runs."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [home / "bin" / "spark-class", *words], stdout=output, stderr=output, cwd=log.parent
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int, log: Path) -> None:
    for _ in range(1200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.25)
    raise AssertionError(log.read_text()[-4000:])


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory, soak: bool) -> Iterator[Standalone]:
    if not soak:
        pytest.skip("test_spark_links_as_locally.py has a cluster in any case; run with --soak")
    spark.require()
    folder, port = tmp_path_factory.mktemp("standalone"), free_port()
    staging = folder / "staging"
    staging.mkdir()
    options = {  # as docs/operations/spark.md asks for them
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(32),
        "spark.network.crypto.enabled": "true",
    }
    of_master, address = folder / "master.log", f"spark://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--webui-port", "0")
    deploy = "org.apache.spark.deploy"
    logs = [of_master]
    with spark.home(folder, **options) as home, contextlib.ExitStack() as stack:
        master = (f"{deploy}.master.Master", *here, "--port", str(port))
        stack.enter_context(daemon(home, of_master, *master))
        wait_for(port, of_master)
        for name in ("one", "other"):
            logs.append(folder / f"{name}.log")
            size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / name))
            worker = (f"{deploy}.worker.Worker", *here, *size, address)
            stack.enter_context(daemon(home, logs[-1], *worker))
        yield Standalone(stack.enter_context(spark.engine(address, staging)), staging, tuple(logs))


@pytest.mark.parametrize(("name", "people"), [("febrl3", 5000), ("demo", 700)])
def test_persons_are_the_same_there(standalone: Standalone, name: str, people: int) -> None:
    sources, profile = spark_worlds.world(name, people)
    rows = sum(len(source.encodings) for source in sources)
    standalone.engine._strip_rows = -(-rows // 3)
    found = link(sources, profile, engine=standalone.engine)
    _require_same(found, spark_worlds.linked_here(name, people))
    assert list(standalone.staging.iterdir()) == []
