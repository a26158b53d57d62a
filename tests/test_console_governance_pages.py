"""Governance reads evidence as it is in force: verified anew, without a handle, and every view recorded."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.console_app import governing
from api.console_app.app import create_console
from api.console_app.roles import Rule, rule_of
from api.overview import verifying
from api.store import ledger, schema, schema_console
from api.store.database import Database
from tests.support.console import needs_assets, serving_console
from tests.support.console_world import PERSONS
from tests.support.governed_world import Shown, governed_console
from tests.support.unit import handle, make_unit
from tests.test_console_operator_pages import words_of

pytestmark = needs_assets

PAGES = (
    "/governance",
    "/governance/ledger",
    "/governance/entries/0",
    "/governance/checkpoints",
    "/governance/permissions",
    "/governance/epochs",
    "/governance/encoding",
    "/governance/encoding/E09",
    "/governance/strength",
    "/governance/quality",
    "/governance/scores",
    "/governance/releases",
    "/governance/retention",
    "/governance/certificates/epoch/e1",
    "/governance/exports",
    "/governance/exports?of=ledger",
    "/governance/views",
)
FILES = (
    "/governance/ledger.csv",
    "/governance/checkpoint.txt",
    "/governance/certificates/erasure/1.json",
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with governed_console(tmp_path_factory.mktemp("unit") / "data") as opened:
        yield opened


def test_every_entry_of_the_ledger_is_there_and_verified(shown: Shown) -> None:
    with shown.console.service.database.read() as connection:
        size = ledger.size_of(connection)
        root = ledger.root_of(connection, size).hex()
        kinds = [row.kind for row in connection.execute(select(schema.ledger_entries))]
    for number, kind in enumerate(kinds):
        text = shown.text(f"/governance/entries/{number}")
        assert f"its proof leads to the root over all {size:,} entries" in text
        assert root in text
        assert f"Kind {kind} " in text
    assert shown.reader.get(f"/governance/entries/{size}").status_code == 404
    listed = csv.DictReader(io.StringIO(shown.reader.get("/governance/ledger.csv").text))
    assert [row["kind"] for row in listed] == kinds
    only = shown.text("/governance/ledger?kind=agency-enrolled")
    assert only.count("An agency was enrolled") == 1 + kinds.count("agency-enrolled")


def test_what_names_records_is_withheld(shown: Shown) -> None:
    with shown.console.service.database.read() as connection:
        entries = schema.ledger_entries
        merged = connection.scalar(select(entries.c.entry).where(entries.c.kind == "persons-merged"))
    page = shown.reader.get(f"/governance/entries/{merged}").text
    assert "it names 2 records and is withheld" in words_of(page)
    for canary in (*PERSONS, handle("E09", 0), handle("P01", 0)):
        assert canary not in page


def test_a_statement_that_was_changed_is_said_to_be(shown: Shown) -> None:
    table, database = schema.ledger_statements, shown.console.service.database
    with database.read() as connection:
        whole = connection.scalar(select(table.c.statement).where(table.c.entry == 1))
        root = ledger.root_of(connection, ledger.size_of(connection)).hex()
    before = words_of(shown.send().text)
    assert "all leaves, hashed again, make the root that proofs are given against" in before
    assert root in before
    assert "not as committed" not in before
    with database.write() as connection:
        connection.execute(update(table).where(table.c.entry == 1).values(statement=f"{whole} "))
    try:
        assert "somebody changed it" in shown.text("/governance/entries/1")
        assert "Statements not as committed 1 Wrong" in words_of(shown.send().text)
    finally:
        with database.write() as connection:
            connection.execute(update(table).where(table.c.entry == 1).values(statement=whole))


def test_a_large_ledger_is_verified_in_stretches_and_shows_how_far(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "LEVEL", 2)
    monkeypatch.setattr(governing, "_SECONDS", 0.0)
    with shown.console.service.database.read() as connection:
        size, first = ledger.size_of(connection), schema.ledger_entries
        root = ledger.root_of(connection, size).hex()
    assert size > 12
    answer = shown.send()
    for done in range(4, size, 4):
        assert f"{done} of {size} entries are verified, {100 * done // size} %." in words_of(answer.text)
        form = answer.text.partition("data-go-on")[2].partition("</form>")[0]
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
        answer = shown.reader.post("/governance/checkpoints", data=fields)
    assert "make the root that proofs" in words_of(answer.text)
    assert root in answer.text
    # Where the form is not what the page gave, it begins anew.
    for changed in (
        {"done": "3"},
        {"done": str(size + 4)},
        {"size": "9" * 9},
        {"opened": "x"},
        {"broken": ""},
    ):
        anew = shown.reader.post("/governance/checkpoints", data=fields | changed)
        assert f"4 of {size} entries are verified" in words_of(anew.text), changed
    # A leaf that was changed shows in its stretch, though statements and hashes above stay as they were.
    database = shown.console.service.database
    for column, value in (("day", "2001-01-01"), ("kind", "no-such-kind")):
        with database.write() as connection:
            kept = connection.scalar(select(first.c[column]).where(first.c.entry == 5))
            connection.execute(update(first).where(first.c.entry == 5).values(**{column: value}))
        try:
            assert _whole(database) == (False, "")
        finally:
            with database.write() as connection:
                connection.execute(update(first).where(first.c.entry == 5).values(**{column: kept}))
    assert _whole(database) == (True, root)


def _whole(database: Database) -> tuple[bool, str]:
    with database.read() as connection:
        so_far = verifying.begin(connection)
        while not so_far.finished:
            so_far = verifying.verify_stretch(connection, so_far)
        found = verifying.conclude(connection, so_far)
    return found.same, found.root


def test_a_checkpoint_that_somebody_holds_is_compared(shown: Shown) -> None:
    note = shown.reader.get("/governance/checkpoint.txt")
    assert note.text == shown.governed.note
    good = words_of(shown.send(note=note.text.replace("\n", "\r\n")).text)
    assert "The checkpoint that you gave Good the ledger goes on from it" in good
    lines = note.text.split("\n")
    forged = "\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])
    for bad in (forged, "no note", ""):
        assert "The checkpoint that you gave Wrong" in words_of(shown.send(note=bad).text), bad
    assert "signed by the ledger’s key, and the ledger goes on from it" in good


def test_a_checkpoint_is_written_as_the_ledger_is_and_says_what_came_since(shown: Shown) -> None:
    noted, size = (shown.governed.note.split("\n")[place] for place in (2, 1))
    text = shown.text("/governance/checkpoints")
    with shown.console.service.database.read() as connection:
        now = ledger.size_of(connection)
        root = ledger.root_of(connection, int(size)).hex()
    assert f"Root over these entries {root} The same as the note writes it {noted} (base 64)" in text
    assert f"Entries since {now - int(size):,} " in text
    assert "A checkpoint is signed with each receipt" in text


def test_the_matrix_is_what_the_app_itself_obeys(shown: Shown) -> None:
    text = shown.text("/governance/permissions")
    app = create_console(shown.console.service)
    for one in app.url_map.iter_rules():
        rule = rule_of(app.view_functions[one.endpoint])
        for method in (one.methods or set()) - {"HEAD", "OPTIONS"}:
            roles = ("operator", "reviewer", "governance", "publisher")
            if rule is None:
                words = ["No"] * 4
            elif rule.who == "account":
                words = ["Yes" if role in rule.roles else "No" for role in roles]
            else:
                words = ["Anybody" if rule.who == "anybody" else "With a code"] * 4
            told = [
                "Yes" if rule and said else "No"
                for said in ((rule.step_up, rule.logged, rule.file) if rule else (False,) * 3)
            ]
            line = f"{words_of(one.rule.replace('<', '&lt;'))} {method} {' '.join(words)} {' '.join(told)}"
            assert line in text
    assert "gina Active No No Yes No" in text
    assert re.search(r"secrets/receipts.key signs receipts and certificates \S+ \S+ -rw------- No", text)


def test_evidence_is_that_of_the_store(shown: Shown) -> None:
    epochs = shown.text("/governance/epochs")
    assert f"{shown.world.unit.epoch.epoch} In force" in epochs
    assert "Must sign 2 of 3" in epochs
    quality = shown.text("/governance/quality")
    assert "98.7 %" in quality.replace("\u00a0", " ")
    assert "96.1 to 99.5 %" in quality.replace("\u00a0", " ")
    kept = shown.text("/governance/retention")
    assert "nonces 12" in kept
    assert "E09 2031-04 2" in kept
    assert "agency E10 Asked" in kept


def test_epochs_are_names_and_dates_and_no_value_of_a_key(shown: Shown) -> None:
    page, descriptor = shown.reader.get("/governance/epochs").text, shown.world.unit.epoch
    assert descriptor.epoch in page
    of_keys = (descriptor.key_check_value, descriptor.conformance, *descriptor.shares, descriptor.transcript)
    assert not [value for value in of_keys if value in page]


def test_governance_changes_nothing_and_nobody_else_reads(shown: Shown) -> None:
    app = create_console(shown.console.service)
    changing = {
        one.rule
        for one in app.url_map.iter_rules()
        if "POST" in (one.methods or set())
        and (rule := rule_of(app.view_functions[one.endpoint])) is not None
        and rule.roles == {"governance"}
    }
    assert changing == {"/governance/checkpoints"}  # which verifies, and is a form because it takes long
    every = {rule_of(view) for name, view in app.view_functions.items() if name.startswith("governance_")}
    assert every == {
        Rule("account", frozenset({"governance"}), logged=True, file=file) for file in (False, True)
    }
    for name, role in (("rita", "reviewer"), ("olga", "operator"), ("paul", "publisher")):
        other = shown.console.signed_in(name, role)
        assert {other.get(one).status_code for one in PAGES} == {403}


def test_every_view_is_recorded_and_can_be_read(shown: Shown) -> None:
    for one in PAGES:
        shown.reader.get(one)
    views = schema_console.views
    with shown.console.service.database.read() as connection:
        rows = connection.execute(select(views).order_by(views.c.number.desc()).limit(len(PAGES))).all()
    assert [row.address for row in reversed(rows)] == list(PAGES)
    assert "gina Governance: retention" in shown.text("/governance/views")


def test_no_page_holds_a_handle_or_a_person(shown: Shown) -> None:
    canaries = [*PERSONS, *(handle(code, child) for code in ("E09", "E10", "P01") for child in range(4))]
    for one in (*PAGES, *FILES):
        page = shown.reader.get(one).text
        assert not [canary for canary in canaries if canary in page], one


def test_a_unit_in_which_nothing_has_happened_yet_says_so(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    with serving_console(unit.folder.root) as console:
        reader = console.signed_in("gina", "governance")
        for one in PAGES:
            nothing = one.startswith(("/governance/encoding/", "/governance/certificates/"))
            assert reader.get(one).status_code == (404 if nothing else 200), one
        assert reader.get("/governance/checkpoint.txt").status_code == 404
