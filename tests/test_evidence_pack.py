"""The evidence pack has its sixteen items, tells of no child, and is the same for the same register."""

import io
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from markupsafe import escape
from sqlalchemy import select

from api.evidence import building, tables_control, tables_linkage, writing
from api.evidence.building import build_pack
from api.evidence.tables_linkage import linkage_tables
from api.evidence.texts import read_texts
from api.evidence.tree import Blank, Cell, Grid, Heading, Inline, Link, plain, walk
from api.folders import DataFolder
from api.manage import register
from api.overview.guarding import PathRights
from api.publishing import folders
from api.store import schema
from linkage.errors import FormatError, InputError, VerificationError
from pages import assets
from tests.support.console_world import PERSONS
from tests.support.evidence import ACCOUNTS, Built, build, handed_in, seen, shared_pack
from tests.support.unit import handle
from tests.test_console_governance_evidence import released_by_sex


@pytest.fixture(scope="module", name="built")
def _built() -> Built:
    return shared_pack()


HANDLES = [handle(agency, child) for agency in ("E09", "P01") for child in range(4)]


class _Links(HTMLParser):
    """What a page leads to, and what in it can be led to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors.update({found["id"]} if "id" in found else ())
        if tag == "a":
            self.targets.append(found["href"])
        elif "href" in found or "src" in found:
            self.fetched.append(found.get("href") or found["src"])


def test_every_item_is_a_page_and_a_document(built: Built) -> None:
    items = built.pack.gathered.items
    assert [one.number for one in items] == list(range(1, 18))
    for one in items:
        page = built.text(f"{one.stem}.html")
        assert f"<h1>{escape(one.title)}</h1>" in page
        assert '<html lang="en-GB">' in page
        assert docx.Document(str(built.folder / f"{one.stem}.docx")).core_properties.title == one.title
    index = built.text("index.html")
    assert all(f'href="{one.stem}.html"' in index and f'href="{one.stem}.docx"' in index for one in items)


def test_nothing_of_a_template_is_left_and_every_link_leads_somewhere(built: Built) -> None:
    pages = {path.name: _Links(path.read_text("utf-8")) for path in built.folder.glob("*.html")}
    assert len(pages) == 19
    for name, page in pages.items():
        text = built.text(name)
        assert not re.search(r"\{\{|\{%|\[\[|[\ue000-\ue003]", text), name
        assert page.fetched == ["pack.css"], name
        for target in page.targets:
            if target.startswith("https://"):
                continue
            file, _, anchor = target.partition("#")
            assert (built.folder / (file or name)).is_file(), (name, target)
            if anchor:
                assert anchor in pages[file or name].anchors, (name, target)
    assert "url(" not in built.text("pack.css")


def test_blank_places_are_marked_and_listed(built: Built) -> None:
    blanks = [(item.number, *one) for item in built.pack.gathered.items for one in item.blanks]
    written = sum(one.text.count("[[") for one in read_texts())
    assert len(blanks) == written > 20
    assert built.evidence("select item, heading, to_be_written from blanks order by number") == blanks
    index = built.text("index.html")
    for item in built.pack.gathered.items:
        page = built.text(f"{item.stem}.html")
        assert page.count('<mark class="blank">') == len(item.blanks)
        assert index.count(f'<a href="{item.stem}.html">{escape(item.title)}</a></th><td>') >= len(
            item.blanks
        )
    assert built.pack.gathered.facts["blanks"].value == written


def test_documents_say_what_pages_say(built: Built) -> None:
    for item in built.pack.gathered.items:
        made = docx.Document(str(built.folder / f"{item.stem}.docx"))
        lines = [one.text for one in made.paragraphs]
        headings = [one.text for one in made.paragraphs if one.style.name.startswith("Heading")]
        parts = list(walk(item.blocks))
        assert headings == [plain(one.children) for one in parts if isinstance(one, Heading)]
        grids = [one for one in parts if isinstance(one, Grid) and one.rows]
        assert len(made.tables) == len(grids)
        for table, grid in zip(made.tables, grids, strict=True):
            shown = [[cell.text for cell in row.cells] for row in table.rows]
            wanted = [[_as_written(cell) for cell in row] for row in (grid.heads, *grid.rows)]
            assert shown == wanted, grid.caption
            assert grid.caption in lines
        pictures = sum(name == "drawing" for name in _tags(made))
        assert pictures == len(item.figures)
        blanks = [one.text for one in parts if isinstance(one, Blank)]
        everything = "\n".join(
            [*lines, *(cell.text for table in made.tables for row in table.rows for cell in row.cells)]
        )
        assert all(f"[To be written: {one}]" in everything for one in blanks)


def test_wide_tables_of_documents_lie_on_their_side(built: Built) -> None:
    lying = 0
    for item in built.pack.gathered.items:
        made = docx.Document(str(built.folder / f"{item.stem}.docx"))
        sides = [section.page_width > section.page_height for section in made.sections]
        grids = [one for one in walk(item.blocks) if isinstance(one, Grid) and one.rows]
        for table, grid in zip(made.tables, grids, strict=True):
            ended = table._tbl.xpath("count(preceding::w:sectPr)")
            assert sides[int(ended)] == (len(grid.heads) > 6), grid.caption
            section = made.sections[int(ended)]
            widths = [cell.width for cell in table.rows[0].cells]
            room = section.page_width - section.left_margin - section.right_margin
            assert sum(widths) <= room + 10_000, grid.caption  # widths are kept in twentieths of a point
            assert min(widths) > 200_000, grid.caption  # more than half a centimetre
            lying += sides[int(ended)]
    assert lying > 3


def test_heads_of_tables_begin_with_a_capital(built: Built) -> None:
    for item in built.pack.gathered.items:
        for grid in (one for one in walk(item.blocks) if isinstance(one, Grid)):
            heads = [plain(one) for one in grid.heads]
            assert all(one[:1] == one[:1].upper() for one in heads), (item.stem, heads)


def _as_written(cell: Cell) -> str:
    return "".join(map(_word_written, cell))


def _word_written(one: Inline) -> str:
    if isinstance(one, Blank):
        return f"[To be written: {one.text}]"
    if isinstance(one, Link) and not one.target.startswith("https://"):
        where = one.target.partition("#")[0].replace("item:", "item ").removeprefix("file:")
        return f"{plain((one,))} ({where})"
    return plain((one,))


def _tags(made: "docx.document.Document") -> Iterator[str]:
    for one in made.element.body.iter():
        yield str(one.tag).rpartition("}")[2]


def test_nothing_in_the_pack_tells_of_a_child(built: Built) -> None:
    with sqlite3.connect(built.data.register_database) as connection:
        manifests = [row[0] for row in connection.execute("select id from submissions")]
    secret = [*HANDLES, *PERSONS, *manifests, *(f"{name}" for name in ACCOUNTS if name != "gina")]
    for name, content in _contents(built):
        found = [one for one in secret if one.encode() in content]
        assert found == [], name
    with seen(built.data) as one:
        salts = list(one.connection.scalars(select(schema.ledger_statements.c.salt)))
    own = built.entry.entry.salt
    for name, content in _contents(built):
        assert [salt for salt in salts if salt != own and salt.encode() in content] == [], name


def _contents(built: Built) -> Iterator[tuple[str, bytes]]:
    """Yield every file, those of documents unpacked."""
    for path in built.folder.rglob("*"):
        if path.is_dir():
            continue
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".docx":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield f"{path.name}: {name}", archive.read(name)


def test_no_table_has_the_day_of_an_act_about_one_child(built: Built) -> None:
    rows = built.evidence("select kind, first_day, last_day from ledger_kinds")
    without = {kind for kind, *days in rows if days == [None, None]}
    about = {"erasure", "handle-shielded", "must-not-link", "re-identification", "records-named"}
    about |= {"persons-merged", "person-split", "review-decision", "sensitive-read"}
    assert without == about & {row[0] for row in rows}
    assert "sensitive-read" in without


def test_accounts_of_the_machine_are_numbered_and_not_named(built: Built) -> None:
    rows = built.evidence("select path, owner, group_name, mode, everybody from path_rights")
    assert {row[1:3] for row in rows} == {("account 1", "group 1")}
    told = {row[0]: row[4] for row in rows if row[4] != "no"}
    assert told == {"unit.toml": "yes, to read: it holds no secret"}
    assert "1 (unit.toml)" in re.sub("<[^>]*>", "", built.text("11-threat-model.html"))
    paths = [
        PathRights("a", "", owner, "g", mode, everybody=mode[7] == "r" or mode[8] == "w")
        for owner, mode in (
            ("x", "-rw-r--r--"),
            ("y", "-rw-rw-rw-"),
            ("x", "-rw-----w-"),
            ("z", "-rw-------"),
        )
    ]
    assert [(row[2], row[5]) for row in tables_control._rights(paths)] == [
        ("account 1", "yes, to read"),
        ("account 2", "yes, to read and write"),
        ("account 1", "yes, to write"),
        ("account 3", "no"),
    ]


def test_counts_about_few_children_are_not_told(built: Built) -> None:
    """The world has eight records, four persons and four links, of which nothing may be said."""
    assert {built.pack.gathered.facts[one].value for one in ("records", "persons", "links")} == {"c"}
    rounded = built.evidence(
        "select name, value from figures where rule = 'rounded' and name not like '%.run'"
    )
    assert rounded
    counts = [(name, float(value)) for name, value in rounded if re.fullmatch(r"[0-9]+", value)]
    assert [one for one in counts if one[1] % 10] == []
    groups = {
        row[0]: row[1:] for row in built.evidence("select group_name, precision, pairs from evaluation")
    }
    assert groups["F"] == (round(570 / 690, 4), 700)
    assert groups["not known"] == ("c", "c")


def test_the_same_register_gives_the_same_bytes(built: Built, tmp_path: Path) -> None:
    with seen(built.before, handed_in(tmp_path)) as one:
        second = build_pack(one)
    first = built.pack
    assert first.files.keys() == second.files.keys()
    assert [name for name in first.files if first.files[name] != second.files[name]] == []


def test_the_command_builds_into_a_new_folder_and_its_archive(built: Built, tmp_path: Path) -> None:
    ran = _ran("build", "--data", built.data.root, "--output", tmp_path / "pack", "--zip")
    assert ran.exit_code == 0, ran.stderr
    digest = ran.stdout.strip()
    ledger = built.data.register_database
    with sqlite3.connect(ledger) as connection:
        said = connection.execute(
            "select statement from ledger_statements order by entry desc limit 1"
        ).fetchone()
    assert f'"manifest":"{digest}"' in said[0]
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        names = {one.removeprefix("pack/") for one in archive.namelist()}
    assert names == {
        one.relative_to(tmp_path / "pack").as_posix()
        for one in (tmp_path / "pack").rglob("*")
        if one.is_file()
    }
    again = _ran("build", "--data", built.data.root, "--output", tmp_path / "pack")
    assert isinstance(again.exception, InputError)
    assert _ran("verify", tmp_path / "pack", "--data", built.data.root).exit_code == 0


def test_a_pack_that_cannot_be_built_leaves_nothing(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise FormatError("made to fail")

    before = _entries(built)
    monkeypatch.setattr(building, "gather", fails)
    assert isinstance(
        _ran("build", "--data", built.data.root, "--output", tmp_path / "a").exception, FormatError
    )
    assert _entries(built) == before
    monkeypatch.undo()
    written: list[str] = []

    def stops(path: Path, *, mode: int) -> object:
        if len(written) == 9:
            raise OSError(28, "No space left on device")
        written.append(path.name)
        return whole(path, mode=mode)

    whole = folders.write_whole
    monkeypatch.setattr(folders, "write_whole", stops)
    with pytest.raises(OSError, match="No space left"):
        writing.write_pack(tmp_path / "b", built.pack, built.entry)
    assert list(tmp_path.iterdir()) == []


def _entries(built: Built) -> int:
    with sqlite3.connect(built.data.register_database) as connection:
        return int(connection.execute("select count(*) from ledger_entries").fetchone()[0])


def _ran(*words: object) -> "CliRunner.Result":  # type: ignore[name-defined]
    return CliRunner().invoke(register, ["evidence", *map(str, words)])


def test_without_the_packages_of_documents_the_command_says_so(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.manage.evidence.find_spec", lambda name: None if name == "docx" else object())
    ran = _ran("build", "--data", built.data.root, "--output", tmp_path / "pack")
    assert isinstance(ran.exception, InputError)
    assert "docx" in ran.exception.message
    assert "clew[evidence]" in str(ran.exception.hint)


def test_a_pack_needs_no_style_sheet_of_the_console(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "nothing was fetched")
    with seen(built.before) as one:
        told = [(each.address, each.method) for each in one.addresses]
    assert told == built.evidence("select address, method from permissions")


def test_groups_by_sex_are_those_of_the_newest_approved_release(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(built.before.root, tmp_path / "data")
    data = DataFolder(tmp_path / "data")
    with sqlite3.connect(data.register_database) as connection:
        connection.execute(
            "update releases set state = 'approved', decided_at = '2026-03-01', decided_by = 'q'"
        )
    monkeypatch.setattr(tables_linkage, "open_tables", lambda *_: (released_by_sex(),))
    with seen(data) as one:
        (table,) = [table for table in linkage_tables(one) if table.name == "quality-shares"]
    shares = {row[1]: row[2:4] for row in table.rows}
    assert shares["Girls"] == (120, 0.75)
    assert shares["M"] == (80, "c")

    def refused(*_: object) -> None:
        raise VerificationError("not what was proposed", hint="look")

    monkeypatch.setattr(tables_linkage, "open_tables", refused)
    with seen(data) as one:
        (table,) = [table for table in linkage_tables(one) if table.name == "quality-shares"]
    assert (table.rows, "build it as root" in table.empty) == ((), True)


@pytest.mark.postgresql("soak")
def test_each_database_gives_the_same_kinds_of_evidence(
    each_database: str, tmp_path: Path, soak: bool
) -> None:
    if not soak:
        pytest.skip("the pack of the other tests is built on SQLite")
    made = build(tmp_path)
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[each_database]
    assert made.pack.gathered.facts["database_kind"].value == kind
    assert made.evidence("select count(*) from items") == [(17,)]


def test_an_archive_is_the_same_whenever_it_is_written(built: Built, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        writing.write_archive(tmp_path / name / "pack.zip", built.pack, built.entry)
    assert (tmp_path / "a" / "pack.zip").read_bytes() == (tmp_path / "b" / "pack.zip").read_bytes()
