"""Acts of the page: one at a time, with progress, stopped without a trace, failing without secrets."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from cli.agency.progress import Stages
from cli.desk import bundles
from cli.desk.forms import _file_name
from cli.desk.work import Work
from linkage.errors import InputError
from tests.support.agency_desk import (  # noqa: F401 (fixtures)
    PHRASE,
    Desk,
    desk,
    epoch,
    unit,
    write_council,
)
from tests.support.desk_page import PERIOD, Forms, client_of, desk_page, upload

SECRET = "Surnamecanary and a passphrase"


def _nothing(stages: Stages) -> None:
    stages.stage("something")


@contextmanager
def _under_way(work: Work) -> Iterator[threading.Event]:
    """Begin an act that goes from step to step until it is told to end."""
    end = threading.Event()

    def act(stages: Stages) -> None:
        advance = stages.stage("counting", 10)
        while not end.wait(0.01):
            advance(3)

    work.begin("Counting", act, back="/", then="/")
    try:
        yield end
    finally:
        end.set()
        assert work.task is not None
        assert work.task.ended.wait(10)


def test_one_thing_is_done_at_a_time() -> None:
    work = Work()
    with _under_way(work):
        with pytest.raises(InputError, match="one thing at a time"):
            work.begin("Another", _nothing, back="/", then="/")
        assert work.task is not None
        assert (work.task.title, work.task.percent) == ("Counting", 30)
    assert work.begin("Another", _nothing, back="/", then="/").state == "done"


def test_what_is_stopped_says_so() -> None:
    work = Work()
    with _under_way(work):
        work.stop(seconds=10)
        assert work.task is not None
        assert work.task.state == "failed"
        assert "nothing half-written" in str(work.task.error)


@pytest.mark.parametrize(
    "fault", [ValueError(SECRET), OSError(28, "No space left", SECRET), KeyError(SECRET)]
)
def test_a_fault_is_told_without_what_it_holds(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def act(stages: Stages) -> None:
        raise fault from InputError(SECRET)

    task = Work().begin("Failing", act, back="/", then="/")
    assert task.state == "failed"
    error = task.error
    assert error is not None
    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)
    for told in (error.message, error.hint, caplog.text):
        assert SECRET not in told


def test_encoding_that_is_stopped_leaves_nothing_and_can_begin_again(
    tmp_path: Path,
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reached, for_real = threading.Event(), bundles.make_bundle

    def slow(request: Any, opened: Any, stages: Stages, **named: Any) -> Any:
        reached.set()
        for step in range(2000):
            stages.stage("encoding", 2000)(step)
            time.sleep(0.01)
        return for_real(request, opened, stages, **named)

    outbox = desk.workspace / "outbox"
    with desk_page(desk.workspace) as served, client_of(served) as client:
        pages = Forms(client, served.origin)
        pages.send("/source", upload(write_council(tmp_path / "source", 3)), **PERIOD)
        pages.send("/mapping", act="shipped", shipped="council-csv")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(bundles, "make_bundle", slow)
            stopping = threading.Thread(target=lambda: (reached.wait(30), pages.send("/work")))
            stopping.start()
            Forms(client, served.origin).send("/encode", passphrase=PHRASE)
            stopping.join(30)
        assert not list(outbox.glob("*.clew"))
        assert "What never leaves" in pages.send("/encode", passphrase=PHRASE)
    assert len(list(outbox.glob("*.clew"))) == 2, "the sealed one, and the open copy"


def test_a_file_that_cannot_be_read_is_erased_and_the_one_before_stays(
    tmp_path: Path,
    desk: Desk,  # noqa: F811
) -> None:
    with desk_page(desk.workspace) as served, client_of(served) as client:
        place = Path(tempfile.gettempdir())
        pages = Forms(client, served.origin)
        pages.send("/source", upload(write_council(tmp_path / "source", 2)), **PERIOD)
        refused = pages.send(
            "/source", [("files", ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99))], **PERIOD
        )
        assert "an Excel workbook of before 2007" in refused
        assert "children.csv" in client.get("/source").text
        assert "old.xls" not in client.get("/source").text
        kept = {path.name for path in place.rglob("*") if path.is_file()}
        assert "children.csv" in kept
        assert "old.xls" not in kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\kids.csv", "kids.csv"),
        ("kids\x00.csv", "kids_.csv"),
        ("a:b|c?.csv", "a_b_c_.csv"),
        ("..hidden..", "hidden"),
        ("CON.csv", "_CON.csv"),
        ("com1", "_com1"),
        ("console.csv", "console.csv"),
    ],
)
def test_a_files_name_leads_nowhere(given: str, kept: str) -> None:
    assert _file_name(FileStorage(filename=given)) == kept


@pytest.mark.parametrize("given", ["..", "/", "", "x" * 121])
def test_a_name_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="a name that cannot be used"):
        _file_name(FileStorage(filename=given))
