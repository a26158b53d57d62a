"""The record of whom a workspace trusts is made with it, and kept up with everything that is legitimate."""

import hmac
import json
import os
from pathlib import Path

import pytest
from msgspec import structs

from cli.agency.trusted import TRUSTED, present_files, trusted_bytes
from keys.identity import Identity, create_identity
from linkage.wire.cards import UnitCard, read_card, sign_card
from tests.support.agency_desk import (
    Desk,
    Epoch,
    UnitKeys,
    epoch,
    unit,
)
from tests.support.trust_files import (
    CHANGED,
    desk,
    doctor_states,
    encoded,
    files_of,
    good,
    kept_revocation,
    kept_succession,
    made,
    next_epoch,
    refused,
    renewed,
)

__all__ = ["desk", "epoch", "made", "unit"]


def test_a_new_epoch_a_succession_and_a_revocation_leave_a_whole_record(
    desk: Desk, epoch: Epoch, unit: UnitKeys
) -> None:
    good(desk.join(next_epoch(epoch), unit.card))
    kept_revocation(desk, epoch)
    kept_succession(desk, epoch)
    assert doctor_states(desk)["record of trust"] == "ok"
    good(encoded(desk))
    record = json.loads((desk.workspace / TRUSTED).read_bytes())
    assert record["files"] == present_files(desk.workspace)
    assert len(record["files"]) == 6
    assert (desk.workspace / TRUSTED).stat().st_mode & 0o777 == 0o600


def test_a_renewal_carries_over_whom_the_workspace_trusts(desk: Desk, epoch: Epoch, unit: UnitKeys) -> None:
    kept, old = kept_revocation(desk, epoch), (desk.workspace / TRUSTED).read_bytes()
    good(renewed(desk))
    assert doctor_states(desk)["record of trust"] == "ok"
    now = files_of(desk)
    (desk.workspace / TRUSTED).write_bytes(old)
    refused(desk.join(epoch, unit.card), *CHANGED, "trusted.json is not of this identity")
    (desk.workspace / TRUSTED).write_bytes(now[TRUSTED])
    kept.unlink()
    refused(desk.join(epoch, unit.card), *CHANGED, f"revocations/{kept.name}")
    kept.write_bytes(now[f"revocations/{kept.name}"])
    good(desk.join(epoch, unit.card))
    good(encoded(desk))


def test_the_units_new_card_is_pinned_when_the_old_one_was_moved_away(desk: Desk, epoch: Epoch) -> None:
    """As the refusal to join says; nothing but joining goes on without it."""
    key = create_identity()
    card = structs.replace(
        read_card((desk.workspace / "unit-card.json").read_bytes(), UnitCard),
        signing_key=key.public_key,
        signature=None,
    )
    card = sign_card(card, key.signing)
    refused(desk.join(epoch, card), "not the one pinned before")
    (desk.workspace / "unit-card.json").unlink()
    refused(encoded(desk), *CHANGED, "unit-card.json")
    good(desk.join(epoch, card))
    good(encoded(desk))


@pytest.mark.parametrize("step", range(1, 6))
def test_a_joining_that_fails_at_any_step_can_be_begun_again(
    desk: Desk, epoch: Epoch, unit: UnitKeys, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    writes, real = [], os.fsync

    def full(descriptor: int) -> None:
        writes.append(descriptor)
        if len(writes) >= 2 * step:  # a file and its folder
            raise OSError(28, "No space left on device")
        real(descriptor)

    coming = next_epoch(epoch)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert "no space left on device" in desk.join(coming, unit.card).err
    assert doctor_states(desk)["record of trust"] == "ok"
    good(desk.join(coming, unit.card))
    good(encoded(desk))
    assert json.loads((desk.workspace / TRUSTED).read_bytes())["coming"] == {}


def test_the_record_is_as_the_specification_says() -> None:
    """Made here with nothing but the standard library (docs/spec/keys-v1.md, section 14)."""
    identity, files = Identity.from_bytes(b"\x01" * 128), {"pins.json": "ab" * 32}
    root = hmac.digest(b"clew/workspace/1", b"\x01" * 128, "sha256")
    key = hmac.digest(root, b"clew/derive/1\0workspace/trusted\x01", "sha256")
    without = {"coming": {}, "files": files, "format": "clew-trusted", "mac": None, "version": 1}
    text = json.dumps(without, separators=(",", ":"), sort_keys=True)
    mac = hmac.digest(key, text.encode(), "sha256").hex()
    made = trusted_bytes(identity, files)
    assert json.loads(made) == without | {"mac": mac}
    specification = Path(__file__).parent.parent / "docs" / "spec" / "keys-v1.md"
    assert f"`{mac}`" in specification.read_text(encoding="utf-8")
