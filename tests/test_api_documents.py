"""The protocol's and the operator's documents name every address, problem, command and setting there is."""

import re
from pathlib import Path

import click
import pytest

from api.agency_app.admission import MAX_REGISTRATION_BYTES
from api.agency_app.app import create_app
from api.agency_app.problems import PROBLEMS
from api.agency_app.service import open_service
from api.folders import DataFolder
from api.manage import register
from linkage.wire.http import COVERED_COMPONENTS, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.limits import MAX_CHUNK_BYTES
from tests.support.unit import make_unit

DOCS = Path(__file__).parents[1] / "docs"
PROTOCOL = (DOCS / "spec" / "submission-1.md").read_text(encoding="utf-8")
OPERATIONS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (*(DOCS / "operations").glob("*.md"), DOCS / "governance" / "evidence-pack.md")
)


def test_the_protocol_lists_every_problem_with_its_status_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PROTOCOL, flags=re.MULTILINE)
    assert dict(rows) == {name: str(status) for name, (status, _) in PROBLEMS.items()}


def test_the_protocol_names_every_address(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    service = open_service(unit.folder.root)
    for rule in create_app(service).url_map.iter_rules():
        path = rule.rule.replace("<digest:submission>", "{id}").replace("<digest:sha256>", "{sha256}")
        path = path.replace("<digest:erasure>", "{erasure}")
        path = path.replace("<query:query>", "{query}").replace("<request:number>", "{number}")
        path = path.replace("<size:size>", "{size}")
        methods = (rule.methods or set()) - {"HEAD"}
        assert [f"`{method} {path}`" in PROTOCOL for method in methods] == [True], rule.rule
    service.close()


def test_the_protocol_states_the_limits_and_the_signature() -> None:
    assert f"{MAX_REGISTRATION_BYTES:,} bytes" in PROTOCOL
    assert f"{MAX_CHUNK_BYTES:,} bytes" in PROTOCOL
    assert " ".join(f'"{one}"' for one in COVERED_COMPONENTS) in PROTOCOL
    assert f'tag="{SIGNATURE_TAG}"' in PROTOCOL
    assert f"label `{SIGNATURE_LABEL}`" in PROTOCOL


def _commands(group: click.Group, prefix: str) -> list[tuple[str, click.Command]]:
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        full, command = f"{prefix} {name}", group.get_command(context, name)
        assert command is not None
        found += _commands(command, full) if isinstance(command, click.Group) else [(full, command)]
    return found


COMMANDS = _commands(register, "clew register")


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_the_operators_document_shows_every_command_with_every_option(
    name: str, command: click.Command
) -> None:
    assert f"{name} " in OPERATIONS
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in OPERATIONS
            assert parameter.help
    assert command.help


def test_the_operators_document_names_every_file_of_the_folder() -> None:
    folder = DataFolder(Path("/x"))
    names = [name for name in dir(DataFolder) if isinstance(getattr(DataFolder, name), property)]
    for name in names:
        path = getattr(folder, name).relative_to("/x")
        place = path if path.parts[0] not in {"encodings", "payload"} else path.parts[0]
        assert f"`{place}" in OPERATIONS, name


def test_every_command_in_the_operators_document_exists() -> None:
    known = {name for name, _ in COMMANDS}
    for line in re.findall(r"^clew register .*$", OPERATIONS, flags=re.MULTILINE):
        words = line.split(" ")
        assert " ".join(words[:3]) in known or " ".join(words[:4]) in known, line
