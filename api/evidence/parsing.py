"""Markdown to the tree of a text: a small part of CommonMark with tables; anything else is refused.

Figures come as marks of the private-use characters and are put in once the Markdown is parsed, so that no
value can ever be taken for Markdown.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

from api.evidence.tree import (
    Blank,
    Block,
    Bullets,
    Cell,
    Code,
    Emphasis,
    Fence,
    Grid,
    Heading,
    Inline,
    Link,
    Paragraph,
    Quote,
    Strong,
    Text,
    plain,
)
from linkage.errors import FormatError

__all__ = ["MARK", "Placed", "anchor_of", "parse_text"]

MARK = re.compile("\ue000([0-9]+)\ue001")
"""Where a value stands, by its number."""

_PLACED = re.compile("\ue002(table|figure):([a-z0-9-]+)\ue003")
_CAPTION = "Table: "
_LINKS = ("item:", "file:", "https://")

Placed = Callable[[str, str], Block]
"""Returns the table or figure of a name: called with ``table`` or ``figure``, and the name."""


def parse_text(name: str, text: str, *, values: Sequence[str], placed: Placed) -> tuple[Block, ...]:
    """Parse a text; raises :class:`FormatError` saying in which and what it may not have.

    ``values``: what the marks stand for.
    """
    root = SyntaxTreeNode(_markdown().parse(text))
    blocks = _Parser(name, values, placed).blocks(root.children)
    _check_levels(name, blocks)
    return blocks


def anchor_of(words: str) -> str:
    """Return by which a link finds a heading: its words in lower case, with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.inline.ruler.before("link", "blank", _blank)
    # What a link may lead to is looked at below; the parser would leave what it refuses as words.
    made.validateLink = _any_link  # type: ignore[method-assign]
    return made


def _any_link(url: str) -> bool:  # noqa: ARG001
    return True


def _blank(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Take what stands in double brackets as a place to write in."""
    if not state.src.startswith("[[", state.pos):
        return False
    end = state.src.find("]]", state.pos, state.posMax)
    if end < 0:
        return False
    if not silent:
        token = state.push("blank", "", 0)
        token.content = " ".join(state.src[state.pos + 2 : end].split())
    state.pos = end + 2
    return True


class _Parser:
    def __init__(self, name: str, values: Sequence[str], placed: Placed) -> None:
        self._name, self._values, self._placed = name, values, placed

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> tuple[Block, ...]:
        return tuple(self._blocks(nodes))

    def _blocks(self, nodes: Sequence[SyntaxTreeNode]) -> Iterator[Block]:
        held: Paragraph | None = None
        for node in nodes:
            found = self._table(node, held) if node.type == "table" else self._block(node)
            if held is not None and isinstance(found, Grid):
                found = replace(found, caption=_caption(held))
            elif held is not None:
                yield held
            held = found if isinstance(found, Paragraph) and _caption(found) else None
            if held is None:
                yield found
        if held is not None:
            yield held

    def _block(self, node: SyntaxTreeNode) -> Block:
        if node.type == "paragraph":
            return self._paragraph(node)
        if node.type == "heading":
            children = self._children(node)
            if any(isinstance(one, Blank) for one in children):
                raise self._fault("a blank place stands in a heading")
            return Heading(int(node.tag[1]), anchor_of(plain(children)), children)
        if node.type in {"bullet_list", "ordered_list"}:
            entries = tuple(self.blocks(one.children) for one in node.children)
            return Bullets(node.type == "ordered_list", entries)
        if node.type == "blockquote":
            return Quote(self.blocks(node.children))
        if node.type in {"fence", "code_block"}:
            return Fence(self._filled(node.content).rstrip("\n"))
        raise self._fault(f"{node.type.replace('_', ' ')} is not for texts of the pack")

    def _paragraph(self, node: SyntaxTreeNode) -> Block:
        children = self._children(node)
        found = _PLACED.fullmatch(plain(children).strip())
        if found is not None:
            return self._placed(found[1], found[2])
        if _PLACED.search(plain(children)):
            raise self._fault("a table or figure does not stand in a paragraph of its own")
        return Paragraph(children)

    def _table(self, node: SyntaxTreeNode, before: Paragraph | None) -> Grid:
        if before is None:
            raise self._fault("a table has no caption: a paragraph before it that begins with “Table: ”")
        rows = [row for part in node.children for row in part.children]
        cells = [tuple(self._children(cell) for cell in row.children) for row in rows]
        heads = tuple(_capital(one) for one in cells[0])
        return Grid("", "", heads, tuple(cells[1:]), "l" * len(heads))

    def _children(self, node: SyntaxTreeNode) -> Cell:
        return self._inlines([one for inline in node.children for one in inline.children])

    def _inlines(self, nodes: Sequence[SyntaxTreeNode]) -> tuple[Inline, ...]:
        return tuple(one for one in map(self._inline, nodes) if one != Text(""))

    def _inline(self, node: SyntaxTreeNode) -> Inline:
        if node.type == "text":
            return Text(self._filled(node.content))
        if node.type == "softbreak":
            return Text(" ")
        if node.type == "code_inline":
            return Code(self._filled(node.content))
        if node.type == "blank":
            return Blank(self._filled(node.content))
        if node.type in {"strong", "em"}:
            kind = Strong if node.type == "strong" else Emphasis
            return kind(self._inlines(node.children))
        if node.type == "link":
            target = self._filled(str(node.attrs.get("href", "")))
            if not target.startswith(_LINKS):
                raise self._fault(f"a link leads to {target}, which is no item, file or https address")
            return Link(target, self._inlines(node.children))
        raise self._fault(f"{node.type.replace('_', ' ')} is not for texts of the pack")

    def _filled(self, text: str) -> str:
        return MARK.sub(lambda found: self._values[int(found[1])], text)

    def _fault(self, what: str) -> FormatError:
        return FormatError(f"{self._name}: {what}")


def _capital(head: Cell) -> Cell:
    """Return the head of a column with a capital, as all tables have it."""
    first, *rest = head or (Text(""),)
    return (Text(first.text[:1].upper() + first.text[1:]), *rest) if isinstance(first, Text) else head


def _caption(one: Paragraph) -> str:
    """Return the caption that a paragraph is for the table after it, or nothing."""
    words = plain(one.children)
    return words.removeprefix(_CAPTION) if words.startswith(_CAPTION) else ""


def _check_levels(name: str, blocks: Sequence[Block]) -> None:
    """Refuse headings that leave a level out: whoever moves by headings would miss something."""
    level, anchors = 1, set()
    for one in blocks:
        if not isinstance(one, Heading):
            continue
        if one.level == 1 or one.level > level + 1:
            raise FormatError(
                f"{name}: heading “{plain(one.children)}” is of level {one.level} after {level}"
            )
        if one.anchor in anchors:
            raise FormatError(f"{name}: two headings are “{plain(one.children)}”")
        level = one.level
        anchors.add(one.anchor)
