"""The operator's commands about records: asked, confirmed, listed, certified, refused in words."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from api.manage import register
from linkage.errors import ClewError
from tests.support.served import Served, copied_unit, served_unit
from tests.support.traces import traces
from tests.support.unit import handle, make_sent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        for desk, children in ((opened.council, (1, 2)), (opened.police, (2, 3))):
            opened.client(desk).submit(make_sent(opened.unit, desk, children=children))
            opened.workers.settle()
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


_NAMES = register.list_commands(click.Context(register))


def _clew(served: Served, *words: str | Path) -> Result:
    group = [word for word in words[:2] if word in _NAMES or words.index(word) == 1]
    rest = list(words[len(group) :])
    return CliRunner().invoke(
        register, [*map(str, group), "--data", str(served.unit.folder.root), *map(str, rest)]
    )


def _refusal(result: Result) -> str:
    assert isinstance(result.exception, ClewError), result.output
    return f"{result.exception.message} {result.exception.hint}"


def _pseudonym(served: Served, tmp_path: Path, child: int) -> str:
    path = tmp_path / "persons.csv"
    data = str(served.unit.folder.root)
    assert CliRunner().invoke(register, ["persons", "--data", data, "--output", str(path)]).exit_code == 0
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return next(row["pseudonym"] for row in rows if row["handle"] == handle("E09", child))


def test_one_persons_records_are_asked_for_confirmed_and_certified(served: Served, tmp_path: Path) -> None:
    person = _pseudonym(served, tmp_path, 2)
    asked = _clew(served, "erase", "person", person, "--agency", "E09", "--reason", "court order")
    number, code = asked.stdout.strip().split("\t")
    assert "nothing was erased yet" in asked.stderr
    output = tmp_path / "certificate.json"
    waiting = _refusal(_clew(served, "erase", "certificate", number, "--output", output))
    assert "is not done: it is asked" in waiting
    assert "confirm it first" in waiting
    assert "not the one" in _refusal(_clew(served, "erase", "confirm", number, "--code", "0" * 8))
    assert _clew(served, "erase", "confirm", number, "--code", code).exit_code == 0
    served.workers.settle()
    listed = _clew(served, "erase", "list").stdout.split("\t")
    assert (listed[1:5], listed[6].strip()) == (["person", "E09", "1", "done"], "court order")
    left = served.unit.folder.root / ".moment.0123456789ab"  # of a backup that was killed
    left.mkdir()
    (left / "0").write_bytes(b"a body under its second name")
    for _ in range(2):
        done = _clew(served, "erase", "certificate", number, "--output", output)
        assert done.stdout.strip() == str(output)
    assert not left.exists()
    card = str(served.unit.folder.unit_card)
    checked = CliRunner().invoke(register, ["certificate", "check", str(output), "--unit", card])
    assert "one person's records from agency E09: 1" in checked.stdout
    assert "erased: 1 rows of encodings" in checked.stdout
    assert "left: backups made before" in checked.stdout
    assert traces(served.unit, served.workers.database, [handle("E09", 2)]) == []
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "something else" in _refusal(_clew(served, "erase", "certificate", number, "--output", other))


def test_an_agency_is_asked_for_and_abandoned(served: Served) -> None:
    asked = _clew(served, "erase", "agency", "E09", "--reason", "left")
    assert "2 child records" in asked.stderr
    number = asked.stdout.split("\t")[0]
    assert _clew(served, "erase", "abandon", number).exit_code == 0
    assert "waits to be confirmed" in _refusal(_clew(served, "erase", "abandon", number))
    assert _clew(served, "erase", "list").stdout == ""


def test_what_does_not_exist_is_refused_in_words(served: Served, tmp_path: Path) -> None:
    refusals = {
        (
            "erase",
            "person",
            "P-AAAAAAAAAAAAAAAA",
            "--agency",
            "E09",
            "--reason",
            "x",
        ): "never had a key of generation 0",
        ("erase", "agency", "E99", "--reason", "x"): "was ever enrolled",
        ("erase", "confirm", "7", "--code", "x"): "no erasure 7",
        ("erase", "certificate", "7", "--output", str(tmp_path / "c")): "no erasure 7",
        ("link", "undo", "7"): "no decision 7",
        ("link", "join", "E09:xyz", "E09:abc", "--reason", "x"): "AGENCY:HANDLE",
    }
    for words, expected in refusals.items():
        assert expected in _refusal(_clew(served, *words))


def test_links_are_decided_listed_and_undone(served: Served) -> None:
    one, other = f"E09:{handle('E09', 1)}", f"P01:{handle('P01', 3)}"
    number = _clew(served, "link", "keep-apart", one, other, "--reason", "twins").stdout.strip()
    again = _clew(served, "link", "keep-apart", other, one, "--reason", "twins")
    assert (again.stdout.strip(), "was decided already" in again.stderr) == (number, True)
    refused = _clew(served, "link", "join", one, other, "--reason", "x")
    assert f"decision {number} keeps records" in _refusal(refused)
    listed = _clew(served, "link", "list").stdout.strip().split("\t")
    assert (listed[1], {listed[2], listed[3]}, listed[5]) == ("apart", {one, other}, "twins")
    assert _clew(served, "link", "undo", number).exit_code == 0
    assert _clew(served, "link", "join", one, other, "--reason", "x").exit_code == 0


def test_retention_is_shown_without_identifiers(served: Served) -> None:
    assert "has not run yet" in _clew(served, "retention", "show").stderr
    assert _clew(served, "retention", "run").exit_code == 0
    served.workers.settle()
    text = _clew(served, "retention", "show", "--json").stdout
    content = json.loads(text)
    assert content["settings"]["years_after_last_record"] == 6
    assert sum(sum(one.values()) for one in content["latest"]["forecast"].values()) == 4
    assert not any(handle(*one) in text for one in (("E09", 1), ("E09", 2), ("P01", 2), ("P01", 3)))
    assert "What goes when" in _clew(served, "retention", "show").stdout
