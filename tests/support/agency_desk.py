"""An agency's desk for tests: custodians, an epoch with a real key, a joined workspace, made-up extracts.

Passphrases cost little here, by the keyword arguments that exist for tests.
"""

import contextlib
import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from cli.agency import joining, renewing
from cli.agency import workspace as workspace_module
from cli.main import main
from keys.epoch_key import EpochKey
from keys.identity import create_identity, load_identity, protected_identity, save_identity
from keys.wrapping import wrap_key
from linkage.encode.conformance import conformance_digest
from linkage.shipped_profiles import shipped_profile
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, UnitCard, read_card, sign_card
from linkage.wire.epochs import EpochDescriptor, add_signature
from linkage.wire.moments import Moment
from linkage.wire.seal import SealingKey
from tests.support.custody import CHEAP, Party, parties

PROFILE = shipped_profile("child-1")
PHRASE = "seven small boats at anchor"
PERIOD = "2025-04-01..2026-03-31"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def clew(*arguments: str | Path) -> Outcome:
    """Run a command as the command line would, at a low passphrase cost."""
    out, err = io.StringIO(), io.StringIO()
    with cheap_passphrases(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(map(str, arguments)))
    return Outcome(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def cheap_passphrases() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(joining, "save_identity", partial(save_identity, cost=CHEAP))
        patched.setattr(renewing, "protected_identity", partial(protected_identity, cost=CHEAP))
        patched.setattr(workspace_module, "load_identity", partial(load_identity, floor=CHEAP))
        yield


@dataclass(frozen=True)
class UnitKeys:
    """The linkage unit's private keys, for opening what was sealed to it."""

    card: UnitCard
    encodings: SealingKey
    payload: SealingKey


def make_unit_keys() -> UnitKeys:
    identity, payload = create_identity(), SealingKey.generate()
    card = UnitCard(
        name="Linkage unit",
        signing_key=identity.public_key,
        encodings_key=identity.sealing.public_text(),
        payload_key=payload.public_text(),
    )
    return UnitKeys(sign_card(card, identity.signing), identity.sealing, payload)


@dataclass(frozen=True)
class Epoch:
    """An epoch whose key the test knows, signed by two of three custodians."""

    key: EpochKey
    members: tuple[Party, ...]
    descriptor: EpochDescriptor


def make_epoch(card: UnitCard, *, key: bytes = b"\x07" * 32, **changes: object) -> Epoch:
    epoch_key, members = EpochKey(key), parties()
    now = dt.datetime.now(dt.UTC)
    content = {
        "epoch": "e1",
        "profile_name": PROFILE.name,
        "profile_digest": PROFILE.digest,
        "key_check_value": epoch_key.check_value(),
        "conformance": conformance_digest(PROFILE, key),
        "opens": Moment.day((now - dt.timedelta(days=30)).date()),
        "closes": Moment.day((now + dt.timedelta(days=300)).date()),
        "unit_encodings_key": card.encodings_key,
        "unit_payload_key": card.payload_key,
        "transcript": "77" * 32,
        "threshold": 2,
        "custodians": tuple(sorted(one.card.signing_key for one in members)),
        "shares": ("5a" * 32,) * len(members),
    }
    descriptor = EpochDescriptor(**(content | changes))
    for one in members[:2]:
        descriptor = add_signature(descriptor, one.identity.signing)
    return Epoch(epoch_key, members, descriptor)


@dataclass
class Desk:
    """One agency's folder; every command of it goes through the real command line."""

    path: Path
    code: str
    role: str
    outputs: list[Outcome] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.path / "workspace"

    @property
    def bundle(self) -> Path:
        return self.path / "out" / "bundle.clew"

    @property
    def open_bundle(self) -> Path:
        return self.path / "out" / "bundle.open.clew"

    @property
    def passphrase(self) -> Path:
        return self.path / "passphrase"

    def card(self) -> AgencyCard:
        return read_card((self.workspace / "card.json").read_bytes(), AgencyCard)

    def run(self, command: str, *arguments: str | Path, secret: bool = True) -> Outcome:
        phrase = ("--passphrase-file", self.passphrase) if secret else ()
        outcome = clew("agency", command, *arguments, "--workspace", self.workspace, *phrase)
        self.outputs.append(outcome)
        return outcome

    def init(self, epoch: Epoch, threshold: int = 2) -> Outcome:
        self.path.mkdir(parents=True, exist_ok=True)
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_text(PHRASE + "\n")
        cards = []
        for number, member in enumerate(epoch.members):
            file = self.path / f"custodian-{number}.json"
            file.write_bytes(canonical(member.card))
            cards += ["--custodian", str(file)]
        names = ("--agency", self.code, "--role", self.role, "--name", f"Agency {self.code}")
        return self.run("init", *names, *cards, "--threshold", str(threshold))

    def join(self, epoch: Epoch, unit: UnitCard, *, wrapped_for: AgencyCard | None = None) -> Outcome:
        wrapped = wrap_key(epoch.key, epoch.descriptor, holder=wrapped_for or self.card())
        for member in epoch.members[:2]:
            wrapped = add_signature(wrapped, member.identity.signing)
        files = {"epoch.json": epoch.descriptor, "wrapped.json": wrapped, "unit.json": unit}
        for name, document in files.items():
            (self.path / name).write_bytes(canonical(document))
        wrapped_key = ("--wrapped-key", self.path / "wrapped.json")
        return self.run("join", self.path / "epoch.json", *wrapped_key, "--unit", self.path / "unit.json")

    def encode(self, source: Path, mapping: str | Path, *more: str | Path) -> Outcome:
        """Encode into the one bundle of this desk, in the place of the one before."""
        named = ("--mapping", mapping, "--period", PERIOD, "--output", self.bundle, "--overwrite")
        return self.run("encode", source, *named, *more)

    def check(self, source: Path, mapping: str | Path, *more: str | Path) -> Outcome:
        return self.run("check", source, "--mapping", mapping, *more, secret=False)


def joined_desk(path: Path, epoch: Epoch, unit: UnitCard, code: str = "E09", role: str = "council") -> Desk:
    desk = Desk(path, code, role)
    for outcome in (desk.init(epoch), desk.join(epoch, unit)):
        assert outcome.code == 0, outcome.err
    return desk


Rows = Sequence[Mapping[str, str]]


def write_table(path: Path, rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """Write rows as CSV; every row's keys are the header of the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def child(number: int, **changes: str) -> dict[str, str]:
    """A row of a council's children, made up and unlike any other's."""
    row = {
        "child_id": f"CH{number:07d}",
        "forename": f"Forenamecanary{_letters(number)}",
        "middle_name": "",
        "surname": f"Surnamecanary{_letters(number)}",
        "known_as": "",
        "date_of_birth": f"{1 + number % 27:02d}/{1 + number % 12:02d}/{2009 + number % 5}",
        "sex": "MF"[number % 2],
        "ethnicity": "WBRI",
        "postcode": f"EB{1 + number % 9} {number % 10}QZ",
        "uasc": "N",
        "responsible_council": "E09",
    }
    return row | changes


def spell(number: int, **changes: str) -> dict[str, str]:
    """A row of a council's care spells."""
    row = {
        "child_id": f"CH{number:07d}",
        "start": "03/02/2024",
        "end": "",
        "legal_status": "C2",
        "placement_type": "U6",
        "placement_provider": "PR1",
        "in_area": "Y",
        "host_council": "E09",
    }
    return row | changes


def episode(number: int, **changes: str) -> dict[str, str]:
    """A row of a council's episodes."""
    row = {
        "episode_id": f"EP{number:07d}",
        "child_id": f"CH{number:07d}",
        "type": "M",
        "start": "05/06/2025",
        "end": "07/06/2025",
        "missing_from": "care home",
    }
    return row | changes


def interview(number: int, **changes: str) -> dict[str, str]:
    """A row of a council's return interviews."""
    row = {
        "episode_id": f"EP{number:07d}",
        "offered": "Y",
        "offered_date": "08/06/2025",
        "outcome": "accepted",
        "completed": "09/06/2025 14:30",
        "interviewer": "independent",
        "reasons": "friends;placement",
    }
    return row | changes


def report(number: int, **changes: str) -> dict[str, str]:
    """A row of a police force's reports."""
    row = {
        "report_ref": f"RP{number:07d}",
        "child_ref": f"NM{number:07d}",
        "forenames": f"Forenamecanary{_letters(number)} Middlecanary",
        "surname": f"Surnamecanary{_letters(number)}",
        "alias": "",
        "date_of_birth": f"{2009 + number % 5}-{1 + number % 12:02d}-{1 + number % 27:02d}",
        "sex": "MF"[number % 2],
        "ethnicity": "WBRI",
        "home_postcode": f"EB{1 + number % 9} {number % 10}QZ",
        "missing_from_type": "care home",
        "reported": "2025-06-05T21:10",
        "last_seen": "2025-06-05T18:40",
        "found": "2025-06-07T09:00",
        "risk_initial": "M",
        "risk_highest": "H",
        "risk_final": "M",
        "cse": "N",
        "cce": "Y",
        "responsible_council": "E09",
        "area": "E09",
    }
    return row | changes


def write_council(folder: Path, count: int = 6, **tables: Rows) -> Path:
    """Write a council's extract of ``count`` children, each with a spell, an episode and an interview."""
    numbers = range(1, count + 1)
    made: dict[str, Rows] = {
        "children": [child(number) for number in numbers],
        "care_spells": [spell(number) for number in numbers],
        "episodes": [episode(number) for number in numbers],
        "interviews": [interview(number) for number in numbers],
    }
    for name, rows in (made | tables).items():
        write_table(folder / f"{name}.csv", rows)
    return folder


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


@pytest.fixture(scope="module")
def unit() -> UnitKeys:
    return make_unit_keys()


@pytest.fixture(scope="module")
def epoch(unit: UnitKeys) -> Epoch:
    return make_epoch(unit.card)


@pytest.fixture
def desk(tmp_path: Path, epoch: Epoch, unit: UnitKeys) -> Desk:
    return joined_desk(tmp_path / "desk", epoch, unit.card)
