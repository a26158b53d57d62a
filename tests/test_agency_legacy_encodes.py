"""``clew agency encode --legacy-schema``: clkhash's CLKs in row order, whole or not at all, labelled weak."""

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import keys.hidden_text
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.profile import WEAK_LABEL
from linkage.wire.clks import read_clks
from tests.oracles import legacy_oracle
from tests.support.agency_desk import Outcome, clew
from tests.support.legacy import Json, feature, ignored, profile, schema
from tests.support.processes import clew as clew_process

SECRET = "quiet harbour lights"
PEOPLE = schema(
    ignored("case"),
    feature("name"),
    feature("dob", format={"type": "date", "format": "%d/%m/%Y"}, strategy={"bitsPerFeature": 60}),
)
ROWS = [
    ["17", "Marguerite Quillfeather", "04/07/2009"],
    ["18", "Zoë O’Neill", "29/02/2012"],
    ["19", 'Comma, "Quote"', "01/01/2010"],
]


class Folder:
    """A folder with a schema, a secret and people, and the command run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.schema = self.write("schema.json", json.dumps(PEOPLE))
        self.secret = self.write("secret.txt", SECRET + "\n")
        self.secret.chmod(0o600)
        self.output = path / "out" / "clks.json"
        self.people = self.table(ROWS)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.write_bytes(text.encode())
        return path

    def table(self, rows: list[list[str]], header: str = "case,name,dob") -> Path:
        cells = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
        return self.write("people.csv", "\r\n".join([header, *cells]) + "\r\n")

    def encode(self, *more: str | Path, secret: Path | None = None) -> Outcome:
        return clew(
            *("agency", "encode", self.people, "--legacy-schema", self.schema),
            *("--secret-file", secret or self.secret, "--output", self.output, *more),
        )

    def left(self) -> list[str]:
        return sorted(path.name for path in self.path.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def _clks(path: Path) -> list[bytes]:
    return [base64.b64decode(text) for text in json.loads(path.read_text())["clks"]]


def test_clks_come_in_row_order_and_are_those_of_the_oracle(folder: Folder) -> None:
    outcome = folder.encode()
    assert outcome.code == 0, outcome.err
    assert _clks(folder.output) == [legacy_oracle.clk(PEOPLE, SECRET, row) for row in ROWS]
    assert read_clks(folder.output.read_bytes(), length=1024).tobytes() == b"".join(_clks(folder.output))
    assert outcome.out == ""
    assert outcome.err.count(WEAK_LABEL) == 2
    assert "3 CLKs of 1,024 bits, in the order of the rows" in outcome.err
    assert profile(PEOPLE).digest in outcome.err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_can_read_the_clks(folder: Folder) -> None:
    folder.encode()
    assert stat.S_IMODE(folder.output.stat().st_mode) == 0o600


def test_a_process_of_its_own_needs_no_workspace_and_asks_nothing(folder: Folder) -> None:
    command = [sys.executable, "-m", "cli.main", "agency", "encode", str(folder.people), "--legacy-schema"]
    done = subprocess.run(
        [*command, folder.schema, "--secret-file", folder.secret, "--output", folder.output],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        cwd=folder.path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert done.returncode == 0, done.stderr
    assert len(_clks(folder.output)) == 3


def test_an_output_is_replaced_only_when_asked(folder: Folder) -> None:
    assert folder.encode().code == 0
    before = folder.output.read_bytes()
    folder.people = folder.table(ROWS[:1])
    refused = folder.encode()
    assert refused.code == 1
    assert "is there already and is not replaced" in refused.err
    assert "--overwrite" in refused.err
    assert folder.output.read_bytes() == before
    assert folder.encode("--overwrite").code == 0
    assert len(_clks(folder.output)) == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            ["20", "Ann", "31/02/2010"],
            "row 5, column dob: the value is not a date as %d/%m/%Y (reads 99/99/9999)",
        ),
        (["20", "Ann"], "row 5: has 2 values, the linkage schema 3"),
        ([], "row 5: has 0 values, the linkage schema 3"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(folder: Folder, row: list[str], says: str) -> None:
    before = folder.left()
    folder.people = folder.table([*ROWS, row, ROWS[0]])
    outcome = folder.encode()
    assert outcome.code == 1
    assert f"people.csv: {says}" in outcome.err
    assert "2010" not in outcome.err
    assert "Traceback" not in outcome.err
    assert folder.left() == before


def test_a_bad_value_does_not_cost_the_output_that_is_there(folder: Folder) -> None:
    assert folder.encode().code == 0
    before = folder.output.read_bytes()
    folder.people = folder.table([*ROWS, ["20", "Ann", "never"]])
    assert folder.encode("--overwrite").code == 1
    assert folder.output.read_bytes() == before
    assert [name for name in folder.left() if name.endswith(".part")] == []


def test_an_interrupted_encoding_leaves_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = folder.left()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LegacyEncoder, "_packed", interrupted)
    assert folder.encode().code == 130
    assert folder.left() == before


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("case,name", "the header has 2 columns, the linkage schema 3 features"),
        ("case,dob,name", "column 2 must be called name as in the linkage schema (reads d••)"),
        ("case,Name,dob", "column 2 must be called name"),
        (
            "17,Marguerite Quillfeather,04/07/2009",
            "column 1 must be called case as in the linkage schema (reads 99)",
        ),
    ],
)
def test_the_header_is_held_against_the_schema(folder: Folder, header: str, says: str) -> None:
    folder.people = folder.table(ROWS, header)
    outcome = folder.encode()
    assert outcome.code == 1
    assert f"people.csv: {says}" in outcome.err
    assert "Quillfeather" not in outcome.err
    assert not folder.output.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty: not even a header row"),
        (b"case,name,dob\r\n", "no row below the header"),
        (b"case,name,dob\r\n1,\xff,2\r\n", "not UTF-8 text"),
        (b"case,name,dob\r\n1,a\0b,04/07/2009\r\n", "row 2: a cell holds NUL"),
        (b"case,name,dob\r\n1," + b"x" * 200_000 + b",2\r\n", "row 2: not CSV: a cell of more than"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_words(folder: Folder, data: bytes, says: str) -> None:
    folder.people.write_bytes(data)
    outcome = folder.encode()
    assert outcome.code == 1
    assert f"people.csv: {says}" in outcome.err
    assert not folder.output.parent.exists()


def test_a_folder_is_no_source_and_is_named_as_it_was_given(folder: Folder) -> None:
    folder.people = Path()
    outcome = folder.encode()
    assert outcome.code == 1
    assert "error: .: is a directory" in outcome.err


def test_a_refused_encoding_leaves_no_new_folder_and_keeps_those_that_were_there(folder: Folder) -> None:
    folder.people = folder.table([["20", "Ann", "never"]])
    folder.output = folder.path / "new" / "newer" / "clks.json"
    (folder.path / "there").mkdir()
    assert folder.encode().code == 1
    assert not (folder.path / "new").exists()
    folder.output = folder.path / "there" / "clks.json"
    assert folder.encode().code == 1
    assert (folder.path / "there").is_dir()


def test_a_file_where_a_folder_should_be_is_named(folder: Folder) -> None:
    for output in (folder.people / "clks.json", folder.people / "inner" / "clks.json"):
        folder.output = output
        outcome = folder.encode()
        assert outcome.code == 1
        assert "clks.json: not written: people.csv is a file and no folder" in outcome.err


def test_an_output_is_never_one_of_the_inputs(folder: Folder) -> None:
    folder.people = folder.people.rename(folder.path / "people.json")
    folder.secret = folder.secret.rename(folder.path / "secret.json")
    before = {path: path.read_bytes() for path in (folder.people, folder.schema, folder.secret)}
    for output in before:
        folder.output = output
        outcome = folder.encode("--overwrite")
        assert outcome.code == 1
        assert f"{output.name}: this command reads that file, and would write over it" in outcome.err
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("where", ["sentinel", "identifier", "key"])
def test_half_a_character_in_a_schema_is_refused_before_anything_is_written(
    folder: Folder, where: str
) -> None:
    text = json.dumps(PEOPLE)
    broken = {
        "sentinel": text.replace('"hashing": {', '"hashing": {"missingValue": {"sentinel": "\\ud800"}, ', 1),
        "identifier": text.replace('"case"', '"\\udfff"'),
        "key": text.replace("{", '{"\\ud800": 1, ', 1),
    }
    folder.write("schema.json", broken[where])
    outcome = folder.encode()
    assert outcome.code == 1
    assert "schema.json: linkage schema, the file: a text holds half a character" in outcome.err
    assert not folder.output.exists()


def test_a_pattern_that_python_would_warn_of_is_used_in_silence(folder: Folder) -> None:
    pattern = schema(feature("name", format={"type": "string", "pattern": "[[a]+"}))
    folder.write("schema.json", json.dumps(pattern))
    folder.write("people.csv", "name\na[a\n")
    done = clew_process(
        *("agency", "encode", folder.people, "--legacy-schema", folder.schema),
        *("--secret-file", folder.secret, "--output", folder.output),
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def test_a_byte_order_mark_is_no_part_of_the_header(folder: Folder) -> None:
    folder.people.write_bytes(b"\xef\xbb\xbf" + folder.people.read_bytes())
    assert folder.encode().code == 0


def test_missing_files_are_said_in_words(folder: Folder) -> None:
    for broken in ("people", "schema", "secret"):
        other = Folder(folder.path)
        setattr(other, broken, folder.path / "nowhere")
        outcome = other.encode()
        assert outcome.code == 1
        assert "nowhere: no such file or directory" in outcome.err
    assert not folder.output.exists()


def test_a_bad_schema_is_named_with_its_file(folder: Folder) -> None:
    folder.write("schema.json", json.dumps(schema(feature(), length=1000)))
    outcome = folder.encode()
    assert outcome.code == 1
    assert "schema.json: linkage schema, clkConfig.l: must be a power of two for blakeHash" in outcome.err


def test_the_output_must_look_like_clks(folder: Folder) -> None:
    folder.output = folder.path / "clks.clew"
    outcome = folder.encode()
    assert outcome.code == 1
    assert "let it end with .json" in outcome.err


def test_folds_are_chosen_and_told(folder: Folder) -> None:
    folded: Json = {**PEOPLE, "clkConfig": {**PEOPLE["clkConfig"], "xorFolds": 1}}
    folder.write("schema.json", json.dumps(folded))
    unchosen = folder.encode()
    assert unchosen.code == 1
    assert "--xor-folds clkhash to match what clkhash made" in unchosen.err
    made: dict[str, list[bytes]] = {}
    for reading, folds in (("clkhash", 0), ("specified", 1)):
        outcome = folder.encode("--xor-folds", reading, "--overwrite")
        assert outcome.code == 0, outcome.err
        assert f"these CLKs are folded {folds} times" in outcome.err
        made[reading] = _clks(folder.output)
        assert made[reading] == [legacy_oracle.clk(folded, SECRET, row, folds) for row in ROWS]
    assert made["clkhash"] != made["specified"]


@pytest.mark.parametrize(
    "option",
    [
        ("--workspace", "w"),
        ("--period", "2025-04-01..2026-03-31"),
        ("--mapping", "council-csv"),
        ("--area", "E06000001"),
        ("--fixes", "fixes.csv"),
        ("--allow-empty",),
        ("--allow-withdrawals",),
        ("--allow-weak-profile",),
        ("--passphrase-file", "p"),
    ],
)
def test_options_of_bundles_are_refused(folder: Folder, option: tuple[str, ...]) -> None:
    outcome = folder.encode(*option)
    assert outcome.code == 2
    assert f"{option[0]}: not with --legacy-schema" in outcome.err
    assert not folder.output.exists()


@pytest.mark.parametrize("option", [("--secret-file", "s"), ("--xor-folds", "clkhash")])
def test_options_of_legacy_clks_are_refused_for_a_bundle(folder: Folder, option: tuple[str, ...]) -> None:
    outcome = clew("agency", "encode", folder.people, "--output", folder.path / "b.clew", *option)
    assert outcome.code == 2
    assert f"{option[0]}: only with --legacy-schema" in outcome.err


def test_a_bundle_still_needs_workspace_and_period(folder: Folder) -> None:
    outcome = clew("agency", "encode", folder.people, "--output", folder.path / "b.clew")
    assert outcome.code == 2
    assert "Missing option '--workspace'" in outcome.err
    workspaced = clew(
        *("agency", "encode", folder.people, "--output", folder.path / "b.clew"),
        *("--workspace", folder.path),
    )
    assert workspaced.code == 2
    assert "Missing option '--period'" in workspaced.err


def _secret_outcome(folder: Folder, data: bytes) -> Outcome:
    path = folder.path / "other-secret.txt"
    path.write_bytes(data)
    path.chmod(0o600)
    return folder.encode("--overwrite", secret=path)


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_how_an_editor_ends_the_secret_makes_no_difference(
    folder: Folder, mark: bytes, ending: bytes
) -> None:
    assert _secret_outcome(folder, mark + SECRET.encode() + ending).code == 0
    assert _clks(folder.output)[0] == legacy_oracle.clk(PEOPLE, SECRET, ROWS[0])


def test_spaces_in_a_secret_count(folder: Folder) -> None:
    assert _secret_outcome(folder, b"  spaced \n").code == 0
    assert _clks(folder.output)[0] == legacy_oracle.clk(PEOPLE, "  spaced ", ROWS[0])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the secret is empty"),
        (b"\n", "the secret is empty"),
        (b"   \t\n", "the secret is nothing but spaces"),
        (b"one\ntwo\n", "has more than one line"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"x" * 5000, "larger than 4096 bytes"),
    ],
)
def test_a_bad_secret_is_refused_and_not_shown(folder: Folder, data: bytes, says: str) -> None:
    outcome = _secret_outcome(folder, data)
    assert outcome.code == 1
    assert says in outcome.err
    assert "xxxx" not in outcome.err
    assert "two" not in outcome.err
    assert not folder.output.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_secret_that_others_can_read_is_warned_of(folder: Folder) -> None:
    assert "others on this machine can read it" not in folder.encode().err
    folder.secret.chmod(0o644)
    assert "secret.txt: others on this machine can read it" in folder.encode("--overwrite").err


def test_without_a_file_the_secret_is_asked_for_twice_and_hidden(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def prompt(text: str, **how: Any) -> str:
        asked.update(how, text=text)
        return SECRET

    monkeypatch.setattr(keys.hidden_text.click, "prompt", prompt)
    outcome = clew(
        *("agency", "encode", folder.people, "--legacy-schema", folder.schema, "--output", folder.output)
    )
    assert outcome.code == 0, outcome.err
    assert asked["hide_input"] is asked["confirmation_prompt"] is True
    assert _clks(folder.output)[0] == legacy_oracle.clk(PEOPLE, SECRET, ROWS[0])


def test_without_a_terminal_there_is_no_prompt(folder: Folder) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cli.main", "agency", "encode", folder.people),
            *("--legacy-schema", folder.schema, "--output", folder.output),
        ],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 1, done.stderr
    assert "give it with --secret-file" in done.stderr
    assert not folder.output.exists()


def test_no_option_takes_the_secret_itself() -> None:
    from cli.agency.extract_commands import encode_command

    options = [one for one in encode_command.params if isinstance(one, click.Option)]
    assert [one.opts for one in options if "secret" in one.opts[0]] == [["--secret-file"]]


def test_secret_and_identifiers_show_nowhere(folder: Folder) -> None:
    outcome = folder.encode()
    shown = outcome.err + outcome.out + folder.output.read_text()
    for hidden in (SECRET, "Quillfeather", "2009", "O’Neill"):
        assert hidden not in shown


def test_inspect_says_what_a_file_of_clks_holds(folder: Folder) -> None:
    folder.encode()
    outcome = clew("agency", "inspect", folder.output, "--bytes")
    assert outcome.code == 0, outcome.err
    fills = [int.from_bytes(clk, "big").bit_count() / 1024 for clk in _clks(folder.output)]
    assert f"clks.json: 3 CLKs, {WEAK_LABEL}" in outcome.out
    assert "bits             1,024 (128 bytes" in outcome.out
    assert f"fill, mean       {sum(fills) / 3:.1%}" in outcome.out
    assert f"fill, least      {min(fills):.1%}" in outcome.out
    assert f"fill, most       {max(fills):.1%}" in outcome.out
    assert _clks(folder.output)[0][:16].hex(" ") in outcome.out


def test_inspect_refuses_what_only_looks_like_clks(folder: Folder) -> None:
    outcome = clew("agency", "inspect", folder.schema)
    assert outcome.code == 1
    assert "schema.json: CLK file: not an object with one list of texts" in outcome.err
    folder.encode()
    signed = clew("agency", "inspect", folder.output, "--workspace", folder.path)
    assert signed.code == 2
    assert "nobody signs a file of CLKs" in signed.err


def test_inspect_says_when_there_are_none(folder: Folder) -> None:
    empty = folder.write("empty.json", '{"clks": []}')
    assert "It is empty." in clew("agency", "inspect", empty).out
