"""An agency lets other custodians count by a succession, and keeps the epoch that it joined."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from keys.wrapping import wrap_key
from linkage.wire.canonical import canonical
from linkage.wire.cards import sign_card
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import EpochDescriptor, add_signature, content_digest
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch
from linkage.wire.successions import Incoming, Succession
from tests.support.agency_desk import (
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    clew,
    desk,
    epoch,
    unit,
    write_council,
)
from tests.support.custody import Party, party

__all__ = ["desk", "epoch", "unit"]


@pytest.fixture(scope="module")
def coming(epoch: Epoch) -> tuple[Party, ...]:
    """One of the old custodians, and two new ones."""
    return (epoch.members[1], party("Dev"), party("Esi"))


def _set(members: Sequence[Party], threshold: int = 2) -> CustodianSet:
    keys = tuple(sorted(one.card.signing_key for one in members))
    return CustodianSet(threshold=threshold, custodians=keys)


def _made(
    go: Sequence[Party], come: Sequence[Party], *, serial: int = 1, signers: Sequence[Party] | None = None
) -> Succession:
    cards = tuple(sorted((one.card for one in come), key=lambda card: card.signing_key))
    succession = Succession(
        serial=serial,
        outgoing=_set(go),
        incoming=Incoming(threshold=2, custodians=cards),
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    for one in [*go[:2], *come] if signers is None else signers:
        succession = add_signature(succession, one.identity.signing)
    return succession


def _adopt(desk: Desk, succession: Succession, fingerprint: str | None = None) -> Outcome:
    file = desk.path / "succession.json"
    file.write_bytes(canonical(succession))
    given = ("--fingerprint", fingerprint or succession.fingerprint)
    return desk.run("succession", file, *given, secret=False)


def _good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


def _refused(outcome: Outcome, *words: str) -> None:
    assert (outcome.code, outcome.out) == (1, "")
    assert "hint: " in outcome.err
    for word in words:
        assert word in outcome.err


def _files(desk: Desk) -> dict[str, bytes]:
    below = (one for one in desk.workspace.rglob("*") if one.is_file())
    return {str(one.relative_to(desk.workspace)): one.read_bytes() for one in below}


def _next(epoch: Epoch, signers: Sequence[Party], name: str = "e2") -> EpochDescriptor:
    opens = Moment.day(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=30 - int(name[1:])))
    descriptor = structs.replace(epoch.descriptor, epoch=name, opens=opens, signatures=())
    for one in signers:
        descriptor = add_signature(descriptor, one.identity.signing)
    return descriptor


def _join(
    desk: Desk, epoch: Epoch, descriptor: EpochDescriptor, unit: UnitKeys, signers: Sequence[Party]
) -> Outcome:
    wrapped = wrap_key(epoch.key, descriptor, holder=desk.card())
    for one in signers:
        wrapped = add_signature(wrapped, one.identity.signing)
    for name, document in {"epoch": descriptor, "wrapped": wrapped, "unit": unit.card}.items():
        (desk.path / f"{name}.json").write_bytes(canonical(document))
    more = ("--wrapped-key", desk.path / "wrapped.json", "--unit", desk.path / "unit.json")
    return desk.run("join", desk.path / "epoch.json", *more)


def _encode(desk: Desk) -> Outcome:
    return desk.encode(write_council(desk.path / "source"), "council-csv")


def test_the_new_custodians_count_and_the_old_ones_do_not(
    desk: Desk, epoch: Epoch, unit: UnitKeys, coming: tuple[Party, ...]
) -> None:
    outcome = _good(_adopt(desk, _made(epoch.members, coming)))
    assert outcome.out == ""
    assert "custodian Dev: " in outcome.err
    assert outcome.err.count("in words: ") == 3
    assert "succession 1 is adopted" in outcome.err
    assert "from now on 2 of these 3 custodians must sign" in outcome.err
    old = [epoch.members[0], epoch.members[2]]
    _refused(_join(desk, epoch, _next(epoch, old), unit, old), "signed by 0 of the custodians")
    _refused(_join(desk, epoch, _next(epoch, epoch.members), unit, coming), "signed by 1 of the custodians")
    new = list(coming[1:])
    _refused(_join(desk, epoch, _next(epoch, new), unit, old), "wrapped.json: clew-wrapped-key: signed by 0")
    _good(_join(desk, epoch, _next(epoch, new), unit, new))
    _good(_encode(desk))


def test_the_epoch_joined_before_stays_joined(
    desk: Desk, epoch: Epoch, unit: UnitKeys, coming: tuple[Party, ...]
) -> None:
    _good(_adopt(desk, _made(epoch.members, coming)))
    _good(_encode(desk))
    found = clew(
        *("keys", "doctor", "--workspace", desk.workspace),
        *("--passphrase-file", desk.passphrase),
    )
    assert found.code == 0, found.out
    assert "pinned custodians: 2 of 3 must sign, since succession 1" in found.out
    # A key wrapped anew for that epoch can only come from those who have its shares.
    _good(_join(desk, epoch, epoch.descriptor, unit, epoch.members[:2]))
    _refused(_join(desk, epoch, epoch.descriptor, unit, coming[1:]), "signed by 0 of the custodians")


def test_what_was_not_believed_before_is_not_believed_by_the_old_custodians_after(
    desk: Desk, epoch: Epoch, unit: UnitKeys, coming: tuple[Party, ...]
) -> None:
    """Another descriptor of the epoch joined, however well the old custodians signed it."""
    _good(_adopt(desk, _made(epoch.members, coming)))
    other = structs.replace(epoch.descriptor, transcript="88" * 32, signatures=())
    for one in epoch.members:
        other = add_signature(other, one.identity.signing)
    _refused(_join(desk, epoch, other, unit, epoch.members), "signed by 1 of the custodians")


def test_revocations_kept_before_stay_and_later_ones_need_the_new_custodians(
    desk: Desk, epoch: Epoch, coming: tuple[Party, ...]
) -> None:
    def revoke(subject: RevokedAgency | RevokedEpoch, signers: Sequence[Party]) -> Outcome:
        revocation = Revocation(subject=subject, reason="x", decided=Moment.parse("2025-06-01T09:30Z"))
        for one in signers:
            revocation = add_signature(revocation, one.identity.signing)
        (desk.path / "revoked.json").write_bytes(canonical(revocation))
        return desk.run("revoke", desk.path / "revoked.json", secret=False)

    old = [epoch.members[0], epoch.members[2]]
    _good(revoke(RevokedAgency(agency="E10", signing_key="a" * 64), old))
    _good(_adopt(desk, _made(epoch.members, coming)))
    _good(_encode(desk))
    joined = RevokedEpoch(epoch="e1", descriptor=content_digest(epoch.descriptor))
    _refused(revoke(joined, old), "signed by 0 of the custodians")
    _good(revoke(joined, coming[1:]))
    _refused(_encode(desk), "custodians revoked epoch e1")


def test_it_is_adopted_by_its_fingerprint(desk: Desk, epoch: Epoch, coming: tuple[Party, ...]) -> None:
    before = _files(desk)
    succession = _made(epoch.members, coming)
    _refused(_adopt(desk, succession, "0000 " * 10), "succession.json", "does not have this fingerprint")
    assert _files(desk) == before


def test_adopting_it_again_changes_nothing(desk: Desk, epoch: Epoch, coming: tuple[Party, ...]) -> None:
    succession = _made(epoch.members, coming)
    _good(_adopt(desk, succession))
    before = _files(desk)
    more = add_signature(succession, epoch.members[2].identity.signing)
    assert "was adopted already" in _good(_adopt(desk, more)).err
    assert _files(desk) == before


def test_attacks_leave_everything_as_it_was(desk: Desk, epoch: Epoch, coming: tuple[Party, ...]) -> None:
    go, before = epoch.members, _files(desk)
    few = _made(go, coming[1:], signers=[go[0], *coming[1:]])
    _refused(_adopt(desk, few), "signed by 1 of the custodians", "2 are needed")
    silent = _made(go, coming, signers=[*go, coming[1]])
    _refused(_adopt(desk, silent), "1 of the custodians who come have not signed")
    swapped = _made(coming, go)
    _refused(_adopt(desk, swapped), "other custodians than those pinned here")
    changed = structs.replace(_made(go, coming), serial=3)
    _refused(_adopt(desk, changed), "does not verify")
    assert _files(desk) == before


def test_attack_replay_rollback_and_fork(desk: Desk, epoch: Epoch, coming: tuple[Party, ...]) -> None:
    third = (party("Fay"), party("Gus"))
    first = _made(epoch.members, coming)
    second = _made(coming, third, serial=2)
    _refused(_adopt(desk, second), "if there was one before it, adopt that first")
    _good(_adopt(desk, first))
    before = _files(desk)
    fork = _made(epoch.members, third)
    _refused(_adopt(desk, fork), "this is succession 1, and succession 1 is adopted here")
    _refused(_adopt(desk, _made(epoch.members, third, serial=2)), "other custodians than those pinned")
    assert _files(desk) == before
    _good(_adopt(desk, second))
    back = _made(third, coming, serial=1)
    _refused(_adopt(desk, back), "succession 2 is adopted here", "never comes back")
    _good(_encode(desk))


def test_two_successions_later_the_first_epoch_still_encodes(
    desk: Desk, epoch: Epoch, unit: UnitKeys, coming: tuple[Party, ...]
) -> None:
    third = (party("Fay"), party("Gus"))
    _good(_adopt(desk, _made(epoch.members, coming)))
    _good(_adopt(desk, _made(coming, third, serial=2)))
    _good(_encode(desk))
    _refused(_join(desk, epoch, _next(epoch, coming), unit, coming), "signed by 0 of the custodians")
    _good(_join(desk, epoch, _next(epoch, third), unit, third))


def test_attack_the_linkage_unit_comes(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    card = structs.replace(unit.card, signing_key=(spy := party("Spy")).card.signing_key, signature=None)
    signed = sign_card(card, spy.identity.signing)
    (desk.workspace / "unit-card.json").write_bytes(canonical(signed))
    _refused(
        _adopt(desk, _made(epoch.members, (epoch.members[0], spy))),
        "the linkage unit is one of the custodians",
    )


@pytest.mark.parametrize("half", [False, True])
def test_a_kept_succession_that_is_damaged_stops_the_work(
    desk: Desk, epoch: Epoch, coming: tuple[Party, ...], *, half: bool
) -> None:
    _good(_adopt(desk, _made(epoch.members, coming)))
    kept: Path = next((desk.workspace / "successions").glob("adopted-*.json"))
    data = kept.read_bytes()
    kept.write_bytes(data[: len(data) // 2] if half else data.replace(b'"serial":1', b'"serial":2'))
    _refused(_encode(desk), kept.name)
