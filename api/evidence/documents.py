"""Documents of the pack: DOCX, to be written in and signed, from the same trees as the pages.

What is written is the same bytes for the same evidence: whatever would tell the moment of writing is set to
the moment of the pack.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_COLOR_INDEX, WD_PARAGRAPH_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from api.evidence.texts import Item
from api.evidence.tree import (
    Blank,
    Block,
    Bullets,
    Cell,
    Code,
    Drawing,
    Emphasis,
    Fence,
    Grid,
    Heading,
    Inline,
    Link,
    Paragraph,
    Quote,
    Strong,
    plain,
)

__all__ = ["document"]

_FIRST = dt.datetime(1980, 1, 1)  # noqa: DTZ001 - the earliest moment that an archive can name
_INK = RGBColor(0x0B, 0x0C, 0x0C)
_WIDE = Cm(16.5)
_SHORT_SIDE, _LONG_SIDE, _MARGIN = Cm(21), Cm(29.7), Cm(2.2)
_LETTER = Pt(5)
"""The width of a letter in a table, about; of one that is set smaller it is enough for a machine's words."""
_LONGEST_WORD, _LONGEST_CELL = 16, 60


def document(item: Item, *, unit: str, built: str, position: str, now: dt.datetime) -> bytes:
    """Return an item as a document; the same item and moment give the same bytes."""
    made = docx.Document()
    _set_up(made, item, unit, now)
    made.add_heading(item.title, level=0)
    _plain_lines(made, [item.summary, f"{unit}. Built {built}. {position}"])
    writer = _Writer(made)
    writer.blocks(item.blocks)
    buffer = io.BytesIO()
    made.save(buffer)
    return _repacked(buffer.getvalue())


def _set_up(made: Any, item: Item, unit: str, now: dt.datetime) -> None:
    properties = made.core_properties
    moment = now.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    properties.title, properties.author, properties.language = item.title, unit, "en-GB"
    properties.comments, properties.last_modified_by = item.summary, unit
    properties.created = properties.modified = moment
    properties.revision = 1
    for name, size in (
        ("Normal", 11),
        ("Title", 24),
        ("Heading 1", 17),
        ("Heading 2", 14),
        ("Heading 3", 12),
    ):
        style = made.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Arial", Pt(size), _INK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for part in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(part), None)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    made.styles["Normal"].element.get_or_add_rPr().append(language)
    section = made.sections[0]
    section.page_width, section.page_height = _SHORT_SIDE, _LONG_SIDE
    section.left_margin = section.right_margin = _MARGIN
    section.footer.paragraphs[
        0
    ].text = f"Evidence of {unit}. Nothing here identifies a child. Not to be published."


def _plain_lines(made: Any, lines: Sequence[str]) -> None:
    for line in lines:
        made.add_paragraph(line)


class _Writer:
    def __init__(self, made: Any) -> None:
        self._made = made

    def blocks(self, blocks: Sequence[Block], *, depth: int = 0) -> None:
        for place, block in enumerate(blocks):
            if depth == 0:
                self._turn(lying=any(map(_is_wide, blocks[place : place + (2 if _leads(block) else 1)])))
            self._block(block, depth)

    def _turn(self, *, lying: bool) -> None:
        """Go on with a page that lies on its side, for a wide table, or with one that stands."""
        if lying == (self._made.sections[-1].orientation == WD_ORIENT.LANDSCAPE):
            return
        section = self._made.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
        sides = (_LONG_SIDE, _SHORT_SIDE) if lying else (_SHORT_SIDE, _LONG_SIDE)
        section.page_width, section.page_height = sides

    def _block(self, block: Block, depth: int) -> None:
        if isinstance(block, Heading):
            self._runs(self._made.add_heading("", level=min(block.level - 1, 9)), block.children)
        elif isinstance(block, Paragraph):
            self._runs(self._made.add_paragraph(), block.children)
        elif isinstance(block, Bullets):
            self._bullets(block, depth)
        elif isinstance(block, Quote):
            for one in block.blocks:
                if isinstance(one, Paragraph):
                    self._runs(self._made.add_paragraph(style="Intense Quote"), one.children)
                else:
                    self._block(one, depth)
        elif isinstance(block, Fence):
            self._fence(block)
        elif isinstance(block, Grid):
            self._grid(block)
        else:
            self._drawing(block)

    def _bullets(self, block: Bullets, depth: int) -> None:
        style = ("List Number" if block.numbered else "List Bullet") + ("", " 2", " 3")[min(depth, 2)]
        numbers = _numbered_anew(self._made, style) if block.numbered else None
        for entry in block.entries:
            for place, one in enumerate(entry):
                if place == 0 and isinstance(one, Paragraph):
                    line = self._made.add_paragraph(style=style)
                    if numbers is not None:
                        properties = line._p.get_or_add_pPr().get_or_add_numPr()
                        properties.get_or_add_numId().val = numbers
                        properties.get_or_add_ilvl().val = 0
                    self._runs(line, one.children)
                else:
                    self._block(one, depth + 1)

    def _fence(self, block: Fence) -> None:
        line = self._made.add_paragraph()
        run = line.add_run(block.text)
        run.font.name, run.font.size = "Courier New", Pt(9)

    def _grid(self, grid: Grid) -> None:
        if not grid.rows:
            line = self._made.add_paragraph()
            line.add_run(f"{grid.caption}. ").bold = True
            line.add_run(grid.note)
            return
        caption = self._made.add_paragraph(style="Caption")
        caption.paragraph_format.keep_with_next = True
        run = caption.add_run(grid.caption)
        run.font.color.rgb, run.font.size = _INK, Pt(11)
        table = self._made.add_table(rows=1, cols=len(grid.heads), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.LEFT
        table.autofit = False
        widths = _widths(grid)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        rows = [grid.heads, *grid.rows]
        for _ in grid.rows:
            table.add_row()
        for number, (row, cells) in enumerate(zip(table.rows, rows, strict=True)):
            for kind, width, place, cell in zip(grid.aligned, widths, row.cells, cells, strict=True):
                place.width = width
                self._cell(place.paragraphs[0], cell, right=kind == "r", bold=number == 0, small=grid.is_wide)
        head = table.rows[0]._tr.get_or_add_trPr()
        repeated = OxmlElement("w:tblHeader")
        repeated.set(qn("w:val"), "true")
        head.append(repeated)
        if grid.note:
            self._made.add_paragraph(grid.note).runs[0].italic = True
        else:
            self._made.add_paragraph()

    def _cell(self, line: Any, cell: Cell, *, right: bool, bold: bool, small: bool) -> None:
        self._runs(line, cell)
        if right:
            line.alignment = WD_PARAGRAPH_ALIGNMENT.RIGHT
        for run in line.runs:
            run.font.size = Pt(7.5 if small else 9)
            run.bold = True if bold else run.bold

    def _drawing(self, drawing: Drawing) -> None:
        self._made.add_picture(io.BytesIO(drawing.png), width=_WIDE)
        shape = self._made.inline_shapes[-1]._inline.docPr
        shape.set("descr", drawing.words)
        shape.set("title", drawing.caption)
        line = self._made.add_paragraph(style="Caption")
        run = line.add_run(f"{drawing.caption}. {drawing.words}")
        run.font.color.rgb = _INK

    def _runs(self, line: Any, children: Cell, **dress: bool) -> None:
        for one in children:
            self._run(line, one, dress)

    def _run(self, line: Any, one: Inline, dress: Mapping[str, bool]) -> None:
        if isinstance(one, Strong):
            self._runs(line, one.children, **{**dress, "bold": True})
        elif isinstance(one, Emphasis):
            self._runs(line, one.children, **{**dress, "italic": True})
        elif isinstance(one, Link):
            self._link(line, one)
        else:
            run = line.add_run(f"[To be written: {one.text}]" if isinstance(one, Blank) else one.text)
            run.bold, run.italic = dress.get("bold"), dress.get("italic")
            if isinstance(one, Blank):
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
            if isinstance(one, Code):
                run.font.name = "Courier New"

    def _link(self, line: Any, one: Link) -> None:
        """Write words that lead somewhere; a document travels alone, so that what is in the pack is named."""
        words = plain(one.children)
        if not one.target.startswith("https://"):
            where = one.target.partition("#")[0].replace("item:", "item ").removeprefix("file:")
            line.add_run(f"{words} ({where})")
            return
        link = OxmlElement("w:hyperlink")
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
        link.set(qn("r:id"), line.part.relate_to(one.target, kind, is_external=True))
        run = line.add_run(words)
        run.font.underline = True
        link.append(run._r)
        line._p.append(link)


def _is_wide(block: Block) -> bool:
    return isinstance(block, Grid) and bool(block.rows) and block.is_wide


def _leads(block: Block) -> bool:
    """Say whether a block goes to the page of what follows it."""
    return isinstance(block, Heading)


def _widths(grid: Grid) -> list[int]:
    """Return the widths of columns: each has room for its longest word, and more for longer texts."""
    room = (_LONG_SIDE if grid.is_wide else _SHORT_SIDE) - 2 * _MARGIN
    words, cells = list[int](), list[int]()
    for column in zip(*(grid.heads, *grid.rows), strict=True):
        said = [plain(cell) for cell in column]
        words.append(min(max((len(word) for one in said for word in one.split()), default=1), _LONGEST_WORD))
        cells.append(min(max(map(len, said)), _LONGEST_CELL))
    least = [(one + 3) * _LETTER for one in words]
    more = [max(cell - word, 0) + 1 for cell, word in zip(cells, words, strict=True)]
    left = room - sum(least)
    if left < 0:
        return [one * room // sum(least) for one in least]
    return [one + left * each // sum(more) for one, each in zip(least, more, strict=True)]


def _numbered_anew(made: Any, style: str) -> int:
    """Return a numbering of its own for one list: lists of one style would count on from each other."""
    numbering = made.part.numbering_part.element
    known = made.styles[style].element.pPr.numPr.numId.val
    abstract = numbering.num_having_numId(known).abstractNumId.val
    number = numbering.add_num(abstract)
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(number.numId)


def _repacked(content: bytes) -> bytes:
    """Write the archive anew, with its parts in one order and no moment of writing."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as written:
        for name in source.namelist():  # [Content_Types].xml stays first
            told = zipfile.ZipInfo(name, date_time=_FIRST.timetuple()[:6])
            told.compress_type = zipfile.ZIP_DEFLATED
            told.create_system, told.external_attr = 3, 0o644 << 16
            written.writestr(told, source.read(name))
    return target.getvalue()
