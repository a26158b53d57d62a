"""The documents and the texts of the evidence pack, as their tests read them."""

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = [
    "ROOT",
    "TEXTS",
    "anchors",
    "cells",
    "headings",
    "paths_named",
    "section",
    "table_rows",
    "text_of_item",
]

ROOT = Path(__file__).parent.parent.parent
TEXTS = sorted((ROOT / "api" / "evidence" / "texts").glob("*.md"))

_PATH = re.compile(r"`((?:api|cli|deploy|docs|keys|linkage|pages|requirements|scripts|tests)/[^`\s]*)`")


def paths_named(text: str) -> Iterator[str]:
    """Return every path of this repository that a text names as code; ``*`` may stand in it."""
    yield from _PATH.findall(text)


def headings(text: str) -> list[str]:
    """Return the words of every heading."""
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [line.lstrip("#").strip() for line in outside.splitlines() if re.match(r"#+ ", line)]


def anchors(text: str) -> set[str]:
    """Return by which links of the pack find the headings of a text: lower case, with hyphens."""
    return {re.sub(r"[^a-z0-9]+", "-", one.lower()).strip("-") for one in headings(text)}


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found is not None, heading
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def cells(line: str) -> list[str]:
    """Return the cells of a line of a pipe table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table_rows(text: str, first_cell: str) -> list[list[str]]:
    """Return the rows of the first table whose header begins with a cell, without header and rule."""
    lines = text.splitlines()
    at = next(
        number
        for number, line in enumerate(lines)
        if line.startswith("|") and cells(line)[0] == first_cell and lines[number + 1].startswith("|---")
    )
    found = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        found.append(cells(line))
    return found


def text_of_item(number: int) -> Path | None:
    """Return the text of an item of the pack, or None where there is none."""
    found = [one for one in TEXTS if one.name.startswith(f"{number:02}-")]
    return found[0] if found else None
