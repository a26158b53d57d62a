"""docs/agency.md lists every column that the shipped mappings read, and every word that stands for a code."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.sources import mapping as mapping_module
from cli.sources.codes import CODES, NO_VALUE, PLACEMENTS, YES_NO
from cli.sources.mapping import (
    Key,
    Spec,
    as_column,
    choose_mapping,
    column_names,
    key_columns,
    parse_mapping,
)
from cli.sources.mapping import preset_names as presets
from tests.support.agency_desk import clew

GUIDE = (Path(__file__).parents[1] / "docs" / "agency.md").read_text(encoding="utf-8")


def _columns(spec: Spec) -> str:
    return " or ".join(f"`{name.rpartition(':')[2]}`" for name in column_names(spec))


def _required(spec: Spec) -> bool:
    column = as_column(spec).column
    names = (column,) if isinstance(column, str) else column
    return not all(name.endswith("?") for name in names)


def _plain(specs: Mapping[Any, Spec]) -> dict[str, Spec]:
    return {str(name): spec for name, spec in specs.items()}


def _postcode(column: mapping_module.PostcodeColumn) -> dict[str, Spec]:
    return {"postcode": column.postcode} | ({"place": column.place} if column.place is not None else {})


def _keys(mapping: mapping_module.Mapping) -> Iterator[tuple[str, str, Key]]:
    """Yield title, file and key of every table."""
    yield "children", mapping.children.file, mapping.children.key
    yield from (("join", one.file, one.on) for one in mapping.children.join)
    for table, title in ((mapping.care_spells, "care spells"), (mapping.episodes, "episodes")):
        if table is not None:
            yield title, table.file, table.key
            yield title, table.file, table.child
    if mapping.interviews is not None:
        yield "interviews", mapping.interviews.file, mapping.interviews.episode


def _sections(mapping: mapping_module.Mapping) -> Iterator[tuple[str, str, dict[str, Spec]]]:
    """Yield title, file and entries of every section."""
    children = mapping.children
    yield "children", children.file, _plain(children.identifiers)
    yield from (("variants", children.file, _plain(one)) for one in children.variants)
    yield from (("postcodes", children.file, _postcode(one)) for one in children.postcodes)
    yield "children", children.file, _plain(children.fields) | _plain(children.flags)
    if mapping.care_spells is not None:
        spells = mapping.care_spells
        yield "care spells", spells.file, _plain(spells.fields)
        yield from (("postcodes", spells.file, _postcode(one)) for one in spells.postcodes)
    if mapping.episodes is not None:
        episodes = mapping.episodes
        yield "episodes", episodes.file, _plain(episodes.fields) | _plain(episodes.flags)
    if mapping.interviews is not None:
        yield "interviews", mapping.interviews.file, _plain(mapping.interviews.fields)
    if mapping.coverage is not None:
        both = {"area": mapping.coverage.area, "month": mapping.coverage.month}
        yield "coverage", mapping.coverage.file, both


def _entries(name: str) -> Iterator[tuple[str, str, bool, str]]:
    """Yield file, column, whether it is required, and the mapping's entry, table by table."""
    mapping = parse_mapping(choose_mapping(name))
    joined = {one.name: one.file for one in mapping.children.join}
    for title, file, key in _keys(mapping):
        for column in key_columns(key):
            yield file, f"`{column}`", True, f"{title} key"
    for title, file, specs in _sections(mapping):
        for entry, spec in specs.items():
            if as_column(spec).constant is None:
                first = column_names(spec)[0].partition(":")[0]
                yield joined.get(first, file), _columns(spec), _required(spec), f"{title} {entry}"


def column_lines(name: str) -> list[str]:
    """Return the rows of the guide's table for one mapping: a file and a column once, with all it gives."""
    gives: dict[tuple[str, str], list[str]] = {}
    required: dict[tuple[str, str], bool] = {}
    for file, column, needed, entry in _entries(name):
        place = (file, column)
        gives.setdefault(place, [])
        if entry not in gives[place]:
            gives[place].append(entry)
        required[place] = required.get(place, False) or needed
    order = list(dict.fromkeys(file for file, _ in gives))
    return [
        f"| `{name}` | `{file}` | {column} | {'required' if required[file, column] else 'optional'} "
        f"| {', '.join(entries)} |"
        for (file, column), entries in sorted(gives.items(), key=lambda one: order.index(one[0][0]))
    ]


def code_lines() -> list[str]:
    """Return the rows of the guide's table of codes: for each code, the words that stand for it."""
    lines = []
    for field, words in CODES.items():
        by_code: dict[str, list[str]] = {}
        for word, code in words.items():
            by_code.setdefault(code, []).append(word)
        if all([code.casefold()] == list(found) for code, found in by_code.items()):
            said = ", ".join(f"`{code}`" for code in sorted(by_code))
        else:
            said = "; ".join(
                f"`{code}`: {', '.join(dict.fromkeys(found))}" for code, found in by_code.items()
            )
        lines.append(f"| {field} | {said} |")
    yes = ", ".join(word for word, value in YES_NO.items() if value)
    no = ", ".join(word for word, value in YES_NO.items() if not value)
    lines.append(f"| flags, offered, birth_uncertain | yes: {yes}; no: {no} |")
    lines.append(f"| no value | {', '.join(sorted(word for word in NO_VALUE if word))}, or nothing |")
    return lines


@pytest.mark.parametrize("name", presets())
def test_every_column_of_a_shipped_mapping_is_listed_and_no_other(name: str) -> None:
    table = GUIDE.partition("### Columns of the shipped mappings")[2].partition("\n#")[0]
    listed = [line for line in table.splitlines() if line.startswith(f"| `{name}` |")]
    assert listed == column_lines(name)
    assert len(listed) > 10


def test_every_accepted_word_is_listed_and_no_other() -> None:
    table = GUIDE.partition("### Codes that are understood")[2].partition("\n#")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "|---" not in line]
    assert rows[1:] == code_lines()
    assert all(f"`{code}`" in table for code in PLACEMENTS)


@pytest.mark.parametrize("name", presets())
def test_a_shipped_mapping_can_be_printed_and_used(name: str) -> None:
    outcome = clew("agency", "mapping", "show", name)
    assert (outcome.code, outcome.out, outcome.err) == (0, choose_mapping(name), "")
    assert parse_mapping(outcome.out).name == name
    assert clew("agency", "mapping", "show", "nobody").code == 2
