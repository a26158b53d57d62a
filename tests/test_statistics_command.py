"""`clew register tables` writes what passed disclosure control, whole."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import api.disclosing
from api.manage.tables import tables
from linkage.errors import InputError
from tests.support.processes import clew
from tests.support.rounded import rounded
from tests.support.served import Served, served_unit
from tests.support.unit import make_sent

PERIOD = "2024-04-01..2025-03-31"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as opened:
        unit = opened.unit
        opened.client(opened.council).submit(make_sent(unit, opened.council, children=range(1, 9)))
        opened.client(opened.police).submit(make_sent(unit, opened.police, children=range(2, 12)))
        opened.workers.settle()
        assert opened.workers.cycle() == 1
        yield opened


def _ask(served: Served, output: Path, *more: str, period: str = PERIOD) -> None:
    arguments = ["--data", str(served.unit.folder.root), "--period", period, "--output", str(output), *more]
    done = CliRunner().invoke(tables, arguments)
    if done.exception is not None:
        raise done.exception


def test_what_is_written_passed_disclosure_control(served: Served, tmp_path: Path, soak: bool) -> None:
    output, data = tmp_path / "out", served.unit.folder.root
    some = () if soak else ("--table", "T1", "--table", "T6", "--table", "T9")
    done = clew("register", "tables", "--data", data, "--period", PERIOD, "--output", output, *some)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    found = set[str]()
    for path in output.glob("t*.csv"):
        with path.open(newline="") as stream:
            for row in csv.DictReader(stream):
                found.update(row[name] for name in ("children", "incidents", "calls") if name in row)
    assert "publish nothing but a release" in done.stderr
    assert "A draft, for the eyes" in (output / "index.html").read_text()
    assert {"c", "10"} <= found
    assert all(one in {"c", "x", "z"} or int(one) % 10 == 0 for one in found)


def test_what_passed_is_written_whole(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.disclosing, "disclosed", lambda counted: rounded(counted.tables))
    output = tmp_path / "out"
    _ask(served, output, "--table", "T1", "--table", "T9")
    names = {path.name for path in output.iterdir()}
    assert {
        "index.html",
        "tables.xlsx",
        "t1_missing-by-area.csv",
        "t9_return-interviews.svg",
    } <= names
    with (output / "t1_missing-by-area.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    (council,) = [row for row in rows if row["new_la_code"] == "E09"]
    # Eight children of the council and ten of the force, seven of them the same: eleven.
    assert (council["children"], council["incidents"], council["calls"]) == ("10", "10", "20")
    assert (council["time_period"], council["time_identifier"]) == ("202425", "Financial year")
    assert council["coverage_percent"] == "75"
    with pytest.raises(InputError, match="something in it already"):
        _ask(served, output)


def test_a_fault_while_writing_leaves_nothing(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("a fault")

    monkeypatch.setattr(api.disclosing, "disclosed", lambda counted: rounded(counted.tables))
    monkeypatch.setattr("api.publishing.files.workbook", fail)
    with pytest.raises(RuntimeError):
        _ask(served, tmp_path / "out", "--table", "T2")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2024-04-01", "without"),
        ("2024-04-01..2024-04-31", "not two days"),
        ("2025-04-01..2025-03-31", "ends before"),
        ("2024-04-02..2025-03-31", "not whole months"),
        ("1990-04-01..2025-03-31", "longer than 240 months"),
    ],
)
def test_a_period_that_is_none_is_refused(served: Served, tmp_path: Path, period: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        _ask(served, tmp_path / "out", period=period)


def test_a_table_an_area_or_a_cycle_that_is_not_there_is_refused(served: Served, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no table T17"):
        _ask(served, tmp_path / "out", "--table", "T17")
    with pytest.raises(InputError, match="not in the directory"):
        _ask(served, tmp_path / "out", "--area", "E77")
    with served_unit(tmp_path / "fresh") as fresh, pytest.raises(InputError, match="no cycle"):
        _ask(fresh, tmp_path / "out")
