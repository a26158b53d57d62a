"""The commands of the keys runbook, typed as they stand by the ceremony's custodians, do what it says."""

import datetime as dt
import re
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.custodian import commands, share_commands, succession_command
from cli.custodian.commands import keys
from keys.custodian_folder import CustodianFolder
from linkage.wire.epochs import read_descriptor
from tests.support.custody import CHEAP
from tests.support.custody_world import PHRASE, Stages, World, stages

__all__ = ["stages"]

RUNBOOK = Path(__file__).parent.parent / "docs" / "operations" / "keys.md"


@pytest.fixture(scope="module", autouse=True)
def _in_the_epoch_and_cheap() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cli.custodian.checks.today", lambda: dt.date(2025, 6, 1))
        for module in (commands, share_commands, succession_command):
            patched.setattr(module, "CustodianFolder", partial(CustodianFolder, cost=CHEAP, floor=CHEAP))
        yield


def _commands() -> list[str]:
    text = RUNBOOK.read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    found = [line for block in blocks for line in block.splitlines()]
    return [line for line in found if line.startswith(("clew keys share", 'clew keys identity "Asha again"'))]


def _typed(world: World) -> list[tuple[str, str, str]]:
    """Return each command's first words, what is typed into it and the last line that it prints."""
    descriptor = read_descriptor(world.descriptor.read_bytes())
    asha, ben = (
        world.folder(name).read_share(descriptor, world.identity(name)).text for name in ("asha", "ben")
    )
    value = descriptor.key_check_value
    return [
        ("share sheet", f"{PHRASE}\n", "asha-share.html"),
        ("share check", asha.replace(" ", "\n") + "\n", "Asha"),
        ("share drill", f"{PHRASE}\n{asha}\n", value),
        ("share drill", f"{asha}\n{ben}\n", value),
        ("share restore", f"{PHRASE}\n{asha}\n", "asha/share-2025-26.json"),
        ("identity", f"{PHRASE}\n{PHRASE}\n", ""),
        ("share restore", f"{PHRASE}\n{asha}\n", "asha-new/share-2025-26.json"),
    ]


def test_the_runbook_works_as_written(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("signed", tmp_path)
    monkeypatch.chdir(world.path)
    steps = _typed(world)
    for command, (name, typed, last) in zip(_commands(), steps, strict=True):
        if (name, last) == ("share restore", "asha/share-2025-26.json"):
            (world.path / last).unlink()  # the share's file is lost
        assert command.startswith(f"clew keys {name} ")
        outcome = CliRunner().invoke(keys, shlex.split(command)[2:], input=typed)
        assert outcome.exit_code == 0, (command, outcome.output, outcome.exception)
        assert outcome.output.splitlines()[-1].endswith(last)
        assert PHRASE not in outcome.output
    descriptor = read_descriptor(world.descriptor.read_bytes())
    again = {
        world.folder(name).read_share(descriptor, world.identity(name)).text for name in ("asha", "asha-new")
    }
    assert len(again) == 1


def test_the_succession_works_as_written(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    monkeypatch.chdir(world.path)
    section = RUNBOOK.read_text(encoding="utf-8").split("## Other custodians")[1].split("\n## ")[0]
    fingerprint, last = "", ""
    commands = re.findall(r"^clew keys .*$", section, re.MULTILINE)
    assert len(commands) == 6
    for command in commands:
        heard = command.replace("FINGERPRINT THAT ASHA READ OUT", fingerprint)
        outcome = CliRunner().invoke(keys, shlex.split(heard)[2:], input=f"{PHRASE}\n{PHRASE}\n")
        assert outcome.exit_code == 0, (command, outcome.output, outcome.exception)
        if command.startswith("clew keys succession"):
            fingerprint = outcome.stdout.splitlines()[-1]
        if command.startswith("clew keys sign"):
            last = outcome.output
    assert "it is complete" in last
    names = {card.name for card in world.folder("carol").successions.complete()[0].incoming.custodians}
    assert names == {"Asha", "Ben", "Dev"}


def _without_particulars(text: str) -> str:
    return re.sub(r"\{[^{}]*\}|\bBen\b|\b\d+\b|\bwords(?= on\b)", "…", text)


def test_every_message_in_the_runbooks_table_is_one_that_the_program_gives() -> None:
    root = RUNBOOK.parent.parent.parent
    folders = ("keys", "cli/custodian", "linkage/wire")
    sources = [path for folder in folders for path in (root / folder).glob("*.py")]
    known = _without_particulars("".join(path.read_text(encoding="utf-8") for path in sources))
    table = RUNBOOK.read_text(encoding="utf-8").split("## When something goes wrong")[1].split("\n## ")[0]
    messages = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
    assert len(messages) == 15
    assert [one for one in messages if _without_particulars(one) not in known] == []
