"""``clew privacy-audit`` attacks what it made itself, says what came of it, and takes nothing real."""

import json
import re
import sqlite3
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from click.testing import CliRunner, Result

from cli.privacy_audit import commands, running
from cli.privacy_audit.choosing import legacy_target, people_for, read_names
from cli.privacy_audit.commands import EXIT_BROKEN, EXIT_RED, privacy_audit
from cli.privacy_audit.results import BEGINS, ENDS
from linkage.audited.described import DESCRIBED
from linkage.audited.reading import read_audit_report
from linkage.audited.report import AuditReport
from linkage.errors import ClewError, InputError
from linkage.lab.attacks.targets import target_of
from linkage.lab.audit_results import Unit, UnitResult
from linkage.lab.crowds import children
from linkage.shipped_profiles import shipped_profile
from tests.support.made_audits import made_audit

Struct = TypeVar("Struct", bound=msgspec.Struct)
SMALL = ("--seeds", "1", "--people", "200", "--graph", "30", "--processes", "1")


def clew(*arguments: object) -> Result:
    return CliRunner().invoke(privacy_audit, [str(one) for one in arguments], standalone_mode=False)


def refusal(*arguments: object) -> ClewError:
    error = clew(*arguments).exception
    assert isinstance(error, ClewError)
    return error


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of two profiles, and a page of both."""
    folder = tmp_path_factory.mktemp("made")
    done = clew(
        "run", "child-1", "clk-plain", *SMALL, "--json", folder / "json", "--html", folder / "page.html",
        "--work", folder / "work",
    )  # fmt: skip
    assert done.return_value == EXIT_RED, done.exception
    (folder / "printed").write_text(done.stdout)
    return folder


def read(path: Path) -> AuditReport:
    return read_audit_report(path.read_bytes(), where=path.name)


def test_a_plain_clk_is_red_and_what_is_printed_is_what_is_written(made: Path) -> None:
    report, printed = read(made / "json" / "clk-plain.json"), (made / "printed").read_text()
    assert report.red
    assert not report.broken
    assert report.seeds == (1,)
    assert "clk-plain (weak)" in printed
    for finding in report.red:
        assert finding.measure in printed
    assert f"{len(report.controls)} of {len(report.controls)} as they must" in printed


def test_each_result_is_one_that_an_evidence_pack_reads(made: Path) -> None:
    for name in ("child-1", "clk-plain"):
        found = json.loads((made / "json" / f"{name}.json").read_text())
        assert (found["format"], found["version"], found["profile"]) == ("clew-privacy-audit", 1, name)
        assert found["digest"] == shipped_profile(name).digest


def test_an_interrupted_run_goes_on_with_what_is_kept(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = made / "work"
    files = sorted(work.rglob("*.json"))
    assert len(files) > 10
    files[3].unlink()
    files[5].write_text('{"unit":')  # as a power cut would leave what was not written whole
    kept = files[7].read_text()
    assert '"value":' in kept
    files[7].write_text(re.sub(r'"value":[0-9.]+', '"value":0.5', kept))
    ran: list[Unit] = []

    def run_unit(target: object, unit: Unit, **options: object) -> UnitResult:
        ran.append(unit)
        return original(target, unit, **options)  # type: ignore[arg-type]

    original = running.run_unit
    monkeypatch.setattr(running, "run_unit", run_unit)
    done = clew("run", "child-1", "clk-plain", *SMALL, "--json", tmp_path / "again", "--work", work)
    assert done.return_value == EXIT_RED
    assert sorted(f"{unit.name}.json" for unit in ran) == sorted(files[place].name for place in (3, 5, 7))
    assert "2 units are not as they were kept, and are run again" in done.stderr
    taken_up = 0
    for name in ("child-1", "clk-plain"):
        again = read(tmp_path / "again" / f"{name}.json")
        assert replace_struct(again, taken_up={}) == read(made / "json" / f"{name}.json")
        taken_up += sum(again.taken_up.values())
    assert taken_up == len(files) - 3
    assert "taken up from an earlier run, and not run again" in " ".join(done.stdout.split())


def test_kept_units_of_other_sizes_or_people_are_not_taken_up(made: Path, tmp_path: Path) -> None:
    target = target_of(shipped_profile("child-1"))
    job = running.Job(target, (1,), commands._sizes(200, 30))
    others = (
        replace(job, sizes=commands._sizes(210, 30)),
        replace(job, people=children(210, 1).people),
        replace(job, people=children(210, 2).people),
        replace(job, target=target_of(shipped_profile("clk-plain"))),
    )
    assert len({one.key for one in (job, *others)}) == 5
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(SCHEMA).replace('"family"', '"nachname"'))
    read_as = [legacy_target(schema, None, {"nachname": field}) for field in ("surname", "forename")]
    assert len({replace(job, target=one).key for one in read_as}) == 2


def test_kept_units_of_other_code_are_not_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    job, keys = running.Job(target_of(shipped_profile("child-1")), (1,), commands._sizes(200, 30)), set()
    for changed in ("", "linkage/leakage.py", "linkage/encode/encoder.py", "numpy"):
        with monkeypatch.context() as patch:
            running._code.cache_clear()
            read_bytes = Path.read_bytes
            patch.setattr(
                Path,
                "read_bytes",
                lambda path, end=changed, whole=read_bytes: (
                    b"# changed" if end and path.as_posix().endswith(end) else whole(path)
                ),
            )
            patch.setattr(running, "version", lambda name, end=changed: "9" if name == end else "1")
            keys.add(job.key)
    running._code.cache_clear()
    assert len(keys) == 4


def test_folders_of_work_still_lead_to_what_was_kept(made: Path) -> None:
    target = target_of(shipped_profile("child-1"))
    job = running.Job(target, (1,), commands._sizes(200, 30))
    assert (made / "work" / f"{target.profile.digest[:8]}-{job.key}").is_dir()


def test_two_processes_find_what_one_finds(made: Path, tmp_path: Path) -> None:
    done = clew("run", "clk-plain", *SMALL[:-1], "2", "--json", tmp_path / "two.json")
    assert done.return_value == EXIT_RED, done.exception
    two, one = read(tmp_path / "two.json"), read(made / "json" / "clk-plain.json")
    assert [(each.measure, each.method, each.light) for each in two.findings] == [
        (each.measure, each.method, each.light) for each in one.findings
    ]
    assert [each.value for each in two.findings] == pytest.approx([each.value for each in one.findings])


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_stands_alone_and_says_lights_in_words_under_its_charts(made: Path) -> None:
    text = (made / "page.html").read_text(encoding="utf-8")
    assert "e+1<" not in text  # ticks are numbers that people read
    page = _Page(text)
    assert not {"script", "link", "iframe", "img"} & set(page.tags)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text)
    assert page.tags.count("figure") >= 6
    assert page.tags.count("table") > page.tags.count("figure")
    shown = " ".join(page.text)
    assert "\N{REPLACEMENT CHARACTER}" not in shown
    for report in (read(made / "json" / "child-1.json"), read(made / "json" / "clk-plain.json")):
        for finding in report.findings:
            assert finding.words in shown
        for control in report.controls:
            assert control.words in shown
    assert {"red", "green", "as it must"} <= {one.strip() for one in page.text}


def test_a_failed_control_breaks_the_audit_whatever_else_it_found(made: Path, tmp_path: Path) -> None:
    report = read(made / "json" / "child-1.json")
    failed = replace_struct(report.controls[0], reached=False, value=0.2)
    broken = replace_struct(report, controls=(failed, *report.controls[1:]), broken=True)
    (tmp_path / "broken.json").write_bytes(msgspec.json.encode(broken))
    done = clew("show", tmp_path / "broken.json", "--html", tmp_path / "page.html")
    assert done.return_value == EXIT_BROKEN
    assert "the audit is broken" in done.stdout
    assert failed.words in done.stdout
    assert "its figures say nothing" in done.stderr
    assert not re.search(r"^ {4}(green|amber|red) ", done.stdout, re.MULTILINE)
    assert "says nothing" in (tmp_path / "page.html").read_text(encoding="utf-8")


def replace_struct(struct: Struct, **changes: object) -> Struct:
    return msgspec.structs.replace(struct, **changes)


def test_a_result_is_shown_again_and_one_without_red_ends_with_nothing(made: Path, tmp_path: Path) -> None:
    done = clew("show", made / "json")
    assert done.return_value == EXIT_RED
    assert done.stdout.rstrip() == (made / "printed").read_text().rstrip()
    (tmp_path / "clean.json").write_bytes(msgspec.json.encode(made_audit()))
    done = clew("show", tmp_path / "clean.json")
    assert done.return_value == 0
    assert "nothing is red" in done.stdout
    assert "newer" not in done.stdout
    (tmp_path / "other.json").write_text('{"format": "clew-evaluation"}')
    assert "not a result" in refusal("show", tmp_path / "other.json").message


def test_tables_go_between_the_marks_and_nowhere_else(made: Path, tmp_path: Path) -> None:
    document = tmp_path / "audit.md"
    document.write_text(f"# Before\n\n{BEGINS}\nold figures\n{ENDS}\n\nafter\n", encoding="utf-8")
    for _ in range(2):  # the second time changes nothing
        assert clew("table", made / "json", "--write", document).exception is None
        text = document.read_text(encoding="utf-8")
    assert text.startswith(f"# Before\n\n{BEGINS}\n")
    assert text.endswith(f"{ENDS}\n\nafter\n")
    assert "old figures" not in text
    assert "clew privacy-audit run child-1 clk-plain --seeds 1 --people 200 --graph 30" in text
    report = read(made / "json" / "clk-plain.json")
    (known,) = (one for one in report.findings if one.measure == "known-pairs-20" and one.light)
    assert f"**red** {100 * known.value:.2f} % (" in text
    document.write_text("no marks\n")
    assert "marks" in refusal("table", made / "json", "--write", document).message
    assert document.read_text() == "no marks\n"


def test_results_of_several_settings_make_no_table(made: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_bytes(msgspec.json.encode(made_audit(seeds=(1, 2))))
    document = tmp_path / "audit.md"
    document.write_text(f"{BEGINS}\n{ENDS}\n")
    given = ("table", made / "json", tmp_path / "other.json", "--write", document)
    assert "several settings" in refusal(*given).message


def test_every_attack_is_told_with_its_papers_and_stands_in_the_document() -> None:
    told = " ".join(clew("attacks").stdout.split())
    for one in DESCRIBED:
        assert one.title in told
        assert one.papers
        for words in (one.does, one.knows, *one.papers):
            assert words in told


@pytest.fixture
def real(tmp_path: Path) -> Path:
    folder = tmp_path / "unit"
    (folder / "below").mkdir(parents=True)
    (folder / "unit.toml").write_text("")
    return folder


def test_nothing_in_a_units_folder_is_taken_or_written(real: Path, tmp_path: Path) -> None:
    (real / "below" / "names.csv").write_text("forename,surname\n")
    (real / "below" / "profile.json").write_text("{}")
    for given in (
        ("child-1", "--names", real / "below" / "names.csv"),
        (real / "below" / "profile.json",),
        (real,),
        ("child-1", "--json", real / "result.json"),
        ("child-1", "--html", real / "below" / "page.html"),
        ("child-1", "--work", real / "work"),
        ("--legacy-schema", real / "below" / "profile.json"),
    ):
        error = refusal("run", *given)
        assert "a linkage unit's folder" in error.message
        assert "takes nothing real" in error.message
        assert error.hint
    assert sorted(path.name for path in real.rglob("*")) == [
        "below",
        "names.csv",
        "profile.json",
        "unit.toml",
    ]


@pytest.mark.parametrize(
    "mark", ["workspace.db", "wrapped-key.json", "register.db", "custody-log.jsonl", "identity.json"]
)
def test_other_real_folders_are_known_by_what_lies_in_them(mark: str, tmp_path: Path) -> None:
    (tmp_path / mark).write_text("")
    assert mark in refusal("run", "child-1", "--work", tmp_path / "work").message


def test_files_of_real_kinds_are_known_by_their_content(tmp_path: Path) -> None:
    given = tmp_path / "given"
    for content, words in (
        (b"PK\x03\x04rest", "a bundle"),
        (b"clew-seal\x00\x01rest", "sealed"),
        (b'{"agency":"x","format":"clew-agency-card","version":1}', "clew-agency-card"),
        (b'{"epoch":"x", "format": "clew-wrapped-key"}', "clew-wrapped-key"),
    ):
        given.write_bytes(content)
        for how in ((given,), ("child-1", "--names", given), ("--legacy-schema", given)):
            assert words in refusal("run", *how).message
    database = tmp_path / "some.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE rows (x)")
    connection.close()
    assert "a database" in refusal("run", "child-1", "--names", database).message


def names(folder: Path, header: str, *columns: str) -> Path:
    rows = [",".join(getattr(one, column) for column in columns) for one in children(210, 3).people]
    path = apart(folder) / "names.csv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def apart(folder: Path) -> Path:
    """Make a folder so far down that nothing of other tests lies beside it."""
    made = folder / "lists" / "of" / "nobody"
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize("mark", ["workspace.db", "unit.toml", "custody-log.jsonl"])
@pytest.mark.parametrize("place", ["extract", "extract/2026", "."])
def test_a_list_beside_a_workspace_is_refused(mark: str, place: str, tmp_path: Path) -> None:
    own = names(tmp_path, "forename,surname", "forename", "surname")
    party = tmp_path / "world" / "agency-E09"
    (party / "workspace").mkdir(parents=True)
    (party / "workspace" / mark).touch()
    (party / place).mkdir(parents=True, exist_ok=True)
    path = own.rename(party / place / "names.csv")
    error = refusal("run", "child-1", "--names", path)
    assert f"workspace/{mark}" in error.message
    assert "takes nothing real" in error.message
    folder = refusal("run", tmp_path / "world").message
    assert f"agency-E09/workspace/{mark}" in folder
    assert refusal("run", "child-1", "--names", tmp_path / "world").message == folder


@pytest.mark.parametrize(
    "column",
    ["child_id", "child_ref", "UPN", "Case Number", "NHS number", "reference", "legal_status", "Person ID"],
)
def test_a_list_with_a_column_of_real_systems_is_refused(column: str, tmp_path: Path) -> None:
    path = apart(tmp_path) / "names.csv"
    path.write_text(f"forename,surname,{column}\nAda,Byron,485 777 3456\n")
    with pytest.raises(InputError, match="extracts of real systems") as caught:
        read_names(path)
    assert "485" not in caught.value.message + caught.value.hint


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    assert "this is a folder" in refusal("run", apart(tmp_path)).message


def test_a_list_of_names_takes_the_place_of_made_up_people(tmp_path: Path) -> None:
    path = names(tmp_path, "Forename,surname,note", "forename", "surname", "sex")
    path.write_text(
        path.read_text(encoding="utf-8").replace(",", ",Zzq").replace(",Zzqsurname,Zzqnote", ",surname,note"),
        "utf-8",
    )
    done = clew("run", "clk-plain", *SMALL, "--names", path, "--json", tmp_path / "out.json")
    assert done.return_value == EXIT_RED, done.exception
    report = read(tmp_path / "out.json")
    assert report.own_people == 210
    assert "people of your own list" in report.setting
    assert "zzq" not in (tmp_path / "out.json").read_text().lower() + done.stdout.lower()


def test_what_a_list_lacks_is_made_up_and_what_it_has_is_kept(tmp_path: Path) -> None:
    own = read_names(names(tmp_path, "forename,surname,postcode", "forename", "surname", "postcode"))
    people = people_for(target_of(shipped_profile("child-1")), own)
    assert people is not None
    assert [(one.forename, one.surname, one.postcode) for one in people] == [
        (one.forename, one.surname, one.postcode) for one in children(210, 3).people
    ]
    assert len({one.date_of_birth for one in people}) > 30
    assert all(one.sex for one in people)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("forename,surname,date_of_birth\nAda,Byron,1.2.2010\n", "line 2: date_of_birth is no date"),
        ("forename,surname\nAda,\n", "line 2: forename or surname is empty"),
        ("first,surname\nAda,Byron\n", "no column forename"),
        ("forename,surname\nAda,Byron\n", "an audit of 1 people says nothing"),
    ],
)
def test_faults_of_a_list_are_named_by_their_line_and_no_value(rows: str, words: str, tmp_path: Path) -> None:
    path = apart(tmp_path) / "names.csv"
    path.write_text(rows)
    with pytest.raises(InputError) as caught:
        read_names(path)
    assert words in caught.value.message
    assert "Byron" not in caught.value.message


SCHEMA = {
    "version": 3,
    "clkConfig": {
        "l": 512,
        "xor_folds": 0,
        "kdf": {"type": "HKDF", "hash": "SHA256", "salt": "AAAA", "info": "", "keySize": 64},
    },
    "features": [
        {
            "identifier": name,
            "format": {"type": "string", "encoding": "utf-8"},
            "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerToken": 8}},
        }
        for name in ("forename", "family")
    ],
}


def test_a_linkage_schema_of_clkhash_is_attacked_too(tmp_path: Path) -> None:
    schema = json.loads(json.dumps(SCHEMA))
    schema["features"][1]["identifier"] = "nachname"
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(schema))
    error = refusal("run", "--legacy-schema", path, *SMALL)
    assert "nachname" in error.message
    assert "--column" in error.hint
    given = ("run", "--legacy-schema", path, "--column", "nachname=surname")
    done = clew(*given, *SMALL, "--json", tmp_path / "out.json")
    assert done.return_value == EXIT_RED, done.exception
    assert read(tmp_path / "out.json").profile == "schema"


def test_outputs_take_no_inputs_place(made: Path, tmp_path: Path) -> None:
    path = names(tmp_path, "forename,surname", "forename", "surname")
    before = path.read_text()
    assert "reads that file" in refusal("run", "child-1", "--names", path, "--json", path).message
    assert path.read_text() == before
    assert "this is a file" in refusal("run", "child-1", "clk-plain", "--json", path).message
    assert "this is a folder" in refusal("run", "child-1", "--json", tmp_path).message
    result = made / "json" / "child-1.json"
    assert "reads that file" in refusal("table", result, "--write", result).message
