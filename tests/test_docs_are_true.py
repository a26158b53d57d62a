"""What the documents say exists does exist, and every command and option is documented."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.publishing.words import SYMBOLS
from cli.main import _SUMMARIES, _load, _registered
from linkage.wire.pseudonyms import PREFIXES, read_pseudonym

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s\\]+)\)")  # a backslash: a pattern in a specification, no link
_COMMAND = re.compile(r"^\s*(?:\$ )?(?:\.venv/bin/)?(clew (?:\\\n|[^\n])*)", re.MULTILINE)
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _groups() -> dict[str, click.Command]:
    return {name: _load(entry) for name, entry in _registered().items()}


def _members(group: click.Group) -> dict[str, click.Command]:
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def _leaves(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in _members(command).items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path, command


def _find(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = _groups()[words[0]]
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = _members(command)[rest.pop(0)]
    return command, rest


def _commands_in_documents() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for block in _FENCE.findall(document.read_text(encoding="utf-8")):
            for match in _COMMAND.finditer(block):
                line = match.group(1).replace("\\\n", " ").split("  #")[0].split(" → ")[0]
                yield document.name, line.strip()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(document.read_text(encoding="utf-8")):
        if not target.startswith(("https:", "mailto:", "#")):
            assert (document.parent / target.split("#")[0]).exists(), f"{document.name} links to {target}"


def test_commands_in_documents_exist_with_their_options() -> None:
    seen = 0
    for document, line in _commands_in_documents():
        words = shlex.split(line.replace("…", "").replace("[", " ").replace("]", " "))[1:]
        if not words or words[0].startswith("-"):
            continue
        command, rest = _find(words)
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in rest:
            if word.startswith("--"):
                assert word.split("=")[0] in {*known, "--help"}, f"{document}: {line}"
        seen += 1
    assert seen >= 20


def test_no_command_of_a_runbook_names_a_day_that_will_be_over() -> None:
    runbooks = {document.name for document in (ROOT / "docs" / "operations").glob("*.md")}
    for document, line in _commands_in_documents():
        if document in runbooks:
            assert not re.search(r"\b\d{4}-\d{2}-\d{2}\b", line), f"{document}: {line}"


def test_pseudonyms_shown_have_their_check_characters() -> None:
    shown = [
        found[0]
        for document in DOCUMENTS
        for found in re.finditer(
            r"\b[A-Za-z]{3}[0-9]([- ][0-9A-Za-z]{4}){5}\b", document.read_text(encoding="utf-8")
        )
        if found[0][:3].upper() in PREFIXES.values()
    ]
    assert len(shown) >= 4
    for one in shown:
        read_pseudonym(one)  # it raises otherwise


@pytest.mark.parametrize("name", ["disclosure.md", "statistics.md"])
def test_every_symbol_of_a_release_is_explained(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert [symbol for symbol, _ in SYMBOLS if f"`{symbol}`" not in text] == []


def test_sections_that_are_linked_to_are_there() -> None:
    for document in DOCUMENTS:
        for target in _LINK.findall(document.read_text(encoding="utf-8")):
            path, _, section = target.partition("#")
            if section and path.endswith(".md") and not target.startswith("https:"):
                lines = (document.parent / path).read_text(encoding="utf-8").splitlines()
                heads = {
                    re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                    for line in lines
                    if line.startswith("#")
                }
                assert section in heads, f"{document.name} links to {target}"


def test_every_command_and_option_is_documented() -> None:
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    for name, group in _groups().items():
        for path, command in _leaves(group, (name,)):
            assert f"clew {' '.join(path)}" in text, path
            for parameter in command.params:
                if isinstance(parameter, click.Option) and parameter.opts[-1] != "--help":
                    assert max(parameter.opts, key=len) in text, (path, parameter.opts)


def test_the_summaries_shown_without_loading_are_the_groups_own() -> None:
    for name, group in _groups().items():
        assert group.get_short_help_str(limit=200) == _SUMMARIES[name]


def test_every_group_has_help_on_every_command() -> None:
    for name, group in _groups().items():
        for path, command in _leaves(group, (name,)):
            assert command.help, path
            for parameter in command.params:
                if isinstance(parameter, click.Option):
                    assert parameter.help, (path, parameter.opts)
