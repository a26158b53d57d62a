"""A text of the pack as a tree: parsed once, written as HTML and as DOCX, so that both say the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Blank",
    "Block",
    "Bullets",
    "Code",
    "Drawing",
    "Emphasis",
    "Fence",
    "Grid",
    "Heading",
    "Inline",
    "Link",
    "Paragraph",
    "Quote",
    "Strong",
    "Text",
    "blanks_of",
    "plain",
    "walk",
]


_UPRIGHT = 6
"""Columns of a table that an upright page has room for."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Words of a machine: a command, a digest, a name of a file."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that are stressed strongly."""

    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Words that are stressed."""

    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to ``target``: ``item:11``, ``item:11#heading``, ``file:NAME``, or an https address."""

    target: str
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Blank:
    """A place where a human must write; ``text`` says who and what."""

    text: str


Inline = Text | Code | Strong | Emphasis | Link | Blank
Cell = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a level from 2; ``anchor``: by which a link finds it."""

    level: int
    anchor: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, numbered or not; an entry is a sequence of blocks."""

    numbered: bool
    entries: "tuple[tuple[Block, ...], ...]"


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted, or set apart."""

    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Fence:
    """Lines of a machine, as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a caption; the first cell of each row names the row.

    ``name``: of the table in the database, empty for one that a text holds itself.  ``aligned``: a letter for
    each column: ``r`` for figures, ``c`` for what is of a machine, ``d`` for days, ``l`` for words.
    ``note``: what stands below it, or instead of it where it has no row.
    """

    name: str
    caption: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    aligned: str
    note: str = ""

    @property
    def is_wide(self) -> bool:
        """Say whether it has too many columns for a page that stands upright."""
        return len(self.heads) > _UPRIGHT


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture: as SVG and as PNG, with what it shows in words."""

    name: str
    caption: str
    words: str
    svg: str
    png: bytes
    width: float


Block = Heading | Paragraph | Bullets | Quote | Fence | Grid | Drawing
Kind = Literal["table", "figure"]


def plain(children: tuple[Inline, ...]) -> str:
    """Return words without their dress."""
    return "".join(
        plain(one.children) if isinstance(one, Strong | Emphasis | Link) else one.text for one in children
    )


def walk(blocks: tuple[Block, ...]) -> Iterator[Block | Inline]:
    """Yield every block and everything in them, in reading order."""
    for block in blocks:
        yield block
        for cell in _lines(block):
            yield from _within(cell)
        if isinstance(block, Bullets):
            for entry in block.entries:
                yield from walk(entry)
        elif isinstance(block, Quote):
            yield from walk(block.blocks)


def _lines(block: Block) -> tuple[Cell, ...]:
    if isinstance(block, Heading | Paragraph):
        return (block.children,)
    if isinstance(block, Grid):
        return (*block.heads, *(cell for row in block.rows for cell in row))
    return ()


def _within(children: tuple[Inline, ...]) -> Iterator[Inline]:
    for one in children:
        yield one
        if isinstance(one, Strong | Emphasis | Link):
            yield from _within(one.children)


def blanks_of(blocks: tuple[Block, ...]) -> list[tuple[str, str]]:
    """Return every blank place in order, with the heading that it stands under."""
    found, heading = [], ""
    for one in walk(blocks):
        if isinstance(one, Heading):
            heading = plain(one.children)
        elif isinstance(one, Blank):
            found.append((heading, one.text))
    return found
