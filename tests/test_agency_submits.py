"""Submitting to the real service: signed, resumable, harmless to repeat, and clear about every refusal."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.agency import client as client_module
from cli.agency.client import Unit, checked_url
from cli.agency.progress import Stages
from cli.agency.submitting import chunked, submit_bundle
from cli.agency.workspace import Workspace
from keys.identity import Identity, create_identity, load_identity
from linkage.errors import ClewError, EpochError, FormatError, InputError, LimitError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.submission import AgencyStatus, Problem
from tests.support.agency_desk import (
    PHRASE,
    Desk,
    child,
    episode,
    interview,
    joined_desk,
    report,
    write_council,
    write_table,
)
from tests.support.agency_service import Service, serving_agencies
from tests.support.custody import CHEAP


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving_agencies(tmp_path / "unit") as opened:
        yield opened


def _submit(desk: Desk, url: str) -> str:
    outcome = desk.run("submit", desk.bundle, "--url", url)
    assert outcome.code == 0, outcome.err
    return outcome.out.strip()


def _identity(desk: Desk) -> Identity:
    return load_identity(desk.workspace / "identity.json", PHRASE, floor=CHEAP)


def _reading(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {row["episode_reference"]: row for row in rows}


def test_the_whole_path_from_two_extracts_to_two_reports(tmp_path: Path, service: Service) -> None:
    council = service.desk(tmp_path / "council")
    police = service.desk(tmp_path / "police", "P01", "police")
    numbers = range(1, 9)
    children = [child(number) for number in numbers]
    episodes = [episode(number) for number in numbers]
    episodes[1] |= {"start": "20/06/2025", "end": "22/06/2025"}
    episodes[3] |= {"end": ""}
    episodes = [*episodes[:6], episodes[7] | {"type": "A"}]
    source = write_council(
        tmp_path / "source", 8, children=children, episodes=episodes, interviews=[interview(1)]
    )
    assert council.encode(source, "council-csv").code == 0
    reports = [report(number) for number in (1, 2, 3, 4, 6, 7)]
    for row in reports:
        # The same child, as the police write them down.
        own = children[int(row["child_ref"][-2:]) - 1]
        names = {"forenames": own["forename"], "surname": own["surname"].upper()}
        born = "-".join(reversed(own["date_of_birth"].split("/")))
        row |= names | {"date_of_birth": born, "home_postcode": own["postcode"]}
    reports[4] |= {"last_seen": "2025-05-01T20:00", "reported": "2025-05-01T21:00"}
    table = write_table(tmp_path / "reports.csv", reports)
    assert police.encode(table, "police-csv", "--area", "E09").code == 0, police.outputs[-1].err
    for desk in (council, police):
        submission = _submit(desk, service.url)
        assert (desk.workspace / "receipts" / f"{submission}.json").is_file()
        assert _submit(desk, service.url) == submission
    service.workers.settle()
    status = council.run("status", "--url", service.url)
    assert "accepted, linked" in status.out
    answer = json.loads(council.run("status", "--url", service.url, "--json").out)
    assert (answer["agency"], answer["sequence"], answer["submissions"][0]["linked"]) == ("E09", 1, True)
    early = council.run("report", "--url", service.url, "--output", tmp_path / "early.xlsx")
    assert early.code == 1
    assert "there are no results yet" in early.err
    assert not (tmp_path / "early.xlsx").exists()
    service.workers.cycle()
    classes = {name: _classes(desk, service.url) for name, desk in (("council", council), ("police", police))}
    assert classes["council"]["EP0000001"] == classes["police"]["RP0000001"] == "MATCHED"
    assert classes["council"]["EP0000003"] == "MATCHED"
    assert classes["council"]["EP0000004"] == classes["police"]["RP0000004"] == "OPEN_CLOSED_CONFLICT"
    assert classes["council"]["EP0000005"] == "COUNCIL_ONLY_M"
    assert classes["council"]["EP0000008"] == "COUNCIL_ONLY_A"
    assert classes["police"]["RP0000007"] == "POLICE_ONLY_CLA"
    missing = (council.path / "report-missing.csv").read_text(encoding="utf-8-sig")
    assert "CH0000007,POLICE_ONLY_CLA,2025-06,P01,Q-" in missing


def _classes(desk: Desk, url: str) -> dict[str, str]:
    outcome = desk.run("report", "--url", url, "--output", desk.path / "report.xlsx")
    assert outcome.code == 0, outcome.err
    header, *rows = (desk.path / "report.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header.startswith("episode_reference,child_reference,reconciliation_class,")
    return {row.split(",")[0]: row.split(",")[2] for row in rows}


@pytest.fixture
def ready(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A council with a bundle of several chunks."""
    monkeypatch.setattr("cli.agency.submitting.CHUNK_BYTES", 4096)
    desk = service.desk(tmp_path / "council")
    assert desk.encode(write_council(tmp_path / "source", 30), "council-csv").code == 0
    return desk


class Unreliable(httpx.BaseTransport):
    """A connection that breaks: before or after the service has done what it was asked."""

    def __init__(self, lost: dict[int, str]) -> None:
        self.inner = httpx.HTTPTransport()
        self.lost = lost
        self.requests: list[str] = []

    def close(self) -> None:
        self.inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        number = len(self.requests)
        self.requests.append(f"{request.method} {request.url.path}")
        how = self.lost.get(number, "")
        if how == "before":
            raise httpx.ConnectError("lost on the way there")
        response = self.inner.handle_request(request)
        if how == "after":
            response.read()
            raise httpx.ReadError("lost on the way back")
        return response


@pytest.mark.parametrize("how", ["before", "after"])
def test_every_lost_request_is_repeated_without_harm(ready: Desk, service: Service, how: str) -> None:
    transport = Unreliable(dict.fromkeys(range(0, 60, 2), how))
    waits: list[float] = []
    with Unit(service.url, _identity(ready), transport=transport, sleep=waits.append) as unit:
        receipt = submit_bundle(ready.bundle, Workspace(ready.workspace), unit, Stages(None))
        assert unit.status().submissions[0].state == "committed"
    assert receipt.sequence == 1
    assert len(waits) > 5


def test_an_interrupted_submission_goes_on_where_it_stopped(ready: Desk, service: Service) -> None:
    transport = Unreliable(dict.fromkeys(range(6, 100), "before"))
    workspace = Workspace(ready.workspace)
    with (
        Unit(service.url, _identity(ready), transport=transport, sleep=lambda _: None) as unit,
        pytest.raises(InputError, match="cannot be reached") as lost,
    ):
        submit_bundle(ready.bundle, workspace, unit, Stages(None))
    assert "goes on where it stopped" in lost.value.hint
    assert not (ready.workspace / "receipts").exists()
    sent = {request for request in transport.requests[:6] if request.startswith("PUT")}
    again = Unreliable({})
    with Unit(service.url, _identity(ready), transport=again) as unit:
        submit_bundle(ready.bundle, workspace, unit, Stages(None))
    assert sent
    assert not sent & set(again.requests)


def test_the_same_bundle_by_another_sequence_is_told_apart(
    ready: Desk, service: Service, tmp_path: Path
) -> None:
    first = _submit(ready, service.url)
    kept = ready.bundle.read_bytes()
    assert ready.encode(tmp_path / "source", "council-csv").code == 0
    second = _submit(ready, service.url)
    assert first != second
    ready.bundle.write_bytes(kept)
    assert _submit(ready, service.url) == first


def test_a_bundle_behind_one_that_was_committed_is_refused(
    ready: Desk, service: Service, tmp_path: Path
) -> None:
    older = ready.bundle.read_bytes()
    assert ready.encode(tmp_path / "source", "council-csv").code == 0
    _submit(ready, service.url)
    ready.bundle.write_bytes(older)
    outcome = ready.run("submit", ready.bundle, "--url", service.url)
    assert outcome.code == 1
    assert "a later submission has been committed" in outcome.err
    assert "encode again" in outcome.err


def test_the_open_copy_is_never_sent(ready: Desk, service: Service) -> None:
    outcome = ready.run("submit", ready.open_bundle, "--url", service.url)
    assert outcome.code == 1
    assert "this is the open copy, which stays here" in outcome.err


def test_an_agency_that_is_not_enrolled_is_refused(tmp_path: Path, service: Service) -> None:
    stranger = joined_desk(tmp_path / "stranger", service.epoch, service.card, "E10")
    assert stranger.encode(write_council(tmp_path / "source", 2), "council-csv").code == 0
    outcome = stranger.run("submit", stranger.bundle, "--url", service.url)
    assert outcome.code == 1
    assert "not signed by an enrolled agency" in outcome.err
    assert "hint:" in outcome.err


def test_another_agencys_bundle_is_not_sent(ready: Desk, service: Service, tmp_path: Path) -> None:
    other = service.desk(tmp_path / "other", "E10")
    outcome = other.run("submit", ready.bundle, "--url", service.url)
    assert outcome.code == 1
    assert "this bundle is of E09, the workspace is of E10" in outcome.err


def test_a_damaged_bundle_is_not_sent(ready: Desk, service: Service) -> None:
    content = bytearray(ready.bundle.read_bytes())
    content[len(content) // 2] ^= 1
    ready.bundle.write_bytes(content)
    outcome = ready.run("submit", ready.bundle, "--url", service.url)
    assert outcome.code == 1
    assert "bundle.clew" in outcome.err
    assert not json.loads(ready.run("status", "--url", service.url, "--json").out)["submissions"]


@pytest.mark.parametrize(
    "url",
    ["http://unit.example", "ftp://127.0.0.1", "unit.example", "https://", "http://user@127.0.0.1", "http://127.0.0.1/?a=b",
     "http://127.0.0.1.example", "http://10.0.0.1:8000", "http://[::1"],
)  # fmt: skip
def test_only_https_or_this_machine_is_spoken_to(url: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_url(url)
    assert "https" in refused.value.hint


@pytest.mark.parametrize(
    "url", ["https://unit.example", "http://127.0.0.1:80", "http://localhost", "http://[::1]:8"]
)
def test_these_are_addresses(url: str) -> None:
    assert str(checked_url(url)).startswith(url[:12])


def _response(status: int, body: bytes = b"", **headers: str) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(body), headers=headers)


def _answering(status: int, body: bytes = b"", **headers: str) -> Unit:
    transport = httpx.MockTransport(lambda _: _response(status, body, **headers))
    return Unit("https://unit.example", create_identity(), transport=transport, sleep=lambda _: None)


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("other-epoch", 409, EpochError),
        ("other-conformance", 409, EpochError),
        ("unauthenticated", 401, VerificationError),
        ("role-mismatch", 403, VerificationError),
        ("too-large", 413, ClewError),
        ("busy", 503, ClewError),
    ],
)
def test_refusals_are_errors_of_ours_in_the_units_words(
    name: str, status: int, kind: type[ClewError]
) -> None:
    words = {"title": "the title", "detail": "a\x1b[2Jdetail", "hint": "do this"}
    problem = Problem(type=f"urn:clew:problem:{name}", status=status, **words)
    with _answering(status, canonical(problem)) as unit, pytest.raises(kind) as refused:
        unit.status()
    assert type(refused.value) is kind
    assert refused.value.message == "the linkage unit refused: the title (a [2Jdetail)"
    assert refused.value.hint == "do this"


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_an_answer_without_an_explanation_is_not_repeated(status: int) -> None:
    body = b"<html>Surnamecanary</html>"
    with (
        _answering(status, body, location="https://elsewhere.example") as unit,
        pytest.raises(ClewError) as refused,
    ):
        unit.status()
    assert str(status) in refused.value.message
    assert "Surnamecanary" not in str(refused.value)


def test_an_answer_in_another_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with _answering(200, b'{"agency":"E09"}') as unit, pytest.raises(FormatError):
        unit.status()
    monkeypatch.setattr(client_module, "_MAX_STATUS_BYTES", 10)
    with _answering(200, b"x" * 2_000_000) as unit, pytest.raises(LimitError):
        unit.status()


def test_a_busy_unit_is_asked_again_after_the_time_it_names() -> None:
    busy = _response(503, **{"retry-after": "7"})
    answers = iter([busy, _response(429), _response(502)])
    status = AgencyStatus(agency="E09", epoch="e1", sequence=3, cycle=2)
    waits: list[float] = []
    nonces: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        nonces.append(request.headers["signature-input"])
        return next(answers, _response(200, canonical(status)))

    transport = httpx.MockTransport(answer)
    with Unit("https://unit.example", create_identity(), transport=transport, sleep=waits.append) as unit:
        assert unit.status() == status
    assert waits == [7.0, 1.0, 2.0]
    assert len(set(nonces)) == 4


def test_a_receipt_for_something_else_is_not_kept(
    ready: Desk, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Unit.commit

    def other(self: Unit, submission: str) -> bytes:
        receipt = commit(self, submission)
        return receipt.replace(submission.encode(), hashlib.sha256(b"other").hexdigest().encode())

    monkeypatch.setattr(Unit, "commit", other)
    outcome = ready.run("submit", ready.bundle, "--url", service.url)
    assert outcome.code == 1
    assert "does not verify" in outcome.err
    assert not (ready.workspace / "receipts").exists()


@pytest.mark.parametrize("sizes", [[], [1], [3, 3], [10], [4, 4], [1] * 9])
def test_pieces_are_cut_into_chunks_anew(sizes: list[int]) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    chunks = list(chunked(pieces, 4))
    assert b"".join(chunks) == b"".join(pieces)
    assert all(len(one) == 4 for one in chunks[:-1])
    assert all(chunks)
