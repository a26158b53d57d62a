"""An opener who shows different custodians different things gets no key that anybody accepts.

It relays every file and can make any that no custodian signs.  The first two attacks are found by programs;
the third, a roster of the opener's own people, by the fingerprint that custodians read out to each other, and
if each hears it from the opener alone, by every agency.
"""

import shutil
from pathlib import Path

import pytest

from keys.ceremony_folder import CeremonyFolder
from linkage.errors import VerificationError
from linkage.wire.epochs import read_descriptor, verify_quorum
from tests.support.custody_world import Stages, World, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]


def _commit_in(world: World, folder: Path, name: str) -> None:
    outcome = world.step("commit", name, folder=folder)
    assert outcome.code == 0, outcome.err


def _contribute_in(world: World, folder: Path, name: str) -> tuple[str | Path, ...]:
    return ("ceremony", "contribute", "--folder", folder, "--identity", world.path / name)


@pytest.mark.parametrize(
    "changes", [{}, {"threshold": "3"}, {"closes": "2026-12-31"}], ids=["one-time key", "threshold", "dates"]
)
def test_attack_two_custodians_are_shown_different_terms(
    stages: Stages, tmp_path: Path, changes: dict[str, str]
) -> None:
    world = stages.at("opened", tmp_path)
    other = tmp_path / "shown-to-asha"
    assert world.open(other, **changes).code == 0
    _commit_in(world, other, "asha")
    for name in ("ben", "carol"):
        _commit_in(world, world.shared, name)
    for path in world.shared.glob("commitment-*"):
        shutil.copy(path, other)
    for path in other.glob("commitment-*"):
        if not (world.shared / path.name).exists():
            shutil.copy(path, world.shared)
    refused(world.run(*_contribute_in(world, other, "asha")), "belongs to another ceremony")
    refused(
        world.run(*_contribute_in(world, world.shared, "ben")), "the commitment of Asha belongs to another"
    )


def test_attack_two_custodians_are_shown_different_commitments(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    twin = world.copy_to(tmp_path / "twin")
    # Carol, who is with the opener, commits to two things: one is shown to Asha and the other to Ben.
    for path in (twin.path / "carol").glob("contribution-*"):
        path.unlink()
    twin.message("commitment", "carol").unlink()
    assert twin.step("commit", "carol").code == 0
    assert world.step("contribute", "asha").code == 0
    assert twin.step("contribute", "ben").code == 0
    shutil.copy(twin.message("contribution", "ben"), world.shared)
    assert world.step("contribute", "carol").code == 0
    refused(world.close(), "Ben contributed to other commitments than these")


def test_attack_a_roster_of_the_openers_own_people(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    honest = CeremonyFolder(world.shared).read_terms()
    fake = world.copy_to(tmp_path / "fake")
    for name in ("ben", "carol"):
        shutil.rmtree(fake.path / name)
        assert fake.run("identity", name.title(), "--out", fake.path / name).code == 0
    shutil.rmtree(fake.shared)
    assert fake.open().code == 0
    heard = ("--fingerprint", honest.fingerprint)
    refused(fake.step("commit", "asha", *heard), "fingerprint given is not that of this ceremony")
    for step in ("commit", "contribute"):
        for name in fake.names:
            assert fake.step(step, name).code == 0
    assert fake.close().code == 0
    for name in fake.names:
        assert fake.sign(fake.descriptor, name).code == 0
    descriptor = read_descriptor(fake.descriptor.read_bytes())
    with pytest.raises(
        VerificationError, match="signed by 1 of the custodians that you pinned, 2 are needed"
    ):
        verify_quorum(descriptor, pinned=honest.custodian_keys, threshold=honest.threshold)
