"""A ceremony held with the real commands, with every folder kept as it was after each stage.

Passphrases cost little here, by the keyword arguments that exist for tests; tests/test_custodian_runbook.py
pays the full price.
"""

import contextlib
import datetime as dt
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from cli.custodian import (
    ceremony_commands,
    commands,
    revoke_command,
    session_commands,
    share_commands,
    succession_command,
    wrap_commands,
)
from cli.main import main
from keys.custodian_folder import CustodianFolder
from keys.identity import Identity, create_identity, load_identity, protected_identity
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.signing import fingerprint
from tests.support.custody import CHEAP, agency_card, unit_card

CUSTODIANS = ("asha", "ben", "carol")
PHRASE = "seven small boats at anchor"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def clew_keys(*arguments: str | Path) -> Outcome:
    """Run ``clew keys …`` as the command line would."""
    out, err = io.StringIO(), io.StringIO()
    with _cheap_passphrases(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["keys", *map(str, arguments)])
    return Outcome(code, out.getvalue(), err.getvalue())


def refused(outcome: Outcome, *parts: str) -> None:
    """Check for exit code 1, nothing on stdout, and an error that holds these words."""
    assert outcome.code == 1, outcome.err
    assert outcome.out == ""
    for part in parts:
        assert part in outcome.err
    assert "error: " in outcome.err


def read_out(folder: Path) -> tuple[str, str]:
    """Return what a custodian commits with who was told the fingerprint of just these terms."""
    path = folder / "ceremony.json"
    return "--fingerprint", fingerprint(path.read_bytes() if path.is_file() else b"")


def fill_disk(patched: pytest.MonkeyPatch, *, after: int) -> None:
    """Let the disk be full after a number of synced writes."""
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > after:
            raise OSError(28, "No space left on device")
        real(descriptor)

    patched.setattr(os, "fsync", full)


@contextlib.contextmanager
def _cheap_passphrases() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        folders = (
            ceremony_commands,
            commands,
            revoke_command,
            session_commands,
            share_commands,
            succession_command,
            wrap_commands,
        )
        for module in folders:
            patched.setattr(module, "CustodianFolder", partial(CustodianFolder, cost=CHEAP, floor=CHEAP))
        for module in (ceremony_commands, session_commands):
            patched.setattr(module, "protected_identity", partial(protected_identity, cost=CHEAP))
            patched.setattr(module, "load_identity", partial(load_identity, floor=CHEAP))
        yield


@dataclass
class World:
    """Every party's folder below one path; the passphrase is the same file for all of them."""

    path: Path
    agency: Identity
    names: tuple[str, ...] = CUSTODIANS
    outputs: list[Outcome] = field(default_factory=list)

    @property
    def shared(self) -> Path:
        return self.path / "ceremony"

    @property
    def descriptor(self) -> Path:
        return self.shared / "epoch.json"

    @property
    def fingerprint(self) -> str:
        return card_fingerprint(agency_card(self.agency))

    def run(self, *arguments: str | Path) -> Outcome:
        outcome = clew_keys(*arguments, "--passphrase-file", self.path / "passphrase")
        self.outputs.append(outcome)
        return outcome

    def open(self, folder: Path | None = None, **changes: str) -> Outcome:
        options = {
            "epoch": "2025-26",
            "profile": "child-1",
            "threshold": "2",
            "opens": "2025-04-01",
            "closes": "2026-03-31",
        } | changes
        cards = [part for name in self.names for part in ("--custodian", self.path / name / "card.json")]
        terms = [part for name, value in options.items() for part in (f"--{name}", value)]
        unit = self.path / "unit-card.json"
        return self.run("ceremony", "open", *terms, "--unit", unit, *cards, "--folder", folder or self.shared)

    def step(self, step: str, name: str, *more: str | Path, folder: Path | None = None) -> Outcome:
        """Let a custodian commit or contribute, in the world's own ceremony unless told otherwise."""
        place = folder or self.shared
        heard = read_out(place) if step == "commit" and "--fingerprint" not in more else ()
        identity = ("--identity", self.path / name)
        return self.run("ceremony", step, "--folder", place, *identity, *heard, *more)

    def close(self) -> Outcome:
        return self.run("ceremony", "close", "--folder", self.shared)

    def sign(self, file: Path, name: str, *more: str | Path) -> Outcome:
        return self.run("sign", file, "--identity", self.path / name, *more)

    def for_agency(self, fingerprint: str | None = None) -> tuple[str | Path, ...]:
        card = self.path / "agency-card.json"
        return ("--agency", card, "--fingerprint", fingerprint or self.fingerprint)

    def wrap(self, *names: str, out: Path | None = None, agencies: Sequence[str | Path] = ()) -> Outcome:
        """Let custodians wrap the key for an agency, into the world's own folder unless told otherwise."""
        folders = [word for name in names for word in ("--identity", self.path / name)]
        phrases = ["--passphrase-file", self.path / "passphrase"] * len(names)
        outcome = clew_keys(
            "wrap", "--epoch", self.descriptor, *folders, *phrases, "--out", out or self.path,
            *(agencies or self.for_agency()),
        )  # fmt: skip
        self.outputs.append(outcome)
        return outcome

    def folder(self, name: str) -> CustodianFolder:
        return CustodianFolder(self.path / name, floor=CHEAP)

    def identity(self, name: str) -> Identity:
        return self.folder(name).load(PHRASE)

    def first(self, pattern: str) -> Path:
        """Return the first file of the ceremony's folder with a name like this."""
        return sorted(self.shared.glob(pattern))[0]

    def message(self, kind: str, name: str) -> Path:
        """Return a custodian's file of a kind in the ceremony's folder."""
        key = json.loads((self.path / name / "card.json").read_bytes())["signing_key"]
        for path in self.shared.glob(f"{kind}-*.json"):
            content = json.loads(path.read_bytes())
            if key in (content.get("custodian"), content.get("holder")):
                return path
        raise AssertionError(kind)

    def files(self) -> dict[str, bytes]:
        below = (one for one in sorted(self.path.rglob("*")) if one.is_file())
        return {str(one.relative_to(self.path)): one.read_bytes() for one in below}

    def copy_to(self, path: Path) -> "World":
        shutil.copytree(self.path, path)
        return World(path, self.agency, self.names)


@dataclass(frozen=True)
class Stages:
    """The world after each stage, and everything that any command wrote to a terminal."""

    stages: dict[str, World]
    outputs: list[Outcome]

    def at(self, stage: str, tmp_path: Path) -> World:
        """Return a copy of the world as it was after a stage."""
        return self.stages[stage].copy_to(tmp_path / "world")


def hold_with_commands(
    path: Path, names: tuple[str, ...] = CUSTODIANS, threshold: int = 2
) -> Iterator[tuple[str, World]]:
    """Yield the world after each stage of a ceremony; the first k custodians sign and wrap for an agency."""
    world = _prepared(path, names)
    yield "prepared", world
    _good(world.open(threshold=str(threshold)))
    yield "opened", world
    for stage, step in (("committed", "commit"), ("contributed", "contribute")):
        for name in names:
            _good(world.step(step, name))
        yield stage, world
    _good(world.close())
    yield "closed", world
    for name in names[:threshold]:
        _good(world.sign(world.descriptor, name))
    yield "signed", world
    _good(world.wrap(*names[:threshold]))
    yield "wrapped", world


def _prepared(path: Path, names: tuple[str, ...]) -> World:
    path.mkdir()
    world = World(path, create_identity(), names)
    (path / "passphrase").touch(mode=0o600)
    (path / "passphrase").write_text(PHRASE + "\n")
    (path / "unit-card.json").write_bytes(canonical(unit_card()))
    (path / "agency-card.json").write_bytes(canonical(agency_card(world.agency)))
    for name in names:
        _good(world.run("identity", name.title(), "--out", path / name))
    return world


def _good(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.err


@pytest.fixture(scope="module", autouse=True)
def in_the_epoch() -> Iterator[None]:
    """Let it be a day of the epoch whose dates these worlds use, in every module that imports this."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cli.custodian.checks.today", lambda: dt.date(2025, 6, 1))
        yield


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    root = tmp_path_factory.mktemp("custody")
    kept, outputs = {}, []
    for stage, world in hold_with_commands(root / "live"):
        kept[stage] = world.copy_to(root / stage)
        outputs = world.outputs
    return Stages(kept, outputs)
