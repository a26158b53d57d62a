"""docs/agency.md names every command, option, mapping entry and rule of the agency's side, and no others."""

import re
from pathlib import Path
from typing import Any, get_args

import click
import pytest

from cli.agency.commands import agency
from cli.sources import mapping as mapping_module
from cli.sources.fields import AREA_CODES, check_value_maps
from cli.sources.mapping import (
    ChildTable,
    Column,
    CoverageTable,
    EpisodeTable,
    InterviewTable,
    Join,
    Mapping,
    PostcodeColumn,
    SpellTable,
    XmlSource,
    XmlTable,
    parse_mapping,
    preset_names,
)
from cli.sources.rules import RULES
from linkage.wire.codes import Flag

GUIDE = (Path(__file__).parents[1] / "docs" / "agency.md").read_text(encoding="utf-8")
ENTRIES: dict[str, Any] = {
    "[children.identifiers]": mapping_module.IdentifierName,
    "[[children.variants]]": mapping_module.VariantName,
    "[children.fields]": mapping_module.ChildField,
    "[children.flags]": Flag,
    "[care_spells.fields]": mapping_module.SpellField,
    "[episodes.fields]": mapping_module.EpisodeField,
    "[interviews.fields]": mapping_module.InterviewField,
}


def _command(name: str) -> click.Command:
    command = agency.get_command(click.Context(agency), name)
    assert command is not None
    return command


def _leaves(name: str, command: click.Command) -> dict[str, click.Command]:
    if not isinstance(command, click.Group):
        return {name: command}
    return {f"{name} {inner}": one for inner, one in command.commands.items()}


COMMANDS = {
    name: command
    for group in agency.list_commands(click.Context(agency))
    for name, command in _leaves(group, _command(group)).items()
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained(name: str) -> None:
    assert f"clew agency {name}" in GUIDE
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            assert f"{parameter.opts[0]}" in GUIDE, parameter.opts


def test_no_option_is_explained_that_there_is_not() -> None:
    known = {option for command in COMMANDS.values() for one in command.params for option in one.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", GUIDE)) - {"--help"} <= known


def _row(section: str) -> set[str]:
    tables = [line.split("|") for line in GUIDE.splitlines() if line.startswith("|")]
    (cells,) = [cells for cells in tables if f"`{section}`" in cells[1]]
    return set(re.findall(r"`([a-z_]+)`", cells[2]))


@pytest.mark.parametrize("section", sorted(ENTRIES))
def test_every_mapping_entry_is_listed(section: str) -> None:
    assert _row(section) == set(get_args(ENTRIES[section]))


@pytest.mark.parametrize(
    ("section", "kind", "apart"),
    [
        ("[children]", ChildTable, {"join", "identifiers", "variants", "postcodes", "fields", "flags"}),
        ("[[children.join]]", Join, set()),
        ("[[children.postcodes]]", PostcodeColumn, set()),
        ("[care_spells]", SpellTable, {"fields", "postcodes"}),
        ("[episodes]", EpisodeTable, {"fields", "flags"}),
        ("[interviews]", InterviewTable, {"fields"}),
        ("[coverage]", CoverageTable, set()),
        ("[xml]", XmlSource, {"tables"}),
        ('[xml.tables."header.csv"]', XmlTable, set()),
    ],
)
def test_every_entry_of_a_table_is_listed(section: str, kind: Any, apart: set[str]) -> None:
    assert _row(section) == set(kind.__struct_fields__) - apart


def test_the_top_and_the_long_form_of_an_entry_are_listed() -> None:
    (line,) = [line for line in GUIDE.splitlines() if line.startswith("| top |")]
    tables = {"children", "care_spells", "episodes", "interviews", "coverage", "values", "xml"}
    assert set(re.findall(r"`([a-z_]+)`", line)) == set(Mapping.__struct_fields__) - tables
    for name in Column.__struct_fields__:
        assert f"`{name}`" in GUIDE
    assert f"`{AREA_CODES}`" in GUIDE


def test_the_example_mapping_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, flags=re.DOTALL)
    check_value_maps(parse_mapping(example))


def test_every_shipped_mapping_and_rule_is_listed() -> None:
    for name in preset_names():
        assert f"| `{name}` |" in GUIDE
    table = GUIDE.partition("### Rules")[2].partition("### ")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    numbers = {number for cell in first for number in re.findall(r"\d{3,4}", cell)}
    assert numbers == set(RULES)


def test_links_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in GUIDE.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        file, _, anchor = target.partition("#")
        assert not file or (Path(__file__).parents[1] / "docs" / file).is_file(), target
        assert not anchor or anchor in anchors, target
