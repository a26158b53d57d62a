"""All custodians together find out whether the opener dealt shares of the key that they contributed to."""

from pathlib import Path

import pytest

from keys.epoch_key import EpochKey
from tests.support.custody_world import Outcome, Stages, World, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

CHOSEN = EpochKey(b"\x13" * 32)


def _drill(world: World, *names: str) -> Outcome:
    folders = [word for name in names for word in ("--identity", world.path / name)]
    phrases = [word for _ in names[1:] for word in ("--passphrase-file", world.path / "passphrase")]
    return world.run("share", "drill", "--epoch", world.descriptor, *folders, *phrases)


@pytest.fixture
def dealt(stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A ceremony whose opener threw the contributions away and dealt shares of a key of its own."""
    world = stages.at("contributed", tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(EpochKey, "extract", classmethod(lambda *_, **__: CHOSEN))
        assert world.close().code == 0
    for name in world.names:
        assert world.sign(world.descriptor, name).code == 0
    return world


def test_attack_an_opener_deals_shares_of_a_key_of_its_own(dealt: World) -> None:
    outcome = _drill(dealt, "asha", "ben")
    assert (outcome.code, outcome.out.strip()) == (0, CHOSEN.check_value())
    assert "whether it is the one that all contributed to" in outcome.err
    before = dealt.files()
    refused(_drill(dealt, *dealt.names), "not the key that all of you contributed to")
    assert dealt.files() == before


def test_an_honest_opener_is_vouched_for_by_all(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    before = world.files()
    outcome = _drill(world, *world.names)
    assert outcome.code == 0, outcome.err
    assert "it is the key that all of you contributed to" in outcome.err
    assert world.files() == before


def test_a_contribution_that_is_not_kept_any_more_leaves_it_open(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    next((world.path / "ben").glob("contribution-*")).unlink()
    outcome = _drill(world, *world.names)
    assert outcome.code == 0, outcome.err
    assert "whether it is the one that all contributed to" in outcome.err


def test_attack_a_custodian_who_keeps_another_contribution_accuses_nobody(
    stages: Stages, tmp_path: Path
) -> None:
    world, other = stages.at("signed", tmp_path), stages.at("opened", tmp_path / "other")
    assert world.sign(world.descriptor, "carol").code == 0
    assert other.step("commit", "carol").code == 0
    path = next((world.path / "carol").glob("contribution-*"))
    path.write_bytes((other.path / "carol" / path.name).read_bytes())
    refused(_drill(world, *world.names), "contributed to other commitments than these")
