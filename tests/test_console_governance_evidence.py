"""What governance is shown of encodings, the linkage, certificates and exports is what the unit holds."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import request
from msgspec import json, structs
from sqlalchemy import delete, insert, select, update

from api.clock import utc_now
from api.console_app import governing_linkage
from api.console_app.app import create_console
from api.console_app.opened_releases import OpenedReleases
from api.console_app.page_words import PAGE_WORDS, file_words, page_words
from api.console_app.permissions import files_from
from api.console_app.roles import allow, rule_of
from api.overview import history, specimen
from api.overview.groups import held_by_both, wilson
from api.overview.strength import AuditLight
from api.releasing import request_release
from api.store import ledger, record_tables, releases, review, schema
from api.store.releases import KeptRelease
from linkage.errors import VerificationError
from linkage.measured import METRICS, Figure, light, measured
from linkage.register.counts import Dimension
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.statistics.periods import read_period
from linkage.wire.canonical import canonical
from linkage.wire.encodings import read_encodings
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.manifest import read_manifest
from linkage.wire.records import (
    CareSpell,
    Child,
    Coverage,
    Episode,
    PayloadHeader,
    ReturnInterview,
    read_payload,
)
from tests.support.console import needs_assets
from tests.support.governed_world import GROUPS, Shown, governed_console
from tests.support.served import served_unit
from tests.support.unit import PROFILE, make_sent
from tests.test_console_governance_pages import FILES, PAGES

pytestmark = needs_assets


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with governed_console(tmp_path_factory.mktemp("unit") / "data") as opened:
        yield opened


def plain(shown: Shown, address: str) -> str:
    return shown.text(address).replace("\u00a0", " ")


def test_the_first_page_says_what_the_others_do(shown: Shown) -> None:
    assert shown.reader.get("/governance/ledger.csv").status_code == 200
    text = plain(shown, "/governance")
    assert "Good The ledger goes on from the checkpoint that was signed last" in text
    known = measured(PROFILE)
    assert known is not None
    lights = Counter(light(one, known.privacy[one.name].value) for one in METRICS)
    shown_lights = " ".join(
        f"{one.title()} {lights[one]}" for one in ("red", "amber", "green") if lights[one]
    )
    assert shown_lights in text
    assert "4 links among 8 records, of which 98.7 % are expected to be right (96.1 to 99.5 %)" in text
    assert "“something missing”" in text
    assert f"Epoch {shown.world.unit.epoch.epoch} is in force until" in text
    assert "1 erasure, 1 certified." in text
    assert "handed out, the last one to gina" in text
    assert "2 of 3 agencies have a snapshot that was accepted" in text
    assert "pairs are links" in text
    assert re.search(r"Permissions \d+ of \d+ accounts can sign in\. ", text)
    with shown.console.service.database.read() as connection:
        newest = history.newest_entry(connection)
        size = ledger.size_of(connection)
    assert newest is not None
    assert f"Ledger {size:,} entries, the newest of " in text
    assert f": {newest.words[:1].lower()}{newest.words[1:]}." in text


def test_every_page_has_a_card_under_the_name_of_its_tab(shown: Shown) -> None:
    page = shown.reader.get("/governance").text
    tabs, cards = page.partition("<main")[0], page.partition("<main")[2]
    links = re.compile(r'<a class="govuk-link[^"]*" href="(/governance/[a-z]+)"[^>]*>([^<]+)</a>')
    assert len(links.findall(tabs)) == 12
    assert links.findall(cards) == links.findall(tabs)
    assert page.count('<li class="clew-cards__card"') == 12


def test_what_left_is_the_true_form_with_values_that_are_made_up(shown: Shown) -> None:
    text = shown.text("/governance/encoding/E09")
    with shown.console.service.database.read() as connection:
        table = schema.submissions
        where = (table.c.agency == "E09", table.c.state == "accepted")
        manifest = read_manifest(
            connection.execute(select(table.c.manifest).where(*where)).scalar_one().encode()
        )
        left = specimen.left_by(connection, "E09")
        assert specimen.left_by(connection, "E10") is None  # it sent nothing that was accepted
    assert left is not None
    encodings = manifest.part("encodings")
    assert left.as_computed
    assert encodings.size == left.head_bytes + left.row_bytes * manifest.counts.rows
    assert f"exactly the {encodings.size:,} bytes that arrived" in text
    assert not [one for one in manifest.parts if one.sealed_sha256 not in text]
    assert manifest.key_check_value not in text
    assert "Nothing of this agency was accepted yet" in shown.text("/governance/encoding/E10")
    assert shown.reader.get("/governance/encoding/X99").status_code == 404
    kinds = (Child, CareSpell, Episode, ReturnInterview, Coverage)
    for one, kind in zip(left.records, kinds, strict=True):
        assert [field.name for field in one.fields] == [field.encode_name for field in structs.fields(kind)]
        assert all(f"{field.name} {field.may_hold} {field.default}" in text for field in one.fields)


def test_the_specimen_is_what_a_reader_takes_and_holds_every_field(shown: Shown) -> None:
    with shown.console.service.database.read() as connection:
        left = specimen.left_by(connection, "E09")
    assert left is not None
    lines = [canonical(PayloadHeader(agency="X99")), *(one.line.encode() for one in left.records)]
    counts = read_payload(lines).counts()
    assert counts == dict.fromkeys(counts, 1) | {"dummies": 0}
    for one in left.records:
        written = {"dummy"} if one.name == "child" else set()  # a dummy has no episode
        assert json.decode(one.line).keys() | written == {"type", *(field.name for field in one.fields)}
    shape = json.decode(left.header) | {"rows": 1}
    row = bytes.fromhex(left.row[0].made_up) + bytes(left.row_bytes - 16 - 4 * 0)
    header, rows = read_encodings([canonical(shape) + b"\n" + row])
    assert (header.views, len(rows)) == (len(PROFILE.views), 1)
    assert rows.handle_texts() == [json.decode(left.records[0].line)["handle"]]


def test_lights_are_those_measured(shown: Shown) -> None:
    text, known = shown.text("/governance/strength"), measured(PROFILE)
    assert known is not None
    for one in METRICS:
        word = light(one, known.privacy[one.name].value).capitalize()
        words = AuditLight(one, "", None).words
        assert f"{word} {words[:1].upper()}{words[1:]}" in text
    assert "Not measured" not in text.partition("Not measured at all")[0]
    assert known.setting in text


def test_what_is_not_green_says_what_it_means_for_a_child(shown: Shown) -> None:
    text, known = shown.text("/governance/strength"), measured(PROFILE)
    assert known is not None
    said = []
    for one in METRICS:
        shown_as = AuditLight(one, "", known.privacy[one.name])
        assert bool(shown_as.meaning) == (light(one, known.privacy[one.name].value) != "green")
        assert not shown_as.meaning or shown_as.meaning in text
        said.append(shown_as.meaning)
        end = 0.0 if one.more_is_better else 1.0
        worst = Figure(value=end, low=end, high=end, seeds=1)
        assert "child" in AuditLight(one, "", worst).meaning, one.name
        assert not AuditLight(one, "", None).meaning
    assert any(said)
    assert "among children born on one day (limits were made for 1,000 of them)" in text


def test_the_interval_of_a_share_is_within_what_a_share_can_be(shown: Shown) -> None:
    beyond = Figure(value=0.5, low=-0.1, high=1.0, seeds=2)
    for one in METRICS:
        low, high = AuditLight(one, "", beyond).interval
        assert (low, high) == (-0.1 if one.name == "f1-cost" else 0.0, 1.0)
    text = plain(shown, "/governance/strength")
    known = measured(PROFILE)
    assert known is not None
    partial = known.privacy["graph-partial-overlap"]
    assert partial.low < 0
    assert f"0.00 to {100 * partial.high:.2f} %" in text
    cost = known.privacy["f1-cost"]
    assert f"\N{MINUS SIGN}{-100 * cost.low:.2f} to \N{MINUS SIGN}{-100 * cost.high:.2f} %" in text


def test_a_profile_that_was_not_measured_has_no_light(shown: Shown) -> None:
    """Not even one that calls itself what a measured one is called."""
    epoch: EpochDescriptor = structs.replace(shown.world.unit.epoch, epoch="e0", profile_digest="ab" * 32)
    table, database = schema.epochs, shown.console.service.database
    with database.write() as connection:
        row = dict(connection.execute(select(table)).one()._mapping)
        own = {"epoch": "e0", "descriptor": canonical(epoch).decode(), "current": False, "content": "0" * 64}
        connection.execute(insert(table).values(**(row | own)))
    try:
        other = shown.text("/governance/strength").partition("Not measured: nothing can be said of it.")[2]
        told = other.partition("Not measured at all")[0]
        assert told.count("Not measured ") == len(METRICS)
        assert not [one for one in ("Green", "Amber", "Red") if one in told]
    finally:
        with database.write() as connection:
            connection.execute(delete(table).where(table.c.epoch == "e0"))


def test_groups_are_those_that_the_linkage_left(shown: Shown) -> None:
    text = plain(shown, "/governance/quality")
    for one in GROUPS:
        name = f"Agency {one.name}" if one.kind == "agency" else one.name[:1].upper() + one.name[1:]
        low, high = wilson(one.linked / one.records, one.records)
        said = f"{name} {one.records:,} {100 * one.linked / one.records:.1f} % "
        said += f"{100 * low:.1f} to {100 * high:.1f} % {one.links:,} {one.possible:,} "
        precision = f"{100 * one.precision:.1f} % {100 * one.low:.1f} to {100 * one.high:.1f} %"
        assert said + (precision if one.links else "no links") in text
    assert "reaches lowest is that of “something missing”: 94.1 % of 90 links" in text
    page = shown.reader.get("/governance/quality").text
    assert page.count("<circle") == sum(one.links > 0 for one in GROUPS)


def test_scores_are_those_that_the_linkage_left(shown: Shown) -> None:
    text = plain(shown, "/governance/scores")
    with shown.console.service.database.read() as connection:
        found = review.link_figures(connection)
    assert found is not None
    counts = found.scores
    assert f"{sum(counts.linked):,} pairs are links, {sum(counts.possible):,} possible links" in text
    assert f"0 to +1 {counts.apart[20]:,} {counts.possible[20]:,} {counts.linked[20]:,}" in text
    assert "from log odds of \N{MINUS SIGN}2.2 on, and a link from +2.9 on" in text
    assert "Year, day and month of birth, sound of the forename" in text
    assert text.count("silent 28.0 %") == len(PROFILE.views)


def released_by_sex() -> ReleasedTable:
    sex = Dimension(
        name="sex",
        title="Sex",
        codes=("all", "F", "M"),
        parents={"F": "all", "M": "all"},
        labels={"F": "Girls"},
    )
    held = Dimension(name="held_by", title="Held by", codes=("any", "both"), parents={"both": "any"})
    time = Dimension(name="time", title="Time", codes=("2024",), parents={})
    printed = (("all", 200, 100), ("F", 120, 90), ("M", 80, None))
    cells = {}
    for code, whole, both in printed:
        cells["2024", code, "any"] = ReleasedCell(str(whole), whole)
        cells["2024", code, "both"] = ReleasedCell("c" if both is None else str(both), both)
    return ReleasedTable(
        number="T16b", title="By sex", measure="children", dimensions=(time, sex, held), cells=cells
    )


def test_shares_by_sex_come_from_a_release_alone(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No release was approved yet." in shown.text("/governance/quality")
    release = KeptRelease(
        number=7,
        state="approved",
        digest="",
        proposal="",
        proposed_by="p",
        proposed_at="",
        decided_by="q",
        decided_at="2026-03-01T09:30:00.000000Z",
        withdrawn_by=None,
        withdrawn_at=None,
    )
    monkeypatch.setattr(governing_linkage, "_published", lambda connection: release)
    monkeypatch.setattr(OpenedReleases, "tables", lambda *given: [released_by_sex()])
    text = plain(shown, "/governance/quality")
    assert "From release 7" in text
    assert "Girls 120 75.0 % 66.6 to 81.9 %" in text
    assert "M 80 suppressed" in text
    assert "all 200 50.0 %" in text

    def refuse(*given: object) -> None:
        raise VerificationError("not what was proposed", hint="look")

    monkeypatch.setattr(OpenedReleases, "tables", refuse)
    assert "Release 7 has no tables T16b to T16d" in shown.text("/governance/quality")


def test_shares_are_those_that_a_release_prints(tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        served.client(served.council).submit(make_sent(served.unit, served.council, children=range(1, 61)))
        served.client(served.police).submit(make_sent(served.unit, served.police, children=range(31, 91)))
        served.workers.settle()
        served.workers.cycle()
        with served.workers.database.write() as connection:
            period = read_period("2024-04-01..2025-03-31")
            number = request_release(connection, period, area=None, numbers=["T1"], by="paul", now=utc_now())
        served.workers.run("register")
        with served.workers.database.read() as connection:
            found = releases.find_release(connection, number)
            assert found is not None
            tables = OpenedReleases(served.unit.folder).tables(connection, found)
    assert tables is not None
    shares = held_by_both(tables)
    assert {one.kind for one in shares} == {"sex", "ethnicity", "age"}
    everybody = [one for one in shares if one.name == "all"]
    assert len(everybody) == 3
    for one in everybody:
        assert one.children == 90
        assert one.share == pytest.approx(30 / 90, abs=0.12)  # both figures are rounded, and rounded to tens
        assert one.low is not None
        assert one.low < 30 / 90 < (one.high or 0)


def test_certificates_are_checked_read_and_given_out_as_they_were_signed(shown: Shown) -> None:
    text = shown.text("/governance/certificates/erasure/1")
    assert "Signature, checked now Good" in text
    assert "Erased: everything that agency E10 sent" in text
    assert "Rows of encodings 41" in text
    file = shown.reader.get("/governance/certificates/erasure/1.json")
    assert file.content == shown.governed.erasure
    assert "attachment" in file.headers["Content-Disposition"]
    epoch = shown.world.unit.epoch.epoch
    assert f"Epoch {epoch} was destroyed" in shown.text(f"/governance/certificates/epoch/{epoch}")
    for missing in ("erasure/2", "erasure/x", "epoch/none", "other/1", "erasure/2.json"):
        assert shown.reader.get(f"/governance/certificates/{missing}").status_code == 404, missing


def test_a_certificate_that_was_changed_does_not_count(shown: Shown) -> None:
    table, database = record_tables.erasures, shown.console.service.database
    forged = shown.governed.erasure.replace(b'"count":41', b'"count":40')
    assert forged != shown.governed.erasure
    try:
        for content in (forged, b'{"format":"test"}', b"no certificate"):
            with database.write() as connection:
                connection.execute(update(table).values(certificate=content.decode()))
            page = shown.text("/governance/certificates/erasure/1")
            assert "This certificate does not count" in page
            assert "Good" not in page
    finally:
        with database.write() as connection:
            connection.execute(update(table).values(certificate=shown.governed.erasure.decode()))


def test_exports_say_who_was_given_what(shown: Shown) -> None:
    for one in FILES:
        assert shown.reader.get(one).status_code == 200
    listed = shown.text("/governance/exports")
    for one in ("Leaves of the ledger as CSV", "Signed checkpoint", "Signed certificate of erasure 1"):
        assert f"gina {one}" in listed, one
    assert "retention" not in listed.partition("Files handed out")[2]
    assert not [one for one in FILES if one in listed]
    entries = shown.text("/governance/exports?of=ledger")
    assert "Something sensitive was read audience: operator; records: 8; what: persons" in entries


def test_every_page_on_record_has_words(shown: Shown) -> None:
    app = create_console(shown.console.service)
    rules = {name: rule_of(view) for name, view in app.view_functions.items()}
    assert {name for name, rule in rules.items() if rule is not None and rule.logged} == PAGE_WORDS.keys()
    with app.app_context():
        assert file_words("publisher_files", "/publisher/releases/7/files.zip") == "All files of release 7"
        assert file_words("publisher_file", "/publisher/releases/7/files/t1.csv") == "t1.csv of release 7"
        assert file_words("publisher_files", "") == "All files of a release"
        assert file_words("publisher_files", "/publisher") == "All files of a release"
    assert page_words("older_page") == "Older page"


def test_what_hands_out_a_file_says_so(shown: Shown) -> None:
    """So that governance finds it among the exports: what is to be saved comes from a view with file=True."""
    app = create_console(shown.console.service)
    flagged = files_from(app)
    assert {"governance_leaves", "governance_note", "governance_certificate_file"} <= flagged
    for one in (*PAGES, *FILES):
        answer = shown.reader.get(one)
        with app.test_request_context(one):
            endpoint = request.endpoint
        assert ("Content-Disposition" in answer.headers) == (endpoint in flagged), one
    with pytest.raises(ValueError, match="recorded"):
        allow("governance", file=True)
