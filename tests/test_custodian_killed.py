"""A command that was killed at any moment is given again, and the work is done."""

from collections.abc import Callable
from pathlib import Path

import pytest

from keys.custodian_folder import CustodianFolder
from tests.support.custody_world import Outcome, Stages, World, in_the_epoch, refused, stages
from tests.support.session_world import Apart, all_hand_over, apart

__all__ = ["apart", "in_the_epoch", "stages"]


def _overwritten(path: Path) -> None:
    """Leave a one-time key as it is between its overwriting and its removal."""
    path.write_bytes(bytes(path.stat().st_size))


def test_a_one_time_key_that_was_overwritten_and_not_removed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    key = world.shared / "one-time-key.json"
    kept = key.read_bytes()
    assert world.close().code == 0
    key.write_bytes(kept)
    _overwritten(key)
    refused(world.close(), "the ceremony is closed: its one-time key is destroyed")
    assert not key.exists()


def test_an_overwritten_key_of_a_ceremony_that_is_not_closed_is_left_alone(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("contributed", tmp_path)
    _overwritten(world.shared / "one-time-key.json")
    refused(world.close(), "one-time-key.json")
    assert (world.shared / "one-time-key.json").exists()


def test_a_sessions_one_time_key_that_was_overwritten_and_not_removed(apart: Apart) -> None:
    all_hand_over(apart, "asha", "ben")
    kept = apart.one_time_key.read_bytes()
    assert apart.close().code == 0
    apart.one_time_key.write_bytes(kept)
    _overwritten(apart.one_time_key)
    refused(apart.close(), "the session is closed: its one-time key is destroyed")
    assert not apart.one_time_key.exists()


@pytest.fixture
def half(stages: Stages, tmp_path: Path) -> World:
    world = stages.at("prepared", tmp_path)
    assert world.run("identity", "Dev", "--out", world.path / "dev").code == 0
    for name in ("card.json", "custody-log.jsonl"):
        (world.path / "dev" / name).unlink()
    return world


def test_an_identity_without_its_card_gets_it(half: World) -> None:
    before = half.identity("dev").public_key
    outcome = half.run("identity", "Dev", "--out", half.path / "dev")
    assert outcome.code == 0, outcome.err
    assert half.identity("dev").public_key == before
    assert '"Dev"' in (half.path / "dev" / "card.json").read_text()
    refused(half.run("identity", "Dev", "--out", half.path / "dev"), "is there already")


def test_nobody_else_gets_the_card_of_an_identity(half: World) -> None:
    (half.path / "passphrase").write_text("another one altogether\n")
    refused(half.run("identity", "Mallory", "--out", half.path / "dev"), "identity.json", "passphrase")
    assert not CustodianFolder(half.path / "dev").card.exists()


def test_a_killed_command_never_leaves_a_card_without_its_identity(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("prepared", tmp_path)
    seen: list[bool] = []
    real = Path.replace

    def noted(path: Path, target: Path) -> Path:
        made = real(path, target)
        seen.append(
            (world.path / "dev" / "card.json").exists() <= (world.path / "dev" / "identity.json").exists()
        )
        return made

    monkeypatch.setattr(Path, "replace", noted)
    assert world.run("identity", "Dev", "--out", world.path / "dev").code == 0
    assert seen
    assert all(seen)


def test_what_cannot_be_logged_is_taken_back_and_made_by_the_same_command(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("signed", tmp_path)
    agency = ("--agency", world.path / "agency-card.json", "--identity", world.path / "asha")
    session = ("session", "open", "--epoch", world.descriptor, "--folder", tmp_path / "session", *agency)
    commands: dict[str, Callable[[], Outcome]] = {
        "identity": lambda: world.run("identity", "Dev", "--out", tmp_path / "dev"),
        "ceremony": lambda: world.open(tmp_path / "again"),
        "session": lambda: world.run(*session),
    }
    for command in commands.values():
        before = world.files()
        with monkeypatch.context() as patched:
            patched.setattr("keys.custody_log._write", _full)
            refused(command(), "custody-log.jsonl: not written: no space left on device")
        assert world.files() == before
        outcome = command()
        assert outcome.code == 0, outcome.err


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")
