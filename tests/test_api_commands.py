"""An operator's commands, typed as in docs/operations/register.md, take a unit from nothing to figures."""

import csv
import datetime as dt
import io
import json
import re
import signal
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from api.clock import stamp, utc_now
from api.folders import DataFolder
from api.heartbeats import Pulse
from api.manage.epochs import epochs_table
from api.store import jobs, submissions
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard, card_fingerprint, read_card
from tests.support.processes import clew, clew_running, content_of
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, make_custodian, make_descriptor, make_sent, make_unit


def _unit_by_commands(tmp_path: Path, *desks: Desk) -> Unit:
    data = tmp_path / "data"
    made = clew("register", "init", "--data", data, "--name", "Test unit")
    assert (made.returncode, made.stdout.strip()) == (0, str(data / "unit-card.json"))
    card = read_card(Path(made.stdout.strip()).read_bytes(), UnitCard)
    custodians = tuple(make_custodian(f"custodian {number}") for number in range(3))
    descriptor = make_descriptor(card, custodians)
    (tmp_path / "epoch.json").write_bytes(canonical(descriptor))
    options: list[str | Path] = []
    for number, custodian in enumerate(custodians):
        path = tmp_path / f"custodian-{number}.json"
        path.write_bytes(canonical(custodian.card))
        options += ["--custodian", path]
    epoch = clew(
        *("register", "epoch", "adopt", "--data", data, "--descriptor", tmp_path / "epoch.json"),
        *options,
        *("--threshold", "2"),
    )
    assert epoch.returncode == 0, epoch.stderr
    for desk in desks:
        path = tmp_path / f"{desk.code}.json"
        path.write_bytes(canonical(desk.card))
        fingerprint = card_fingerprint(desk.card)
        added = clew("register", "agency", "add", "--data", data, path, "--fingerprint", fingerprint)
        assert added.returncode == 0, added.stderr
    return Unit(DataFolder(data), card, custodians, descriptor)


def test_from_init_to_figures_by_commands_alone(tmp_path: Path) -> None:
    council, police = Desk("E09", "council"), Desk("P01", "police")
    unit = _unit_by_commands(tmp_path, council, police)
    data, ready = unit.folder.root, tmp_path / "ready.txt"
    with clew_running("register", "serve", "--data", data, "--port", "0", "--ready-file", ready) as server:
        url = content_of(ready, server)
        with SigningClient(url, council.key) as client:
            client.submit(make_sent(unit, council, children=(1, 2)))
        with SigningClient(url, police.key) as client:
            client.submit(make_sent(unit, police, children=(2, 3)))
        for which in ("linking", "register", "linking"):
            done = clew("register", "work", which, "--data", data, "--once")
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert clew("register", "cycle", "--data", data).returncode == 0
        again = clew("register", "cycle", "--data", data)
        assert (again.returncode, "still being worked on" in again.stderr) == (1, True)
        assert clew("register", "figures", "--data", data).returncode == 1
        for which in ("linking", "register"):
            assert clew("register", "work", which, "--data", data, "--once").returncode == 0
        with SigningClient(url, council.key) as client:
            assert len(client.call("GET", "/v1/results").json()["findings"]) == 2
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    assert not ready.exists()

    figures = json.loads(clew("register", "figures", "--data", data, "--json").stdout)
    assert (figures["cycle"], figures["children_in_register"]) == (1, 3)
    assert figures["episodes_by_class"]["MATCHED"] == 1
    assert "MATCHED" in clew("register", "figures", "--data", data).stdout
    status = json.loads(clew("register", "status", "--data", data, "--json").stdout)
    assert (status["epoch"], status["cycle"], status["persons"]) == ("e1", 1, 3)
    assert {one["agency"]: one["submissions"] for one in status["agencies"]} == {
        "E09": {"accepted": 1},
        "P01": {"accepted": 1},
    }
    given_up = [one for one in status["jobs"] if one["state"] != "done"]
    assert [(one["kind"], one["state"]) for one in given_up] == [("link", "cancelled")]  # for the cycle's
    link = next(one for one in status["jobs"] if one["kind"] == "link")
    assert link["done"] == link["total"] > 0
    assert "reconcile" in clew("register", "status", "--data", data).stdout
    listed = clew("register", "agency", "list", "--data", data).stdout
    assert [line.split("\t")[:4] for line in listed.splitlines()] == [
        ["E09", "council", "enrolled", "1"],
        ["P01", "police", "enrolled", "1"],
    ]
    _check_persons(unit, tmp_path / "persons.csv")


def _check_persons(unit: Unit, output: Path) -> None:
    done = clew("register", "persons", "--data", unit.folder.root, "--output", output)
    assert done.returncode == 0, done.stderr
    assert output.stat().st_mode & 0o777 == 0o600
    with output.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["agency", "handle", "pseudonym"]
    assert (len(rows), len({row["pseudonym"] for row in rows})) == (4, 3)
    database = unit.database()
    with database.read() as connection:
        internal = [row[0] for row in connection.exec_driver_sql("SELECT id FROM persons")]
    database.close()
    text = output.read_text()
    assert [one for one in internal if one in text] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["init", "--data", "DATA", "--name", "x"], "something already"),
        (["init", "--data", "NOWHERE", "--name", " "], "--name: it is empty"),
        (["restore", "NOWHERE", "--data", "DATA"], "nowhere: the backup has no manifest"),
        (["serve", "--data", "NOWHERE"], "does not hold a linkage unit"),
        (["serve", "--data", "DATA", "--host", "0.0.0.0", "--port", "0"], "in clear"),
        (["work", "linking", "--data", "NOWHERE", "--once"], "does not hold a linkage unit"),
        (["epoch", "adopt", "--data", "DATA", "--descriptor", "NOWHERE"], "no such file"),
        (["agency", "add", "--data", "DATA", "NOWHERE", "--fingerprint", "00"], "no such file"),
        (["agency", "remove", "--data", "DATA", "E99"], "no agency E99"),
        (["retry", "--data", "DATA", "7"], "there is no job 7"),
        (["submission", "withdraw", "--data", "DATA", "3f1c…"], "the first 8 of them or more"),
        (["submission", "withdraw", "--data", "DATA", "3f1c09ab"], "there is no such submission"),
        (["figures", "--data", "DATA"], "no cycle"),
    ],
)
def test_a_mistake_is_told_with_a_hint_and_exit_code_1(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    unit = make_unit(tmp_path / "data")
    places = {"DATA": str(unit.folder.root), "NOWHERE": str(tmp_path / "nowhere")}
    done = clew("register", *(places.get(one, one) for one in arguments))
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_status_tells_of_a_worker_that_is_not_there(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    with Pulse(unit.folder.heartbeats, "linking", utc_now) as pulse:
        pulse.ready()
        done = clew("register", "status", "--data", unit.folder.root)
    table = done.stdout[done.stdout.index("Workers") :]
    states = {
        cells[1].strip(): cells[2].strip() for line in table.splitlines() if len(cells := line.split("│")) > 3
    }
    assert states == {"linking": "ready", "register": "not running"}
    assert done.stderr.splitlines() == [
        "no register worker runs: `clew register work register --data DIR` starts one"
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("which", ["linking", "register"])
def test_a_worker_told_to_stop_ends_well(tmp_path: Path, which: str, number: signal.Signals) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    with clew_running("register", "work", which, "--data", unit.folder.root) as worker:
        from tests.support.serving import serving

        with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
            client.submit(make_sent(unit, desk))
        assert worker.stderr is not None
        while "done" not in worker.stderr.readline():  # it runs, and has taken a job by itself
            assert worker.poll() is None
        worker.send_signal(number)
        assert worker.wait(20) == 0
    database = unit.database()
    with database.read() as connection:
        assert [one for one in jobs.all_jobs(connection, limit=9) if one.state == "running"] == []
    database.close()


def test_healthz_needs_no_signature(tmp_path: Path) -> None:
    unit, ready = make_unit(tmp_path / "data"), tmp_path / "ready.txt"
    with clew_running(
        *("register", "serve", "--data", unit.folder.root, "--port", "0", "--ready-file", ready)
    ) as server:
        url = content_of(ready, server)
        with httpx.Client(trust_env=False) as http:
            answer = http.get(f"{url}/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_job_that_only_a_person_can_mend_makes_once_end_with_an_error(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    database = unit.database()
    with database.write() as connection:
        number = jobs.queue(connection, "reconcile", cycle=1, now=_long_ago())
    database.close()
    done = clew("register", "work", "register", "--data", unit.folder.root, "--once")
    assert done.returncode == 1
    assert "1 jobs failed" in done.stderr
    assert clew("register", "retry", "--data", unit.folder.root, str(number)).returncode == 0


def _long_ago() -> dt.datetime:
    return dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "content", [b"", b"not a certificate", b"{}", b'{"format": "clew-something"}', b"[1]"]
)
def test_a_file_that_is_no_certificate_is_told_so(tmp_path: Path, content: bytes) -> None:
    unit = make_unit(tmp_path / "data")
    given = tmp_path / "given.json"
    given.write_bytes(content)
    done = clew("register", "certificate", "check", given, "--unit", unit.folder.unit_card)
    assert (done.returncode, done.stdout) == (1, "")
    assert "given.json: this is no certificate of a linkage unit" in done.stderr
    assert "destroyed epoch" not in done.stderr


def test_what_retention_shows_has_headings_and_no_words_of_a_programming_language(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    shown = clew("register", "retention", "show", "--data", unit.folder.root).stdout
    lines = [re.findall(r"[\w ]+", line) for line in shown.splitlines()]
    cells = [[one.strip() for one in line if one.strip()] for line in lines]
    assert ["setting", "value"] in cells
    assert ["enabled", "yes"] in cells
    assert ["until age", "18"] in cells
    assert "True" not in shown


def test_epochs_fit_a_terminal_of_eighty_columns_without_a_word_that_is_broken() -> None:
    one = {"state": "closed", "opens": "2025-04-01", "closes": "2026-03-31", "re_encode_by": "2026-04-30"}
    counts = {"records": 234_567, "quarantined": 23_456}
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(epochs_table({"epochs": [{"epoch": "year-2025"} | one | counts]}))
    words = re.findall(r"[\w,-]+", console.export_text())
    whole = ["epoch", "state", "opens", "closes", "again", "records", "quarantined", "year-2025", "closed"]
    whole += ["2025-04-01", "2026-03-31", "2026-04-30", "234,567", "23,456"]
    assert [one for one in whole if one not in {word.strip(",") for word in words}] == []


def test_a_submission_is_found_by_the_beginning_of_its_identifier_that_is_its_own(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    sent, later = make_sent(unit, desk), make_sent(unit, desk, sequence=2)
    database = unit.database()
    other = sent.id[:9] + "0" * 55
    with database.write() as connection:
        for whole, one in ((sent.id, sent), (other, later)):
            registration, now = one.registration(), stamp(utc_now())
            submissions.add_submission(connection, whole, registration, digest=whole, now=now)
    database.close()
    withdraw = ("register", "submission", "withdraw", "--data", unit.folder.root)
    many = clew(*withdraw, sent.id[:8])
    assert (many.returncode, "2 submissions begin with that" in many.stderr) == (1, True)
    for given in (f"{sent.id[:12]}…", sent.id[:12].upper(), sent.id):
        found = clew(*withdraw, given)
        assert (found.returncode, "the submission does not stand: it is open" in found.stderr) == (1, True)
