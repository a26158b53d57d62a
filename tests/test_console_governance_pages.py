"""Governance reads evidence as it is in force: verified anew, without a handle, and every view recorded."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select, update

from api.console_app.app import create_console
from api.console_app.roles import rule_of
from api.store import ledger, schema, schema_console
from linkage.measured import METRICS
from tests.support.console import Console, needs_assets, serving_console
from tests.support.console_world import PERSONS, World, make_world
from tests.support.unit import handle
from tests.test_console_operator_pages import token_of, words_of

pytestmark = needs_assets

PAGES = (
    "/governance",
    "/governance/entries/0",
    "/governance/checkpoints",
    "/governance/permissions",
    "/governance/epochs",
    "/governance/encoding",
    "/governance/quality",
    "/governance/releases",
    "/governance/retention",
    "/governance/views",
)


@dataclass(frozen=True)
class Shown:
    world: World
    console: Console
    reader: httpx.Client

    def text(self, address: str) -> str:
        answer = self.reader.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return words_of(answer.text)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    world = make_world(tmp_path_factory.mktemp("unit") / "data")
    with serving_console(world.unit.folder.root) as console:
        yield Shown(world, console, console.signed_in("gina", "governance"))


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
    only = shown.text("/governance?kind=agency-enrolled")
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
    form = {"csrf_token": token_of(shown.reader.get("/governance/checkpoints").text)}
    before = words_of(shown.reader.post("/governance/checkpoints", data=form).text)
    assert "they make the root that proofs are given against" in before
    assert "not as committed" not in before
    with database.write() as connection:
        connection.execute(update(table).where(table.c.entry == 1).values(statement=f"{whole} "))
    try:
        assert "somebody changed it" in shown.text("/governance/entries/1")
        after = words_of(shown.reader.post("/governance/checkpoints", data=form).text)
        assert "Statements not as committed 1" in after
    finally:
        with database.write() as connection:
            connection.execute(update(table).where(table.c.entry == 1).values(statement=whole))


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
            assert f"{words_of(one.rule.replace('<', '&lt;'))} {method} {' '.join(words)} " in text
    assert re.search(r"secrets/receipts.key signs receipts and certificates \S+ \S+ -rw------- No", text)


def test_evidence_is_that_of_the_store(shown: Shown) -> None:
    epochs = shown.text("/governance/epochs")
    assert f"{shown.world.unit.epoch.epoch} In force" in epochs
    assert "Must sign 2 of 3" in epochs
    encoding = shown.text("/governance/encoding")
    assert sum(one.words in encoding for one in METRICS) >= 8
    assert "missing from" in encoding
    quality = shown.text("/governance/quality")
    assert "98.7 %" in quality.replace("\u00a0", " ")
    assert "96.1 % to 99.5 %" in quality.replace("\u00a0", " ")
    kept = shown.text("/governance/retention")
    assert "nonces 12" in kept
    assert "E09 2031-04 2" in kept
    assert "agency E10 Asked" in kept
    certificate = shown.reader.get(f"/governance/certificates/epoch/{shown.world.unit.epoch.epoch}")
    assert certificate.text == '{"format":"test"}'
    assert "attachment" in certificate.headers["Content-Disposition"]
    assert shown.reader.get("/governance/certificates/erasure/1").status_code == 404


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
    assert "gina governance retention" in shown.text("/governance/views")


def test_no_page_holds_a_handle_or_a_person(shown: Shown) -> None:
    canaries = [*PERSONS, *(handle(code, child) for code in ("E09", "E10", "P01") for child in range(4))]
    for one in PAGES:
        page = shown.reader.get(one).text
        assert not [canary for canary in canaries if canary in page], one
