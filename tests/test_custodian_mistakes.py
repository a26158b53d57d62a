"""A mistake at a custodian's command is refused before anything happens, in words that say what to do."""

from pathlib import Path

import pytest

from keys.storing import store_public
from tests.support.custody_world import Stages, World, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]


@pytest.fixture
def held(stages: Stages, tmp_path: Path) -> World:
    return stages.at("wrapped", tmp_path)


def _another_identity(world: World, name: str) -> None:
    """Give a custodian a new identity that knows the ceremony, as restoring a share from its sheet does."""
    folder = world.path / f"{name}-again"
    assert world.run("identity", f"{name.title()} again", "--out", folder).code == 0
    for terms in (world.path / name).glob("ceremony-*.json"):
        store_public(folder / terms.name, terms.read_bytes())


def test_an_identity_that_the_epoch_does_not_list_signs_no_wrapped_key(held: World) -> None:
    _another_identity(held, "ben")
    wrapped = held.path / "wrapped-E06.json"
    before = wrapped.read_bytes()
    outcome = held.sign(wrapped, "ben-again", "--epoch", held.descriptor, *held.for_agency())
    refused(outcome, "not a custodian of this epoch", "would not count")
    assert wrapped.read_bytes() == before
