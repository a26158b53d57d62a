"""Pages of the pack: HTML that stands alone, with a style sheet beside it and nothing to fetch."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from api.evidence.texts import Item
from api.evidence.tree import (
    Blank,
    Block,
    Bullets,
    Cell,
    Code,
    Drawing,
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

__all__ = ["STYLE", "Frame", "index_page", "item_page", "sources_page", "style_sheet"]

STYLE = "pack.css"


_PIECES = re.compile(r"[^/_]+[/_]*|[/_]+")
"""Between these a path may go on in the next line."""

_SHORT = 20
"""Characters up to which a cell needs no room of its own."""

_CLASSES = {
    "l": Markup(""),
    "r": Markup(' class="figure"'),
    "c": Markup(' class="code"'),
    "d": Markup(' class="day"'),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: whose pack it is, when it was built, and where the ledger was."""

    unit: str
    built: str
    entries: int
    root: str
    items: Sequence[Item]

    @property
    def page_names(self) -> Mapping[int, str]:
        """Return the page of every item."""
        return {one.number: f"{one.stem}.html" for one in self.items}


def style_sheet() -> bytes:
    """Return the style sheet of all pages."""
    return (files("api.evidence") / "templates" / STYLE).read_bytes()


def item_page(frame: Frame, item: Item, files_named: Sequence[str]) -> bytes:
    """Return the page of an item; raises :class:`FormatError` for a link to what is not in the pack."""
    writer = _Writer(frame, frozenset(files_named))
    return _rendered("item.html", frame, item=item, body=writer.blocks(item.blocks), inline=writer.inlines)


def index_page(frame: Frame, **shown: object) -> bytes:
    """Return the first page: contents, position in the ledger, blank places, how to verify."""
    return _rendered("index.html", frame, **shown)


def sources_page(frame: Frame, **shown: object) -> bytes:
    """Return the page that names the source of every figure."""
    return _rendered("sources.html", frame, **shown)


def _rendered(template: str, frame: Frame, **shown: object) -> bytes:
    environment = Environment(
        loader=PackageLoader("api.evidence"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(frame=frame, style=STYLE, **shown).encode()


class _Writer:
    def __init__(self, frame: Frame, files_named: frozenset[str]) -> None:
        self._pages, self._files = frame.page_names, files_named

    def blocks(self, blocks: Sequence[Block]) -> Markup:
        return Markup("\n").join(map(self._block, blocks))

    def inlines(self, children: Cell) -> Markup:
        return Markup("").join(map(self._inline, children))

    def _block(self, block: Block) -> Markup:
        if isinstance(block, Heading):
            inside = self.inlines(block.children)
            return Markup('<h{0} id="{1}">{2}</h{0}>').format(block.level, block.anchor, inside)
        if isinstance(block, Paragraph):
            return Markup("<p>{}</p>").format(self.inlines(block.children))
        if isinstance(block, Bullets):
            entries = Markup("").join(self._entry(one) for one in block.entries)
            return Markup("<{0}>{1}</{0}>").format("ol" if block.numbered else "ul", entries)
        if isinstance(block, Quote):
            return Markup("<blockquote>{}</blockquote>").format(self.blocks(block.blocks))
        if isinstance(block, Fence):
            return Markup('<pre tabindex="0"><code>{}</code></pre>').format(block.text)
        return self._grid(block) if isinstance(block, Grid) else _drawn(block)

    def _entry(self, blocks: Sequence[Block]) -> Markup:
        """Write an entry of a list; one that is a single paragraph needs no paragraph of its own."""
        if blocks and isinstance(blocks[0], Paragraph):
            inside = self.inlines(blocks[0].children) + self.blocks(blocks[1:])
        else:
            inside = self.blocks(blocks)
        return Markup("<li>{}</li>").format(inside)

    def _grid(self, grid: Grid) -> Markup:
        if not grid.rows:
            return Markup('<p class="note"><strong>{}.</strong> {}</p>').format(grid.caption, grid.note)
        kinds = [_class(kind, long=_is_long(grid, place)) for place, kind in enumerate(grid.aligned)]
        heads = Markup("").join(
            Markup('<th scope="col"{}>{}</th>').format(kind, self.inlines(cell))
            for kind, cell in zip(kinds, grid.heads, strict=True)
        )
        rows = Markup("\n").join(self._row(row, kinds) for row in grid.rows)
        anchor = Markup(' id="table-{}"').format(grid.name) if grid.name else Markup("")
        many = Markup(' class="{}"').format("many" if grid.is_wide else "some" if len(kinds) > 2 else "few")
        table = Markup(
            "<table{}{}><caption><span>{}</span></caption>"
            "<thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table>"
        ).format(anchor, many, grid.caption, heads, rows)
        note = Markup('<p class="note">{}</p>').format(grid.note) if grid.note else Markup("")
        scroll = Markup('<div class="wide" role="region" aria-label="{}" tabindex="0">{}</div>{}')
        return scroll.format(f"Table: {grid.caption}", table, note)

    def _row(self, row: Sequence[Cell], kinds: Sequence[Markup]) -> Markup:
        cells = [Markup('<th scope="row"{}>{}</th>').format(kinds[0], self.inlines(row[0]))]
        cells += [
            Markup("<td{}>{}</td>").format(kind, self.inlines(cell))
            for kind, cell in zip(kinds[1:], row[1:], strict=True)
        ]
        return Markup("<tr>{}</tr>").format(Markup("").join(cells))

    def _inline(self, one: Inline) -> Markup:
        if isinstance(one, Text):
            return escape(one.text)
        if isinstance(one, Code):
            return Markup("<code>{}</code>").format(Markup("<wbr>").join(_PIECES.findall(one.text)))
        if isinstance(one, Blank):
            return Markup('<mark class="blank"><strong>To be written:</strong> {}</mark>').format(one.text)
        inside = self.inlines(one.children)
        if isinstance(one, Link):
            return Markup('<a href="{}">{}</a>').format(self._address(one.target), inside)
        return Markup("<{0}>{1}</{0}>").format("strong" if isinstance(one, Strong) else "em", inside)

    def _address(self, target: str) -> str:
        if target.startswith("item:"):
            number, _, anchor = target.removeprefix("item:").partition("#")
            if not number.isdigit() or int(number) not in self._pages:
                raise FormatError(f"a text leads to item {number}, which there is not")
            return self._pages[int(number)] + (f"#{anchor}" if anchor else "")
        if target.startswith("file:"):
            name = target.removeprefix("file:")
            if name not in self._files:
                raise FormatError(f"a text leads to the file {name}, which there is not")
            return name
        return target


def _class(kind: str, *, long: bool) -> Markup:
    """Return the class of a column; what is short stands in one line."""
    if kind == "l" and long:
        return Markup(' class="long"')
    return Markup(' class="whole"') if kind == "c" and not long else _CLASSES[kind]


def _is_long(grid: Grid, place: int) -> bool:
    """Say whether a column has words that need room."""
    return max(len(plain(row[place])) for row in grid.rows) > _SHORT


def _drawn(drawing: Drawing) -> Markup:
    shown = Markup('<figure id="figure-{}">{}<figcaption>{}</figcaption></figure>')
    # Our own drawing, in which every word is escaped.
    picture = Markup(drawing.svg)  # noqa: S704
    words = Markup("<strong>{}.</strong> {}").format(drawing.caption, drawing.words)
    return shown.format(drawing.name, picture, words)
