"""The same command given twice at once does its work once: two halves never make a whole that fits nobody."""

from pathlib import Path
from typing import Any

import pytest

from cli.custodian import ceremony_commands
from keys.ceremony_folder import CeremonyFolder
from keys.custody_log import CustodyLog
from tests.support.custody_world import Outcome, Stages, World, in_the_epoch, read_out, stages

__all__ = ["in_the_epoch", "stages"]


def _meanwhile(
    patched: pytest.MonkeyPatch, where: object, name: str, world: World, *words: str | Path
) -> list[Outcome]:
    """Give a command once more at the moment when the first one gets to a place; returns what came of it."""
    real, seen = getattr(where, name), []

    def at_once(*arguments: Any, **named: Any) -> Any:
        patched.setattr(where, name, real)
        seen.append(world.run(*words))
        return real(*arguments, **named)

    patched.setattr(where, name, at_once)
    return seen


def test_a_ceremony_closed_twice_at_once_has_shares_that_the_descriptor_lists(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("contributed", tmp_path)
    words = ("ceremony", "close", "--folder", world.shared)
    second = _meanwhile(monkeypatch, CeremonyFolder, "write_closing", world, *words)
    first = world.close()
    assert first.code == 0, first.err
    assert [one.code for one in second] == [1]
    assert "another command is at work here" in second[0].err
    for name in world.names:
        outcome = world.sign(world.descriptor, name)
        assert outcome.code == 0, outcome.err


def test_a_contribution_committed_to_twice_at_once_is_the_one_that_is_kept(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("opened", tmp_path)
    words = ("ceremony", "commit", "--folder", world.shared, "--identity", world.path / "asha")
    words += read_out(world.shared)
    second = _meanwhile(monkeypatch, ceremony_commands, "draw_contribution", world, *words)
    first = world.step("commit", "asha")
    assert first.code == 0, first.err
    assert [one.code for one in second] == [1]
    for name in world.names[1:]:
        assert world.step("commit", name).code == 0
    outcome = world.step("contribute", "asha")
    assert outcome.code == 0, outcome.err


def test_the_next_command_finds_nothing_locked(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    for _ in range(2):
        assert world.step("commit", "asha").code == 0


def test_a_closing_that_was_stopped_before_it_was_logged_is_logged_when_it_is_finished(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("contributed", tmp_path)

    def struck(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(CustodyLog, "append", struck)
        assert world.close().code == 130
    assert world.descriptor.exists()
    for _ in range(2):
        world.close()
    actions = [entry.action for entry in CustodyLog(world.shared).read().entries()]
    assert actions == ["ceremony-opened", "ceremony-closed"]
