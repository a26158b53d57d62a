"""A page for each table: its chart, the same figures as a table beside it, and what must be said of them."""

from collections.abc import Sequence
from html import escape

from api.publishing.drawn import Drawn
from api.publishing.findings import Findings
from api.publishing.places import GEOGRAPHY
from api.publishing.rows import Printed, printed
from api.publishing.tidy import file_name
from api.publishing.words import SYMBOLS, general_notes, table_notes
from linkage.register.statistics.published import Beside, LinkedShares, TableGroup

__all__ = ["contents_page", "table_page"]

_STYLE = (
    "body{font-family:sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;line-height:1.4}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #b1b4b6;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}td.figure{text-align:right}caption{text-align:left;font-weight:bold}"
    "figure{margin:1rem 0}svg{max-width:100%;height:auto}"
)


def table_page(
    group: TableGroup, beside: Beside, linked: LinkedShares, charts: Sequence[tuple[Drawn, str]]
) -> str:
    """Return one table's page; it loads nothing from anywhere."""
    rows = printed(group, beside, linked)
    title = f"{group.number} {group.title}, {beside.period.code}"
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*table_notes(group), *general_notes(beside)))
    symbols = "".join(f"<dt>{escape(mark)}</dt><dd>{escape(words)}</dd>" for mark, words in SYMBOLS)
    caption = escape(group.title)
    return _page(
        title,
        f"{''.join(_figure(drawn, svg) for drawn, svg in charts)}"
        f"<table><caption>{caption}</caption>{_head(rows, group)}{_body(rows)}</table>"
        f"<h2>Notes</h2><ul>{notes}</ul><h2>Symbols</h2><dl>{symbols}</dl>",
    )


def contents_page(groups: Sequence[TableGroup], beside: Beside, findings: Findings | None) -> str:
    """Return the page that leads to all others, with the patterns that were found."""
    lines = "".join(
        f'<li><a href="{file_name(group, "html")}">{escape(group.number)} {escape(group.title)}</a> '
        f'(<a href="{file_name(group, "csv")}">CSV</a>)</li>'
        for group in groups
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in general_notes(beside))
    return _page(
        f"Children who go missing, {beside.period.code}",
        f'<p><a href="tables.xlsx">All tables as a workbook</a></p><ul>{lines}</ul>'
        f"{_patterns(findings)}<h2>Notes</h2><ul>{notes}</ul>",
    )


def _figure(drawn: Drawn, svg: str) -> str:
    title, said = escape(drawn.title), escape(drawn.said)
    label = f"{title}. {said} The table below has the same figures."
    return (
        f'<figure><div role="img" aria-label="{label}">{svg}</div>'
        f"<figcaption>{title}. {said}</figcaption></figure>"
    )


def _patterns(findings: Findings | None) -> str:
    if findings is None:
        return ""
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in findings.columns)
    lines = (
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in findings.lines
    )
    return (
        f"<h2>Hotspots and breaks of trend</h2><p>{escape(findings.note)}</p>"
        f"<table><caption>What was found</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )


def _shown(rows: Printed) -> list[int]:
    """Return the places of columns that say something: codes and places that are blank throughout do not."""
    return [
        place
        for place, name in enumerate(rows.columns)
        if not (name.endswith("_code") or (name in GEOGRAPHY and not any(row[place] for row in rows.rows)))
    ]


def _head(rows: Printed, group: TableGroup) -> str:
    words = {one.name: one.title for one in group.dimensions}
    cells = (words.get(rows.columns[place], rows.columns[place].replace("_", " ")) for place in _shown(rows))
    return "<thead><tr>" + "".join(f'<th scope="col">{escape(cell)}</th>' for cell in cells) + "</tr></thead>"


def _body(rows: Printed) -> str:
    shown = _shown(rows)
    figures = {place for place, name in enumerate(rows.columns) if name in rows.figures}
    lines = []
    for row in rows.rows:
        cells = "".join(
            f'<td class="figure">{escape(row[place])}</td>'
            if place in figures
            else f"<td>{escape(row[place])}</td>"
            for place in shown
        )
        lines.append(f"<tr>{cells}</tr>")
    return f"<tbody>{''.join(lines)}</tbody>"
