"""The report of ``clew evaluate`` is one file that a browser shows by itself, and names nobody."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cli.main import main
from linkage.lab.people import Population, draw_people

COLUMNS = ("rec_id", "given_name", "surname", "date_of_birth", "sex", "postcode", "noise", "name_origin")
_COMMAND = (sys.executable, "-m", "cli.main", "evaluate", "--seed", "1")
HEADINGS = [
    "The result at the default",
    "What the linkage says of itself, without the truth",
    "What is left to people, and what it costs",
    "Precision and recall over the threshold (truth seen)",
    "How well the scores tell pairs apart",
    "Whether probabilities mean what they say",
    "By group",
    "Whether groups fare differently",
    "The largest clusters",
]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources of some two hundred made-up people, with twins, namesakes and damage."""
    data = tmp_path_factory.mktemp("data")
    people = draw_people(Population(160, twins=0.2, namesakes=0.05, damage=2.0), seed=4)
    truth = []
    for source, rows in people.sources.items():
        table = []
        for number, (entity, one) in enumerate(rows):
            rec_id = f"{source.lower()}-secretref-{number}"
            names = one.forename, one.surname, one.date_of_birth, one.sex, one.postcode
            table.append((rec_id, *names, "heavy" if number % 3 else "none", "north" if number % 2 else ""))
            truth.append((source, rec_id, entity))
        _write(data / f"{source}.csv", COLUMNS, table)
    _write(data / "truth.csv", ("source", "rec_id", "entity_id"), truth)
    meta = {"name": "<b>made up</b> & small", "mode": "multi", "sources": sorted(people.sources)}
    (data / "meta.json").write_text(json.dumps(meta))
    return data


@pytest.fixture(scope="module")
def outputs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, object], str]:
    """The page, the figures, and what the terminal showed, by the real command."""
    made = tmp_path_factory.mktemp("made")
    done = subprocess.run(
        [*_COMMAND, str(folder), "--html", str(made / "report.html"), "--json", str(made / "figures.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    page = (made / "report.html").read_text(encoding="utf-8")
    return page, json.loads((made / "figures.json").read_text()), done.stdout


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.tags and self.tags[-1] == "h2" and data.strip():
            self.headings.append(data)


def test_every_chart_is_there_with_words_beside_it(outputs: tuple[str, dict[str, object], str]) -> None:
    page = _Page(outputs[0])
    assert page.headings == HEADINGS
    assert page.tags.count("svg") == page.tags.count("figure") == 6
    for section in outputs[0].split("<section>")[1:]:
        assert re.search(r"<p>[A-Z0-9][^<]{60,}\.</p>", section), section[:80]
    assert outputs[0].count("truth seen") >= 3


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(
    outputs: tuple[str, dict[str, object], str],
) -> None:
    page = _Page(outputs[0])
    assert not {"script", "link", "img", "image", "iframe", "object", "embed", "b", "foreignobject"} & {
        *page.tags
    }
    for name, value in page.attributes:
        assert not name.startswith("on"), name
        assert name not in ("href", "xlink:href", "src", "srcset", "data"), (name, value)
        if not name.startswith("xmlns"):
            assert "http:" not in value, (name, value)
        assert "url(" not in value or "url(#" in value
    assert "@import" not in outputs[0]
    assert "default-src 'none'" in outputs[0]
    assert "&lt;b&gt;made up&lt;/b&gt; &amp; small" in outputs[0]


def test_no_identifier_is_in_the_page_the_figures_or_on_the_terminal(
    folder: Path, outputs: tuple[str, dict[str, object], str]
) -> None:
    values: set[str] = set()
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                values |= {row.get(name, "") for name in ("rec_id", "date_of_birth", "postcode", "entity_id")}
                values |= {row.get(name, "") for name in ("given_name", "surname")}
    words = {
        word.lower() for word in re.findall(r"[\w'-]+", outputs[0] + json.dumps(outputs[1]) + outputs[2])
    }
    ours = {"may", "said", "will", "grace", "rose", "mark", "lines"}  # words that are names, too
    long = {value.lower() for value in values if len(value) > 2 and not value.isdigit()} - ours
    assert len(long) > 300
    assert not words & long
    assert "secretref" not in outputs[0]


def test_terminal_figures_and_page_agree(outputs: tuple[str, dict[str, object], str]) -> None:
    page, figures, shown = outputs
    pairs, best, estimated = figures["pairs"], figures["oracle"], figures["estimated"]
    for text in (page, shown):
        for value in (pairs["precision"], pairs["recall"], pairs["f1"], best["f1"]):
            assert f"{value:.4f}" in text
        assert f"{estimated['precision']['value']:.4f}" in text
        assert f"{figures['calibration']['all']['expected_calibration_error']:.4f}" in text
    assert "truth seen" in shown
    assert best["truth_seen"] is True
    assert best["f1"] >= pairs["f1"]
    kinds = {one["kind"] for one in figures["groups"]}
    assert kinds >= {"sources", "sex", "year of birth", "missing", "noise", "name origin"}
    for one in figures["groups"]:
        low, high = one["recall_interval"]
        assert low <= one["recall"] <= high or not one["true"]
        assert f"{one['kind']}: {one['name']}" in shown


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium to open the report with")
def test_a_browser_shows_every_chart(outputs: tuple[str, dict[str, object], str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text(outputs[0], encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [f"--user-data-dir={tmp_path / 'browser'}", "--virtual-time-budget=2000"]
    # What the browser made of the page: it writes out the tree that it shows.
    done = subprocess.run(
        [*command, "--dump-dom", report.as_uri()], check=True, capture_output=True, text=True, timeout=120
    )
    shown = _Page(done.stdout)
    assert shown.headings == HEADINGS
    assert shown.tags.count("svg") == 6
    assert shown.tags.count("path") > 50
    picture = tmp_path / "page.png"
    subprocess.run(
        [*command, f"--screenshot={picture}", "--window-size=900,4000", report.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert picture.stat().st_size > 50_000


@pytest.mark.parametrize("package", ["altair", "vl_convert"])
def test_without_the_extra_the_option_says_what_to_install_before_any_work(
    folder: Path, tmp_path: Path, package: str
) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from cli.main import main\nsys.exit(main(sys.argv[1:]))"
    )
    arguments = [
        "evaluate",
        str(folder),
        "--html",
        str(tmp_path / "x.html"),
        "--json",
        str(tmp_path / "x.json"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"--html: this machine lacks the package {package}" in done.stderr
    assert "pip install 'clew[lab]'" in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_without_the_extra_everything_else_works(folder: Path, tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['altair'] = sys.modules['vl_convert'] = sys.modules['scipy'] = None\n"
        "from cli.main import main\nsys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "evaluate", str(folder), "--json", str(tmp_path / "x.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "by group" in done.stdout


def test_a_report_is_never_written_over_an_input_or_into_nowhere(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "truth.csv").read_bytes()
    assert main(["evaluate", str(folder), "--html", str(folder / "truth.csv")]) == 1
    assert "would write over it" in capsys.readouterr().err
    assert main(["evaluate", str(folder), "--html", str(tmp_path / "nowhere" / "x.html")]) == 1
    assert "no such folder to write to" in capsys.readouterr().err
    assert main(["evaluate", str(folder), "--html", str(tmp_path / "x"), "--json", str(tmp_path / "x")]) == 1
    assert "two outputs would go to one file" in capsys.readouterr().err
    assert (folder / "truth.csv").read_bytes() == before


@pytest.mark.parametrize("kind", ["nobody linked", "one record", "no truth"])
def test_the_smallest_data_make_a_page_too(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("1", "Amelia", "Thornbury", "2009-03-14"), ("2", "Oluwaseun", "Adeyemi", "2010-11-02")]
    _write(
        tmp_path / "A.csv", ("rec_id", "given_name", "surname", "date_of_birth"), rows[: 1 + (kind[0] == "n")]
    )
    truth = [] if kind == "no truth" else [("A", "1", "E1")]
    _write(tmp_path / "truth.csv", ("source", "rec_id", "entity_id"), truth)
    (tmp_path / "meta.json").write_text(json.dumps({"mode": "dedupe", "sources": ["A"]}))
    assert (
        main(
            [
                "evaluate",
                str(tmp_path),
                "--html",
                str(tmp_path / "x.html"),
                "--json",
                str(tmp_path / "x.json"),
            ]
        )
        == 0
    )
    assert _Page((tmp_path / "x.html").read_text(encoding="utf-8")).headings == HEADINGS
    assert json.loads((tmp_path / "x.json").read_text())["pairs"]["f1"] == 1
    capsys.readouterr()


def test_a_column_named_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path / "A.csv", ("rec_id", "surname", "noise", "noise"), [("1", "Adeyemi", "a", "b")])
    _write(tmp_path / "truth.csv", ("source", "rec_id", "entity_id"), [])
    (tmp_path / "meta.json").write_text(json.dumps({"mode": "dedupe", "sources": ["A"]}))
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "two columns are called noise" in capsys.readouterr().err
