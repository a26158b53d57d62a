"""An agency and the unit never come to trust less than custodians agreed: no one custodian, no way back."""

from pathlib import Path

import pytest
from msgspec import structs

from api.trust import _first
from cli.agency.workspace import Workspace
from linkage.errors import FormatError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import EpochDescriptor, add_signature, read_descriptor
from tests.support.agency_desk import Desk, Epoch, UnitKeys, epoch, make_epoch, unit

__all__ = ["epoch", "unit"]


@pytest.fixture
def desk(tmp_path: Path, epoch: Epoch, unit: UnitKeys) -> Desk:
    made = Desk(tmp_path / "desk", "E09", "council")
    assert made.init(epoch).code == 0
    assert made.join(epoch, unit.card).code == 0
    return made


def _twin(epoch: Epoch, unit: UnitKeys) -> Epoch:
    """Return another epoch that opens on the same day, as when a ceremony had to be held again."""
    key = b"\x08" * 32
    made = make_epoch(unit.card, key=key, epoch="e1b", transcript="78" * 32)
    descriptor: EpochDescriptor = structs.replace(made.descriptor, signatures=())
    for one in epoch.members[:2]:
        descriptor = add_signature(descriptor, one.identity.signing)
    return Epoch(made.key, epoch.members, descriptor)


def test_attack_a_leaked_epoch_of_the_same_first_day_is_brought_back(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    outcome = desk.join(_twin(epoch, unit), unit.card)
    assert outcome.code == 1
    assert "epoch e1b opens no later than e1, which this workspace has joined" in outcome.err
    assert Workspace(desk.workspace).descriptor() == epoch.descriptor


def test_the_same_epoch_is_joined_again(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    assert desk.join(epoch, unit.card).code == 0


def test_attack_one_custodian_is_made_enough_for_an_agency(tmp_path: Path, epoch: Epoch) -> None:
    outcome = Desk(tmp_path / "one", "E09", "council").init(epoch, threshold=1)
    assert outcome.code == 1
    assert "one custodian alone could give you any key" in outcome.err
    assert not (tmp_path / "one" / "workspace").exists()


def test_attack_one_custodian_is_made_enough_for_the_unit() -> None:
    with pytest.raises(InputError, match="one custodian alone"):
        _first(frozenset({"a" * 64, "b" * 64}), 1)


def test_attack_a_descriptor_whose_key_one_share_gives(epoch: Epoch) -> None:
    with pytest.raises(FormatError, match="threshold"):
        read_descriptor(canonical(structs.replace(epoch.descriptor, threshold=1)))
