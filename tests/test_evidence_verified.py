"""Whoever has a pack and the unit's card finds what was changed in it; database, bill and pages hold."""

import asyncio
import csv
import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import IO

import click
import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from datasette.app import Datasette
from msgspec import structs

from api.evidence.sbom import installed, locked_digests
from api.evidence.writing import write_archive
from api.manage import register
from api.store import ledger
from api.unit import create_unit
from cli.audit import audit
from linkage.errors import ClewError, InputError, VerificationError
from linkage.register.evidence_folder import PackFolder, check_folder
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard, read_card
from linkage.wire.evidence import (
    ENTRY_FILE,
    MANIFEST_FILE,
    EvidenceFile,
    manifest_digest,
    read_evidence_entry,
    read_evidence_manifest,
)
from linkage.wire.ledger import EntryKind
from tests.support.browser import assert_accessible, assert_fits, chromium, needs_chromium
from tests.support.console import needs_assets
from tests.support.evidence import Built, copied, seen, shared_pack
from tests.support.processes import ROOT

pytestmark = needs_assets


@pytest.fixture(scope="module", name="built")
def _built() -> Built:
    return shared_pack()


COMMANDS: tuple[tuple[click.Command, tuple[str, ...]], ...] = (
    (audit, ("pack",)),
    (register, ("evidence", "verify")),
)
"""Both commands that verify a pack with the unit's card."""


def verified(folder: Path, card: Path) -> tuple[int, list[str]]:
    """Let anybody verify a pack: what is wrong, a line each."""
    ran = CliRunner().invoke(audit, ["pack", str(folder), "--unit", str(card)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit | ClewError), ran.exception
    return ran.exit_code, ran.stdout.splitlines()


def test_a_pack_that_nobody_touched_verifies_with_the_card_alone(built: Built, tmp_path: Path) -> None:
    alone = copied(built, tmp_path / "pack")
    assert verified(alone, alone / "ledger" / "unit-card.json") == (0, [])
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=alone, check=False)
    assert done.returncode == 0
    found = _operators(alone, built)
    assert found.exception is None, found.exception


def _operators(folder: Path, built: Built) -> "CliRunner.Result":  # type: ignore[name-defined]
    return CliRunner().invoke(register, ["evidence", "verify", str(folder), "--data", str(built.data.root)])


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _spoil_leaf(folder: Path) -> None:
    path = folder / "ledger" / "leaves.csv"
    path.write_text(path.read_text().replace("submission-accepted", "submission-refused", 1))
    _sign_anew(folder)


def _sign_anew(folder: Path) -> None:
    """Make the manifest fit the files again, as somebody would who hides what he changed."""
    said = read_evidence_manifest((folder / MANIFEST_FILE).read_bytes())
    files = []
    for one in said.files:
        content = (folder / one.name).read_bytes()
        files.append(
            EvidenceFile(name=one.name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        )
    (folder / MANIFEST_FILE).write_bytes(canonical(structs.replace(said, files=tuple(files))))


def _of_another_pack(folder: Path) -> None:
    _append(folder / "01-dpia.html", "<!-- approved -->")
    _sign_anew(folder)


def _older_position(folder: Path) -> None:
    said = read_evidence_manifest((folder / MANIFEST_FILE).read_bytes())
    (folder / MANIFEST_FILE).write_bytes(canonical(structs.replace(said, size=said.size - 1)))


def _forged(folder: Path) -> None:
    _of_another_pack(folder)
    (folder / ENTRY_FILE).unlink()


def _cut_otherwise(folder: Path) -> None:
    path = folder / "ledger" / "leaves.csv"
    path.write_text(path.read_text("utf-8").replace("\n", "\u2028"), "utf-8")
    _sign_anew(folder)


def _without_consistency(folder: Path) -> None:
    proof = read_evidence_entry((folder / ENTRY_FILE).read_bytes())
    changed = structs.replace(proof, consistency=proof.consistency[:-1])
    (folder / ENTRY_FILE).write_bytes(canonical(changed))


def _replaced(path: Path) -> Path:
    path.unlink()
    return path


def _page_elsewhere(folder: Path) -> None:
    page = folder / "01-dpia.html"
    page.rename(folder.parent / "page")
    page.symlink_to(folder.parent / "page")


LEDGER = {f"ledger/{one}" for one in ("checkpoint.txt", "leaves.csv", "ledger-card.json", "unit-card.json")}


def _ledger_elsewhere(folder: Path) -> None:
    (folder / "ledger").rename(folder.parent / "ledger")
    (folder / "ledger").symlink_to(folder.parent / "ledger")


TAMPERED: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a page": (lambda one: _append(one / "01-dpia.html", "<p>No risk.</p>"), {"01-dpia.html"}),
    "a figure in the database": (lambda one: _append(one / "evidence.db", "\0"), {"evidence.db"}),
    "a file less": (lambda one: (one / "sbom.cdx.json").unlink(), {"sbom.cdx.json"}),
    "a file more": (lambda one: _append(one / "18-approval.html", "yes"), {"18-approval.html"}),
    "a page and the manifest": (_of_another_pack, {ENTRY_FILE}),
    "a leaf and the manifest": (_spoil_leaf, {"ledger/leaves.csv", ENTRY_FILE}),
    "the position": (_older_position, {"ledger/leaves.csv", ENTRY_FILE}),
    "a page, the manifest, and no entry": (_forged, {ENTRY_FILE}),
    "no entry": (lambda one: (one / ENTRY_FILE).unlink(), {ENTRY_FILE}),
    "the leaves are cut another way": (_cut_otherwise, {"ledger/leaves.csv", ENTRY_FILE}),
    "the proof that the ledger went on": (_without_consistency, {ENTRY_FILE}),
    "a folder more": (lambda one: (one / "approval").mkdir(), {"approval"}),
    "a folder of elsewhere": (lambda one: (one / "more").symlink_to(one.parent), {"more"}),
    "a page of elsewhere": (_page_elsewhere, {"01-dpia.html"}),
    "files of elsewhere": (_ledger_elsewhere, {"ledger", *LEDGER}),
    "an endless file": (
        lambda one: _replaced(one / "01-dpia.html").symlink_to("/dev/zero"),
        {"01-dpia.html"},
    ),
    "a pipe for a page": (lambda one: os.mkfifo(_replaced(one / "01-dpia.html")), {"01-dpia.html"}),
    "a pipe for the entry": (lambda one: os.mkfifo(_replaced(one / ENTRY_FILE)), {ENTRY_FILE}),
    "a folder for a page": (lambda one: _replaced(one / "01-dpia.html").mkdir(), {"01-dpia.html"}),
    "a name that steers a terminal": (lambda one: (one / "a\x1b[2J").touch(), {r"a\x1b[2J"}),
    "a name of no letters": (lambda one: (one / os.fsdecode(b"\xff\xfe")).touch(), {r"\udcff\udcfe"}),
    "the entry": (lambda one: (one / ENTRY_FILE).write_text("{}"), {ENTRY_FILE}),
}
"""Attacks on a pack: what somebody changes, and which files are named for it."""


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_is_named(built: Built, tmp_path: Path, name: str) -> None:
    folder = copied(built, tmp_path / "pack")
    change, named = TAMPERED[name]
    change(folder)
    code, lines = verified(folder, built.data.unit_card)
    assert code == 1
    assert {line.partition("\t")[0] for line in lines} == named
    assert isinstance(_operators(folder, built).exception, VerificationError)


def test_a_pack_of_another_unit_or_history_is_refused(built: Built, tmp_path: Path) -> None:
    create_unit(tmp_path / "other", "Another unit")
    code, lines = verified(built.folder, tmp_path / "other" / "unit-card.json")
    assert (code, lines) == (1, [])
    alone = copied(built, tmp_path / "pack")
    (alone / ENTRY_FILE).unlink()
    with_data = _operators(alone, built)
    assert isinstance(with_data.exception, VerificationError)
    assert ENTRY_FILE in with_data.stdout
    rewound = CliRunner().invoke(
        register, ["evidence", "verify", str(built.folder), "--data", str(built.before.root)]
    )
    assert isinstance(rewound.exception, VerificationError)
    assert MANIFEST_FILE in rewound.stdout


def test_a_pack_without_its_entry_is_proved_by_the_digest_alone(built: Built, tmp_path: Path) -> None:
    alone = copied(built, tmp_path / "pack")
    (alone / ENTRY_FILE).unlink()
    digest = manifest_digest(built.pack.manifest)
    for command, named in COMMANDS:
        words = [*named, str(alone), "--unit", str(built.data.unit_card)]
        missing = CliRunner().invoke(command, words)
        assert missing.exit_code == 1
        assert "the pack is as it was built" not in missing.stderr
        told = CliRunner().invoke(command, [*words, "--digest", f"{digest[:32]} {digest[32:].upper()}"])
        assert told.exit_code == 0, told.exception
        assert "the digest that you were told" in told.stderr
        another = CliRunner().invoke(command, [*words, "--digest", "0" * 64])
        assert (another.exit_code, another.stdout.split("\t")[0]) == (1, MANIFEST_FILE)
        none = CliRunner().invoke(command, [*words, "--digest", "zero"])
        assert isinstance(none.exception, InputError)


def test_an_archive_must_be_unpacked_before(built: Built, tmp_path: Path) -> None:
    write_archive(tmp_path / "pack.zip", built.pack, built.entry)
    for command, named in COMMANDS:
        words = [*named, str(tmp_path / "pack.zip"), "--unit", str(built.data.unit_card)]
        ran = CliRunner().invoke(command, words)
        assert isinstance(ran.exception, InputError)
        assert "unpack" in str(ran.exception.hint)


def test_what_nobody_may_look_into_is_a_finding(built: Built, tmp_path: Path) -> None:
    """As any account but root meets it: a folder within that gives nothing away."""

    def listed(inside: str) -> "os._ScandirIterator[str]":
        if inside == "ledger":
            raise PermissionError(13, "Permission denied")
        return os.scandir(built.folder / inside)

    folder = PackFolder(listed=listed, opened=lambda name: (built.folder / name).open("rb"))
    card = read_card(built.data.unit_card.read_bytes(), UnitCard)
    found = check_folder(folder, unit=card, digest=None)
    assert dict(found.wrong)["ledger"] == "permission denied"


def test_no_more_is_read_than_the_manifest_says(built: Built) -> None:
    read: list[int] = []

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
            read.append(len(buffer))
            buffer[:] = bytes(len(buffer))
            return len(buffer)

    def opened(name: str) -> "IO[bytes]":
        page = name == "01-dpia.html"
        return io.BufferedReader(Endless(), 1) if page else (built.folder / name).open("rb")

    folder = PackFolder(listed=lambda inside: os.scandir(built.folder / inside), opened=opened)
    card = read_card(built.data.unit_card.read_bytes(), UnitCard)
    found = check_folder(folder, unit=card, digest=None)
    assert found.wrong == (("01-dpia.html", "was changed"),)
    assert sum(read) == (built.folder / "01-dpia.html").stat().st_size + 1


def test_the_ledger_has_the_digest_of_the_pack(built: Built) -> None:
    with seen(built.data) as one:
        leaf = ledger.leaf_at(one.connection, built.entry.entry.index)
        assert leaf == built.entry.entry.leaf
    assert leaf.kind == EntryKind.EVIDENCE_PACK
    said = json.loads(read_evidence_entry((built.folder / ENTRY_FILE).read_bytes()).entry.statement)
    assert said["facts"]["manifest"] == manifest_digest(built.pack.manifest)
    assert said["facts"]["size"] == built.pack.manifest.size <= built.entry.entry.index


def test_the_database_opens_in_datasette_and_holds_the_tables(built: Built) -> None:
    with closing(sqlite3.connect(built.folder / "evidence.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("pragma foreign_key_check").fetchall() == []
    told = json.loads(built.text("metadata.json"))
    shown = Datasette([], immutables=[str(built.folder / "evidence.db")], metadata=told)

    async def asked(address: str) -> str:
        answer = await shown.client.get(address)
        assert answer.status_code == 200, address
        return str(answer.text)

    async def everything() -> None:
        for table in built.pack.gathered.tables.values():
            name = table.name.replace("-", "_")
            answer = json.loads(await asked(f"/evidence/{name}.json?_shape=array&_size=max"))
            assert len(answer) == min(len(table.rows), 1000), name
            for row, wanted in zip(answer, table.rows, strict=False):
                assert [row[one.name] for one in table.columns] == list(wanted), name
        page = await asked("/evidence/blanks")
        assert "To be written" in page or "to_be_written" in page
        assert "Data protection impact assessment" in await asked("/evidence/items/1")

    asyncio.run(everything())


def test_the_bill_of_materials_is_valid_and_of_what_is_installed(built: Built) -> None:
    content = built.text("sbom.cdx.json")
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(content)
    assert fault is None, fault
    bill = json.loads(content)
    listed = {one["name"]: one for one in bill["components"]}
    assert listed["flask"]["version"] == metadata.version("flask")
    assert (listed["flask"]["scope"], listed["pytest"]["scope"]) == ("required", "excluded")
    assert {
        one["name"]: one["version"] for one in bill["components"] if one.get("scope") == "required"
    } == dict(built.evidence("select name, version from sbom"))
    lock = (ROOT / "requirements" / "dev.txt").read_text()
    for name in ("flask", "numpy", "cryptography"):
        version = listed[name]["version"]
        if f"{name}=={version} " not in lock:
            continue  # this machine has another release than the lock
        block = lock.partition(f"{name}=={version} ")[2].partition("\n    #")[0]
        wanted = set(re.findall(r"sha256:([0-9a-f]{64})", block))
        (reference,) = listed[name]["externalReferences"]
        assert {one["content"] for one in reference["hashes"]} == wanted
    assert len(locked_digests()) > 50
    needed = {one.name for one in installed() if one.needed}
    assert {"sqlalchemy", "psycopg", "argon2-cffi"} <= needed
    assert not {"pytest", "datasette", "mypy"} & needed


@needs_chromium
def test_pages_are_accessible_and_fetch_nothing(built: Built, soak: bool) -> None:
    names = {"index", "sources", "01-dpia", "03-what-leaves", "08-ledger-and-permissions"}
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda one: asked.append(one.url))
        for path in sorted(built.folder.glob("*.html")):
            if not soak and path.stem not in names:
                continue
            page.goto(path.as_uri())
            assert page.locator("h1").count() == 1, path.name
            assert page.locator("script").count() == 0, path.name
            assert_accessible(page)
            assert_fits(page)
            page.emulate_media(media="print")
            assert not page.locator("nav").is_visible(), path.name
            page.emulate_media(media="screen")
    assert [one for one in asked if not one.startswith("file:")] == []


@needs_chromium
def test_captions_and_words_have_room_on_a_telephone(built: Built) -> None:
    """Tables scroll in a frame of their own: their captions stay in sight, and no column is a few letters."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 400, "height": 900})
        for name in ("05-key-custody", "07-linkage-quality", "index"):
            page.goto((built.folder / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 400
            for words in page.locator("caption span").all():
                place = words.bounding_box()
                assert place is not None
                assert place["x"] >= 0, words.inner_text()
                assert place["x"] + place["width"] <= 400, words.inner_text()
            narrow = page.locator(".some .long, .many .long").evaluate_all(
                "all => all.filter(e => e.clientWidth < 140)"
            )
            assert narrow == [], name


def test_leaves_are_those_of_the_ledger(built: Built) -> None:
    rows = list(csv.reader(built.text("ledger/leaves.csv").splitlines()))
    with closing(sqlite3.connect(built.before.register_database)) as connection:
        wanted = connection.execute(
            "select entry, kind, day, commitment from ledger_entries order by entry"
        ).fetchall()
    assert [tuple(row) for row in rows[1:]] == [tuple(map(str, row)) for row in wanted]
