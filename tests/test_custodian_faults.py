"""Damaged, swapped and foreign files and a full disk are named, and nothing half-written is left."""

import json
from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.wire.canonical import canonical
from tests.support.custody import flip
from tests.support.custody_world import (
    CUSTODIANS,
    PHRASE,
    Stages,
    World,
    fill_disk,
    in_the_epoch,
    refused,
    stages,
)

__all__ = ["in_the_epoch", "stages"]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"[]"])
@pytest.mark.parametrize(
    ("stage", "step", "pattern"),
    [
        ("opened", "commit", "ceremony.json"),
        ("committed", "contribute", "commitment-*.json"),
        ("contributed", "close", "contribution-*.json"),
        ("contributed", "close", "commitment-*.json"),
        ("contributed", "close", "one-time-key.json"),
        ("closed", "sign", "transcript.json"),
        ("closed", "sign", "epoch.json"),
    ],
)
def test_a_file_cut_short_is_named_and_nothing_is_written(
    stages: Stages, tmp_path: Path, stage: str, step: str, pattern: str, damage: object
) -> None:
    world = stages.at(stage, tmp_path)
    path = world.first(pattern)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    before = world.files()
    outcome = {
        "close": world.close,
        "sign": lambda: world.sign(world.descriptor, "asha"),
    }.get(step, lambda: world.step(step, "asha"))()
    refused(outcome, path.name)
    assert world.files() == before


@pytest.mark.parametrize("kind", ["commitment", "contribution"])
def test_two_custodians_files_swapped(stages: Stages, tmp_path: Path, kind: str) -> None:
    world = stages.at("contributed", tmp_path)
    one, other = world.message(kind, "asha"), world.message(kind, "ben")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    before = world.files()
    refused(world.close(), f"the {kind} of", "is another custodian's")
    assert world.files() == before


@pytest.mark.parametrize("kind", ["commitment", "contribution"])
def test_a_file_of_nobody_in_the_ceremony_is_named(stages: Stages, tmp_path: Path, kind: str) -> None:
    world = stages.at("contributed", tmp_path)
    (world.shared / f"{kind}-0123456789abcdef.json").write_bytes(world.first(f"{kind}-*").read_bytes())
    refused(world.close(), f"{kind}-0123456789abcdef.json: not from a custodian of this ceremony")


def test_two_ceremonies_mixed_up_are_told_apart(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    other = World(world.path, world.agency)
    second = world.path / "second"
    assert other.open(second, epoch="2026-27").code == 0
    shared = world.shared
    for name in CUSTODIANS:
        outcome = world.step("commit", name, folder=second)
        assert outcome.code == 0
    path = world.message("commitment", "asha")
    path.write_bytes((second / path.name).read_bytes())
    refused(world.close(), "the commitment of Asha belongs to another ceremony")
    (shared / "ceremony.json").write_bytes((second / "ceremony.json").read_bytes())
    refused(world.close(), "belongs to another ceremony")
    (shared / "one-time-key.json").write_bytes((second / "one-time-key.json").read_bytes())
    refused(world.close(), "belongs to another ceremony")


def test_another_ceremonys_one_time_key_isrefused(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    assert world.open(world.path / "second").code == 0
    other = world.path / "second" / "one-time-key.json"
    before = world.files()
    outcome = world.run("ceremony", "close", "--folder", world.shared, "--one-time-key", other)
    refused(outcome, "one-time key belongs to another ceremony")
    assert world.files() == before


def test_a_missing_one_time_key_is_told_from_a_closed_ceremony(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    (world.shared / "one-time-key.json").unlink()
    refused(world.close(), "one-time-key.json: the ceremony's one-time key is missing")


def test_the_one_time_key_may_lie_apart_from_a_shared_folder(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("prepared", tmp_path)
    apart = world.path / "opener" / "one-time-key.json"
    cards = [part for name in CUSTODIANS for part in ("--custodian", world.path / name / "card.json")]
    outcome = world.run(
        "ceremony", "open", "--epoch", "2025-26", "--profile", "child-1", "--threshold", "2",
        "--opens", "2025-04-01", "--closes", "2026-03-31", "--unit", world.path / "unit-card.json",
        *cards, "--folder", world.shared, "--one-time-key", apart,
    )  # fmt: skip
    assert outcome.code == 0
    assert apart.exists()
    assert {one.name for one in world.shared.iterdir()} == {"ceremony.json", "custody-log.jsonl"}


def test_a_full_disk_at_closing_leaves_the_ceremony_as_it_was(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("contributed", tmp_path)
    before = world.files()
    for allowed in range(10):  # five files, each synced and then its folder
        with monkeypatch.context() as patched:
            fill_disk(patched, after=allowed)
            refused(world.close(), "not written: no space left on device")
        assert world.files() == before
    assert world.close().code == 0


def test_a_full_disk_at_any_write_leaves_no_half_made_identity(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("prepared", tmp_path)
    for allowed in range(4):  # two files, each synced and then its folder
        with monkeypatch.context() as patched:
            fill_disk(patched, after=allowed)
            refused(world.run("identity", "Dev", "--out", world.path / "dev"), "not written")
        assert list((world.path / "dev").iterdir()) == []
    assert world.run("identity", "Dev", "--out", world.path / "dev").code == 0


def test_a_full_disk_at_any_write_leaves_no_half_opened_ceremony(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("prepared", tmp_path)
    for allowed in range(4):
        with monkeypatch.context() as patched:
            fill_disk(patched, after=allowed)
            refused(world.open(), "not written: no space left on device")
        assert list(world.shared.iterdir()) == []
    assert world.open().code == 0


def test_an_identity_is_not_replaced_by_any_other_way(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("prepared", tmp_path)
    before = world.files()
    with pytest.raises(InputError, match="is there already"):
        world.folder("asha").create("Asha", PHRASE)
    assert world.files() == before


def test_a_flipped_bit_in_an_own_file_isrefused(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    for pattern in ("identity.json", "contribution-*.json"):
        path = next((world.path / "asha").glob(pattern))
        good = path.read_bytes()
        path.write_bytes(flip(good, 8 * (len(good) // 3)))
        refused(world.step("contribute", "asha"), path.name)
        path.write_bytes(good)
    assert world.step("contribute", "asha").code == 0


def test_a_symlink_or_folder_instead_of_a_file_is_an_error_and_no_traceback(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("committed", tmp_path)
    path = world.message("commitment", "ben")
    path.unlink()
    path.mkdir()
    refused(world.step("contribute", "asha"), path.name)


def test_canonical_bytes_are_demanded(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    path = world.shared / "ceremony.json"
    content = json.loads(path.read_bytes())
    path.write_text(json.dumps(content, indent=1))
    refused(world.step("commit", "asha"), "not in canonical form")
    path.write_bytes(canonical(content))
    assert world.step("commit", "asha").code == 0
