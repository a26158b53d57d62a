"""The runbook's commands, typed as they stand, at full passphrase cost, give an agency its key."""

import datetime as dt
import re
import shlex
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.custodian.commands import keys
from keys.identity import create_identity
from keys.wrapping import unwrap_key
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, card_fingerprint, read_card
from linkage.wire.epochs import read_descriptor, read_wrapped_key, verify_quorum
from tests.support.custody import agency_card, unit_card

RUNBOOK = Path(__file__).parent.parent / "docs" / "operations" / "ceremony.md"
PHRASE = "a long passphrase of several words"
PLACEHOLDER = "FINGERPRINT THAT THE AGENCY READ OUT"
CEREMONY = "FINGERPRINT OF THE CEREMONY"
SESSION = "FINGERPRINT OF THE SESSION"


def _commands() -> list[list[str]]:
    text = RUNBOOK.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    return [shlex.split(line) for line in lines]


def test_the_runbook_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    agency = create_identity()
    Path("unit-card.json").write_bytes(canonical(unit_card()))
    Path("agency-card.json").write_bytes(canonical(agency_card(agency)))
    fingerprint = card_fingerprint(agency_card(agency))
    today = dt.datetime.now(dt.UTC).date()
    days = {"FIRST-DAY": str(today), "LAST-DAY": str(today + dt.timedelta(days=365))}
    commands = _commands()
    assert len(commands) == 24
    read_out = {"ceremony": "", "session": ""}
    for command in commands:
        assert command[:2] == ["clew", "keys"]
        heard = {
            PLACEHOLDER: fingerprint,
            f"E06={PLACEHOLDER}": f"E06={fingerprint}",
            CEREMONY: read_out["ceremony"],
            SESSION: read_out["session"],
            **days,
        }
        arguments = [heard.get(one, one) for one in command[2:]]
        outcome = CliRunner().invoke(keys, arguments, input=f"{PHRASE}\n{PHRASE}\n")
        assert outcome.exit_code == 0, (command, outcome.output, outcome.exception)
        assert PHRASE not in outcome.output
        if command[3] == "open":
            read_out[command[2]] = outcome.stdout.splitlines()[-1]
    cards = [
        read_card(Path(name, "card.json").read_bytes(), CustodianCard) for name in ("asha", "ben", "carol")
    ]
    descriptor = read_descriptor(Path("ceremony/epoch.json").read_bytes())
    wrapped = read_wrapped_key(Path("wrapped/wrapped-E06.json").read_bytes())
    at_a_distance = read_wrapped_key(Path("session/wrapped-E06.json").read_bytes())
    for document in (descriptor, wrapped, at_a_distance):
        verify_quorum(document, pinned=[card.signing_key for card in cards], threshold=2)
    for one in (wrapped, at_a_distance):
        assert unwrap_key(one, agency, descriptor).matches(descriptor.key_check_value)
    assert stat.S_IMODE(Path("asha/identity.json").stat().st_mode) == 0o600


def _without_particulars(text: str) -> str:
    return re.sub(r"\{[^{}]*\}|\bBen\b|\b[12]\b", "…", text)


def test_every_message_in_the_runbooks_tables_is_one_that_the_program_gives() -> None:
    root = RUNBOOK.parent.parent.parent
    sources = [*(root / "keys").glob("*.py"), *(root / "cli/custodian").glob("*.py")]
    wire = [root / "linkage/wire" / name for name in ("custodian_sets.py", "epochs.py")]
    code = "".join(path.read_text() for path in [*sources, *wire])
    tables = RUNBOOK.read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| (`.*?) \|", tables, re.MULTILINE)
    messages = [message for cell in first_cells for message in re.findall("`(.*?)`", cell)]
    assert len(messages) == 27
    known = _without_particulars(code)
    assert [one for one in messages if _without_particulars(one) not in known] == []


COMMANDS = {
    "identity": {"--out", "--passphrase-file"},
    "sign": {
        "--identity",
        "--folder",
        "--epoch",
        "--agency",
        "--fingerprint",
        "--passphrase-file",
        "--keyring",
    },
    "wrap": {
        "--epoch",
        "--identity",
        "--agency",
        "--fingerprint",
        "--out",
        "--passphrase-file",
    },
    "ceremony open": {
        "--allow-weak-profile",
        "--epoch",
        "--profile",
        "--unit",
        "--custodian",
        "--threshold",
        "--opens",
        "--closes",
        "--folder",
        "--one-time-key",
        "--passphrase-file",
    },
    "ceremony commit": {
        "--allow-weak-profile",
        "--folder",
        "--identity",
        "--fingerprint",
        "--passphrase-file",
        "--keyring",
    },
    "ceremony contribute": {"--folder", "--identity", "--passphrase-file", "--keyring"},
    "ceremony status": {"--folder"},
    "ceremony close": {"--folder", "--one-time-key", "--passphrase-file"},
    "session open": {
        "--epoch",
        "--agency",
        "--folder",
        "--identity",
        "--one-time-key",
        "--passphrase-file",
    },
    "session hand-over": {
        "--folder",
        "--identity",
        "--session",
        "--fingerprint",
        "--passphrase-file",
        "--keyring",
    },
    "session status": {"--folder", "--identity"},
    "session close": {"--folder", "--identity", "--one-time-key", "--passphrase-file"},
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    command: click.Command = keys
    for part in name.split():
        assert isinstance(command, click.Group)
        command = command.commands[part]
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert {one.opts[0] for one in options} == COMMANDS[name]
    assert all(one.help for one in options)
    assert (command.help or "").strip().endswith(".")
