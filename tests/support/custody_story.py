"""All parties of the whole story of a key, below one path: five custodians, four agencies, the unit."""

import csv
import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from api.unit import create_unit
from linkage.wire.cards import AgencyCard, card_fingerprint, read_card
from tests.support.agency_desk import Outcome
from tests.support.agency_desk import clew as clew_agency
from tests.support.custody_world import World, hold_with_commands
from tests.support.processes import clew
from tests.support.secret_search import files_below

__all__ = ["CODES", "LEFT", "LOST", "NAMES", "PERIOD", "Story", "good", "homes_below"]

CODES = ("E06", "E07", "E08", "E09")
NAMES = ("asha", "ben", "carol", "dev", "esi")
LOST = ("ben", "dev")
LEFT = ("asha", "carol", "esi")
TODAY = dt.datetime.now(dt.UTC).date()
PERIOD = f"{TODAY.year - 1}-01-01..{TODAY.year - 1}-12-31"


def _day(number: int) -> str:
    return (TODAY + dt.timedelta(days=number)).isoformat()


def good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


class Story:
    """Commands of every party; what one writes is all that the next reads.

    ``said`` holds whatever any command wrote to a terminal.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "unit"
        self.said: list[str] = []
        for stage, world in hold_with_commands(path / "custody", NAMES, threshold=3):
            self.world: World = world
            if stage == "prepared":
                break
        create_unit(self.data, "Unit")
        shutil.copy(self.data / "unit-card.json", self.world.path / "unit-card.json")

    @property
    def phrase(self) -> tuple[str, Path]:
        return "--passphrase-file", self.world.path / "passphrase"

    # Custodians

    def ceremony(self, epoch: str, names: tuple[str, ...], first: int) -> Path:
        """Hold a ceremony of an epoch that opens so many days from today; all who are there sign."""
        folder = self.world.path / f"ceremony-{epoch}"
        world = World(self.world.path, self.world.agency, names, self.world.outputs)
        good(world.open(folder, epoch=epoch, threshold="3", opens=_day(first), closes=_day(300)))
        for step in ("commit", "contribute"):
            for name in names:
                good(world.step(step, name, folder=folder))
        good(world.run("ceremony", "close", "--folder", folder))
        for name in names:
            good(world.sign(folder / "epoch.json", name))
        return folder / "epoch.json"

    def wrap(self, descriptor: Path, names: tuple[str, ...], codes: tuple[str, ...], out: Path) -> Outcome:
        """Let custodians wrap the key for agencies on one machine."""
        agencies = [
            part
            for code in codes
            for part in ("--agency", self.card(code), "--fingerprint", self.fingerprint(code))
        ]
        folders = [part for name in names for part in ("--identity", self.world.path / name)]
        phrases = [*self.phrase] * (len(names) - 1)  # run() gives the last one
        return self.world.run("wrap", "--epoch", descriptor, *folders, *phrases, *agencies, "--out", out)

    def wrap_at_a_distance(self, descriptor: Path, names: tuple[str, ...], codes: tuple[str, ...]) -> Path:
        """Let custodians hold a session that the first of them opens; returns its folder."""
        folder = self.path / "session"
        place = ("--folder", folder, "--identity")
        cards = [part for code in codes for part in ("--agency", self.card(code))]
        opener = self.world.path / names[0]
        opened = good(
            self.world.run("session", "open", "--epoch", descriptor, *cards, *place, opener)
        ).out.strip()
        heard = [part for code in codes for part in ("--fingerprint", f"{code}={self.fingerprint(code)}")]
        for name in names:
            mine = (*place, self.world.path / name)
            good(self.world.run("session", "hand-over", *mine, "--session", opened, *heard))
        good(self.world.run("session", "close", *place, opener))
        for code in codes:
            what = ("--agency", self.card(code), "--fingerprint", self.fingerprint(code))
            for name in names:
                file = folder / f"wrapped-{code}.json"
                good(self.world.sign(file, name, "--epoch", descriptor, *what))
        return folder

    # Agencies

    def workspace(self, code: str) -> Path:
        return self.path / f"agency-{code}"

    def card(self, code: str) -> Path:
        return self.workspace(code) / "card.json"

    def fingerprint(self, code: str) -> str:
        return card_fingerprint(read_card(self.card(code).read_bytes(), AgencyCard))

    def agency(self, code: str, *words: str | Path) -> Outcome:
        outcome = clew_agency("agency", *words, "--workspace", self.workspace(code), *self.phrase)
        self.said.append(outcome.out + outcome.err)
        return outcome

    def begin(self) -> None:
        """Let every agency make its identity and pin the five custodians."""
        pins = [part for name in NAMES for part in ("--custodian", self.world.path / name / "card.json")]
        for code in CODES:
            what = ("--agency", code, "--role", "council", "--name", f"Council {code}", "--threshold", "3")
            good(self.agency(code, "init", *what, *pins))

    def join(self, code: str, descriptor: Path, wrapped: Path) -> Outcome:
        key = ("--wrapped-key", wrapped / f"wrapped-{code}.json")
        return self.agency(code, "join", descriptor, *key, "--unit", self.data / "unit-card.json")

    # The unit

    def register(self, *words: str | Path) -> str:
        done = clew("register", *words)
        self.said.append(done.stdout + done.stderr)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str | Path) -> str:
        done = clew("register", *words)
        self.said.append(done.stdout + done.stderr)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        return done.stderr

    def work(self) -> None:
        """Let both workers do what there is to do."""
        for which in ("linking", "register", "linking"):
            self.register("work", which, "--data", self.data, "--once")

    def cycle(self) -> None:
        self.register("cycle", "--data", self.data)
        self.work()

    def pseudonyms(self) -> dict[tuple[str, str], str]:
        output = self.path / "persons.csv"
        self.register("persons", "--data", self.data, "--output", output)
        with output.open(newline="", encoding="utf-8") as stream:
            return {(row["agency"], row["handle"]): row["pseudonym"] for row in csv.DictReader(stream)}

    def epochs(self) -> dict[str, tuple[str, int]]:
        listed = json.loads(self.register("epoch", "list", "--data", self.data, "--json"))
        return {one["epoch"]: (one["state"], one["quarantined"]) for one in listed["epochs"]}

    # What is left of it

    def places(self) -> dict[str, bytes]:
        """Every file of every party and of the temporary folder, and all that was said."""
        said = [one.out + one.err for one in self.world.outputs] + self.said
        return files_below(self.path) | {f"output {n}": text.encode() for n, text in enumerate(said)}


def homes_below(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the variables that make every program keep its temporary files and settings below a path."""
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        folder = path / name.lower()
        folder.mkdir(exist_ok=True)
        yield name, os.fspath(folder)
