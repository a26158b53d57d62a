"""A second implementation of the specification, in another language, gives the same bytes as the encoder."""

import copy
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from linkage.encode.tables import tables_digest
from linkage.shipped_profiles import shipped_profile
from tests.vectors.encoding_makers import EPOCH_KEY, ROWS_IN_FULL
from tests.vectors.encoding_profiles import vector_profiles
from tests.vectors.make_encoding_vectors import FILE, filled_in, folding, word_tables

PROGRAM = FILE.with_name("encoding.mjs")
NODE = shutil.which("node")
OLDEST = 18
PEOPLE = 200
VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CHARACTERS = json.loads(FILE.with_name("folding-1.json").read_text(encoding="utf-8"))["characters"]

_WORDS = (
    "Mr", "Dr", "Miss", "Jr", "III", "known as", "aka", "a/k/a", "née", "nee", "formerly", "was", "n/k",
    "unknown", "baby", "twin", "2nd", "d/o", "/", " / ", "(", ")", "[", '"', "'", "’", "-", ";", "|",
    "Bill", "Katy", "O'Brien", "al-Hassan", "JosÃ©", "Anna", "Smith", "test", "xxx", "prefers",
    "see note", "SW1A 1AA", "m1 1ae", "ZZ99 3VZ", "NFA", "Flat 2", "12a", "Mill Road", "+44", "(0)",
    "943 476 5919", "B801200005001", "0000", "M", "female", "U",
)  # fmt: skip
_LAYOUTS = (
    "{d:02}/{m:02}/{y}", "{y}-{m:02}-{d:02}", "{d}.{m}.{s:02}", "{y}{m:02}{d:02}", "{d} {w} {y}",
    "{w} {d}, {y}", "{m:02}/{d:02}/{y}", "{d:02}{m:02}{y}", "{y}-{m:02}-{d:02}T00:00:00Z", "{m}/{y}",
    "{y}", "age {d}", "{w} {s:02}", "{d:02}-{m:02}-{y} 14:30", "{d:02}/{m:02}/{y} {junk}", "{n}", "{n}.5",
    "{d}th of {w} {y}", "{junk}",
)  # fmt: skip


def _text(draw: random.Random) -> str:
    """Return a text of words that mean something, printable characters and others of many scripts."""
    printable = "".join(map(chr, range(0x20, 0x7F)))
    pieces = []
    for _ in range(draw.randint(0, 4)):
        alphabet = draw.choice((CHARACTERS, printable, "abcdefghijklmnopqrstuvwxyz", "ABCDE0123456789"))
        letters = "".join(draw.choice(alphabet) for _ in range(draw.randint(1, 6)))
        pieces.append(draw.choice((draw.choice(_WORDS), letters)))
    return draw.choice(("", " ")).join(pieces)


def _date(draw: random.Random) -> str:
    return draw.choice(_LAYOUTS).format(
        d=draw.randint(0, 32),
        m=draw.randint(0, 14),
        y=draw.choice((0, 1899, 1900, 2004, 2009, 2012, 2099, 2100, 9999)),
        s=draw.randint(0, 99),
        w=draw.choice(("Jan", "february", "MAR", "Sept", "sunday", "Dec", "May")),
        n=draw.randint(9_000, 75_000),
        junk=_text(draw),
    )


def _person(draw: random.Random) -> dict[str, Any]:
    fields = ("forename", "surname", "middle_name", "sex", "postcode", "address", "locality", "phone")
    texts = {field: _text(draw) for field in (*fields, "nhs_number", "upn")}
    texts |= {"date_of_birth": _date(draw)}
    marks = {"birth_uncertain": draw.random() < 0.2, "postcode_shared": draw.random() < 0.3}
    return {**{field: text for field, text in texts.items() if text}, **marks}


def _fresh_vectors() -> dict[str, Any]:
    """Return vectors of people who are in no file: normalised, with their variants, encoded and padded."""
    draw = random.Random(20_250_131)
    people = [{"identifiers": _person(draw)} for _ in range(PEOPLE)]
    odd = [profile for profile in vector_profiles() if profile.name in ("odd-components", "odd-padded")]
    profiles = [shipped_profile("child-1"), *odd]
    vectors = filled_in(
        {
            "epoch_key": EPOCH_KEY.hex(),
            "tables_digest": tables_digest(),
            "rows_in_full": ROWS_IN_FULL,
            "people": people,
            "variants": people,
            "tables": [{}],
            "rows": [
                {
                    "profile": profile.name,
                    "handle": f"{number:032x}",
                    "people": [number, (number + 1) % PEOPLE],
                }
                for profile in profiles
                for number in range(PEOPLE)
            ],
            "profiles": [{"profile": to_builtins(profile)} for profile in profiles],
        }
    )
    for made in vectors["profiles"]:
        del made["conformance_digest"]  # it is of the people of the conformance digest, who are not here
    return vectors


def _write(folder: Path, vectors: dict[str, Any]) -> Path:
    """Write vectors and the tables that they need; returns the vectors' file."""
    contents = {"folding-1.json": folding(vectors), "tables-1.json": word_tables(vectors), FILE.name: vectors}
    for name, content in contents.items():
        folder.joinpath(name).write_text(json.dumps(content), encoding="utf-8")
    return folder / FILE.name


@pytest.fixture(scope="module")
def node() -> str:
    if NODE is None:
        pytest.skip(
            f"node is missing: install Node.js {OLDEST} or newer (`apt-get install nodejs` on Debian)"
        )
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST:
        pytest.skip(f"node is {version}: install Node.js {OLDEST} or newer")
    return NODE


def _run(node: str, file: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [node, PROGRAM, file], capture_output=True, encoding="utf-8", timeout=300, check=False
    )


def test_it_gives_every_published_vector(node: str) -> None:
    done = _run(node, FILE)
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = {name: len(part) for name, part in VECTORS.items() if isinstance(part, list)}
    assert (
        f"foldings: {kinds.pop('foldings')} not checked: they need the transliteration library" in done.stdout
    )
    said = {
        kind: int(count)
        for kind, count in re.findall(r"^(\w+): (\d+) checked, 0 disagree$", done.stdout, re.M)
    }
    assert said == kinds


def test_it_gives_what_the_encoder_gives_for_people_nobody_chose(node: str, tmp_path: Path) -> None:
    vectors = _fresh_vectors()
    assert sum(bool(vector["rows"]) for vector in vectors["rows"]) > PEOPLE
    done = _run(node, _write(tmp_path, vectors))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"people: {PEOPLE} checked, 0 disagree" in done.stdout
    assert f"rows: {3 * PEOPLE} checked, 0 disagree" in done.stdout


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("normalisation", "values"),
        ("normalisation", "tier"),
        ("normalisation", "refusals"),
        ("variants", "sets"),
        ("tokens", "tokens"),
        ("components", "value"),
        ("profiles", "digest"),
        ("profiles", "conformance_digest"),
        ("derivations", "key"),
        ("salt_blocks", "block"),
        ("token_blocks", "block"),
        ("positions", "positions"),
        ("diffusion", "sha256"),
        ("rows", "rows"),
    ],
)
def test_it_refuses_a_vector_that_was_tampered_with(node: str, tmp_path: Path, kind: str, part: str) -> None:
    wanted = {kind: 3, "people": len(VECTORS["people"]), "profiles": 2}
    few = {
        name: copy.deepcopy(part[: wanted[name]]) if name in wanted else part
        for name, part in VECTORS.items()
        if name in wanted or not isinstance(part, list)
    }
    few[kind][1][part] = ["tampered"]
    for name in ("folding-1.json", "tables-1.json"):
        shutil.copy(FILE.with_name(name), tmp_path)
    file = tmp_path / FILE.name
    file.write_text(json.dumps(few), encoding="utf-8")
    done = _run(node, file)
    assert done.returncode == 1
    assert f"{kind}[1].{part}: " in done.stdout
    assert re.search(rf"^{kind}: \d+ checked, 1 disagree$", done.stdout, re.M)


def test_it_refuses_a_kind_of_vector_that_it_does_not_know(node: str, tmp_path: Path) -> None:
    for name in ("folding-1.json", "tables-1.json"):
        shutil.copy(FILE.with_name(name), tmp_path)
    file = tmp_path / FILE.name
    head = {name: part for name, part in VECTORS.items() if not isinstance(part, list)}
    file.write_text(json.dumps({**head, "profiles": [], "people": [], "novelties": [{}]}), encoding="utf-8")
    done = _run(node, file)
    assert done.returncode == 1
    assert "novelties: 1 checked, 1 disagree" in done.stdout
