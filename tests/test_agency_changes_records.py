"""``clew agency withdraw``, ``shield``, ``erase`` and ``erasure``: by the agency's own references."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.clock import utc_now
from api.folders import DataFolder
from api.store import persons, records
from api.store.database import open_database
from api.trust import adopt_epoch, enrol_agency
from api.unit import create_unit, read_unit_card
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.certificates import read_certificate
from linkage.wire.erasures import Erasure
from tests.support import unit as unit_support
from tests.support.agency_desk import Desk, joined_desk, make_epoch, write_council
from tests.support.processes import clew
from tests.support.serving import serving
from tests.support.working import Workers, working


class Story:
    def __init__(self, desk: Desk, url: str, workers: Workers, signing_key: str) -> None:
        self.desk, self.url, self.workers, self.signing_key = desk, url, workers, signing_key

    def held(self) -> int:
        self.workers.settle()
        with self.workers.database.read() as connection:
            return len(persons.members(connection))

    def send(self, source: Path) -> None:
        encoded = self.desk.encode(source, "council-csv", "--allow-withdrawals")
        assert encoded.code == 0, encoded.err
        sent = self.desk.run("submit", self.desk.bundle, "--url", self.url)
        assert sent.code == 0, sent.err
        self.desk.bundle.unlink()
        self.desk.bundle.with_suffix(".open.clew").unlink(missing_ok=True)

    def run(self, *words: str | Path):  # type: ignore[no-untyped-def]
        return self.desk.run(*words, "--url", self.url)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    folder = tmp_path / "unit"
    create_unit(folder, "Test unit")
    data = DataFolder(folder)
    unit_support.without_batches(data)
    card = read_unit_card(data)
    epoch = make_epoch(card)
    desk = joined_desk(tmp_path / "council", epoch, card)
    database = open_database(data.register_database, "register")
    with database.write() as connection:
        custodians = [one.card for one in epoch.members]
        adopt_epoch(
            connection, card, canonical(epoch.descriptor), custodians=custodians, threshold=2, now=utc_now()
        )
        own = desk.card()
        enrol_agency(connection, canonical(own), fingerprint=card_fingerprint(own), now=utc_now())
    database.close()
    unit = unit_support.Unit(data, card, (), epoch.descriptor)
    with serving(folder) as url, working(unit) as workers:
        story = Story(desk, url, workers, card.signing_key)
        story.send(write_council(tmp_path / "source"))
        assert story.held() == 6
        yield story


def _crosswalk(story: Story) -> int:
    with closing(sqlite3.connect(story.desk.workspace / "workspace.db")) as raw:
        return int(raw.execute("SELECT count(*) FROM records").fetchone()[0])


def test_records_are_withdrawn_shielded_erased_and_forgotten(story: Story, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("CH0000002\n\nCH0000003\n")
    done = story.run("withdraw", "CH0000001", "--references", listed)
    assert (done.code, "withdraw, 3 records" in done.err) == (0, True), done.err
    assert story.held() == 3
    assert story.run("shield", "CH0000004").code == 0
    assert story.held() == 2
    assert story.run("shield", "--lift", "CH0000004").code == 0
    assert story.held() == 3
    source = write_council(tmp_path / "again")
    story.send(source)
    assert story.held() == 6

    rows = _crosswalk(story)
    erased = story.run("erase", "--yes", "CH0000005")
    assert erased.code == 0, erased.err
    name = erased.out.strip()
    output = tmp_path / "certificate.json"
    waiting = story.run("erasure", name, "--output", output)
    assert (waiting.code, "under way" in waiting.err) == (1, True)
    assert story.held() == 5
    pulled = story.run("erasure", name, "--output", output)
    assert (pulled.code, pulled.out.strip()) == (0, str(output)), pulled.err
    assert read_certificate(output.read_bytes(), Erasure, signing_key=story.signing_key).records == 1
    story.send(source)
    assert story.held() == 5  # the unit keeps it out
    assert "erased before were left out" in story.run("status").out
    assert _crosswalk(story) == rows

    forgotten = story.run("erase", "--yes", "--forget", "CH0000006")
    assert "4 rows of the crosswalk are forgotten" in forgotten.err
    assert _crosswalk(story) == rows - 4
    assert story.held() == 4
    story.send(source)
    assert story.held() == 5  # sent again, it is a new record


def test_without_a_terminal_erase_names_the_option_that_answers(tmp_path: Path) -> None:
    """Scripts and timers have none, and no way to find out from `interrupted`."""
    unit = ("--url", "https://unit.example", "--workspace", tmp_path / "workspace")
    asked = clew("agency", "erase", "CH0000001", *unit)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "erase 1 record at the linkage unit? It cannot be taken back" in asked.stderr
    assert "--yes" in asked.stderr.splitlines()[-1]
    assert "interrupted" not in asked.stderr


@pytest.mark.parametrize("short", ["7d0c…", "7d0c09ab", "xyz"])
def test_an_erasure_that_is_cut_short_is_told_that_the_whole_is_needed(tmp_path: Path, short: str) -> None:
    unit = ("--url", "https://unit.example", "--workspace", tmp_path / "workspace")
    refused = clew("agency", "erasure", short, "--output", tmp_path / "certificate.json", *unit)
    assert refused.returncode == 1
    assert "not an erasure, which has 64 digits" in refused.stderr
    assert "the whole of what `clew agency erase` printed" in refused.stderr


def test_what_was_never_encoded_is_refused_and_nothing_is_asked(story: Story) -> None:
    unknown = story.run("withdraw", "CH0000001", "CH9999999")
    assert (unknown.code, "reference 2 of 2" in unknown.err, "CH9999999" in unknown.err) == (1, True, False)
    assert story.run("withdraw", "EP0000001", "--kind", "episode").code == 0
    assert "no reference" in story.run("withdraw").err
    assert "not an erasure" in story.run("erasure", "xyz", "--output", "x.json").err
    with story.workers.database.read() as connection:
        assert records.count_withdrawals(connection, "E09") == 1
