"""Where a cluster cannot be had, whoever runs the unit is told why and what to do, in a sentence."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from api.comparison_journal import ComparisonJournal
from api.link_engine import link_engine
from api.policy_settings import LinkageSettings
from api.secret_files import read_worker_key
from api.spark import session
from api.spark.failures import ClusterError, _said
from api.spark.settings import SparkSettings
from linkage.errors import ClewError, InputError
from linkage.shipped_profiles import shipped_profile
from tests.support.unit import make_unit

ROOT = Path(__file__).parents[1]


def _open(master: str, folder: Path) -> ClewError:
    linkage, spark = LinkageSettings(engine="spark"), SparkSettings(master=master, staging=str(folder))
    key = read_worker_key(make_unit(folder / "data").folder.linking_key, "linking-worker")
    opened = link_engine(linkage, spark, ComparisonJournal(folder, key), shipped_profile("child-1"), print)
    with pytest.raises(ClewError) as refused, opened:
        pass
    assert refused.value.hint
    return refused.value


@pytest.mark.parametrize("package", ["pyspark", "pyarrow", "pandas", "grpc"])
def test_a_package_that_is_missing_is_named_with_what_to_install(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        session.importlib.util, "find_spec", lambda name: None if name == package else there(name)
    )
    error = _open("local[1]", tmp_path)
    assert isinstance(error, InputError)
    assert f"no Spark ({package} is missing)" in str(error)
    assert "requirements/spark.txt" in error.hint
    assert 'engine = "local"' in error.hint


def test_without_java_a_driver_is_refused_and_spark_connect_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    error = _open("local[1]", tmp_path)
    assert "no Java" in str(error)
    assert "openjdk-17-jre-headless" in error.hint
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    assert "no Java" in str(_open("local[1]", tmp_path / "2"))
    assert "cannot be reached" in str(_open(f"sc://127.0.0.1:{_closed_port()}", tmp_path / "3"))


@pytest.mark.parametrize("scheme", ["sc", "spark"])
def test_a_cluster_that_does_not_answer_is_named_at_once(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_require_java", lambda: None)
    port = _closed_port()
    error = _open(f"{scheme}://127.0.0.1:{port}", tmp_path)
    assert isinstance(error, ClusterError)
    assert f"127.0.0.1 at port {port} cannot be reached: connection refused" in str(error)


@pytest.mark.parametrize(
    ("message", "told", "hint"),
    [
        (
            "ModuleNotFoundError: No module named 'numba'",
            "no Python package numba",
            "docs/operations/spark.md",
        ),
        (
            "linkage.errors.VersionError: ... another release of Clew than",
            "another release",
            "ship_code = true",
        ),
        ("VerificationError: rows 1/2 was changed since it was written", "were changed", "staging folder"),
        ("[JAVA_GATEWAY_EXITED] Java gateway process exited", "could not be started", "Java 17"),
        ("java.lang.OutOfMemoryError: Java heap space", "ran out of memory", "strip_rows"),
        ("Job aborted: /secret/path", "gave up a job", "cluster's own log"),
    ],
)
def test_what_a_cluster_says_comes_in_our_words_and_quotes_nothing(
    message: str, told: str, hint: str
) -> None:
    error = _said(message)
    assert told in error.message
    assert hint in error.hint
    assert "/secret/path" not in str(error)


def test_the_linking_worker_loads_nothing_of_spark_unless_it_is_asked_to() -> None:
    probe = "import sys, api.linking_worker, api.link_engine; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded & {"pyspark", "pyarrow", "pandas", "grpc", "py4j"} == set()


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
