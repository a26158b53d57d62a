"""Five custodians, three of whom have the key: ceremony, four agencies, loss, recovery, rotation, revocation.

The real commands of every party, in the order of docs/operations: what one writes is all that the next reads.
"""

import datetime as dt
import json
import shutil
from pathlib import Path

from api.unit import create_unit
from linkage.wire.cards import AgencyCard, card_fingerprint, read_card
from tests.support.agency_desk import Outcome, write_council
from tests.support.agency_desk import clew as clew_agency
from tests.support.custody_world import World, hold_with_commands
from tests.support.processes import clew

CODES = ("E06", "E07", "E08", "E09")
NAMES = ("asha", "ben", "carol", "dev", "esi")
LOST = ("ben", "dev")
LEFT = ("asha", "carol", "esi")
TODAY = dt.datetime.now(dt.UTC).date()
PERIOD = f"{TODAY.year - 1}-01-01..{TODAY.year - 1}-12-31"


def _days(first: int, last: int) -> dict[str, str]:
    """Return the dates of an epoch, counted from today."""
    return {
        "opens": (TODAY + dt.timedelta(days=first)).isoformat(),
        "closes": (TODAY + dt.timedelta(days=last)).isoformat(),
    }


def _good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


class Story:
    """All parties' folders below one path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "unit"
        for stage, world in hold_with_commands(path / "custody", NAMES, threshold=3):
            self.world: World = world
            if stage == "prepared":
                break
        create_unit(self.data, "Unit")
        shutil.copy(self.data / "unit-card.json", self.world.path / "unit-card.json")

    @property
    def phrase(self) -> tuple[str, Path]:
        return "--passphrase-file", self.world.path / "passphrase"

    def ceremony(self, epoch: str, names: tuple[str, ...], first: int) -> Path:
        """Hold a ceremony of an epoch that opens so many days from today; all who are there sign."""
        folder = self.world.path / f"ceremony-{epoch}"
        world = World(self.world.path, self.world.agency, names)
        _good(world.open(folder, epoch=epoch, threshold="3", **_days(first, 300)))
        for step in ("commit", "contribute"):
            for name in names:
                _good(world.run("ceremony", step, "--folder", folder, "--identity", world.path / name))
        _good(world.run("ceremony", "close", "--folder", folder))
        for name in names:
            _good(world.sign(folder / "epoch.json", name))
        return folder / "epoch.json"

    def workspace(self, code: str) -> Path:
        return self.path / f"agency-{code}"

    def card(self, code: str) -> Path:
        return self.workspace(code) / "card.json"

    def fingerprint(self, code: str) -> str:
        return card_fingerprint(read_card(self.card(code).read_bytes(), AgencyCard))

    def agency(self, code: str, *words: str | Path) -> Outcome:
        return clew_agency("agency", *words, "--workspace", self.workspace(code), *self.phrase)

    def enrol(self) -> None:
        pins = [part for name in NAMES for part in ("--custodian", self.world.path / name / "card.json")]
        for code in CODES:
            what = ("--agency", code, "--role", "council", "--name", f"Council {code}", "--threshold", "3")
            _good(self.agency(code, "init", *what, *pins))

    def wrap(self, descriptor: Path, names: tuple[str, ...], codes: tuple[str, ...], out: Path) -> Outcome:
        agencies = [
            part
            for code in codes
            for part in ("--agency", self.card(code), "--fingerprint", self.fingerprint(code))
        ]
        folders = [part for name in names for part in ("--identity", self.world.path / name)]
        phrases = [*self.phrase] * (len(names) - 1)  # run() gives the last one
        return self.world.run("wrap", "--epoch", descriptor, *folders, *phrases, *agencies, "--out", out)

    def join(self, code: str, descriptor: Path, wrapped: Path) -> Outcome:
        key = ("--wrapped-key", wrapped / f"wrapped-{code}.json")
        return self.agency(code, "join", descriptor, *key, "--unit", self.data / "unit-card.json")

    def register(self, *words: str | Path) -> str:
        done = clew("register", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str | Path) -> str:
        done = clew("register", *words)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        return done.stderr


def test_from_the_first_ceremony_to_a_revocation(tmp_path: Path) -> None:
    story = Story(tmp_path)
    world, source = story.world, write_council(tmp_path / "extract", 6)

    # A ceremony of five, the key to four agencies by three of them, the epoch in force.
    first = story.ceremony("year-1", NAMES, -2)
    story.enrol()
    keys = tmp_path / "keys-1"
    assert story.wrap(first, NAMES[:2], CODES, keys).code == 1
    assert not keys.exists()
    _good(story.wrap(first, NAMES[:3], CODES, keys))
    for code in CODES:
        _good(story.join(code, first, keys))
        fingerprint = ("--fingerprint", story.fingerprint(code))
        story.register("agency", "add", "--data", story.data, story.card(code), *fingerprint)
    pins = [part for name in NAMES for part in ("--custodian", world.path / name / "card.json")]
    adopted = ("epoch", "adopt", "--data", story.data, "--descriptor")
    story.register(*adopted, first, *pins, "--threshold", "3")
    options = ("--period", PERIOD, "--mapping", "council-csv", "--output")
    _good(story.agency("E06", "encode", source, *options, tmp_path / "first.clew"))

    # Two custodians lose everything; the three others still have the key, and two of them do not.
    for name in LOST:
        shutil.rmtree(world.path / name)
    drill = ("share", "drill", "--epoch", first)
    folders = [part for name in LEFT for part in ("--identity", world.path / name)]
    _good(world.run(*drill, *folders, *story.phrase, *story.phrase))
    _good(story.wrap(first, LEFT, ("E06",), tmp_path / "once-more"))
    assert story.wrap(first, LEFT[:2], ("E06",), tmp_path / "too-few").code == 1
    assert not (tmp_path / "too-few").exists()

    # The three make the next epoch's key; agencies join and encode again, under the handles they had.
    second = story.ceremony("year-2", LEFT, -1)
    keys = tmp_path / "keys-2"
    _good(story.wrap(second, LEFT, CODES, keys))
    story.register(*adopted, second)
    for code in CODES:
        _good(story.join(code, second, keys))
    told = _good(story.agency("E06", "reencode", source, *options, tmp_path / "again.clew"))
    assert (
        "18 of the 18 records that you encoded before are re-encoded in epoch year-2, 0 are left out"
        in told.out
    )
    listed = json.loads(story.register("epoch", "list", "--data", story.data, "--json"))
    assert [(one["epoch"], one["state"]) for one in listed["epochs"]] == [
        ("year-2", "in force"),
        ("year-1", "overlapping"),
    ]
    assert "opens before" in story.join("E07", first, tmp_path / "keys-1").err
    assert "adopted before" in story.refused(*adopted, first)

    # One agency's laptop is stolen: its card is revoked by three, and counts no more anywhere.
    what = ("--agency", story.card("E09"), "--fingerprint", story.fingerprint("E09"))
    file = world.path / "revoked.json"
    mine = ("--identity", world.path / "asha")
    _good(world.run("revoke", *what, "--reason", "laptop stolen", *mine, "--out", file))
    assert "signed by 1" in story.refused("revoke", "--data", story.data, file)
    for name in LEFT[1:]:
        _good(world.sign(file, name, *what))
    story.register("revoke", "--data", story.data, file)
    assert "revoked this card" in story.refused(
        "agency", "add", "--data", story.data, story.card("E09"), "--fingerprint", story.fingerprint("E09")
    )
    refused = story.wrap(second, LEFT, ("E08", "E09"), tmp_path / "after")
    assert (refused.code, "you revoked this card of E09" in refused.err) == (1, True)
    assert not (tmp_path / "after").exists()
    _good(story.wrap(second, LEFT, ("E08",), tmp_path / "after"))
    for name in LEFT:
        checked = clew("keys", "log", "check", "--identity", world.path / name)
        assert checked.returncode == 0, checked.stderr
