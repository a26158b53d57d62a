"""By Spark Connect the driver is somebody else's, and persons, code and an empty folder are the same."""

import contextlib
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import select

from api.store import persons, schema
from linkage.match.linkage import link
from tests.support import spark, spark_worlds
from tests.support.served import served_unit
from tests.support.unit import make_sent
from tests.support.working import working
from tests.test_spark_links_as_locally import _require_same

_TOKEN = "a-token-of-the-test"


@dataclass(frozen=True)
class Server:
    address: str
    staging: Path
    log: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    spark.require()
    folder = tmp_path_factory.mktemp("connect")
    staging, log = folder / "staging", folder / "log"
    staging.mkdir()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    options = {
        "spark.connect.grpc.binding.port": str(port),
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.authenticate.token": _TOKEN,
    }
    with (
        spark.home(folder, **options) as home,
        log.open("wb") as output,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", _TOKEN)
        process = subprocess.Popen(
            [home / "bin" / "spark-submit", "--master", "local[2]",
             "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"],
            stdout=output, stderr=output, cwd=folder,
        )  # fmt: skip
        try:
            _wait_until_ready(port, process, log)
            yield Server(f"sc://localhost:{port}", staging, log)  # a token goes without TLS to no other
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text()[-4000:]
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.25)
    raise AssertionError("Spark Connect did not start")


def test_persons_are_the_same_and_nothing_readable_is_left(server: Server, soak: bool) -> None:
    if not soak:
        pytest.skip("the linking worker links there in any case; run with --soak")
    name, people = "febrl3", 5000
    sources, profile = spark_worlds.world(name, people)
    rows = sum(len(source.encodings) for source in sources)
    said: list[tuple[int, int]] = []
    with spark.engine(server.address, server.staging, strip_rows=max(256, rows // 2 + 1)) as engine:
        assert engine.name.startswith("spark 4.")
        found = link(sources, profile, engine=engine, progress=lambda *done: said.append(done))
    _require_same(found, spark_worlds.linked_here(name, people))
    assert said[-1][0] == said[-1][1] > 0
    assert list(server.staging.iterdir()) == []


def test_the_code_of_tasks_comes_with_the_linkage(server: Server) -> None:
    def where(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import api.spark.same_code
        import linkage

        for _ in batches:
            names = [linkage.__file__, api.spark.same_code.code_digest()]
            yield pa.RecordBatch.from_arrays([pa.array(names)], names=["name"])

    from api.spark.same_code import code_digest

    with spark.engine(server.address, server.staging, ship_code=True) as engine:
        session = engine._cluster.session
        found = session.range(1, numPartitions=1).mapInArrow(where, "name string").toArrow()
    place, digest = found["name"].to_pylist()
    assert "clew.zip" in place
    assert digest == code_digest()


def test_a_linking_worker_that_is_set_so_links_there_and_says_so(server: Server, tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        for desk in (served.council, served.police):
            served.client(desk).submit(make_sent(served.unit, desk, children=range(30)))
        _set(
            served.unit.folder.settings,
            engine='"spark"',
            master=f'"{server.address}"',
            staging=f'"{server.staging}"',
            ship_code="false",
        )
        with working(served.unit) as workers:
            workers.settle()
            with workers.database.read() as connection:
                members = persons.members(connection)
                pinned = connection.execute(select(schema.link_run_inputs)).all()
    assert len(members) == 60
    assert len({one.person for one in members}) == 30
    assert {one.engine.split(".")[0] for one in pinned} == {"spark 4"}
    assert any("comparisons" in line for line in workers.said)
    assert list(server.staging.iterdir()) == []


def _set(path: Path, **settings: str) -> None:
    text = path.read_text()
    for name, value in settings.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    path.write_text(text)


def test_a_wrong_token_is_refused_in_our_words(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from linkage.errors import ClewError

    monkeypatch.setenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", "another")
    with pytest.raises(ClewError) as refused, spark.engine(server.address, server.staging):
        pass
    assert "another" not in str(refused.value)


def test_a_server_that_speaks_something_else_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linkage.errors import ClewError

    spark.require()
    monkeypatch.setattr("api.spark.session._SECONDS_TO_REACH", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        closing = threading.Thread(target=_hang_up, args=(other,), daemon=True)
        closing.start()
        address = f"sc://localhost:{other.getsockname()[1]}"
        with pytest.raises(ClewError, match="no Spark Connect server"), spark.engine(address, tmp_path):
            pass


def _hang_up(server: socket.socket) -> None:
    """Take every connection, and end it."""
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()
