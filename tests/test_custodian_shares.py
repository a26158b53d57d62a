"""After a ceremony of five any three custodians have the key and no two do: every subset, by commands."""

import itertools
from pathlib import Path

import pytest

from keys.wrapping import unwrap_key
from linkage.wire.epochs import read_descriptor, read_wrapped_key, verify_quorum
from tests.support.custody_world import World, hold_with_commands, in_the_epoch, refused

__all__ = ["in_the_epoch"]

FIVE = ("asha", "ben", "carol", "dev", "esi")
THREE = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world after a ceremony of five of whom three are needed, all of whom signed."""
    *_, (_, made) = hold_with_commands(tmp_path_factory.mktemp("five") / "live", FIVE, THREE)
    for name in FIVE:
        assert made.sign(made.descriptor, name).code == 0
    return made


@pytest.mark.parametrize("names", list(itertools.combinations(FIVE, 3)), ids=" ".join)
def test_any_three_of_five_give_an_agency_the_key(
    world: World, tmp_path: Path, names: tuple[str, ...]
) -> None:
    outcome = world.wrap(*names, out=tmp_path)
    assert outcome.code == 0, outcome.err
    descriptor = read_descriptor(world.descriptor.read_bytes())
    wrapped = read_wrapped_key((tmp_path / "wrapped-E06.json").read_bytes())
    verify_quorum(wrapped, pinned=descriptor.custodians, threshold=THREE)
    first = read_wrapped_key((world.path / "wrapped-E06.json").read_bytes())
    keys = {unwrap_key(one, world.agency, descriptor).to_bytes() for one in (wrapped, first)}
    assert len(keys) == 1


@pytest.mark.parametrize("names", list(itertools.combinations(FIVE, 2)), ids=" ".join)
def test_no_two_of_five_give_anything(world: World, tmp_path: Path, names: tuple[str, ...]) -> None:
    before = world.files()
    refused(world.wrap(*names, out=tmp_path / "out"), "custodians' folders given: 2, needed: 3")
    refused(world.wrap(*names, names[0], out=tmp_path / "out"), "a custodian who is given already")
    assert world.files() == before
    assert list(tmp_path.iterdir()) == []
