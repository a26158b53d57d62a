"""What the page says is true, in one word for each thing, and leads to where it is mended."""

from pathlib import Path

import pytest

from linkage.wire.canonical import canonical
from linkage.wire.results import Finding, Results
from tests.support.agency_desk import (  # noqa: F401 (fixtures)
    PHRASE,
    Desk,
    child,
    desk,
    episode,
    epoch,
    unit,
    write_council,
)
from tests.support.desk_page import PERIOD, Forms, client_of, desk_page, upload


def _checked(pages: Forms, source: Path) -> str:
    pages.send("/source", upload(source), **PERIOD)
    pages.send("/mapping", act="shipped", shipped="council-csv")
    return pages.send("/check")


def test_a_check_says_left_out_and_what_a_rule_is_and_asks_for_every_type(
    tmp_path: Path,
    desk: Desk,  # noqa: F811
) -> None:
    episodes = [episode(number) for number in range(1, 4)]
    episodes[0] |= {"end": "soon"}
    episodes[1] |= {"type": "gone, and it is known where to"}
    children = [child(1), child(2), child(3), child(3, postcode="EB1 1QZ")]
    source = write_council(tmp_path / "source", 3, children=children, episodes=episodes)
    with desk_page(desk.workspace) as served, client_of(served) as client:
        pages = Forms(client, served.origin)
        said = _checked(pages, source)
        assert "2 episodes are left out: the other side will be told that you hold none of them" in said
        assert "quarantine" not in said
        assert "Rule 1005 of the children-looked-after return: the end is not a valid date." in said
        assert "leave it empty if it has not ended, as when the child is still missing" in said
        assert "say on this page what it means" in said
        assert "‘gone, and it is known where to’" in said
        mended = pages.send("/check", act="meanings", **{"meaning.0": "away"})
        assert "1 episode is left out" in mended


def test_an_error_about_withdrawals_opens_and_leads_to_the_tick(
    tmp_path: Path,
    desk: Desk,  # noqa: F811
) -> None:
    with desk_page(desk.workspace) as served, client_of(served) as client:
        pages = Forms(client, served.origin)
        _checked(pages, write_council(tmp_path / "whole", 6))
        assert "What never leaves" in pages.send("/encode", passphrase=PHRASE)
        assert '<details class="govuk-details">' in client.get("/encode").text
        _checked(pages, write_council(tmp_path / "part", 2))
        refused = pages.send("/encode", passphrase=PHRASE)
        assert "would be withdrawn" in refused
        assert 'href="#allow"' in refused
        assert 'id="allow"' in refused
        assert '<details class="govuk-details" open>' in refused
        said = pages.send("/encode", passphrase=PHRASE, **{"allow-withdrawals": "yes"})
        assert "What never leaves" in said


@pytest.fixture
def pulled(tmp_path: Path, desk: Desk) -> Desk:  # noqa: F811
    """A workspace into which a command has pulled a report; its page was never used."""
    assert desk.encode(write_council(tmp_path / "source", 2), "council-csv").code == 0
    references = tmp_path / "references.csv"
    assert desk.run("references", "--output", references).code == 0
    lines = references.read_text(encoding="utf-8-sig").splitlines()
    handle = next(line.rpartition(",")[2] for line in lines if "EP0000002" in line)
    results = Results(agency="E09", cycle=7, findings=(_finding(handle),))
    folder = desk.workspace / "results"
    folder.mkdir(mode=0o700)
    (folder / "cycle-000007.json").write_bytes(canonical(results))
    return desk


def _finding(handle: str) -> Finding:
    return Finding(episode=handle, reconciliation_class="OPEN_CLOSED_CONFLICT")


def test_a_report_that_a_command_pulled_can_be_read(pulled: Desk) -> None:
    with desk_page(pulled.workspace) as served, client_of(served) as client:
        pages = Forms(client, served.origin)
        assert f'href="{served.pages.removeprefix(served.origin)}/report"' in client.get("/").text
        assert "The report of cycle 7 was pulled into your workspace before" in client.get("/report").text
        refused = pages.send("/report", passphrase="not the passphrase")
        assert "passphrase is wrong" in refused.casefold()
        assert ", cycle 7" in pages.send("/report", passphrase=PHRASE)
        episodes = client.get("/report/1").text
        assert "EP0000002" in episodes
        assert "OPEN_CLOSED_CONFLICT" not in episodes, "the sentence beside it says what it means"


def test_without_a_report_there_is_none_to_read(desk: Desk) -> None:  # noqa: F811
    with desk_page(desk.workspace) as served, client_of(served) as client:
        assert client.get("/report").headers["location"].endswith("/unit")
