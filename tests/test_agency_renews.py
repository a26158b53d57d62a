"""A workspace gets a new identity, and every record keeps its handle, whatever stops the command."""

import json
import os
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cli.agency.store import Store
from cli.agency.trusted import require_trusted
from keys.identity import load_identity
from linkage.wire.cards import AgencyCard, card_fingerprint, read_card
from linkage.wire.fingerprints import in_words
from tests.support.agency_desk import (
    PHRASE,
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    clew,
    epoch,
    joined_desk,
    unit,
    write_council,
)
from tests.support.custody import CHEAP

__all__ = ["epoch", "unit"]

NEW = "nine grey geese over the marsh"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, epoch: Epoch, unit: UnitKeys) -> Desk:
    """A workspace with records and dummies."""
    path = tmp_path_factory.mktemp("made") / "desk"
    desk = joined_desk(path, epoch, unit.card)
    source = write_council(path / "source", 20)
    _good(desk.run("dummies", "on", source, "--share", "0.1", "--mapping", "council-csv"))
    _good(desk.encode(source, "council-csv"))
    return desk


@pytest.fixture
def used(made: Desk, tmp_path: Path) -> Desk:
    """A copy of it."""
    shutil.copytree(made.path, tmp_path / "used")
    return Desk(tmp_path / "used", made.code, made.role)


@pytest.fixture
def source(used: Desk) -> Path:
    return used.path / "source"


def _secret(desk: Desk, phrase: str, name: str = "phrase") -> Path:
    file = desk.path / name
    file.touch(mode=0o600)
    file.write_text(phrase + "\n")
    return file


def _renew(desk: Desk, phrase: str = NEW) -> Outcome:
    return desk.run("renew", "--new-passphrase-file", _secret(desk, phrase, "new-phrase"))


def _with(desk: Desk, phrase: str, command: str, *words: str | Path) -> Outcome:
    given = ("--workspace", desk.workspace, "--passphrase-file", _secret(desk, phrase))
    return clew("agency", command, *words, *given)


def _references(desk: Desk, phrase: str) -> str | None:
    """Return what a passphrase reads out of the crosswalk, or None if it opens nothing."""
    output = desk.path / "references.csv"
    output.unlink(missing_ok=True)
    outcome = _with(desk, phrase, "references", "--output", output)
    if outcome.code:
        assert "does not open" in outcome.err
        return None
    return output.read_text(encoding="utf-8-sig")


def _journal(desk: Desk) -> list[dict[str, object]]:
    with Store(desk.workspace / "workspace.db") as store:
        return store.journal()


def _good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


def test_handles_are_the_same_before_and_after(used: Desk) -> None:
    before, card = _references(used, PHRASE), used.card()
    outcome = _good(_renew(used))
    renewed = used.card()
    assert (renewed.agency, renewed.role, renewed.name) == (card.agency, card.role, card.name)
    assert renewed.signing_key != card.signing_key
    assert renewed.sealing_key != card.sealing_key
    assert outcome.out.strip() == card_fingerprint(renewed)
    assert f"in words: {in_words(card_fingerprint(renewed))}" in outcome.err
    assert before
    assert _references(used, NEW) == before
    assert not (used.workspace / "renewal").exists()


def test_the_old_passphrase_opens_nothing(used: Desk) -> None:
    old = load_identity(used.workspace / "identity.json", PHRASE, floor=CHEAP)
    with Store(used.workspace / "workspace.db") as store:
        sealed = [one.sealed_reference for one in store.records()]
        macs = [mac for one in store.records() for mac in (one.reference_mac, one.content_mac)]
    kept = {path.name: path.read_bytes() for path in used.workspace.iterdir() if path.is_file()}
    _good(_renew(used))
    assert _references(used, PHRASE) is None
    assert _with(used, PHRASE, "dummies", "show").code == 1
    assert old.public_key not in (used.workspace / "identity.json").read_text()
    assert not (used.workspace / "wrapped-key.json").exists()
    database = (used.workspace / "workspace.db").read_bytes()
    assert any(one in kept["workspace.db"] for one in sealed)
    assert not any(one in database for one in [*sealed, *macs])
    assert (used.workspace / "dummies.sealed").read_bytes() != kept["dummies.sealed"]


def test_dummies_stay_the_same(used: Desk, epoch: Epoch, unit: UnitKeys, source: Path) -> None:
    assert "2 go with every bundle" in _with(used, PHRASE, "dummies", "show").out
    before = _held(used)
    _good(_renew(used))
    assert "2 go with every bundle" in _with(used, NEW, "dummies", "show").out
    used.passphrase.write_text(NEW + "\n")
    _good(used.join(epoch, unit.card))
    _good(used.encode(source, "council-csv"))
    assert _held(used) == before


def _held(desk: Desk) -> set[str]:
    with Store(desk.workspace / "workspace.db") as store:
        return {handle for handles in store.held_by_period().values() for handle in handles}


def test_the_next_bundle_has_the_next_sequence_and_counts_all_as_changed(
    used: Desk, epoch: Epoch, unit: UnitKeys, source: Path
) -> None:
    _good(_renew(used))
    used.passphrase.write_text(NEW + "\n")
    refused = used.encode(source, "council-csv")
    assert (refused.code, "there is no wrapped key for your card" in refused.err) == (1, True)
    old = used.run(
        "join",
        used.path / "epoch.json",
        "--wrapped-key",
        used.path / "wrapped.json",
        "--unit",
        used.path / "unit.json",
    )
    assert (old.code, "does not open for this identity" in old.err) == (1, True)
    _good(used.join(epoch, unit.card))
    with Store(used.workspace / "workspace.db") as store:
        before = {one.handle: one.version for one in store.records()}
    for expected in (1, 0):
        _good(used.encode(source, "council-csv"))
        with Store(used.workspace / "workspace.db") as store:
            after = {one.handle: one.version for one in store.records()}
        assert after == {handle: version + expected for handle, version in before.items()}
        before = after
    sequences = [line["sequence"] for line in _journal(used) if line["action"] == "encode"]
    assert sequences == [1, 2, 3]


def test_the_journal_tells_of_it(used: Desk) -> None:
    before = used.card()
    _good(_renew(used))
    line = _journal(used)[-1]
    assert line["action"] == "renew"
    assert json.loads(str(line["details"])) == {
        "card": card_fingerprint(used.card()),
        "card_before": card_fingerprint(before),
        "signing_key": used.card().signing_key,
    }


def test_a_workspace_without_records_or_epoch_is_renewed_too(tmp_path: Path, epoch: Epoch) -> None:
    made = Desk(tmp_path / "made", "E09", "council")
    _good(made.init(epoch))
    card = made.card()
    _good(_renew(made))
    assert made.card().signing_key != card.signing_key
    made.passphrase.write_text(NEW + "\n")
    _good(_renew(made, PHRASE))


def test_what_cannot_be_renewed_stays_as_it_was(used: Desk, tmp_path: Path) -> None:
    before = _files(used)
    same = _renew(used, PHRASE)
    assert (same.code, "the new passphrase is the old one" in same.err) == (1, True)
    short = _renew(used, "short")
    assert (short.code, "shorter than" in short.err) == (1, True)
    used.passphrase.write_text("not the right one\n")
    wrong = _renew(used)
    assert (wrong.code, "does not open" in wrong.err) == (1, True)
    assert _files(used) == before
    nowhere = Desk(tmp_path / "nowhere", "E09", "council")
    nowhere.path.mkdir()
    nowhere.passphrase.write_text(PHRASE + "\n")
    nowhere.passphrase.chmod(0o600)
    assert "there is no workspace here" in _renew(nowhere).err
    assert not nowhere.workspace.exists()


def _files(desk: Desk) -> dict[str, bytes]:
    below = (one for one in desk.workspace.rglob("*") if one.is_file())
    return {str(one.relative_to(desk.workspace)): one.read_bytes() for one in below}


def test_a_damaged_crosswalk_is_not_renewed(used: Desk) -> None:
    with closing(sqlite3.connect(used.workspace / "workspace.db")) as raw:
        raw.execute("UPDATE records SET sealed_reference = zeroblob(40) WHERE kind = 'episode'")
        raw.commit()
    before = used.card()
    outcome = _renew(used)
    assert (outcome.code, "the crosswalk does not open" in outcome.err) == (1, True)
    assert used.card() == before
    assert _with(used, PHRASE, "dummies", "show").code == 0
    assert not (used.workspace / "renewal").exists()


def test_another_command_at_work_is_waited_for_or_refused(
    used: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.agency.store._BUSY_SECONDS", 0.1)
    before = _files(used)
    with Store(used.workspace / "workspace.db") as store, store.transaction():
        outcome = _renew(used)
    assert (outcome.code, "another clew command is working in this workspace" in outcome.err) == (1, True)
    assert _files(used) == before


def test_a_crosswalk_of_another_identity_gives_no_new_handles(
    used: Desk, tmp_path: Path, epoch: Epoch, unit: UnitKeys, source: Path
) -> None:
    """An encoding that opened the old identity before a renewal must not find an empty crosswalk."""
    kept = used.workspace / "workspace.db"
    stale = kept.read_bytes()
    _good(_renew(used))
    used.passphrase.write_text(NEW + "\n")
    _good(used.join(epoch, unit.card))
    (used.workspace / "dummies.sealed").unlink()
    kept.write_bytes(stale)
    outcome = used.encode(source, "council-csv")
    assert (outcome.code, "the crosswalk does not open with this identity" in outcome.err) == (1, True)


def test_a_renewal_at_work_is_not_undone_by_another_command(
    used: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.agency.store._BUSY_SECONDS", 0.1)
    waiting = used.workspace / "renewal" / "identity.json"
    waiting.parent.mkdir()
    waiting.write_text("the new identity")
    with Store(used.workspace / "workspace.db") as store, store.transaction():
        outcome = _with(used, PHRASE, "dummies", "show")
        assert (outcome.code, "another clew command is working" in outcome.err) == (1, True)
        assert waiting.exists()
    assert _with(used, PHRASE, "dummies", "show").code == 0
    assert not waiting.parent.exists()


# Stopped at every step


_EVENTS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "sqlite3.connect"}


def _in_a_child(act: Callable[[], None]) -> int:
    """Run something in a process of its own that may be killed; returns its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork of a process that may have threads
        child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _kill_at(desk: Desk, number: int) -> bool:
    """Renew, and die at a step that touches the workspace; returns whether there was such a step."""
    place, seen = str(desk.workspace), 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event in _EVENTS and any(str(one).startswith(place) for one in arguments):
            seen += 1
            if seen == number:
                os._exit(9)

    def act() -> None:
        sys.addaudithook(watch)
        _renew(desk)

    return _in_a_child(act) == 9


def _usable(desk: Desk, expected: str) -> str:
    """Check that one identity opens everything, and return its passphrase."""
    before = _files(desk)
    found = {phrase: _references(desk, phrase) for phrase in (PHRASE, NEW)}
    assert sorted(found.values(), key=str) == sorted([expected, None], key=str), sorted(before)
    phrase = next(phrase for phrase, text in found.items() if text)
    card = read_card((desk.workspace / "card.json").read_bytes(), AgencyCard)
    identity = load_identity(desk.workspace / "identity.json", phrase, floor=CHEAP)
    assert identity.public_key == card.signing_key
    assert "2 go with every bundle" in _with(desk, phrase, "dummies", "show").out
    assert (desk.workspace / "wrapped-key.json").exists() == (phrase == PHRASE)
    require_trusted(desk.workspace, identity)
    assert not (desk.workspace / "renewal").exists()
    assert [line["action"] for line in _journal(desk)].count("renew") == (phrase == NEW)
    return phrase


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that are killed are forked")
def test_killed_at_any_step_it_leaves_a_workspace_of_the_old_or_of_the_new_identity(used: Desk) -> None:
    expected, kept = _references(used, PHRASE), used.path / "kept"
    assert expected
    shutil.copytree(used.workspace, kept)
    left, number = [], 1
    while _kill_at(used, number):
        left.append(_usable(used, expected))
        shutil.rmtree(used.workspace)
        shutil.copytree(kept, used.workspace)
        number += 1
    turn = left.index(NEW)
    assert left == [PHRASE] * turn + [NEW] * (len(left) - turn)
    assert min(turn, len(left) - turn) >= 5
    assert _usable(used, expected) == NEW  # there was no such step: it came to its end


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that are killed are forked")
@pytest.mark.parametrize(
    ("where", "left"),
    [
        ("cli.agency.renewing.store_public", PHRASE),
        ("cli.agency.store.Store.replace_records", PHRASE),
        ("cli.agency.store.Store.write_journal", PHRASE),
        ("cli.agency.renewing.settle", NEW),
        ("cli.agency.settling._take_over", NEW),
    ],
)
def test_killed_around_the_commit(used: Desk, where: str, left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _references(used, PHRASE)

    def die(*_: object, **__: object) -> None:
        os._exit(9)

    def act() -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(where, die)
            _renew(used)

    assert _in_a_child(act) == 9
    assert expected
    assert _usable(used, expected) == left


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that are killed are forked")
def test_killed_while_it_is_finished_it_is_finished_by_the_next_command(used: Desk) -> None:
    expected = _references(used, PHRASE)
    assert expected
    for where in ("cli.agency.renewing.settle", "cli.agency.settling.shutil.rmtree"):

        def act(where: str = where) -> None:
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(where, lambda *_: os._exit(9))
                _renew(used) if where.endswith("settle") else _with(used, NEW, "dummies", "show")

        assert _in_a_child(act) == 9
        assert (used.workspace / "renewal").is_dir()
    assert _usable(used, expected) == NEW


@pytest.mark.parametrize("after", range(1, 12))
def test_a_full_disk_leaves_the_old_or_the_new(
    used: Desk, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    expected, real, calls = _references(used, PHRASE), os.fsync, []
    assert expected

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > after:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        outcome = _renew(used)
    if outcome.code:
        assert "no space left on device" in outcome.err
    assert "Traceback" not in outcome.err
    _usable(used, expected)
