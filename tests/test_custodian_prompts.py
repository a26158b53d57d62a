"""Where a passphrase is asked for it is said whose: several custodians' folders may lie on one computer."""

from pathlib import Path

import pytest

from tests.support.custody_world import (
    PHRASE,
    Outcome,
    Stages,
    World,
    clew_keys,
    in_the_epoch,
    read_out,
    refused,
    stages,
)
from tests.support.session_world import Apart, apart

__all__ = ["apart", "in_the_epoch", "stages"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the program asked for; each time the passphrase of these worlds is typed."""
    prompts: list[str] = []

    def ask(prompt: str, **_: object) -> str:
        prompts.append(prompt)
        return PHRASE

    monkeypatch.setattr("keys.passphrase.ask_hidden", ask)
    return prompts


def _run(world: World, name: str, *words: str | Path) -> Outcome:
    outcome = clew_keys(*words, "--identity", world.path / name)
    assert outcome.code == 0, outcome.err
    return outcome


def test_in_a_ceremony(stages: Stages, tmp_path: Path, asked: list[str]) -> None:
    world = stages.at("opened", tmp_path)
    place = ("--folder", world.shared)
    for name in ("ben", "carol", "asha"):
        _run(world, name, "ceremony", "commit", *place, *read_out(world.shared))
    _run(world, "carol", "ceremony", "contribute", *place)
    assert asked == [f"passphrase of {name}" for name in ("Ben", "Carol", "Asha", "Carol")]


def test_where_something_is_signed(stages: Stages, tmp_path: Path, asked: list[str]) -> None:
    world = stages.at("wrapped", tmp_path)
    assert world.run("identity", "Dev", "--out", world.path / "dev").code == 0
    _run(world, "carol", "sign", world.descriptor)
    wrapped = ("sign", world.path / "wrapped-E06.json", "--epoch", world.descriptor, *world.for_agency())
    _run(world, "ben", *wrapped)
    revoked = world.path / "revoked.json"
    _run(world, "asha", "revoke", *world.for_agency(), "--reason", "stolen", "--out", revoked)
    _run(world, "ben", "sign", revoked, *world.for_agency())
    cards = [part for name in ("asha", "dev") for part in ("--custodian", world.path / name / "card.json")]
    come = world.path / "succession.json"
    made = _run(world, "asha", "succession", *cards, "--threshold", "2", "--out", come)
    _run(world, "dev", "sign", come, "--fingerprint", made.out.strip())
    names = ("Carol", "Ben", "Asha", "Ben", "Asha", "Dev")
    assert asked == [f"passphrase of {name}" for name in names]


def test_in_a_session(apart: Apart, asked: list[str]) -> None:
    heard = ("--session", apart.session.fingerprint, *apart.heard())
    _run(apart.world, "carol", "session", "hand-over", "--folder", apart.folder, *heard)
    assert asked == ["passphrase of Carol"]


def test_a_folder_without_its_card_is_asked_for_nothing(
    stages: Stages, tmp_path: Path, asked: list[str]
) -> None:
    world = stages.at("opened", tmp_path)
    (world.path / "ben" / "card.json").unlink()
    before = world.files()
    commit = ("ceremony", "commit", "--folder", world.shared, *read_out(world.shared))
    refused(clew_keys(*commit, "--identity", world.path / "ben"), "card card.json: no such file or directory")
    assert (asked, world.files()) == ([], before)
