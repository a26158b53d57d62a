"""Whoever contributes last cannot choose the key, even together with the opener, who reads everything.

The opener has the one-time key, so it reads a contribution as soon as it is handed over.
"""

from pathlib import Path

from keys.ceremony import Exchanged, close_ceremony, make_contribution
from keys.ceremony_folder import CeremonyFolder
from keys.identity import load_identity
from keys.messages import signed
from linkage.wire.canonical import canonical
from tests.support.custody import CHEAP, conformance, hold
from tests.support.custody_world import PHRASE, Stages, World, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]


def test_attack_the_last_contributor_seals_again_until_the_key_suits() -> None:
    held = hold()
    last, keys = held.of("Carol"), set()
    for _ in range(8):
        again = make_contribution(held.terms, last.identity, last.contribution, held.exchanged.commitments)
        contributions = dict(held.exchanged.contributions) | {last.identity.public_key: again}
        tried = Exchanged(held.exchanged.commitments, contributions)
        closing = close_ceremony(held.terms, held.one_time, tried, conformance=conformance)
        keys.add(closing.descriptor.key_check_value)
    assert keys == {held.closing.descriptor.key_check_value}


def _other_commitment(world: World, name: str) -> bytes:
    """Return a commitment of a dishonest custodian to something else, in the place of its first."""
    found = CeremonyFolder(world.shared)
    terms = found.read_terms()
    identity = load_identity(world.path / name / "identity.json", PHRASE, floor=CHEAP)
    first = found.read_commitments(terms)[identity.public_key]
    second = type(first)(ceremony=first.ceremony, custodian=first.custodian, commitment="5a" * 32)
    return canonical(signed(second, identity.signing))


def test_attack_a_commitment_exchanged_once_an_honest_contribution_was_read(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("committed", tmp_path)
    assert world.step("contribute", "asha").code == 0
    # The opener, who has read it, says that it was lost; Ben has committed anew, to what suits them both.
    world.message("contribution", "asha").unlink()
    world.message("commitment", "ben").write_bytes(_other_commitment(world, "ben"))
    refused(world.step("contribute", "asha"), "you contributed to other commitments than these")
    assert list(world.shared.glob("contribution-*")) == []


def test_a_contribution_that_was_lost_is_handed_over_again_as_it_was(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    assert world.step("contribute", "asha").code == 0
    path = world.message("contribution", "asha")
    first = path.read_bytes()
    path.unlink()
    assert world.step("contribute", "asha").code == 0
    assert path.read_bytes() == first
