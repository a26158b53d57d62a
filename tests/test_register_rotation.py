"""An epoch ends: persons stay, what was left out is quarantined, then erased, and the unit certifies it."""

import csv
import datetime as dt
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import utc_now
from linkage.wire.canonical import canonical
from linkage.wire.epochs import content_digest
from linkage.wire.moments import Moment
from tests.support.processes import clew
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, Unit, handle, make_descriptor, make_sent, make_unit

COUNCIL, OTHER, POLICE = tuple(range(1, 7)), (4, 5, 6, 7), (2, 3, 5, 6, 8)
LEFT_OUT = (5, 6)
DAY = "2024-06-03"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _desks(served: Served) -> tuple[tuple[Desk, tuple[int, ...]], ...]:
    return (served.council, COUNCIL), (served.other_council, OTHER), (served.police, POLICE)


def _send(
    served: Served, unit: Unit, desk: Desk, children: tuple[int, ...], sequence: int, **more: object
) -> str:
    sent = make_sent(unit, desk, sequence=sequence, children=children, **more)  # type: ignore[arg-type]
    served.client(desk).submit(sent)
    served.workers.settle()
    return sent.id


def _next_descriptor(unit: Unit, folder: Path, epoch: str = "e2", days: int = 1) -> tuple[Unit, Path]:
    opens = Moment.day((utc_now() - dt.timedelta(days=days)).date())
    descriptor = make_descriptor(unit.card, unit.custodians, epoch=epoch, opens=opens)
    path = folder / f"{epoch}.json"
    path.write_bytes(canonical(descriptor))
    return Unit(unit.folder, unit.card, unit.custodians, descriptor), path


def _register(unit: Unit, *arguments: str | Path, fails: str = "") -> str:
    group, *rest = arguments
    place = 1 if group in {"epoch"} else 0
    done = clew("register", group, *rest[:place], "--data", unit.folder.root, *rest[place:])
    assert "Traceback" not in done.stderr
    if fails:
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert fails in done.stderr
        assert "hint: " in done.stderr
    else:
        assert done.returncode == 0, done.stderr
    return done.stdout


def _adopt(served: Served, folder: Path, *, deadline: int | None = 10) -> Unit:
    rotated, path = _next_descriptor(served.unit, folder)
    options: list[str] = []
    if deadline is not None:
        options = ["--re-encode-by", (utc_now() + dt.timedelta(days=deadline)).date().isoformat()]
    _register(served.unit, "epoch", "adopt", "--descriptor", path, *options)
    return rotated


def _pseudonyms(unit: Unit, folder: Path) -> dict[tuple[str, str], str]:
    output = folder / "persons.csv"
    _register(unit, "persons", "--output", output)
    with output.open(newline="", encoding="utf-8") as stream:
        return {(row["agency"], row["handle"]): row["pseudonym"] for row in csv.DictReader(stream)}


def _listed(unit: Unit) -> tuple[dict[str, tuple[str, int, int]], dict[str, tuple[str, int, int]]]:
    content = json.loads(_register(unit, "epoch", "list", "--json"))
    return (
        {one["epoch"]: (one["state"], one["records"], one["quarantined"]) for one in content["epochs"]},
        {one["agency"]: (one["re_encoded"], one["records"], one["left"]) for one in content["agencies"]},
    )


def _read_elsewhere(path: Path) -> bytes:
    """Read a file in another process: one that closes a database's file gives up its own locks on it."""
    return subprocess.run(["cat", path], capture_output=True, check=True).stdout


def _traces(unit: Unit, needles: dict[str, bytes]) -> set[tuple[str, str]]:
    """Every needle that stands in any file of the unit, its databases and their logs too, or in a name."""
    found = set()
    for path in unit.folder.root.rglob("*"):
        content = _read_elsewhere(path) if path.is_file() else b""
        for name, needle in needles.items():
            if needle in content or needle in path.name.encode():
                found.add((name, path.name))
    return found


def _needles(unit: Unit, old: list[str]) -> dict[str, bytes]:
    left = {f"child {one}": handle("E09", one) for one in LEFT_OUT}
    left |= {f"episode of {one}": handle("E09", one, DAY) for one in LEFT_OUT}
    needles = {f"{name}, text": text.encode() for name, text in left.items()}
    needles |= {f"{name}, bytes": bytes.fromhex(text) for name, text in left.items()}
    for submission in old:
        (body,) = unit.folder.encodings.glob(f"{submission}-*.sealed")
        needles[f"encodings of {submission}"] = body.read_bytes()[2000:2064]
        needles[f"name {submission}"] = f"{body.name}".encode()
    return needles


def _rotated(served: Served, folder: Path) -> tuple[Unit, list[str], dict[tuple[str, str], str]]:
    """Two epochs; of three agencies one has left two children out on purpose."""
    old = [_send(served, served.unit, desk, children, 1) for desk, children in _desks(served)]
    served.workers.cycle()
    before = _pseudonyms(served.unit, folder)
    rotated = _adopt(served, folder)
    assert _listed(rotated)[0] == {"e2": ("in force", 0, 0), "e1": ("overlapping", 15, 0)}
    for desk, children in _desks(served):
        again = tuple(one for one in children if desk is not served.council or one not in LEFT_OUT)
        _send(served, rotated, desk, again, 2)
    return rotated, old, before


def test_an_epoch_ends_and_only_what_was_left_out_is_lost(served: Served, tmp_path: Path) -> None:
    rotated, old, before = _rotated(served, tmp_path)
    served.workers.cycle()
    during = _pseudonyms(rotated, tmp_path)
    assert during == before  # pseudonyms changed: 0, and nobody is gone while the epochs overlap
    assert len(_findings(served)) == len(COUNCIL)
    assert _listed(rotated) == (
        {"e2": ("in force", 13, 0), "e1": ("overlapping", 2, 0)},
        {"E09": ("partly", 4, 2), "E10": ("all", 4, 0), "P01": ("all", 5, 0)},
    )

    _register(rotated, "epoch", "close", "e1", fails="may encode again until")
    _register(rotated, "epoch", "close", "e2", fails="is in force")
    _register(rotated, "epoch", "destroy", "e1", "--certificate", tmp_path / "c.json", fails="overlapping")
    _register(rotated, "epoch", "close", "e1", "--now")
    _register(rotated, "epoch", "close", "e1")  # again is harmless
    served.workers.settle()
    served.workers.cycle()
    left = {("E09", handle("E09", one)) for one in LEFT_OUT}
    closed = _pseudonyms(rotated, tmp_path)
    assert closed == {key: shown for key, shown in before.items() if key not in left}
    assert _listed(rotated)[0] == {"e2": ("in force", 13, 0), "e1": ("closed", 2, len(LEFT_OUT))}
    told = _findings(served)
    assert told == {handle("E09", one, DAY) for one in COUNCIL if one not in LEFT_OUT}
    status = json.loads(_register(rotated, "status", "--json"))
    assert status["encoded_again"]["agencies"][0]["re_encoded"] == "partly"
    assert "partly" in _register(rotated, "status")

    needles = _needles(rotated, old)
    seen = {name for name, _ in _traces(rotated, needles)}
    assert {name for name in needles if "bytes" not in name} <= seen  # the search finds what is there
    certificate = tmp_path / "destroyed-e1.json"
    assert _register(rotated, "epoch", "destroy", "e1", "--certificate", certificate) == ""
    assert not certificate.exists()
    assert _listed(rotated)[0]["e1"] == ("being destroyed", 2, 2)
    for which in ("linking", "register", "linking"):
        done = clew("register", "work", which, "--data", rotated.folder.root, "--once")
        assert done.returncode == 0, done.stderr
    shown = _register(rotated, "epoch", "destroy", "e1", "--certificate", certificate)
    assert shown.strip() == str(certificate)
    # The ledger goes on vouching that files of these names, which are digests, were there and went.
    in_ledger = {(f"name {one}", place) for one in old for place in ("register.db", "register.db-wal")}
    assert _traces(rotated, needles) <= in_ledger
    assert _listed(rotated)[0] == {"e2": ("in force", 13, 0), "e1": ("destroyed", 0, 0)}
    assert _pseudonyms(rotated, tmp_path) == closed
    served.workers.cycle()
    assert _pseudonyms(rotated, tmp_path) == closed
    assert _findings(served) == told
    _check_certificate(rotated, certificate, old, tmp_path)
    signed = content_digest(served.unit.epoch)
    assert json.loads(certificate.read_bytes())["descriptor"] == signed


def _findings(served: Served) -> set[str]:
    results = served.client(served.council).call("GET", "/v1/results").json()
    return {one["episode"] for one in results["findings"]}


def _check_certificate(unit: Unit, certificate: Path, old: list[str], folder: Path) -> None:
    first = certificate.read_bytes()
    _register(unit, "epoch", "destroy", "e1", "--certificate", certificate)
    assert certificate.read_bytes() == first
    document = json.loads(first)
    assert {one["submission"]: one["rows"] for one in document["submissions"]} == dict(
        zip(old, map(len, (COUNCIL, OTHER, POLICE)), strict=True)
    )
    assert (document["records"], document["payload_records"], document["remains"]["records"]) == (2, 4, 13)
    card = unit.folder.unit_card
    check = ("register", "certificate", "check")
    good = clew(*check, certificate, "--unit", card)
    assert good.returncode == 0, good.stderr
    assert "2 records that were not encoded again" in good.stdout
    assert f"without signatures: sha256 {document['descriptor']}\n" in good.stdout
    changed = folder / "changed.json"
    for old_text, new_text in (
        (b'"records":2', b'"records":3'),
        (b'"rows":6', b'"rows":5'),
        (b'"epoch":"e1"', b'"epoch":"e0"'),
    ):
        assert first.count(old_text) == 1
        changed.write_bytes(first.replace(old_text, new_text))
        bad = clew(*check, changed, "--unit", card)
        assert (bad.returncode, bad.stdout) == (1, "")
        assert "does not verify" in bad.stderr
    other = make_unit(folder / "same").folder.unit_card
    assert other.read_bytes() == card.read_bytes()
    stranger = folder / "stranger"
    assert clew("register", "init", "--data", stranger, "--name", "Another").returncode == 0
    foreign = clew(*check, certificate, "--unit", stranger / "unit-card.json")
    assert (foreign.returncode, "not signed by this linkage unit" in foreign.stderr) == (1, True)
    taken = folder / "taken.json"
    taken.write_text("mine")
    _register(unit, "epoch", "destroy", "e1", "--certificate", taken, fails="something else already")
    assert taken.read_text() == "mine"
